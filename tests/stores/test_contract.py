"""One suite for every backend of tables: what the store relies on holds in memory and in Microsoft's emulator alike."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from azure.data.tables import TableServiceClient
from azure.identity import DefaultAzureCredential
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from correlator.errors import StoreUnavailable
from correlator.stores.memory import EPOCH, MemoryTables
from correlator.stores.table_storage import TRANSPORT, AzureTables
from correlator.stores.tables import (
    BATCH,
    INCIDENTS,
    OUTAGES,
    STATE,
    TABLES,
    Conflict,
    Delete,
    Insert,
    Operation,
    Replace,
    Tables,
    Upsert,
)
from sandbox.stack import Stack
from tests.stores.faulty import ODATA, SECRET, Answer, faulty

P = "partition"
QUICK = {**TRANSPORT, "retry_backoff_factor": 0}
"""The same number of tries, without the pauses between them."""
NO_TAG = "W/\"datetime'2026-01-01T00%3A00%3A00.0000000Z'\""


def keys(tables: Tables, table: str = STATE, partition: str = P, first: str = "", last: str = "~") -> list[str]:
    """The row keys of a range."""
    return [e.row for e in tables.query(table, partition, first, last)[0]]


def test_a_table_that_was_never_written_is_empty(tables: Tables) -> None:
    """Nobody makes tables beforehand: reading one that does not exist finds nothing, and writing makes it."""
    for table in TABLES:
        assert tables.get(table, P, "a") is None
        assert keys(tables, table) == []
        assert tables.write(table, P, [Insert("a", {"N": 1})])[0]
        assert keys(tables, table) == ["a"]


def test_a_first_batch_makes_its_table(tables: Tables) -> None:
    """A table that does not exist is made by a batch as well as by a single write."""
    tables.write(OUTAGES, P, [Upsert("a", {}), Upsert("b", {})])
    assert keys(tables, OUTAGES) == ["a", "b"]


def test_values_come_back_as_they_were(tables: Tables) -> None:
    """Every type of value that rows hold comes back equal: text in any script, numbers, times to the µs, bytes."""
    at = datetime(2026, 8, 21, 17, 13, 4, 123456, UTC)
    properties = {
        "S": "名古屋 'x' \"y\" 🔧\n",
        "N": 7,
        "F": 12.5,
        "Whole": 28.0,
        "B": True,
        "At": at,
        "Raw": b"\0\xff" * 9,
    }
    tables.write(STATE, P, [Insert("a", properties)])
    found = tables.get(STATE, P, "a")
    assert found
    assert dict(found.properties) == properties
    assert {k: type(v) for k, v in found.properties.items() if k in ("N", "F", "Whole", "B")} == {
        "N": int, "F": float, "Whole": float, "B": bool
    }  # fmt: skip
    assert tables.query(STATE, P, "a", "b")[0] == [found]


def test_an_insert_meets_an_existing_row(tables: Tables) -> None:
    """An insert of a row that is there is a conflict and changes nothing."""
    tables.write(STATE, P, [Insert("a", {"N": 1})])
    with pytest.raises(Conflict):
        tables.write(STATE, P, [Insert("a", {"N": 2})])
    found = tables.get(STATE, P, "a")
    assert found
    assert dict(found.properties) == {"N": 1}


def test_a_replace_needs_the_newest_tag(tables: Tables) -> None:
    """A replace succeeds once per tag, gives the next tag, and leaves no property of the old row behind."""
    (first,) = tables.write(STATE, P, [Insert("a", {"N": 1, "Old": 1})])
    (second,) = tables.write(STATE, P, [Replace("a", {"N": 2}, first)])
    assert second not in ("", first)
    with pytest.raises(Conflict):
        tables.write(STATE, P, [Replace("a", {"N": 3}, first)])
    found = tables.get(STATE, P, "a")
    assert found
    assert (dict(found.properties), found.etag) == ({"N": 2}, second)


def test_a_replace_of_a_missing_row_is_a_conflict(tables: Tables) -> None:
    """A row that was deleted meanwhile cannot be replaced."""
    tables.write(STATE, P, [Insert("b", {})])
    with pytest.raises(Conflict):
        tables.write(STATE, P, [Replace("a", {}, NO_TAG)])
    with pytest.raises(Conflict):
        tables.write(STATE, P, [Replace("a", {}, NO_TAG), Upsert("b", {})])


def test_a_replace_in_a_missing_table_is_a_conflict(stack: Stack) -> None:
    """A table that somebody deleted holds no row to replace: a conflict, so that the run drops its work."""
    tables = AzureTables.at(stack.azurite.tables_endpoint, DefaultAzureCredential())
    with pytest.raises(Conflict):
        tables.write(STATE, P, [Replace("a", {}, NO_TAG)])


def test_an_upsert_writes_whatever_is_there(tables: Tables) -> None:
    """An upsert makes a row or replaces it whole."""
    tables.write(STATE, P, [Upsert("a", {"N": 1, "Old": 1})])
    tables.write(STATE, P, [Upsert("a", {"N": 2})])
    found = tables.get(STATE, P, "a")
    assert found
    assert dict(found.properties) == {"N": 2}


def test_a_delete_removes_whatever_is_there(tables: Tables) -> None:
    """A delete needs no tag, and deleting what is gone is fine when it is the only operation."""
    tables.write(STATE, P, [Insert("a", {"N": 1})])
    for _ in range(2):
        tables.write(STATE, P, [Delete("a")])
        assert tables.get(STATE, P, "a") is None


@pytest.mark.parametrize("stale", [Insert("b", {"N": 9}), Replace("b", {"N": 9}, NO_TAG)])
def test_a_batch_is_all_or_nothing(tables: Tables, stale: Operation) -> None:
    """One operation of a batch that meets a conflict undoes every other, wherever it stands."""
    (tag,) = tables.write(STATE, P, [Insert("a", {"N": 1})])
    tables.write(STATE, P, [Insert("b", {"N": 1}), Insert("gone", {"N": 1})])
    batches: tuple[list[Operation], ...] = (
        [stale, Insert("c", {}), Replace("a", {"N": 2}, tag), Delete("gone")],
        [Delete("gone"), Replace("a", {"N": 2}, tag), Upsert("c", {}), stale],
    )
    for batch in batches:
        with pytest.raises(Conflict):
            tables.write(STATE, P, batch)
        assert keys(tables) == ["a", "b", "gone"]
        found = tables.get(STATE, P, "a")
        assert found
        assert (dict(found.properties), found.etag) == ({"N": 1}, tag)


def test_a_batch_gives_its_tags_in_order(tables: Tables) -> None:
    """The tags of a batch come in the order of its operations and are those that the next replace needs."""
    tags = tables.write(STATE, P, [Insert("b", {}), Upsert("a", {}), Insert("c", {})])
    for row, tag in zip("bac", tags, strict=True):
        found = tables.get(STATE, P, row)
        assert found
        assert found.etag == tag
    tables.write(STATE, P, [Replace("a", {}, tags[1]), Replace("c", {}, tags[2])])


def test_a_whole_batch_of_a_hundred(tables: Tables) -> None:
    """The service takes a hundred operations at once, and so do we."""
    tags = tables.write(STATE, P, [Insert(f"{n:03d}", {"N": n}) for n in range(BATCH)])
    assert len(tags) == BATCH == len(keys(tables))


def test_a_batch_may_not_delete_what_is_gone() -> None:
    """In a batch a delete of a row that is gone is a conflict, as it is in the service; memory must not be kinder."""
    tables = MemoryTables()
    tables.write(STATE, P, [Insert("a", {})])
    with pytest.raises(Conflict):
        tables.write(STATE, P, [Delete("gone"), Upsert("a", {"N": 2})])


def test_the_service_refuses_a_batch_that_deletes_what_is_gone(stack: Stack) -> None:
    """In the emulator a batch with a delete of a missing row is a conflict, and nothing of it is applied."""
    tables = AzureTables.at(stack.azurite.tables_endpoint, DefaultAzureCredential())
    (tag,) = tables.write(STATE, P, [Insert("a", {})])
    with pytest.raises(Conflict):
        tables.write(STATE, P, [Delete("gone"), Upsert("a", {"N": 2})])
    found = tables.get(STATE, P, "a")
    assert found
    assert found.etag == tag


def test_a_range_is_half_open_and_in_key_order(tables: Tables) -> None:
    """A query gives the rows from its first key up to before its last, ordered by key, of one partition alone."""
    for row in ("notice|2", "head", "gateway|z", "notice|1", "notice~", "Head"):
        tables.write(STATE, P, [Insert(row, {})])
    tables.write(STATE, "other", [Insert("head", {})])
    assert keys(tables, first="head", last="notice~") == ["head", "notice|1", "notice|2"]
    assert keys(tables, first="gateway|", last="head") == ["gateway|z"]
    assert keys(tables) == ["Head", "gateway|z", "head", "notice|1", "notice|2", "notice~"]
    assert keys(tables, partition="other") == ["head"]
    assert keys(tables, first="x", last="z") == []


def test_quotes_in_keys_are_harmless(tables: Tables) -> None:
    """A key with an apostrophe is data, never part of a query."""
    hostile = "x' or RowKey ge '"
    tables.write(STATE, hostile, [Insert(hostile, {"N": 1})])
    tables.write(STATE, P, [Insert("a", {})])
    assert keys(tables, partition=hostile) == [hostile]
    found = tables.get(STATE, hostile, hostile)
    assert found
    assert found.row == hostile


def test_more_rows_than_one_page(tables: Tables) -> None:
    """A range of more than a thousand rows comes whole and in order, though the service gives a thousand at a time."""
    rows = [f"{n:05d}" for n in range(1050)]
    for at in range(0, len(rows), BATCH):
        tables.write(INCIDENTS, P, [Insert(row, {}) for row in rows[at : at + BATCH]][::-1])
    assert keys(tables, INCIDENTS) == rows


def test_the_clock_comes_with_every_query(tables: Tables) -> None:
    """Every query tells the service's own time in UTC, also where the table does not exist yet, never running back."""
    clocks = [tables.query(STATE, P, "", "~")[1] for _ in range(3)]
    assert all(c.utcoffset() == timedelta(0) for c in clocks)
    assert all(a <= b for a, b in pairwise(clocks))
    if isinstance(tables, MemoryTables):
        assert clocks[0] == EPOCH
    else:
        assert clocks[0] > datetime(2026, 1, 1, tzinfo=UTC)


