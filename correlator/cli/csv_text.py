"""CSV on standard output, for spreadsheets: what looks like a formula is text."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol


class Writer(Protocol):
    """What csv.writer gives back."""

    def writerow(self, row: Iterable[Any], /) -> Any:
        """One line."""
        ...


FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """A header and one line a row; a row that lacks a column leaves it empty."""
    lines(csv.writer(sys.stdout, lineterminator="\n"), columns, rows)


def lines(out: Writer, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """The same, to any writer of the csv module."""
    out.writerow(columns)
    for row in rows:
        out.writerow([cell(row.get(column)) for column in columns])


def cell(value: object) -> object:
    """Log text may begin with a sign that a spreadsheet would run; an apostrophe before it makes it text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.startswith(FORMULA):
        return "'" + value
    return "" if value is None else value
