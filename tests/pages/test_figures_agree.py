"""The fortnight, read back from the emulator: the columns of its tables, the command line and the page say the same."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest
from azure.data.tables import TableServiceClient
from azure.identity import DefaultAzureCredential

from correlator.model import Cause
from correlator.stores.history import History
from correlator.stores.store import TableStore
from correlator.stores.table_storage import AzureTables
from correlator.web import Web
from correlator.wording import Style, name
from correlator.wording.phrases import duration
from sandbox.screenshots import REPORT, Browser, visit
from sandbox.stack import Stack
from tests.cli.conftest import Run
from tests.cli.test_incidents import ALL, NIGHTS, fortnight
from tests.cli.test_replay import document
from tests.pages.conftest import Open
from tests.pages.test_report_in_a_browser import AXE, CELLS, FAULTS, FINDINGS, text

EN = Style()
ASKED = {"since": "2026-08-01", "until": "2026-09-30"}
Row = dict[str, Any]


class Kept(NamedTuple):
    """The rows as the documented query gives them, the app's own reader, and the settings that lead there."""

    incidents: list[Row]
    outages: list[Row]
    web: Web
    env: dict[str, str]

    def of(self, cause: str) -> tuple[int, int, float, float]:
        """Incidents, drops and both downtimes of a cause, added up over the flat columns."""
        mine = [i for i in self.incidents if i["Cause"] == cause]
        drops = [o for o in self.outages if o["Cause"] == cause]
        assert sum(i["OutageCount"] for i in mine) == len(drops)
        seconds = [sum(float(i[column]) for i in mine) for column in ("DowntimeSeconds", "ConnectionDowntimeSeconds")]
        return len(mine), len(drops), seconds[0], seconds[1]


@pytest.fixture(scope="module")
def kept(running_stack: Stack) -> Iterator[Kept]:
    with patch.dict(os.environ, running_stack.env):
        running_stack.clear()
        tables = AzureTables.at(running_stack.azurite.tables_endpoint, DefaultAzureCredential())
        store = TableStore(tables, EN)
        store.record(fortnight())
        service = TableServiceClient(running_stack.env["TABLES_ENDPOINT"], credential=DefaultAzureCredential())
        found = {
            table: [dict(e) for e in service.get_table_client(table).query_entities("PartitionKey ge '2026-W01'")]
            for table in ("incidents", "outages")
        }
        every = [i for i in found["incidents"] if i["Status"] not in ("retracted", "absorbed")]
        yield Kept(every, found["outages"], Web(store, History(tables), (), EN), running_stack.env)


def test_show_says_what_stands_in_the_table(run: Run, kept: Kept) -> None:
    """For each incident: drops, downtime, cause and status are those of its flat columns and of its outages' rows."""
    assert len(kept.incidents) > 10
    for row in kept.incidents:
        shown = document(run("show", row["Id"], "--json", **kept.env))
        mine = [o for o in kept.outages if o["IncidentId"] == row["Id"]]
        assert (shown["cause"]["code"], shown["cause"]["side"], shown["status"]) == (
            row["Cause"],
            row["Side"],
            row["Status"],
        )
        assert len(shown["outages"]) == row["OutageCount"] == len(mine)
        assert shown["downtime_seconds"] == pytest.approx(row["DowntimeSeconds"])
        assert shown["connection_downtime_seconds"] == pytest.approx(row["ConnectionDowntimeSeconds"])
        assert sorted(o["duration_seconds"] for o in shown["outages"] if not o["open"]) == pytest.approx(
            sorted(o["DurationSeconds"] for o in mine if not o["Open"])
        )


def test_stats_say_what_stands_in_the_table(run: Run, kept: Kept) -> None:
    """Each line of `stats`, and its total, is the sum over the rows."""
    found = document(run("stats", *ALL, "--json", **kept.env))
    assert {r["cause"] for r in found["rows"]} == {i["Cause"] for i in kept.incidents}
    columns = ("incidents", "drops", "downtime_seconds", "connection_downtime_seconds")
    for row in found["rows"]:
        assert [row[c] for c in columns] == pytest.approx(kept.of(row["cause"]))
    parts = [kept.of(cause) for cause in Cause]
    assert [found["total"][c] for c in columns] == pytest.approx([sum(part[n] for part in parts) for n in range(4)])


def test_the_page_says_what_stands_in_the_table(opened: Open, kept: Kept) -> None:
    """The totals that the page's script adds up, by cause and over all, are the sums over the rows."""
    with opened(kept.web.report(ASKED).body, width=1280) as page:
        *lines, total = page.evaluate(CELLS.format("#causes"))
    expected = {name(c, EN).lower(): kept.of(c) for c in Cause if kept.of(c)[0]}
    assert {line[0].split(" ", 1)[1].lower(): line[2:] for line in lines} == {
        cause: [str(incidents), str(drops), duration(seconds, EN) if seconds else "0 s"]
        for cause, (incidents, drops, _, seconds) in expected.items()
    }
    parts = expected.values()
    assert total[2:] == [
        str(sum(p[0] for p in parts)),
        str(sum(p[1] for p in parts)),
        duration(sum(p[3] for p in parts), EN),
    ]


def test_a_replay_of_the_fortnight_opens_from_disk(run: Run, browser: Browser, tmp_path: Path) -> None:
    """`replay … --html` needs nothing of Azure, and its page asks for nothing; axe finds nothing."""
    if not AXE.is_file():
        pytest.skip("axe was not run: `npm ci` was not run in sandbox/page")
    file = tmp_path / "report.html"
    assert run("replay", NIGHTS, "--html", file, TIMEZONE="Asia/Tokyo").code == 0
    with visit(file.as_uri(), width=1280, browser=browser, ready=REPORT) as page:
        page.evaluate(AXE.read_text(encoding="utf-8"))
        assert page.evaluate(FINDINGS) == []
        asked = [e["params"]["request"]["url"] for e in page.events if e["method"] == "Network.requestWillBeSent"]
        assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]
        assert [e for e in page.events if e["method"] in FAULTS] == []
        assert text(page, "#shown") == f"{len(fortnight())} of {len(fortnight())} incidents shown"
