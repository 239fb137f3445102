"""Every row of a table as lines of JSON, typed as the service's own protocol types them: nothing is lost on the way."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from correlator.stores.tables import Tables

TYPE = "@odata.type"
LAST = "~"
"""Sorts after every partition key that there is."""


def lines(tables: Tables, table: str) -> Iterator[str]:
    """One row a line, in the order of its keys. Raises StoreUnavailable."""
    for partition, entity in tables.scan(table, LAST):
        keys = {"PartitionKey": partition, "RowKey": entity.row}
        yield json.dumps(keys | dict(_columns(entity.properties)), ensure_ascii=False)


def parsed(line: str) -> tuple[str, str, dict[str, Any]]:
    """Partition key, row key and columns of such a line. Raises ValueError, KeyError or TypeError for any other."""
    columns = json.loads(line)
    partition, row = columns.pop("PartitionKey"), columns.pop("RowKey")
    return partition, row, {name: _value(columns, name) for name in columns if not name.endswith(TYPE)}


def _value(columns: Mapping[str, Any], name: str) -> Any:
    match columns.get(name + TYPE):
        case "Edm.DateTime":
            return datetime.fromisoformat(columns[name])
        case "Edm.Binary":
            return base64.b64decode(columns[name], validate=True)
        case _:
            return columns[name]


def _columns(properties: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in properties.items():
        if isinstance(value, datetime):
            yield name + TYPE, "Edm.DateTime"
            yield name, datetime.fromtimestamp(value.timestamp(), UTC).isoformat().replace("+00:00", "Z")
        elif isinstance(value, bytes):
            yield name + TYPE, "Edm.Binary"
            yield name, base64.b64encode(value).decode()
        else:
            yield name, value
