"""What the weekly message holds, before any channel lays it out."""

from __future__ import annotations

from typing import NamedTuple

from correlator.channels._content import title_line
from correlator.model import Notification, Week
from correlator.wording import Style, name, phrases, weeks, what_happened

ROWS = (10, 5, 2, 1)
"""How many incidents are listed; tried from the left until the message fits."""


class WeekContent(NamedTuple):
    """Empty lists when the week was quiet.

    ``figures``: (value, label). ``days``: (weekday, drops). ``sides``: (side, text). ``rows``: (where, how long, rest).
    """

    title: str
    sentence: str
    period: str
    quiet: str
    figures: list[tuple[str, str]]
    by_day: str
    days: list[tuple[str, int]]
    by_side: str
    sides: list[tuple[str, str]]
    worst: str
    rows: list[tuple[str, str, str]]
    hidden: str


def week_content(n: Notification, week: Week, style: Style, most: int) -> WeekContent:
    """The week's figures, whose they were, and its ``most`` worst incidents."""
    lines = weeks.counted(week)
    more = len(lines) - most
    return WeekContent(
        title_line(n, style),
        what_happened(n, style),
        weeks.week_period(week, style),
        phrases.say(style, "week.quiet.more"),
        _figures(weeks.sums(lines), style) if lines else [],
        phrases.say(style, "week.by-day"),
        weeks.by_day(week, style),
        phrases.say(style, "week.by-side"),
        [(name(side, style), _side(sums, style)) for side, sums in weeks.by_side(week).items() if sums.incidents],
        phrases.say(style, "week.worst"),
        [(weeks.line_where(w, style), weeks.line_down(w, style), weeks.line_facts(w, style)) for w in lines[:most]],
        phrases.say(style, "not-shown", n=more) if more > 0 else "",
    )


def _figures(total: weeks.Sums, style: Style) -> list[tuple[str, str]]:
    time = phrases.duration(total.seconds, style) if total.seconds else phrases.say(style, "s", n=0)
    figures = (("incidents", str(total.incidents)), ("drops", str(total.drops)), ("down", time))
    return [(value, phrases.say(style, f"week.label.{key}")) for key, value in figures]


def _side(sums: weeks.Sums, style: Style) -> str:
    time = phrases.duration(sums.seconds, style) if sums.seconds else phrases.say(style, "s", n=0)
    counts = phrases.count(style, "incidents", sums.incidents)
    return phrases.say(style, "week.side", incidents=counts, time=time)
