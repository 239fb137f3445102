"""What is told beside incidents: the welcome, gaps in watching, and the week. Each once, by a poll's clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from msgspec.structs import replace

from correlator.delivery import Delivery, Report
from correlator.gateways import GatewayList
from correlator.model import Blind, Moment, Notification, PollingGap, Status, WeeklyTime
from correlator.ports import Channel, Head, Notice, Snapshot, Store
from correlator.weekly import label_of, partitions, sum_up, week_due, week_line
from correlator.welcome import LOOK_BACK, compose

WEEKLY_PARTITION, WELCOME_PARTITION, WATCH_PARTITION = "weekly", "welcome", "watch"
PATIENCE = timedelta(hours=1)
"""How long the welcome waits for workspaces that cannot be read yet: roles take some minutes to settle."""


class Greeting(NamedTuple):
    """Whether the welcome was taken, and what this run did for it, if anything."""

    done: bool
    report: Report | None = None


def summarize(
    workspaces: Sequence[str], store: Store, channels: Mapping[str, Channel], at: WeeklyTime, zone: tzinfo
) -> Report:
    """Send last week's summary if it is due, by the last poll's clock. Raises StaleWrite if overtaken."""
    report = Report(WEEKLY_PARTITION)
    before = store.read(WEEKLY_PARTITION)
    heads = [store.read(w).head for w in workspaces]
    now = _clock(heads)
    if now is None:
        return report
    report.now = now
    label = week_due(now, at, zone, before.head.week)
    if label:
        week = sum_up(label, zone, store.documents(partitions(label, zone)))
        # A week that ended before anyone watched has nothing to tell.
        watched = any(h.watching_since and h.watching_since < week.end for h in heads)
        told = Notification(Moment.WEEKLY, now, week=week) if watched else None
        before = _tell(told, now, before, replace(before.head, week=label), store, channels, report)
    Delivery(store, channels, now, report).run(before)
    return report


def greet(
    workspaces: Sequence[str],
    failures: Mapping[str, str],
    store: Store,
    channels: Mapping[str, Channel],
    listed: GatewayList | None,
) -> Greeting:
    """Send the welcome once every workspace was polled, or after an hour of patience.

    ``failures`` are the workspaces that could not be polled just now, and why. Raises StaleWrite if overtaken.
    """
    before = store.read(WELCOME_PARTITION)
    if before.etag and not before.outbox:
        return Greeting(done=True)
    heads = {w: store.read(w).head for w in workspaces}
    now = _clock(heads.values())
    if now is None:
        return Greeting(done=False)
    report = Report(WELCOME_PARTITION, now)
    if before.etag is None:
        waiting = [w for w, h in heads.items() if h.mark is None]
        watching = min(h.watching_since for h in heads.values() if h.watching_since)
        if waiting and now < watching + PATIENCE:
            return Greeting(done=False)
        unread = {w: failures.get(w, "") for w in waiting}
        seen = {gateway for w in workspaces for gateway in store.watched(w)}
        lines = [week_line(d) for d in store.documents(_weeks(now - LOOK_BACK, now))]
        told = Notification(Moment.WELCOME, now, welcome=compose(listed, seen, lines, unread, now))
        before = _tell(told, now, before, Head(mark=now), store, channels, report)
    Delivery(store, channels, now, report).run(before)
    return Greeting(report.sent == len(before.outbox), report)


def confess(
    gaps: Mapping[str, Sequence[PollingGap]],
    workspaces: Sequence[str],
    store: Store,
    channels: Mapping[str, Channel],
    now: datetime,
) -> Greeting:
    """Tell of the times without a good poll that were not told yet: one message for all workspaces.

    ``gaps`` by workspace, as far as they are at hand; of the others they are read. Raises StaleWrite if overtaken.
    """
    before = store.read(WATCH_PARTITION)
    kept = [g for w in workspaces for g in (gaps[w] if w in gaps else store.read(w).head.gaps)]
    told_until = before.head.mark
    news = sorted({g for g in kept if told_until is None or g.until > told_until})
    if not news and not before.outbox:
        return Greeting(done=True)
    report = Report(WATCH_PARTITION, now)
    if news:
        told = Notification(Moment.BLIND, now, blind=Blind(tuple(news), _begun_in(news, store)))
        head = replace(before.head, mark=max(g.until for g in news))
        before = _tell(told, now, before, head, store, channels, report)
    Delivery(store, channels, now, report).run(before)
    return Greeting(done=not store.read(WATCH_PARTITION).outbox, report=report)


def _begun_in(gaps: Sequence[PollingGap], store: Store) -> int:
    """How many incidents began in these times, by the public table: it was written before."""
    since, until = min(g.since for g in gaps), max(g.until for g in gaps)
    found = [d for d in store.documents(_weeks(since, until)) if not Status(d["status"]).withdrawn]
    starts = [datetime.fromisoformat(d["started_at"]) for d in found]
    return sum(any(g.since < start <= g.until for g in gaps) for start in starts)


def _clock(heads: Iterable[Head]) -> datetime | None:
    """The time of the newest poll."""
    return max((h.mark for h in heads if h.mark), default=None)


def _tell(
    told: Notification | None,
    now: datetime,
    before: Snapshot,
    head: Head,
    store: Store,
    channels: Mapping[str, Channel],
    report: Report,
) -> Snapshot:
    """Commit what is to be told, together with the note that it was; the outbox as it is then."""
    notices = [
        Notice(f"{now:%Y%m%dT%H%M%S%f}-{told.subject}-{channel}", channel, now, told) for channel in channels if told
    ]
    store.commit(report.partition, before.etag, head, [], notices)
    report.said = 1 if told else 0
    return store.read(report.partition)


def _weeks(first: datetime, last: datetime) -> list[str]:
    """The partitions from one time to another, and one more before: late rows may have moved a start."""
    days = (last - first).days + 8
    return list(dict.fromkeys(label_of((last - timedelta(days=n)).astimezone(UTC).date()) for n in range(days)))
