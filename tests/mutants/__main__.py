"""``python -m tests.mutants``: bend the verdict in every way of ``bend.py`` and name the test that notices.

Each mutant lives in a child process of its own, which plants the bent module before anything imports it. The corpus of
nights is asked first, then the fast tests of the rules. Exit status 1: one survived, or a night does not break what it
says that it breaks.
"""

from __future__ import annotations

import argparse
import importlib.util
import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import settings
from rich.console import Console
from rich.progress import track

from tests.mutants.bend import Mutant, mutants
from tests.mutants.equivalent import EQUIVALENT

if TYPE_CHECKING:
    from tests.scenarios.scenario import Scenario

FAST = [
    f"tests/test_{name}.py"
    for name in ("causes", "maintenance", "circumstances", "correlate", "announce", "gaps", "watchlist")
]


LIST_OF_RULES = ["--deselect", "tests/test_causes.py::test_every_rule_has_its_night"]
"""It names the rules in their order, so it would notice even what changes no verdict."""


class Fate(NamedTuple):
    """What became of a mutant: the nights that broke, or the first test that failed."""

    of: str
    name: str
    nights: tuple[str, ...]
    test: str

    @property
    def alive(self) -> bool:
        """Nothing noticed it."""
        return not self.nights and not self.test


def main(arguments: Sequence[str]) -> int:
    """Try all mutants, or those whose name holds ``--only``; 0 where none survives and every night keeps its word."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description="Does a wrong rule show?")
    parser.add_argument("--only", default="", help="of the mutants only those whose name holds this text")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many at once")
    options = parser.parse_args(arguments)
    chosen = [m for m in mutants() if options.only in m.name]
    console = Console(width=None if sys.stdout.isatty() else 160)
    fates = []
    with multiprocessing.get_context("fork").Pool(options.jobs, maxtasksperchild=1) as pool:
        tried = pool.imap(_fate, chosen)
        for fate in track(tried, "Bending", total=len(chosen), console=Console(stderr=True), transient=True):
            console.print(_line(fate), markup=False, highlight=False, soft_wrap=True)
            fates.append(fate)
    survivors = [f for f in fates if f.alive and f.name not in EQUIVALENT]
    idle = [] if options.only else [*_idle(fates), *(name for name in EQUIVALENT if name not in _alive(fates))]
    console.print(f"{len(fates)} mutants, {len(survivors)} survived, {len(EQUIVALENT)} cannot matter.", highlight=False)
    for name in idle:
        console.print(f"Does not do what it says: {name}", markup=False)
    return int(bool(survivors or idle))


def _fate(mutant: Mutant) -> Fate:
    """Polled nights take longer than replayed ones: they are asked where they claim it, or nothing else notices."""
    _plant(mutant)
    from tests.scenarios.scenario import read, scenarios

    corpus = {path.stem: read(path) for path in scenarios()}
    polled = {name for name, scenario in corpus.items() if "polls" in scenario.facts}
    claimed = {name for name in polled if mutant.of in corpus[name].facts["breaks"].split()}
    nights = [name for name in corpus if name in claimed or name not in polled if _broken(corpus[name])]
    nights = nights or [name for name in sorted(polled) if _broken(corpus[name])]
    return Fate(mutant.of, mutant.name, tuple(nights), "" if nights else _first_failure())


def _broken(scenario: Scenario) -> bool:
    from tests.scenarios.scenario import tell

    try:
        return tell(scenario) != scenario.expected
    except Exception:  # a mutant may fall over, which is noticed as well
        return True


def _plant(mutant: Mutant) -> None:
    """The bent module under its name, before anything imports the real one."""
    spec = importlib.util.find_spec(mutant.module)
    assert spec
    assert spec.origin
    assert mutant.module not in sys.modules
    sys.modules[mutant.module] = planted = importlib.util.module_from_spec(spec)
    exec(compile(mutant.tree, spec.origin, "exec"), planted.__dict__)


class _Failures:
    def __init__(self) -> None:
        self.first = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.first:
            self.first = report.nodeid


def _first_failure() -> str:
    failures = _Failures()
    settings.register_profile("mutants", deadline=None, derandomize=True)  # a busy machine is no failed test
    settings.load_profile("mutants")
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        status = pytest.main(
            ["-x", "-q", "-p", "no:cacheprovider", "--noconftest", *LIST_OF_RULES, *FAST], plugins=[failures]
        )
    return failures.first or ("" if status == pytest.ExitCode.OK else "the tests do not even start")


def _line(fate: Fate) -> str:
    more = f" and {len(fate.nights) - 1} more" if len(fate.nights) > 1 else ""
    found = f"night {fate.nights[0]}{more}" if fate.nights else fate.test
    equivalent = f"cannot matter: {EQUIVALENT[fate.name]}" if fate.name in EQUIVALENT else "SURVIVED"
    return f"{fate.name}\n    {equivalent if fate.alive else found}"


def _alive(fates: Sequence[Fate]) -> set[str]:
    return {f.name for f in fates if f.alive}


def _idle(fates: Sequence[Fate]) -> list[str]:
    """Nights that claim a rule or window, none of whose mutants they notice."""
    from tests.scenarios.scenario import read, scenarios

    found: Mapping[str, set[str]] = {
        of: {night for f in fates if f.of == of for night in f.nights} for of in {f.of for f in fates}
    }
    claims = [(path.stem, read(path).facts["breaks"]) for path in scenarios()]
    return [
        f"night {night} breaks {what}"
        for night, what in claims
        for kind, _, names in [what.partition(" ")]
        if kind in ("rule", "window") and not all(night in found.get(name, set()) for name in names.split())
    ]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
