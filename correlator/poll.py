"""One poll of one workspace: gather, decide, apply.

Nothing is said before it is committed, and nothing is forgotten before it was said. The clock is the log service's own,
given back with its answer; a run that has no answer still delivers, by the store's clock.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from correlator import ike_log
from correlator.activity import covers
from correlator.arrivals import arrivals, came_in, lateness
from correlator.categories import Read, read_rows
from correlator.delivery import Delivery, Report, standing
from correlator.errors import CorrelatorError, SourceUnavailable, StaleWrite
from correlator.gaps import gap_before, with_gap
from correlator.gateways import is_group
from correlator.ike_log import Turn
from correlator.maintenance import spared_lately
from correlator.model import GatewayLog, GatewayState, Incident, Policy
from correlator.moves import Moves, asked_again, followed, joined, today, under_todays_ids
from correlator.notification import Moment, Notification
from correlator.people import NOBODY as NOBODY_SAID
from correlator.people import People
from correlator.ports import TABLE, Channel, Head, LogSource, Notice, Snapshot, Standing, Store
from correlator.routes import EVERYWHERE, Routing
from correlator.told import newest
from correlator.track import NOBODY, Step, advance, window_start
from correlator.watchlist import Asking
from correlator.weekly import label_of

log = logging.getLogger("correlator")

OPERATIONS = 80
"""Writes in one commit; the service takes 100."""
FIRST_LOOK = timedelta(days=32)
"""A little longer than a first poll looks back."""
RECORDED_AT_ONCE = 400
"""Incidents and drops in one notice to the tables: what one entity holds with ease."""


class Aside(Struct, frozen=True):
    """What a poll is given besides: gateways to look at without fresh rows, whom to ask twice, who hears of what.

    ``before`` is the workspace's partition as it was just read, where it was.
    ``stopwatch`` gives seconds; only what is told of a run's own pace rests on it.
    """

    look_at: Collection[str] = ()
    asking: Asking | None = None
    routing: Routing = EVERYWHERE
    stopwatch: Callable[[], float] = standing
    before: Snapshot | None = None


ALONE = Aside()


def poll(
    workspace: str,
    source: LogSource,
    store: Store,
    channels: Mapping[str, Channel],
    policy: Policy,
    aside: Aside = ALONE,
) -> Report:
    """Poll one workspace once. Raises SourceUnavailable after delivering what was waiting, StaleWrite if overtaken."""
    policy = fitted(policy, workspace, len(channels))
    report, began = Report(workspace), aside.stopwatch()
    before = aside.before or store.read(workspace)
    head = before.head
    try:
        since = window_start(head.mark) if head.mark else None
        answer = source.fetch(workspace, head.mark, since, asked_again(policy.moved, since) if since else ())
    except SourceUnavailable:
        Delivery(store, channels, before.clock, report).run(before)
        raise
    answered = aside.stopwatch()
    now = max(answer.now, head.mark or answer.now)
    rows = list(under_todays_ids(answer.rows, policy.moved)) if policy.moved else answer.rows
    read = read_rows(rows, policy.addresses, policy.reasons)
    report.now, report.rows = now, len(answer.rows)
    report.unreadable, report.unmapped_reasons = len(read.unreadable), read.unmapped_reasons
    report.unknown_operations = read.unknown_operations
    fresh = came_in(rows, head.mark) if head.mark else []
    report.too_late = _too_late(fresh, since) if since else 0
    late = lateness(fresh)
    if late:
        report.late_newest, report.late_worst = late
    turns = _turns(workspace, store, head, read, now, policy, aside)
    steps = ike_log.steps(workspace, source, turns, now, policy)
    report.maintenance_without_drop = sum(spared_lately(s.state.spared, now, policy) for s in steps)
    gap = gap_before(head.mark, now, policy.blind_after)
    report.gaps = with_gap(head.gaps, gap, now)
    report.blind_seconds = (gap.until - gap.since).total_seconds() if gap else 0.0
    after = replace(head, mark=now, watching_since=head.watching_since or now, gaps=report.gaps, left=None)
    if before.etag is None or head.left:
        store.note(Standing(workspace))  # before the commit: what nobody knows to be polled is never known to have left
    Commit(store, list(channels), aside.routing, now, report, arrivals(rows)).apply(before, steps, after)
    # Read again only if there is something new to deliver: a quiet poll is one query, one read, one write.
    found = store.read(workspace) if any(s.recorded or s.notifications for s in steps) else before
    Delivery(store, channels, now, report, lambda: aside.stopwatch() - answered).run(found)
    report.seconds = round(aside.stopwatch() - began, 3)
    return report


def _too_late(fresh: Iterable[tuple[datetime, datetime]], since: datetime) -> int:
    """Rows that came in lately and change nothing any more, for their day is settled.

    The service stamps what is later than two days with its arrival, so there should be none: a clock is wrong.
    """
    return sum(at <= since for at, _ in fresh)


def _turns(
    workspace: str, store: Store, head: Head, read: Read, now: datetime, policy: Policy, aside: Aside
) -> Iterator[Turn]:
    """One turn for each gateway with fresh rows or something due."""
    since = window_start(head.mark or now)
    due = {gateway for gateway, at in head.due.items() if at <= now}
    back = store.watched(workspace) if head.left else ()
    names = sorted({today(name, policy.moved) for name in (*read.logs, *due, *aside.look_at, *back)})
    older = {name: _older(name, policy) for name in names}
    states = store.gateways(workspace, [*names, *chain(*older.values())]) if names else {}
    first_run = head.mark is None
    first = now - FIRST_LOOK if first_run else since
    people = people_of(store, states.values(), first, now, policy.moved) if names else NOBODY_SAID
    how: dict[str, Any] = {"since": since, "now": now, "policy": policy, "first_run": first_run, "people": people}
    for name in names:
        known = [states[i] for i in (*older[name], name) if i in states]
        if not known and name not in read.logs:
            continue
        left = [s.gateway for s in known if s.gateway != name and s != GatewayState(s.gateway)]
        state = joined(name, known) if left else states.get(name, GatewayState(name))
        heard = aside.asking.witnesses(state, now, policy) if aside.asking else NOBODY
        yield Turn(read.logs.get(name), partial(_turn, state, bool(left), witnesses=heard, **how))
        yield from (Turn(None, partial(_left_behind, old)) for old in left)


def _turn(state: GatewayState, moved: bool, log: GatewayLog | None, **how: Any) -> Step:
    step = advance(state, log, **how)
    return replace(step, changed=step.changed or moved)


def _left_behind(gateway: str, _: GatewayLog | None) -> Step:
    """Nothing is kept any more under an id that a gateway had before it moved."""
    return Step(GatewayState(gateway), True, [], [], None)


def people_of(store: Store, states: Collection[GatewayState], since: datetime, now: datetime, moves: Moves) -> People:
    """What people said of what is looked at. A quiet poll never comes here."""
    kept = [t.incident for s in states for t in s.tracked]
    first = min([since, *(i.started_at for i in kept)])
    days = {(since + timedelta(days=n)).date() for n in range((now - since).days + 2)} | {i.anchor.date() for i in kept}
    return followed(store.people(sorted({label_of(day) for day in days}), first), moves)


def fitted(policy: Policy, workspace: str, channels: int) -> Policy:
    """The policy of one workspace, whose messages go to so many channels."""
    return _to_fit(_in_reach(workspace, policy), channels)


def _in_reach(workspace: str, policy: Policy) -> Policy:
    """Of a resource group only its own rows are seen: a gateway that left it is gone from here, wherever it went."""
    if not is_group(workspace):
        return policy
    inside = {old: move for old, move in policy.moved.items() if covers(workspace, move.to)}
    return replace(policy, moved=inside)


def _to_fit(policy: Policy, channels: int) -> Policy:
    """Of many channels each has fewer messages of a gateway: what it has to say is written in one commit."""
    return replace(policy, at_once=max(1, min(policy.at_once, OPERATIONS // max(1, channels))))


def _older(gateway: str, policy: Policy) -> list[str]:
    """The ids that a gateway had before it moved, the oldest first."""
    moves = [(move.seen_at, old) for old, move in policy.moved.items() if move.to == gateway]
    return [old for _, old in sorted(moves)]


class Commit(Struct, frozen=True):
    """Writes what became of gateways, with what is to be said of it."""

    store: Store
    channels: Sequence[str]
    routing: Routing
    now: datetime
    report: Report
    arrived: Callable[[str, datetime], datetime | None]

    def apply(self, before: Snapshot, steps: Sequence[Step], after: Head) -> None:
        """Write what changed in commits of bounded size. The last writes ``after``, so a crash between repeats."""
        head, etag, due = before.head, before.etag, dict(before.head.due)
        batch: list[Step] = []
        for step in steps:
            if step.changed and batch and self._cost([*batch, step]) > OPERATIONS:
                etag = self._write(etag, replace(head, due=dict(due)), batch)
                batch = []
            due.pop(step.state.gateway, None)
            if step.due:
                due[step.state.gateway] = step.due
            if step.changed:
                batch.append(step)
        self._write(etag, replace(after, due=due), batch)

    def _cost(self, steps: Sequence[Step]) -> int:
        """Writes that steps need at most: a gateway and its notices each, and the notices to the tables."""
        said = sum(len(s.notifications) for s in steps) * len(self.channels)
        return len(steps) + said + len(list(_portions(steps)))

    def _write(self, etag: str | None, head: Head, steps: Sequence[Step]) -> str:
        notices = list(self._notices(steps))
        written = self.store.commit(self.report.partition, etag, head, [s.state for s in steps], notices)
        self.report.changed += sum(len(s.recorded) for s in steps)
        told = [n for s in steps for n in s.notifications]
        self.report.said += len(told)
        self.report.went_down += [(n.subject, n.incident.gateway) for n in told if n.incident and _stopped(n)]
        return written

    def _notices(self, steps: Sequence[Step]) -> Iterator[Notice]:
        stamp = f"{self.now:%Y%m%dT%H%M%S%f}"
        for part in _portions(steps):
            yield Notice(f"{stamp}-{part[0].id}-{part[0].rev:06d}-{TABLE}", TABLE, self.now, None, part)
        for said in (n for s in steps for n in s.notifications):
            ingested = self.arrived(said.incident.gateway, newest(said.incident)) if said.incident else None
            for channel in self.routing.recipients(said, self.channels):
                key = f"{stamp}-{_began(said)}-{said.subject}-{said.number:06d}-{channel}"
                yield Notice(key, channel, self.now, said, ingested=ingested)


def _stopped(said: Notification) -> bool:
    """Whether it says, for the first time or anew, that a connection has no tunnel left."""
    stopped = said.incident and any(o.cut and o.cut_end is None for o in said.incident.outages)
    return bool(stopped) and said.moment in (Moment.OPENED, Moment.REOPENED)


def _began(said: Notification) -> str:
    """So that messages of one poll go out in the order in which things happened."""
    return f"{said.incident.started_at:%Y%m%dT%H%M%S}" if said.incident else ""


def _portions(steps: Sequence[Step]) -> Iterator[tuple[Incident, ...]]:
    """What is to be recorded, in portions that one entity can hold."""
    part: list[Incident] = []
    weight = 0
    for incident in (i for s in steps for i in s.recorded):
        weight += 1 + len(incident.drops)
        if part and weight > RECORDED_AT_ONCE:
            yield tuple(part)
            part, weight = [], 1 + len(incident.drops)
        part.append(incident)
    if part:
        yield tuple(part)


def poll_all(
    workspaces: Sequence[str],
    source: LogSource,
    store: Store,
    channels: Mapping[str, Channel],
    policy: Policy,
    aside: Aside = ALONE,
) -> tuple[list[Report], dict[str, CorrelatorError]]:
    """Poll every workspace; one that fails never stops the others. Its error comes back beside the reports."""
    reports: list[Report] = []
    failures: dict[str, CorrelatorError] = {}
    for workspace in workspaces:
        try:
            reports.append(poll(workspace, source, store, channels, policy, aside))
        except StaleWrite as lost:
            log.info("workspace %s: %s", workspace, lost)
            failures[workspace] = lost
        except CorrelatorError as failure:
            tell_failed(workspace, failure)
            failures[workspace] = failure
    return reports, failures


def tell_failed(workspace: str, failure: CorrelatorError) -> None:
    """The error by which the alert finds a failed poll; what names its workspace by itself is not named twice."""
    log.error("workspace %s: %s", workspace, str(failure).removeprefix(f"workspace {workspace}: "))
