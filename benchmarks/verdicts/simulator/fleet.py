"""The gateways: their mode, their peers, and the habits of their logs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from benchmarks.verdicts.simulator import policy

SITES = ("tokyo", "osaka", "seoul", "dublin", "oslo", "quito", "turin", "lyon", "perth", "cairo")
MOST_PEERS = 20


class Marker(StrEnum):
    """How a gateway logs its maintenance."""

    HOST_EVENT = "HostMaintenanceEvent"
    UPGRADE_MESSAGE = "Upgrade gateway started"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Habits:
    """How a gateway's rows look. ``only_resource_id``: the export has no ``_ResourceId``."""

    marker: Marker = Marker.HOST_EVENT
    marker_instance: bool = True
    reasons: bool = True
    instances: bool = True
    additional_fields: bool = False
    odd_case: bool = False
    only_resource_id: bool = False
    activity_log: bool = True
    ike_log: bool = False
    first_rows: bool = True


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway. ``twin`` is the address of the watched gateway that is one of its peers."""

    subscription: str
    group: str
    kind: str
    name: str
    address: str
    active_active: bool
    peers: tuple[str, ...]
    habits: Habits
    one_tunnel: frozenset[str] = frozenset()
    twin: str = ""

    @property
    def resource_id(self) -> str:
        """The folded Azure resource id."""
        path = f"/subscriptions/{self.subscription}/resourceGroups/{self.group}/providers"
        return f"{path}/Microsoft.Network/{self.kind}/{self.name}".lower()

    def instances(self, peer: str) -> tuple[int, ...]:
        """The instances that hold a tunnel to this peer at once (active-active)."""
        return (sum(peer.encode()) % 2,) if peer in self.one_tunnel else (0, 1)


def make_fleet(rng: Random, count: int) -> list[Gateway]:
    """Gateways of one workspace; some share a name, some are peers of each other."""
    fleet: list[Gateway] = []
    for number in range(count):
        named = rng.choice(fleet).name if fleet and chance(rng, policy.SAME_NAME) else ""
        fleet.append(_gateway(rng, number, named))
    for left in range(0, count - 1, 2):
        if chance(rng, policy.VNET_PAIR, times=2):
            fleet[left], fleet[left + 1] = _paired(rng, fleet[left], fleet[left + 1])
    return fleet


def chance(rng: Random, figure: policy.Figure, times: float = 1) -> bool:
    """Whether something of this share happens."""
    return rng.random() < figure.value * times


def _gateway(rng: Random, number: int, name: str) -> Gateway:
    virtual_wan = chance(rng, policy.VIRTUAL_WAN)
    active_active = virtual_wan or chance(rng, policy.ACTIVE_ACTIVE)
    peers = _peers(rng)
    return Gateway(
        subscription=f"00000000-0000-0000-0000-{number % 3 + 1:012d}",
        group=f"rg-composed-{number:03d}",
        kind="vpnGateways" if virtual_wan else "virtualNetworkGateways",
        name=name or f"vgw-{SITES[number % len(SITES)]}-{number:03d}",
        address=f"192.0.2.{number % 250 + 1}",
        active_active=active_active,
        peers=peers,
        habits=_habits(rng, active_active=active_active),
        one_tunnel=frozenset(p for p in peers if active_active and chance(rng, policy.ONE_TUNNEL_PEER)),
    )


def _peers(rng: Random) -> tuple[str, ...]:
    count = 1
    while count < MOST_PEERS and chance(rng, policy.MORE_PEERS):
        count += 1
    return tuple(f"{rng.choice(('203.0.113', '198.51.100'))}.{host}" for host in rng.sample(range(1, 255), count))


def _habits(rng: Random, *, active_active: bool) -> Habits:
    drawn = rng.random()
    marker = Marker.HOST_EVENT if drawn < policy.ONLY_HOST_EVENT.value else Marker.UPGRADE_MESSAGE
    if drawn >= policy.ONLY_HOST_EVENT.value + policy.ONLY_UPGRADE_MESSAGE.value:
        marker = Marker.BOTH
    return Habits(
        marker=marker,
        marker_instance=chance(rng, policy.MARKER_INSTANCE),
        reasons=not chance(rng, policy.NO_REASON_COLUMN),
        instances=active_active or not chance(rng, policy.NO_INSTANCE_COLUMN),
        additional_fields=chance(rng, policy.ADDITIONAL_FIELDS),
        odd_case=chance(rng, policy.ODD_CASE),
        only_resource_id=chance(rng, policy.ONLY_RESOURCE_ID),
        activity_log=not chance(rng, policy.NO_ACTIVITY_LOG),
        first_rows=not chance(rng, policy.NO_FIRST_ROWS),
    )


def _paired(rng: Random, left: Gateway, right: Gateway) -> tuple[Gateway, Gateway]:
    return _with_twin(rng, left, right), _with_twin(rng, right, left)


def _with_twin(rng: Random, gateway: Gateway, twin: Gateway) -> Gateway:
    habits = replace(gateway.habits, ike_log=chance(rng, policy.IKE_LOG))
    return replace(gateway, peers=(*gateway.peers[: MOST_PEERS - 1], twin.address), twin=twin.address, habits=habits)
