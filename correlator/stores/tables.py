"""The little of Table Storage that the store needs, as a shape: two backends behave alike under one contract suite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

STATE, INCIDENTS, OUTAGES, REMARKS, MESSAGES = "state", "incidents", "outages", "remarks", "messages"
TABLES = (STATE, INCIDENTS, OUTAGES, REMARKS, MESSAGES)
BATCH = 100
EVERY: Mapping[str, str] = {}


class Entity(Struct, frozen=True):
    """One row: its row key, its properties (keys aside) and the tag of this version."""

    row: str
    properties: Mapping[str, Any]
    etag: str


class Insert(Struct, frozen=True):
    """Fails where the row exists."""

    row: str
    properties: Mapping[str, Any]


class Replace(Struct, frozen=True):
    """Fails unless the row still has this tag."""

    row: str
    properties: Mapping[str, Any]
    etag: str


class Upsert(Struct, frozen=True):
    """Writes whatever is there."""

    row: str
    properties: Mapping[str, Any]


class Delete(Struct, frozen=True):
    """Removes the row; one that is gone is fine alone, and a conflict in a batch.

    Without a tag it does so whoever wrote the row last, with one only if that is still the version.
    """

    row: str
    etag: str = ""


Operation = Insert | Replace | Upsert | Delete


class Conflict(Exception):
    """A condition of the write did not hold; nothing of it was applied."""


class Tables(Protocol):
    """Every method is one request (a query may page). Raises StoreUnavailable."""

    def query(
        self, table: str, partition: str, first: str, last: str, where: Mapping[str, str] = EVERY
    ) -> tuple[list[Entity], datetime]:
        """Rows with ``first <= row key < last`` in key order, and the service's clock (UTC).

        ``where`` names text columns and what they must hold: the service leaves other rows out of its answer.
        """
        ...

    def scan(self, table: str, before: str, where: Mapping[str, str] = EVERY) -> Iterator[tuple[str, Entity]]:
        """Partition key and row of all partitions whose key is less than ``before``, in key order, page by page."""
        ...

    def get(self, table: str, partition: str, row: str) -> Entity | None:
        """One row, None where there is none."""
        ...

    def write(self, table: str, partition: str, operations: Sequence[Operation]) -> list[str]:
        """All operations (at most ``BATCH``, one partition) or none; their new tags in order. Raises Conflict."""
        ...
