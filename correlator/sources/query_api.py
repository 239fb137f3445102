"""The query API through the SDK's client, without its decoding of rows.

``send_request`` keeps what the client is for: signing in, retries, time limits, the cloud's address. Its methods for
queries walk every cell twice and read times by a general ISO 8601 reader, which takes fifty times as long as JSON, and
three times the memory (``python -m benchmarks.run``): a night of a large fleet would not fit into a small instance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec
from azure.core.exceptions import HttpResponseError, ServiceResponseError
from azure.core.rest import HttpRequest, HttpResponse
from azure.monitor.query import LogsQueryClient

from correlator.gateways import is_group

WAIT = 45
"""Seconds that the service may take for an answer."""
BLOCK = 1 << 20
"""Bytes that a client should read at once: answers have megabytes, and the SDK reads 4 KiB."""


class Column(msgspec.Struct):
    """A column; ``type`` is the service's name of it, such as string or datetime."""

    name: str
    type: str = ""


class Table(msgspec.Struct):
    """A table of an answer, its times still text."""

    columns: list[Column]
    rows: list[list[Any]]

    def __post_init__(self) -> None:
        if not {len(self.columns)}.issuperset(map(len, self.rows)):
            raise ValueError("a row has not as many cells as there are columns")

    @property
    def names(self) -> list[str]:
        """The names of its columns."""
        return [c.name for c in self.columns]

    def cells(self, wanted: Sequence[str]) -> list[Sequence[Any]]:
        """Some of its columns: times as datetimes (UTC), and ``""`` for what is null or no column here."""
        by_name = dict(zip(self.names, zip(*self.rows, strict=True), strict=False))
        types = {c.name: c.type for c in self.columns}
        lacking = ("",) * len(self.rows)
        return [_read(by_name.get(name, lacking), types.get(name, "")) for name in wanted]


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


class Answer(msgspec.Struct):
    """What the service says. ``error`` stands beside tables that are not whole."""

    tables: list[Table] = []
    error: Failure | None = None


def ask(client: LogsQueryClient, place: str, query: str, limits: Mapping[str, Any]) -> Answer:
    """Ask a workspace, or a resource group for what its resources log; ``limits`` are options of the SDK's pipeline.

    Raises AzureError, and msgspec.MsgspecError for an answer that is no JSON of the known shape.
    """
    path = f"{quote(place)}/query" if is_group(place) else f"/workspaces/{quote(place, safe='')}/query"
    request = HttpRequest("POST", path, json={"query": query}, headers={"Prefer": f"wait={WAIT}"})
    # Streamed, or the client would parse the text too.
    with client.send_request(request, stream=True, **limits) as response:
        body = _body(response)
        response.raise_for_status()
    return msgspec.json.decode(body, type=Answer)


def _body(response: HttpResponse) -> bytes:
    try:
        return response.read()
    except HttpResponseError as broken:  # the client's name for whatever breaks within the text
        raise ServiceResponseError(str(broken)) from None


def _read(column: Sequence[Any], kind: str) -> Sequence[Any]:
    if None in column:
        column = ["" if cell is None else cell for cell in column]
    if kind != "datetime":
        return column
    try:
        return list(map(datetime.fromisoformat, column))
    except (TypeError, ValueError):
        return [read_time(cell) for cell in column]


def read_time(text: Any) -> Any:
    """A datetime; what is no time stays as it is, and the reader of rows says so."""
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return text
