"""KQL to the engine's SQL, translated once for all moments: polls differ only in their datetime literals."""

import atexit
import gc
import re
from datetime import UTC, datetime
from functools import lru_cache

import duckdb_kql
from duckdb_kql.translate import CLOCK_SLOT

# At exit the engine's binding looks whether all its objects were freed; an app in this process freezes what it finds.
atexit.register(gc.unfreeze)

Schema = tuple[tuple[str, tuple[str, ...]], ...]
"""Tables with their columns, in order."""
_MOMENT = re.compile(r"(?<=datetime\()\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z(?=\))")
_STAND_IN = re.compile(r"0001-01-01T00:00:00\.(\d{6})Z")


def translate(text: str, schema: Schema, now: datetime) -> tuple[str, dict[str, object]]:
    """SQL and its parameters for KQL at the moment ``now``; errors are those of duckdb_kql.

    A whole literal such as ``datetime(2026-08-21T17:13:04.000000Z)`` reaches the SQL as it stands, so one translation
    with stand-ins serves all of them.
    """
    moments = list(dict.fromkeys(found[0] for found in _MOMENT.finditer(text)))
    template = _MOMENT.sub(lambda found: f"0001-01-01T00:00:00.{moments.index(found[0]):06d}Z", text)
    sql, needs_clock = _translated(template, schema)
    filled = _STAND_IN.sub(lambda found: moments[int(found[1])], sql)
    return filled, {CLOCK_SLOT: now.astimezone(UTC).replace(tzinfo=None)} if needs_clock else {}


@lru_cache(maxsize=64)
def _translated(template: str, schema: Schema) -> tuple[str, bool]:
    columns = {table: list(names) for table, names in schema}
    result = duckdb_kql.to_sql(template, schema=columns, query_now=datetime.min.replace(tzinfo=UTC))
    return str(result), CLOCK_SLOT in result.parameters
