"""Reading the public tables back: what a question costs does not grow with the history around it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.data.tables import TableServiceClient
from msgspec.structs import replace

from correlator.model import Incident
from correlator.ports import Receipt
from correlator.stores.history import History
from correlator.stores.memory import MemoryTables
from correlator.stores.rows import incident_row, partition_of, row_of
from correlator.stores.store import TableStore
from correlator.stores.tables import EVERY, INCIDENTS, MESSAGES, Entity, Tables, Upsert
from correlator.wording import Style
from sandbox.stack import Stack
from tests.cli.test_incidents import fortnight
from tests.fakes import at
from tests.timeline import incidents

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "incident-table.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"^\| ([^|]+) \| (incidents|outages|messages) \| `(.+)` \|$", PAGE, re.MULTILINE)
MONDAY = at("2026-08-17T00:00:00")
DAY = timedelta(days=1)


class Counting:
    """The twin of the service in memory, with what its answers hold counted."""

    def __init__(self) -> None:
        self.inner = MemoryTables()
        self.requests: list[str] = []
        self.entities = 0

    def query(
        self, table: str, partition: str, first: str, last: str, where: Mapping[str, str] = EVERY
    ) -> tuple[list[Entity], datetime]:
        found = self.inner.query(table, partition, first, last, where)
        self.requests.append(partition)
        self.entities += len(found[0])
        return found

    get: Callable[..., Any] = None  # type: ignore[assignment]  # no question reads single rows
    scan: Callable[..., Any] = None  # type: ignore[assignment]
    write: Callable[..., Any] = None  # type: ignore[assignment]


def long_history(tables: Tables, weeks: int, each: int) -> None:
    """One incident of an hour, copied over so many weeks up to the week of 17 August 2026, and over ten gateways."""
    (one,) = incidents("12:00 hq up IN_0; 13:00 hq down IN_0; 13:00:30 hq up IN_0")
    for week in range(weeks):
        rows = [Upsert(row_of(i), incident_row(i, Style())) for i in map(_copy(one, week), range(each))]
        for n in range(0, each, 100):
            tables.write(INCIDENTS, partition_of(_copy(one, week)(0)), rows[n : n + 100])


def _copy(one: Incident, week: int) -> Callable[[int], Incident]:
    def copied(n: int) -> Incident:
        back = timedelta(weeks=week) - timedelta(minutes=n)
        drops = tuple(replace(d, outage=replace(d.outage, start=d.outage.start - back)) for d in one.drops)
        anchor = one.anchor - back
        named = f"VPN-{anchor:%Y%m%d}-{week:03d}{n:03d}"
        gateway = one.gateway.replace("gw1", f"gw{n % 10}")
        return replace(one, id=named, anchor=anchor, drops=drops, gateway=gateway)

    return copied


@pytest.mark.parametrize("weeks", [4, 60])
def test_a_question_costs_what_it_asks_for(weeks: int) -> None:
    """One id, one week, and one gateway in a month cost the same requests and rows with a year around as without."""
    tables = Counting()
    long_history(tables.inner, weeks, 40)
    history = History(tables)
    assert history.one("VPN-20260821-000007")
    assert (tables.requests, tables.entities) == (["2026-W34", "2026-W34"], 1)
    tables.requests.clear()
    assert len(list(history.between(MONDAY, MONDAY + 7 * DAY))) == 40
    assert (tables.requests, tables.entities) == (["2026-W33", "2026-W34", "2026-W34", "2026-W35"], 1 + 40)
    tables.requests.clear()
    found = list(history.between(MONDAY - 14 * DAY, MONDAY + 7 * DAY, {"Gateway": "gw3"}))
    assert len(found) == 12
    assert len(tables.requests) == 5 + 3
    assert tables.entities == 41 + 12


def test_a_start_that_late_rows_moved_is_found_where_it_is_now(tables: Tables) -> None:
    """An incident whose start moved over the edge of its week is found by its start, not by its key."""
    (one,) = incidents("08-17 00:00 hq up IN_0; 08-17 00:30 hq down IN_0; 08-17 00:31 hq up IN_0")
    moved = replace(one, anchor=one.anchor - timedelta(hours=1))
    TableStore(tables, Style()).record([moved])
    history = History(tables)
    assert partition_of(moved) == "2026-W33"
    assert [d["id"] for d in history.between(MONDAY, MONDAY + DAY)] == [one.id]
    assert list(history.between(MONDAY - DAY, MONDAY)) == []
    assert [o["IncidentId"] for o in history.outages(MONDAY, MONDAY + DAY)] == [one.id]


def test_a_filter_means_the_same_to_both_backends(tables: Tables) -> None:
    """Columns that must hold a text leave out every other row, quotes and all."""
    TableStore(tables, Style()).record(fortnight())
    history = History(tables)
    span = (MONDAY - 7 * DAY, MONDAY + 28 * DAY)
    every = list(history.between(*span))
    azure = [d for d in every if d["cause"]["side"] == "azure"]
    assert azure
    assert list(history.between(*span, {"Side": "azure"})) == azure
    assert list(history.between(*span, {"Gateway": "o'brien' or 1 eq 1"})) == []


def receipts() -> list[Receipt]:
    """A message on two channels (once in vain on one of them), and a week's summary."""
    id_ = "VPN-20260821-7F3K2M"
    said = at("2026-08-21T17:24:00")
    return [
        Receipt("k1-teams", "teams", said, id_, "recovered", 1, 1, 0, False),
        Receipt("k1-slack", "slack", said + timedelta(hours=2), id_, "recovered", 1, 3, 1, True),
        Receipt("k2-teams", "teams", said + 3 * DAY, "", "weekly-summary", 1, 1, 0, False),
    ]


