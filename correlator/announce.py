"""What is worth saying now, and when to look again. The only pure step that is given the time.

An open outage is told once it is older than ``down_after``: rows of one drop arrive independently, and telling at once
would call one in four short blips "down". A finished one is told when its cause is confirmed, else ``settle`` after its
content last changed, so that the row that explains it may still arrive. After that, only what changed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from correlator.model import Cause, Confidence, Incident, Moment, Policy, Status, Told, Tracked


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


def decide(tracked: Tracked, now: datetime, policy: Policy) -> Decision:
    """Compare what was told with what is true now (``now`` is the log service's clock, UTC)."""
    incident, told = tracked.incident, tracked.told
    match incident.status:
        case Status.ABSORBED | Status.REMOVED:
            return Decision(None, Why.NOTHING_NEW)
        case Status.RETRACTED:
            return _taken_back(told)
        case Status.OPEN:
            return _while_open(tracked, now, policy)
    if told and told.flapping and incident.flapping:
        return _end_of_flapping(tracked, now, policy)
    moment = _news(incident, told)
    if moment is None:
        return Decision(None, Why.NOTHING_NEW)
    settled = tracked.seen_at + policy.settle
    if incident.finding.confidence is Confidence.CONFIRMED or now >= settled:
        return Decision(moment, Why.WORTH_SAYING)
    return Decision(None, Why.MAY_STILL_CHANGE, settled)


def _taken_back(told: Told | None) -> Decision:
    if told is None:
        return Decision(None, Why.NEVER_TOLD)
    if told.status is Status.RETRACTED:
        return Decision(None, Why.NOTHING_NEW)
    return Decision(Moment.RETRACTED, Why.WORTH_SAYING)


def _while_open(tracked: Tracked, now: datetime, policy: Policy) -> Decision:
    incident, told = tracked.incident, tracked.told
    if told and told.status is Status.OPEN and not told.flapping:
        if told.cause is incident.finding.cause:
            return Decision(None, Why.NOTHING_NEW)
        settled = tracked.seen_at + policy.settle
        if now >= settled:
            return Decision(Moment.CAUSE_CHANGED, Why.WORTH_SAYING)
        return Decision(None, Why.MAY_STILL_CHANGE, settled)
    if told and told.status is Status.OPEN and told.drops == len(incident.drops):
        return Decision(None, Why.STILL_FLAPPING)
    old_enough = min(d.outage.start for d in incident.drops if d.outage.end is None) + policy.down_after
    if now < old_enough:
        return Decision(None, Why.TOO_YOUNG, old_enough)
    return Decision(Moment.REOPENED if told else Moment.OPENED, Why.WORTH_SAYING)


def _end_of_flapping(tracked: Tracked, now: datetime, policy: Policy) -> Decision:
    incident, told = tracked.incident, tracked.told
    quiet = (incident.ended_at or now) + policy.flapping_within
    if told and len(incident.drops) == told.drops and told.status is Status.RECOVERED:
        return Decision(None, Why.NOTHING_NEW)
    if now < quiet:
        return Decision(None, Why.STILL_FLAPPING, quiet)
    return Decision(Moment.RECOVERED, Why.WORTH_SAYING)


def _news(incident: Incident, told: Told | None) -> Moment | None:
    """What a finished incident has to say beyond what was told."""
    if told is None or told.status is not Status.RECOVERED:
        return Moment.FLAPPING if incident.flapping and not (told and told.flapping) else Moment.RECOVERED
    if incident.flapping and not told.flapping:
        return Moment.FLAPPING
    if incident.hops > told.hops:
        return Moment.SECOND_INSTANCE
    if told.cause is not incident.finding.cause:
        return Moment.CAUSE_CHANGED
    return Moment.RECOVERED if len(incident.drops) > told.drops else None


def say(tracked: Tracked, moment: Moment) -> Tracked:
    """The same incident, with this moment noted as told."""
    incident = tracked.incident
    number = (tracked.told.number if tracked.told else 0) + 1
    # The first flapping message opens the episode; the one after an hour of quiet closes it.
    status = Status.OPEN if moment is Moment.FLAPPING else incident.status
    told = Told(status, incident.finding.cause, incident.hops, len(incident.drops), incident.flapping, number)
    return replace(tracked, told=told)


def is_pending(incident: Incident, seen_at: datetime, now: datetime, policy: Policy) -> bool:
    """Whether rows still on their way, or the way an open outage ends, may change the cause."""
    if incident.finding.confidence is Confidence.CONFIRMED or incident.status is Status.RETRACTED:
        return False
    undecided = incident.status is Status.OPEN and incident.finding.cause is Cause.UNKNOWN
    return undecided or now < seen_at + policy.settle


def pending_until(tracked: Tracked, policy: Policy) -> datetime | None:
    """When the pending mark of an incident falls without new rows; None if it does not."""
    later = tracked.seen_at + policy.settle
    still = is_pending(tracked.incident, tracked.seen_at, later, policy)
    return later if tracked.incident.pending and not still else None
