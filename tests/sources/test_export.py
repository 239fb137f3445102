"""Rows from files, in every shape in which people export them; what cannot be read is said with its place."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlator.categories import moment, read_rows
from correlator.errors import CorrelatorError, UsageError
from correlator.model import LogRow
from correlator.sources.export import Exported, read_files
from tests.fakes import at

Write = Callable[..., Path]
GATEWAY = "/subscriptions/s/resourcegroups/g/providers/microsoft.network/virtualnetworkgateways/gw1"
ROW: dict[str, Any] = {
    "TimeGenerated": "2026-08-21T17:13:04Z",
    "IngestionTime": "2026-08-21T17:16:00Z",
    "Type": "AzureDiagnostics",
    "Category": "TunnelDiagnosticLog",
    "OperationName": "TunnelDisconnected",
    "Message": "",
    "_ResourceId": GATEWAY,
    "ResourceId": GATEWAY.upper(),
    "status_s": "Disconnected",
    "instance_s": "IN_1",
    "remoteIP_s": "203.0.113.10",
    "stateChangeReason_s": "DPD timed out",
}
READ = LogRow(
    "2026-08-21T17:13:04Z", "2026-08-21T17:16:00Z", GATEWAY, "TunnelDiagnosticLog", "TunnelDisconnected", "",
    "Disconnected", "IN_1", "203.0.113.10", "DPD timed out",
)  # fmt: skip
ACTIVITY = {
    "TimeGenerated": "2026-08-21T17:00:00Z",
    "Type": "AzureActivity",
    "OperationNameValue": "MICROSOFT.NETWORK/VIRTUALNETWORKGATEWAYS/RESET/ACTION",
    "Category": "Administrative",
    "_ResourceId": GATEWAY,
}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file and gives its path."""

    def written(content: str | bytes, name: str = "export") -> Path:
        file = tmp_path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    return written


def read(file: Path, dates: str | None = None) -> Exported:
    """One file."""
    return read_files([file], dates)


