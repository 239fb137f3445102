"""What a message says: state, headline, impact and next step of an incident, as of the time of the notification."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from correlator import measures
from correlator.model import Cause, Impact, Incident, Outage, Side, Status
from correlator.notification import Moment, Notification
from correlator.wording.delivery import delivery_sentence
from correlator.wording.extent import Extent, extent
from correlator.wording.phrases import (
    Style,
    day_and_instant,
    duration,
    for_time,
    has,
    instance,
    instant,
    length,
    name,
    place,
    places,
    say,
    short,
)
from correlator.wording.verdicts import cause_phrase
from correlator.wording.weeks import week_sentence
from correlator.wording.welcome import welcome_sentence

DOWN, WEAK, UP, GONE, CALM = "down", "weak", "up", "gone", "calm"


def state(n: Notification) -> str:
    """What the colour stands for: ``down``, ``weak`` (redundancy lost, flapping), ``up``, ``gone`` or ``calm``."""
    incident = n.incident
    if incident is None:
        return WEAK if n.parked or n.missed or n.mending or n.unwatched else CALM
    if incident.status is Status.OPEN:
        return DOWN if measures.connection_down(incident) else WEAK
    if n.moment is Moment.FLAPPING:
        return WEAK
    return UP if incident.status is Status.RECOVERED else GONE


def state_text(n: Notification, style: Style) -> str:
    """The state in a word or two."""
    incident = n.incident
    if incident is None or n.moment is Moment.FLAPPING or n.moment is Moment.RETRACTED:
        return name(n.moment, style)
    if incident.status is Status.REMOVED and incident.closed:
        return say(style, "status.closed")
    if incident.status is not Status.OPEN:
        return name(incident.status, style)
    if not measures.connection_down(incident):
        return say(style, "state.redundancy-lost")
    return name(n.moment if n.moment in (Moment.REOPENED, Moment.REMINDER) else Moment.OPENED, style)


def title(n: Notification, style: Style) -> str:
    """A short line for lists: ``Recovered · Azure maintenance``."""
    incident = n.incident
    if incident is None or incident.status is Status.RETRACTED:
        return state_text(n, style)
    key = "title.cause-changed" if n.moment is Moment.CAUSE_CHANGED else "title"
    return say(style, key, state=state_text(n, style), cause=cause_phrase(incident, style))


def headline(n: Notification, style: Style) -> str:
    """One sentence: how much, where, how long, whose."""
    incident = n.incident
    if incident is None or incident.status is Status.RETRACTED:
        return what_happened(n, style)
    return say(style, "headline", what=what_happened(n, style), cause=cause_phrase(incident, style))


def what_happened(n: Notification, style: Style) -> str:
    """The headline without the cause, for a message whose state line names it."""
    incident = n.incident
    if incident is None:
        if n.welcome:
            return welcome_sentence(n.welcome, style)
        if n.parked or n.missed or n.blind or n.mending or n.unwatched:
            return delivery_sentence(n, style)
        return week_sentence(n.week, style) if n.week else name(n.moment, style)
    every = [d.outage for d in incident.drops]
    whole = extent(every, n.at)
    if incident.status is Status.RETRACTED:
        return say(style, "what.retracted", where=_where(whole, style), at=day_and_instant(whole.since, style))
    if incident.status is Status.ABSORBED:
        return say(style, "what.absorbed", where=_where(whole, style), id=incident.absorbed_by)
    if incident.status is Status.REMOVED and incident.closed:
        return say(style, "what.closed", where=_where(whole, style), who=short(incident.closed.who, 40))
    if incident.status is Status.REMOVED:
        return say(style, "what.removed", where=_where(whole, style))
    if n.moment is Moment.FLAPPING and whole.kind != "switched":
        return _flapping(incident, whole, n, style)
    if n.moment is Moment.SECOND_INSTANCE and incident.hops > 1:
        last = list(dict.fromkeys(o.instance_down for o in every if o.instance_down))[-1]
        there = extent([o for o in every if o.instance_down == last], n.at)
        return say(style, "what.second-instance", instance=instance(last, style), what=clause(there, style))
    if n.moment is Moment.REOPENED:
        again = extent(_open_or_last(every), n.at)
        return say(style, "what.reopened", what=clause(again, style))
    return clause(whole, style)


def _open_or_last(outages: Sequence[Outage]) -> Sequence[Outage]:
    return [o for o in outages if o.end is None] or outages[-1:]


def _flapping(incident: Incident, whole: Extent, n: Notification, style: Style) -> str:
    until = incident.ended_at or n.at
    period = duration((until - incident.started_at).total_seconds(), style)
    kind = "partly" if measures.impact(incident) is Impact.REDUNDANCY_LOST else "cut"
    peers = incident.peers
    where = places(peers, whole.of, style, each=kind == "partly")
    return say(style, f"{kind}.flapping", where=where, n=len(incident.outages), period=period)


def clause(reach: Extent, style: Style) -> str:
    """How much, where and how long. A site is never said to be down while one of its two tunnels is up."""
    where = _where(reach, style)
    if reach.kind == "switched":
        return say(style, "switched", where=where)
    if reach.open:
        return say(style, f"{reach.kind}.is", where=where, for_time=for_time(reach.seconds, style))
    each = ".each" if reach.each else ""
    seconds = reach.longest if reach.each else reach.seconds
    if reach.spells > 1:
        time = length(seconds, style, at_most=reach.at_most and not each)
        return say(style, f"{reach.kind}.times{each}", where=where, n=reach.spells, time=time)
    if each and seconds >= 1:
        return say(style, f"{reach.kind}.was.each", where=where, time=duration(seconds, style))
    return say(style, f"{reach.kind}.was", where=where, for_time=for_time(seconds, style, at_most=reach.at_most))


def _where(reach: Extent, style: Style) -> str:
    return places(reach.peers, reach.of, style, each=reach.kind == "partly")


def impact_text(n: Notification, incident: Incident, style: Style) -> str:
    """What users felt, no more than the log can tell."""
    if incident.status is Status.RETRACTED:
        return say(style, "felt.retracted")
    reach = extent([d.outage for d in incident.drops], n.at)
    where = _where(reach, style)
    if reach.kind == "cut" and reach.open:
        return say(style, "felt.cut.open", where=where, since=day_and_instant(reach.since, style))
    if reach.kind == "partly" and reach.open and measures.impact(incident) is Impact.CONNECTION_DOWN:
        lost = duration(measures.connection_downtime_seconds(incident), style)
        bound = any(o.at_most for o in incident.outages if o.cut)
        return say(style, "felt.cut.then-partly.most" if bound else "felt.cut.then-partly", where=where, time=lost)
    if reach.kind != "cut":
        return say(style, f"felt.{reach.kind}.open" if reach.open else f"felt.{reach.kind}")
    seconds = reach.longest if reach.each else reach.seconds
    key = "felt.cut.below" if seconds < 1 else "felt.cut.each" if reach.each else "felt.cut"
    if reach.at_most and key == "felt.cut":
        key = "felt.cut.most"
    return say(style, key, where=where, time=duration(seconds, style))


def next_step(incident: Incident, style: Style, times: int = 0) -> str:
    """What the reader should do, which may be nothing. ``times``: how many of its kind there were lately, if told."""
    if incident.status is Status.REMOVED and incident.closed:
        return say(style, "next.closed")
    if incident.status is not Status.OPEN and incident.status is not Status.RECOVERED:
        return say(style, f"next.{incident.status.value}", id=short(incident.absorbed_by, 40))
    cause = incident.finding.cause
    side = cause.side
    going_on = incident.ended_at is None or (incident.flapping and side is not Side.AZURE)
    when = "open" if going_on else "over"
    if cause is Cause.AZURE_MAINTENANCE and when == "over":
        when = "done" if incident.hops > 1 else "first"
    sure = incident.finding.confidence.value
    lately = f".{when}.{'one' if times == 1 else 'again'}" if times else ".lately"
    keys = (
        f"next.{cause.value}{lately}",
        f"next.{side.value}{lately}",
        f"next.{cause.value}.{when}",
        f"next.{side.value}.{when}.{sure}",
        f"next.{side.value}.{when}",
    )
    key = next(k for k in keys if has(style, k))
    peers = incident.peers
    known = max(d.outage.peers_known for d in incident.drops)
    where = place(peers[0], style) if len(peers) == 1 else places(peers, known, style)
    return say(style, key, where=where, at=instant(incident.started_at, style), n=times)


def also_text(n: Notification, style: Style) -> str:
    """``12 more of this gateway (Down: 3, Recovered: 9)``."""
    states = Counter(name(a.status, style) for a in n.also)
    listed = say(style, "and").join(say(style, "also.each", state=s, n=times) for s, times in states.items())
    return say(style, "also", n=len(n.also), listed=listed)
