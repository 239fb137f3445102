"""A week or a month in words: what its incidents come to, side by side, day by day and one by one."""

from datetime import date, timedelta
from itertools import chain
from typing import NamedTuple

from correlator.measures import worst_first
from correlator.model import Cause, Side, Status
from correlator.summary import Others, Week, WeekLine
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

MAINTENANCE = "maintenance"
GROUPS = (MAINTENANCE, *(side.value for side in Side))
"""What drops are told apart by in a chart: the four sides, and Azure maintenance for itself."""


class Sums(NamedTuple):
    """Incidents, drops, and seconds without a VPN path, added up over what has ended; ``open`` counts what has not."""

    incidents: int
    drops: int
    seconds: float
    open: int = 0


def counted(week: Week) -> list[WeekLine]:
    """The incidents that were, worst first: still down, time without a VPN path, time without redundancy, drops."""
    lines = [line for line in week.incidents if not line.status.withdrawn]
    return sorted(lines, key=worst_first)


def _told(week: Week) -> list[WeekLine | Others]:
    """The incidents, those that are summed up by day and cause among them."""
    return [*counted(week), *week.others]


def sums(week: Week, side: Side | None = None) -> Sums:
    """The totals of all incidents, or of those of one side."""
    lines = [w for w in counted(week) if side in (None, w.cause.side)]
    others = [o for o in week.others if side in (None, o.cause.side)]
    both: list[WeekLine | Others] = [*lines, *others]
    return Sums(
        len(lines) + sum(o.incidents for o in others),
        sum(w.drops for w in both),
        sum(w.connection_downtime_seconds for w in both),
        sum(w.status is Status.OPEN for w in lines) + sum(o.open for o in others),
    )


def by_side(week: Week) -> dict[Side, Sums]:
    """The totals of each side, in the order of the sides, every side present."""
    return {side: sums(week, side) for side in Side}


def group_of(cause: Cause) -> str:
    """One of ``GROUPS``."""
    return MAINTENANCE if cause is Cause.AZURE_MAINTENANCE else cause.side.value


def by_group(week: Week, style: Style) -> list[tuple[str, dict[str, int]]]:
    """Drops by group of each day of a week, of each calendar week of a month, in the reader's zone."""
    first, days = local(week.start, style).date(), _days(week, style)
    starts = [n for n in range(days) if not week.monthly or n == 0 or (first + timedelta(days=n)).weekday() == 0]
    ends = [*starts[1:], days]
    found = [
        (_label(first, a, b, week.monthly, style), dict.fromkeys(GROUPS, 0)) for a, b in zip(starts, ends, strict=True)
    ]
    named = ((local(w.started_at, style).date(), w.cause, w.drops) for w in counted(week))
    for when, cause, drops in chain(named, ((o.day, o.cause, o.drops) for o in week.others)):
        n = (when - first).days
        place = next((i for i, (a, b) in enumerate(zip(starts, ends, strict=True)) if a <= n < b), None)
        if place is not None:
            found[place][1][group_of(cause)] += drops
    return found


def _days(week: Week, style: Style) -> int:
    return max(
        1, (local(week.end - timedelta(microseconds=1), style).date() - local(week.start, style).date()).days + 1
    )


def _label(first: date, start: int, end: int, monthly: bool, style: Style) -> str:
    begin, last = first + timedelta(days=start), first + timedelta(days=end - 1)
    if not monthly:
        return say(style, "weekdays").split()[begin.weekday()]
    return f"{begin.day}" if begin == last else f"{begin.day}–{last.day}"


def week_sentence(week: Week, style: Style) -> str:
    """The period in one sentence. A quiet one is a message too: it proves that the channel works."""
    total, actions = sums(week), to_do(week)
    period = say(style, "period.month" if week.monthly else "period.week")
    todo = count(style, "todo", actions) if actions else say(style, "todo.none")
    if not total.incidents:
        return say(style, "week.quiet", period=period, todo=todo)
    seconds = without_a_path(week)
    key = "week" if seconds else "week.redundancy"
    what, time = _what(week, total, style), duration(seconds, style)
    return say(style, key, period=period, what=what, time=time, todo=todo)


def without_a_path(week: Week) -> float:
    """Seconds of the period in which some connection had no VPN path, what is not over included."""
    return week.figures.seconds if week.figures else sums(week).seconds


def to_do(week: Week) -> int:
    """How many things are to be looked at: what is still down, and what would have helped."""
    if week.figures:
        return week.figures.open_count + len(week.figures.suggestions) + week.figures.more_suggestions
    return sums(week).open


def _what(week: Week, total: Sums, style: Style) -> str:
    """``2 Azure maintenance`` where all were of one kind, else how many incidents."""
    groups = {group_of(w.cause) for w in _told(week)}
    if len(groups) == 1:
        return say(style, "week.of", n=total.incidents, group=say(style, f"group.{groups.pop()}"))
    return say(style, "week.with", incidents=count(style, "incidents", total.incidents))


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
    muted = sum(w.muted for w in _told(week))
    gateways = len({w.gateway for w in counted(week)}) + week.more_gateways
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
    return length(line.connection_downtime_seconds, style)


def length(seconds: float, style: Style) -> str:
    """A duration; ``0 s`` where there was none."""
    return duration(seconds, style) if seconds else say(style, "s", n=0)