def table(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Rows as the query API answers."""
    names = list(dict.fromkeys(n for r in rows for n in r))
    columns = [{"name": n, "type": "string"} for n in names]
    return {
        "tables": [{"name": "PrimaryResult", "columns": columns, "rows": [[r.get(n) for n in names] for r in rows]}]
    }


def as_csv(rows: list[dict[str, Any]], names: dict[str, str] | None = None) -> str:
    """Rows as the portal downloads them; ``names`` changes column names."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(n for r in rows for n in r)), restval="")
    writer.writerow({n: (names or {}).get(n, n) for n in writer.fieldnames})
    writer.writerows(rows)
    return text.getvalue()


SHAPES: dict[str, Callable[[list[dict[str, Any]]], str]] = {
    "array": json.dumps,
    "pretty array": lambda rows: json.dumps(rows, indent=2),
    "lines": lambda rows: "\n".join(map(json.dumps, rows)),
    "lines with blanks": lambda rows: "\r\n\r\n".join(map(json.dumps, rows)) + "\r\n",
    "rows": lambda rows: json.dumps({"rows": rows}),
    "tables": lambda rows: json.dumps(table(rows)),
    "csv": as_csv,
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "UTF-16-BE"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_same_rows(write: Write, shape: str, encoding: str) -> None:
    """The same rows come out of every shape of file, in UTF-8 or in UTF-16 with its mark, and none is skipped."""
    second = ROW | {"TimeGenerated": "2026-08-21T18:00:00Z", "Message": 'a "b", c'}
    mark = "\ufeff" if encoding.endswith("BE") else ""
    found = read(write((mark + SHAPES[shape]([ROW, second])).encode(encoding)))
    assert found.rows == [READ, READ._replace(at="2026-08-21T18:00:00Z", message='a "b", c')]
    assert found.skipped == []


@pytest.mark.parametrize("shape", SHAPES)
def test_activity_rows_may_be_mixed_in(write: Write, shape: str) -> None:
    """Rows of AzureActivity beside the others are told apart, and none of them is called unreadable."""
    found = read(write(SHAPES[shape]([ACTIVITY, ROW])))
    assert found.skipped == []
    result = read_rows(found.rows)
    assert result.unreadable == []
    assert [len(log.tunnels) for log in result.logs.values()] == [1]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("empty", [None, ""])
@pytest.mark.parametrize("typed", [True, False], ids=["Type", "no Type"])
def test_a_unions_export_has_every_column(write: Write, typed: bool, empty: str | None, shape: str) -> None:
    """In the export of a union every row has the columns of both tables: Type or a value tells, not a column's name."""
    padded = [dict.fromkeys(ACTIVITY.keys() | ROW.keys(), empty) | row for row in (ACTIVITY, ROW)]
    found = read(write(SHAPES[shape]([row if typed else row | {"Type": empty} for row in padded])))
    assert [r.category for r in found.rows] == ["AzureActivity", READ.category]
    assert found.rows[1] == READ
    assert (found.rows[0].operation, found.rows[0].gateway) == (ACTIVITY["OperationNameValue"], GATEWAY)
    assert found.skipped == []


@pytest.mark.parametrize(
    ("record", "category", "skipped"),
    [
        ({"Type": "AzureDiagnostics", "OperationNameValue": "x"}, READ.category, 0),
        ({"Type": "", "OperationNameValue": "x"}, READ.category, 0),
        ({"Type": "VpnLogs_CL"}, READ.category, 0),
        ({"Category": "IKEDiagnosticLog"}, "IKEDiagnosticLog", 0),
        ({"Type": "AzureActivity", "OperationNameValue": ""}, "AzureActivity", 0),
        ({"Type": "", "OperationNameValue": "x", "Category": "Administrative"}, "AzureActivity", 0),
        ({"Type": "", "OperationNameValue": "x", "Category": ""}, "AzureActivity", 0),
        ({"Type": "AzureMetrics", "OperationNameValue": "x", "Category": ""}, None, 1),
        ({"Category": None}, None, 1),
        ({"Category": ""}, None, 1),
    ],
    ids=str,
)
@pytest.mark.parametrize("shape", SHAPES)
def test_what_a_row_belongs_to(
    write: Write, shape: str, record: dict[str, Any], category: str | None, skipped: int
) -> None:
    """Type says which table a row is of, else its columns do; a row of neither table is counted with its place."""
    found = read(write(SHAPES[shape]([ROW | record])))
    assert ([r.category for r in found.rows], len(found.skipped)) == ([category] if category else [], skipped)


def test_one_object_is_one_row(write: Write) -> None:
    """A file that holds one row and no brackets is read too."""
    assert read(write(json.dumps(ROW))).rows == [READ]


def test_many_files_are_read_in_order(write: Write) -> None:
    """Rows of several files come one file after the other, each with its place, and progress counts all bytes."""
    files = [write(json.dumps(ROW), "a"), write("\n\n".join([json.dumps(ROW)] * 2), "b")]
    done: list[int] = []
    found = read_files(files, None, done.append)
    assert list(found.places) == [(str(files[0]), 1), (str(files[1]), 1), (str(files[1]), 3)]
    assert sum(done) == sum(f.stat().st_size for f in files)


def test_bad_lines_are_skipped_with_their_place(write: Write) -> None:
    """Lines that are no JSON, no object or no row of these logs are counted with file, line and why; others count."""
    text = "\n".join([json.dumps(ROW), "{bad", "5", '"x"', "[]", "null", '{"a": 1}', "", json.dumps(ROW)])
    file = write(text)
    found = read(file)
    assert found.rows == [READ, READ]
    assert [p for _, p in found.places] == [1, 9]
    assert [s.line for s in found.skipped] == [2, 3, 4, 5, 6, 7]
    assert all(s.file == str(file) and s.why and "\n" not in s.why for s in found.skipped)


def test_bad_members_are_skipped_with_their_place(write: Write) -> None:
    """Members of an array that are no row are counted by their place in it."""
    found = read(write(json.dumps([5, ROW, {"a": 1}, None])))
    assert found.rows == [READ]
    assert [s.line for s in found.skipped] == [1, 3, 4]


@pytest.mark.parametrize("shape", SHAPES)
def test_values_may_sit_in_additional_fields(write: Write, shape: str) -> None:
    """Values in AdditionalFields (JSON text in exports) are found without their suffix, in every shape of file."""
    kept = {k: v for k, v in ROW.items() if not k.endswith("_s")}
    more = {"status": "Disconnected", "instance": "IN_1", "remoteIP": "203.0.113.10"}
    found = read(
        write(SHAPES[shape]([kept | {"AdditionalFields": json.dumps(more | {"stateChangeReason": "DPD timed out"})}]))
    )
    assert found.rows == [READ]


@pytest.mark.parametrize("more", [5, "x", "[1]", None, [], {"status": 7}, "{", "[" * 200_000], ids=lambda m: str(m)[:9])
def test_additional_fields_may_hold_anything(write: Write, more: object) -> None:
    """AdditionalFields that is no object is passed over, and never hides the columns that are there."""
    (row,) = read(write(json.dumps([ROW | {"AdditionalFields": more}]))).rows
    assert row == READ


@pytest.mark.parametrize("ids", [{"_ResourceId": ""}, {"_ResourceId": None}, {"_ResourceId": f"  {GATEWAY.upper()}\n"}])
@pytest.mark.parametrize("shape", ["array", "tables", "csv"])
def test_one_gateway_in_any_case(write: Write, ids: dict[str, Any], shape: str) -> None:
    """A gateway is _ResourceId, else ResourceId, trimmed and folded."""
    found = read(write(SHAPES[shape]([ROW, ROW | ids])))
    assert list(read_rows(found.rows).logs) == [GATEWAY]


# What cannot be read at all

UNUSABLE = {
    "empty": b"",
    "blank": b" \n\n",
    "mark alone": b"\xef\xbb\xbf",
    "words": b"hello\nworld\n",
    "UTF-16 without its mark": json.dumps([ROW]).encode("utf-16-le"),
    "UTF-16, half a character": json.dumps([ROW]).encode("utf-16")[:-1],
    "binary": bytes(range(256)),
    "zip": b"PK\x03\x04\x14\x00\x08\x08\xff\xfe",
    "half an array": json.dumps([ROW])[:-9].encode(),
    "html": b"<html><body>Sign in</body></html>",
    "csv of something": b"a,b\n1,2\n",
    "tables of nothing": b'{"tables": [{}]}',
    "tables is a number": b'{"tables": 5}',
    "a table of tables": b'{"tables": [[]]}',
    "columns without rows": b'{"tables": [{"columns": []}]}',
    "columns without names": b'{"tables": [{"columns": [{}], "rows": []}]}',
    "a column named by a number": b'{"tables": [{"columns": [{"name": 5}], "rows": []}]}',
    "deep": b"[" * 200_000,
    "a quote never closed": (as_csv([ROW]) + '"' + "x" * 140_000).encode(),
    "a quote never closed, short": (as_csv([ROW]) + '"x,y').encode(),
    "bare carriage returns": b"TimeGenerated,Category\rx,y",
    "a number without end": b'[{"Category": ' + b"9" * 5000 + b"}]",
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_file_that_cannot_be_used_is_named(write: Write, name: str) -> None:
    """A file that is none of these shapes is refused in one line that names it, never with a stray exception."""
    file = write(UNUSABLE[name])
    with pytest.raises(UsageError) as caught:
        read(file)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    """A file that cannot be opened is refused in one line."""
    with pytest.raises(UsageError, match=r"absent cannot be read"):
        read(tmp_path / "absent")


@pytest.mark.parametrize(
    "rows",
    [[["Disconnected"]], [[1, 2, 3, 4]], [[{"a": 1}, ["x"], True]]],
    ids=["short", "long and numbers", "objects"],
)
def test_cells_of_a_table_may_be_anything(write: Write, rows: list[list[Any]]) -> None:
    """A table's row that is too short, too long or holds no text is read or counted, never a stray exception."""
    columns = [{"name": n} for n in ("Category", "OperationName", "_ResourceId")]
    found = read(write(json.dumps({"tables": [{"columns": columns, "rows": rows}]})))
    read_rows(found.rows)
    assert all(isinstance(cell, str) for row in found.rows for cell in row)
    assert len(found.rows) + len(found.skipped) == 1


def test_odd_rows_of_a_table_keep_their_places(write: Write) -> None:
    """Among usual rows, odd ones are read or counted in their place, over all tables of a document."""
    document = table([ROW, ROW, ROW])
    (first,) = document["tables"]
    first["rows"][1:2] = [5, first["rows"][1][:4], [*first["rows"][1], "more"], {}]
    document["tables"].append(table([ROW])["tables"][0])
    found = read(write(json.dumps(document)))
    assert [line for _, line in found.places] == [1, 3, 4, 6, 7]
    assert [s.line for s in found.skipped] == [2, 5]
    assert [found.rows[n] for n in (0, 2, 3, 4)] == [READ] * 4
    assert found.rows[1] == LogRow(READ.at, READ.ingested, "", READ.category, "", "", "", "", "", "")


@pytest.mark.parametrize("names", [("tables", "columns", "rows"), ("Tables", "Columns", "Rows")], ids=str)
def test_tables_of_the_older_api(write: Write, names: tuple[str, str, str]) -> None:
    """The older API writes a column's name as ColumnName, and its own names with capitals."""
    tables, columns, rows = names
    cells = [{"ColumnName": name, "DataType": "String"} for name in ROW]
    assert read(write(json.dumps({tables: [{columns: cells, rows: [list(ROW.values())]}]}))).rows == [READ]


def test_lines_that_no_parser_takes_are_counted(write: Write) -> None:
    """A line that is nested too deep or holds an endless number is counted like any that is no JSON."""
    found = read(write("\n".join([json.dumps(ROW), "[" * 200_000, f'{{"Category": {"9" * 5000}}}'])))
    assert found.rows == [READ]
    assert [s.line for s in found.skipped] == [2, 3]
    assert all(len(s.why) < 100 for s in found.skipped)


@pytest.mark.parametrize("mark", "\u2028\u2029\u0085", ids=ascii)
def test_a_line_ends_at_a_line_feed_alone(write: Write, mark: str) -> None:
    """In JSON lines a row may hold U+2028 and the like unescaped: only a line feed ends it."""
    row = ROW | {"Message": f"one{mark}two"}
    found = read(write("\n".join(json.dumps(row, ensure_ascii=False) for _ in range(2))))
    assert found.skipped == []
    assert [r.message for r in found.rows] == [f"one{mark}two"] * 2


# The portal's CSV


def portal(*times: str, column: str = "TimeGenerated [UTC]") -> str:
    """Rows with these times, as the portal writes them."""
    rows = [{k: v for k, v in ROW.items() if k != "IngestionTime"} | {"TimeGenerated": t} for t in times]
    return "\ufeff" + as_csv(rows, {"TimeGenerated": column})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("8/21/2026, 5:13:04.123 PM", "2026-08-21T17:13:04.123"),
        ("8/21/2026, 12:00:00.000 AM", "2026-08-21T00:00:00"),
        ("8/21/2026, 12:00:00 PM", "2026-08-21T12:00:00"),
        ("08/21/2026 17:13:04", "2026-08-21T17:13:04"),
        ("21/08/2026, 17:13:04.1234567", "2026-08-21T17:13:04.123456"),
        ("21/8/2026, 5:13:04 am", "2026-08-21T05:13:04"),
        ("8/21/2026, 5:13:04\u202fPM", "2026-08-21T17:13:04"),
        ("8/21/2026, 5:13 PM", "2026-08-21T17:13:00"),
        ("21/08/2026 17:13", "2026-08-21T17:13:00"),
        ("21.8.2026, 17:13:04", "2026-08-21T17:13:04"),
        ("2.8.2026 17:13:04", "2026-08-02T17:13:04"),
        ("2026/8/21 17:13:04", "2026-08-21T17:13:04"),
        ("2026/08/02 17:13:04.123", "2026-08-02T17:13:04.123"),
        ("2026/08/21 午後5:13:04", "2026-08-21T17:13:04"),
        ("2026/8/21 午前0:13:04", "2026-08-21T00:13:04"),
        ("2026/8/21 午後0:13", "2026-08-21T12:13:00"),
        ("2026-08-21 17:13", "2026-08-21T17:13:00"),
        ("2026-08-21T17:13:04.5Z", "2026-08-21T17:13:04.5"),
    ],
)
def test_times_of_the_portal(write: Write, written: str, meant: str) -> None:
    """Dates in the portal's two orders are read where a number above 12 proves the order, in either clock."""
    (row,) = read(write(portal(written))).rows
    assert moment(row.at) == at(meant)


def test_one_day_above_twelve_proves_all(write: Write) -> None:
    """One date that can be read one way alone settles every other date of the file."""
    found = read(write(portal("8/9/2026, 1:00:00 AM", "8/21/2026, 1:00:00 AM")))
    assert moment(found.rows[0].at) == at("2026-08-09T01:00:00")
    found = read(write(portal("8/9/2026, 1:00:00", "21/8/2026, 1:00:00")))
    assert moment(found.rows[0].at) == at("2026-09-08T01:00:00")


def test_dates_that_can_be_read_two_ways_are_refused(write: Write) -> None:
    """A file whose dates prove no order is refused with the option that decides."""
    with pytest.raises(UsageError, match="--dates mdy or --dates dmy"):
        read(write(portal("8/9/2026, 1:00:00 AM")))


@pytest.mark.parametrize("other", ["21/8/2026, 1:00:00", "9.8.2026, 1:00:00"])
def test_dates_that_contradict_each_other_are_refused(write: Write, other: str) -> None:
    """A file in both orders is refused as such, with a date of each: no option makes it right."""
    with pytest.raises(UsageError, match="contradict each other") as caught:
        read(write(portal("8/21/2026, 1:00:00", other)))
    assert other in str(caught.value)
    assert "--dates" not in str(caught.value)


def test_years_of_two_digits_are_refused(write: Write) -> None:
    """A date whose year has two digits is refused with the cure, not taken for another or skipped row by row."""
    with pytest.raises(UsageError, match="'8/21/26, 5:13 PM' has two digits"):
        read(write(portal("8/21/26, 5:13 PM")))


@pytest.mark.parametrize("mark", [";", "\t"], ids=["semicolon", "tab"])
def test_other_marks_between_cells(write: Write, mark: str) -> None:
    """A CSV with semicolons or tabs between its cells is read, with commas in a cell and a zone in its header."""
    text = io.StringIO()
    rows = [ROW | {"Message": f"a, b{mark} c", "TimeGenerated": "8/21/2026, 5:13:04 PM"}]
    writer = csv.DictWriter(text, list(ROW), delimiter=mark)
    writer.writerow({n: f"{n} [UTC]" if n == "TimeGenerated" else n for n in ROW})
    writer.writerows(rows)
    found = read(write(text.getvalue()))
    assert found.rows == [READ._replace(at="2026-08-21T17:13:04+00:00", message=f"a, b{mark} c")]


def test_a_header_in_one_piece_is_no_zone(write: Write) -> None:
    """A header whose marks nobody knows is not blamed on a zone."""
    with pytest.raises(UsageError, match="TimeGenerated column"):
        read(write("TimeGenerated [UTC]|Category|Message\n1|2|3\n"))


@pytest.mark.parametrize(("order", "meant"), [("mdy", "2026-08-09T01:00:00"), ("dmy", "2026-09-08T01:00:00")])
def test_the_option_decides(write: Write, order: str, meant: str) -> None:
    """With --dates the order is what the user says."""
    (row,) = read(write(portal("8/9/2026, 1:00:00 AM")), order).rows
    assert moment(row.at) == at(meant)


@pytest.mark.parametrize("zone", ["Local Time", "UTC+09:00", "Asia/Tokyo"])
def test_another_zone_is_refused(write: Write, zone: str) -> None:
    """A file in local time is refused with the cure, for its hours are not known."""
    with pytest.raises(UsageError, match="set the portal to UTC"):
        read(write(portal("8/21/2026, 1:00:00 AM", column=f"TimeGenerated [{zone}]")))


def test_a_row_with_a_broken_time_is_unreadable(write: Write) -> None:
    """A time that is none stays one row's trouble: the row is counted as unreadable, the others are read."""
    found = read(write(portal("8/21/2026, 1:00:00 AM", "8/32/2026, 1:00:00 AM", "yesterday", "")))
    result = read_rows(found.rows)
    assert len(result.unreadable) == 3
    assert sum(len(log.tunnels) for log in result.logs.values()) == 1


def test_short_and_long_lines_are_read(write: Write) -> None:
    """A line with fewer or more cells than the header is no error, and a quoted line break is no new row."""
    header, line = as_csv([ROW | {"Message": "one\ntwo"}]).split("\r\n", 1)
    found = read(
        write(f"{header}\r\n{line}2026-08-21T17:13:04Z,x,AzureDiagnostics,TunnelDiagnosticLog\r\n{line.strip()},,,\r\n")
    )
    assert len(found.rows) == 3
    assert found.rows[0].message == "one\ntwo"
    assert found.places[1][1] == 4


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*ROW, "x"]), inner, max_size=5),
    max_leaves=8,
)
odd_rows = st.lists(
    st.one_of(json_values, st.dictionaries(st.sampled_from([*ROW, "AdditionalFields"]), json_values)), max_size=6
)