def test_what_was_told_is_found_by_the_id(tables: Tables) -> None:
    """What was said of an incident, to whom and when, oldest first; filing it twice is filing it once."""
    store = TableStore(tables, Style())
    for _ in range(2):
        store.file("ws", receipts())
    told = History(tables).told("VPN-20260821-7F3K2M")
    assert [r._replace(key="") for r in receipts()[:2]] == told
    assert History(tables).told("no id") == []


def test_every_documented_filter_finds_something(stack: Stack) -> None:
    """Each OData text of the page runs on the real protocol, and finds rows of the composed fortnight."""
    service: TableServiceClient = stack.tables
    from azure.identity import DefaultAzureCredential

    from correlator.stores.table_storage import AzureTables

    store = TableStore(AzureTables.at(stack.azurite.tables_endpoint, DefaultAzureCredential()), Style())
    store.record(fortnight())
    store.file("ws", receipts())
    found = {what: len(list(service.get_table_client(t).query_entities(q))) for what, t, q in QUERIES}
    assert len(found) == 16
    assert [what for what, rows in found.items() if not rows] == []
    assert found["several weeks"] == found["one week"] + len(list(_week(service, "2026-W35"))) + 0
    assert found["what was Azure's in a week"] < found["one week"]


def _week(service: TableServiceClient, week: str) -> list[Any]:
    return list(service.get_table_client("incidents").query_entities(f"PartitionKey eq '{week}'"))


def _filed() -> list[Entity]:
    tables = MemoryTables()
    TableStore(tables, Style()).file("ws", receipts())
    return tables.query(MESSAGES, "2026-W34", "0", "~")[0]


def test_every_column_is_documented() -> None:
    """The page names each column that a row of either table can have, and no other."""
    from correlator.stores.rows import outage_rows

    (one,) = incidents("12:00 hq up IN_0; 13:00 hq down IN_0; 13:00:30 hq up IN_0")
    style = Style(sites={"hq": "headquarters"})
    written = [set(incident_row(one, style)), set(outage_rows(one, style)[0][1])]
    written.append(set(next(e.properties for e in _filed())))
    for table, columns in zip(("incidents", "outages", "messages"), written, strict=True):
        section = PAGE.split(f"## `{table}`")[1].split("\n## ")[0]
        cells = re.findall(r"^\| ([A-Z][^|]+) \|", section, re.MULTILINE)
        named = {c.strip() for cell in cells for c in cell.removesuffix(" …").split(",")}
        assert named - {"Json2"} == columns
