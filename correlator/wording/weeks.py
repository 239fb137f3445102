"""The week in words: what the numbers say, side by side and incident by incident."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from correlator.model import Side, Status, Week, WeekLine
from correlator.wording.phrases import (
    Style,
    clock,
    count,
    day,
    duration,
    gateway,
    local,
    name,
    places,
    say,
    short,
    zone_name,
)

DAYS = 7


class Sums(NamedTuple):
    """Incidents, drops, and seconds without a VPN path, added up."""

    incidents: int
    drops: int
    seconds: float


def counted(week: Week) -> list[WeekLine]:
    """The incidents that were, worst first: by time without a VPN path, by time without redundancy, by drops."""
    lines = [line for line in week.incidents if not line.status.withdrawn]
    return sorted(
        lines, key=lambda w: (-w.connection_downtime_seconds, -w.downtime_seconds, -w.drops, w.started_at, w.gateway)
    )


def sums(lines: Iterable[WeekLine]) -> Sums:
    """The totals of some incidents."""
    seen = list(lines)
    return Sums(len(seen), sum(w.drops for w in seen), sum(w.connection_downtime_seconds for w in seen))


def by_side(week: Week) -> dict[Side, Sums]:
    """The totals of each side, in the order of the sides, every side present."""
    lines = counted(week)
    return {side: sums(w for w in lines if w.cause.side is side) for side in Side}


def by_day(week: Week, style: Style) -> list[tuple[str, int]]:
    """Weekday and drops of each of the week's seven days in the reader's zone."""
    first = local(week.start, style).date()
    drops = [0] * DAYS
    for line in counted(week):
        n = (local(line.started_at, style).date() - first).days
        if 0 <= n < DAYS:
            drops[n] += line.drops
    weekdays = say(style, "weekdays").split()
    return [(weekdays[(first.weekday() + n) % DAYS], drops[n]) for n in range(DAYS)]


def week_sentence(week: Week, style: Style) -> str:
    """The week in one sentence. A quiet week is a message too: it proves that the channel works."""
    total = sums(counted(week))
    if not total.incidents:
        return say(style, "week.quiet")
    key = "week" if total.seconds else "week.redundancy"
    return say(
        style,
        key,
        incidents=count(style, "incidents", total.incidents),
        drops=count(style, "drops", total.drops),
        time=duration(total.seconds, style),
    )


def week_period(week: Week, style: Style) -> str:
    """``2026-W34 · Mon 17 Aug – Sun 23 Aug · 2 gateways · times in JST``."""
    last = week.end - timedelta(microseconds=1)
    days = say(
        style,
        "week.period",
        label=short(week.label, 20),
        start=day(week.start, style, "day.short"),
        end=day(last, style, "day.short"),
    )
    muted = sum(w.muted for w in counted(week))
    gateways = len({w.gateway for w in counted(week)})
    parts = [
        days,
        count(style, "gateways", gateways) if gateways else "",
        say(style, "week.zone", zone=zone_name(last, style)),
        say(style, "week.muted", n=muted) if muted else "",
    ]
    return " · ".join(p for p in parts if p)


def line_where(line: WeekLine, style: Style) -> str:
    """The peer's name, or how many peers."""
    style = style.at(line.gateway)
    return places(line.peers, len(line.peers) + 1, style) if line.peers else gateway(line.gateway, style)


def line_facts(line: WeekLine, style: Style) -> str:
    """``vgw-tokyo-prod · Sat 22 Aug 02:13:04 · Azure maintenance · 2 drops``, and what the time alone does not tell."""
    when = f"{day(line.started_at, style, 'day.short')} {clock(line.started_at, style)}"
    parts = [gateway(line.gateway, style), when, name(line.cause, style), count(style, "drops", line.drops)]
    if line.connection_downtime_seconds == 0 and line.status is not Status.OPEN:
        lost = duration(line.downtime_seconds, style)
        parts.append(say(style, "week.partly", time=lost) if line.downtime_seconds else say(style, "week.no-length"))
    return " · ".join(parts)


def line_down(line: WeekLine, style: Style) -> str:
    """How long there was no VPN path, or that it still is down."""
    if line.status is Status.OPEN:
        return say(style, "still-down")
    seconds = line.connection_downtime_seconds
    return duration(seconds, style) if seconds else say(style, "s", n=0)
