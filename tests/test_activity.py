"""The activity log: what happened from outside, for whom it counts, and what it does to a verdict."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlator.activity import covers, read_activity, scope_of
from correlator.model import ChangeKind, LogRow
from tests.timeline import ACTIVE_ACTIVE, ACTIVE_STANDBY, clock, gateway, incidents, verdicts

GROUP = "/subscriptions/s/resourcegroups/rg"
NETWORK = f"{GROUP}/providers/microsoft.network"
NOON = clock("12:00")
FULL = "10:00 osaka up IN_0; 10:00 kobe up IN_0;"
FAILOVER = "17:13:00 hq down IN_0 GlobalStandbyChanged; 17:13:12 hq up IN_1"


def row(operation: str, status: str = "Start", kind: str = "Administrative", properties: Any = None) -> LogRow:
    """A row of AzureActivity as the poll's query gives it."""
    text = "" if properties is None else json.dumps(properties)
    return LogRow(NOON, NOON, gateway(), "AzureActivity", operation, text, status, "", "ops@example.com", kind)


def kind_of(found: LogRow) -> ChangeKind | None:
    change = read_activity(found, NOON).change
    return change.kind if change else None


# What a row means


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("MICROSOFT.NETWORK/VIRTUALNETWORKGATEWAYS/RESET/ACTION", ChangeKind.RESET),
        ("Microsoft.Network/vpnGateways/reset/action", ChangeKind.RESET),
        ("MICROSOFT.NETWORK/CONNECTIONS/RESETCONNECTION/ACTION", ChangeKind.RESET),
        ("Microsoft.Network/vpnGateways/vpnConnections/resetconnection/action", ChangeKind.RESET),
        ("MICROSOFT.NETWORK/VIRTUALNETWORKGATEWAYS/WRITE", ChangeKind.CONFIGURATION),
        ("MICROSOFT.NETWORK/CONNECTIONS/WRITE", ChangeKind.CONFIGURATION),
        ("MICROSOFT.NETWORK/CONNECTIONS/SHAREDKEY/WRITE", ChangeKind.CONFIGURATION),
        ("MICROSOFT.NETWORK/LOCALNETWORKGATEWAYS/WRITE", ChangeKind.CONFIGURATION),
        ("Microsoft.Network/vpnGateways/vpnConnections/delete", ChangeKind.CONFIGURATION),
        ("MICROSOFT.NETWORK/VIRTUALNETWORKGATEWAYS/GETBGPPEERSTATUS/ACTION", None),
        ("MICROSOFT.NETWORK/VIRTUALNETWORKS/WRITE", None),
        ("MICROSOFT.STORAGE/STORAGEACCOUNTS/WRITE", None),
        ("", None),
    ],
)
def test_operations_that_touch_tunnels(operation: str, kind: ChangeKind | None) -> None:
    """Resets, writes and deletions of gateways, connections and sites count; reading and other resources do not."""
    assert kind_of(row(operation)) is kind


@pytest.mark.parametrize(
    ("status", "counts"), [("Start", True), ("Accepted", True), ("Success", False), ("Failure", False)]
)
def test_an_operation_counts_when_it_begins(status: str, counts: bool) -> None:
    """Its effect comes after it was begun; success is told minutes later."""
    assert (kind_of(row("MICROSOFT.NETWORK/VIRTUALNETWORKGATEWAYS/RESET/ACTION", status)) is not None) == counts


@pytest.mark.parametrize(
    ("properties", "operation", "counts"),
    [
        ({"cause": "PlatformInitiated", "currentHealthStatus": "Unavailable"}, "x/Activated/action", True),
        ({"eventProperties": {"cause": "PlatformInitiated", "currentHealthStatus": "Degraded"}}, "x", True),
        ({"cause": "UserInitiated", "currentHealthStatus": "Unavailable"}, "x/Activated/action", False),
        ({"cause": "PlatformInitiated", "currentHealthStatus": "Available"}, "x/Activated/action", False),
        ({"cause": "PlatformInitiated", "currentHealthStatus": "Degraded"}, "x/Resolved/action", False),
        ([1], "x", False),
        (None, "x", False),
    ],
)
def test_resource_health_counts_as_far_as_it_blames_the_platform(properties: Any, operation: str, counts: bool) -> None:
    """What a user began, and what is over, is no fault of the platform."""
    found = row(operation, "Active", "ResourceHealth", properties)
    assert (kind_of(found) is ChangeKind.PLATFORM_FAULT) == counts


def test_service_health_counts_from_its_beginning() -> None:
    """An incident of the VPN service counts for the whole subscription from the time its impact began."""
    told = {
        "incidentType": "Incident",
        "service": "VPN Gateway",
        "impactStartTime": "2026-08-21T11:20:00Z",
        "title": "t",
    }
    found = read_activity(row("x", "Active", "ServiceHealth", told), NOON)
    assert (found.scope, found.change and found.change.at) == ("/subscriptions/s", NOON - timedelta(minutes=40))
    assert kind_of(row("x", "Active", "ServiceHealth", told | {"service": "Virtual Machines"})) is None
    assert kind_of(row("x", "Active", "ServiceHealth", told | {"incidentType": "Maintenance"})) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["eventProperties", "cause", "currentHealthStatus", "service", "incidentType"]),
        inner, max_size=4,
    ),
)  # fmt: skip


