"""Two rules that people apply by hand today, given every benefit of the doubt.

``article``: the support article of 2020. A message "Upgrade gateway started" of the gateway (by its name, as the
article's query filters it) within 30 minutes is maintenance; Disconnected and Connected are paired by instance. Where
there is no trace of maintenance, the article sends its reader to look on premises: remote.

``page``: the troubleshooting page for the diagnostic logs. A tunnel that comes back on the other instance was an
Azure failover; one that comes back on the same instance was a glitch, the peer or the path.

Both read every spelling of ids and columns, which a person with a query would have to find out first.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from benchmarks.verdicts.truth import SIDES, Cause, Row, SaidOutage, TunnelKey

NEAR = timedelta(minutes=30)


class TunnelEvent(NamedTuple):
    """A tunnel row, read. Disconnected sorts before Connected of the same time."""

    at: datetime
    up: bool
    gateway: str
    name: str
    peer: str
    instance: int | None


def article(rows: Sequence[Row]) -> list[SaidOutage]:
    """What the article's reader would say."""
    marks: dict[str, list[datetime]] = defaultdict(list)
    for row in rows:
        if "upgrade gateway started" in str(row.get("Message", "")).lower():
            marks[str(row["Resource"]).upper()].append(datetime.fromisoformat(row["TimeGenerated"]))
    for times in marks.values():
        times.sort()
    return [_article_says(outage, ended, marks) for outage, ended in _pair_by_instance(_events(rows))]


def page(rows: Sequence[Row]) -> list[SaidOutage]:
    """What the page's reader would say."""
    return [_page_says(down, up) for down, up in _pair_by_peer(_events(rows))]


def _article_says(down: TunnelEvent, ended: datetime | None, marks: dict[str, list[datetime]]) -> SaidOutage:
    times = marks.get(down.name, [])
    near = bisect_left(times, down.at - NEAR) < bisect_right(times, down.at + NEAR)
    return _said(down, ended, Cause.AZURE_MAINTENANCE if near else Cause.REMOTE_UNREACHABLE)


def _page_says(down: TunnelEvent, up: TunnelEvent | None) -> SaidOutage:
    other = up is not None and up.instance != down.instance
    return _said(down, up.at if up else None, Cause.AZURE_FAILOVER if other else Cause.REMOTE_UNREACHABLE)


def _said(down: TunnelEvent, ended: datetime | None, cause: Cause) -> SaidOutage:
    """One outage is one incident: neither rule groups."""
    key = TunnelKey(down.gateway, down.peer, down.instance, down.at)
    return SaidOutage(key, ended, cause, SIDES[cause], "|".join(map(str, key)))


def _pair_by_instance(events: Iterable[TunnelEvent]) -> list[tuple[TunnelEvent, datetime | None]]:
    ended: dict[TunnelEvent, datetime | None] = {}
    open_: dict[tuple[str, str, int | None], TunnelEvent] = {}
    for event in events:
        tunnel = (event.gateway, event.peer, event.instance)
        if not event.up:
            ended.setdefault(open_.setdefault(tunnel, event))
        elif tunnel in open_:
            ended[open_.pop(tunnel)] = event.at
    return list(ended.items())


def _pair_by_peer(events: Iterable[TunnelEvent]) -> list[tuple[TunnelEvent, TunnelEvent | None]]:
    """A Connected row closes the open drop of its own instance, else the oldest open one of the peer."""
    closed: dict[TunnelEvent, TunnelEvent | None] = {}
    open_: dict[tuple[str, str], dict[int | None, TunnelEvent]] = defaultdict(dict)
    for event in events:
        downs = open_[event.gateway, event.peer]
        if not event.up:
            closed.setdefault(downs.setdefault(event.instance, event))
        elif downs:
            closed[downs.pop(event.instance if event.instance in downs else next(iter(downs)))] = event
    return list(closed.items())


def _events(rows: Iterable[Row]) -> list[TunnelEvent]:
    return sorted({_event(row) for row in rows if row.get("Category") == "TunnelDiagnosticLog"}, key=_in_order)


def _in_order(event: TunnelEvent) -> tuple[datetime, bool, str, str, int]:
    return (event.at, event.up, event.gateway, event.peer, -1 if event.instance is None else event.instance)


def _event(row: Row) -> TunnelEvent:
    fields = json.loads(row.get("AdditionalFields", "{}"))
    instance = str(row.get("instance_s") or fields.get("instance") or "")
    return TunnelEvent(
        at=datetime.fromisoformat(row["TimeGenerated"]),
        up=row["status_s"] == "Connected",
        gateway=str(row.get("_ResourceId") or row["ResourceId"]).lower(),
        name=str(row["Resource"]).upper(),
        peer=str(row.get("remoteIP_s") or fields.get("remoteIP")),
        instance=int(instance[-1]) if instance else None,
    )
