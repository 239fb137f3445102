"""The deployment pages name what exists, and their sums add up."""

from __future__ import annotations

import json
import re
from decimal import Decimal

from tests.infra.laws import ASSIGNED, NOT_SET, ROLES
from tests.infra.reader import INFRA, ROOT, read

DEPLOY = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """The rows of the tables under a heading, without their heads."""
    section = re.split(r"^##+ ", DEPLOY.partition(f"\n## {heading}\n")[2], maxsplit=1, flags=re.M)[0]
    lines = [[c.strip() for c in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("|")]
    return [
        cells
        for cells in lines
        if not set(cells[0]) <= {"-"} and cells[0] not in {"parameter", "role", "what", "on request"}
    ]


def test_every_parameter_has_its_row() -> None:
    """The page lists every parameter of the template and no other."""
    listed = [name for row in rows("Parameters") for name in re.findall(r"`(\w+)`", row[0])]
    assert sorted(listed) == sorted(p.name for p in read()["main.bicep"].parameters)


def test_every_role_has_its_row() -> None:
    """The page lists every role that is assigned and no other."""
    listed = {row[0].lower().replace(" ", "") for row in rows("Roles")}
    assert listed == {name.lower() for name in ROLES}
    assert {each[1] for each in ASSIGNED} == ROLES.keys()


def test_settings_that_are_not_set_are_named() -> None:
    """The page names the settings that the template leaves alone."""
    sentence = DEPLOY.partition("every setting of the app but two")[2].partition("Change settings")[0]
    assert set(re.findall(r"`([A-Z_]+)`", sentence)) == NOT_SET


def test_the_sums_add_up() -> None:
    """The monthly sum is the sum of its rows, and a product that is written out is right."""
    *parts, total = [
        Decimal(row[2].strip("*"))
        for row in rows("Money")
        if len(row) == 3 and re.fullmatch(r"\**\d+\.\d\d\**", row[2])
    ][:7]
    assert sum(parts) == total
    assert 288 * 30 + 24 * 30 == 9360
    assert 9360 * 4 * 0.5 == 18720
    for written in ("9,360 runs", "18,720 GB-s", "9,360 runs × 12 kB = 0.11 GB"):
        assert written in DEPLOY


def test_every_script_and_option_exists() -> None:
    """A script that the page calls exists and takes the options given."""
    called = re.findall(r"sh infra/([\w-]+\.sh)([^\n`#]*)", DEPLOY)
    assert {script for script, _ in called} == {"deploy.sh", "uninstall.sh", "package.sh"}
    for script, arguments in called:
        text = (INFRA / script).read_text(encoding="utf-8")
        for option in re.findall(r"--[\w-]+", arguments):
            assert f"    {option}) " in text


def test_every_variable_of_azd_exists() -> None:
    """A variable that the page sets for azd is one that the parameters file reads, and all of those are named."""
    file = json.dumps(json.loads((INFRA / "subscription.parameters.json").read_text(encoding="utf-8")))
    assert set(re.findall(r"\bVPN_\w+", DEPLOY)) == set(re.findall(r"\bVPN_\w+", file))


def test_every_alert_is_named() -> None:
    """The page names every alert that the template makes."""
    source = read()["modules/alerts.bicep"].source
    made = set(re.findall(r"'\$\{prefix\}-([\w-]+?)-?(?:\$\{[^']*)?'", source)) | set(
        re.findall(r"name: '(\w+)'\n    title:", source)
    )
    named = {n.strip("-") for n in re.findall(r"`…-([\w-]+?)-?…?`", DEPLOY)}
    assert named == {name.strip("-") for name in made} - {"mail", "page", ""}
