"""DuckDB: the same tunnel outages by SQL windows over its own JSON reader. No causes, no incidents, no ids."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.chains import Span
from benchmarks.fleet import INSTANCES

SQL = """
with cells as (
    select unnest(tables[1].rows) as c
    from read_json(?, columns = {tables: 'STRUCT(rows VARCHAR[][])[]'}, maximum_object_size = 1000000000)
), events as (
    select lower(c[2]) as gateway, c[8] as peer, c[1][:26]::timestamp as moment, c[6] = 'Connected' as up,
        c[7] as instance
    from cells where c[3] = 'TunnelDiagnosticLog'
), words as (
    select *,
        last_value(case when instance = ? then up end ignore nulls) over so_far as a,
        last_value(case when instance = ? then up end ignore nulls) over so_far as b
    from events
    window so_far as (partition by gateway, peer order by moment, up rows between unbounded preceding and current row)
), flow as (
    select *, coalesce(a, false) or coalesce(b, false) as any_up from words
), edges as (
    select *,
        lag(any_up, 1, true) over (partition by gateway, peer order by moment, up) as was_up,
        first_value(case when any_up then moment end ignore nulls) over (
            partition by gateway, peer order by moment, up rows between 1 following and unbounded following) as ends
    from flow
)
select gateway, peer, epoch_us(moment), coalesce(epoch_us(ends), -1) from edges where was_up and not any_up
"""


def run(path: Path) -> Any:
    """Rows of outages."""
    return duckdb.execute(SQL, [str(path), *INSTANCES]).fetchall()


def outages(result: Any) -> Iterable[Span]:
    """The rows."""
    return (Span(*row) for row in result)
