"""The workbook: its queries are right in the eyes of Microsoft's parser, and read what the app writes."""

from __future__ import annotations

import json
import re

import pytest

from correlator.delivery import Report, Sent
from correlator.wiring import line_of
from sandbox.kql_check import Checked, check
from tests.infra.reader import INFRA, read
from tests.infra.test_alert_queries import SCHEMA

pytestmark = pytest.mark.xdist_group("kql")

TEXTS = {f.stem: f.read_text(encoding="utf-8") for f in sorted((INFRA / "queries" / "workbook").glob("*.kql"))}
COLUMNS = {
    "polls": "LastPoll Polls Rows Unreadable TooLate BlindSeconds LatestRowSeconds LongestSeconds Said Sent Workspace",
    "pace": "TimeGenerated Workspace Polls",
    "trouble": "What Which Times Last",
    "verdicts": "Side Cause Incidents",
    "told": "TimeGenerated Incident Moment Side Cause Channel PostedSeconds",
}
"""Query -> the columns that it shows."""


@pytest.fixture(scope="module")
def checked() -> dict[str, Checked]:
    """What the parser says of each."""
    return check(TEXTS, SCHEMA)


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_the_parser_takes_it(checked: dict[str, Checked], name: str) -> None:
    """A query of the workbook has no error, and results in the columns that the page tells of."""
    assert checked[name].errors == ()
    assert set(checked[name].columns or ()) == set(COLUMNS[name].split())


def test_every_query_is_shown() -> None:
    """The template loads every file of the folder, and files that are there."""
    source = read()["modules/workbook.bicep"].source
    loaded = re.findall(r"loadTextContent\('\.\./queries/([\w/-]+)\.kql'\)", source)
    assert {name.partition("/")[2] for name in loaded if "/" in name} == TEXTS.keys() == COLUMNS.keys()
    assert all((INFRA / "queries" / f"{name}.kql").is_file() for name in loaded)


def test_every_field_is_one_that_the_line_has() -> None:
    """What a query reads of a line or of a message in it is written there under that name."""
    line = json.loads(line_of("poll", Report("ws", messages=[Sent("", "", "", None, None, None)])))
    for text in TEXTS.values():
        assert set(re.findall(r"\bLine\.(\w+)|parse_json\(Message\)\.(\w+)", text)) <= {
            pair for name in line for pair in ((name, ""), ("", name))
        }
        assert set(re.findall(r"\bTold\.(\w+)", text)) <= line["messages"][0].keys()
    assert set(re.findall(r"'(\w+)'", TEXTS["trouble"].partition("dynamic(")[2].partition(")")[0])) <= line.keys()