@settings(max_examples=50)
@given(content=odd_rows)
def test_whatever_an_array_holds(tmp_path_factory: pytest.TempPathFactory, content: list[Any]) -> None:
    """Any JSON in an array or in lines is read, skipped or counted: nothing but our own errors comes out."""
    folder = tmp_path_factory.getbasetemp()
    for name, text in {"array": json.dumps(content), "lines": "\n".join(map(json.dumps, content))}.items():
        file = folder / f"odd-{name}"
        file.write_text(text, encoding="utf-8")
        try:
            found = read(file)
        except CorrelatorError:
            continue
        read_rows(found.rows)
        assert len(found.rows) == len(found.places)


@given(content=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_a_file_holds(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Any bytes are read or refused, and nothing else happens."""
    file = tmp_path_factory.getbasetemp() / "odd"
    file.write_bytes(content)
    with contextlib.suppress(CorrelatorError):
        read_rows(read(file).rows)


@pytest.mark.parametrize(
    "time",
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59.999999Z",
        "2026-08-21T17:13:04",
        "20260821",
        "24:00",
        "٢٠٢٦-٠٨-٢١",
    ],
)
def test_any_time_is_read_or_counted(write: Write, time: str) -> None:
    """A row's time may be anything: it is read or the row is counted as unreadable."""
    result = read_rows(read(write(json.dumps([ROW | {"TimeGenerated": time}]))).rows)
    assert len(result.unreadable) + len(result.logs) == 1


ERROR = {"code": "PartialError", "message": "Query result set has exceeded\nthe limit", "details": []}


@pytest.mark.parametrize("name", ["tables", "rows"])
def test_an_answer_that_was_cut_short_is_read_and_said(write: Write, name: str) -> None:
    """Rows beside an error are used, and a note says that some may be missing; without the error there is none."""
    document = table([ROW]) if name == "tables" else {"rows": [ROW]}
    found = read(write(json.dumps(document | {"error": ERROR})))
    assert (found.rows, found.skipped) == ([READ], [])
    (note,) = found.notes
    assert "cut short" in note
    assert "exceeded the limit" in note
    assert read(write(json.dumps(document))).notes == []


text_tables_of = st.lists(st.sampled_from([*ROW, "AdditionalFields", "x"]), max_size=6).flatmap(
    lambda names: st.fixed_dictionaries(
        {
            "columns": st.just([{"name": name} for name in names]),
            "rows": st.lists(st.lists(st.sampled_from(["", "a", "AzureActivity"]), max_size=len(names)), max_size=4)
            | st.lists(st.tuples(*[st.sampled_from(["", "TunnelDiagnosticLog"])] * len(names)).map(list), max_size=4),
        }
    )
)


@settings(max_examples=200)
@given(table=text_tables_of)
def test_text_is_read_like_any_other(tmp_path_factory: pytest.TempPathFactory, table: dict[str, Any]) -> None:
    """Whether every cell of a document is text changes nothing about what its rows mean."""
    file = tmp_path_factory.getbasetemp() / "text"
    file.write_text(json.dumps({"tables": [table]}), encoding="utf-8")
    of_text = read(file)
    with_a_null = {"columns": table["columns"], "rows": [[None] * 9]}
    file.write_text(json.dumps({"tables": [table, with_a_null]}), encoding="utf-8")
    of_any = read(file)
    assert of_any.rows == of_text.rows
    assert of_any.skipped[:-1] == of_text.skipped
