"""One Log Analytics workspace: rows in tables whose columns grow, and KQL executed over what is ingested by now."""

import json
import re
import tempfile
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import duckdb_kql
from duckdb_kql import KqlError, KqlSyntaxError, KqlUnsupportedError

from sandbox.kql_rewrite import INGESTED, OtherWorkspace, rewrite
from sandbox.kql_translation import Schema, translate
from sandbox.wire_format import Interval, cell, kusto_type

Row = Mapping[str, object]
SCHEMA: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("schema.json").read_text())
# Not base columns: the service creates them when the first row arrives that holds a value.
LATE_COLUMNS = frozenset({"instance_s", "remoteIP_s", "stateChangeReason_s", "operationStatus_s"})
_SUFFIXES = {"s": "string", "d": "real", "b": "bool", "t": "datetime", "g": "string"}
_ENGINE_TYPE = {
    "string": "VARCHAR",
    "datetime": "TIMESTAMP",
    "real": "DOUBLE",
    "long": "BIGINT",
    "bool": "BOOLEAN",
    "dynamic": "JSON",
}
_NO_TABLE = re.compile(r"Table with name (\S+) does not exist|schema error for '([^']+)' \(unknown table")
_NO_COLUMN = re.compile(r'Referenced column "([^"]+)" not found')


class QueryRefused(Exception):
    """The query is wrong; `kind` is SyntaxError or SemanticError, `code` Kusto's number for it."""

    def __init__(self, kind: str, code: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.code = code


class NotExecutable(Exception):
    """The query may be right, but the local engine cannot run it."""


@dataclass(frozen=True)
class Answer:
    """A query's result: (name, Kusto type) of each column, and rows of cells as JSON carries them."""

    columns: list[tuple[str, str]]
    rows: list[list[object]]


class Workspace:
    """Tables of one workspace in memory. Each appears with its first row; safe to use from several threads."""

    def __init__(self, workspace_id: str) -> None:
        """An empty workspace, without any table."""
        self.workspace_id = workspace_id
        self._tables: dict[str, dict[str, str]] = {}
        self._schema: Schema = ()
        self._lock = threading.Lock()
        self._engine = duckdb_kql.connect()
        self._engine.execute("SET threads = 1")  # rows without an order come back as they were loaded
        self._engine.execute("CREATE SCHEMA stored")

    def load(self, rows: Iterable[Row]) -> None:
        """Add rows. `Type` names the table (AzureDiagnostics if absent), `IngestionTime` when queries begin to see it.

        Moments are datetimes or ISO 8601 text, UTC where they name no zone; without IngestionTime a row is
        visible from its TimeGenerated on.
        """
        by_table: dict[str, list[Row]] = {}
        for row in rows:
            table = str(row.get("Type") or "AzureDiagnostics")
            by_table.setdefault(table, []).append({**row, "Type": table})
        with self._lock:
            for table, members in by_table.items():
                self._grow(table, members)
                self._insert(table, members)
            stored = duckdb_kql.engine.schema(self._engine)
            self._schema = tuple((table, tuple(stored[table])) for table in self._tables)

    def _grow(self, table: str, rows: list[Row]) -> None:
        """Create the table and the columns the rows have values for."""
        if table not in SCHEMA:
            raise ValueError(f"no such table: {table}; known are {', '.join(SCHEMA)}")
        if table not in self._tables:
            self._tables[table] = {name: kind for name, kind in SCHEMA[table].items() if name not in LATE_COLUMNS}
            columns = ", ".join(f'"{name}" {_ENGINE_TYPE[kind]}' for name, kind in self._tables[table].items())
            self._engine.execute(f'CREATE TABLE stored."{table}" ({columns}, "{INGESTED}" TIMESTAMP)')
        known = self._tables[table]
        filled = {name for row in rows for name in row.keys() - known if row[name] not in (None, "")}
        for name in sorted(filled - {"IngestionTime"}):
            known[name] = _type_of_new(name)
            empty = " DEFAULT ''" if known[name] == "string" else ""
            self._engine.execute(f'ALTER TABLE stored."{table}" ADD COLUMN "{name}" {_ENGINE_TYPE[known[name]]}{empty}')

    def _insert(self, table: str, rows: list[Row]) -> None:
        """Bulk load through a file of JSON lines; inserting row by row would take a hundred times as long."""
        known = self._tables[table]
        dynamic = [name for name, kind in known.items() if kind == "dynamic"]
        wanted = {**known, "IngestionTime": "datetime"}
        read = ", ".join(f"'{name}': '{'JSON' if name in dynamic else 'VARCHAR'}'" for name in wanted)
        values = ", ".join(f'{_stored(name, kind)} AS "{name}"' for name, kind in known.items())
        seen_from = f"coalesce({_stored('IngestionTime', 'datetime')}, {_stored('TimeGenerated', 'datetime')})"
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "rows.json")
            file.write_text("\n".join(_line(row, dynamic) for row in rows), encoding="utf-8")
            source = f"read_json('{file}', format='newline_delimited', columns={{{read}}})"
            self._engine.execute(
                f'INSERT INTO stored."{table}" BY NAME SELECT {values}, {seen_from} AS "{INGESTED}" FROM {source}'
            )

    def query(self, text: str, now: datetime, within: Interval | None = None) -> Answer:
        """Execute KQL at the moment `now` over the rows ingested by then and generated `within` the interval."""
        with self._lock:
            self._show(now, within)
            try:
                found = self._engine.execute(*translate(self._rewritten(text), self._schema, now))
                named = [(name, kusto_type(str(kind))) for name, kind, *_ in found.description]
                raw = found.fetchall()
            except (KqlError, duckdb.Error) as error:
                raise _refusal(error) from error
        shown = [index for index, (name, _) in enumerate(named) if not name.startswith(INGESTED)]
        return Answer([named[i] for i in shown], [[cell(row[i], named[i][1]) for i in shown] for row in raw])

    def _rewritten(self, text: str) -> str:
        columns = {table: self._tables.get(table, {}).keys() for table in SCHEMA}
        try:
            return rewrite(text, columns, lambda name: name == self.workspace_id)
        except OtherWorkspace as error:
            raise NotExecutable(str(error)) from error

    def _show(self, now: datetime, within: Interval | None) -> None:
        """Put a view in front of every table that holds back what a query at `now` must not see."""
        for table in self._tables:
            visible = f'"{INGESTED}" <= {_moment(now)}'
            if within:
                visible += f" AND TimeGenerated >= {_moment(within[0])} AND TimeGenerated < {_moment(within[1])}"
            self._engine.execute(
                f'CREATE OR REPLACE TEMP VIEW "{table}" AS SELECT * FROM stored."{table}" WHERE {visible}'
            )

    def close(self) -> None:
        """Free the memory, once the query that is running has its answer."""
        with self._lock:
            self._engine.close()
            del self._engine  # what lives until the process ends is reported by the engine as a leak


