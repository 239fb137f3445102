"""What is worth saying now, and when to look again. The only pure step that is given the time.

An open outage is told once it is older than ``down_after``: rows of one drop arrive independently, and telling at once
would call one in four short blips "down". A finished one is told when its cause is confirmed, else ``settle`` after its
content last changed, so that the row that explains it may still arrive. After that, only what changed: another peer or
the last tunnel down, a return of the trouble, the other instance's turn, another cause. Rows that only complete what
was told are no news.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from msgspec.structs import replace

from correlator.model import Cause, Confidence, Incident, Moment, Outage, Policy, Status, Told, Tracked


class Why(StrEnum):
    """The named reason for a decision, said or not said."""

    NOTHING_NEW = "nothing new"
    TOO_YOUNG = "open, but not for long enough"
    MAY_STILL_CHANGE = "finished, but late rows may explain it"
    STILL_FLAPPING = "flapping, and not quiet for long enough"
    NEVER_TOLD = "it was never told, so it need not be taken back"
    WORTH_SAYING = "worth saying"


class Decision(NamedTuple):
    """``moment`` is what to say now, if anything; ``due`` is when the answer may change without new rows."""

    moment: Moment | None
    why: Why
    due: datetime | None = None


NOTHING = Decision(None, Why.NOTHING_NEW)


def decide(tracked: Tracked, now: datetime, policy: Policy) -> Decision:
    """Compare what was told with what is true now (``now`` is the log service's clock, UTC)."""
    incident, told = tracked.incident, tracked.told
    if incident.status in (Status.RETRACTED, Status.ABSORBED, Status.REMOVED):
        return _last_word(incident, told)
    if incident.flapping and not (told and told.flapping):
        # At once: each new drop would start any waiting time again. Found out after its hour of quiet, it is over.
        over = incident.ended_at is not None and now >= incident.ended_at + policy.flapping_within
        return Decision(Moment.RECOVERED if over else Moment.FLAPPING, Why.WORTH_SAYING)
    if incident.status is Status.OPEN:
        return _while_open(tracked, now, policy)
    if told and told.flapping and incident.flapping and not told.down:
        return _end_of_flapping(tracked, told, now, policy)
    moment = _news(incident, told)
    return _settled(tracked, moment, now, policy) if moment else NOTHING


def _last_word(incident: Incident, told: Told | None) -> Decision:
    """What people were told is taken back; what they were told is down is said to live on under another name."""
    if told is None or not told.number:
        return Decision(None, Why.NEVER_TOLD)
    if incident.status is Status.RETRACTED and told.status is not Status.RETRACTED:
        return Decision(Moment.RETRACTED, Why.WORTH_SAYING)
    if incident.status is Status.ABSORBED and told.status is Status.OPEN:
        return Decision(Moment.ABSORBED, Why.WORTH_SAYING)
    if incident.status is Status.REMOVED and told.status is Status.OPEN:
        return Decision(Moment.REMOVED, Why.WORTH_SAYING)
    return NOTHING


def _while_open(tracked: Tracked, now: datetime, policy: Policy) -> Decision:
    incident, told = tracked.incident, tracked.told
    news = [o for o in incident.outages if o.end is None and not (told and _lost(o) in told.down)]
    old_enough = [o.start + policy.down_after for o in news]
    if any(at <= now for at in old_enough):
        again = told is not None and told.number > 0 and not told.down
        return Decision(Moment.REOPENED if again else Moment.OPENED, Why.WORTH_SAYING)
    if told and told.down and told.cause is not incident.finding.cause:
        return _settled(tracked, Moment.CAUSE_CHANGED, now, policy)
    if not news:
        return NOTHING
    return Decision(None, Why.TOO_YOUNG, min(old_enough))


def _settled(tracked: Tracked, moment: Moment, now: datetime, policy: Policy) -> Decision:
    """Say it if nothing on its way can make it wrong."""
    settled = tracked.seen_at + policy.settle
    finished = tracked.incident.status is not Status.OPEN
    if now >= settled or (finished and tracked.incident.finding.confidence is Confidence.CONFIRMED):
        return Decision(moment, Why.WORTH_SAYING)
    return Decision(None, Why.MAY_STILL_CHANGE, settled)


def _end_of_flapping(tracked: Tracked, told: Told, now: datetime, policy: Policy) -> Decision:
    incident = tracked.incident
    if told.status is not Status.OPEN and _newest(incident) <= told.until:
        return NOTHING
    quiet = (incident.ended_at or now) + policy.flapping_within
    if now < quiet:
        return Decision(None, Why.STILL_FLAPPING, quiet)
    return Decision(Moment.RECOVERED, Why.WORTH_SAYING)


def _news(incident: Incident, told: Told | None) -> Moment | None:
    """What a finished incident has to say beyond what was told."""
    if told is None or told.status is not Status.RECOVERED:
        return Moment.RECOVERED
    if any(d.outage.start > told.until for d in incident.drops):
        hop = incident.hops > told.hops and told.cause.side is incident.finding.cause.side
        return Moment.SECOND_INSTANCE if hop else Moment.RECOVERED
    # Of what nobody was told, nobody needs a correction.
    return Moment.CAUSE_CHANGED if told.cause is not incident.finding.cause and told.number else None


def say(tracked: Tracked, moment: Moment, *, silently: bool = False) -> Tracked:
    """The same incident, with this moment noted as told; ``silently`` where nobody is told (number stays 0)."""
    incident = tracked.incident
    number = tracked.told.number if tracked.told else 0
    flapping = moment is Moment.FLAPPING
    told = Told(
        # The first word on flapping leaves the episode open; the one after an hour of quiet closes it.
        status=Status.OPEN if flapping else incident.status,
        cause=incident.finding.cause,
        hops=incident.hops,
        flapping=incident.flapping,
        until=_newest(incident),
        down=() if flapping else tuple(sorted({_lost(o) for o in incident.outages if o.end is None})),
        number=number if silently else number + 1,
    )
    return replace(tracked, told=told)


def _lost(outage: Outage) -> str:
    """What is lost while an outage is open: the peer, or one of its tunnels."""
    stopped = outage.cut and outage.cut_end is None
    return f"{outage.peer} stopped" if stopped else f"{outage.peer} degraded"


def _newest(incident: Incident) -> datetime:
    return max(d.outage.end or d.outage.start for d in incident.drops)


def is_pending(incident: Incident, seen_at: datetime, now: datetime, policy: Policy) -> bool:
    """Whether rows still on their way, or the way an open outage ends, may change the cause."""
    over = incident.status in (Status.RETRACTED, Status.ABSORBED, Status.REMOVED)
    if over or incident.finding.confidence is Confidence.CONFIRMED:
        return False
    undecided = incident.status is Status.OPEN and incident.finding.cause is Cause.UNKNOWN
    return undecided or now < seen_at + policy.settle


def pending_until(tracked: Tracked, policy: Policy) -> datetime | None:
    """When the pending mark of an incident falls without new rows; None if it does not."""
    later = tracked.seen_at + policy.settle
    still = is_pending(tracked.incident, tracked.seen_at, later, policy)
    return later if tracked.incident.pending and not still else None
