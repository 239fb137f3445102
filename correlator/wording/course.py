"""How one incident went, in the words of a colleague: which instance fell when and for how long, and what followed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from correlator.model import Incident, Outage, Side
from correlator.wording.extent import Extent, extent
from correlator.wording.phrases import Style, duration, for_time, instance, instant, length, say, zone_name

ROUGHLY = 600
"""From ten minutes on a gap is told in whole minutes; the rows beneath have the seconds."""


def instant_and_utc(at: datetime, style: Style) -> str:
    """``02:13:04 JST (17:13:04 UTC)``; ``17:13:04 UTC`` for a reader in UTC."""
    there = instant(at, style)
    return there if zone_name(at, style) == "UTC" else f"{there} ({at.astimezone(UTC):%H:%M:%S} UTC)"


def course(incident: Incident, as_of: datetime, style: Style) -> str:
    """``Instance 0 at 17:13:04 UTC for 12 s, instance 1 followed 25 min later for 16 s.``

    Instances are named where Azure visited them; elsewhere the time and the length are what matters.
    """
    fallen: dict[str, list[Outage]] = {}
    for drop in incident.drops:
        fallen.setdefault(drop.outage.instance_down, []).append(drop.outage)
    if incident.finding.cause.side is not Side.AZURE or "" in fallen:
        return _alone([d.outage for d in incident.drops], as_of, style)
    first, *others = fallen.items()
    told = say(style, "course.first", instance=instance(first[0], style), at=_at(first[1], style))
    told = _capital(told) + _length(extent(first[1], as_of), style)
    for name, outages in others:
        gap = (outages[0].start - first[1][0].start).total_seconds()
        told += say(style, "course.then", instance=instance(name, style), gap=_gap(gap, style))
        told += _length(extent(outages, as_of), style)
    return told + say(style, "stop")


def _alone(outages: Sequence[Outage], as_of: datetime, style: Style) -> str:
    at = say(style, "course.alone", at=_at(outages, style))
    return at + _length(extent(outages, as_of), style) + say(style, "stop")


def _at(outages: Sequence[Outage], style: Style) -> str:
    return instant_and_utc(outages[0].start, style)


def _gap(seconds: float, style: Style) -> str:
    return duration(round(seconds / 60) * 60 if seconds >= ROUGHLY else seconds, style)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _length(reach: Extent, style: Style) -> str:
    """How long, with the gap before it."""
    if reach.kind == "switched":
        return say(style, "course.switched")
    if reach.open:
        return say(style, "course.open")
    each = ".each" if reach.each else ""
    seconds = reach.longest if reach.each else reach.seconds
    if reach.spells > 1:
        time = length(seconds, style, at_most=reach.at_most and not each)
        return say(style, f"course.times{each}", n=reach.spells, time=time)
    if each and seconds >= 1:
        return say(style, "course.each", time=duration(seconds, style))
    return say(style, "course.for", for_time=for_time(seconds, style, at_most=reach.at_most))
