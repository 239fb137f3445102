"""Rows from files: what the portal, the command line tools and the query API export, in any mixture.

JSON arrays, JSON lines, ``{"rows": [...]}``, the API's ``{"tables": [...]}`` and the portal's CSV are told apart by
their content. AzureDiagnostics and AzureActivity rows may be mixed, as in a union, where every row has the columns of
both. What cannot be read is reported with its place, counted and skipped.
"""

from __future__ import annotations

import codecs
import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

from correlator.activity import ACTIVITY
from correlator.categories import CATEGORIES, PORTION, columns_of
from correlator.errors import UsageError
from correlator.model import Columns, LogRow, maker
from correlator.sources.answer import (
    CATEGORY,
    LOOKED_AT,
    NAMES,
    TextTable,
    columns_of_text,
    rows_of_table,
    text_tables,
)
from correlator.sources.pieces import pieces
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
LISTS = (list, tuple)
GOES_ON = ("[", "{", ",", ":")
"""How a line ends whose document goes on in the next."""
CELLS = frozenset((str, type(None)))
"""What the cells of a usual row are."""
AS_USUAL = frozenset((None, "", "AzureDiagnostics"))
"""What a usual row holds in them."""


class Skipped(NamedTuple):
    """Something in a file that is no usable row; ``line`` counts lines, or rows where a file is one document."""

    file: str
    line: int
    why: str


class Places:
    """Where each row stands: its file, and its line or its number there."""

    def __init__(self) -> None:
        self._first: list[int] = []
        self._parts: list[tuple[str, Sequence[int]]] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[tuple[str, int]]:
        return ((file, line) for file, lines in self._parts for line in lines)

    def add(self, file: str, lines: Sequence[int]) -> None:
        """So many rows follow those that are there."""
        self._first.append(self._count)
        self._parts.append((file, lines))
        self._count += len(lines)

    def __getitem__(self, number: int) -> tuple[str, int]:
        part = bisect_right(self._first, number) - 1
        file, lines = self._parts[part]
        return file, lines[number - self._first[part]]


class Exported(NamedTuple):
    """Rows with their places, what was skipped beside them, and what else is to be known of their files, in lines."""

    rows: list[LogRow]
    places: Places
    skipped: list[Skipped]
    notes: list[str]


class Files:
    """Files, read a portion of their rows at a time. ``dates`` is ``mdy`` or ``dmy`` for CSV."""

    def __init__(self, paths: Iterable[Path], dates: str | None = None, progress: Progress | None = None) -> None:
        self.places = Places()
        self.skipped: list[Skipped] = []
        self.notes: list[str] = []
        self._paths, self._dates, self._progress = paths, dates, progress

    def read(self, rows: list[LogRow]) -> Exported:
        """What was found so far, with those of its rows that somebody kept."""
        return Exported(rows, self.places, self.skipped, self.notes)

    def columns(self) -> Iterator[Columns]:
        """Every row, turned. Raises UsageError for a file that cannot be used."""
        for path in self._paths:
            for lines, columns in self._portions(path):
                self.places.add(str(path), lines)
                yield columns
            if self._progress:
                self._progress(path.stat().st_size)

    def _portions(self, path: Path) -> Iterator[tuple[Sequence[int], Columns]]:
        """Of usual rows a portion is taken as it is; others are looked at one by one."""
        line = 1
        for piece in _pieces(path):
            if not isinstance(piece, bytes):
                yield from self._of_tables([piece], path, line)
                line += len(piece["rows"])
            elif (tables := text_tables(piece)) is not None:
                yield from self._of_tables(tables, path, line)
            else:
                yield from self._of_records(self._records(_text_of(piece, path), path, line), path)

    def _of_tables(self, tables: Iterable[TextTable], path: Path, line: int) -> Iterator[tuple[Sequence[int], Columns]]:
        for table in tables:
            count = len(table["rows"])
            columns = columns_of_text(table)
            if all(columns[CATEGORY]):
                yield range(line, line + count), columns
            else:
                names = [column["name"] for column in table["columns"]]
                yield from self._of_records(enumerate(_of_table(names, table["rows"]), line), path)
            line += count

    def _of_records(self, records: Iterable[tuple[int, Any]], path: Path) -> Iterator[tuple[Sequence[int], Columns]]:
        rest = self._usable(records, path)
        while portion := list(islice(rest, PORTION)):
            lines, rows = zip(*portion, strict=True)
            (columns,) = columns_of(rows)
            yield lines, columns

    def _usable(self, records: Iterable[tuple[int, Any]], path: Path) -> Iterator[tuple[int, LogRow]]:
        for line, record in records:
            row = _row(record)
            if isinstance(row, str):
                self.skipped.append(Skipped(str(path), line, row))
            else:
                yield line, row

    def _records(self, text: str, path: Path, line: int) -> Iterator[tuple[int, Any]]:
        is_json = text.lstrip()[:1] in ("{", "[")
        return _json(text, path, line, self.notes) if is_json else csv_records(text, path, self._dates)


