"""Rows from files: what the portal, the command line tools and the query API export, in any mixture.

JSON arrays, JSON lines, ``{"rows": [...]}``, the API's ``{"tables": [...]}`` and the portal's CSV are told apart by
their content. AzureDiagnostics and AzureActivity rows may be mixed, as in a union, where every row has the columns of
both. What cannot be read is reported with its place, counted and skipped.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from correlator.activity import ACTIVITY
from correlator.categories import CATEGORIES
from correlator.errors import UsageError
from correlator.model import LogRow
from correlator.sources.answer import LOOKED_AT, NAMES, TextTable, rows_of_table, rows_of_text, text_tables
from correlator.sources.portal_csv import csv_records

Progress = Callable[[int], None]
"""Called with the bytes done since the last call."""

ACTIVITY_NAMES: tuple[tuple[str, ...], ...] = (
    ("TimeGenerated",),
    ("IngestionTime", "Ingested"),
    ("_ResourceId", "ResourceId", "Gateway"),
    ("OperationNameValue", "OperationName"),
    ("ActivityStatusValue", "ActivityStatus", "Status"),
    ("Caller", "Peer"),
    ("CategoryValue", "Reason"),
    ("Properties", "Properties_d", "Message"),
)
"""The same for AzureActivity: time, ingestion, resource, operation, status, caller, kind, properties."""
MORE = ("", "", "", "", "", "", "status", "instance", "remoteIP", "stateChangeReason")
"""Where each field moves to, inside AdditionalFields, in a workspace that has run out of columns."""
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
CELLS = frozenset((str, type(None)))
"""What the cells of a usual row are."""
AS_USUAL = frozenset((None, "", "AzureDiagnostics"))
"""What a usual row holds in them."""


class Skipped(NamedTuple):
    """Something in a file that is no usable row; ``line`` counts lines, or rows where a file is one document."""

    file: str
    line: int
    why: str


class Exported(NamedTuple):
    """The rows of some files with their places, what was skipped, and what else is to be known of them, in lines."""

    rows: list[LogRow]
    places: list[tuple[str, int]]
    skipped: list[Skipped]
    notes: list[str]


def read_files(paths: Iterable[Path], dates: str | None = None, progress: Progress | None = None) -> Exported:
    """Read every file. ``dates`` is ``mdy`` or ``dmy`` for CSV. Raises UsageError for a file that cannot be used."""
    found = Exported([], [], [], [])
    for path in paths:
        text = _text_of(path)
        records = _json(text, path, found.notes) if text.lstrip()[:1] in ("{", "[") else csv_records(text, path, dates)
        for line, record in records:
            row = _row(record)
            if isinstance(row, str):
                found.skipped.append(Skipped(str(path), line, row))
            else:
                found.rows.append(row)
                found.places.append((str(path), line))
        if progress:
            progress(path.stat().st_size)
    return found


def _text_of(path: Path) -> str:
    """The text of a file in UTF-8, or in UTF-16 with its mark, which is what ``>`` of Windows PowerShell writes."""
    try:
        content = path.read_bytes()
        return content.decode("utf-16" if content.startswith(UTF_16) else "utf-8-sig")
    except OSError as problem:
        raise UsageError(f"{path} cannot be read: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no UTF-8 or UTF-16 text; export it as CSV or JSON") from None


def _row(record: Any) -> LogRow | str:
    """The row of a record, or why it is none."""
    if isinstance(record, LogRow):
        return record
    if isinstance(record, _NoJson):
        return f"it is no JSON: {record}"
    if not isinstance(record, dict):
        return "it is no object"
    row = row_from(record)
    if _is_activity(record, row.category):
        return activity_row_from(record)
    return row if row.category else "it has no Category and is no row of AzureActivity, so it is no row of these logs"


def _is_activity(record: Mapping[str, Any], category: str) -> bool:
    """Type tells. Without it only a value counts, for in a union's export every row has every column."""
    kind = record.get("Type")
    return kind == "AzureActivity" or bool(not kind and record.get("OperationNameValue") and category not in CATEGORIES)


class _NoJson(Exception):
    """Text that cannot be read as JSON: why, and in which of its lines."""

    def __init__(self, why: str, where: str = "") -> None:
        self.where = where
        super().__init__(why)


