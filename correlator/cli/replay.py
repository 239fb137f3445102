"""``replay``: the verdicts over exported rows, at once or poll by poll as they would have come."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace as changed

from correlator.categories import Read, moment, read_rows
from correlator.channels import CHANNELS
from correlator.cli import show
from correlator.cli.collector import without_collector
from correlator.correlate import correlate
from correlator.errors import UsageError
from correlator.incident_json import incident_object, iso
from correlator.model import Incident, LogRow, Policy, Status
from correlator.notification import Moment, Notification
from correlator.poll import poll
from correlator.ports import Body, Channel, Head
from correlator.settings import duration
from correlator.sources.export import Exported, read_files
from correlator.sources.replayed import ReplayedLog
from correlator.stores.memory import MemoryTables
from correlator.stores.store import TableStore
from correlator.told import is_pending
from correlator.weekly import label_of
from correlator.wording import Style
from correlator.wording.messages import title

WORKSPACE = "replay"
NOWHERE = "https://replay.invalid/"
"""Channels are made to render here, never to send."""


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--every", help="Poll at this interval, as the deployed app would have: 5m, 1h")
@click.option("--now", "until", help="Judge as of this time (default: the newest row)")
@click.option("--all", "everything", is_flag=True, help="Show retracted and absorbed incidents too")
@click.option("--messages", type=click.Path(file_okay=False, path_type=Path), help="Write every message to this folder")
@click.option("--html", "page", type=click.Path(dir_okay=False, path_type=Path), help="Write the report page here")
@click.option("--dates", type=click.Choice(["mdy", "dmy"]), help="Order of day and month in the portal's CSV")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output")
@without_collector()
def replay(
    files: Sequence[Path],
    every: str | None,
    until: str | None,
    everything: bool,
    messages: Path | None,
    page: Path | None,
    dates: str | None,
    as_json: bool,
) -> None:
    """Judge exported rows, without any account. JSON, JSON lines or the portal's CSV; files may mix tables.

    \b
    python -m correlator replay export.json
    python -m correlator replay night.jsonl --every 5m --messages out/
    python -m correlator replay export.csv --html report.html
    """  # noqa: D301  click ends a paragraph that is not to be wrapped at this very character
    style, policy = show.style(), changed(show.policy(), down_after=Policy().down_after)
    exported = _read(files, dates)
    now = show.point_in_time(until, style.zone) if until else None
    desk = _Desk(messages)
    channels = {name: _Recorder(kind(NOWHERE, style, True), desk, style) for name, (_, kind) in CHANNELS.items()}
    read = read_rows(exported.rows, own_reasons=policy.reasons)
    if every:
        found = _polled(exported, _interval(every), now, channels, style, policy)
    else:
        found = _at_once(read, exported, now, channels, style, policy)
    found = [i for i in found if everything or not Status(i["status"]).withdrawn]
    answer = {
        "incidents": found,
        "notifications": desk.notifications,
        "unreadable": show.unreadable(exported, read),
        "unmapped_reasons": dict(read.unmapped_reasons),
        "unknown_operations": dict(read.unknown_operations),
    }
    if page:
        _write(page, _page(found, exported, now, style))
    if as_json:
        show.document(answer)
    elif found:
        show.incidents(found, style)
    else:
        show.nothing(exported, read, style)
    for line in exported.notes:
        show.note(line)
    show.remarks(answer)


def _interval(text: str) -> timedelta:
    try:
        step = duration(text)
    except ValueError as problem:
        raise UsageError(f"--every: {problem}") from None
    if step < timedelta(seconds=1):
        raise UsageError("--every must be at least 1s")
    return step


def _read(files: Sequence[Path], dates: str | None) -> Exported:
    with show.progress() as progress:
        task = progress.add_task("Reading", total=sum(f.stat().st_size for f in files))
        return read_files(files, dates, lambda done: progress.advance(task, done))


class _Desk:
    """What would have been said, in order, and written to files if a folder was named."""

    def __init__(self, folder: Path | None) -> None:
        self.notifications: list[dict[str, Any]] = []
        self._folder = folder
        if folder:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as problem:
                raise UsageError(f"{folder} cannot be made: {problem.strerror}") from None

    def take(self, channel: str, notification: Notification, text: str, body: Body) -> None:
        moment_said = notification.moment.value
        self.notifications.append(
            {
                "at": iso(notification.at),
                "incident": notification.subject,
                "moment": moment_said,
                "channel": channel,
                "title": text,
            }
        )
        if self._folder:
            name = f"{len(self.notifications):03d}-{channel}-{moment_said}-{notification.subject}.json"
            _write(self._folder / name, json.dumps(body, ensure_ascii=False, indent=1))


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8", errors="replace")
    except OSError as problem:
        raise UsageError(f"{file} cannot be written: {problem.strerror}") from None


class _Recorder:
    """A channel that renders as the real one and keeps what it would have posted."""

    def __init__(self, channel: Channel, desk: _Desk, style: Style) -> None:
        self.name = channel.name
        self._channel, self._desk, self._style = channel, desk, style
        self._rendered: Notification | None = None
        self.address = ""

    def turn(self) -> bool:
        return True

    def render(self, notification: Notification) -> Body:
        self._rendered = notification
        return self._channel.render(notification)

    def render_plain(self, notification: Notification) -> Body:
        self._rendered = notification
        return self._channel.render_plain(notification)

    def send(self, body: Body) -> None:
        if self._rendered:
            self._desk.take(self.name, self._rendered, title(self._rendered, self._style), body)


def _page(found: Sequence[dict[str, Any]], exported: Exported, now: datetime | None, style: Style) -> str:
    from correlator.pages import render

    return render(found, style, _visible(exported.rows, now), until=now)


def _visible(rows: Iterable[LogRow], now: datetime | None) -> list[LogRow]:
    """The rows that had arrived by then; all of them without a time."""
    return [r for r in rows if not now or (_first_seen(r.at, r.ingested) or now) <= now]


def _at_once(
    read: Read,
    exported: Exported,
    now: datetime | None,
    channels: Mapping[str, Channel],
    style: Style,
    policy: Policy,
) -> list[dict[str, Any]]:
    """One judgement over every row visible by then; every waiting time is over, so all that stands is said."""
    if now:
        read = read_rows(_visible(exported.rows, now), own_reasons=policy.reasons)
    as_of = now or max((s for r in exported.rows if (s := _first_seen(r.at, r.ingested))), default=None)
    incidents = [i for _, log in sorted(read.logs.items()) for i in correlate(log, policy).incidents]
    incidents = sorted(incidents, key=lambda i: (i.started_at, i.id))
    if as_of:
        seen = _last_seen(exported, incidents)
        incidents = [changed(i, pending=is_pending(i, seen[i.id], as_of, policy)) for i in incidents]
        for incident in incidents:
            said = Moment.OPENED if incident.status is Status.OPEN else Moment.RECOVERED
            for channel in channels.values():
                channel.send(channel.render(Notification(said, as_of, changed(incident, pending=False))))
    return [incident_object(i, style) for i in incidents]


def _first_seen(at: str | datetime, ingested: str | datetime) -> datetime | None:
    return (moment(ingested) if ingested else None) or moment(at)


def _last_seen(exported: Exported, incidents: Iterable[Incident]) -> dict[str, datetime]:
    """When the newest row of each incident could first be seen."""
    rows = {(m, r.peer): _first_seen(r.at, r.ingested) for r in exported.rows if r.ingested and (m := moment(r.at))}
    last: dict[str, datetime] = {}
    for incident in incidents:
        for outage in (d.outage for d in incident.drops):
            for at in (outage.start, outage.end or outage.start):
                seen = rows.get((at, outage.peer)) or at
                last[incident.id] = max(last.get(incident.id, seen), seen)
    return last


def _polled(
    exported: Exported,
    every: timedelta,
    now: datetime | None,
    channels: Mapping[str, Channel],
    style: Style,
    policy: Policy,
) -> list[dict[str, Any]]:
    """Poll from the first row seen until ``now``, through the same code and store as the deployed app."""
    log = ReplayedLog(exported.rows)
    if log.empty:
        return []
    end = now or log.last
    store = TableStore(MemoryTables(lambda: log.now), style)
    # A replay is never a first run: what is over is told as it was.
    first = log.first - timedelta(microseconds=1)
    store.commit(WORKSPACE, None, Head(mark=first, watching_since=first), [], [])
    with show.progress() as progress:
        task = progress.add_task("Polling", total=max(1, (end - log.first) // every + 1))
        log.now = log.first
        while log.now < end:
            poll(WORKSPACE, log, store, channels, policy)
            log.now += every
            progress.advance(task)
        log.now = end
        poll(WORKSPACE, log, store, channels, policy)
    weeks = _weeks(log.first - timedelta(days=14), end)
    return sorted(store.documents(weeks), key=lambda d: (d["started_at"], d["id"]))


def _weeks(first: datetime, last: datetime) -> list[str]:
    days = (last - first).days + 2
    return list(dict.fromkeys(label_of((first + timedelta(days=n)).astimezone(UTC).date()) for n in range(days)))
