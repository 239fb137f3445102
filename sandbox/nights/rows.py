"""Rows as Azure would write them, composed: three gateways that never existed, peers from the documentation ranges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

Row = dict[str, Any]
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
GROUP = "rg-composed-sample"
USUAL_DELAY = timedelta(minutes=3, seconds=40)


def at(text: str) -> datetime:
    """``08-21 17:13:04`` of the composed year, UTC."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC)


@dataclass(frozen=True)
class Gateway:
    """One composed gateway. ``kind`` is its resource type as Azure spells it, ``group`` its resource group."""

    name: str
    kind: str = "virtualNetworkGateways"
    group: str = GROUP

    @property
    def resource_id(self) -> str:
        """As a person would see it in the portal."""
        return (
            f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{self.group}"
            f"/providers/Microsoft.Network/{self.kind}/{self.name}"
        )

    def row(self, when: datetime, category: str, operation: str, message: str, late: timedelta, **more: str) -> Row:
        """One row of AzureDiagnostics; ResourceId and _ResourceId differ in case, as they do in Azure."""
        return {
            "TimeGenerated": _iso(when),
            "IngestionTime": _iso(when + late),
            "Type": "AzureDiagnostics",
            "Category": category,
            "OperationName": operation,
            "Level": "Informational",
            "Message": message,
            "Resource": self.name.upper(),
            "ResourceGroup": self.group.upper(),
            "ResourceType": self.kind.upper(),
            "SubscriptionId": SUBSCRIPTION,
            "ResourceId": self.resource_id.upper(),
            "_ResourceId": self.resource_id.lower(),
        } | more

    def down(self, when: str, peer: str, instance: int, reason: str = "", late: timedelta = USUAL_DELAY) -> Row:
        """A tunnel went down."""
        return self._tunnel(at(when), "Disconnected", peer, instance, reason, late)

    def up(self, when: str, peer: str, instance: int, late: timedelta = USUAL_DELAY) -> Row:
        """A tunnel came up."""
        return self._tunnel(at(when), "Connected", peer, instance, "", late)

    def _tunnel(self, when: datetime, status: str, peer: str, instance: int, reason: str, late: timedelta) -> Row:
        return self.row(
            when,
            "TunnelDiagnosticLog",
            f"Tunnel{status}",
            "",
            late,
            status_s=status,
            instance_s=f"GatewayTenantWorker_IN_{instance}",
            remoteIP_s=peer,
            stateChangeReason_s=reason,
        )

    def maintenance(self, when: str, instance: int | None = None, late: timedelta = USUAL_DELAY) -> Row:
        """The newer trace of maintenance: an operation."""
        named = {} if instance is None else {"instance_s": f"GatewayTenantWorker_IN_{instance}"}
        return self.row(at(when), "GatewayDiagnosticLog", "HostMaintenanceEvent", "", late, **named)

    def upgrade(self, when: str, instance: int, late: timedelta = USUAL_DELAY) -> Row:
        """The older trace of maintenance: a phrase."""
        named = f"GatewayTenantWorker_IN_{instance}"
        return self.row(at(when), "GatewayDiagnosticLog", "", "Upgrade gateway started", late, instance_s=named)

    def configured(self, when: str, operation: str = "SetConnectionConfiguration") -> Row:
        """Somebody changed a setting."""
        return self.row(
            at(when), "GatewayDiagnosticLog", operation, "Success", USUAL_DELAY, operationStatus_s="Success"
        )

    def ike(self, when: str, peer: str, text: str) -> Row:
        """IKE chatter, which the poll does not ask for."""
        message = f"SESSION_ID :{{{SUBSCRIPTION}}} Remote {peer}:500: Local 10.0.0.4:500: {text}"
        return self.row(at(when), "IKEDiagnosticLog", "IKELogEvent", message, USUAL_DELAY)


def _iso(when: datetime) -> str:
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def failover(
    gateway: Gateway, when: str, peers: tuple[str, ...], old: int, seconds: float, reason: str = ""
) -> Iterator[Row]:
    """Every peer leaves one instance and comes back on the other, a second after one another."""
    for n, peer in enumerate(peers):
        start = at(when) + timedelta(seconds=n)
        yield gateway._tunnel(start, "Disconnected", peer, old, reason, USUAL_DELAY)
        back = start + timedelta(seconds=seconds + n / 2)
        yield gateway._tunnel(back, "Connected", peer, 1 - old, "", USUAL_DELAY + timedelta(minutes=n % 2))


def restart(gateway: Gateway, when: str, peers: tuple[str, ...], instance: int, seconds: float) -> Iterator[Row]:
    """Active-active: one instance restarts, its tunnels come back where they were."""
    for n, peer in enumerate(peers):
        start = at(when) + timedelta(seconds=n)
        yield gateway._tunnel(start, "Disconnected", peer, instance, "", USUAL_DELAY)
        yield gateway._tunnel(start + timedelta(seconds=seconds + n), "Connected", peer, instance, "", USUAL_DELAY)
