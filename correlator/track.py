"""One step in the life of a gateway's incidents: what was kept + the rows now visible -> what to keep and what to say.

Pure: the poll gathers before and applies after. The window of rows starts at a midnight (``since``) far enough back
that no row older than it can still arrive; the state of the tunnels at that midnight was kept, so folding on from there
gives exactly what folding everything would.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from correlator import people as persons
from correlator.announce import Decision, Lately, Why, decide, is_short_failover
from correlator.correlate import correlate, rejudge
from correlator.maintenance import without_a_drop
from correlator.model import (
    LONG_AGO,
    Checkpoint,
    GatewayLog,
    GatewayState,
    Incident,
    Policy,
    Side,
    Status,
    Tracked,
    Witness,
)
from correlator.notification import Moment, Notification
from correlator.people import Entry, People
from correlator.regular import Start, last_starts, start_of
from correlator.told import folded, is_pending, newest, pending_until, say

NOBODY: Mapping[str, tuple[Witness, ...]] = {}

LATEST = timedelta(days=2)
"""Rows stamped older than this are restamped by the service on arrival (its documentation), so none come later."""
REMINDERS_KEPT = 20
SPARED_FOR = timedelta(weeks=14)
MARGIN = timedelta(hours=6)
"""Longer than any look around an outage: rows that still arrive cannot touch what ended before the window."""


class Step(Struct, frozen=True):
    """What became of one gateway."""

    state: GatewayState
    changed: bool
    recorded: list[Incident]
    notifications: list[Notification]
    due: datetime | None


def window_start(mark: datetime) -> datetime:
    """The midnight (UTC) from which rows are folded, for a poll that goes on from ``mark``."""
    return (mark - LATEST - MARGIN).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def advance(
    state: GatewayState,
    log: GatewayLog | None,
    since: datetime,
    now: datetime,
    policy: Policy,
    *,
    first_run: bool = False,
    witnesses: Mapping[str, tuple[Witness, ...]] = NOBODY,
    people: People = persons.NOBODY,
    unwatched: bool = False,
) -> Step:
    """Fold the gateway's rows (None: none are fresh), then decide what to say.

    On a first run every row counts, however old. Incidents that are over, or open for days, are kept and never told:
    nobody wants last week's alerts tonight. ``witnesses`` is what Azure said of open incidents, by their ids, and
    ``people`` what was entered by hand: remarks, silences, planned work. ``unwatched``: its workspace is no longer
    polled, so what is open gets no end and no reminder; a step without it takes that back.
    """
    policy = replace(policy, planned=people.planned(state.gateway)) if people.entries else policy
    before = _pruned(state, since, now, policy)
    reach = LONG_AGO if first_run else since
    incidents, checkpoints = _folded(before, log, reach, policy)
    spared = _spared(before, log, incidents, reach, since, policy) if log else before.spared
    incidents = [_as_if_watched(i) for i in incidents]
    incidents = [_as_listed(i, witnesses.get(i.id, i.witnesses), policy) for i in incidents]
    incidents = [_as_people_say(i, people, policy) for i in incidents]
    if unwatched:
        incidents = [_as_unwatched(i) for i in incidents]
    kept = {t.incident.id: t for t in before.tracked}
    desk = _Desk(now, policy, _lately(incidents, before, policy), people.entries)
    tracked: list[Tracked] = []
    recorded: list[Incident] = []
    for incident in incidents:
        item = _follow(incident, kept.get(incident.id), newest(incident) if first_run else now, now, policy)
        if first_run and (incident.status is not Status.OPEN or incident.started_at < now - LATEST):
            item = say(item, Moment.RECOVERED, now, silently=True)
        item = desk.attend(item, kept.get(incident.id))
        if incident.id not in kept or item.incident != kept[incident.id].incident:
            recorded.append(item.incident)
        tracked.append(item)
    after = replace(before, checkpoints=checkpoints, tracked=tuple(tracked), spared=spared)
    if first_run:
        after = _pruned(after, since, now, policy)
    return Step(after, after != before, recorded, folded(desk.said, policy), min(desk.dues, default=None))


class _Desk:
    """What is said of the incidents of one gateway in one step, and when to look at them again."""

    def __init__(self, now: datetime, policy: Policy, lately: Lately, entries: Sequence[Entry]) -> None:
        self.now, self.policy, self.lately, self.entries = now, policy, lately, entries
        self.said: list[Notification] = []
        self.dues: list[datetime] = []

    def attend(self, item: Tracked, kept: Tracked | None) -> Tracked:
        """Say what is to be said of one incident. Its revision grows if it is not what was kept."""
        decision, silently = self._decide(item)
        item = replace(item, incident=_revised(self._marked(item.incident, decision, silently), kept))
        if decision.moment:
            item = say(item, decision.moment, self.now, silently=silently)
            if not silently:
                self.said.append(_notification(item, decision, self.now))
        # Asked again: what was just said may have a sequel that only time brings.
        waits = (self._decide(item)[0].due, pending_until(item, self.policy))
        self.dues += [d for d in (*waits, _witness_due(item.incident, self.now, self.policy)) if d]
        return item

    def _decide(self, item: Tracked) -> tuple[Decision, bool]:
        """What to say, and whether it is only noted: what ended in a silence is passed over, what goes on waits."""
        decision, incident = decide(item, self.now, self.policy, self.lately), item.incident
        if decision.moment is None or not self.entries:
            return decision, False
        until = persons.muted_until(self.entries, incident.gateway, incident.peers, self.now)
        if incident.status is Status.OPEN:
            return (Decision(None, Why.MUTED, until) if until else decision), False
        drops = [(o.peer, o.start, o.end or o.start) for o in (d.outage for d in incident.drops)]
        return decision, until is not None or persons.all_within(self.entries, incident.gateway, drops)

    def _marked(self, incident: Incident, decision: Decision, silently: bool) -> Incident:
        if decision.moment is Moment.REMINDER:
            incident = replace(incident, reminders=(*incident.reminders, self.now)[-REMINDERS_KEPT:])
        muted = silently or decision.why is Why.MUTED
        return replace(incident, muted=True) if muted and not incident.muted else incident


def _notification(item: Tracked, decision: Decision, now: datetime) -> Notification:
    assert decision.moment is not None
    assert item.told is not None
    told = item.told
    return Notification(
        decision.moment, now, item.incident, told.number, why=decision.why, times=decision.times, facets=told.facets
    )


def _lately(incidents: Sequence[Incident], state: GatewayState, policy: Policy) -> Lately:
    """What happened to the gateway before and beside each incident: what is kept reaches back far enough for a day."""
    living = [i for i in incidents if not i.status.withdrawn]
    failovers = [i.started_at for i in living if is_short_failover(i, policy)]
    drops: dict[str, list[datetime]] = {}
    for outage in (o for i in living if i.finding.cause.side is Side.REMOTE for o in i.outages):
        drops.setdefault(outage.peer, []).append(outage.start)
    return Lately((*state.failovers, *failovers), {peer: tuple(starts) for peer, starts in drops.items()})


def _as_listed(incident: Incident, witnesses: tuple[Witness, ...], policy: Policy) -> Incident:
    """What Azure's own list adds: its word on a connection that is down, and that a tunnel is no more."""
    lost = [o.peer for o in incident.outages if o.end is None]
    if lost and incident.status is Status.OPEN and all(policy.gone(incident.gateway, peer) for peer in lost):
        incident = replace(incident, status=Status.REMOVED)
    return incident if witnesses == incident.witnesses else replace(incident, witnesses=witnesses)


