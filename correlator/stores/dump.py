"""Every row of a table as lines of JSON, typed as the service's own protocol types them: nothing is lost on the way."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from correlator.stores.tables import Tables

LAST = "~"
"""Sorts after every partition key that there is."""


def lines(tables: Tables, table: str) -> Iterator[str]:
    """One row a line, in the order of its keys. Raises StoreUnavailable."""
    for partition, entity in tables.scan(table, LAST):
        keys = {"PartitionKey": partition, "RowKey": entity.row}
        yield json.dumps(keys | dict(_columns(entity.properties)), ensure_ascii=False)


def _columns(properties: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in properties.items():
        if isinstance(value, datetime):
            yield f"{name}@odata.type", "Edm.DateTime"
            yield name, datetime.fromtimestamp(value.timestamp(), UTC).isoformat().replace("+00:00", "Z")
        elif isinstance(value, bytes):
            yield f"{name}@odata.type", "Edm.Binary"
            yield name, base64.b64encode(value).decode()
        else:
            yield name, value
