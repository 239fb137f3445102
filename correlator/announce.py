"""What is worth saying now, and when to look again. The only pure step that is given the time.

An outage that stopped traffic is told once it is older than ``down_after``: rows of one drop arrive independently, and
telling at once would call one in four short blips "down". A finished one is told when its cause is confirmed, else
``settle`` after its content last changed, so that the row that explains it may still arrive. After that, only what
changed. A message that nobody acts on teaches people not to read, so what is short and common is left to the table and
the week; every such silence has a named reason.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from correlator.model import LONG_AGO, Cause, Confidence, Drop, Incident, Outage, Policy, Side, Status, Told, Tracked
from correlator.notification import Moment
from correlator.told import lost, newest, stopped


class Why(StrEnum):
    """The named reason for a decision: first what is not said, then what is."""

    NOTHING_NEW = "nothing new"
    TOO_YOUNG = "open, but not for long enough"
    MAY_STILL_CHANGE = "finished, but late rows may explain it"
    STILL_FLAPPING = "flapping, and not quiet for long enough"
    COUNTED_LATER = "flapping goes on; the count is told hourly"
    NEVER_TOLD = "it was never told, so it need not be taken back"
    SHORT_REMOTE = "a short drop of the remote side, the first or second of its peer within a day: the week tells of it"
    SAME_MAINTENANCE = "a further short drop of maintenance that was told"
    SAME_SIDE = "another cause, but of the same side: the table tells of it"
    NO_REMINDER_YET = "told as down; the next reminder has its time"
    ACKNOWLEDGED = "somebody looks after it"
    MUTED = "a silence or planned work covers it"
    UNWATCHED = "its workspace is no longer watched: one message tells of all that is open there"

    DOWN_FOR_LONG = "down for long enough"
    REDUNDANCY_LOST = "only one of two tunnels for long enough"
    STILL_DOWN = "still down"
    RECOVERED = "finished, and nothing on its way is likely to explain it otherwise"
    ONE_MAINTENANCE = "maintenance, recovered: told once"
    ONE_FAILOVER = "a short unlogged failover, the only one within 7 days"
    FAILOVER_AGAIN = "a short unlogged failover, not the only one within 7 days"
    REMOTE_AGAIN = "a short drop of the remote side, the third or later of its peer within a day"
    OTHER_INSTANCE = "the other instance had its turn"
    SIDE_CHANGED = "late rows changed whose it was"
    FLAPPING = "it began to flap"
    FLAPPING_GOES_ON = "it flaps on: the count of the last hour"
    FLAPPING_ENDED = "flapping ended"
    TAKEN_BACK = "it was told, and never was"
    MERGED = "it was told as down, and goes on under another name"
    GONE = "it was told as down, and its tunnel is no more or somebody closed it"


class Decision(Struct, frozen=True):
    """``moment`` is what to say now, if anything; ``due`` is when the answer may change without new rows."""

    moment: Moment | None
    why: Why
    due: datetime | None = None
    times: int = 0
    """How many of its kind there were lately, this one included; 0 where nobody counts."""


class Lately(Struct, frozen=True):
    """What else happened to the gateway: starts of short unlogged failovers and of drops of the remote side (UTC)."""

    failovers: tuple[datetime, ...] = ()
    drops: Mapping[str, tuple[datetime, ...]] = {}
    """By peer."""


NOTHING = Decision(None, Why.NOTHING_NEW)
ALONE = Lately()
LAST_WORDS = {
    Status.RETRACTED: (Moment.RETRACTED, Why.TAKEN_BACK),
    Status.ABSORBED: (Moment.ABSORBED, Why.MERGED),
    Status.REMOVED: (Moment.REMOVED, Why.GONE),
}


def decide(tracked: Tracked, now: datetime, policy: Policy, lately: Lately = ALONE) -> Decision:
    """Compare what was told with what is true now (``now`` is the log service's clock, UTC)."""
    incident, told = tracked.incident, tracked.told
    if incident.unwatched:
        return Decision(None, Why.UNWATCHED)
    if incident.status in LAST_WORDS:
        return _last_word(incident, told)
    if incident.flapping and not (told and told.flapping):
        return _begins_to_flap(incident, told, now, policy)
    flaps = told is not None and told.flapping and incident.flapping and not told.down
    if incident.status is Status.OPEN:
        return _while_open(tracked, now, policy, flaps=flaps)
    if told and flaps:
        return _first(_end_of_flapping(incident, told, now, policy), _count(incident, told, now, policy))
    return _finished(tracked, now, policy, lately)


def _first(*decisions: Decision) -> Decision:
    """What is said now, else what comes first, else the reason why nothing does."""
    said = next((d for d in decisions if d.moment), None)
    waiting = min((d for d in decisions if d.due), key=lambda d: d.due or LONG_AGO, default=None)
    return said or waiting or next((d for d in decisions if d != NOTHING), NOTHING)


def _last_word(incident: Incident, told: Told | None) -> Decision:
    """What people were told is taken back; what they were told is down is said to live on, or to be no more."""
    if told is None or not told.number:
        return Decision(None, Why.NEVER_TOLD)
    moment, why = LAST_WORDS[incident.status]
    news = told.status is not Status.RETRACTED if moment is Moment.RETRACTED else told.status is Status.OPEN
    return Decision(moment, why) if news else NOTHING


# While it is open


def _while_open(tracked: Tracked, now: datetime, policy: Policy, *, flaps: bool) -> Decision:
    incident, told = tracked.incident, tracked.told
    if told is None:
        return _lost_now(incident, told, now, policy)
    other = _other_side(tracked, told, now, policy) if told.down else NOTHING
    # While it is not settled whose it is, nobody is reminded of the one or the other.
    goes_on = _count(incident, told, now, policy) if flaps else _reminder(incident, told, now, policy)
    return _first(_lost_now(incident, told, now, policy), other, NOTHING if other.due else goes_on)


def _lost_now(incident: Incident, told: Told | None, now: datetime, policy: Policy) -> Decision:
    """A drop that was not told as down: the last tunnel of a peer after a short time, one of two after a longer one."""
    news = [o for o in incident.outages if o.end is None and not (told and lost(o) in told.down)]
    if not news:
        return NOTHING
    times = [(o.start + _patience(o, told, policy), o) for o in news]
    old_enough = [o for at, o in times if at <= now]
    if not old_enough:
        return Decision(None, Why.TOO_YOUNG, min(at for at, _ in times))
    again = told is not None and told.number > 0 and not told.down
    why = Why.DOWN_FOR_LONG if any(map(stopped, old_enough)) else Why.REDUNDANCY_LOST
    return Decision(Moment.REOPENED if again else Moment.OPENED, why)


def _patience(outage: Outage, told: Told | None, policy: Policy) -> timedelta:
    """One of two tunnels can wait, unless people believe that both are down."""
    believed_down = told is not None and f"{outage.peer} stopped" in told.down
    if stopped(outage) or believed_down:
        return policy.down_after
    return max(policy.down_after, policy.redundancy_after)


def _other_side(tracked: Tracked, told: Told, now: datetime, policy: Policy) -> Decision:
    """What nobody was told needs no correction, and another cause of the same side sends nobody elsewhere."""
    cause = tracked.incident.finding.cause
    if told.cause is cause or not told.number:
        return NOTHING
    if told.cause.side is cause.side:
        return Decision(None, Why.SAME_SIDE)
    return _settled(tracked, Decision(Moment.CAUSE_CHANGED, Why.SIDE_CHANGED), now, policy)


def _reminder(incident: Incident, told: Told, now: datetime, policy: Policy) -> Decision:
    """What stays down is told again from time to time, until it is mended or somebody looks after it."""
    if not told.number or not told.down:
        return NOTHING
    if incident.acknowledged:
        return Decision(None, Why.ACKNOWLEDGED)
    at = _next_reminder(incident, told.at, policy)
    return Decision(Moment.REMINDER, Why.STILL_DOWN) if at <= now else Decision(None, Why.NO_REMINDER_YET, at)


def _next_reminder(incident: Incident, after: datetime, policy: Policy) -> datetime:
    """The next time on the timetable, which counts from the start of the oldest drop that is open."""
    lasting = [o for o in incident.outages if o.end is None]
    cut = [o.start for o in lasting if stopped(o)]
    start = min(cut or [o.start for o in lasting])
    early = [start + wait for wait in policy.reminders if cut and start + wait > after]
    step = policy.reminders_then if cut else policy.redundancy_reminders
    return early[0] if early else start + max(1, (after - start) // step + 1) * step


# When it is over


def _finished(tracked: Tracked, now: datetime, policy: Policy, lately: Lately) -> Decision:
    """The end, if it was not told; then a return of the trouble, and whose it was."""
    incident, told = tracked.incident, tracked.told
    if told is None or told.status is not Status.RECOVERED:
        if told is None or not told.number:
            return _settled(tracked, _worth(incident, incident.drops, policy, lately), now, policy)
        return _settled(tracked, Decision(Moment.RECOVERED, Why.RECOVERED), now, policy)
    later = [d for d in incident.drops if d.outage.start > told.until]
    again = _again(incident, told, later, policy, lately) if later else NOTHING
    return _settled(tracked, again, now, policy) if again.moment else _first(
        _other_side(tracked, told, now, policy), again
    )  # fmt: skip


def _worth(incident: Incident, drops: Iterable[Drop], policy: Policy, lately: Lately) -> Decision:
    """Whether the end of something that nobody heard of is worth a message, by the policy's table."""
    cause, drops = incident.finding.cause, tuple(drops)
    if cause is Cause.AZURE_MAINTENANCE:
        return Decision(Moment.RECOVERED, Why.ONE_MAINTENANCE)
    if is_short_failover(incident, policy):
        first = incident.started_at - policy.failovers_within
        times = 1 + sum(first <= at < incident.started_at for at in lately.failovers)
        return Decision(Moment.RECOVERED, Why.ONE_FAILOVER if times == 1 else Why.FAILOVER_AGAIN, None, times)
    if cause.side is Side.REMOTE and _all_shorter(drops, policy.short_remote):
        times = max(_drops_within_a_day(incident, d.outage, policy, lately) for d in drops)
        often = times >= policy.remote_drops
        return Decision(Moment.RECOVERED, Why.REMOTE_AGAIN, None, times) if often else Decision(None, Why.SHORT_REMOTE)
    return Decision(Moment.RECOVERED, Why.RECOVERED)


def _again(incident: Incident, told: Told, later: list[Drop], policy: Policy, lately: Lately) -> Decision:
    """What drops have to say that came after the end was told."""
    cause = incident.finding.cause
    if told.cause.side is not cause.side:
        return Decision(Moment.RECOVERED, Why.RECOVERED)
    if incident.hops > told.hops and (told.hops < 2 or cause is not Cause.AZURE_MAINTENANCE):
        return Decision(Moment.SECOND_INSTANCE, Why.OTHER_INSTANCE)
    if cause is Cause.AZURE_MAINTENANCE and _all_shorter(later, policy.short_failover):
        return Decision(None, Why.SAME_MAINTENANCE)
    if cause.side is Side.REMOTE:
        return _worth(incident, later, policy, lately)
    return Decision(Moment.RECOVERED, Why.RECOVERED)


def is_short_failover(incident: Incident, policy: Policy) -> bool:
    """A failover that no maintenance row explains, over in less than three minutes: Azure does that now and then."""
    unlogged = incident.finding.cause is Cause.AZURE_FAILOVER and incident.status is Status.RECOVERED
    return unlogged and not incident.flapping and _all_shorter(incident.drops, policy.short_failover)


def _all_shorter(drops: Iterable[Drop], limit: timedelta) -> bool:
    return all(d.outage.switch or (d.outage.end or d.outage.start) - d.outage.start < limit for d in drops)


def _drops_within_a_day(incident: Incident, last: Outage, policy: Policy, lately: Lately) -> int:
    """Drops of that peer up to and including the last, which count until a day has passed."""
    own = {d.outage.start for d in incident.drops if d.outage.peer == last.peer}
    return sum(
        last.start - policy.remote_within < at <= last.start for at in own.union(lately.drops.get(last.peer, ()))
    )


def _settled(tracked: Tracked, decision: Decision, now: datetime, policy: Policy) -> Decision:
    """Say it if nothing on its way can make it wrong."""
    if decision.moment is None:
        return decision
    settled = tracked.seen_at + policy.settle
    finished = tracked.incident.status is not Status.OPEN
    if now >= settled or (finished and tracked.incident.finding.confidence is Confidence.CONFIRMED):
        return decision
    return Decision(None, Why.MAY_STILL_CHANGE, settled)


# Flapping


def _begins_to_flap(incident: Incident, told: Told | None, now: datetime, policy: Policy) -> Decision:
    """At once, since each new drop would start any waiting time again; unless it is down for long, or over already."""
    down = _lost_now(incident, told, now, policy) if incident.status is Status.OPEN else NOTHING
    if down.moment:
        return down
    over = incident.ended_at is not None and now >= incident.ended_at + policy.flapping_within
    return Decision(Moment.RECOVERED, Why.FLAPPING_ENDED) if over else Decision(Moment.FLAPPING, Why.FLAPPING)


def _count(incident: Incident, told: Told, now: datetime, policy: Policy) -> Decision:
    if told.status is not Status.OPEN or len(incident.drops) <= told.drops:
        return NOTHING
    at = told.at + policy.flapping_count if told.at > LONG_AGO else now
    return Decision(Moment.FLAPPING, Why.FLAPPING_GOES_ON) if at <= now else Decision(None, Why.COUNTED_LATER, at)


def _end_of_flapping(incident: Incident, told: Told, now: datetime, policy: Policy) -> Decision:
    if told.status is not Status.OPEN and newest(incident) <= told.until:
        return NOTHING
    quiet = (incident.ended_at or now) + policy.flapping_within
    if now < quiet:
        return Decision(None, Why.STILL_FLAPPING, quiet)
    return Decision(Moment.RECOVERED, Why.FLAPPING_ENDED)
