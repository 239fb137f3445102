"""The rows of the two logs around each incident, bounded: those that the verdict rests on, then what stands nearest."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from correlator.categories import clean, gateway_of, moment
from correlator.model import LogRow
from correlator.wording import Style
from correlator.wording.phrases import instance, place

VIEWS = ("GatewayDiagnosticLog", "TunnelDiagnosticLog")
AROUND = timedelta(minutes=10)
MOST_OF_ONE = 120
"""Rows of one incident. More are read in the logs themselves."""
MOST = 12_000
"""Rows in the page, the newest incidents first: some 2 MB."""


class Shown(NamedTuple):
    """Which rows belong to an incident: ``(index, whether the verdict rests on it)``, and how many were left out."""

    rows: list[tuple[int, int]]
    omitted: int


class LogViews(NamedTuple):
    """The rows of the page, and by incident id which of them are its own."""

    rows: list[list[Any]]
    of: dict[str, Shown]


class _Row(NamedTuple):
    at: datetime
    row: LogRow


def log_views(incidents: Sequence[Mapping[str, Any]], rows: Sequence[LogRow], style: Style) -> LogViews:
    """``incidents`` newest first. A row of two incidents is kept once."""
    logs = _by_gateway(rows)
    kept: dict[tuple[str, int], int] = {}
    written: list[list[Any]] = []
    of: dict[str, Shown] = {}
    for incident in incidents:
        gateway = str(incident["gateway"]["resource_id"])
        log = logs.get(gateway, [])
        near, rests = _around(incident, log)
        chosen = _chosen(near, rests, min(MOST_OF_ONE, MOST - len(written)))
        for n in chosen:
            if (gateway, n) not in kept:
                kept[gateway, n] = len(written)
                written.append(_written(log[n], style.at(gateway)))
        of[str(incident["id"])] = Shown([(kept[gateway, n], int(n in rests)) for n in chosen], len(near) - len(chosen))
    return LogViews(written, of)


def _by_gateway(rows: Sequence[LogRow]) -> dict[str, list[_Row]]:
    """The rows of both logs, each once, in order of time."""
    found: dict[str, set[_Row]] = {}
    for row in rows:
        at = moment(row.at) if row.category in VIEWS else None
        gateway = gateway_of(row.gateway) if at else None
        if at and gateway:
            # A row that came twice differs in its ingestion time alone.
            found.setdefault(gateway, set()).add(_Row(at, row._replace(at="", ingested="", gateway="")))
    return {g: sorted(log) for g, log in found.items()}


def _around(incident: Mapping[str, Any], log: Sequence[_Row]) -> tuple[range, set[int]]:
    """The rows from ten minutes before to ten minutes after, and those of them that the verdict rests on."""
    ends = [incident["ended_at"], *(t for o in incident["outages"] for t in (o["started_at"], o["ended_at"]))]
    times = [m for t in (incident["started_at"], *ends) if t and (m := moment(t))]
    near = range(
        bisect_left(log, min(times) - AROUND, key=lambda r: r.at),
        bisect_right(log, max(times) + AROUND, key=lambda r: r.at),
    )
    named = {(moment(e["at"]), e["category"]) for e in incident["cause"]["evidence"]}
    return near, {n for n in near if (log[n].at, log[n].row.category) in named}


def _chosen(near: range, rests: set[int], most: int) -> list[int]:
    """What decides goes first, then the earliest rows: how it began is what people ask."""
    others = (n for n in near if n not in rests)
    return sorted([*sorted(rests), *others][: max(0, most)])


def _written(found: _Row, style: Style) -> list[Any]:
    """Log (0 gateway, 1 tunnel), time, instance, then operation and message, or peer, status and reason."""
    row = found.row
    said = instance(row.instance, style) if row.instance else ""
    at = round(found.at.timestamp() * 1000)
    if row.category == VIEWS[0]:
        return [0, at, said, clean(row.operation), clean(row.message)]
    return [1, at, said, place(row.peer, style), clean(row.status or row.operation), clean(row.reason)]
