"""The corpus of nights, line for line: a rule that changes shows here as what it changes.

UPDATE_SCENARIOS=1 python -m pytest tests/scenarios
"""

from __future__ import annotations

import os
from difflib import unified_diff
from pathlib import Path

import pytest

from tests.scenarios.scenario import read, scenarios, tell, written


@pytest.mark.parametrize("path", scenarios(), ids=lambda path: path.stem)
def test_the_incidents_of_a_night_are_those_on_record(path: Path) -> None:
    """The rows above the line are the incidents below it, with their evidence."""
    scenario = read(path)
    told = tell(scenario)
    if os.environ.get("UPDATE_SCENARIOS"):
        path.write_text(written(scenario, told), encoding="utf-8")
        return
    diff = "\n".join(unified_diff(scenario.expected.splitlines(), told.splitlines(), "on record", "now", lineterm=""))
    assert not diff, f"{scenario.title} ({path.name})\n{diff}"


@pytest.mark.parametrize("path", scenarios(), ids=lambda path: path.stem)
def test_a_night_says_what_it_is_for(path: Path) -> None:
    """Every file names what it alone breaks, what is sourced and what composed."""
    assert {"breaks", "sourced", "composed"} <= read(path).facts.keys()