def read_files(paths: Iterable[Path], dates: str | None = None, progress: Progress | None = None) -> Exported:
    """Every row of some files at once. Raises UsageError for a file that cannot be used."""
    files = Files(paths, dates, progress)
    return files.read([row for columns in files.columns() for row in rows_of(columns)])


def rows_of(columns: Columns) -> Iterator[LogRow]:
    """Columns turned back."""
    return map(_log_row, zip(*columns, strict=True))


def _pieces(path: Path) -> Iterator[TextTable | bytes]:
    try:
        with path.open("rb") as file:
            yield from pieces(file)
    except OSError as problem:
        raise UsageError(f"{path} cannot be read: {problem.strerror}") from None


def _text_of(content: bytes, path: Path) -> str:
    """The text of a file in UTF-8, or in UTF-16 with its mark, which is what ``>`` of Windows PowerShell writes."""
    try:
        return content.decode("utf-16" if content.startswith(UTF_16) else "utf-8-sig")
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


def _json(text: str, path: Path, line: int, notes: list[str]) -> Iterator[tuple[int, Any]]:
    """The records of a document, the first of which is number ``line``, or those of lines.

    A document that breaks off is refused, however large: half of its rows could give half an incident.
    """
    try:
        document = _parsed(text)
    except _NoJson as problem:
        why = f"{problem}{problem.where}" if line == 1 else f"row {line} and what follows cannot be read"
        if line == 1 and _are_lines(text):
            return _json_lines(text)
        raise UsageError(f"{path} is no whole JSON document: {why}; if it was cut short, export it again") from None
    if isinstance(document, dict):
        if isinstance(document.get("error"), dict) and len(document) > 1:
            notes.append(_cut_short(document["error"], path))
        document = _members(document, path)
    return enumerate(document, line)


def _are_lines(text: str) -> bool:
    """Whether each line is a document of its own: some are, and the first opens none that goes on in the next."""
    first = text.lstrip().partition("\n")[0].rstrip()
    is_whole = first[0] == "{" and not first.endswith(GOES_ON)
    return is_whole and any(isinstance(value, dict) for _, value in _json_lines(text))


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


def _of_table(columns: Sequence[str], rows: Sequence[Any]) -> Iterator[Any]:
    """A LogRow for every usual row; an odd one comes as a record, or as it is."""
    looked = [columns.index(name) for name in LOOKED_AT if name in columns]
    blank = [""] * len(columns)
    even = [row if _is_usual(row, len(columns), looked) else blank for row in rows]
    for row, found in zip(rows, rows_of_table(columns, even), strict=True):
        if found.category:
            yield found
        else:
            yield dict(zip(columns, row, strict=False)) if type(row) in LISTS else row


def _is_usual(row: Any, width: int, looked: Iterable[int]) -> bool:
    """Whether a row has a cell of text for every column, and no cell that asks for a closer look."""
    if type(row) not in LISTS or len(row) != width or not CELLS.issuperset(map(type, row)):
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


_log_row = maker(LogRow)
