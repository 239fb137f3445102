"""What is older than the time to keep goes, a little at a time; what may still be written to stays.

Weeks are partitions whose keys sort by time, so what is old is one range at the front of each table, and a run
that finds nothing old reads nothing else. Rows are deleted under their tags: one that was written meanwhile stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby, islice

from correlator.model import GatewayState, Status
from correlator.stores.codec import unpack
from correlator.stores.remarks import PARTITIONS
from correlator.stores.tables import (
    BATCH,
    INCIDENTS,
    MESSAGES,
    OUTAGES,
    REMARKS,
    STATE,
    Conflict,
    Delete,
    Entity,
    Tables,
)
from correlator.weekly import label_of

AT_ONCE = 500
"""Rows of each table in one run: a few requests, and a backlog of years is gone in days."""
LOOKED_AT = 2000
"""Rows of gateways that are looked for in one run, each by a request of its own: half a minute."""
NAMES: Mapping[str, str] = {OUTAGES: "IncidentId", MESSAGES: "Incident", REMARKS: "Incident", INCIDENTS: "Id"}
"""Table -> the column that names the incident. Incidents come last: a row never loses what it belongs to."""


def months_before(now: datetime, months: int) -> datetime:
    """The first instant (UTC) of the month that lies so many whole months before the one of ``now``."""
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)


def in_turn(workspaces: Sequence[str], gone: int, now: datetime) -> Sequence[str]:
    """The workspaces that are looked through in this hour (``now`` in UTC) for so many gateways that are gone.

    All of them, or a part of them by turns: a fleet of workspaces and years of lost gateways would outlast a run.
    """
    rounds = max(1, -(-len(workspaces) * gone // LOOKED_AT))
    return workspaces[int(now.timestamp() // 3600) % rounds :: rounds]


def purge(tables: Tables, before: datetime) -> Counter[str]:
    """Delete incidents, outages, messages and people's words of weeks that ended before that time; how many of each.

    What belongs to an incident that is still open stays. Raises StoreUnavailable.
    """
    gone: Counter[str] = Counter()
    week = label_of(before.date())
    open_ones = {e.properties["Id"] for _, e in tables.scan(INCIDENTS, week, {"Status": Status.OPEN.value})}
    for table, named in NAMES.items():
        old = ((p, e) for p, e in tables.scan(table, week) if e.properties.get(named) not in open_ones)
        gone[table] += _delete(tables, table, islice(old, AT_ONCE))
    for partition in PARTITIONS.values():
        over = tables.query(REMARKS, partition, "0", f"{before:%Y%m%dT%H%M%SZ}")[0]
        gone[REMARKS] += _delete(tables, REMARKS, ((partition, e) for e in over[:AT_ONCE]))
    return +gone


def purge_gateways(tables: Tables, partition: str, rows: Iterable[str], due: Collection[str], before: datetime) -> int:
    """Delete what is kept of gateways that are gone (``rows``: their keys), unless something of them is as young.

    ``due`` are the gateways that a poll will look at.
    """
    found = [e for e in (tables.get(STATE, partition, row) for row in rows) if e]
    old = [e for e in found if _is_old(unpack(GatewayState, e.properties), due, before)]
    return _delete(tables, STATE, ((partition, e) for e in old[:AT_ONCE]))


def _is_old(state: GatewayState, due: Collection[str], before: datetime) -> bool:
    seen = [*(c.at for c in state.checkpoints), *(t.seen_at for t in state.tracked)]
    return state.gateway not in due and bool(seen) and max(seen) < before


def _delete(tables: Tables, table: str, rows: Iterable[tuple[str, Entity]]) -> int:
    done = 0
    for partition, found in groupby(rows, key=lambda row: row[0]):
        gone = [Delete(e.row, e.etag) for _, e in found]
        for begin in range(0, len(gone), BATCH):
            try:
                tables.write(table, partition, gone[begin : begin + BATCH])
            except Conflict:
                continue  # somebody wrote to one of them: the next run looks again
            done += len(gone[begin : begin + BATCH])
    return done
