"""The public objects keep the shape that `docs/` publishes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

from correlator.cli import commands
from correlator.incident_json import incident_object
from correlator.model import LogRow
from sandbox.nights import fortnight
from tests.test_laws import STYLE, replayed, rows

ROOT = Path(__file__).parents[1]


def schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / "docs" / f"{name}.schema.json").read_text(encoding="utf-8"))
    return loaded


def validator(name: str) -> Draft202012Validator:
    incident = schema("incident")
    registry = Registry().with_resource(incident["$id"], Resource.from_contents(incident))
    return Draft202012Validator(schema(name), registry=registry, format_checker=FormatChecker())


@pytest.mark.parametrize("arguments", [[], ["--every", "5m"], ["--all", "--every", "1h"]])
def test_replay_validates(arguments: list[str]) -> None:
    """What `replay --json` prints of the fortnight validates against the published schema."""
    found = CliRunner().invoke(commands, ["replay", str(fortnight.FILE), "--json", *arguments])
    assert found.exit_code == 0, found.output
    document = json.loads(found.stdout)
    validator("replay").validate(document)
    assert len(document["incidents"]) == len(fortnight.SCENARIOS)


@given(rows)
def test_every_incident_validates(log_rows: list[LogRow]) -> None:
    """Whatever the rows, each incident object validates against the published schema."""
    check = validator("incident")
    for incident in replayed(log_rows):
        check.validate(json.loads(json.dumps(incident_object(incident, STYLE))))


def test_the_fortnight_is_what_its_timetable_says() -> None:
    """The committed night is exactly what its readable timetable makes."""
    assert fortnight.FILE.read_text(encoding="utf-8") == fortnight.text()
