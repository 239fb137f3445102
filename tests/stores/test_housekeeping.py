"""What is old goes, a little at a time; what is young, open or alive stays."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from correlator.model import Checkpoint, GatewayState, Incident, Status
from correlator.people import Entry, EntryKind, Remark, RemarkKind
from correlator.ports import Head, Receipt
from correlator.stores import housekeeping
from correlator.stores.dump import lines
from correlator.stores.housekeeping import LOOKED_AT, in_turn, months_before
from correlator.stores.memory import MemoryTables
from correlator.stores.store import TableStore
from correlator.stores.tables import INCIDENTS, MESSAGES, OUTAGES, REMARKS, STATE, TABLES, Operation, Tables
from correlator.wording import Style
from tests.fakes import at
from tests.timeline import incidents

NOW = at("2026-08-21T12:00:00")
BEFORE = months_before(NOW, 13)
(ONE,) = incidents("12:00 hq up IN_0; 13:00 hq down IN_0; 13:00:30 hq up IN_0")


def of(day: str, status: Status = Status.RECOVERED) -> Incident:
    """The same incident on another day."""
    anchor = at(f"{day}T13:00:00")
    back = ONE.anchor - anchor
    drops = tuple(
        replace(d, outage=replace(d.outage, start=d.outage.start - back, end=(d.outage.end or NOW) - back))
        for d in ONE.drops
    )
    return replace(ONE, id=f"VPN-{day.replace('-', '')}-AAAAAA", anchor=anchor, drops=drops, status=status)


def keep(store: TableStore, *found: Incident) -> None:
    """Recorded, told, and spoken about."""
    store.record(found)
    for i in found:
        store.file("ws", [Receipt(i.id, "teams", i.anchor, i.id, "recovered", 1, 1, 0, False)])
        store.add_remark(Remark(i.id, i.anchor, "somebody", RemarkKind.NOTE, "n"))


def weeks(tables: Tables, table: str) -> list[str]:
    return [partition for partition, _ in tables.scan(table, "~")]


def test_months_are_whole() -> None:
    """Thirteen months before any day of August 2026 is the first of July 2025."""
    assert datetime(2025, 7, 1, tzinfo=UTC) == BEFORE
    assert months_before(at("2026-01-31T00:00:00"), 13) == datetime(2024, 12, 1, tzinfo=UTC)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)), st.integers(1, 120))
def test_nothing_younger_than_the_months_goes(now: datetime, months: int) -> None:
    """At least so many months are kept, and less than one more."""
    first = months_before(now.replace(tzinfo=UTC), months)
    days = (now.replace(tzinfo=UTC) - first).days
    assert months * 28 <= days <= (months + 1) * 31


def test_old_weeks_go_and_young_ones_stay(tables: Tables) -> None:
    """Incidents, their outages, what was said of them and by whom go with their week; the week of the edge stays."""
    store = TableStore(tables, Style())
    keep(store, of("2025-01-15"), of("2025-06-20"), of("2025-06-30"), of("2025-07-15"), of("2026-08-20"))
    assert store.purge(BEFORE) == {INCIDENTS: 2, OUTAGES: 2, MESSAGES: 2, REMARKS: 2}
    for table in (INCIDENTS, OUTAGES, MESSAGES, REMARKS):
        assert weeks(tables, table) == ["2025-W27", "2025-W29", "2026-W34"]
    assert store.purge(BEFORE) == {}


def test_what_is_open_stays_whole(tables: Tables) -> None:
    """An incident that nothing has ended keeps its row, its outages and its words, however old it is."""
    store = TableStore(tables, Style())
    keep(store, of("2025-01-15", Status.OPEN), of("2025-01-16"))
    assert store.purge(BEFORE)[INCIDENTS] == 1
    for table in (INCIDENTS, OUTAGES, MESSAGES, REMARKS):
        assert weeks(tables, table) == ["2025-W03"]


def test_a_run_deletes_a_bounded_number(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backlog goes in small portions, oldest first."""
    monkeypatch.setattr(housekeeping, "AT_ONCE", 2)
    store = TableStore(tables, Style())
    keep(store, *(of(f"2025-0{month}-15") for month in range(1, 6)))
    left = []
    while store.purge(BEFORE):
        left.append(weeks(tables, INCIDENTS))
    assert [len(found) for found in left] == [3, 1, 0]
    assert left[1] == ["2025-W20"]


