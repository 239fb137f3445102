"""A composed fleet: the answer of the query API for some thousand gateways over ninety days, the same for a seed.

Every gateway has 1 to 20 peers and two instances. Three quarters are active-standby (a failover moves the tunnel to the
other instance), the rest active-active (both hold a tunnel to every peer). Maintenance visits both instances once a
month, tunnels drop at random, a few flap, settings change now and then; some Disconnected rows are repeated and some
outages never end. No instance goes without a word: that would need the product's own idea of a silent switch, and the
other tools could not give the same answer.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

COLUMNS = (
    ("TimeGenerated", "datetime"),
    ("_ResourceId", "string"),
    ("Category", "string"),
    ("OperationName", "string"),
    ("Message", "string"),
    ("status_s", "string"),
    ("instance_s", "string"),
    ("remoteIP_s", "string"),
    ("stateChangeReason_s", "string"),
)
START = datetime(2026, 6, 1, tzinfo=UTC)
DAYS = 90
DAY, HOUR = 86_400.0, 3_600.0
ROWS = 250_000
INSTANCES = ("GatewayTenantWorker_IN_0", "GatewayTenantWorker_IN_1")
STANDBY_MARK = "-as-"
"""In the names of active-standby gateways, so that an answer can be cut down to them."""
REASONS = ("", "", "Unknown", "DPD timed out", "DPD timed out", "RemotelyTriggered", "Remote crash or restart")

Row = list[str]


class Event(NamedTuple):
    """One row of a gateway before it is spelled out; ``at`` is in seconds from the start."""

    at: float
    operation: str
    instance: int
    peer: str = ""
    reason: str = ""


class Gateway:
    """One gateway's ninety days."""

    def __init__(self, number: int, chance: random.Random) -> None:
        self.chance = chance
        self.active_active = chance.random() < 0.25
        self.events: list[Event] = []
        self.active = 0
        peers = min(20, 1 + int(chance.expovariate(1 / 3)))
        self.peers = [f"203.{chance.randrange(256)}.{n}.{chance.randrange(1, 255)}" for n in range(peers)]
        self.holder = dict.fromkeys(self.peers, 0)
        """Active-standby: which instance holds each tunnel. One that is down during a failover returns where it was."""
        self.busy = dict.fromkeys(((p, i) for p in self.peers for i in (0, 1)), 0.0)
        mode = "aa" if self.active_active else STANDBY_MARK.strip("-")
        subscription = f"{chance.getrandbits(128):032x}"
        self.id = (
            f"/subscriptions/{subscription[:8]}-{subscription[8:12]}-4{subscription[13:16]}-8{subscription[17:20]}-"
            f"{subscription[20:]}/resourceGroups/rg-network-prod/providers/Microsoft.Network/virtualNetworkGateways/"
            f"vgw-{mode}-{number:05d}"
        )

    def live(self) -> list[Event]:
        """Let everything happen, in order."""
        chance = self.chance
        plans: list[tuple[float, Callable[[float], None]]] = []
        visit = chance.uniform(0, 30) * DAY
        while visit < (DAYS - 1) * DAY:
            plans.append((visit, partial(self.serviced, instance=0)))
            plans.append((visit + chance.uniform(20, 60) * 60, partial(self.serviced, instance=1)))
            visit += chance.uniform(27, 33) * DAY
        for peer in self.peers:
            drops = min(8, int(chance.expovariate(1 / 2.5)))
            plans += [(chance.uniform(0, DAYS) * DAY, partial(self.dropped, peer=peer)) for _ in range(drops)]
            if chance.random() < 0.01:
                begin = chance.uniform(0, DAYS - 1) * DAY
                plans += [(begin + n * 170, partial(self.dropped, peer=peer)) for n in range(40)]
        if chance.random() < 0.3:
            plans.append((chance.uniform(0, DAYS) * DAY, self.configured))
        for at, happen in sorted(plans, key=lambda plan: plan[0]):
            happen(at)
        return self.events

    def serviced(self, at: float, instance: int) -> None:
        """Maintenance of one instance: active-standby moves its tunnels away, active-active restarts them in place."""
        self.events.append(Event(at, "HostMaintenanceEvent", instance))
        if not self.active_active and instance != self.active:
            return
        begin = at + self.chance.uniform(20, 400)
        other = instance if self.active_active else 1 - instance
        for peer in self.peers:
            if not self.active_active and self.holder[peer] != instance:
                continue
            start = begin + self.chance.uniform(0, 15)
            if not self.active_active and self.chance.random() < 0.1:
                self.handed_over(start, peer, instance, other)
            else:
                self.down(start, self.chance.uniform(15, 200), peer, instance, other, "GlobalStandbyChanged")
        if not self.active_active:
            self.events.append(Event(begin + 5, "GatewayTenantPrimaryChanged", other))
            self.active = other

    def dropped(self, at: float, peer: str) -> None:
        """One tunnel drops and comes back where it was."""
        instance = self.chance.randrange(2) if self.active_active else self.holder[peer]
        lasting = self.chance.lognormvariate(4.5, 1.2)
        self.down(at, min(lasting, 6 * HOUR), peer, instance, instance, self.chance.choice(REASONS))

    def configured(self, at: float) -> None:
        """A setting changes, and every tunnel is dialled anew."""
        self.events.append(Event(at, "SetGatewayConfiguration", -1))
        for peer in self.peers:
            self.dropped(at + self.chance.uniform(2, 40), peer)

    def down(self, at: float, lasting: float, peer: str, instance: int, back: int, reason: str) -> None:
        """Disconnected, now and then twice, and Connected; a tunnel that is down already cannot drop."""
        lanes = [(peer, instance)] if self.active_active else [(peer, 0), (peer, 1)]
        if any(self.busy[lane] > at for lane in lanes):
            return
        self.holder[peer] = back
        self.events.append(Event(at, "TunnelDisconnected", instance, peer, reason))
        if self.chance.random() < 0.01:
            self.events.append(Event(at + lasting / 3, "TunnelDisconnected", instance, peer, reason))
        never = self.chance.random() < 0.001
        if not never:
            self.events.append(Event(at + lasting, "TunnelConnected", back, peer))
        for lane in lanes:
            self.busy[lane] = float("inf") if never else at + lasting + 60

    def handed_over(self, at: float, peer: str, instance: int, other: int) -> None:
        """Make before break: the other instance connects first, and nobody notices."""
        if self.busy[peer, instance] > at:
            return
        self.holder[peer] = other
        self.events.append(Event(at, "TunnelConnected", other, peer))
        self.events.append(Event(at + 2, "TunnelDisconnected", instance, peer, "GlobalStandbyChanged"))
        self.busy[peer, instance] = self.busy[peer, other] = at + 60


