"""Azure Resource Manager's JSON -> gateways. Pure; whatever is missing or odd is skipped, never an exception.

The shapes are those of the published examples of Microsoft.Network 2024-05-01 (VirtualNetworkGatewayList,
VirtualNetworkGatewayConnectionsList, VirtualNetworkGatewaysListConnections, VpnGatewayList, VpnSiteListByResourceGroup
in the public repository azure-rest-api-specs). Connections and links may come with their shared keys: no value is
copied but those named here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from correlator.gateways import STATUSES, Connection, DiagnosticSetting, Gateway, folded, management_group

CLASSIC, WAN = "virtualnetworkgateways", "vpngateways"
CONNECTIONS, LOCAL_GATEWAYS = "connections", "localnetworkgateways"
SITES, PUBLIC_ADDRESSES = "vpnsites", "publicipaddresses"
KINDS = {CLASSIC: "virtualNetworkGateways", WAN: "vpnGateways"}
LENDERS = (CLASSIC, LOCAL_GATEWAYS, SITES, PUBLIC_ADDRESSES)
"""Types of what lends its address to a connection or a gateway."""
EXPRESS_ROUTE = "expressroute"
PRIVATE = tuple(
    ip_network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16")
)
"""Virtual WAN lists the private address of an instance beside its public one."""
_NAME = r"[\w.()-]*[\w()-]"
_GROUP = rf"/subscriptions/[0-9a-f-]{{36}}/resourcegroups/{_NAME}"
_RESOURCE = re.compile(rf"({_GROUP})/providers/microsoft\.network/(\w+)/({_NAME})")
_SCOPE = re.compile(rf"/subscriptions/[0-9a-f-]{{36}}(/resourcegroups/{_NAME})?")
_CONNECTION = re.compile(
    rf"{_GROUP}/providers/microsoft\.network/({CONNECTIONS}/{_NAME}|{WAN}/{_NAME}/vpnconnections/{_NAME})"
)


NO_TAGS: Mapping[str, dict[str, str]] = {}
MANAGEMENT_GROUP = "managementgroups"


class Place(NamedTuple):
    """Where a resource lies: its folded id, that of its resource group, and its type in lower case.

    A resource group has no type, a subscription no group either; a management group has a type alone.
    """

    resource_id: str
    group: str = ""
    kind: str = ""


def place(resource_id: str) -> Place | None:
    """Take a resource id of Microsoft.Network apart; None if it is none."""
    found = _RESOURCE.fullmatch(folded(resource_id))
    return Place(found[0], found[1], found[2]) if found else None


def scope(text: str) -> Place | None:
    """A management group, a subscription, a resource group or a gateway; None if the text names none of them."""
    if management_group(text):
        return Place(folded(text), "", MANAGEMENT_GROUP)
    resource = place(text)
    if resource:
        return resource if resource.kind in KINDS else None
    found = _SCOPE.fullmatch(folded(text))
    return Place(found[0], found[0] if found[1] else "") if found else None


def is_connection(resource_id: str) -> bool:
    """Whether the id is one of a connection whose status can be asked."""
    return bool(_CONNECTION.fullmatch(folded(resource_id)))


def page(answer: object) -> tuple[list[object], str] | None:
    """The resources of one page and the address of the next (or ``""``); None if the answer is no list."""
    values = _at(answer, "value")
    return (values, _text(answer, "nextLink")) if isinstance(values, list) else None


def status(answer: object) -> str | None:
    """What Azure says of a connection, if it is one of the documented words."""
    said = _text(answer, "properties", "connectionStatus")
    return said if said in STATUSES else None


def diagnostic_settings(listed: Iterable[object]) -> tuple[DiagnosticSetting, ...]:
    """The diagnostic settings of a list (Microsoft.Insights 2021-05-01-preview, DiagnosticSettingsResource)."""
    return tuple(
        DiagnosticSetting(_text(s, "name"), folded(_text(s, "properties", "workspaceId")), frozenset(_categories(s)))
        for s in listed
    )


def _categories(setting: object) -> Iterator[str]:
    for switch in _items(setting, "properties", "logs"):
        if _at(switch, "enabled") is True:
            yield _text(switch, "category") or _text(switch, "categoryGroup")


def referred(resources: Iterable[object]) -> set[Place]:
    """What must be read too, for the addresses of far ends and of gateways that do not list their own."""
    there = dict(_placed(resources))
    ids = {i for where, resource in there.items() for i in _references(where.kind, resource)}
    return {found for found in map(place, ids) if found and found.kind in LENDERS and found not in there}


def gateways(
    resources: Iterable[object], others: Iterable[object] = (), inherited: Mapping[str, dict[str, str]] = NO_TAGS
) -> tuple[Gateway, ...]:
    """The gateways among the resources. ``others`` only lend their addresses, ``inherited`` are tags by group."""
    mine = dict(_placed(resources))
    addresses = _addresses({**dict(_placed(others)), **mine})
    joined: dict[str, list[Connection]] = {}
    for where, resource in mine.items():
        if where.kind == CONNECTIONS and _type(resource, "connectionType") != EXPRESS_ROUTE:
            owner = folded(_text(resource, "properties", "virtualNetworkGateway1", "id"))
            joined.setdefault(owner, []).append(_connection(where, resource, addresses))
        elif where.kind == WAN:
            joined[where.resource_id] = list(_wan_connections(resource, addresses))
    found = [
        _gateway(
            where,
            resource,
            addresses,
            joined.get(where.resource_id, ()),
            inherited.get(where.group, {}) | tags(resource),
        )
        for where, resource in mine.items()
        if where.kind in KINDS and _type(resource, "gatewayType") != EXPRESS_ROUTE
    ]
    return tuple(sorted(found, key=lambda g: g.resource_id))


def _gateway(
    where: Place,
    resource: object,
    addresses: Mapping[str, tuple[str, ...]],
    connections: Iterable[Connection],
    tagged: Mapping[str, str],
) -> Gateway:
    return Gateway(
        where.resource_id,
        _name(resource, where.resource_id),
        KINDS[where.kind],
        where.kind == WAN or _at(resource, "properties", "activeActive") is True,
        _type(resource, "vpnType") == "policybased",
        addresses.get(where.resource_id, ()),
        tuple(sorted({c.resource_id: c for c in connections}.values(), key=lambda c: c.resource_id)),
        tuple(f"{key}:{value}" for key, value in sorted(tagged.items())),
    )


def tags(resource: object) -> dict[str, str]:
    """The tags of anything, in lower case: Azure compares their names so."""
    found = _at(resource, "tags")
    named = found if isinstance(found, dict) else {}
    return {_clean(key): _clean(value) for key, value in named.items() if isinstance(value, str)}


def _connection(where: Place, resource: object, addresses: Mapping[str, tuple[str, ...]]) -> Connection:
    local, remote = (
        folded(_text(resource, "properties", end, "id")) for end in ("localNetworkGateway2", "virtualNetworkGateway2")
    )
    peers = addresses.get(remote or local, ())
    return Connection(_name(resource, where.resource_id), where.resource_id, peers, remote)


def _wan_connections(gateway: object, addresses: Mapping[str, tuple[str, ...]]) -> Iterator[Connection]:
    for connection in _items(gateway, "properties", "connections"):
        own = folded(_text(connection, "id"))
        if is_connection(own):
            site = folded(_text(connection, "properties", "remoteVpnSite", "id"))
            links = _each(addresses.get(link, ()) for link in _links(connection))
            yield Connection(_name(connection, own), own, links or addresses.get(site, ()))


def _links(connection: object) -> Iterator[str]:
    for link in _items(connection, "properties", "vpnLinkConnections"):
        yield folded(_text(link, "properties", "vpnSiteLink", "id"))


def _references(kind: str, resource: object) -> Iterator[str]:
    """Ids of what lends its address to this resource."""
    if kind == CONNECTIONS and _type(resource, "connectionType") != EXPRESS_ROUTE:
        yield _text(resource, "properties", "localNetworkGateway2", "id")
        yield _text(resource, "properties", "virtualNetworkGateway2", "id")
    elif kind == WAN:
        for connection in _items(resource, "properties", "connections"):
            yield _text(connection, "properties", "remoteVpnSite", "id")
    elif kind == CLASSIC and _type(resource, "gatewayType") != EXPRESS_ROUTE and not _tunnel_addresses(resource):
        yield from _public_addresses(resource)


def _addresses(resources: Mapping[Place, object]) -> dict[str, tuple[str, ...]]:
    """Folded id -> addresses or DNS names, of whatever has any."""
    found: dict[str, tuple[str, ...]] = {}
    for where, resource in resources.items():
        if where.kind == LOCAL_GATEWAYS:
            found[where.resource_id] = _said(resource, "gatewayIpAddress", "fqdn")
        elif where.kind == PUBLIC_ADDRESSES:
            found[where.resource_id] = _said(resource, "ipAddress")
        elif where.kind == SITES:
            links = {folded(_text(s, "id")): _said(s, "ipAddress", "fqdn") for s in _site_links(resource)}
            # Sites from before links have one address of their own.
            found |= {**links, where.resource_id: _each(links.values()) or _said(resource, "ipAddress")}
    for where, resource in resources.items():
        if where.kind in KINDS:
            attached = _each(found.get(folded(i), ()) for i in _public_addresses(resource))
            found[where.resource_id] = _tunnel_addresses(resource) or attached
    return {resource_id: listed for resource_id, listed in found.items() if resource_id}


def _site_links(site: object) -> list[object]:
    return _items(site, "properties", "vpnSiteLinks")


def _tunnel_addresses(gateway: object) -> tuple[str, ...]:
    """A gateway's own public addresses, instance 0 first, as they stand with its BGP settings or its IP configurations.

    Classic gateways only refer to theirs in the latter.
    """
    tunnels = _items(gateway, "properties", "bgpSettings", "bgpPeeringAddresses")
    listed = _public(a for t in tunnels for a in _items(t, "tunnelIpAddresses"))
    return listed or _public(_at(c, "publicIpAddress") for c in _items(gateway, "properties", "ipConfigurations"))


def _public(values: Iterable[object]) -> tuple[str, ...]:
    return _each([a] for a in map(_clean, values) if _is_public(a))


def _public_addresses(gateway: object) -> Iterator[str]:
    for configuration in _items(gateway, "properties", "ipConfigurations"):
        yield _text(configuration, "properties", "publicIPAddress", "id")


def _is_public(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return not any(found in network for network in PRIVATE)


# JSON of any shape


def _placed(resources: Iterable[object]) -> Iterator[tuple[Place, object]]:
    for resource in resources:
        where = place(_text(resource, "id"))
        if where:
            yield where, resource


def _at(thing: object, *path: str) -> object:
    for step in path:
        thing = thing.get(step) if isinstance(thing, dict) else None
    return thing


def _text(thing: object, *path: str) -> str:
    value = _at(thing, *path)
    # Half of a surrogate pair is valid JSON and no text: it could not be stored.
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def _items(thing: object, *path: str) -> list[object]:
    value = _at(thing, *path)
    return value if isinstance(value, list) else []


def _type(resource: object, field: str) -> str:
    return _text(resource, "properties", field).lower()


def _name(resource: object, resource_id: str) -> str:
    return _text(resource, "name") or resource_id.rsplit("/", 1)[-1]


def _clean(value: object) -> str:
    return _text({"v": value}, "v").strip().lower()


def _said(resource: object, *fields: str) -> tuple[str, ...]:
    return _each([[_clean(_at(resource, "properties", f))] for f in fields])


def _each(parts: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """All of them in their order, none twice, none empty."""
    return tuple(dict.fromkeys(a for part in parts for a in part if a))
