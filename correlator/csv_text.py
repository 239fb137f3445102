"""CSV for spreadsheets: what looks like a formula is text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""The wide ones too: a spreadsheet with a Japanese keyboard takes them for the narrow ones."""


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """A header and one line a row; a column that a row lacks is empty there."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(columns)
    for row in rows:
        out.writerow([cell(row.get(column)) for column in columns])
    return text.getvalue()


def cell(value: object) -> object:
    """Log text may begin with a sign that a spreadsheet would run; an apostrophe before it makes it text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.startswith(FORMULA):
        return "'" + value
    return "" if value is None else value