def compose(rows: int = ROWS, seed: int = 20260601) -> dict[str, Any]:
    """The answer: the fleet grows until it has so many rows, which come in no particular order of gateways."""
    chance = random.Random(seed)
    found: list[Row] = []
    number = 0
    while len(found) < rows:
        gateway = Gateway(number, chance)
        found += [_row(gateway.id, event, chance) for event in gateway.live()]
        number += 1
    found = sorted(found)[:rows]
    columns = [{"name": name, "type": kind} for name, kind in COLUMNS]
    return {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": found}]}


def _row(gateway: str, event: Event, chance: random.Random) -> Row:
    at = START + timedelta(seconds=event.at)
    stamp = f"{at:%Y-%m-%dT%H:%M:%S.%f}{chance.randrange(10)}Z"
    instance = INSTANCES[event.instance] if event.instance >= 0 else ""
    if not event.peer:
        message = (
            "Upgrade gateway started." if event.operation == "HostMaintenanceEvent" else "The operation succeeded."
        )
        return [stamp, gateway, "GatewayDiagnosticLog", event.operation, message, "", instance, "", ""]
    status = event.operation.removeprefix("Tunnel")
    message = f"Tunnel to {event.peer} is {status.lower()}"
    return [stamp, gateway, "TunnelDiagnosticLog", event.operation, message, status, instance, event.peer, event.reason]


def gateways(document: dict[str, Any]) -> Iterator[str]:
    """Every gateway's id, once."""
    yield from dict.fromkeys(row[1] for row in document["tables"][0]["rows"])


def main() -> None:
    """Write the answer to a file: ``python -m benchmarks.fleet FILE [ROWS]``."""
    path, rows = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else ROWS
    document = compose(rows)
    path.write_bytes(json.dumps(document, separators=(",", ":")).encode())
    found = document["tables"][0]["rows"]
    names = set(gateways(document))
    standby = sum(STANDBY_MARK in name for name in names)
    print(json.dumps({"rows": len(found), "gateways": len(names), "active_standby": standby}))


if __name__ == "__main__":
    main()
