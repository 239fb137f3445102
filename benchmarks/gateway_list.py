"""What a gateway list of many gateways costs: ``python -m benchmarks.gateway_list [GATEWAYS]``. CPU seconds, as JSON.

The list is composed: every gateway has three connections to sites of its own. Nothing is read but from memory; what
Resource Graph would answer is made page by page, and its making is not counted.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import blake2b
from ipaddress import IPv4Address
from resource import RUSAGE_SELF, getrusage
from time import process_time
from typing import Any, cast
from uuid import UUID

from azure.core.credentials import AccessToken
from msgspec.structs import replace

from correlator import queries
from correlator.gateways import Connection, Gateway, GatewayList, Listed, Refused, changes
from correlator.model import Policy
from correlator.settings import Settings
from correlator.sources._arm import Answered, Arm
from correlator.sources.resource_manager import ResourceManager
from correlator.stores.memory import MemoryTables
from correlator.stores.store import TableStore
from correlator.watchlist import informed
from correlator.wiring import style_of
from correlator.wording import Style

READ_AT = datetime(2026, 8, 21, tzinfo=UTC)
LARGEST_ENTITY = 1024 * 1024
"""What Table Storage takes as one entity."""


def gateway(number: int) -> Gateway:
    """One of many, in a resource group with nineteen others. Names repeat as little as real ones."""
    subscription = f"/subscriptions/{UUID(hex=_digits(f'subscription {number // 100}', 16))}"
    network = f"{subscription}/resourcegroups/rg-{_digits(f'group {number // 20}', 4)}/providers/microsoft.network"
    names = [f"cn-{_digits(f'connection {number} {n}', 4)}" for n in range(3)]
    connections = tuple(
        Connection(name, f"{network}/connections/{name}", (_address(f"site {name}"),)) for name in names
    )
    name = f"vgw-{_digits(f'gateway {number}', 4)}"
    own = (_address(f"gateway {number}"),)
    return Gateway(f"{network}/virtualnetworkgateways/{name}", name, "virtualNetworkGateways", False, False, own,
                   connections)  # fmt: skip


def _digits(text: str, size: int) -> str:
    return blake2b(text.encode(), digest_size=size).hexdigest()


def _address(text: str) -> str:
    return str(IPv4Address(int(_digits(text, 4), 16)))


def composed(count: int) -> GatewayList:
    """So many gateways, and two hundred resource groups that could not be read."""
    refused = tuple(Refused(f"/subscriptions/s/resourcegroups/rg-{n}", "no permission") for n in range(200))
    return GatewayList(tuple(gateway(n) for n in range(count)), refused)


def measure(count: int) -> dict[str, Any]:
    """CPU seconds of every look-up once for every gateway, of what a run makes of the list, and of keeping it."""
    found, settings = composed(count), Settings.read({})
    fewer = replace(found, gateways=found.gateways[count // 10 :])
    listed = Listed(READ_AT, found)
    tables = Weighed()
    store = TableStore(tables, Style())
    ids = [g.resource_id for g in found.gateways]
    spent = {
        "find": _cpu(lambda: [found.find(i) for i in ids]),
        "connection_of": _cpu(lambda: [found.connection_of(g.resource_id, "10.0.0.1") for g in found.gateways]),
        "addresses": _cpu(lambda: [found.addresses[g.addresses[0]] for g in found.gateways]),
        "hides": _cpu(lambda: [found.hides(i) for i in ids]),
        "changes": _cpu(lambda: changes(found, fewer)),
        "renewed": _cpu(lambda: listed.renewed(READ_AT, fewer)),
        "informed": _cpu(lambda: informed(Policy(), listed)),
        "informed again": _cpu(lambda: informed(Policy(), listed)),
        "style_of": _cpu(lambda: style_of(settings, listed)),
        "style_of again": _cpu(lambda: style_of(settings, listed)),
        "keep_list": _cpu(lambda: store.keep_list(listed)),
        "kept_list": _cpu(store.kept_list),
    }
    return {
        "gateways": count,
        "cpu": spent,
        "largest_entity": tables.largest,
        "of": LARGEST_ENTITY,
        "discovery": discovery(count),
        "peak_mb": getrusage(RUSAGE_SELF).ru_maxrss // 1024,
    }


def discovery(count: int) -> dict[str, Any]:
    """Reading the list of one management group: questions, megabytes of answers, and CPU seconds."""
    graph = Graph(count)
    began = process_time()
    reading = ResourceManager("https://arm.example", NoCredential())
    reading._arm = cast(Arm, graph)
    found = reading.list_gateways(["/providers/Microsoft.Management/managementGroups/mg"])
    spent = process_time() - began - graph.making
    assert sum(len(g.connections) for g in found.gateways) == 3 * count
    return {"questions": graph.questions, "mb": graph.size >> 20, "cpu": round(spent, 3)}


class NoCredential:
    """Nobody is asked for a token."""

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        raise NotImplementedError


class Graph:
    """Answers as Resource Graph would: a thousand rows of graph_network.kql a page, about 1 KiB each."""

    def __init__(self, count: int) -> None:
        self.count, self.questions, self.size, self.making = count, 0, 0, 0.0

    def posted(self, path: str, version: str, body: Any) -> Answered:
        """One page."""
        del path, version
        self.questions += 1
        began = process_time()
        rows, total = self._page(body)
        start = int(body["options"].get("$skipToken", 0))
        more = {"$skipToken": str(start + len(rows))} if start + len(rows) < total else {}
        text = json.dumps({"totalRecords": total, "data": rows, "resultTruncated": "false", **more})
        self.size += len(text)
        self.making += process_time() - began
        return Answered(json.loads(text), {})

    def _page(self, body: Any) -> tuple[list[dict[str, Any]], int]:
        if "graph_network" not in self._named(body["query"]):
            return [], 0
        first = int(body["options"].get("$skipToken", 0)) // 8
        return [row for n in range(first, min(first + 125, self.count)) for row in _rows_of(gateway(n))], 8 * self.count

    def _named(self, query: str) -> str:
        return next(n for n in ("graph_network", "graph_groups", "graph_subscriptions") if queries.text(n) == query)


def _rows_of(one: Gateway) -> list[dict[str, Any]]:
    """A gateway, its public address, its connections and their sites: eight rows."""
    network, name = one.resource_id.partition("/virtualnetworkgateways/")[::2]
    tags = {"team": "composed", "cost center": "4711", "environment": "prod"}
    address = f"{network}/publicipaddresses/pip-{name}"
    subnet = {"id": f"{network}/virtualnetworks/vnet-{name}/subnets/GatewaySubnet"}
    configuration = {
        "id": f"{one.resource_id}/ipconfigurations/default",
        "name": "default",
        "properties": {"publicIPAddress": {"id": address}, "subnet": subnet, "provisioningState": "Succeeded"},
    }
    peering = {
        "ipconfigurationId": configuration["id"], "defaultBgpIpAddresses": ["10.0.0.30"],
        "tunnelIpAddresses": list(one.addresses), "customBgpIpAddresses": [],
    }  # fmt: skip
    lines: list[dict[str, Any]] = [
        {
            "id": one.resource_id, "name": one.name, "tags": tags, "vpnType": "RouteBased", "activeActive": False,
            "ipConfigurations": [configuration], "bgpPeeringAddresses": [peering],
        },
        {"id": address, "name": f"pip-{name}", "tags": tags, "ipAddress": one.addresses[0]},
    ]  # fmt: skip
    for c in one.connections:
        site = f"{network}/localnetworkgateways/lng-{c.name}"
        joined = {"connectionType": "IPsec", "near": one.resource_id, "site": site}
        lines.append({"id": c.resource_id, "name": c.name, "tags": tags, **joined})
        lines.append({"id": site, "name": f"lng-{c.name}", "tags": tags, "gatewayIpAddress": c.peers[0]})
    return lines


class Weighed(MemoryTables):
    """Tables in memory that note the size of the largest entity."""

    largest = 0

    def write(self, table: str, partition: str, operations: Any) -> list[str]:
        sizes = (sum(len(v) for v in getattr(o, "properties", {}).values() if isinstance(v, bytes)) for o in operations)
        self.largest = max(self.largest, *sizes)
        return super().write(table, partition, operations)


def _cpu(task: Callable[[], object]) -> float:
    began = process_time()
    task()
    return round(process_time() - began, 4)


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000), indent=1))