@given(json_values, st.sampled_from(["ResourceHealth", "ServiceHealth", "Administrative", ""]), st.text(max_size=20))
def test_whatever_the_properties_hold(properties: Any, kind: str, resource: str) -> None:
    """No properties and no resource id raise anything."""
    found = row("x", "Active", kind, properties)._replace(gateway=resource)
    assert read_activity(found, NOON).scope == read_activity(found, NOON).scope
    read_activity(found._replace(message="{" * 5000), NOON)


# For whom it counts


@pytest.mark.parametrize(
    ("resource", "scope"),
    [
        (f"{NETWORK}/virtualNetworkGateways/GW1".upper(), f"{NETWORK}/virtualnetworkgateways/gw1"),
        (f"{NETWORK}/vpngateways/hub/vpnconnections/berlin", f"{NETWORK}/vpngateways/hub"),
        (f"{NETWORK}/connections/cn-hq", GROUP),
        ("/subscriptions/s/", "/subscriptions/s"),
        ("", ""),
    ],
)
def test_the_scope_of_a_resource(resource: str, scope: str) -> None:
    """A gateway and what lies in it speak for the gateway, a connection for its resource group."""
    assert scope_of(resource) == scope


def test_a_scope_covers_what_lies_in_it() -> None:
    """Names that only begin alike are not inside, and no scope covers nothing."""
    assert covers(GROUP, f"{NETWORK}/virtualnetworkgateways/gw1")
    assert not covers("/subscriptions/s/resourcegroups/r", f"{NETWORK}/virtualnetworkgateways/gw1")
    assert not covers("", f"{NETWORK}/virtualnetworkgateways/gw1")


# What it does to a verdict


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (FAILOVER, "azure-failover likely back-on-the-other-instance"),
        (f"03:00 activity; {FAILOVER}", "azure-failover confirmed back-on-the-other-instance"),
        (f"17:12 reset; {FAILOVER}", "gateway-reset confirmed reset-before-drop"),
        (f"17:08 reset; {FAILOVER}", "gateway-reset confirmed reset-before-drop"),
        (f"17:07:59 reset; {FAILOVER}", "azure-failover confirmed back-on-the-other-instance"),
        (f"17:13:06 reset; {FAILOVER}", "azure-failover confirmed back-on-the-other-instance"),
        (f"17:12 reset; 17:12 maintenance IN_0; {FAILOVER}", "gateway-reset likely reset-before-drop"),
        ("17:12 reset; 17:13 hq down IN_0 DPD; 17:14 hq up IN_0", "remote-unreachable likely peer-stopped-answering"),
        ("17:12 reset; 17:13 hq down IN_0; 17:14 hq up IN_0", "gateway-reset likely reset-before-drop"),
        ("17:12 write; 17:13 hq down IN_0; 17:14 hq up IN_0", "configuration-change confirmed change-before-drop"),
        (f"17:15 fault; {FAILOVER}", "azure-incident confirmed platform-fault"),
        (f"17:23:01 fault; {FAILOVER}", "azure-failover likely back-on-the-other-instance"),
        (f"03:00 activity; 17:23:01 fault; {FAILOVER}", "azure-failover confirmed back-on-the-other-instance"),
        ("17:15 fault; 17:13 hq down IN_0 DPD; 17:20 hq up IN_0", "azure-incident likely platform-fault"),
        (f"17:15 fault; 17:12 maintenance IN_0; {FAILOVER}", "azure-maintenance confirmed maintenance-row"),
        (f"17:10 servicefault; {FAILOVER}", "azure-incident likely service-fault"),
        ("17:10 servicefault; 17:13 hq down IN_0 DPD; 17:20 hq up IN_0",
         "remote-unreachable likely peer-stopped-answering"),
    ],
)  # fmt: skip
def test_one_tunnel_of_several_with_the_activity_log(rows: str, said: str) -> None:
    """A reset, a change or a fault in time decides where the shape agrees; without any, a failover is sure.

    Only rows of the Administrative category prove that a reset would have been seen.
    """
    assert verdicts(f"{FULL} {rows}", ACTIVE_STANDBY) == [said]


def test_a_reset_of_an_active_active_gateway() -> None:
    """Active-active: the reset instance's tunnels come back where they were."""
    rows = "10:00 hq up IN_1; 17:12 reset; 17:13:00 hq down IN_0; 17:13:30 hq up IN_0"
    assert verdicts(f"{FULL} {rows}", ACTIVE_ACTIVE) == ["gateway-reset confirmed reset-before-drop"]


def test_another_gateway_is_not_blamed() -> None:
    """A reset of one gateway is no cause for another one's drop."""
    rows = f"gw2 17:12 reset; {FULL} {FAILOVER}"
    assert verdicts(rows, ACTIVE_STANDBY) == ["azure-failover confirmed back-on-the-other-instance"]


def test_the_caller_stands_in_the_evidence() -> None:
    """Who started the reset is said under the verdict."""
    (found,) = incidents(f"{FULL} 17:12 reset ops@example.com; {FAILOVER}", ACTIVE_STANDBY)
    assert found.drops[0].around.reset
    assert found.drops[0].around.reset.message == "ops@example.com"
