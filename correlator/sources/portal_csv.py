"""The portal's CSV, which writes dates in the reader's own order: a day that could be a month is refused."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from correlator.errors import UsageError

DELIMITERS = ",;\t"
"""What stands between cells: a comma, and where a comma is a decimal point, what spreadsheets write instead."""
_HALF = "[AaPp][Mm]|午前|午後"
_SECOND = r"(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,7}))?)?"
_CLOCK = rf",?\s+(?P<half>{_HALF})?\s*(?P<hour>\d{{1,2}}):(?P<minute>\d\d){_SECOND}"
_YEAR_FIRST = r"(?P<year>\d{4})/(?P<month>\d{1,2})/(?P<day>\d{1,2})"
_YEAR_LAST = r"(?P<one>\d{1,2})(?P<mark>[/.])(?P<two>\d{1,2})(?P=mark)(?P<last>\d{4}|\d\d(?!\d))"
CSV_TIME = re.compile(rf"(?:{_YEAR_FIRST}|{_YEAR_LAST}){_CLOCK}\s*(?P<late_half>{_HALF})?")
ZONED = re.compile(r"(.*?)\s+\[([^\[\]]*)\]")
AFTERNOON = ("pm", "午後")


def csv_records(text: str, path: Path, dates: str | None) -> Iterator[tuple[int, dict[str, str]]]:
    """Every record with its line. ``dates`` is ``mdy`` or ``dmy``. Raises UsageError for a file that cannot be used."""
    if not text.strip():
        raise UsageError(f"{path} is empty; export it again")
    lines = _lines(text, path)
    header = [_column(name, path) for name in next(lines, (0, []))[1]]
    if "TimeGenerated" not in header:
        raise UsageError(f"{path} holds no rows: give JSON objects, or a CSV with a TimeGenerated column")
    times = [n for n, name in enumerate(header) if name in ("TimeGenerated", "IngestionTime")]
    rows = [(line, cells) for line, cells in lines if cells]
    found = [m for _, cells in rows for n in times if n < len(cells) and (m := CSV_TIME.match(cells[n]))]
    order = dates or _order(found, path)
    for line, cells in rows:
        record = dict(zip(header, cells, strict=False))
        for n in times:
            record[header[n]] = _csv_time(record.get(header[n], ""), order)
        yield line, record


def _lines(text: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """The cells of every line. Raises UsageError where quotes do not match, rather than lose what stands behind."""
    delimiter = max(DELIMITERS, key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text), strict=True, delimiter=delimiter)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as problem:
        raise UsageError(f"{path} is no whole CSV: {problem} (line {reader.line_num})") from None


def _column(name: str, path: Path) -> str:
    """A column's name without the zone that the portal puts behind it. Raises UsageError for a zone but UTC."""
    zoned = ZONED.fullmatch(name.strip())
    if zoned is None:
        return name.strip()
    if zoned[2] not in ("UTC", ""):
        raise UsageError(f"{path}: times are in {zoned[2]!r:.40}; set the portal to UTC and export again")
    return zoned[1]


def _order(found: Sequence[re.Match[str]], path: Path) -> str:
    """Whether the month or the day comes first, if any date of the file tells. Raises UsageError if none does."""
    short = next((m for m in found if m["last"] and len(m["last"]) == 2), None)
    if short:
        raise UsageError(f"{path}: the year of {short[0]!r} has two digits; export it with four, or as JSON")
    # With dots the day comes first, wherever dates are written so.
    day = next((m for m in found if m["one"] and (int(m["one"]) > 12 or m["mark"] == ".")), None)
    month = next((m for m in found if m["two"] and int(m["two"]) > 12), None)
    if day and month:
        raise UsageError(
            f"{path}: its dates contradict each other, {day[0]!r} and {month[0]!r}; export it in one order"
        )
    open_to_doubt = next((m for m in found if m["one"]), None)
    if open_to_doubt and not day and not month:
        raise UsageError(
            f"{path}: dates such as {open_to_doubt[0]!r} can be read two ways; say --dates mdy or --dates dmy"
        )
    return "dmy" if day else "mdy"


def _csv_time(value: str, order: str) -> str:
    """A time of the portal's in ISO 8601, UTC; anything else as it stands."""
    found = CSV_TIME.match(value)
    if not found:
        return value
    month, day = (found["two"], found["one"]) if order == "dmy" else (found["one"], found["two"])
    year, month, day = (found["year"] or found["last"], found["month"] or month, found["day"] or day)
    half = (found["half"] or found["late_half"] or "").lower()
    hour = int(found["hour"]) % 12 + 12 * (half in AFTERNOON) if half else int(found["hour"])
    micro = int((found["fraction"] or "0")[:6].ljust(6, "0"))
    try:
        at = datetime(
            int(year), int(month), int(day), hour, int(found["minute"]), int(found["second"] or 0), micro, UTC
        )
    except ValueError:
        return value
    return at.isoformat()
