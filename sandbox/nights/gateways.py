"""The composed gateways of the fortnight as Azure Resource Manager would list them, with what hangs on them.

Tokyo and Osaka are joined VNet-to-VNet, Frankfurt is a Virtual WAN gateway, the sites of Osaka lie in a resource group
of their own, and an ExpressRoute gateway stands among them, which has no tunnels. No such key or address is in use.
"""

from __future__ import annotations

from typing import Any

from sandbox.nights.fortnight import BERLIN, FUKUOKA, HUB, KOBE, KYOTO, NAGOYA, OSAKA, SENDAI, TOKYO, WIEN
from sandbox.nights.rows import GROUP, SUBSCRIPTION

Resource = dict[str, Any]
SITES_GROUP = "rg-composed-sites"
SCOPES = (f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}",)
TOKYO_ADDRESS = "203.0.113.201"
OSAKA_ADDRESSES = ("198.51.100.201", "198.51.100.202")
HUB_ADDRESSES = ("192.0.2.201", "192.0.2.202")
WIEN_NAME = "vpn.wien.example"
COMPOSED_KEY = "composed-pre-shared-key"


def resource_id(kind: str, name: str, group: str = GROUP) -> str:
    """As the portal shows it."""
    return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.Network/{kind}/{name}"


def resource(identity: str, **properties: Any) -> Resource:
    """One resource as a list holds it."""
    kind, name = identity.rsplit("/", 2)[1:]
    return {
        "id": identity,
        "name": name,
        "type": f"Microsoft.Network/{kind}",
        "location": "japaneast",
        "properties": {"provisioningState": "Succeeded", **properties},
    }


def diagnostic_setting(
    owner: str, name: str, *categories: str, workspace: str = "law-composed", off: tuple[str, ...] = ()
) -> Resource:
    """A diagnostic setting of a resource; without categories it sends all logs, without a workspace nowhere."""
    logs: list[dict[str, Any]] = [{"category": c, "enabled": c not in off} for c in (*categories, *off)]
    place = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/{GROUP}/providers/microsoft.operationalinsights/workspaces/"
    properties: dict[str, Any] = {"logs": logs or [{"categoryGroup": "allLogs", "enabled": True}], "metrics": []}
    if workspace:
        properties["workspaceId"] = place + workspace
    kind = "Microsoft.Insights/diagnosticSettings"
    return {"id": f"{owner}/providers/{kind}/{name}", "name": name, "type": kind, "properties": properties}


def _gateway(identity: str, active_active: bool, addresses: tuple[str, ...], kind: str = "Vpn") -> Resource:
    tunnels = [{"ipconfigurationId": f"{identity}/ipConfigurations/{a}", "tunnelIpAddresses": [a]} for a in addresses]
    return resource(
        identity,
        gatewayType=kind,
        vpnType="RouteBased",
        activeActive=active_active,
        enableBgp=False,
        bgpSettings={"asn": 65515, "bgpPeeringAddresses": tunnels},
        ipConfigurations=[
            {"properties": {"publicIPAddress": {"id": resource_id("publicIPAddresses", f"pip-{a}")}}} for a in addresses
        ],
    )


def _site(name: str, address: str, group: str) -> Resource:
    return resource(resource_id("localNetworkGateways", name, group), gatewayIpAddress=address)


def _to_site(name: str, gateway: str, site: str, group: str = GROUP) -> Resource:
    return resource(
        resource_id("connections", name),
        connectionType="IPsec",
        virtualNetworkGateway1={"id": gateway},
        localNetworkGateway2={"id": resource_id("localNetworkGateways", site, group)},
        sharedKey=COMPOSED_KEY,
    )


def _to_gateway(name: str, gateway: str, far: str) -> Resource:
    return resource(
        resource_id("connections", name),
        connectionType="Vnet2Vnet",
        virtualNetworkGateway1={"id": gateway},
        # Azure spells the same id in several cases.
        virtualNetworkGateway2={"id": far.upper()},
        sharedKey=COMPOSED_KEY,
    )


def _vpn_site(name: str, *links: dict[str, str]) -> Resource:
    site = resource_id("vpnSites", name)
    listed = [resource(f"{site}/vpnSiteLinks/{name}-{n}", **link) for n, link in enumerate(links, 1)]
    return resource(site, vpnSiteLinks=listed)


def _wan_connection(name: str, site: str, links: int) -> Resource:
    connection, far = f"{HUB.resource_id}/vpnConnections/{name}", resource_id("vpnSites", site)
    joined = [
        resource(
            f"{connection}/vpnLinkConnections/link-{n}",
            vpnSiteLink={"id": f"{far}/vpnSiteLinks/{site}-{n}"},
            sharedKey=COMPOSED_KEY,
        )
        for n in range(1, links + 1)
    ]
    return resource(connection, remoteVpnSite={"id": far}, vpnLinkConnections=joined)


def without_vnet_to_vnet() -> list[Resource]:
    """The same but for the tunnel between Tokyo and Osaka, of which the fortnight holds no rows."""
    return [r for r in resources() if r["properties"].get("connectionType") != "Vnet2Vnet"]


def resources() -> list[Resource]:
    """Everything, fresh, so that a test may change it."""
    tokyo, osaka, express = TOKYO.resource_id, OSAKA.resource_id, resource_id("virtualNetworkGateways", "ergw-tokyo")
    tunnels = [
        {"ipconfigurationId": f"Instance{n}", "tunnelIpAddresses": [a, f"10.0.0.{4 + n}"]}
        for n, a in enumerate(HUB_ADDRESSES)
    ]
    return [
        _gateway(tokyo, False, (TOKYO_ADDRESS,)),
        _gateway(osaka, True, OSAKA_ADDRESSES),
        _gateway(express, False, ("203.0.113.251",), "ExpressRoute"),
        resource(
            HUB.resource_id,
            connections=[_wan_connection("to-berlin", "berlin", 1), _wan_connection("to-wien", "wien", 2)],
            bgpSettings={"asn": 65515, "bgpPeeringAddresses": tunnels},
        ),
        _to_site("tokyo-to-nagoya", tokyo, "nagoya"),
        _to_site("tokyo-to-sendai", tokyo, "sendai"),
        _to_site("tokyo-to-fukuoka", tokyo, "fukuoka"),
        _to_gateway("tokyo-to-osaka", tokyo, osaka),
        _to_gateway("osaka-to-tokyo", osaka, tokyo),
        _to_site("osaka-to-kobe", osaka, "kobe", SITES_GROUP),
        _to_site("osaka-to-kyoto", osaka, "kyoto", SITES_GROUP),
        resource(
            resource_id("connections", "tokyo-circuit"),
            connectionType="ExpressRoute",
            virtualNetworkGateway1={"id": express},
            authorizationKey=COMPOSED_KEY,
        ),
        _site("nagoya", NAGOYA, GROUP),
        _site("sendai", SENDAI, GROUP),
        _site("fukuoka", FUKUOKA, GROUP),
        _site("kobe", KOBE, SITES_GROUP),
        _site("kyoto", KYOTO, SITES_GROUP),
        _vpn_site("berlin", {"ipAddress": BERLIN}),
        _vpn_site("wien", {"ipAddress": WIEN}, {"fqdn": WIEN_NAME}),
        *(
            resource(
                resource_id("publicIPAddresses", f"pip-{a}"),
                ipAddress=a,
                ipConfiguration={"id": f"{gateway}/ipConfigurations/default"},
            )
            for gateway, addresses in ((tokyo, (TOKYO_ADDRESS,)), (osaka, OSAKA_ADDRESSES))
            for a in addresses
        ),
    ]
