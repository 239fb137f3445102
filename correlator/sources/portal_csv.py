"""The portal's CSV, which writes dates in the reader's own order: a day that could be a month is refused."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from correlator.errors import UsageError

CSV_TIME = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}),? (\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,7}))?\s*([AaPp][Mm])?")


def csv_records(text: str, path: Path, dates: str | None) -> Iterator[tuple[int, dict[str, str]]]:
    """Every record with its line. ``dates`` is ``mdy`` or ``dmy``. Raises UsageError for a file that cannot be used."""
    lines = _lines(text, path)
    header = [_column(name, path) for name in next(lines, (0, []))[1]]
    if "TimeGenerated" not in header:
        raise UsageError(f"{path} is neither JSON nor a CSV with a TimeGenerated column")
    times = [n for n, name in enumerate(header) if name in ("TimeGenerated", "IngestionTime")]
    rows = [(line, cells) for line, cells in lines if cells]
    order = dates or _order([cells[n] for _, cells in rows for n in times if n < len(cells)], path)
    for line, cells in rows:
        record = dict(zip(header, cells, strict=False))
        for n in times:
            record[header[n]] = _csv_time(record.get(header[n], ""), order)
        yield line, record


def _lines(text: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """The cells of every line. Raises UsageError where quotes do not match, rather than lose what stands behind."""
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as problem:
        raise UsageError(f"{path} is no whole CSV: {problem} (line {reader.line_num})") from None


def _column(name: str, path: Path) -> str:
    """A column's name without the zone that the portal puts behind it. Raises UsageError for a zone but UTC."""
    plain, _, zone = name.strip().partition(" [")
    if zone and zone.rstrip("]") not in ("UTC", ""):
        raise UsageError(f"{path}: times are in {zone.rstrip(']')!r:.40}; set the portal to UTC and export again")
    return plain


def _order(values: Sequence[str], path: Path) -> str:
    """Whether the month or the day comes first, if any date of the file tells. Raises UsageError if none does."""
    found = [m for v in values if (m := CSV_TIME.match(v))]
    if not found:
        return "iso"
    day_first, month_first = any(int(m[1]) > 12 for m in found), any(int(m[2]) > 12 for m in found)
    if day_first == month_first:
        raise UsageError(f"{path}: dates such as {found[0][0]!r} can be read two ways; say --dates mdy or --dates dmy")
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
