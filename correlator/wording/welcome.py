"""The first message in words: what is watched, what the time before would have said, and what is missing."""

from __future__ import annotations

from correlator.notification import CauseSum, Gap, Welcome
from correlator.wording.phrases import Style, count, day, duration, name, say, short, zone_name

LONGEST = 300


def welcome_sentence(welcome: Welcome, style: Style) -> str:
    """``Watching 3 gateways, 7 connections. Last 30 days: …``."""
    watched = count(style, "gateways", welcome.gateways)
    if welcome.connections is not None:
        connections = count(style, "connections", welcome.connections)
        watched = say(style, "welcome.connections", gateways=watched, connections=connections)
    causes = welcome.causes
    if not causes:
        return say(style, "welcome.quiet", watched=watched)
    drops = count(style, "drops", sum(c.drops for c in causes))
    return say(style, "welcome", watched=watched, drops=drops, time=_time(sum(c.seconds for c in causes), style))


def welcome_period(welcome: Welcome, style: Style) -> str:
    """``Sat 22 Aug – Mon 21 Sep · times in JST``."""
    start, end = day(welcome.since, style, "day.short"), day(welcome.until, style, "day.short")
    return " · ".join((f"{start} – {end}", say(style, "week.zone", zone=zone_name(welcome.until, style))))


def cause_row(cause: CauseSum, style: Style) -> tuple[str, str]:
    """A cause and what it came to."""
    incidents, drops = count(style, "incidents", cause.incidents), count(style, "drops", cause.drops)
    amount = say(style, "welcome.amount", incidents=incidents, drops=drops, time=_time(cause.seconds, style))
    return name(cause.cause, style), amount


def gap_text(gap: Gap, style: Style) -> str:
    """What is missing, and how to mend it."""
    return say(style, f"gap.{gap.key}", subject=short(gap.subject, LONGEST), why=short(gap.why, LONGEST))


def _time(seconds: float, style: Style) -> str:
    return duration(seconds, style) if seconds else say(style, "s", n=0)