def _as_people_say(incident: Incident, people: People, policy: Policy) -> Incident:
    """What people add: their remarks, the work they planned, and that somebody closed it."""
    remarks = people.remarks.get(incident.id, incident.remarks)
    starts = [(d.outage.peer, d.outage.start) for d in incident.drops] if policy.planned else []
    planned = tuple(e for e in policy.planned if any(e.covers(incident.gateway, peer, at) for peer, at in starts))
    if (remarks, planned) != (incident.remarks, incident.planned):
        incident = replace(incident, remarks=remarks, planned=planned)
    return replace(incident, status=Status.REMOVED) if incident.status is Status.OPEN and incident.closed else incident


def _as_if_watched(incident: Incident) -> Incident:
    """As its rows tell it: what its workspace's leaving did to it is taken back."""
    if not incident.unwatched:
        return incident
    status = Status.OPEN if incident.status is Status.REMOVED else incident.status
    return replace(incident, status=status, unwatched=False)


def _as_unwatched(incident: Incident) -> Incident:
    """Nobody will see its end, and none is made up."""
    return replace(incident, status=Status.REMOVED, unwatched=True) if incident.status is Status.OPEN else incident


def _witness_due(incident: Incident, now: datetime, policy: Policy) -> datetime | None:
    """When to ask Azure about an outage that does not end; None if it was asked for, or the time is past."""
    if incident.status is not Status.OPEN or incident.witnesses or incident.gateway not in policy.active_active:
        return None
    times = [o.start + policy.witness_after for o in incident.outages if o.end is None]
    return min((t for t in times if t > now), default=None)