def test_a_row_that_was_written_meanwhile_stays() -> None:
    """Somebody writes between the look and the deletion: the next run looks again."""

    class Overtaken(MemoryTables):
        meddling = True

        def write(self, table: str, partition: str, operations: Sequence[Operation]) -> list[str]:
            if self.meddling and table == INCIDENTS and type(operations[0]).__name__ == "Delete":
                self.meddling = False
                store.record([replace(of("2025-01-15"), rev=7)])
            return super().write(table, partition, operations)

    tables = Overtaken()
    store = TableStore(tables, Style())
    keep(store, of("2025-01-15"))
    assert INCIDENTS not in store.purge(BEFORE)
    assert weeks(tables, INCIDENTS) == ["2025-W03"]
    assert store.purge(BEFORE)[INCIDENTS] == 1


def test_entries_go_by_their_end(tables: Tables) -> None:
    """Silences and planned work that were over before go; what covers today stays, however long ago it began."""
    store, day = TableStore(tables, Style()), timedelta(days=1)
    for kind in EntryKind:
        store.add_entry(Entry(kind, BEFORE - 9 * day, BEFORE - day, "", "", "w", "old"))
        store.add_entry(Entry(kind, BEFORE - 9 * day, NOW + day, "", "", "w", "long"))
    assert store.purge(BEFORE) == {REMARKS: 2}
    assert {e.why for kind in EntryKind for e in store.entries(kind, BEFORE - 99 * day)} == {"long"}


def test_only_gateways_that_are_long_gone_are_forgotten(tables: Tables) -> None:
    """State is deleted of gateways that the list calls gone, if it is old and no poll will look at it."""
    store = TableStore(tables, Style())

    def state(name: str, seen: datetime) -> GatewayState:
        return GatewayState(name, (Checkpoint(seen, seen, {}),))

    old, young = BEFORE - timedelta(days=1), BEFORE + timedelta(days=1)
    states = [state("gone", old), state("gone-lately", young), state("due", old), state("alive", old)]
    store.commit("ws", None, Head(mark=NOW, due={"due": NOW}), states, [])
    assert store.purge_gateways("ws", ["gone", "gone-lately", "due", "never-seen"], BEFORE) == 1
    assert store.watched("ws") == ["alive", "due", "gone-lately"]
    assert store.purge_gateways("ws", [], BEFORE) == 0


# Taken out whole


@given(st.integers(0, 300), st.integers(0, 300), st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)))
def test_every_workspace_has_its_turn(count: int, gone: int, now: datetime) -> None:
    """Each is looked through once in some hours, and no hour asks for many more rows than a run has time for."""
    workspaces = [f"w{n}" for n in range(count)]
    start, hours = now.replace(tzinfo=UTC), max(1, -(-count * gone // LOOKED_AT))
    turns = [in_turn(workspaces, gone, start + n * timedelta(hours=1)) for n in range(hours)]
    assert sorted(w for turn in turns for w in turn) == sorted(workspaces)
    assert all(len(turn) * gone <= LOOKED_AT + gone for turn in turns)


def test_an_export_holds_every_row(tables: Tables) -> None:
    """Every row of every table, state too, in the order of its keys, each value with its type."""
    store = TableStore(tables, Style())
    keep(store, of("2025-01-15"), of("2026-08-20"))
    store.commit("ws", None, Head(mark=NOW), [], [])
    rows: dict[str, list[dict[str, Any]]] = {t: [json.loads(line) for line in lines(tables, t)] for t in TABLES}
    assert {t: len(found) for t, found in rows.items()} == {INCIDENTS: 2, OUTAGES: 2, MESSAGES: 2, REMARKS: 2} | {
        STATE: 1
    }
    (head,) = rows[STATE]
    there = tables.get(STATE, "ws", "head")
    assert there
    assert base64.b64decode(head["B0"]) == there.properties["B0"]
    assert (head["B0@odata.type"], head["Mark@odata.type"]) == ("Edm.Binary", "Edm.DateTime")
    assert head["Mark"] == "2026-08-21T12:00:00Z"
    first, second = rows[INCIDENTS]
    assert (first["PartitionKey"], second["PartitionKey"]) == ("2025-W03", "2026-W34")
    assert first["StartedAt"] == "2025-01-15T13:00:00Z"
    assert isinstance(first["DowntimeSeconds"], float)


def test_a_scan_is_ordered_filtered_and_ends_before(tables: Tables) -> None:
    """Both backends give the rows of a range of partitions in the order of their keys, those alone that hold a text."""
    store = TableStore(tables, Style())
    assert list(tables.scan(INCIDENTS, "~")) == []
    store.record([of("2026-08-20"), of("2025-01-15", Status.OPEN), of("2025-07-15")])
    assert weeks(tables, INCIDENTS) == ["2025-W03", "2025-W29", "2026-W34"]
    assert [p for p, _ in tables.scan(INCIDENTS, "2026-W34")] == ["2025-W03", "2025-W29"]
    assert [e.properties["Id"] for _, e in tables.scan(INCIDENTS, "~", {"Status": "open"})] == ["VPN-20250115-AAAAAA"]
