"""AzureActivity row -> what happened to a gateway from outside: a reset, a change by its owners, a platform fault.

The activity log names resources, not gateways: a connection lies beside its gateway in a resource group, and Service
Health speaks of a whole subscription. A row therefore has a scope, and counts for every gateway inside it. Operations
and statuses are those of the activity log's published schema.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from correlator.model import ChangeKind, GatewayChange, LogRow

ACTIVITY = "AzureActivity"
ADMINISTRATIVE = "administrative"
BEGUN = frozenset({"start", "started", "accept", "accepted"})
"""What an operation does, it does after these; its success is told minutes after the effect."""
# Patterns are text, which ``re`` compiles with the first row: most polls meet none of the activity log.
CHANGED = (
    r"microsoft\.network/(?:virtualnetworkgateways|vpngateways|connections|localnetworkgateways|vpnsites)"
    r"(?:/\w+)*/(?:write|delete)"
)
RESET = (
    r"microsoft\.network/(?:(?:virtualnetworkgateways|vpngateways)/reset"
    r"|(?:vpngateways/vpn)?connections/resetconnection)/action"
)
FAULTY = frozenset({"unavailable", "degraded"})
VPN_SERVICES = ("vpn gateway", "virtual wan")
_GATEWAY = r".*?/providers/microsoft\.network/(?:virtualnetworkgateways|vpngateways)/[^/]+"
_GROUP = r"/subscriptions/[^/]+/resourcegroups/[^/]+"
_SUBSCRIPTION = r"/subscriptions/[^/]+"


class Outside(Struct, frozen=True):
    """News for every gateway whose id lies in ``scope``; ``change`` is None where it is no business of tunnels."""

    scope: str
    change: GatewayChange | None
    administrative: bool = False
    """A row of the category in which resets and changes would stand: it proves that they were looked for."""


def read_activity(row: LogRow, at: datetime) -> Outside:
    """The row's scope and meaning. ``reason`` holds its kind, ``peer`` its caller, ``message`` its properties."""
    scope = scope_of(row.gateway)
    match row.reason.casefold():
        case "resourcehealth":
            return Outside(scope, _resource_health(row, at))
        case "servicehealth":
            return Outside(subscription_of(scope), _service_health(row, at))
        case _:
            return Outside(scope, _operation(row, at), row.reason.casefold() == ADMINISTRATIVE)


def scope_of(resource_id: str) -> str:
    """The gateway that an id names or lies in, else its resource group, else its subscription; folded."""
    folded = resource_id.strip().rstrip("/").lower()
    found = re.match(_GATEWAY, folded) or re.match(_GROUP, folded) or re.match(_SUBSCRIPTION, folded)
    return found[0] if found else folded


def subscription_of(resource_id: str) -> str:
    """The subscription in a folded id, ``""`` where there is none."""
    found = re.match(_SUBSCRIPTION, resource_id)
    return found[0] if found else ""


def covers(scope: str, gateway: str) -> bool:
    """Whether a gateway lies in a scope."""
    return scope != "" and (gateway == scope or gateway.startswith(f"{scope}/"))


def _operation(row: LogRow, at: datetime) -> GatewayChange | None:
    if row.status.strip().casefold() not in BEGUN:
        return None
    operation = row.operation.strip()
    if re.fullmatch(RESET, operation, re.IGNORECASE):
        return _change(at, ChangeKind.RESET, row, row.peer)
    if re.fullmatch(CHANGED, operation, re.IGNORECASE):
        return _change(at, ChangeKind.CONFIGURATION, row, row.peer)
    return None


def _resource_health(row: LogRow, at: datetime) -> GatewayChange | None:
    """A platform fault of the gateway itself; what a user or a reset began is none."""
    told = _properties(row.message)
    platform = str(told.get("cause", "")).casefold() == "platforminitiated"
    faulty = str(told.get("currentHealthStatus", "")).casefold() in FAULTY
    over = "resolved" in (row.status.strip().casefold(), *row.operation.casefold().split("/"))
    if not (platform and faulty) or over:
        return None
    return _change(at, ChangeKind.PLATFORM_FAULT, row, str(told.get("title", "")))


def _service_health(row: LogRow, at: datetime) -> GatewayChange | None:
    """An incident of the VPN service in the subscription, at the time when it began."""
    told = _properties(row.message)
    service = str(told.get("service", "")).casefold()
    if str(told.get("incidentType", "")).casefold() != "incident" or not any(s in service for s in VPN_SERVICES):
        return None
    return _change(_began(told, at), ChangeKind.SERVICE_FAULT, row, str(told.get("title", "")))


def _began(told: Mapping[str, Any], at: datetime) -> datetime:
    try:
        began = datetime.fromisoformat(str(told.get("impactStartTime", "")))
    except ValueError:
        return at
    return began if began.tzinfo and began <= at else at


def _change(at: datetime, kind: ChangeKind, row: LogRow, message: str) -> GatewayChange:
    return GatewayChange(at, kind, "", ACTIVITY, row.operation, message)


def _properties(text: str) -> Mapping[str, Any]:
    """The properties of an event, which some exports wrap once more."""
    try:
        loaded = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    inner = loaded.get("eventProperties") if isinstance(loaded, dict) else None
    found = inner if isinstance(inner, dict) else loaded
    return found if isinstance(found, dict) else {}
