"""Polls over a store in memory, with their calls counted: ``python -m benchmarks.polls STORED`` prints JSON.

A quiet poll finds nothing. A poll with news finds one maintenance of one gateway, commits it, tells it to one channel
and writes the public tables. ``STORED`` incidents lie in those tables already, copies of a real one over a year.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from correlator.channels import CHANNELS
from correlator.model import LogRow, Policy
from correlator.notification import Notification
from correlator.poll import poll
from correlator.ports import Body, Channel, LogAnswer
from correlator.stores.memory import MemoryTables
from correlator.stores.store import TableStore
from correlator.stores.tables import BATCH, INCIDENTS, Upsert
from correlator.wording import Style

WORKSPACE = "workspace"
POLLS = 40
EVERY = timedelta(minutes=5)
START = datetime(2026, 6, 1, tzinfo=UTC)
CAST = "/subscriptions/s/resourcegroups/rg/providers/microsoft.network/virtualnetworkgateways/vgw-{:05d}"


class _Counted:
    """Anything, with the calls to some of its methods counted."""

    def __init__(self, inner: Any, calls: Counter[str], *names: str) -> None:
        self._inner, self._calls, self._names = inner, calls, names

    def __getattr__(self, name: str) -> Any:
        if name in self._names:
            self._calls[name] += 1
        return getattr(self._inner, name)


class _Log:
    """A workspace that answers with what is put in, once."""

    def __init__(self) -> None:
        self.now = START
        self.fresh: list[LogRow] = []

    def fetch(self, *_: Any) -> LogAnswer:
        rows, self.fresh = self.fresh, []
        return LogAnswer(self.now, rows)

    def negotiations(self, *_: Any) -> Sequence[LogRow]:
        return ()


class _Silent:
    """A channel that renders in full and posts nothing."""

    def __init__(self, channel: Channel) -> None:
        self.name = channel.name
        self.address = ""
        self.render: Callable[[Notification], Body] = channel.render
        self.render_plain = channel.render_plain

    def turn(self) -> bool:
        return True

    def send(self, body: Body) -> None:
        json.dumps(body)


def maintenance(number: int, now: datetime) -> list[LogRow]:
    """The rows of one serviced instance whose tunnel failed over."""
    one, other, gateway = "GatewayTenantWorker_IN_0", "GatewayTenantWorker_IN_1", CAST.format(number)
    at = [now - timedelta(minutes=m) for m in (4, 3, 2)]
    tunnel = (gateway, "TunnelDiagnosticLog", "", "")
    return [
        LogRow(at[0], "", gateway, "GatewayDiagnosticLog", "HostMaintenanceEvent", "", "", one, "", ""),
        LogRow(at[1], "", *tunnel, "Disconnected", one, "203.0.113.10", "GlobalStandbyChanged"),
        LogRow(at[2], "", *tunnel, "Connected", other, "203.0.113.10", ""),
    ]


def fill(tables: MemoryTables, stored: int) -> None:
    """Copy the one public row there is until so many are stored, over the weeks of a year."""
    weeks = [f"2026-W{n:02}" for n in range(1, 53)]
    (row,) = [row for week in weeks for row in tables.query(INCIDENTS, week, "0", "~")[0]]
    for at in range(0, stored, BATCH):
        keys = [f"{row.row}-{n}" for n in range(at, min(at + BATCH, stored))]
        tables.write(INCIDENTS, weeks[at // BATCH % len(weeks)], [Upsert(key, row.properties) for key in keys])


def timed(turn: Callable[[], None], calls: Counter[str]) -> dict[str, Any]:
    """Median CPU of one poll, and its calls; every turn must make the same ones."""
    spent, seen = [], set[str]()
    for _ in range(POLLS):
        calls.clear()
        begin = time.process_time()
        turn()
        spent.append(time.process_time() - begin)
        seen.add(json.dumps(dict(sorted(calls.items()))))
    return {"cpu": median(spent), "calls": [json.loads(s) for s in sorted(seen)]}


def main(arguments: Sequence[str]) -> None:
    """Fill the store, then poll."""
    stored = int(arguments[0])
    calls: Counter[str] = Counter()
    log, tables, style = _Log(), MemoryTables(), Style()
    source: Any = _Counted(log, calls, "fetch")
    store = TableStore(_Counted(tables, calls, "query", "get", "write"), style)
    quiet_channel = _Silent(CHANNELS["teams"][1]("https://chat.invalid/", style, True))
    channels: dict[str, Any] = {"teams": _Counted(quiet_channel, calls, "send")}
    count = iter(range(10**6))

    def quiet() -> None:
        log.now += EVERY
        poll(WORKSPACE, source, store, channels, Policy())

    def news() -> None:
        log.fresh = maintenance(next(count), log.now + EVERY)
        quiet()

    quiet()
    news()
    fill(tables, stored)
    print(json.dumps({"quiet": timed(quiet, calls), "news": timed(news, calls)}))


if __name__ == "__main__":
    main(sys.argv[1:])
