"""The gateway list and the status of a connection, from Azure Resource Manager.

A list that is not whole counts as failed, since what is missing from it would look deleted. What may not be read is a
part of the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import requests
from azure.core.credentials import TokenCredential

from correlator.gateways import DiagnosticSetting, GatewayList, Refused, Workspace, folded, is_wide
from correlator.sources import arm_json
from correlator.sources._arm import DIAGNOSTICS_API, NETWORK_API, Arm, Denied, patient_session
from correlator.sources.arm_json import CLASSIC, CONNECTIONS, PUBLIC_ADDRESSES, WAN, Place

LISTED = (CLASSIC, CONNECTIONS, WAN)
"""What is listed of each resource group that is named."""
WORKSPACES_API = "2022-10-01"
"""Of Microsoft.OperationalInsights/workspaces."""
GONE = ("ResourceNotFound", "ResourceGroupNotFound", "NotFound")
"""What ARM says of a thing that is not there, to somebody who may see that.

A subscription that is not found may only be one that the identity may not see.
"""


class ResourceManager:
    """What the identity may read of VPN gateways, under one ARM endpoint (``https://management.azure.com``)."""

    def __init__(self, endpoint: str, credential: TokenCredential, session: requests.Session | None = None) -> None:
        self._arm = Arm(endpoint, credential, session or patient_session())

    def list_gateways(self, scopes: Sequence[str], places: Sequence[str] = ()) -> GatewayList:
        """The VPN gateways of management groups, subscriptions, resource groups and single gateways, by their ids.

        ``places`` are subscriptions and management groups whose workspaces are looked for. Pages apart, it takes four
        calls for all subscriptions and for each management group, six a resource group and two a gateway given alone.
        Raises SourceUnavailable if any of them failed: the list is whole but for what it says was refused.
        """
        return _Reading(self._arm).read(scopes, places)

    def is_there(self, resource_id: str) -> bool | None:
        """Whether a resource that a list lacks is there all the same; None if that cannot be told.

        Raises SourceUnavailable.
        """
        wanted = folded(resource_id)
        version = NETWORK_API if "/providers/microsoft.network/" in wanted else WORKSPACES_API
        try:
            self._arm.shown(wanted, version)
        except Denied as denied:
            return False if denied.status == requests.codes.not_found and denied.code in GONE else None
        return True

    def status(self, connection_id: str) -> str | None:
        """Connected, NotConnected, Connecting or Unknown; None if it cannot be read. Raises SourceUnavailable.

        A list leaves the status out (github.com/Azure/azure-powershell/issues/2581), so each connection is asked alone.
        """
        if not arm_json.is_connection(connection_id):
            return None
        try:
            return arm_json.status(self._arm.one(folded(connection_id)))
        except Denied:
            return None

    def diagnostic_settings(self, gateway_id: str) -> tuple[DiagnosticSetting, ...] | Refused:
        """Where a listed gateway sends its logs, or why that may not be read. Raises SourceUnavailable."""
        path = f"{folded(gateway_id)}/providers/microsoft.insights/diagnosticsettings"
        try:
            return arm_json.diagnostic_settings(self._arm.listed(path, **{"api-version": DIAGNOSTICS_API}))
        except Denied as denied:
            return Refused(gateway_id, f"{denied} on the gateway")


class _Reading:
    """One run over all scopes: what was found so far, which lists were read, and what was refused."""

    def __init__(self, arm: Arm) -> None:
        self._arm = arm
        self._found: list[object] = []
        self._read: set[tuple[str, str]] = set()
        self._tags: dict[str, dict[str, str]] = {}
        self._refused: dict[str, Refused] = {}

    def read(self, scopes: Sequence[str], places: Sequence[str]) -> GatewayList:
        groups: set[str] = set()
        wide: list[str] = []
        for text in scopes:
            where = arm_json.scope(text)
            if where is None:
                way_out = (
                    "no id of a management group, subscription, resource group or VPN gateway: copy the id from Azure"
                )
                self._refuse(" ".join(text.split())[:120], way_out)
            elif where.group and where.kind:
                self._single(where)
            elif where.group:
                groups.add(where.group)
            else:
                wide.append(where.resource_id)
        subscriptions, workspaces = self._graph(wide, [folded(p) for p in places if is_wide(p)])
        for group in sorted(groups):
            for kind in LISTED:
                self._found += self._list(group, kind, refused=group)
        gateways = arm_json.gateways(self._found, self._lent(), self._tags)
        refused = tuple(sorted(self._refused.values(), key=lambda r: r.scope))
        return GatewayList(gateways, refused, subscriptions, workspaces)

    def _graph(self, wide: Sequence[str], places: Sequence[str]) -> tuple[dict[str, str], tuple[Workspace, ...]]:
        """What lies in subscriptions and management groups is found in few questions."""
        if not wide and not places:
            return {}, ()
        from correlator.sources.resource_graph import ResourceGraph  # once a day

        graph = ResourceGraph(self._arm, self._refuse)
        network = graph.network(list(dict.fromkeys(wide)))
        self._found += network.resources
        self._tags = network.tags
        return network.subscriptions, graph.workspaces(list(dict.fromkeys(places)))

    def _single(self, where: Place) -> None:
        """A gateway given alone: the identity may have no right on its resource group."""
        try:
            self._found.append(self._arm.one(where.resource_id))
            if where.kind == CLASSIC:
                self._found += self._arm.listed(f"{where.resource_id}/connections")
        except Denied as denied:
            self._refuse(where.resource_id, f"{denied} on the gateway")

    def _lent(self) -> list[object]:
        """What lends its address: sites, local network gateways, far gateways; by whole groups, not one by one."""
        lent = self._lists(arm_json.referred(self._found))
        # A far gateway may in turn have no address but that of its public IP resource.
        return lent + self._lists(p for p in arm_json.referred(lent) if p.kind == PUBLIC_ADDRESSES)

    def _lists(self, places: Iterable[Place]) -> list[object]:
        lists = sorted({(where.group, where.kind) for where in places})
        return [r for group, kind in lists for r in self._list(group, kind, refused=_type(group, kind))]

    def _list(self, group: str, kind: str, refused: str) -> list[object]:
        """Everything of one type in a group, once a run; ``refused`` is what to name where it cannot be read."""
        if (group, kind) in self._read:
            return []
        self._read.add((group, kind))
        try:
            return self._arm.listed(_type(group, kind))
        except Denied as denied:
            self._refuse(refused, f"{denied} on the resource group")
            return []

    def _refuse(self, scope: str, why: str) -> None:
        self._refused.setdefault(scope, Refused(scope, why))


def _type(group: str, kind: str) -> str:
    return f"{group}/providers/microsoft.network/{kind}"