def _parsed(text: str) -> Any:
    """The value of a JSON text. Raises _NoJson."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as problem:
        raise _NoJson(problem.msg, f" in line {problem.lineno}") from None
    except RecursionError:
        raise _NoJson("it is nested too deep") from None
    except ValueError:
        raise _NoJson("a number in it has thousands of digits") from None


def _json(text: str, path: Path, notes: list[str]) -> Iterator[tuple[int, Any]]:
    tables = text_tables(text)
    if tables is not None:
        return enumerate(chain.from_iterable(map(_of_text_table, tables)), 1)
    try:
        document = _parsed(text)
    except _NoJson as problem:
        if text.lstrip()[0] == "[":
            raise UsageError(f"{path} is no whole JSON document: {problem}{problem.where}") from None
        return _json_lines(text)
    if isinstance(document, dict):
        if isinstance(document.get("error"), dict) and len(document) > 1:
            notes.append(_cut_short(document["error"], path))
        document = _members(document, path)
    return enumerate(document, 1)


def _json_lines(text: str) -> Iterator[tuple[int, Any]]:
    """The value of each line that is not blank, or what is wrong with it. Only a line feed ends a line of JSON."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield number, _parsed(line)
            except _NoJson as problem:
                yield number, problem


def _members(document: dict[str, Any], path: Path) -> Iterable[Any]:
    """The records inside a document: those of its tables, its rows, or itself."""
    match document:
        case {"tables": tables} | {"Tables": tables}:
            return chain.from_iterable(_of_table(*_table(t, path)) for t in _list(tables, path))
        case {"rows": list() as rows}:
            return rows
        case _:
            return [document]


def _cut_short(error: dict[str, Any], path: Path) -> str:
    """The API answers 200 with an error beside its tables where it could not give all of them."""
    said = " ".join(_text(error.get("message")).split())[:200] or "it does not say why"
    return f"{path}: the service's answer was cut short, so rows may be missing: {said}"


def _list(tables: Any, path: Path) -> list[Any]:
    if not isinstance(tables, list):
        raise UsageError(f"{path}: its tables are no list")
    return tables


def _table(table: Any, path: Path) -> tuple[list[str], list[Any]]:
    """The names of a table's columns, and its rows. Raises UsageError for what is no table of the query API."""
    match table:
        case {"columns": list() as columns, "rows": list() as rows}:
            pass
        case {"Columns": list() as columns, "Rows": list() as rows}:
            pass
        case _:
            raise UsageError(f"{path}: one of its tables lacks columns or rows")
    return [_name(c, path) for c in columns], rows


def _name(column: Any, path: Path) -> str:
    match column:
        case {"name": str() as name} | {"ColumnName": str() as name}:
            return name
    raise UsageError(f"{path}: a column of one of its tables has no name")


def _of_text_table(table: TextTable) -> Iterator[LogRow | dict[str, str]]:
    """A LogRow for every row with a category; another comes as a record."""
    columns = [column["name"] for column in table["columns"]]
    for row, found in zip(table["rows"], rows_of_text(table), strict=True):
        yield found if found.category else dict(zip(columns, row, strict=True))


def _of_table(columns: Sequence[str], rows: Sequence[Any]) -> Iterator[Any]:
    """A LogRow for every usual row; an odd one comes as a record, or as it is."""
    looked = [columns.index(name) for name in LOOKED_AT if name in columns]
    blank = [""] * len(columns)
    even = [row if _is_usual(row, len(columns), looked) else blank for row in rows]
    for row, found in zip(rows, rows_of_table(columns, even), strict=True):
        if found.category:
            yield found
        else:
            yield dict(zip(columns, row, strict=False)) if isinstance(row, list) else row


def _is_usual(row: Any, width: int, looked: Iterable[int]) -> bool:
    """Whether a row has a cell of text for every column, and no cell that asks for a closer look."""
    if type(row) is not list or len(row) != width or not CELLS.issuperset(map(type, row)):
        return False
    return AS_USUAL.issuperset([row[n] for n in looked])


def row_from(record: Mapping[str, Any]) -> LogRow:
    """One exported record, whatever of its fields there are."""
    fields = [next((t for n in names if (t := _text(record.get(n)))), "") for names in NAMES]
    more = record.get("AdditionalFields")
    if more:
        inner = _object(more)
        fields = [f or _text(inner.get(name)) for f, name in zip(fields, MORE, strict=True)]
    return LogRow(*fields)


def activity_row_from(record: Mapping[str, Any]) -> LogRow:
    """One exported record of AzureActivity, as the poll's query gives it."""
    at, ingested, gateway, operation, status, caller, kind, message = (
        next((t for n in names if (t := _text(record.get(n)))), "") for names in ACTIVITY_NAMES
    )
    properties = record.get("Properties") or record.get("Properties_d")
    if isinstance(properties, dict):
        message = json.dumps(properties)
    gateway = gateway or f"/subscriptions/{_text(record.get('SubscriptionId'))}"
    return LogRow(at, ingested, gateway, ACTIVITY, operation, message, status, "", caller, kind)


def _text(value: Any) -> str:
    """A cell as text; a list or an object is none."""
    return value if isinstance(value, str) else "" if value is None or isinstance(value, list | dict) else str(value)


def _object(value: Any) -> Mapping[str, Any]:
    try:
        loaded = _parsed(value) if isinstance(value, str) else value
    except _NoJson:
        return {}
    return loaded if isinstance(loaded, dict) else {}
