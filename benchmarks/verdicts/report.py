"""The figures as a table to read, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.verdicts.misses import kinds
from benchmarks.verdicts.score import Measure, Pair, cause_table, score

OURS, ARTICLE, PAGE = "correlator", "article by hand", "page by hand"
LATE = ("outage recall", "maintenance precision", "maintenance recall", "side right")
MOST_KINDS = 10
WIDTH = 118


@dataclass(frozen=True, slots=True)
class Report:
    """What one run found. ``late``: the product alone, poll by poll over rows up to six hours late."""

    seeds: tuple[int, ...]
    gateways: int
    days: float
    answers: Mapping[str, Sequence[Pair]]
    late: Sequence[Pair]

    def figures(self) -> dict[str, list[Measure]]:
        """The measures of each who answered."""
        return {name: score(pairs) for name, pairs in self.answers.items()}

    def late_figures(self) -> list[Measure]:
        """What is asked of the late variant."""
        return [m._replace(name=f"{m.name}, rows up to 6 h late") for m in score(self.late) if m.name in LATE]


def show(report: Report, console: Console) -> None:
    """Print figures, causes and the most frequent kinds of misses."""
    outages = sum(pair.true is not None for pair in report.answers[OURS])
    seeds = ", ".join(map(str, report.seeds))
    console.print(
        f"{outages:,} true outages of {len(report.seeds)} x {report.gateways} gateways, {report.days:g} days."
    )
    console.print(f"Seeds {seeds}.")
    console.print(_figures(report))
    console.print(_causes(report.answers[OURS]))
    console.print(_kinds(report.answers[OURS]))


def as_text(report: Report) -> str:
    """What ``show`` prints, without colours."""
    text = StringIO()
    show(report, Console(file=text, width=WIDTH))
    return text.getvalue()


def as_json(report: Report) -> dict[str, Any]:
    """The same as plain values."""
    return {
        "seeds": list(report.seeds),
        "gateways": report.gateways,
        "days": report.days,
        "figures": {who: list(map(_measure, measures)) for who, measures in report.figures().items()},
        "late": list(map(_measure, report.late_figures())),
        "causes": [dict(zip(("cause", "true", "precision", "recall", "f1"), line, strict=True))
                   for line in cause_table(report.answers[OURS])],
        "misses": dict(kinds(report.answers[OURS])),
    }  # fmt: skip


def _measure(measure: Measure) -> dict[str, Any]:
    return {"name": measure.name, "value": measure.value, "of": measure.of, "bound": measure.bound, "met": measure.met}


def _figures(report: Report) -> Table:
    figures = report.figures()
    table = Table("", "of", "wanted", OURS, ARTICLE, PAGE, title="Verdicts", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for ours, article, page in zip(figures[OURS], figures[ARTICLE], figures[PAGE], strict=True):
        table.add_row(ours.name, f"{ours.of:,}", _bound(ours), _ours(ours), _value(article), _value(page))
    for late in report.late_figures():
        table.add_row(late.name, f"{late.of:,}", _bound(late), _ours(late), "", "")
    return table


def _bound(measure: Measure) -> str:
    return "" if measure.bound is None else f"{'>=' if measure.at_least else '<='} {measure.bound:.3f}"


def _ours(measure: Measure) -> str:
    return _value(measure) + {True: "  ok", False: "  --", None: "    "}[measure.met]


def _value(measure: Measure) -> str:
    if measure.value is None:
        return "-"
    return f"{measure.value:,.0f}" if measure.value > 2 else f"{measure.value:.4f}"


def _causes(pairs: Sequence[Pair]) -> Table:
    table = Table("true cause", "outages", "precision", "recall", "F1", title="Causes", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for label, count, *values in cause_table(pairs):
        table.add_row(label, f"{count:,}", *(f"{value:.3f}" for value in values))
    return table


def _kinds(pairs: Sequence[Pair]) -> Table:
    table = Table("what was wrong", "outages", title="Most frequent misses", title_justify="left")
    for text, count in kinds(pairs)[:MOST_KINDS]:
        table.add_row(text, f"{count:,}")
    return table
