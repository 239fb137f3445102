"""One poll of one workspace: gather, decide, apply. And the delivery of what was decided.

Nothing is said before it is committed, and nothing is forgotten before it was said. The clock is the log service's own,
given back with its answer; a run that has no answer still delivers, by the store's clock.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from correlator.categories import Read, read_rows
from correlator.errors import CorrelatorError, SendFailed, SourceUnavailable
from correlator.model import GatewayState, Moment, Notification, Policy, WeeklyTime
from correlator.ports import TABLE, Channel, Head, Held, LogSource, Notice, Snapshot, Store
from correlator.track import Step, advance, window_start
from correlator.weekly import partitions, sum_up, week_due

log = logging.getLogger("correlator")

LEASE = timedelta(minutes=6)
"""Longer than a run may last (host.json ends it after 4 minutes), so a claim outlives its run and no run is doubted."""
LONGEST_PAUSE = timedelta(minutes=60)
OPERATIONS = 80
"""Writes in one commit; the service takes 100."""
RECORDED_AT_ONCE = 200
WEEKLY_PARTITION = "weekly"


@dataclass(slots=True)
class Report:
    """What one run did, for its one log line. ``repeats`` counts messages that may have arrived before."""

    partition: str
    now: datetime | None = None
    rows: int = 0
    unreadable: int = 0
    unmapped_reasons: Counter[str] = field(default_factory=Counter)
    changed: int = 0
    said: int = 0
    sent: int = 0
    repeats: int = 0
    failures: Counter[str] = field(default_factory=Counter)


def poll(workspace: str, source: LogSource, store: Store, channels: Mapping[str, Channel], policy: Policy) -> Report:
    """Poll one workspace once. Raises SourceUnavailable after delivering what was waiting, and StaleWrite."""
    report = Report(workspace)
    before = store.read(workspace)
    head = before.head
    try:
        answer = source.fetch(workspace, head.mark, window_start(head.mark) if head.mark else None)
    except SourceUnavailable:
        deliver(workspace, before, store, channels, before.clock, report)
        raise
    now = max(answer.now, head.mark or answer.now)
    read = read_rows(answer.rows)
    report.now, report.rows = now, len(answer.rows)
    report.unreadable, report.unmapped_reasons = len(read.unreadable), read.unmapped_reasons
    steps = list(_steps(workspace, store, head, read, now, policy))
    _commit(workspace, store, before, steps, channels, now, report)
    # Read again only if there is something new to deliver: a quiet poll is one query, one read, one write.
    after = store.read(workspace) if any(s.recorded or s.notifications for s in steps) else before
    deliver(workspace, after, store, channels, now, report)
    return report


def _steps(workspace: str, store: Store, head: Head, read: Read, now: datetime, policy: Policy) -> Iterator[Step]:
    since = window_start(head.mark or now)
    due = {gateway for gateway, at in head.due.items() if at <= now}
    names = sorted(read.logs.keys() | due)
    states = store.gateways(workspace, names) if names else {}
    for name in names:
        state = states.get(name, GatewayState(name))
        yield advance(state, read.logs.get(name), since, now, policy, first_run=head.mark is None)


def _commit(
    workspace: str,
    store: Store,
    before: Snapshot,
    steps: Sequence[Step],
    channels: Mapping[str, Channel],
    now: datetime,
    report: Report,
) -> None:
    """Write what changed, in commits of bounded size; the mark moves with the last, so a crash between repeats it."""
    head, etag, due = before.head, before.etag, dict(before.head.due)
    batch: list[Step] = []
    for step in steps:
        due.pop(step.state.gateway, None)
        if step.due:
            due[step.state.gateway] = step.due
        if not step.changed:
            continue
        if sum(map(_cost, batch)) + _cost(step) * max(1, len(channels)) > OPERATIONS and batch:
            etag = _write(workspace, store, etag, replace(head, due=dict(due)), batch, channels, now, report)
            batch = []
        batch.append(step)
    head = replace(head, mark=now, watching_since=head.watching_since or now, due=due)
    _write(workspace, store, etag, head, batch, channels, now, report)


def _cost(step: Step) -> int:
    return 2 + len(step.notifications) + len(step.recorded) // RECORDED_AT_ONCE


def _write(
    workspace: str,
    store: Store,
    etag: str | None,
    head: Head,
    steps: Sequence[Step],
    channels: Mapping[str, Channel],
    now: datetime,
    report: Report,
) -> str:
    notices = list(_notices(steps, channels, now))
    etag = store.commit(workspace, etag, head, [s.state for s in steps], notices)
    report.changed += sum(len(s.recorded) for s in steps)
    report.said += sum(len(s.notifications) for s in steps)
    return etag


def _notices(steps: Sequence[Step], channels: Mapping[str, Channel], now: datetime) -> Iterator[Notice]:
    stamp = f"{now:%Y%m%dT%H%M%S%f}"
    recorded = [i for s in steps for i in s.recorded]
    for n in range(0, len(recorded), RECORDED_AT_ONCE):
        part = tuple(recorded[n : n + RECORDED_AT_ONCE])
        yield Notice(f"{stamp}-{part[0].id}-{part[0].rev:06d}-{TABLE}", TABLE, now, None, part)
    for step in steps:
        for said in step.notifications:
            for channel in channels:
                yield Notice(f"{stamp}-{said.subject}-{said.number:06d}-{channel}", channel, now, said)


def deliver(
    partition: str,
    snapshot: Snapshot,
    store: Store,
    channels: Mapping[str, Channel],
    now: datetime,
    report: Report,
) -> None:
    """Deliver what is due, in order for each incident and channel; a failing channel waits and delays no other."""
    waiting: set[tuple[str, str]] = set()
    resting: set[str] = set()
    for held in sorted(snapshot.outbox):
        notice = held.notice
        lane = (notice.subject, notice.channel)
        not_yet = max(notice.leased_until or now, notice.next_try or now) > now
        blocked = lane in waiting or notice.channel in resting or not_yet
        if blocked or not _deliver_one(partition, held, store, channels, now, report, resting):
            waiting.add(lane)


def _deliver_one(
    partition: str,
    held: Held,
    store: Store,
    channels: Mapping[str, Channel],
    now: datetime,
    report: Report,
    resting: set[str],
) -> bool:
    """Claim, hand over, receipt. True if the notice is done with, False if it stays in the outbox."""
    claimed = store.claim(partition, held, now + LEASE)
    if claimed is None:
        return False
    notice = claimed.notice
    # An expired lease, or a try without an answer, may have reached the channel: the next one may be a repeat.
    report.repeats += notice.channel != TABLE and notice.tries > 1
    try:
        _hand_over(notice, store, channels, report)
    except SendFailed as failed:
        report.failures[f"{notice.channel}: {failed}"] += 1
        log.warning("%s did not take %s: %s", notice.channel, notice.key, failed)
        _try_again(partition, claimed, failed, store, now)
        if not failed.refused:
            resting.add(notice.channel)
        return False
    store.settle(partition, claimed)
    return True


def _hand_over(notice: Notice, store: Store, channels: Mapping[str, Channel], report: Report) -> None:
    if notice.channel == TABLE:
        store.record(notice.incidents)
        return
    channel = channels.get(notice.channel)
    if channel is None or notice.notification is None:
        log.warning("channel %s is no longer set up; dropped %s", notice.channel, notice.key)
        return
    render = channel.render_plain if notice.plain else channel.render
    channel.send(render(notice.notification))
    report.sent += 1


def _try_again(partition: str, held: Held, failed: SendFailed, store: Store, now: datetime) -> None:
    """A refused card is tried again in its simplest form; anything else waits longer each time. Nothing is dropped."""
    notice = held.notice._replace(leased_until=None)
    pause = LONGEST_PAUSE if failed.permanent else min(timedelta(minutes=2 ** min(notice.tries, 6)), LONGEST_PAUSE)
    if failed.refused and not notice.plain:
        notice, pause = notice._replace(plain=True), timedelta(0)
    asked = min(timedelta(seconds=failed.retry_after), LONGEST_PAUSE)
    store.postpone(partition, held, notice._replace(next_try=now + max(pause, asked)))


def summarize(
    workspaces: Sequence[str], store: Store, channels: Mapping[str, Channel], at: WeeklyTime, zone: ZoneInfo
) -> Report:
    """Send last week's summary if it is due and was not sent, by the last poll's clock; deliver what is waiting."""
    report = Report(WEEKLY_PARTITION)
    before = store.read(WEEKLY_PARTITION)
    heads = [store.read(w).head for w in workspaces]
    now = max((h.mark for h in heads if h.mark), default=None)
    if now is None:
        return report
    report.now = now
    label = week_due(now, at, zone, before.head.week)
    if label:
        week = sum_up(label, zone, store.documents(partitions(label, zone)))
        # A week that ended before anyone watched has nothing to tell.
        watched = any(h.watching_since and h.watching_since < week.end for h in heads)
        told = [Notification(Moment.WEEKLY, now, week=week)] if watched else []
        notices = list(_notices([Step(GatewayState(""), False, [], told, None)], channels, now))
        store.commit(WEEKLY_PARTITION, before.etag, replace(before.head, week=label), [], notices)
        report.said = len(told)
        before = store.read(WEEKLY_PARTITION)
    deliver(WEEKLY_PARTITION, before, store, channels, now, report)
    return report


def poll_all(
    workspaces: Sequence[str], source: LogSource, store: Store, channels: Mapping[str, Channel], policy: Policy
) -> tuple[list[Report], list[CorrelatorError]]:
    """Poll every workspace; one that fails never stops the others. Its error comes back beside the reports."""
    reports: list[Report] = []
    failures: list[CorrelatorError] = []
    for workspace in workspaces:
        try:
            reports.append(poll(workspace, source, store, channels, policy))
        except CorrelatorError as failure:
            log.error("workspace %s: %s", workspace, failure)
            failures.append(failure)
    return reports, failures
