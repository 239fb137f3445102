"""``replay``: the verdicts over exported rows, at once or poll by poll as they would have come."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from correlator.channels import CHANNELS
from correlator.cli import show
from correlator.cli.at_once import AtOnce, visible_rows
from correlator.cli.collector import without_collector
from correlator.errors import UsageError
from correlator.incident_json import incident_object, iso
from correlator.model import LogRow, Policy, Status
from correlator.notification import Moment, Notification
from correlator.poll import poll
from correlator.ports import Body, Channel, Head
from correlator.settings.texts import duration
from correlator.sources.export import Exported, Files, rows_of
from correlator.sources.replayed import ReplayedLog
from correlator.stores.memory import MemoryTables
from correlator.stores.store import TableStore
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
    style, policy = show.style(), replace(show.policy(), down_after=Policy().down_after)
    now = show.point_in_time(until, style.zone) if until else None
    judged = AtOnce(policy, now)
    exported = _read(files, dates, judged, keep=bool(every or page))
    desk = _Desk(messages)
    channels = {name: _Recorder(kind(NOWHERE, style, True), desk, style) for name, (_, kind) in CHANNELS.items()}
    read = judged.read()
    if every:
        found = _polled(exported, _interval(every), now, channels, style, policy)
    else:
        found = _at_once(judged, channels, style)
    found = [i for i in found if everything or not Status(i["status"]).withdrawn]
    answer = {
        "incidents": found,
        "notifications": desk.notifications,
        "unreadable": show.unreadable(exported, read),
        "unmapped_reasons": dict(read.unmapped_reasons),
        "unknown_operations": dict(read.unknown_operations),
    }
    if messages:
        show.note(f"Wrote {len(desk.notifications)} messages to {messages}")
    if page:
        _write(page, _page(found, exported, now, style))
        show.note(f"Wrote the report page to {page}")
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


def _read(paths: Sequence[Path], dates: str | None, judged: AtOnce, *, keep: bool) -> Exported:
    """Hand the rows to the judgement; they are kept only for what looks at them again."""
    kept: list[LogRow] = []
    with show.progress() as progress:
        task = progress.add_task("Reading", total=sum(path.stat().st_size for path in paths))
        files = Files(paths, dates, lambda done: progress.advance(task, done))
        for columns in files.columns():
            judged.take(columns)
            if keep:
                kept += rows_of(columns)
    return files.read(kept)


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

    @property
    def keeps_bodies(self) -> bool:
        return self._folder is not None

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
    """A channel that notes what it would have posted; it renders as the real one where somebody keeps the messages."""

    def __init__(self, channel: Channel, desk: _Desk, style: Style) -> None:
        self.name = channel.name
        self._channel, self._desk, self._style = channel, desk, style
        self._rendered: Notification | None = None
        self.address = ""

    def turn(self) -> bool:
        return True

    def render(self, notification: Notification) -> Body:
        self._rendered = notification
        return self._channel.render(notification) if self._desk.keeps_bodies else {}

    def render_plain(self, notification: Notification) -> Body:
        self._rendered = notification
        return self._channel.render_plain(notification) if self._desk.keeps_bodies else {}

    def send(self, body: Body) -> None:
        if self._rendered:
            self._desk.take(self.name, self._rendered, title(self._rendered, self._style), body)


def _page(found: Sequence[dict[str, Any]], exported: Exported, now: datetime | None, style: Style) -> str:
    from correlator.pages import render

    return render(found, style, list(visible_rows(exported.rows, now)), until=now)


def _at_once(judged: AtOnce, channels: Mapping[str, Channel], style: Style) -> list[dict[str, Any]]:
    """The incidents, and what stands to be said of each."""
    incidents = judged.incidents()
    if now := judged.as_of():
        for incident in incidents:
            said = Moment.OPENED if incident.status is Status.OPEN else Moment.RECOVERED
            for channel in channels.values():
                channel.send(channel.render(Notification(said, now, replace(incident, pending=False))))
    return [incident_object(i, style) for i in incidents]


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
