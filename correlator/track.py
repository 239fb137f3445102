"""One step in the life of a gateway's incidents: what was kept + the rows now visible -> what to keep and what to say.

Pure: the poll gathers before and applies after. The window of rows starts at a midnight (``since``) far enough back
that no row older than it can still arrive; the state of the tunnels at that midnight was kept, so folding on from there
gives exactly what folding everything would.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from msgspec.structs import replace

from correlator.announce import decide, is_pending, pending_until, say
from correlator.correlate import correlate
from correlator.model import (
    LONG_AGO,
    Checkpoint,
    GatewayLog,
    GatewayState,
    Incident,
    Moment,
    Notification,
    Policy,
    Status,
    Tracked,
    Witness,
)
from correlator.regular import Start, last_starts, start_of

NOBODY: Mapping[str, tuple[Witness, ...]] = {}

LATEST = timedelta(days=2)
"""Rows stamped older than this are restamped by the service on arrival (its documentation), so none come later."""
MARGIN = timedelta(hours=6)
"""Longer than any look around an outage: rows that still arrive cannot touch what ended before the window."""


class Step(NamedTuple):
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
    most: int = 40,
    witnesses: Mapping[str, tuple[Witness, ...]] = NOBODY,
) -> Step:
    """Fold the gateway's rows (None: none are fresh), then decide what to say; at most ``most`` messages at once.

    On a first run every row counts, however old. Incidents that are over, or open for days, are kept and never told:
    nobody wants last week's alerts tonight. ``witnesses`` is what Azure said of open incidents, by their ids.
    """
    before = _pruned(state, since, now, policy)
    incidents, checkpoints = _folded(before, log, LONG_AGO if first_run else since, policy)
    incidents = [_as_listed(i, witnesses.get(i.id, i.witnesses), policy) for i in incidents]
    kept = {t.incident.id: t for t in before.tracked}
    tracked: list[Tracked] = []
    recorded: list[Incident] = []
    said: list[Notification] = []
    dues: list[datetime] = []
    for incident in incidents:
        seen_at = _newest(incident) if first_run else now
        item, news = _follow(incident, kept.get(incident.id), seen_at, now, policy)
        if news:
            recorded.append(item.incident)
        if first_run and (item.incident.status is not Status.OPEN or item.incident.started_at < now - LATEST):
            item = say(item, Moment.RECOVERED, silently=True)
        moment = decide(item, now, policy).moment
        if moment and len(said) >= most:
            dues.append(now)
        elif moment:
            item = say(item, moment)
            said.append(Notification(moment, now, item.incident, item.told.number if item.told else 1))
        # Asked again: what was just said may have a sequel that only time brings.
        waits = (decide(item, now, policy).due, pending_until(item, policy), _witness_due(item.incident, now, policy))
        dues += [d for d in waits if d]
        tracked.append(item)
    after = replace(before, checkpoints=checkpoints, tracked=tuple(tracked))
    if first_run:
        after = _pruned(after, since, now, policy)
    return Step(after, after != before, recorded, said, min(dues, default=None))


def _as_listed(incident: Incident, witnesses: tuple[Witness, ...], policy: Policy) -> Incident:
    """What Azure's own list adds: its word on a connection that is down, and that a tunnel is no more."""
    lost = [o.peer for o in incident.outages if o.end is None]
    if lost and incident.status is Status.OPEN and all(policy.gone(incident.gateway, peer) for peer in lost):
        incident = replace(incident, status=Status.REMOVED)
    return incident if witnesses == incident.witnesses else replace(incident, witnesses=witnesses)


def _witness_due(incident: Incident, now: datetime, policy: Policy) -> datetime | None:
    """When to ask Azure about an outage that does not end; None if it was asked for, or the time is past."""
    if incident.status is not Status.OPEN or incident.witnesses or incident.gateway not in policy.active_active:
        return None
    times = [o.start + policy.witness_after for o in incident.outages if o.end is None]
    return min((t for t in times if t > now), default=None)


def _folded(
    state: GatewayState, log: GatewayLog | None, since: datetime, policy: Policy
) -> tuple[Iterable[Incident], tuple[Checkpoint, ...]]:
    if log is None:
        return [t.incident for t in state.tracked], state.checkpoints
    base = tuple(c for c in state.checkpoints if c.at <= since)[-1:]
    fresh = log._replace(tunnels=[e for e in log.tunnels if e.at > since])
    found = correlate(fresh, policy, replace(state, checkpoints=base))
    return found.incidents, base + tuple(found.checkpoints)


def _follow(
    incident: Incident, kept: Tracked | None, seen_at: datetime, now: datetime, policy: Policy
) -> tuple[Tracked, bool]:
    """Compare with what was kept: the same, or news with a higher revision, seen at that time."""
    if kept is None:
        fresh = replace(incident, pending=is_pending(incident, seen_at, now, policy))
        return Tracked(fresh, seen_at), True
    old = kept.incident
    same = replace(incident, pending=old.pending, rev=old.rev) == old
    seen_at = kept.seen_at if same else seen_at
    pending = is_pending(incident, seen_at, now, policy)
    if same and pending is old.pending:
        return kept, False
    return Tracked(replace(incident, pending=pending, rev=old.rev + 1), seen_at, kept.told), True


def _pruned(state: GatewayState, since: datetime, now: datetime, policy: Policy) -> GatewayState:
    """Forget checkpoints before the one in use, and incidents that neither rows nor time can change any more."""
    base = [n for n, c in enumerate(state.checkpoints) if c.at <= since]
    checkpoints = state.checkpoints[base[-1] if base else 0 :]
    # How an open outage ends may yet show that it belongs to what came shortly before it.
    living = [t.incident for t in state.tracked if t.incident.status is Status.OPEN]
    begun = [o.start for i in living for o in i.outages if o.end is None]
    reach = min([since, *begun]) - max(MARGIN, policy.next_hop, policy.rejoin)
    tracked = tuple(t for t in state.tracked if not _over(t, reach, now, policy))
    starts = _last_starts(state, since)
    if (len(checkpoints), len(tracked), starts) == (len(state.checkpoints), len(state.tracked), state.starts):
        return state
    return replace(state, checkpoints=checkpoints, tracked=tracked, starts=starts)


def _last_starts(state: GatewayState, since: datetime) -> tuple[Start, ...]:
    """Each tunnel's last drops before the window, which are about to be forgotten with their incidents."""
    incidents = (t.incident for t in state.tracked if not t.incident.status.withdrawn)
    return last_starts([*state.starts, *(start_of(o) for i in incidents for o in i.outages if o.start <= since)])


def _over(tracked: Tracked, reach: datetime, now: datetime, policy: Policy) -> bool:
    incident = tracked.incident
    if incident.status is Status.OPEN or incident.pending or _newest(incident) >= reach:
        return False
    decision = decide(tracked, now, policy)
    return decision.moment is None and decision.due is None


def _newest(incident: Incident) -> datetime:
    return max(d.outage.end or d.outage.start for d in incident.drops)
