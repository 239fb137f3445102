"""Every measurement in one run: ``python -m benchmarks.run``.

``--json`` prints JSON instead of the tables, ``--write`` puts them into README.md beside this file and the money into
docs/scale.md, ``--quick`` leaves out a million rows and ten thousand gateways. Only CPU seconds are compared, and only
with others of the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from benchmarks.fleet import ROWS
from benchmarks.imports import APP, SDKS
from benchmarks.measure import ROOT, child
from benchmarks.tables import agreed, bills, whole

README, SCALE = Path(__file__).with_name("README.md"), ROOT / "docs" / "scale.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
STORED = (0, 100_000)
IMPORTS = 21
FAST = ("decode", "correlator", "outages_only", "with_pandas", "with_polars")
SLOW = ("with_duckdb", "sdk")
ANSWERS = (300, 50_000)


class Plan(NamedTuple):
    """Of how many rows, gateways and workspaces. ``large`` rows go through each chain once, the SDK left out."""

    rows: int = ROWS
    large: int = 1_000_000
    nights: tuple[int, ...] = (1, 100, 1_000, 10_000)
    backfill: tuple[int, ...] = (100,)
    workspaces: tuple[int, ...] = (1, 100, 1_000)
    report: int = 10_000


QUICK = Plan(large=0, nights=(1, 100, 1_000), workspaces=(1, 100), report=1_000)


class Bench:
    """One run's measurements, each in a fresh process."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder, self.plan = folder, plan

    def child(self, *arguments: object) -> dict[str, Any]:
        """One measurement, said before it is made."""
        words = [str(a) for a in arguments]
        say(" ".join(words).replace(str(self.folder), "").replace("benchmarks.", ""))
        return child(*words, bytecode=self.folder / "bytecode")

    def measure(self) -> dict[str, Any]:
        """All of them."""
        plan, before = self.plan, os.getloadavg()
        found: dict[str, Any] = {
            "machine": machine(),
            "chains": [self.chains(plan.rows, (FAST + SLOW, FAST + SLOW[:1], FAST))],
            "fetched": {str(n): self.fetched(n) for n in ANSWERS},
            "stored": {str(n): self.child("benchmarks.polls", n) for n in STORED},
            "nights": {
                "quiet": self.nights("quiet", plan.nights),
                "maintenance": self.nights("maintenance", plan.nights),
                "storm": self.nights("storm", plan.nights),
                "backfill": self.nights("backfill", plan.backfill),
            },
            "workspaces": {str(n): self.child("benchmarks.workspaces", n) for n in plan.workspaces},
            "report": self.child("benchmarks.reports", plan.report),
            "imports": self.imports(),
        }
        if plan.large:
            found["chains"].append(self.chains(plan.large, (FAST + SLOW[:1],)))
        found["load"] = f"{before[0]:.1f} before, {os.getloadavg()[0]:.1f} after, on {os.cpu_count()} processors"
        return found

    def chains(self, rows: int, rounds: Sequence[Sequence[str]]) -> dict[str, Any]:
        """Bytes to incidents, in turns."""
        answer = self.folder / f"{rows}.json"
        fleet = self.child("benchmarks.fleet", answer, rows)
        fleet["bytes"] = answer.stat().st_size
        tries: dict[str, list[dict[str, Any]]] = {}
        for name in (name for names in rounds for name in names):
            tries.setdefault(name, []).append(self.child("benchmarks.measure", name, answer))
        lines = {name: best(of) for name, of in tries.items()}
        agreed(lines)
        return {"fleet": fleet, "lines": lines}

    def fetched(self, rows: int) -> dict[str, Any]:
        """One poll's answer, in turns; the SDK's own decoding once."""
        tries: dict[str, list[dict[str, Any]]] = {}
        for how in (*("loads", "fetch") * 4, "sdk"):
            tries.setdefault(how, []).append(self.child("benchmarks.fetched", how, rows))
        return {how: min(of, key=lambda t: t["cpu"]) for how, of in tries.items()}

    def nights(self, kind: str, sizes: Sequence[int]) -> dict[str, Any]:
        """One kind of night, by gateways."""
        return {str(n): self.child("benchmarks.nights", kind, n) for n in sizes}

    def imports(self) -> dict[str, list[float]]:
        """CPU of importing the SDK packages alone and the app, in turns: the least and the middle of some processes.

        The first round, in which bytecode is written, is not counted.
        """
        spent: dict[str, list[float]] = {"sdks": [], "app": []}
        for _ in range(IMPORTS + 1):
            for what, modules in (("sdks", SDKS), ("app", APP)):
                spent[what].append(self.child("benchmarks.imports", *modules)["cpu"])
        return {what: [min(times[1:]), median(times[1:])] for what, times in spent.items()}


def best(tries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The least CPU and the largest peak of some tries, which must have found the same."""
    (answer,) = {t["answer"] for t in tries}
    return {"cpu": min(t["cpu"] for t in tries), "peak_mb": max(t["peak_mb"] for t in tries), "answer": answer}


def machine() -> str:
    """What it ran on, as far as it matters to ratios."""
    return f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"


def between_marks(page: str, text: str) -> str:
    """The page with another text between its marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"the page lacks the marks {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{text}\n{END}{after}"


def write(path: Path, text: str) -> None:
    """Put a text between the marks of a page."""
    path.write_text(between_marks(path.read_text(encoding="utf-8"), text), encoding="utf-8")


def say(what: str) -> None:
    """Progress, out of the way of the result."""
    print(what, file=sys.stderr, flush=True)


def main() -> None:
    """Measure, check and show."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--write", action="store_true", help="rewrite the tables in README.md and docs/scale.md")
    parser.add_argument("--quick", action="store_true", help="250,000 rows and 1,000 gateways at most")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        found = Bench(Path(folder), QUICK if options.quick else Plan()).measure()
    print(json.dumps(found, indent=1) if options.json else whole(found))
    if options.write:
        write(README, whole(found))
        write(SCALE, bills(found))


if __name__ == "__main__":
    main()
