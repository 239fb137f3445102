"""The report of a week or month as one self-contained HTML page: no script, no request, and a policy against both."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment

from correlator.channels._week import Chart, WeekContent

HERE = Path(__file__).parent


class Bar(NamedTuple):
    """One group's drops of a day: a stretch of that day's line, in percent of the longest line."""

    group: str
    name: str
    drops: int
    x: float
    width: float


class Day(NamedTuple):
    """A line of the chart: a day of the week, or a week of the month."""

    label: str
    total: int
    bars: list[Bar]


def page(c: WeekContent, language: str) -> str:
    """The page. Names and reasons become text of it and never markup."""
    css = (HERE / "week_page.css").read_text(encoding="utf-8")
    template = Environment(autoescape=True).from_string((HERE / "week_page.html").read_text(encoding="utf-8"))
    return template.render(
        language=language,
        policy=f"default-src 'none'; style-src '{_hash(css)}'; img-src data:; base-uri 'none'; form-action 'none'",
        css=css,
        c=c,
        days=days_of(c.chart) if c.chart else [],
        lists=((c.tunnels, c.connections, c.tunnels_hidden), (c.worst, c.rows, c.hidden)),
    )


def days_of(chart: Chart) -> list[Day]:
    """Only groups that had a drop on that day have a bar."""
    most = max(1, *chart.totals)
    days = []
    for n, (label, total) in enumerate(zip(chart.labels, chart.totals, strict=True)):
        bars: list[Bar] = []
        for group, name, numbers in chart.series:
            before = sum(b.drops for b in bars)
            if numbers[n]:
                bars.append(Bar(group, name, numbers[n], _percent(before, most), _percent(numbers[n], most)))
        days.append(Day(label, total, bars))
    return days


def _percent(drops: int, most: int) -> float:
    return round(100 * drops / most, 2)


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
