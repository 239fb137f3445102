"""The answer of the query API: tables of columns and rows.

An answer of nothing but text, as the rows of the VPN logs mostly are, is parsed and checked in one go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, NotRequired, TypedDict

import msgspec

from correlator.model import Fields, LogRow, maker

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
GATEWAY = 2
"""The place of the gateway among them."""
PORTION = 4096
"""So many rows are turned at once."""
LOOKED_AT = ("Type", "OperationNameValue", "AdditionalFields")
"""The columns that can change what a row means."""


class _Column(TypedDict):
    name: str


class TextTable(TypedDict):
    """A table of the query API without a null, a number or an object in its cells."""

    columns: list[_Column]
    rows: list[list[str]]


class _Answer(TypedDict):
    tables: list[TextTable]
    error: NotRequired[Any]


_ANSWERS = msgspec.json.Decoder(_Answer)
"""Made while one thread imports this: see ``stores/codec.py``."""


def text_tables(text: str | bytes) -> list[TextTable] | None:
    """The tables of a whole answer of the query API if every cell is text and none can change what its row means.

    Else None. Rows of the VPN logs alone are mostly so, and are read in half the time: cells are checked while parsed.
    """
    try:
        answer = _ANSWERS.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None
    return answer["tables"] if "error" not in answer and all(map(_is_plain, answer["tables"])) else None


def _is_plain(table: TextTable) -> bool:
    names = {column["name"] for column in table["columns"]}
    return names.isdisjoint(LOOKED_AT) and {len(table["columns"])}.issuperset(map(len, table["rows"]))


def rows_of_text(table: TextTable) -> Iterator[LogRow]:
    """The rows of a table of text."""
    return map(_log_row, fields_of_text(table))


def fields_of_text(table: TextTable) -> Iterator[Fields]:
    """The same rows as bare tuples, which are all that ``read_rows`` needs."""
    return _fields([column["name"] for column in table["columns"]], table["rows"])


def rows_of_table(columns: Sequence[str], rows: Iterable[list[Any]]) -> Iterator[LogRow]:
    """The rows of an answer of the query API, by the names of its columns."""
    texts = (["" if c is None else c for c in row] if None in row else row for row in rows)
    return map(_log_row, _fields(columns, texts))


def _fields(columns: Sequence[str], rows: Iterable[list[Any]]) -> Iterator[Fields]:
    """By columns, with no step of Python a row, for rows come by the hundred thousand."""
    return chain.from_iterable(_portions(columns, iter(rows)))


def _portions(columns: Sequence[str], rows: Iterator[list[Any]]) -> Iterator[Iterable[Fields]]:
    places = {name: n for n, name in enumerate(columns)}
    while portion := list(islice(rows, PORTION)):
        cells = list(zip(*portion, strict=True))
        lacking = [""] * len(portion)
        fields: list[Sequence[Any]] = [
            next((cells[places[n]] for n in names if n in places), lacking) for names in NAMES
        ]
        if "_ResourceId" in places and "ResourceId" in places:
            spare = cells[places["ResourceId"]]
            fields[GATEWAY] = [own or other for own, other in zip(fields[GATEWAY], spare, strict=True)]
        yield zip(*fields, strict=True)


_log_row = maker(LogRow)