rows = st.sampled_from(["a", "b", "c", "head", "notice|1"])
values = st.integers(0, 9).map(lambda n: {"N": n})
steps = st.lists(
    st.lists(
        st.one_of(
            st.tuples(st.just("insert"), rows, values),
            st.tuples(st.just("replace"), rows, values),
            st.tuples(st.just("stale"), rows, values),
            st.tuples(st.just("upsert"), rows, values),
            st.tuples(st.just("delete"), rows, values),
        ),
        min_size=1,
        max_size=3,
        unique_by=lambda o: o[1],
    ),
    min_size=1,
    max_size=12,
)


class _Player:
    """Plays steps on a backend, with the tags that this backend gave."""

    def __init__(self, tables: Tables, partition: str) -> None:
        self.tables, self.partition = tables, partition
        self.tags: dict[str, list[str]] = {}

    def play(self, step: list[tuple[str, str, dict[str, int]]]) -> str:
        try:
            tags = self.tables.write(STATE, self.partition, [self._operation(*o) for o in step])
        except Conflict:
            return "conflict"
        for (_, row, _), tag in zip(step, tags, strict=True):
            self.tags.setdefault(row, []).append(tag)
        return "done"

    def _operation(self, kind: str, row: str, properties: dict[str, int]) -> Operation:
        seen = [t for t in self.tags.get(row, []) if t] or [NO_TAG]
        make: dict[str, Callable[[], Operation]] = {
            "insert": lambda: Insert(row, properties),
            "replace": lambda: Replace(row, properties, seen[-1]),
            "stale": lambda: Replace(row, properties, seen[0] if len(seen) > 1 else NO_TAG),
            "upsert": lambda: Upsert(row, properties),
            "delete": lambda: Delete(row),
        }
        return make[kind]()

    def content(self) -> list[tuple[str, dict[str, Any]]]:
        return [(e.row, dict(e.properties)) for e in self.tables.query(STATE, self.partition, "", "~")[0]]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(plan=steps)
