"""Simulate, ask, score: ``python -m benchmarks.verdicts``.

The product is asked through its command line, as a user would. Exit status 1: a bound is broken.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from benchmarks.verdicts.baselines import article, page
from benchmarks.verdicts.misses import fault, kind, timeline
from benchmarks.verdicts.product import NoAnswer, ask
from benchmarks.verdicts.report import ARTICLE, OURS, PAGE, WIDTH, Report, as_json, as_text, show
from benchmarks.verdicts.score import Pair, match
from benchmarks.verdicts.seeds import head, seeds
from benchmarks.verdicts.simulator import simulate
from benchmarks.verdicts.truth import Night

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "benchmarks" / "README.md", ROOT / "docs" / "verdicts.md")
BEGIN_MARK, END_MARK = "<!-- verdicts: begin -->", "<!-- verdicts: end -->"
LATE_DAYS, LATE_EVERY = 30, "15m"
"""The late variant polls, which costs more than one judgement; it is a third as long."""


def main(arguments: Sequence[str]) -> int:
    """Run what the arguments say; 0 where every bound is kept, 1 where one is broken, 2 without an answer."""
    options = _options().parse_args(arguments)
    chosen = options.seed or seeds(head(Path(__file__).parent), options.seeds)
    try:
        report = _run(chosen, options.gateways, options.days)
    except NoAnswer as problem:
        print(f"replay did not answer: {problem}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(as_json(report), indent=1))
    else:
        show(report, Console(width=None if sys.stdout.isatty() else WIDTH))
        _show_misses(report, options.misses, options.kind)
    if options.write:
        _write(as_text(report))
    ours = [*report.figures()[OURS], *report.late_figures()]
    return int(any(measure.met is False for measure in ours))


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.verdicts", description="Are the verdicts right?")
    parser.add_argument("--seed", type=int, action="append", help="a night to repeat (again for more)")
    parser.add_argument("--seeds", type=int, default=5, help="how many nights the commit names (default 5)")
    parser.add_argument("--gateways", type=int, default=100, help="gateways a night (default 100)")
    parser.add_argument("--days", type=float, default=90, help="days a night (default 90)")
    parser.add_argument("--misses", type=int, default=0, metavar="N", help="show N wrong verdicts with their rows")
    parser.add_argument("--kind", default="", help="of those only the kinds that hold this text, such as 'end: '")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of tables")
    parser.add_argument("--write", action="store_true", help="put the tables into the pages")
    return parser


def _run(chosen: Sequence[int], gateways: int, days: float) -> Report:
    answers: dict[str, list[Pair]] = {OURS: [], ARTICLE: [], PAGE: []}
    late: list[Pair] = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Judging", total=2 * len(chosen))
        for seed in chosen:
            night = simulate(seed, gateways, days)
            answers[OURS] += match(seed, night.outages, ask(night.rows))
            answers[ARTICLE] += match(seed, night.outages, article(night.rows))
            answers[PAGE] += match(seed, night.outages, page(night.rows))
            progress.advance(task)
            late += _late(seed, gateways, days)
            progress.advance(task)
    return Report(tuple(chosen), gateways, days, answers, late)


def _late(seed: int, gateways: int, days: float) -> list[Pair]:
    """A shorter night with very late rows, as the deployed app would have polled it."""
    night = simulate(seed, gateways, min(days, LATE_DAYS), very_late=True)
    return match(seed, night.outages, ask(night.rows, LATE_EVERY))


def _write(text: str) -> None:
    lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
    for file in PAGES:
        before, rest = file.read_text(encoding="utf-8").split(BEGIN_MARK)
        after = rest.split(END_MARK)[1]
        file.write_text(f"{before}{BEGIN_MARK}\n```text\n{lines}\n```\n{END_MARK}{after}", encoding="utf-8")


def _show_misses(report: Report, limit: int, wanted: str) -> None:
    nights: dict[int, Night] = {}
    for pair in _wrong(report.answers[OURS], wanted, limit):
        if pair.night not in nights:
            nights[pair.night] = simulate(pair.night, report.gateways, report.days)
        print("\n" + "\n".join(timeline(pair, nights[pair.night].rows)))


def _wrong(pairs: Sequence[Pair], wanted: str, limit: int) -> Iterator[Pair]:
    found = (pair for pair in pairs if fault(pair) and wanted in kind(pair))
    yield from (pair for pair, _ in zip(found, range(limit), strict=False))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
