"""``calibrate``: what was observed, and a setting only where enough was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox.nights.rows import Gateway, Row, failover
from tests.cli.conftest import Run
from tests.cli.test_replay import NAGOYA, document, in_one_line, written

TOKYO = Gateway("vgw-tokyo-prod")


def days(n: int) -> list[Row]:
    """A maintenance and, a minute later, a failover, on each of ``n`` days; composed."""
    rows = [TOKYO.up("07-31 00:12:00", NAGOYA, 0)]
    for day in range(1, n + 1):
        rows += [TOKYO.maintenance(f"08-{day:02} 17:12:00", (day + 1) % 2)]
        rows += failover(TOKYO, f"08-{day:02} 17:{13 + day % 3}:00", (NAGOYA,), (day + 1) % 2, 12)
    return rows


def test_enough_rows(run: Run, tmp_path: Path) -> None:
    """The delays by instance, the part that the window holds, and the setting to paste."""
    file = written(tmp_path, days(24))
    found = document(run("calibrate", file, "--json"))
    assert (found["drops"], found["maintenance_rows"], found["setting"]) == (24, 24, "-0s..3m")
    assert [(i["instance"][-1], i["drops"]) for i in found["instances"]] == [("0", 12), ("1", 12)]
    assert found["window_holds"] == 1
    ran = run("calibrate", file)
    assert "To hold 99 %: MAINTENANCE_WINDOW=-0s..3m" in ran.out
    assert all(len(line) <= 80 for line in ran.out.splitlines())


def test_the_window_that_is_set(run: Run, tmp_path: Path) -> None:
    """The share is that of the window which is set."""
    found = document(run("calibrate", written(tmp_path, days(24)), "--json", MAINTENANCE_WINDOW="-0s..90s"))
    assert found["window_holds"] == pytest.approx(1 / 3)


def test_few_rows(run: Run, tmp_path: Path) -> None:
    """Few observations are shown, and nothing is proposed from them."""
    ran = run("calibrate", written(tmp_path, days(5)))
    assert (ran.code, "MAINTENANCE_WINDOW=" in ran.out) == (0, False)
    assert "Too few to propose a window" in ran.out


def test_nothing_observed(run: Run, tmp_path: Path) -> None:
    """Without a drop near a maintenance row it says so."""
    file = written(tmp_path, days(0))
    assert "No drop near a maintenance row" in run("calibrate", file).out
    assert document(run("calibrate", file, "--json"))["setting"] is None


@pytest.mark.parametrize("arguments", [[], ["x.jsonl", "--workspace", "w"]])
def test_files_or_a_workspace(run: Run, tmp_path: Path, arguments: list[str]) -> None:
    """It is told what to look at, once."""
    (tmp_path / "x.jsonl").write_text(json.dumps({}), encoding="utf-8")
    assert "give files, or --workspace" in in_one_line(run("calibrate", *arguments))


def test_it_learns_nothing(run: Run, tmp_path: Path) -> None:
    """It writes no file and changes no verdict: what it proposes is set by a person."""
    file = written(tmp_path, days(24))
    before = document(run("replay", file, "--json"))
    run("calibrate", file)
    assert document(run("replay", file, "--json")) == before
    assert [f.name for f in tmp_path.iterdir()] == [file.name]
