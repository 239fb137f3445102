"""A large answer is read in pieces, and nobody can tell by its rows."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from correlator.errors import UsageError
from correlator.sources import pieces
from correlator.sources.answer import TextRows
from correlator.sources.export import Exported, read_files

NAMES = ("TimeGenerated", "_ResourceId", "Category", "Message", "remoteIP_s")
TRICKY = ('"],["', '\\"],["', '"],', "],[", '"]]}],', '{"rows":[["', "\\", '"', "é", "\n")
"""What might be taken for the end of a row, of the rows or of the tables."""
CELL = st.lists(st.sampled_from((*TRICKY, "a")), max_size=5).map("".join)
ROW = st.tuples(CELL, CELL, st.sampled_from(["TunnelDiagnosticLog", "IKEDiagnosticLog", ""]), CELL, CELL).map(list)
WRITERS: dict[str, Callable[[Any], str]] = {
    "compact": lambda document: json.dumps(document, separators=(",", ":")),
    "usual": json.dumps,
    "indented": lambda document: json.dumps(document, indent=1),
    "letters as they are": lambda document: json.dumps(document, ensure_ascii=False),
}


def table(rows: list[list[Any]]) -> dict[str, Any]:
    """As the query API answers."""
    return {"name": "PrimaryResult", "columns": [{"name": n, "type": "string"} for n in NAMES], "rows": rows}


def in_pieces(file: Path, size: int) -> Exported:
    """The file's rows, read in pieces of so many bytes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "SMALL", size)
        patch.setattr(pieces, "SIZE", size)
        return read_files([file])


def same(one: Exported, other: Exported) -> bool:
    """Rows, places, what was skipped and what else is said."""
    return (one.rows, list(one.places), *one[2:]) == (other.rows, list(other.places), *other[2:])


@given(
    tables=st.lists(st.lists(ROW, max_size=12).map(table), min_size=1, max_size=3),
    before=st.sampled_from([{}, {"x": {"rows": [["a"], ["b"]]}}, {"rows": [["a"], ["b"]]}]),
    within=st.sampled_from([{}, {"x": [["a"], ["b"]]}, {"x": [["a"] * len(NAMES)] * 20}]),
    more=st.sampled_from([{}, {"error": {"message": "cut"}}, {"x": [["a", "b"], ["c", "d"]]}]),
    size=st.integers(150, 1200),
    writer=st.sampled_from(list(WRITERS)),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pieces_give_what_the_whole_gives(
    tmp_path: Path,
    tables: list[dict[str, Any]],
    before: dict[str, Any],
    within: dict[str, Any],
    more: dict[str, Any],
    size: int,
    writer: str,
) -> None:
    """Whatever stands in the cells and around the rows, and whoever wrote it: rows, places and remarks are the same."""
    file = tmp_path / "answer.json"
    answer = before | {"tables": [table | within for table in tables]} | more
    file.write_text(WRITERS[writer](answer), encoding="utf-8")
    assert same(in_pieces(file, size), read_files([file]))


@given(null=st.integers(0, 39), size=st.integers(150, 1200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_cell_that_is_no_text_is_read_all_the_same(tmp_path: Path, null: int, size: int) -> None:
    """Somewhere in the file a cell is null: what follows is read as a whole, and numbers go on."""
    rows: list[list[Any]] = [[f"2026-08-21T17:00:{n:02}Z", "/g", "TunnelDiagnosticLog", "m", "p"] for n in range(40)]
    rows[null][3] = None
    file = tmp_path / "answer.json"
    file.write_text(json.dumps({"tables": [table(rows)]}))
    found = in_pieces(file, size)
    assert same(found, read_files([file]))
    assert list(found.places) == [(str(file), n) for n in range(1, 41)]


def test_no_piece_holds_the_whole(tmp_path: Path) -> None:
    """A thousand rows come in pieces that are not much longer than asked for, and every row comes once."""
    rows = [[f"{n}", "/g", "TunnelDiagnosticLog", "m", "p"] for n in range(1000)]
    text = json.dumps({"tables": [table(rows)]}).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "SMALL", 1000)
        patch.setattr(pieces, "SIZE", 1000)
        found = [json.loads(p)["tables"][0] if isinstance(p, bytes) else p for p in pieces.pieces(io.BytesIO(text))]
    assert [list(row) for part in found for row in part["rows"]] == rows
    assert max(len(part["rows"]) for part in found) < 50


def test_words_are_one_object_each_and_a_new_one_is_read_too() -> None:
    """A column of few texts holds each of them once, whatever comes later; one of many texts is read as it comes."""
    reader = TextRows(3)
    for first in (0, 100, 200):
        late = "Route" if first == 200 else "Tunnel"
        rows = [[f"{n}", "Gateway" if n % 2 else "Tunnel", late] for n in range(first, first + 100)]
        for _ in range(2):
            found = reader.read(json.dumps(rows).encode()) or ()
            assert [list(row) for row in found] == rows
        assert len({id(row[1]) for row in found}) == 2
    assert reader.read(b'[["1", "Tunnel", null]]') is None
    assert reader.read(b'[["1", "Tunnel"]]') is None
    assert reader.read(b'[["1", "Tunnel", "Tunnel"') is None


@given(kept=st.integers(1, 99), writer=st.sampled_from(list(WRITERS)), size=st.sampled_from([200, 1 << 20]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_wherever_a_file_breaks_off(tmp_path: Path, kept: int, writer: str, size: int) -> None:
    """Large or small, in one line or many: what is left of an answer is refused by name, with the way out."""
    rows = [[f"{n}", "/g", "TunnelDiagnosticLog", "m", "p"] for n in range(20)]
    file = tmp_path / "answer.json"
    text = WRITERS[writer]({"tables": [table(rows)]})
    file.write_text(text[: len(text) * kept // 100])
    with pytest.raises(UsageError, match=r"answer\.json is no whole JSON document: .*; if it was cut short, export it"):
        in_pieces(file, size)


@pytest.mark.parametrize("opening", ['{"rows": [', '{"rows":\n[', '{\n"value": [', '{"tables": [{"columns": ['])
@pytest.mark.parametrize("kept", [1, 2, 5])
def test_a_file_that_breaks_off_between_two_lines(tmp_path: Path, opening: str, kept: int) -> None:
    """With a row a line the last one that is left is whole: that makes no JSON lines of it."""
    file = tmp_path / "answer.json"
    row = json.dumps({"TimeGenerated": "2026-08-21T17:00:00Z", "Category": "TunnelDiagnosticLog"})
    file.write_text(f"{opening}\n" + ",\n".join([row] * kept))
    with pytest.raises(UsageError, match="is no whole JSON document"):
        read_files([file])


def test_a_file_that_breaks_off_is_refused(tmp_path: Path) -> None:
    """Rows before the break could give half an incident, so none is used, and the line says where it is."""
    rows = [[f"{n}", "/g", "TunnelDiagnosticLog", "m", "p"] for n in range(1000)]
    file = tmp_path / "answer.json"
    file.write_text(json.dumps({"tables": [table(rows)]})[:-20])
    with pytest.raises(UsageError, match="no whole JSON document: row (9[0-9][0-9]|1000) and what follows"):
        in_pieces(file, 1000)
