"""What was told, noted as it was said, so that later only what is new is told; and several messages as one.

A cause is pending while rows still on their way may change it: what is told of it then says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from correlator.measures import connection_down, impact
from correlator.model import Cause, Confidence, Facet, Incident, Outage, Policy, Status, Told, Tracked
from correlator.notification import Also, Moment, Notification

OVER = (Status.RETRACTED, Status.ABSORBED, Status.REMOVED)


def say(tracked: Tracked, moment: Moment, now: datetime, *, silently: bool = False) -> Tracked:
    """The same incident, with this moment noted as told at that time; ``silently`` where nobody is told."""
    incident, before = tracked.incident, tracked.told
    number = before.number if before else 0
    facets = before.facets if before else ()
    flapping = moment is Moment.FLAPPING
    told = Told(
        # A word on flapping leaves the episode open; the one after an hour of quiet closes it.
        status=Status.OPEN if flapping else incident.status,
        cause=incident.finding.cause,
        hops=incident.hops,
        flapping=incident.flapping,
        until=newest(incident),
        down=() if flapping else tuple(sorted({lost(o) for o in incident.outages if o.end is None})),
        number=number if silently else number + 1,
        at=now,
        drops=len(incident.drops),
        facets=facets if silently else tuple(dict.fromkeys([*facets, facet(incident)])),
    )
    return replace(tracked, told=told)


def facet(incident: Incident) -> Facet:
    """Whose it is and what users felt."""
    return Facet(incident.finding.cause.side, impact(incident))


def stopped(outage: Outage) -> bool:
    """Whether no instance holds the connection of this open outage: traffic is stopped."""
    return outage.cut and outage.cut_end is None


def lost(outage: Outage) -> str:
    """What is lost while an outage is open: the peer, or one of its tunnels."""
    return f"{outage.peer} stopped" if stopped(outage) else f"{outage.peer} degraded"


def newest(incident: Incident) -> datetime:
    """The newest row of its tunnels (UTC)."""
    return max(d.outage.end or d.outage.start for d in incident.drops)


def is_pending(incident: Incident, seen_at: datetime, now: datetime, policy: Policy) -> bool:
    """Whether rows still on their way, or the way an open outage ends, may change the cause."""
    over = incident.status in OVER
    if over or incident.finding.confidence is Confidence.CONFIRMED:
        return False
    undecided = incident.status is Status.OPEN and incident.finding.cause is Cause.UNKNOWN
    return undecided or now < seen_at + policy.settle


def pending_until(tracked: Tracked, policy: Policy) -> datetime | None:
    """When the pending mark of an incident falls without new rows; None if it does not."""
    later = tracked.seen_at + policy.settle
    still = is_pending(tracked.incident, tracked.seen_at, later, policy)
    return later if tracked.incident.pending and not still else None


def folded(said: Sequence[Notification], policy: Policy) -> list[Notification]:
    """Few messages stand for themselves. Of more than ``at_once``, the worst speaks for all and lists the others."""
    if len(said) <= policy.at_once:
        return list(said)
    worst, *others = sorted(said, key=_weight)
    also = tuple(_in_a_line(n) for n in others)
    facets = tuple(dict.fromkeys(f for n in said for f in n.facets))
    return [replace(worst, also=also, facets=facets)]


def _weight(n: Notification) -> tuple[bool, bool, datetime]:
    """Traffic stopped first, then what is open, then the oldest. A notification of an incident alone comes here."""
    incident = n.incident
    if incident is None:
        return True, True, n.at
    return not connection_down(incident), incident.status is not Status.OPEN, incident.started_at


def _in_a_line(n: Notification) -> Also:
    assert n.incident is not None
    return Also(n.incident.id, n.moment, n.number, n.incident.status, n.incident.finding.cause)
