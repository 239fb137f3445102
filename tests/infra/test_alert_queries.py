"""The queries behind our own alerts: right in the eyes of Microsoft's parser, and made for the lines the app writes."""

from __future__ import annotations

import json
import re

import pytest

from correlator.delivery import Report
from correlator.wiring import line_of
from sandbox.kql_check import Checked, check
from tests.infra.reader import INFRA, read

pytestmark = pytest.mark.xdist_group("kql")

SCHEMA = {"AppTraces": {"TimeGenerated": "datetime", "Message": "string", "SeverityLevel": "int"}}
TEXTS = {f.stem: f.read_text(encoding="utf-8") for f in sorted((INFRA / "queries").glob("*.kql"))}
COLUMNS = {
    "silent": {"Polls": "long"},
    "failing": {"Workspace": "string", "Failures": "long"},
    "untaken": {"Channel": "string", "Runs": "long"},
    "connection-down": {"Incident": "string", "Gateway": "string", "Down": "long"},
}
"""Query -> its columns: the number that is measured, and what an alert is split by."""


@pytest.fixture(scope="module")
def checked() -> dict[str, Checked]:
    """What the parser says of each."""
    return check(TEXTS, SCHEMA)


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_the_parser_takes_it(checked: dict[str, Checked], name: str) -> None:
    """A query of an alert has no error and results in what the alert measures and is split by."""
    assert checked[name].errors == ()
    assert checked[name].columns == COLUMNS[name]


def test_the_alerts_use_these_queries() -> None:
    """Every query is used by an alert, and each alert measures and splits by columns of its query."""
    source = read()["modules/alerts.bicep"].source
    assert COLUMNS.keys() == TEXTS.keys()
    for name, columns in COLUMNS.items():
        _, found, after = source.partition(f"loadTextContent('../queries/{name}.kql')")
        assert found
        alert = after[:600]
        measured = re.search(r"(?:measure|metricMeasureColumn): '(\w+)'", alert)
        assert measured
        assert columns[measured[1]] == "long"
        for other in columns.keys() - {measured[1]}:
            assert f"'{other}'" in alert


def test_the_line_of_a_run_is_what_the_queries_look_for() -> None:
    """The line that a run writes has the event and the fields by which the alerts find it."""
    report = Report("11111111-1111-1111-1111-111111111111")
    report.failures["teams: 410 Gone"] += 1
    line = line_of("poll", report)
    assert line.startswith("{")
    assert json.loads(line)["event"] == "poll"
    assert "== 'poll'" in TEXTS["silent"]
    (failure,) = json.loads(line)["failures"]
    found = re.search(r"extract\('([^']+)', 1, tostring\(Failure\)\)", TEXTS["untaken"])
    assert found
    channel = re.match(found[1], failure)
    assert channel
    assert channel[1] == "teams"


def test_every_kind_of_run_counts_where_a_channel_takes_nothing() -> None:
    """Whatever a run was for, the alert counts it if a channel did not take a message in it."""
    sources = "".join(f.read_text(encoding="utf-8") for f in (INFRA.parent / "correlator").glob("*.py"))
    events = set(re.findall(r'(?:line_of|_summarize)\("(\w+)"', sources))
    (counted,) = re.findall(r"Line\.event\) in \(([^)]*)\)", TEXTS["untaken"])
    assert set(re.findall(r"'(\w+)'", counted)) == events > {"poll", "monthly_summary"}


def test_the_error_of_a_failed_poll_is_what_the_query_looks_for() -> None:
    """The error that a failed poll writes begins as the alert expects, and names its workspace there."""
    source = (INFRA.parent / "correlator" / "poll.py").read_text(encoding="utf-8")
    assert 'log.error("workspace %s: %s", workspace, ' in source
    found = re.search(r"extract\('([^']+)', 1, Message\)", TEXTS["failing"])
    assert found
    workspace = re.match(found[1], "workspace 11111111-1111-1111-1111-111111111111: the service is busy: try later")
    assert workspace
    assert workspace[1] == "11111111-1111-1111-1111-111111111111"
