"""A composed fortnight of three gateways: what happens, and what the table must say about it afterwards.

``python -m sandbox.nights.fortnight`` writes ``fortnight.jsonl`` beside this file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from sandbox.nights.rows import SUBSCRIPTION, Gateway, Row, at, failover, restart

FILE = Path(__file__).with_name("fortnight.jsonl")
BEGIN, END = at("08-17 00:00:00"), at("08-31 00:40:00")
TOKYO = Gateway("vgw-tokyo-prod")  # active-standby
OSAKA = Gateway("vgw-osaka-prod")  # active-active
HUB = Gateway("vpngw-hub-frankfurt", "vpnGateways")  # Virtual WAN, always active-active
NAGOYA, SENDAI, FUKUOKA = "203.0.113.10", "203.0.113.20", "203.0.113.30"
KOBE, KYOTO = "198.51.100.7", "198.51.100.8"
BERLIN, WIEN = "192.0.2.33", "192.0.2.44"
SITES = (
    f"{NAGOYA}=nagoya-plant; {SENDAI}=sendai-office; {FUKUOKA}=fukuoka-dc; "
    f"{KOBE}=kobe-dc1; {KYOTO}=kyoto-lab; {BERLIN}=berlin; {WIEN}=wien"
)
ALL_TOKYO = (NAGOYA, SENDAI, FUKUOKA)


class Scenario(NamedTuple):
    """One thing that happens, where to find it in the table, and what must stand there.

    ``expected`` reads: cause, confidence, status, impact, number of tunnel outages; incidents joined by ``+``.
    """

    name: str
    gateway: Gateway
    first: datetime
    last: datetime
    expected: str
    rows: list[Row]


def scenario(name: str, gateway: Gateway, day: str, expected: str, rows: Iterable[Row]) -> Scenario:
    """A scenario that has one day (UTC) of a gateway to itself."""
    first = at(f"{day} 00:00:00")
    return Scenario(name, gateway, first, first + timedelta(days=1), expected, list(rows))


def bring_up() -> Iterator[Row]:
    """The tunnels as they stand before anything happens."""
    for peer in ALL_TOKYO:
        yield TOKYO.up("08-17 00:12:00", peer, 0)
    for gateway, peers in ((OSAKA, (KOBE, KYOTO)), (HUB, (BERLIN, WIEN))):
        for peer in peers:
            yield gateway.up("08-17 00:12:00", peer, 0)
            yield gateway.up("08-17 00:12:20", peer, 1)


def flapping() -> Iterator[Row]:
    """Eight drops of one peer in an hour."""
    for n in range(8):
        start = at("08-27 05:02:10") + timedelta(minutes=7 * n)
        for instance in (0, 1):
            text = f"{start + timedelta(seconds=instance):%m-%d %H:%M:%S}"
            yield HUB.down(text, BERLIN, instance, "DPD timed out")
            back = start + timedelta(seconds=70 + 2 * instance)
            yield HUB.up(f"{back:%m-%d %H:%M:%S}", BERLIN, instance)


LATE = timedelta(minutes=41)
SCENARIOS = (
    scenario("two-hop maintenance, HostMaintenanceEvent", TOKYO, "08-18",
             "azure-maintenance confirmed recovered connection-down 6",
             [TOKYO.maintenance("08-18 17:11:52", 0), *failover(TOKYO, "08-18 17:12:40", ALL_TOKYO, 0, 12),
              TOKYO.maintenance("08-18 17:43:10", 1), *failover(TOKYO, "08-18 17:44:02", ALL_TOKYO, 1, 15)]),
    scenario("failover that nothing explains", TOKYO, "08-19",
             "azure-failover likely recovered connection-down 3",
             failover(TOKYO, "08-19 20:31:15", ALL_TOKYO, 0, 14)),
    scenario("the peer closed the tunnel", TOKYO, "08-20",
             "remote-closed confirmed recovered connection-down 1",
             [TOKYO.down("08-20 02:05:33", NAGOYA, 1, "RemotelyTriggered"), TOKYO.up("08-20 02:11:48", NAGOYA, 1),
              TOKYO.ike("08-20 02:05:33", NAGOYA, "[RECEIVED] delete for IKE SA")]),
    scenario("two-hop maintenance, Upgrade gateway started", TOKYO, "08-21",
             "azure-maintenance confirmed recovered connection-down 2",
             [TOKYO.upgrade("08-21 17:12:10", 1), TOKYO.down("08-21 17:13:04", NAGOYA, 1, "GlobalStandbyChanged"),
              TOKYO.up("08-21 17:13:16", NAGOYA, 0), TOKYO.upgrade("08-21 17:37:21", 0),
              TOKYO.down("08-21 17:37:59", NAGOYA, 0, "GlobalStandbyChanged"), TOKYO.up("08-21 17:38:15", NAGOYA, 1)]),
    scenario("maintenance of one instance after the other, active-active", OSAKA, "08-20",
             "azure-maintenance confirmed recovered redundancy-lost 4",
             [OSAKA.maintenance("08-20 18:03:00", 0), *restart(OSAKA, "08-20 18:04:10", (KOBE, KYOTO), 0, 95),
              OSAKA.maintenance("08-20 18:38:20", 1), *restart(OSAKA, "08-20 18:39:05", (KOBE, KYOTO), 1, 88)]),
    scenario("the maintenance row comes 41 minutes late", OSAKA, "08-25",
             "azure-maintenance confirmed recovered redundancy-lost 2",
             [OSAKA.maintenance("08-25 19:20:00", 0, LATE), *restart(OSAKA, "08-25 19:20:50", (KOBE, KYOTO), 0, 90)]),
    scenario("a policy was changed", OSAKA, "08-22",
             "configuration-change confirmed recovered connection-down 2",
             [OSAKA.configured("08-22 06:14:50"), OSAKA.down("08-22 06:15:02", KYOTO, 0, "PfsGroup changed"),
              OSAKA.down("08-22 06:15:03", KYOTO, 1, "PfsGroup changed"),
              OSAKA.up("08-22 06:16:40", KYOTO, 0), OSAKA.up("08-22 06:16:41", KYOTO, 1)]),
    scenario("the peer stopped answering (DPD)", TOKYO, "08-24",
             "remote-unreachable likely recovered connection-down 1",
             [TOKYO.down("08-24 11:47:20", SENDAI, 1, "DPD timed out"), TOKYO.up("08-24 12:03:55", SENDAI, 1)]),
    scenario("redundancy lost for 45 minutes", OSAKA, "08-27",
             "remote-unreachable likely recovered redundancy-lost 1",
             [OSAKA.down("08-27 09:10:05", KOBE, 1), OSAKA.up("08-27 09:55:31", KOBE, 1)]),
    scenario("a flapping peer", HUB, "08-27", "remote-unreachable confirmed recovered connection-down 16", flapping()),
    scenario("one-second blip", TOKYO, "08-26", "unknown none recovered connection-down 1",
             [TOKYO.down("08-26 21:14:08", FUKUOKA, 1), TOKYO.up("08-26 21:14:09", FUKUOKA, 1)]),
    scenario("keys do not match", HUB, "08-23", "negotiation-failed likely recovered connection-down 2",
             [HUB.down("08-23 22:40:12", WIEN, 0, "IKE authentication credentials are unacceptable"),
              HUB.down("08-23 22:40:13", WIEN, 1, "IKE authentication credentials are unacceptable"),
              HUB.up("08-23 22:58:31", WIEN, 0), HUB.up("08-23 22:58:33", WIEN, 1)]),
    scenario("Connected comes long after Disconnected", TOKYO, "08-28",
             "remote-closed confirmed recovered connection-down 1",
             [TOKYO.down("08-28 03:30:41", SENDAI, 1, "RemotelyTriggered"),
              TOKYO.up("08-28 03:31:20", SENDAI, 1, timedelta(minutes=27))]),
    scenario("still down", TOKYO, "08-30", "remote-unreachable likely open connection-down 1",
             [TOKYO.down("08-30 23:51:17", FUKUOKA, 1, "DPD timed out")]),
)  # fmt: skip


def noise() -> Iterator[Row]:
    """Rows that are none of the product's business, and one that says too little."""
    yield TOKYO.row(
        at("08-19 04:00:00"), "P2SDiagnosticLog", "P2SLogEvent", "Connection successful.", timedelta(minutes=2)
    )
    yield TOKYO.ike("08-19 20:31:15", NAGOYA, "[SEND] Sending IKE keep alive")
    yield HUB.row(at("08-25 01:00:00"), "RouteDiagnosticLog", "BgpConnectedEvent", "", timedelta(minutes=2))
    firewall = Gateway("afw-hub", "azureFirewalls")
    yield firewall.row(at("08-26 01:00:00"), "AzureFirewallNetworkRule", "AzureFirewallNetworkRuleLog", "", timedelta())
    yield TOKYO.row(at("08-29 01:00:00"), "TunnelDiagnosticLog", "TunnelStateUnclear", "", timedelta(minutes=2))


def rows() -> list[Row]:
    """The whole fortnight in order of ingestion, as an export would hold it."""
    found = [*bring_up(), *noise(), *(row for s in SCENARIOS for row in s.rows)]
    return sorted(
        found, key=lambda r: (r["IngestionTime"], r["TimeGenerated"], r["_ResourceId"], r.get("remoteIP_s", ""))
    )


def text() -> str:
    """The file's content."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows())


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
    print(f"{len(rows())} composed rows of subscription {SUBSCRIPTION} written to {FILE.name}")
