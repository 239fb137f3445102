"""Polls of many gateways in one workspace: ``python -m benchmarks.nights KIND GATEWAYS`` prints what they took.

``quiet``: nothing is new. ``maintenance``: both instances of every gateway are serviced, half an hour apart, and its
four tunnels move there and back. ``storm``: every tunnel of every gateway drops at once and is back twenty minutes
later. ``backfill``: the first poll of an installation, over thirty days of ``benchmarks.fleet``. All but the last go on
for an hour of polls, so that all is told; the channel takes everything at once.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from benchmarks.fleet import DAYS, INSTANCES, _row
from benchmarks.fleet import START as FLEET_START
from benchmarks.fleet import Gateway as Composed
from benchmarks.parts import STYLE, CountedTables, Log, Silent, Watch, minutes
from correlator.model import LogRow, Policy
from correlator.poll import poll
from correlator.stores.store import TableStore

EVERY = minutes(5)
POLLS = 12
GATEWAY = "/subscriptions/{0:08x}-0000-4000-8000-{0:012x}/resourcegroups/rg-network/providers/microsoft.network/" \
    "virtualnetworkgateways/vgw-{0:05d}"  # fmt: skip
PEERS = tuple(f"203.0.113.{n}" for n in range(10, 14))


def tunnels(gateway: str, at: datetime, status: str, instance: int, reason: str = "") -> Iterator[LogRow]:
    """A row of each tunnel, seen two minutes later."""
    for peer in PEERS:
        yield LogRow(
            at, at + minutes(2), gateway, "TunnelDiagnosticLog", "", "", status, INSTANCES[instance], peer, reason
        )


def serviced(gateway: str, at: datetime, instance: int) -> Iterator[LogRow]:
    """One instance is serviced: its tunnels move to the other within a minute."""
    yield LogRow(at, at + minutes(2), gateway, "GatewayDiagnosticLog", "HostMaintenanceEvent", "", "",
                 INSTANCES[instance], "", "")  # fmt: skip
    yield from tunnels(gateway, at + minutes(1), "Disconnected", instance, "GlobalStandbyChanged")
    yield from tunnels(gateway, at + minutes(1.5), "Connected", 1 - instance)


def maintenance(gateway: str, begin: datetime) -> Iterator[LogRow]:
    """Both instances."""
    yield from serviced(gateway, begin, 0)
    yield from serviced(gateway, begin + minutes(30), 1)


def storm(gateway: str, begin: datetime) -> Iterator[LogRow]:
    """All tunnels at once."""
    yield from tunnels(gateway, begin, "Disconnected", 0, "DPD timed out")
    yield from tunnels(gateway, begin + minutes(20), "Connected", 0)


def quiet(*_: object) -> Iterator[LogRow]:
    """Nothing."""
    yield from ()


Kind = Callable[[str, datetime], Iterator[LogRow]]
KINDS: dict[str, Kind] = {"quiet": quiet, "maintenance": maintenance, "storm": storm}


def month(gateways: int) -> list[LogRow]:
    """The last thirty days of some composed gateways."""
    chance, found = random.Random(30), list[LogRow]()
    for number in range(gateways):
        gateway = Composed(number, chance)
        events = [e for e in gateway.live() if e.at > (DAYS - 30) * 86_400]
        for at, name, *rest in (_row(gateway.id, event, chance) for event in events):
            found.append(LogRow(at, at, name, *rest))
    return found


class Night:
    """A workspace, its tables and its polls."""

    def __init__(self, now: datetime | None = None) -> None:
        self.calls: Counter[str] = Counter()
        self.log = Log(self.calls)
        self.log.now = now or self.log.now
        self.store = TableStore(CountedTables(self.calls, lambda: self.log.now), STYLE)
        self.channels = {"teams": Silent(self.calls)}

    def poll(self) -> None:
        """One poll, five minutes later."""
        self.log.now += EVERY
        poll("workspace", self.log, self.store, self.channels, Policy())

    def live(self, kind: str, gateways: int) -> tuple[Watch, int]:
        """Up for hours, then the night; and how many rows it had. A poll sees its gateways' whole window again."""
        names = [GATEWAY.format(n) for n in range(gateways)]
        begin = self.log.now + minutes(6)
        up = [r for g in names for r in tunnels(g, self.log.now - minutes(180), "Connected", 0)]
        rows = [r for g in names for r in KINDS[kind](g, begin)]
        self.log.fresh = list(up)
        self.poll()
        watch, seen = Watch(self.calls), self.log.now
        for _ in range(POLLS):
            now = self.log.now + EVERY
            visible = [r for r in rows if _arrived(r) <= now]
            news = any(_arrived(r) > seen - minutes(15) for r in visible)
            self.log.fresh, seen = (up + visible if news else []), now
            watch.turn(self.poll)
        return watch, len(rows)


def _arrived(row: LogRow) -> datetime:
    assert isinstance(row.ingested, datetime)
    return row.ingested


def main() -> None:
    """Measure one."""
    kind, gateways = sys.argv[1], int(sys.argv[2])
    if kind == "backfill":
        night = Night(FLEET_START + timedelta(days=DAYS))
        night.log.fresh = month(gateways)
        rows, watch = len(night.log.fresh), Watch(night.calls)
        watch.turn(night.poll)
    else:
        watch, rows = Night().live(kind, gateways)
    print(json.dumps({"gateways": gateways, "rows": rows} | watch.found()))


if __name__ == "__main__":
    main()