def _type_of_new(name: str) -> str:
    """The type of a column the service makes up: its last letters say it."""
    stem, _, suffix = name.rpartition("_")
    if not stem or suffix not in _SUFFIXES:
        raise ValueError(f"neither a base column nor one with a type suffix such as _s: {name}")
    return _SUFFIXES[suffix]


def _stored(name: str, kind: str) -> str:
    """SQL for a value read from JSON: moments become UTC, a string is never null."""
    if kind == "datetime":
        return f"CAST(CAST(\"{name}\" AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS TIMESTAMP)"
    return f"coalesce(\"{name}\", '')" if kind == "string" else f'CAST("{name}" AS {_ENGINE_TYPE[kind]})'


def _line(row: Row, dynamic: list[str]) -> str:
    """A row as one line of JSON. Exports hold dynamic values as JSON text: that becomes the value it stands for."""
    parsed = {name: json.loads(value) for name in dynamic if isinstance(value := row.get(name), str) and value}
    return json.dumps({**row, **parsed}, default=_plain)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _moment(moment: datetime) -> str:
    return f"CAST(TIMESTAMPTZ '{moment.isoformat()}' AT TIME ZONE 'UTC' AS TIMESTAMP)"


def _refusal(error: Exception) -> QueryRefused | NotExecutable:
    """The engine's complaint as the service words it; clients tell a missing table or column by that wording."""
    text = str(error).splitlines()[0]
    if isinstance(error, KqlUnsupportedError):
        return NotExecutable(text)
    if isinstance(error, KqlSyntaxError):
        return QueryRefused("SyntaxError", "SYN0002", text)
    if table := _NO_TABLE.search(text):
        text = f"'where' operator: Failed to resolve table or column expression named '{table[1] or table[2]}'"
    elif column := _NO_COLUMN.search(text):
        text = f"'where' operator: Failed to resolve column or scalar expression named '{column[1]}'"
    return QueryRefused("SemanticError", "SEM0100", text)
