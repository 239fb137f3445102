"""Azure Table Storage through its SDK, with an identity or a connection string.

The SDK retries 429, 502 and dropped connections for GET, PUT and DELETE alone; so every call names all methods. A
retried write may meet its own first try and answer "conflict": the caller then drops its work and the next poll finds
it done, which is why no write here is anything but conditional or repeatable.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from azure.core import MatchConditions
from azure.core.credentials import TokenCredential
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.data.tables import TableServiceClient, UpdateMode

from correlator.errors import StoreUnavailable
from correlator.stores.tables import EVERY, TABLES, Conflict, Delete, Entity, Insert, Operation, Replace

RETRY: dict[str, Any] = {"retry_on_methods": ["GET", "PUT", "DELETE", "POST", "PATCH", "MERGE", "HEAD"]}
CONDITION_FAILED = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED)
"""The row to replace or delete is gone, the row to insert is there, the tag has moved."""
TRANSPORT: dict[str, Any] = {
    "retry_total": 3,
    "retry_backoff_factor": 0.5,
    "retry_backoff_max": 10,
    "connection_timeout": 5,
    "read_timeout": 20,
}


class AzureTables:
    """The tables of one storage account; they are made when first missed."""

    def __init__(self, service: TableServiceClient) -> None:
        self._clients = {name: service.get_table_client(name) for name in TABLES}

    @classmethod
    def at(cls, endpoint: str, credential: TokenCredential) -> AzureTables:
        """Tables at an endpoint, signed in with an identity."""
        return cls(TableServiceClient(endpoint, credential=credential, **TRANSPORT))

    @classmethod
    def from_connection_string(cls, text: str) -> AzureTables:
        """Tables by connection string: for the emulator; a deployment has no keys."""
        return cls(TableServiceClient.from_connection_string(text, **TRANSPORT))

    def query(
        self, table: str, partition: str, first: str, last: str, where: Mapping[str, str] = EVERY
    ) -> tuple[list[Entity], datetime]:
        text = (
            f"PartitionKey eq '{_quoted(partition)}' and RowKey ge '{_quoted(first)}' and RowKey lt '{_quoted(last)}'"
        ) + _conditions(where)
        clock = [datetime.fromtimestamp(0, UTC)]

        def remember(response: Any) -> None:
            clock.append(_date_of(response.http_response.headers.get("Date")))

        with _failures(table):
            try:
                found = self._clients[table].query_entities(text, raw_response_hook=remember, **RETRY)
                return [_entity(e) for e in found], clock[-1]
            except ResourceNotFoundError:
                self._make(table)
                return [], clock[-1]

    def scan(self, table: str, before: str, where: Mapping[str, str] = EVERY) -> Iterator[tuple[str, Entity]]:
        text = f"PartitionKey lt '{_quoted(before)}'" + _conditions(where)
        with _failures(table):
            try:
                for found in self._clients[table].query_entities(text, **RETRY):
                    yield found["PartitionKey"], _entity(found)
            except ResourceNotFoundError:
                return

    def get(self, table: str, partition: str, row: str) -> Entity | None:
        with _failures(table):
            try:
                return _entity(self._clients[table].get_entity(partition, row, **RETRY))
            except ResourceNotFoundError:
                return None

    def write(self, table: str, partition: str, operations: Sequence[Operation]) -> list[str]:
        with _failures(table, CONDITION_FAILED):
            try:
                return self._written(table, partition, operations)
            except HttpResponseError as missing:
                if not _no_table(missing):
                    raise
                self._make(table)
                return self._written(table, partition, operations)

    def _make(self, table: str) -> None:
        try:
            self._clients[table].create_table()
        except ResourceExistsError:
            return

    def _written(self, table: str, partition: str, operations: Sequence[Operation]) -> list[str]:
        client = self._clients[table]
        if len(operations) > 1:
            answers = client.submit_transaction([_batched(partition, o) for o in operations], **RETRY)
            return [str(a.get("etag", "")) for a in answers]
        match operations[0]:
            case Delete(row, etag):
                client.delete_entity(partition, row, **_if_match(etag), **RETRY)
                return [""]
            case Insert(row, properties):
                answer = client.create_entity(_keyed(partition, row, properties), **RETRY)
            case Replace(row, properties, etag):
                answer = client.update_entity(
                    _keyed(partition, row, properties),
                    mode=UpdateMode.REPLACE,
                    **_if_match(etag),
                    **RETRY,
                )
            case other:
                answer = client.upsert_entity(
                    _keyed(partition, other.row, other.properties), mode=UpdateMode.REPLACE, **RETRY
                )
        return [str(answer["etag"])]


@contextmanager
def _failures(table: str, conditions: Collection[int] = ()) -> Iterator[None]:
    """The SDK's many failures as our two: a write's condition that did not hold, or storage that cannot be used."""
    try:
        yield
    except HttpResponseError as failed:
        if failed.status_code in conditions:
            raise Conflict(table) from None
        raise StoreUnavailable(f"table {table}: {_advice(failed)}", failed.status_code) from None
    except (Conflict, StoreUnavailable):
        raise
    except Exception as failed:  # the SDK lets its parsers' errors escape, a proxy's HTML page becomes any of them
        raise StoreUnavailable(f"table {table}: {type(failed).__name__}: {_first_line(failed)}") from None


def _no_table(failed: HttpResponseError) -> bool:
    """Only the text tells a missing table from a missing row: a batch carries no usable error code."""
    if failed.status_code != HTTPStatus.NOT_FOUND:
        return False
    return "TableNotFound" in str(failed) or "table specified does not exist" in str(failed)


def _advice(failed: HttpResponseError) -> str:
    if failed.status_code in (401, 403):
        return "no permission; the identity needs Storage Table Data Contributor on the account"
    return f"HTTP {failed.status_code} {_first_line(failed)}"


def _first_line(failed: Exception) -> str:
    return (str(failed).strip().splitlines() or [type(failed).__name__])[0][:200]


def _conditions(where: Mapping[str, str]) -> str:
    return "".join(f" and {column} eq '{_quoted(value)}'" for column, value in where.items())


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _date_of(text: str | None) -> datetime:
    return parsedate_to_datetime(text) if text else datetime.fromtimestamp(0, UTC)


def _entity(found: Any) -> Entity:
    properties = {k: v for k, v in found.items() if k not in ("PartitionKey", "RowKey")}
    return Entity(found["RowKey"], properties, found.metadata["etag"])


def _keyed(partition: str, row: str, properties: Any) -> dict[str, Any]:
    return {"PartitionKey": partition, "RowKey": row, **properties}


def _if_match(etag: str) -> dict[str, Any]:
    return {"etag": etag, "match_condition": MatchConditions.IfNotModified} if etag else {}


def _batched(partition: str, operation: Operation) -> Any:
    match operation:
        case Delete(row, etag):
            return "delete", _keyed(partition, row, {}), _if_match(etag)
        case Insert(row, properties):
            return "create", _keyed(partition, row, properties)
        case Replace(row, properties, etag):
            return "update", _keyed(partition, row, properties), {"mode": "replace", **_if_match(etag)}
        case other:
            return "upsert", _keyed(partition, other.row, other.properties), {"mode": "replace"}
