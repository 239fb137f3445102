"""Rows from files: what the portal, the command line tools and the query API export, in any mixture.

JSON arrays, JSON lines, ``{"rows": [...]}``, the API's ``{"tables": [...]}`` and the portal's CSV are told apart by
their content. AzureDiagnostics and AzureActivity rows may be mixed. What cannot be read is reported with its place,
counted and skipped. The portal's CSV writes dates in the reader's own order, so a day that could be a month is refused.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from correlator.errors import UsageError
from correlator.model import LogRow

Progress = Callable[[int], None]
"""Called with the bytes done since the last call."""

# The names under which each field of LogRow is found: raw columns first, then those of our own queries.
NAMES: tuple[tuple[str, ...], ...] = (
    ("TimeGenerated",),
    ("IngestionTime", "Ingested"),
    ("_ResourceId", "ResourceId", "Gateway"),
    ("Category",),
    ("OperationName",),
    ("Message",),
    ("status_s", "Status"),
    ("instance_s", "Instance"),
    ("remoteIP_s", "Peer"),
    ("stateChangeReason_s", "Reason"),
)
MORE = ("", "", "", "", "", "", "status", "instance", "remoteIP", "stateChangeReason")
"""Where each field moves to, inside AdditionalFields, in a workspace that has run out of columns."""
CSV_TIME = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}),? (\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,7}))?\s*([AaPp][Mm])?")


class Skipped(NamedTuple):
    """Something in a file that is no usable row; ``line`` counts lines, or rows where a file is one document."""

    file: str
    line: int
    why: str


class Exported(NamedTuple):
    """The rows of some files with their places, and what was skipped."""

    rows: list[LogRow]
    places: list[tuple[str, int]]
    skipped: list[Skipped]


def read_files(paths: Iterable[Path], dates: str | None = None, progress: Progress | None = None) -> Exported:
    """Read every file. ``dates`` is ``mdy`` or ``dmy`` for CSV. Raises UsageError for a file that cannot be used."""
    found = Exported([], [], [])
    for path in paths:
        for line, row in _rows_of(path, dates, found.skipped):
            found.rows.append(row)
            found.places.append((str(path), line))
        if progress:
            progress(path.stat().st_size)
    return found


def _rows_of(path: Path, dates: str | None, skipped: list[Skipped]) -> Iterator[tuple[int, LogRow]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as problem:
        raise UsageError(f"{path} cannot be read: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no UTF-8 text; export it as CSV or JSON") from None
    records = _json(text, path, skipped) if text.lstrip()[:1] in ("{", "[") else _csv(text, path, dates)
    for line, record in records:
        if isinstance(record, LogRow):
            yield line, record
            continue
        why = _why_not(record)
        if why:
            skipped.append(Skipped(str(path), line, why))
        elif "OperationNameValue" not in record:
            yield line, row_from(record)


def _why_not(record: Any) -> str:
    if not isinstance(record, dict):
        return "it is no object"
    if "Category" not in record and "OperationNameValue" not in record:
        return "it has neither Category nor OperationNameValue, so it is no row of these logs"
    return ""


def _json(text: str, path: Path, skipped: list[Skipped]) -> Iterator[tuple[int, Any]]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as problem:
        if text.lstrip()[0] == "[":
            raise UsageError(f"{path} is no whole JSON document: {problem.msg} in line {problem.lineno}") from None
        yield from _json_lines(text, path, skipped)
        return
    if isinstance(document, dict) and "tables" in document:
        for table in document["tables"]:
            yield from enumerate(rows_of_table([c["name"] for c in table["columns"]], table["rows"]), 1)
        return
    if isinstance(document, dict):
        document = document["rows"] if isinstance(document.get("rows"), list) else [document]
    yield from enumerate(document, 1)


def _json_lines(text: str, path: Path, skipped: list[Skipped]) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except json.JSONDecodeError as problem:
            skipped.append(Skipped(str(path), number, f"it is no JSON: {problem.msg}"))


def rows_of_table(columns: Sequence[str], rows: Iterable[list[Any]]) -> Iterator[LogRow]:
    """The rows of an answer of the query API, by the names of its columns."""
    places = {name: n for n, name in enumerate(columns)}
    lacking = len(columns)  # one more cell, empty, stands for every column that is not there
    pick = itemgetter(*(next((places[n] for n in names if n in places), lacking) for names in NAMES))
    spare = places.get("ResourceId") if "_ResourceId" in places else None
    make = partial(tuple.__new__, LogRow)  # what LogRow._make does, for rows that come by the hundred thousand
    for row in rows:
        cells = [*("" if cell is None else cell for cell in row), ""] if None in row else [*row, ""]
        found = make(pick(cells))
        yield found if found.gateway or spare is None else found._replace(gateway=cells[spare])


def row_from(record: Mapping[str, Any]) -> LogRow:
    """One exported record, whatever of its fields there are."""
    fields = [next((t for n in names if (t := _text(record.get(n)))), "") for names in NAMES]
    more = record.get("AdditionalFields")
    if more:
        fields = [f or _text(_object(more).get(name)) for f, name in zip(fields, MORE, strict=True)]
    return LogRow(*fields)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _object(value: Any) -> Mapping[str, Any]:
    try:
        loaded = json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError:
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _csv(text: str, path: Path, dates: str | None) -> Iterator[tuple[int, Any]]:
    reader = csv.reader(io.StringIO(text))
    header = [_column(name, path) for name in next(reader, [])]
    if "TimeGenerated" not in header:
        raise UsageError(f"{path} is neither JSON nor a CSV with a TimeGenerated column")
    times = [n for n, name in enumerate(header) if name in ("TimeGenerated", "IngestionTime")]
    lines = [(reader.line_num, cells) for cells in reader if cells]
    order = dates or _order([cells[n] for _, cells in lines for n in times if n < len(cells)], path)
    for line, cells in lines:
        record = dict(zip(header, cells, strict=False))
        for n in times:
            record[header[n]] = _csv_time(record.get(header[n], ""), order)
        yield line, record


def _column(name: str, path: Path) -> str:
    """A column's name without the zone that the portal puts behind it. Raises UsageError for a zone but UTC."""
    plain, _, zone = name.strip().partition(" [")
    if zone and zone.rstrip("]") not in ("UTC", ""):
        raise UsageError(f"{path}: times are in {zone.rstrip(']')}; set the portal to UTC and export again")
    return plain


def _order(values: Sequence[str], path: Path) -> str:
    """Whether the month or the day comes first, if any date of the file tells. Raises UsageError if none does."""
    numbers = [(int(m[1]), int(m[2])) for v in values if (m := CSV_TIME.match(v))]
    if not numbers:
        return "iso"
    day_first, month_first = any(a > 12 for a, _ in numbers), any(b > 12 for _, b in numbers)
    if day_first == month_first:
        raise UsageError(f"{path}: dates such as {values[0]!r} can be read two ways; say --dates mdy or --dates dmy")
    return "dmy" if day_first else "mdy"


def _csv_time(value: str, order: str) -> str:
    found = CSV_TIME.match(value)
    if not found:
        return value
    first, second, year, hour, minute, whole, fraction, half = found.groups()
    month, day = (second, first) if order == "dmy" else (first, second)
    hours = int(hour) % 12 + (12 if half and half.lower() == "pm" else 0) if half else int(hour)
    micro = int((fraction or "0")[:6].ljust(6, "0"))
    try:
        return datetime(int(year), int(month), int(day), hours, int(minute), int(whole), micro, UTC).isoformat()
    except ValueError:
        return value
