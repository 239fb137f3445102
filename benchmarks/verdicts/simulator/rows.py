"""How rows look, by the documented tables. Everything in them is composed: documentation addresses, zero ids.

Columns and spellings: the AzureDiagnostics and AzureActivity references, the VPN gateway diagnostics page. What a
HostMaintenanceEvent row says in its message is not published; it is left empty or carries the older article's words.
"""

from __future__ import annotations

import json
from datetime import datetime
from random import Random

from benchmarks.verdicts.simulator.fleet import Gateway, Marker
from benchmarks.verdicts.truth import Row

GATEWAY_LOG, TUNNEL_LOG, IKE_LOG = "GatewayDiagnosticLog", "TunnelDiagnosticLog", "IKEDiagnosticLog"


def instance_name(instance: int) -> str:
    """The name of an instance in the log."""
    return f"GatewayTenantWorker_IN_{instance}"


def stamp(at: datetime) -> str:
    """ISO 8601 UTC with milliseconds."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def tunnel_row(gateway: Gateway, at: datetime, peer: str, instance: int, *, up: bool, reason: str) -> Row:
    """A row of TunnelDiagnosticLog."""
    status = "Connected" if up else "Disconnected"
    values = {"status": status, "remoteIP": peer}
    if gateway.habits.instances:
        values["instance"] = instance_name(instance)
    if gateway.habits.reasons:
        values["stateChangeReason"] = reason
    return _diagnostic(gateway, at, TUNNEL_LOG, f"Tunnel{status}", "", values)


def maintenance_row(rng: Random, gateway: Gateway, at: datetime, instance: int) -> Row:
    """A row of GatewayDiagnosticLog that says maintenance, in the form this gateway uses."""
    marker = gateway.habits.marker
    message = "" if marker is Marker.HOST_EVENT else rng.choice(("Upgrade gateway started", "upgrade gateway started."))
    operation = "HostMaintenanceEvent" if marker is not Marker.UPGRADE_MESSAGE else ""
    values = {"instance": instance_name(instance)} if gateway.habits.marker_instance else {}
    return _diagnostic(gateway, at, GATEWAY_LOG, operation, message, values)


def gateway_row(gateway: Gateway, at: datetime, operation: str, message: str = "") -> Row:
    """Another row of GatewayDiagnosticLog: SetGatewayConfiguration, GatewayTenantPrimaryChanged and the like."""
    return _diagnostic(gateway, at, GATEWAY_LOG, operation, message, {"operationStatus": "Success"})


def ike_row(gateway: Gateway, at: datetime, peer: str, instance: int) -> Row:
    """A row of IKEDiagnosticLog. It names the gateway's own address as ``Local``."""
    session = "{00000000-0000-0000-0000-00000000cafe}"
    text = f"SESSION_ID :{session} Remote {peer}:500: Local {gateway.address}:500: [SEND] Sending IKE delete payload"
    return _diagnostic(gateway, at, IKE_LOG, "IKELogEvent", text, {"instance": instance_name(instance)})


def activity_rows(gateway: Gateway, at: datetime, done: datetime, operation: str, resource: str = "") -> list[Row]:
    """Started and succeeded, as AzureActivity tells an administrative operation on the gateway or ``resource``."""
    target = resource or gateway.resource_id
    return [
        _activity(gateway, at, "Administrative", operation, "Start", target, {}),
        _activity(gateway, done, "Administrative", operation, "Success", target, {}),
    ]


def connection_id(gateway: Gateway, peer: str) -> str:
    """The id of the connection to a peer: a resource of its own, which the gateway's name is no part of."""
    stem = gateway.resource_id.rsplit("/", 2)[0]
    if gateway.kind == "vpnGateways":
        return f"{gateway.resource_id}/vpnconnections/cn-{peer.replace('.', '-')}"
    return f"{stem}/connections/cn-{peer.replace('.', '-')}"


def resource_health_rows(gateway: Gateway, at: datetime, over: datetime, *, cause: str, status: str) -> list[Row]:
    """A Resource Health event of the gateway, activated and resolved.

    ``cause``: PlatformInitiated or UserInitiated; ``status``: Unavailable or Degraded. Names by the activity log's
    event schema.
    """
    return [
        _health(gateway, at, "Activated", "Active", ("Available", status), cause),
        _health(gateway, over, "Resolved", "Resolved", (status, "Available"), cause),
    ]


def _health(gateway: Gateway, at: datetime, step: str, status: str, change: tuple[str, str], cause: str) -> Row:
    properties = {"title": f"Health status changed to {change[1].lower()}", "previousHealthStatus": change[0],
                  "currentHealthStatus": change[1], "type": "Downtime", "cause": cause}  # fmt: skip
    operation = f"Microsoft.Resourcehealth/healthevent/{step}/action"
    return _activity(gateway, at, "ResourceHealth", operation, status, gateway.resource_id, properties)


def service_health_row(gateway: Gateway, at: datetime, impact_start: datetime, service: str) -> Row:
    """A Service Health incident of the subscription."""
    properties = {"title": f"{service}: connectivity", "service": service, "region": "Composed Region",
                  "incidentType": "Incident",
                  "stage": "Active", "impactStartTime": stamp(impact_start), "trackingId": "0000-000"}  # fmt: skip
    target = f"/subscriptions/{gateway.subscription}"
    return _activity(
        gateway, at, "ServiceHealth", "Microsoft.ServiceHealth/incident/action", "Active", target, properties
    )


def _diagnostic(
    gateway: Gateway, at: datetime, category: str, operation: str, message: str, values: dict[str, str]
) -> Row:
    row: Row = {"TimeGenerated": stamp(at), "Type": "AzureDiagnostics", "Category": category,
                "OperationName": operation.upper() if gateway.habits.odd_case else operation,
                "Level": "Informational", "Message": message, "Resource": gateway.name.upper(),
                "ResourceGroup": gateway.group.upper(), "ResourceType": gateway.kind.upper(),
                "SubscriptionId": gateway.subscription, **_ids(gateway)}  # fmt: skip
    if gateway.habits.additional_fields:
        status = values.pop("status", None)  # status_s is a base column
        return row | ({"status_s": status} if status else {}) | {"AdditionalFields": json.dumps(values)}
    return row | {f"{name}_s": value for name, value in values.items()}


def _ids(gateway: Gateway) -> Row:
    upper = gateway.resource_id.upper()
    if gateway.habits.only_resource_id:
        return {"ResourceId": upper}
    return {"ResourceId": upper, "_ResourceId": upper.title() if gateway.habits.odd_case else gateway.resource_id}


def _activity(
    gateway: Gateway, at: datetime, category: str, operation: str, status: str, target: str, properties: dict[str, str]
) -> Row:
    return {"TimeGenerated": stamp(at), "Type": "AzureActivity", "CategoryValue": category,
            "OperationNameValue": operation.upper() if category == "Administrative" else operation,
            "ActivityStatusValue": status, "Level": "Informational", "ResourceProviderValue": "MICROSOFT.NETWORK",
            "SubscriptionId": gateway.subscription, "ResourceGroup": gateway.group.upper(),
            "_ResourceId": target.lower(), "Properties": json.dumps(properties)}  # fmt: skip
