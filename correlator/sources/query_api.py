"""The query API through the SDK's client, without its decoding of rows.

``send_request`` keeps what the client is for: signing in, retries, time limits, the cloud's address. Its methods for
queries walk every cell twice and read times by a general ISO 8601 reader, which takes fifty times as long as JSON, and
three times the memory (``python -m benchmarks.run``): a night of a large fleet would not fit into a small instance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sized
from http import HTTPStatus
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import msgspec
from azure.core.exceptions import HttpResponseError, ServiceResponseError
from azure.core.rest import HttpRequest, HttpResponse
from azure.monitor.query import LogsQueryClient

from correlator.gateways import is_group
from correlator.model import LogRow
from correlator.queries import COLUMNS

Row = TypeVar("Row", bound=Sized)
WAIT = 45
"""Seconds that the service may take for an answer."""
BLOCK = 1 << 20
"""Bytes that a client should read at once: answers have megabytes, and the SDK reads 4 KiB."""


class Column(msgspec.Struct):
    """A column; ``type`` is the service's name of it, such as string or datetime."""

    name: str
    type: str = ""


class Table(msgspec.Struct, Generic[Row]):
    """A table of an answer, its times still text."""

    columns: list[Column]
    rows: list[Row]

    def __post_init__(self) -> None:
        if not {len(self.columns)}.issuperset(map(len, self.rows)):
            raise ValueError("a row has not as many cells as there are columns")

    @property
    def names(self) -> list[str]:
        """The names of its columns."""
        return [c.name for c in self.columns]


class Inner(msgspec.Struct, rename="camel"):
    """How grave a failure is: ``Warning``, or anything else."""

    severity_name: str = "Error"


class Detail(msgspec.Struct):
    """One of the things that went wrong."""

    innererror: Inner | None = None


class Failure(msgspec.Struct):
    """Why tables are not whole."""

    message: str | None = None
    details: list[Detail] | None = None


class Answer(msgspec.Struct, Generic[Row]):
    """What the service says. ``error`` stands beside tables that are not whole."""

    tables: list[Table[Row]] = []
    error: Failure | None = None


class TextRow(LogRow):
    """A LogRow of nothing but text, since msgspec reads no field that may be text or a time."""

    __slots__ = ()
    at: str
    ingested: str


def ask(client: LogsQueryClient, place: str, query: str, limits: Mapping[str, Any]) -> bytearray:
    """Ask a workspace, or a resource group for what its resources log; ``limits`` are options of the SDK's pipeline.

    Returns the answer's text. Raises AzureError.
    """
    path = f"{quote(place)}/query" if is_group(place) else f"/workspaces/{quote(place, safe='')}/query"
    request = HttpRequest("POST", path, json={"query": query}, headers={"Prefer": f"wait={WAIT}"})
    # Streamed, or the client would parse the text too.
    with client.send_request(request, stream=True, **limits) as response:
        return _body(response)


def _body(response: HttpResponse) -> bytearray:
    """It grows in place: the client's own ``read`` keeps every block until it has joined them."""
    body = bytearray()
    try:
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            response.read()  # what is wrong
        else:
            for block in response.iter_bytes():
                body += block
    except HttpResponseError as broken:  # the client's name for whatever breaks within the text
        raise ServiceResponseError(str(broken)) from None
    response.raise_for_status()
    return body


_CELLS = msgspec.json.Decoder(Answer[list[Any]])
_ROWS: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Answer[TextRow])
"""Made while one thread imports this: see ``stores/codec.py``."""


def cells(body: bytearray) -> Answer[list[Any]]:
    """An answer of any columns. Raises msgspec.MsgspecError for what is no JSON of the known shape."""
    return _CELLS.decode(body)


def log_rows(body: bytearray) -> Answer[LogRow]:
    """An answer of LogRow's columns: in its order, and with text in every cell, it is parsed into rows in one go.

    Otherwise it is read by the names of its columns. Times stay text: Python cuts the last digit of 100 ns, msgspec
    would round it, and polls and replay must agree. Raises msgspec.MsgspecError.
    """
    try:
        usual: Answer[LogRow] = _ROWS.decode(body)
        if all(table.names == COLUMNS for table in usual.tables):
            return usual
    except msgspec.ValidationError:
        pass
    from correlator.sources.answer import rows_of_table

    odd, known = cells(body), [Column(name) for name in COLUMNS]
    return Answer([Table(known, list(rows_of_table(t.names, t.rows))) for t in odd.tables], odd.error)
