"""Azure Resource Graph's two tables in memory: executes the KQL that ships, over resources as ARM would show them."""

import json
import tempfile
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import duckdb_kql
from duckdb_kql import KqlError

from sandbox.kql_translation import translate

Resource = dict[str, Any]
COLUMNS = {
    "id": "string", "name": "string", "type": "string", "location": "string", "subscriptionId": "string",
    "resourceGroup": "string", "tags": "dynamic", "properties": "dynamic",
}  # fmt: skip
"""What the queries may use of the tables' columns."""
TABLES = ("resources", "resourcecontainers")
_TYPES = ", ".join(f"'{name}': '{'JSON' if kind == 'dynamic' else 'VARCHAR'}'" for name, kind in COLUMNS.items())


class GraphRefused(Exception):
    """The query is wrong, or the local engine cannot run it."""


class GraphEngine:
    """One engine for all questions, safe to use from several threads."""

    def __init__(self) -> None:
        """Nothing is loaded: each question brings what its asker may see."""
        self._engine = duckdb_kql.connect()
        self._engine.execute("SET threads = 1")
        self._lock = threading.Lock()

    def rows(self, query: str, resources: Iterable[Resource], containers: Iterable[Resource]) -> list[Resource]:
        """The answer over these tables, its dynamic values as JSON. Raises GraphRefused."""
        with self._lock, tempfile.TemporaryDirectory() as folder:
            for table, content in zip(TABLES, (resources, containers), strict=True):
                file = Path(folder, table)
                file.write_text("\n".join(json.dumps(_row(r)) for r in content), encoding="utf-8")
                source = f"read_json('{file}', format='newline_delimited', columns={{{_TYPES}}})"
                self._engine.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM {source}")
            try:
                schema = tuple((table, tuple(COLUMNS)) for table in TABLES)
                answer = self._engine.execute(*translate(query, schema, datetime.now(UTC)))
                names, found = [name for name, *_ in answer.description], answer.fetchall()
                kinds = [str(kind) for _, kind, *_ in answer.description]
            except (KqlError, duckdb.Error) as error:
                raise GraphRefused(str(error).splitlines()[0]) from error
        return [
            {n: json.loads(v) if kind == "JSON" and v else v for n, kind, v in zip(names, kinds, row, strict=True)}
            for row in found
        ]

    def close(self) -> None:
        """Free the memory."""
        with self._lock:
            self._engine.close()
            del self._engine  # what lives until the process ends is reported by the engine as a leak


def _row(resource: Resource) -> Resource:
    """As Resource Graph holds it: types and names of groups in lower case."""
    parts = resource["id"].split("/")
    place = {
        "subscriptionId": parts[2] if len(parts) > 2 else "",
        "resourceGroup": parts[4].lower() if len(parts) > 4 else "",
    }
    return {"tags": None, "properties": {}, **resource, **place, "type": resource["type"].lower()}