def test_memory_behaves_as_the_service(stack: Stack, plan: list[list[tuple[str, str, dict[str, int]]]]) -> None:
    """Any sequence of writes has the same outcomes and leaves the same rows in memory and in the emulator."""
    azure = AzureTables.at(stack.azurite.tables_endpoint, DefaultAzureCredential())
    for row in azure.query(STATE, P, "", "~")[0]:
        azure.write(STATE, P, [Delete(row.row)])
    real, memory = _Player(azure, P), _Player(MemoryTables(), P)
    for step in plan:
        there = {row for row, _ in memory.content()}
        if len(step) > 1 and any(kind == "delete" and row not in there for kind, row, _ in step):
            continue  # the one known difference, which has its own test
        assert real.play(step) == memory.play(step)
    assert real.content() == memory.content()


FAILURES = {
    "forbidden": Answer(403, ODATA.format("AuthorizationPermissionMismatch", "This request is not authorized.")),
    "signed wrongly": Answer(403, ODATA.format("AuthenticationFailed", f"key {SECRET} differs")),
    "throttled": Answer(429, ODATA.format("ServerBusy", "Too many requests.")),
    "unavailable": Answer(503, ODATA.format("ServerBusy", "The server is busy.")),
    "a proxy's page": Answer(502, "<html><body><h1>502 Bad Gateway</h1>\n</body></html>", "text/html"),
    "dropped": Answer(0),
    "a portal's page": Answer(200, "<html>\n<h1>Sign in</h1></html>", "text/html"),
    "half an answer": Answer(200, '{"value":[{"PartitionKey":"partit'),
}
CALLS: dict[str, Callable[[Tables], object]] = {
    "query": lambda t: t.query(STATE, P, "", "~"),
    "get": lambda t: t.get(STATE, P, "a"),
    "insert": lambda t: t.write(STATE, P, [Insert("a", {})]),
    "replace": lambda t: t.write(STATE, P, [Replace("a", {}, "W/1")]),
    "upsert": lambda t: t.write(STATE, P, [Upsert("a", {})]),
    "delete": lambda t: t.write(STATE, P, [Delete("a")]),
    "batch": lambda t: t.write(STATE, P, [Insert("a", {}), Upsert("b", {})]),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("failure", FAILURES)
def test_a_service_that_fails_is_said_in_one_line(failure: str, call: str) -> None:
    """Whatever storage answers instead of working, each call raises StoreUnavailable: one line, no secret, no cause."""
    with faulty(FAILURES[failure]) as service:
        tables = AzureTables(TableServiceClient.from_connection_string(service.connection_string, **QUICK))
        with pytest.raises(StoreUnavailable) as caught:
            CALLS[call](tables)
    text = str(caught.value)
    assert re.fullmatch(r"[^\n]{10,300}", text)
    shown = "".join(traceback.format_exception(caught.value))
    assert SECRET not in text + shown
    assert "SharedKey" not in text + shown
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    if failure in ("forbidden", "signed wrongly"):
        assert "Storage Table Data Contributor" in text
    if failure in ("throttled", "unavailable", "a proxy's page", "dropped"):
        assert len(service.requests) == 4, "every kind of request is tried again"


def test_nobody_listening_is_said_in_one_line() -> None:
    """A service that cannot be reached at all is unavailable too."""
    with faulty(Answer(0)) as service:
        text = service.connection_string
    tables = AzureTables(TableServiceClient.from_connection_string(text, **QUICK))
    with pytest.raises(StoreUnavailable) as caught:
        tables.query(STATE, P, "", "~")
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("call", ["query", "insert"])
def test_two_hosts_make_a_table_at_once(call: str) -> None:
    """Losing the race to make a missing table is no failure: not found, then already there, then it works."""
    missing = Answer(404, ODATA.format("TableNotFound", "The table specified does not exist."))
    exists = Answer(409, ODATA.format("TableAlreadyExists", "The table specified already exists."))
    with faulty(missing, exists, Answer(204)) as service:
        tables = AzureTables(TableServiceClient.from_connection_string(service.connection_string, **QUICK))
        CALLS[call](tables)


def test_a_delete_may_ask_for_a_version(tables: Tables) -> None:
    """A delete with a tag takes that version away and no other, alone and in a batch, and then nothing is applied."""
    (old,) = tables.write(STATE, P, [Insert("a", {"N": 1})])
    (new,) = tables.write(STATE, P, [Replace("a", {"N": 2}, old)])
    with pytest.raises(Conflict):
        tables.write(STATE, P, [Delete("a", old)])
    with pytest.raises(Conflict):
        tables.write(STATE, P, [Insert("b", {"N": 1}), Delete("a", old)])
    assert keys(tables) == ["a"]
    tables.write(STATE, P, [Insert("b", {"N": 1}), Delete("a", new)])
    assert keys(tables) == ["b"]


@pytest.mark.parametrize("status", [409, 412])
def test_a_query_meets_no_condition(status: int) -> None:
    """An answer that only a write can get is a failure of storage where a query gets it: it is named as any other."""
    with faulty(Answer(status, ODATA.format("UpdateConditionNotSatisfied", "changed"))) as service:
        tables = AzureTables(TableServiceClient.from_connection_string(service.connection_string, **QUICK))
        with pytest.raises(StoreUnavailable, match=f"HTTP {status}"):
            tables.query(STATE, P, "", "~")
        with pytest.raises(StoreUnavailable, match=f"HTTP {status}"):
            tables.get(STATE, P, "a")
