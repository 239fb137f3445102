"""The text of an answer: whatever way it is read, the same rows."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlator.model import LogRow
from correlator.queries import COLUMNS
from correlator.sources.query_api import TextRow, log_rows

stamps = st.one_of(
    st.datetimes().map(lambda t: f"{t.isoformat()}Z"), st.just("2026-08-21T17:56:00.1234567Z"), st.text()
)
row_cells = st.tuples(stamps, stamps, *[st.none() | st.text()] * 8)


def body(columns: list[str], rows: list[list[Any]], ascii_only: bool = True) -> bytearray:
    """An answer of one table."""
    table = {"name": "PrimaryResult", "columns": [{"name": c, "type": "string"} for c in columns], "rows": rows}
    return bytearray(json.dumps({"tables": [table]}, ensure_ascii=ascii_only).encode())


def read(columns: list[str], rows: list[list[Any]], ascii_only: bool = True) -> list[LogRow]:
    """The rows of such an answer."""
    (table,) = log_rows(body(columns, rows, ascii_only)).tables
    return table.rows


@given(st.lists(row_cells), st.permutations(range(len(COLUMNS))), st.booleans())
def test_both_ways_give_the_same_rows(rows: list[tuple[str | None, ...]], order: list[int], ascii_only: bool) -> None:
    """Text in LogRow's order is parsed straight into rows; with nulls, another order or more columns it is the same."""
    plain = [[cell or "" for cell in row] for row in rows]
    straight = read(COLUMNS, plain, ascii_only)
    assert {type(row) for row in straight} <= {TextRow}
    assert straight == list(map(tuple, plain))
    assert straight == read(COLUMNS, [list(row) for row in rows])
    for cells in (plain, rows):
        assert straight == read([COLUMNS[n] for n in order], [[row[n] for n in order] for row in cells])
    assert straight == read(["Kind", *COLUMNS], [[7, *row] for row in rows])


def test_a_column_that_is_lacking_is_empty() -> None:
    """What the service does not send is no text of a row, and no other column takes its place."""
    places = [name for name in COLUMNS if name != "Status"]
    assert read(places, [places]) == [tuple("" if name == "Status" else name for name in COLUMNS)]


@pytest.mark.parametrize("cells", [9, 11])
@pytest.mark.parametrize("nulls", [False, True])
def test_a_row_of_another_length_is_an_error(cells: int, nulls: bool) -> None:
    """A row that has not a cell for every column is guessed at by neither way."""
    with pytest.raises(msgspec.ValidationError):
        log_rows(body(COLUMNS, [[None if nulls else "x"] * cells]))
