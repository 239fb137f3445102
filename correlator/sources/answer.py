"""The answer of the query API: tables of columns and rows.

An answer of nothing but text, as the rows of the VPN logs mostly are, is parsed and checked in one go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, Literal, NotRequired, TypedDict, cast

import msgspec

from correlator.model import Columns, LogRow, maker

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
GATEWAY, CATEGORY = 2, 3
"""The places of two among them."""
PORTION = 4096
"""So many rows are turned at once."""
LOOKED_AT = ("Type", "OperationNameValue", "AdditionalFields")
"""The columns that can change what a row means."""


class _Column(TypedDict):
    name: str


class TextTable(TypedDict):
    """A table of the query API without a null, a number or an object in its cells."""

    columns: list[_Column]
    rows: Sequence[Sequence[str]]


class _Answer(TypedDict):
    tables: list[TextTable]
    error: NotRequired[Any]


_ANSWERS = msgspec.json.Decoder(_Answer)
_ROWS: msgspec.json.Decoder[Sequence[Sequence[str]]] = msgspec.json.Decoder(list[list[str]])
"""Made while one thread imports this: see ``stores/codec.py``."""
WORDS = 64
"""A column of no more different texts is one of words: categories, operations, instances, reasons, few gateways."""


def text_tables(text: str | bytes) -> list[TextTable] | None:
    """The tables of a whole answer of the query API if every cell is text and none can change what its row means.

    Else None. Rows of the VPN logs alone are mostly so, and are read in half the time: cells are checked while parsed.
    """
    try:
        answer = _ANSWERS.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None
    return answer["tables"] if "error" not in answer and all(map(_is_plain, answer["tables"])) else None


class TextRows:
    """Reads rows of so many cells of text, a portion at a time. Words that come again and again are one object each.

    So they are not made, hashed and compared anew for each row, which is most of what reading a row would take.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._words: list[set[str]] = [set() for _ in range(width)]
        self._known: msgspec.json.Decoder[Sequence[Sequence[str]]] = _ROWS

    def read(self, text: bytes) -> Sequence[Sequence[str]] | None:
        """The rows of a JSON array; None if it is none, or if they hold anything but text."""
        if self._known is not _ROWS:
            with suppress(msgspec.MsgspecError, RecursionError, UnicodeError):
                return self._known.decode(text)
        try:
            rows = _ROWS.decode(text)
        except (msgspec.MsgspecError, RecursionError, UnicodeError):
            return None
        if not _are_even(rows, self._width):
            return None
        self._learn(rows)
        return rows

    def _learn(self, rows: Sequence[Sequence[str]]) -> None:
        for words, column in zip(self._words, zip(*rows, strict=True), strict=False):
            if len(words) <= WORDS:
                words.update(column)
        cells = [Literal[tuple(sorted(words))] if 0 < len(words) <= WORDS else str for words in self._words]
        self._known = msgspec.json.Decoder(list[tuple[tuple(cells)]])  # type: ignore[misc]


def _is_plain(table: TextTable) -> bool:
    names = {column["name"] for column in table["columns"]}
    return names.isdisjoint(LOOKED_AT) and _are_even(table["rows"], len(table["columns"]))


def _are_even(rows: Iterable[Sequence[str]], width: int) -> bool:
    return {width}.issuperset(map(len, rows))


def columns_of_text(table: TextTable) -> Columns:
    """The rows of a table of text, turned."""
    return _turned([column["name"] for column in table["columns"]], table["rows"])


def rows_of_table(columns: Sequence[str], rows: Iterable[list[Any]]) -> Iterator[LogRow]:
    """The rows of an answer of the query API, by the names of its columns."""
    rest = (["" if c is None else c for c in row] if None in row else row for row in rows)
    while portion := list(islice(rest, PORTION)):
        yield from map(_log_row, zip(*_turned(columns, portion), strict=True))


def _turned(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Columns:
    """By columns, with no step of Python a row, for rows come by the hundred thousand."""
    if not rows:
        return cast(Columns, ((),) * len(NAMES))
    places = {name: n for n, name in enumerate(columns)}
    cells, lacking = list(zip(*rows, strict=True)), [""] * len(rows)
    fields: list[Sequence[Any]] = [next((cells[places[n]] for n in names if n in places), lacking) for names in NAMES]
    if "_ResourceId" in places and "ResourceId" in places:
        spare = cells[places["ResourceId"]]
        fields[GATEWAY] = [own or other for own, other in zip(fields[GATEWAY], spare, strict=True)]
    return cast(Columns, tuple(fields))


_log_row = maker(LogRow)
