"""ARM's JSON: what is known is read from any spelling of an id, and whatever else comes is skipped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlator.gateways import Connection, DiagnosticSetting, GatewayList
from correlator.sources import arm_json
from correlator.stores.codec import pack, unpack
from sandbox.nights.gateways import COMPOSED_KEY, resource, resource_id, resources

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"
GATEWAY = resource_id("virtualNetworkGateways", "vgw")
CONNECTION = resource_id("connections", "c")
LOCAL = resource_id("localNetworkGateways", "site", "rg-elsewhere")
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("\ud800")
ANY_JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


def only(*there: object, others: tuple[object, ...] = ()) -> Any:
    """The one gateway among the resources."""
    (found,) = arm_json.gateways(there, others)
    return found


def connection(**properties: object) -> dict[str, Any]:
    """A connection of the gateway."""
    return resource(CONNECTION, virtualNetworkGateway1={"id": GATEWAY.upper()}, **properties)


# Anything


def everything(found: Sequence[object]) -> None:
    """Every function of the module meets the JSON; what comes of it can be stored."""
    listed = GatewayList(arm_json.gateways(found, found))
    assert unpack(GatewayList, pack(listed)) == listed
    arm_json.referred(found)
    for thing in (found, *found):
        arm_json.page(thing)
        arm_json.tags(thing)
        arm_json.status(thing)


@given(st.lists(ANY_JSON))
def test_any_json_is_read_or_skipped(found: list[object]) -> None:
    """No JSON raises an exception."""
    everything(found)


@given(st.data())
@settings(max_examples=300)
def test_a_damaged_resource_is_read_or_skipped(data: st.DataObject) -> None:
    """A true answer with any of its values replaced by anything raises no exception."""
    there = resources()
    for _ in range(data.draw(st.integers(1, 4))):
        damage(data, there)
    everything(there)


def damage(data: st.DataObject, thing: Any) -> None:
    """Replace one value somewhere below."""
    while isinstance(thing, dict | list) and thing:
        key = data.draw(st.sampled_from(sorted(thing) if isinstance(thing, dict) else range(len(thing))))
        inner = thing[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.integers(0, 3)) == 0:
            thing[key] = data.draw(ANY_JSON)
            return
        thing = inner


def test_half_a_character_can_be_kept() -> None:
    """Half of a surrogate pair, which JSON allows in a name, does not stop the list from being stored."""
    everything([{**resource(GATEWAY), "name": "vgw-\ud800"}])


@given(st.permutations(resources()))
def test_order_and_repetition_do_not_matter(shuffled: list[dict[str, Any]]) -> None:
    """The same resources in any order, some of them twice, give the same list."""
    assert arm_json.gateways(shuffled + shuffled[:3]) == arm_json.gateways(resources())


def test_no_key_is_copied() -> None:
    """The keys that come along stand nowhere in what is made of them."""
    assert COMPOSED_KEY in json.dumps(resources())
    assert COMPOSED_KEY not in repr(arm_json.gateways(resources()))


# Gateways


@pytest.mark.parametrize(
    ("properties", "active_active", "policy_based"),
    [
        ({}, False, False),
        ({"activeActive": True, "vpnType": "RouteBased"}, True, False),
        ({"activeActive": "true"}, False, False),
        ({"activeActive": False, "vpnType": "PolicyBased"}, False, True),
    ],
)
def test_the_mode_of_a_gateway(properties: dict[str, Any], active_active: bool, policy_based: bool) -> None:
    """Active-active is true only where Azure says true; a policy-based gateway is told."""
    found = only(resource(GATEWAY, gatewayType="Vpn", **properties))
    assert (found.active_active, found.policy_based) == (active_active, policy_based)
    assert (found.name, found.kind, found.resource_id) == ("vgw", "virtualNetworkGateways", GATEWAY.lower())


def test_express_route_is_none_of_our_business() -> None:
    """Gateways and connections of ExpressRoute are skipped, and nothing is read for their sake."""
    there = [
        resource(GATEWAY, gatewayType="Vpn"),
        resource(resource_id("virtualNetworkGateways", "er"), gatewayType="ExpressRoute", ipConfigurations=[
            {"properties": {"publicIPAddress": {"id": resource_id("publicIPAddresses", "p")}}}]),
        connection(connectionType="ExpressRoute", localNetworkGateway2={"id": LOCAL}),
    ]  # fmt: skip
    assert only(*there).connections == ()
    assert arm_json.referred(there) == set()


def test_private_addresses_are_no_public_ones() -> None:
    """Virtual WAN lists private tunnel addresses beside public ones; only the public ones are kept, in order."""
    tunnels = [{"tunnelIpAddresses": ["192.0.2.9", "10.0.0.4", "odd", None]}, {"tunnelIpAddresses": ["192.0.2.8"]}]
    hub = resource(resource_id("vpnGateways", "hub"), bgpSettings={"bgpPeeringAddresses": tunnels})
    assert only(hub).addresses == ("192.0.2.9", "192.0.2.8")
    assert only(hub).active_active, "Virtual WAN always is"


def test_addresses_from_the_ip_configurations() -> None:
    """Where tunnel addresses are missing, those of the IP configurations are taken, by value or by reference."""
    address = resource_id("publicIPAddresses", "pip", "rg-elsewhere")
    classic = resource(GATEWAY, ipConfigurations=[{"properties": {"publicIPAddress": {"id": address}}}])
    hub = resource(resource_id("vpnGateways", "hub"), ipConfigurations=[{"publicIpAddress": "192.0.2.9"}])
    assert only(hub).addresses == ("192.0.2.9",)
    assert [p.kind for p in arm_json.referred([classic])] == ["publicipaddresses"]
    lent = resource(address.upper(), ipAddress="203.0.113.5")
    assert only(classic, others=(lent,)).addresses == ("203.0.113.5",)
    assert arm_json.referred([classic, lent]) == set()


# Connections


@pytest.mark.parametrize(
    ("site", "peers"),
    [
        ({"gatewayIpAddress": " 203.0.113.10"}, ("203.0.113.10",)),
        ({"fqdn": "VPN.Example"}, ("vpn.example",)),
        ({"gatewayIpAddress": "203.0.113.10", "fqdn": "vpn.example"}, ("203.0.113.10", "vpn.example")),
        ({"gatewayIpAddress": None, "fqdn": ""}, ()),
    ],
)
def test_the_peers_of_a_site(site: dict[str, Any], peers: tuple[str, ...]) -> None:
    """A local network gateway has an address or a name, in lower case; without either there are no peers."""
    there = (resource(GATEWAY), connection(connectionType="IPsec", localNetworkGateway2={"id": LOCAL.upper()}))
    assert [p.resource_id for p in arm_json.referred(there)] == [LOCAL.lower()]
    (found,) = only(*there, others=(resource(LOCAL, **site),)).connections
    assert found == Connection("c", CONNECTION.lower(), peers)


def test_a_far_gateway_lends_its_addresses_and_is_not_listed() -> None:
    """The far end of a VNet-to-VNet connection gives the peers; it is watched only if it was asked for."""
    far = resource_id("virtualNetworkGateways", "far", "rg-elsewhere")
    there = (resource(GATEWAY), connection(connectionType="Vnet2Vnet", virtualNetworkGateway2={"id": far}))
    tunnels = {"bgpPeeringAddresses": [{"tunnelIpAddresses": ["198.51.100.1"]}]}
    (found,) = only(*there, others=(resource(far, bgpSettings=tunnels),)).connections
    assert (found.peers, found.peer_gateway) == (("198.51.100.1",), far.lower())
    assert only(*there).connections[0].peers == ()


def test_a_connection_of_a_gateway_that_was_not_read() -> None:
    """A connection whose gateway is not listed belongs to nobody, and one without a far end has no peers."""
    assert arm_json.gateways([connection()]) == ()
    assert only(resource(GATEWAY), connection()).connections == (Connection("c", CONNECTION.lower(), ()),)


def test_only_what_lends_addresses_is_asked_for() -> None:
    """A reference to a resource of another type, or to no resource, leads to no call."""
    for odd in (
        resource_id("expressRouteCircuits", "x"),
        "https://elsewhere.example/x",
        f"{LOCAL}/../../secrets",
        None,
    ):
        assert arm_json.referred([connection(localNetworkGateway2={"id": odd})]) == set()


def test_a_link_without_an_id_lends_nothing() -> None:
    """The address of a link that has no id is not taken for that of a connection without a far end."""
    nameless = resource(resource_id("vpnSites", "s"), vpnSiteLinks=[{"properties": {"ipAddress": "192.0.2.1"}}])
    (found,) = only(resource(GATEWAY), connection(), nameless).connections
    assert found.peers == ()


HUB = resource_id("vpnGateways", "hub")
SITE = resource_id("vpnSites", "site")
TWO_LINKS = [("one", {"ipAddress": "192.0.2.1"}), ("two", {"fqdn": "b.example"})]


@pytest.mark.parametrize(
    ("links", "site", "peers"),
    [
        (["one"], {"vpnSiteLinks": TWO_LINKS}, ("192.0.2.1",)),
        ([], {"vpnSiteLinks": TWO_LINKS}, ("192.0.2.1", "b.example")),
        (["gone"], {"ipAddress": "192.0.2.7"}, ("192.0.2.7",)),
        ([], {}, ()),
    ],
    ids=["its links", "no links named", "an old site", "nothing"],
)  # fmt: skip
def test_the_peers_of_a_wan_connection(links: list[str], site: dict[str, Any], peers: tuple[str, ...]) -> None:
    """The peers are those of the links that the connection uses, else all that the site has."""
    joined = [{"properties": {"vpnSiteLink": {"id": f"{SITE}/vpnSiteLinks/{n}".upper()}}} for n in links]
    own = {"id": f"{HUB}/vpnConnections/c", "name": "c",
           "properties": {"remoteVpnSite": {"id": SITE}, "vpnLinkConnections": joined}}  # fmt: skip
    listed = [{"id": f"{SITE}/vpnSiteLinks/{n}", "properties": p} for n, p in site.get("vpnSiteLinks", [])]
    far = resource(SITE, **{**site, "vpnSiteLinks": listed})
    hub = resource(HUB, connections=[own, "odd", {"id": "/odd"}])
    assert [p.resource_id for p in arm_json.referred([hub])] == [SITE.lower()]
    assert only(hub, others=(far,)).connections == (Connection("c", f"{HUB}/vpnConnections/c".lower(), peers),)


# Ids


@pytest.mark.parametrize(
    ("text", "group", "kind"),
    [
        (SUBSCRIPTION, "", ""),
        (f"  {SUBSCRIPTION.upper()}// ", "", ""),
        (f"{SUBSCRIPTION}/resourceGroups/Rg-1_(x).y", f"{SUBSCRIPTION}/resourcegroups/rg-1_(x).y", ""),
        (GATEWAY, GATEWAY.lower().partition("/providers")[0], "virtualnetworkgateways"),
        (HUB.upper() + "/", HUB.lower().partition("/providers")[0], "vpngateways"),
    ],
)
def test_a_scope_in_any_spelling(text: str, group: str, kind: str) -> None:
    """Subscriptions, groups and gateways are told apart, whatever the case, the spaces and the slashes."""
    found = arm_json.scope(text)
    assert found
    assert (found.group, found.kind) == (group, kind)
    assert found.resource_id == text.strip().rstrip("/").lower()


@pytest.mark.parametrize(
    "text",
    ["", "/", "vgw-tokyo", "/subscriptions/prod", f"{SUBSCRIPTION}/resourceGroups/",
     f"{SUBSCRIPTION}/resourceGroups/..", f"{SUBSCRIPTION}/resourceGroups/a?x=1",
     f"{SUBSCRIPTION}/resourceGroups/a%2f", f"https://x{SUBSCRIPTION}", f"{SUBSCRIPTION}\n{SUBSCRIPTION}",
     CONNECTION, f"{GATEWAY}/connections", SUBSCRIPTION[1:]],
)  # fmt: skip
def test_what_is_no_scope(text: str) -> None:
    """Anything else is none: no name alone, no path that would lead elsewhere, no other resource."""
    assert arm_json.scope(text) is None


@pytest.mark.parametrize("text", ["", GATEWAY, f"{CONNECTION}/sharedkey", f"{CONNECTION}?x", f"{HUB}/vpnConnections"])
def test_what_is_no_connection(text: str) -> None:
    """Only a connection has a status, and nothing below it is ever asked for."""
    assert not arm_json.is_connection(text)
    assert arm_json.is_connection(CONNECTION)
    assert arm_json.is_connection(f"{HUB}/vpnConnections/c ".upper())


@pytest.mark.parametrize("said", ["Connected", "NotConnected", "Connecting", "Unknown"])
def test_the_documented_words_of_a_status(said: str) -> None:
    """The four words are taken; another word or none is no answer."""
    assert arm_json.status({"properties": {"connectionStatus": said}}) == said
    assert arm_json.status({"properties": {"connectionStatus": said.upper()}}) is None


# Diagnostic settings


def test_a_diagnostic_setting() -> None:
    """The workspace is folded, categories and groups stand by their names, and what is off is left out."""
    logs = [
        {"category": "TunnelDiagnosticLog", "enabled": True},
        {"category": "GatewayDiagnosticLog", "enabled": False},
        {"categoryGroup": "audit", "category": None, "enabled": True},
    ]
    listed = [{"name": "one", "properties": {"workspaceId": "/Subscriptions/S/Workspaces/W/", "logs": logs}}]
    (found,) = arm_json.diagnostic_settings(listed)
    assert found == DiagnosticSetting(
        "one", "/subscriptions/s/workspaces/w", frozenset({"TunnelDiagnosticLog", "audit"})
    )
    assert [found.sends(c) for c in ("TunnelDiagnosticLog", "GatewayDiagnosticLog")] == [True, False]


def test_a_setting_without_a_workspace_sends_nothing() -> None:
    """All logs into a storage account alone are no logs for us; into a workspace they are every category."""
    logs = [{"categoryGroup": "allLogs", "enabled": True}]
    bare = {"name": "one", "properties": {"storageAccountId": "/s", "logs": logs}}
    sent = {"name": "two", "properties": {"workspaceId": "/w", "logs": logs}}
    assert [s.sends("TunnelDiagnosticLog") for s in arm_json.diagnostic_settings([bare, sent])] == [False, True]


@given(st.lists(ANY_JSON | st.fixed_dictionaries({"properties": st.fixed_dictionaries({"logs": st.lists(ANY_JSON)})})))
def test_any_diagnostic_settings(listed: list[object]) -> None:
    """Whatever JSON comes as a diagnostic setting: no exception, and one setting each."""
    assert len(arm_json.diagnostic_settings(listed)) == len(listed)