def _folded(
    state: GatewayState, log: GatewayLog | None, since: datetime, policy: Policy
) -> tuple[Sequence[Incident], tuple[Checkpoint, ...]]:
    if log is None:
        return rejudge(state.gateway, [t.incident for t in state.tracked], policy), state.checkpoints
    base = tuple(c for c in state.checkpoints if c.at <= since)[-1:]
    fresh = log._replace(tunnels=[e for e in log.tunnels if e[0] > since])
    found = correlate(fresh, policy, replace(state, checkpoints=base))
    return found.incidents, base + tuple(found.checkpoints)


def _spared(
    state: GatewayState,
    log: GatewayLog,
    incidents: Sequence[Incident],
    reach: datetime,
    since: datetime,
    policy: Policy,
) -> tuple[datetime, ...]:
    """Maintenance rows without a drop: those of before the window as they were found, the others found anew."""
    rows = [c for c in log.changes if c.at > reach]
    drops = [d for i in incidents if not i.status.withdrawn for d in i.drops]
    found = (*(at for at in state.spared if at <= reach), *without_a_drop(rows, drops, policy))
    return tuple(at for at in found if at > since - SPARED_FOR)


def _follow(incident: Incident, kept: Tracked | None, seen_at: datetime, now: datetime, policy: Policy) -> Tracked:
    """The incident with what was told of it. Seen now if its rows changed; what people say of it is no row."""
    if kept is None:
        return Tracked(replace(incident, pending=is_pending(incident, seen_at, now, policy)), seen_at)
    old = kept.incident
    rows = replace(incident, pending=old.pending, rev=old.rev, remarks=old.remarks, planned=old.planned)
    same = _as_if_watched(rows) == _as_if_watched(old)
    seen_at = kept.seen_at if same else seen_at
    pending = is_pending(incident, seen_at, now, policy)
    return Tracked(replace(incident, pending=pending, rev=old.rev), seen_at, kept.told)


def _revised(incident: Incident, kept: Tracked | None) -> Incident:
    if kept is None or incident == kept.incident:
        return incident
    return replace(incident, rev=kept.incident.rev + 1)


def _pruned(state: GatewayState, since: datetime, now: datetime, policy: Policy) -> GatewayState:
    """Forget checkpoints before the one in use, and incidents that neither rows nor time can change any more.

    Of short failovers the time is remembered for a week: the second one is told in another way than the first.
    """
    base = [n for n, c in enumerate(state.checkpoints) if c.at <= since]
    checkpoints = state.checkpoints[base[-1] if base else 0 :]
    # How an open outage ends may yet show that it belongs to what came shortly before it.
    living = [t.incident for t in state.tracked if t.incident.goes_on]
    begun = [o.start for i in living for o in i.outages if o.end is None]
    reach = min([since, *begun]) - max(MARGIN, policy.next_hop, policy.rejoin)
    tracked = tuple(t for t in state.tracked if not _over(t, reach, now, policy))
    starts = _last_starts(state, since)
    if (len(checkpoints), len(tracked), starts) == (len(state.checkpoints), len(state.tracked), state.starts):
        return state
    gone = [t.incident for t in state.tracked if t not in tracked]
    failovers = [*state.failovers, *(i.started_at for i in gone if is_short_failover(i, policy))]
    recent = tuple(at for at in failovers if at >= since - policy.failovers_within)
    return replace(state, checkpoints=checkpoints, tracked=tracked, failovers=recent, starts=starts)


def _last_starts(state: GatewayState, since: datetime) -> tuple[Start, ...]:
    """Each tunnel's last drops before the window, which are about to be forgotten with their incidents."""
    incidents = (t.incident for t in state.tracked if not t.incident.status.withdrawn)
    return last_starts([*state.starts, *(start_of(o) for i in incidents for o in i.outages if o.start <= since)])


def _over(tracked: Tracked, reach: datetime, now: datetime, policy: Policy) -> bool:
    incident = tracked.incident
    # What somebody closed without an end lies open in the log: forgotten, it would be found and told anew.
    going_on = incident.goes_on or (incident.ended_at is None and incident.closed is not None)
    if going_on or incident.pending or newest(incident) >= reach:
        return False
    decision = decide(tracked, now, policy)
    return decision.moment is None and decision.due is None
