"""What a weekly or monthly report holds, before any channel lays it out."""

from typing import NamedTuple

from correlator.channels._content import title_line
from correlator.notification import Notification
from correlator.summary import Figures, Week
from correlator.wording import Style, name, phrases, summaries, weeks
from correlator.wording.messages import what_happened


class Rows(NamedTuple):
    """How many connections, incidents and things to do are listed, and whether drops are drawn."""

    connections: int
    incidents: int
    actions: int
    chart: bool


ROWS = (
    Rows(5, 10, 6, True),
    Rows(5, 7, 6, True),
    Rows(4, 5, 4, True),
    Rows(3, 3, 3, True),
    Rows(3, 2, 2, True),
    Rows(1, 1, 1, False),
)
"""Tried from the left until the message fits."""


class Figure(NamedTuple):
    """A large number, what it is, and what it was before (or ``""``)."""

    value: str
    label: str
    beneath: str


class Chart(NamedTuple):
    """Drops by day or week: a label each, and a series of as many numbers for each group that had a drop."""

    title: str
    labels: list[str]
    series: list[tuple[str, str, list[int]]]
    """Group, its name, its numbers."""

    @property
    def totals(self) -> list[int]:
        """All groups together."""
        return [sum(numbers[n] for _, _, numbers in self.series) for n in range(len(self.labels))]


class WeekContent(NamedTuple):
    """Empty lists when the period was quiet.

    ``facts`` and ``sides`` are pairs of label and text; ``connections`` and ``rows`` hold (where, how long, rest).
    """

    title: str
    sentence: str
    period: str
    quiet: str
    figures: list[Figure]
    todo: str
    actions: list[str]
    facts: list[tuple[str, str]]
    chart: Chart | None
    by_side: str
    sides: list[tuple[str, str]]
    tunnels: str
    connections: list[tuple[str, str, str]]
    tunnels_hidden: str
    worst: str
    rows: list[tuple[str, str, str]]
    hidden: str
    notes: list[str]


def week_content(n: Notification, week: Week, style: Style, most: Rows) -> WeekContent:
    """The period's figures, whose they were, what is to be done, and its worst connections and incidents."""
    lines, figures = weeks.counted(week), week.figures
    hit = figures.hit[: most.connections] if figures else ()
    return WeekContent(
        title_line(n, style),
        what_happened(n, style),
        weeks.week_period(week, style),
        "" if lines else phrases.say(style, "week.quiet.more"),
        _figures(week, figures, style) if lines else [],
        phrases.say(style, "week.todo"),
        summaries.actions(figures, style, most.actions) if figures else [],
        summaries.facts(week, figures, style) if figures else [],
        _chart(week, style) if lines and most.chart else None,
        phrases.say(style, "week.by-side"),
        [(name(side, style), _side(sums, style)) for side, sums in weeks.by_side(week).items() if sums.incidents],
        phrases.say(style, "week.tunnels"),
        [summaries.connection_row(c, week, style) for c in hit],
        _hidden(figures.hit_count - len(hit) if figures else 0, style),
        phrases.say(style, "week.worst"),
        [
            (weeks.line_where(w, style), weeks.line_down(w, style), weeks.line_facts(w, style))
            for w in lines[: most.incidents]
        ],
        _hidden(weeks.sums(week).incidents - min(len(lines), most.incidents), style),
        summaries.notes(week, style),
    )


def _hidden(more: int, style: Style) -> str:
    return phrases.say(style, "not-shown", n=more) if more > 0 else ""


def _figures(week: Week, figures: Figures | None, style: Style) -> list[Figure]:
    total = weeks.sums(week)
    before = figures.before if figures else None
    change = phrases.say(style, "week.than-before", n=f"{total.drops - before.drops:+d}") if before else ""
    label = {key: phrases.say(style, f"week.label.{key}") for key in ("incidents", "drops", "down", "percent")}
    found = [
        Figure(str(total.drops), label["drops"], change),
        Figure(weeks.length(weeks.without_a_path(week), style), label["down"], ""),
    ]
    if figures and figures.connections:
        return [*found, Figure(summaries.percent(figures.availability, style), label["percent"], "")]
    return [Figure(str(total.incidents), label["incidents"], ""), *found]


def _chart(week: Week, style: Style) -> Chart:
    buckets = weeks.by_group(week, style)
    groups = [g for g in weeks.GROUPS if any(drops[g] for _, drops in buckets)]
    title = phrases.say(style, "week.by-week" if week.monthly else "week.by-day")
    series = [(g, phrases.say(style, f"group.{g}"), [drops[g] for _, drops in buckets]) for g in groups]
    return Chart(title, [label for label, _ in buckets], series)


def _side(sums: weeks.Sums, style: Style) -> str:
    counts = phrases.count(style, "incidents", sums.incidents)
    key = "week.side.open" if sums.open else "week.side"
    return phrases.say(style, key, incidents=counts, time=weeks.length(sums.seconds, style), n=sums.open)
