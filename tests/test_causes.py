"""Every cause rule: answering, just not answering, how sure it is, and which rule is asked first."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from correlator.causes import RULES, explain
from correlator.model import ChangeKind, Circumstances, GatewayChange, Outage, Policy
from tests.timeline import ACTIVE_ACTIVE, ACTIVE_STANDBY, POLICY, clock, incidents, policy, verdict, verdicts

DPD, STANDBY, CLOSED, EDITED, MISMATCH, ODD = (
    '"DPD timed out"', "GlobalStandbyChanged", "RemotelyTriggered", '"DhGroup changed"', '"Policy match error"',
    "Gremlins",
)  # fmt: skip
FULL = "10:00 osaka up IN_0; 10:00 kobe up IN_0;"  # other peers that stay up


def drop(reason: str = "", back: str = "IN_0", end: str = "17:13:12") -> str:
    up = f"{end} hq up {back}" if back else ""
    return f"17:13:00 hq down IN_0 {reason}; {up}"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        # peer-closed
        (drop(CLOSED), "remote-closed confirmed peer-closed"),
        (drop('"Received MM delete"'), "remote-closed confirmed peer-closed"),
        (drop(CLOSED, back=""), "remote-closed likely peer-closed"),
        (f"17:12 maintenance IN_0; {drop(CLOSED)}", "remote-closed likely peer-closed"),
        (f"17:12 config; {drop(CLOSED)}", "remote-closed likely peer-closed"),
        (drop(CLOSED, back="IN_1"), "azure-failover likely back-on-the-other-instance"),
        # configuration-reason
        (drop(EDITED), "configuration-change confirmed configuration-reason"),
        (drop(EDITED, back=""), "configuration-change confirmed configuration-reason"),
        (drop(EDITED, back="IN_1"), "configuration-change confirmed configuration-reason"),
        (f"17:12 maintenance IN_0; {drop(EDITED)}", "configuration-change likely configuration-reason"),
        (drop("TunnelRemoved", back=""), "configuration-change confirmed configuration-reason"),
        # change-before-drop
        (f"17:12 config; {drop()}", "configuration-change confirmed change-before-drop"),
        (f"17:12 config; {drop(MISMATCH)}", "configuration-change confirmed change-before-drop"),
        (f"17:12 config; {drop(back='')}", "configuration-change likely change-before-drop"),
        (f"17:12 config; {drop(back='IN_1')}", "configuration-change likely change-before-drop"),
        (f"17:12 config; {drop(STANDBY)}", "configuration-change likely change-before-drop"),
        (f"17:12 config; {drop(DPD)}", "configuration-change likely change-before-drop"),
        (f"17:12 config; 17:12 maintenance; {drop()}", "configuration-change likely change-before-drop"),
        (f"17:09:59 config; {drop()}", "remote-unreachable likely back-on-the-same-instance"),
        (f"17:13:06 config; {drop()}", "remote-unreachable likely back-on-the-same-instance"),
        # maintenance-row
        (f"17:12 maintenance IN_0; {drop(back='IN_1')}", "azure-maintenance confirmed maintenance-row"),
        (f"17:12 upgrade IN_0; {drop(back='IN_1')}", "azure-maintenance confirmed maintenance-row"),
        (f"17:12 maintenance; {drop(DPD, back='IN_1')}", "azure-maintenance confirmed maintenance-row"),
        (f"17:12 maintenance IN_0; {drop(STANDBY)}", "azure-maintenance confirmed maintenance-row"),
        (f"17:12 maintenance IN_0; {drop(STANDBY, back='')}", "azure-maintenance confirmed maintenance-row"),
        (f"17:12 maintenance IN_0; {drop()}", "azure-maintenance likely maintenance-row"),
        (f"17:12 maintenance IN_0; {drop(back='')}", "azure-maintenance likely maintenance-row"),
        (f"17:12 maintenance IN_0; {drop(CLOSED, back='IN_1')}", "azure-maintenance likely maintenance-row"),
        (f"17:12 maintenance IN_1; {drop()}", "remote-unreachable likely back-on-the-same-instance"),
        (f"17:00:59 maintenance; {drop(back='IN_1')}", "azure-failover likely back-on-the-other-instance"),
        (f"17:01:00 maintenance; {drop(back='IN_1')}", "azure-maintenance confirmed maintenance-row"),
        (f"17:14:00 maintenance; {drop(back='IN_1')}", "azure-maintenance confirmed maintenance-row"),
        (f"17:14:01 maintenance; {drop(back='IN_1')}", "azure-failover likely back-on-the-other-instance"),
        # back-on-the-other-instance
        (drop(back="IN_1"), "azure-failover likely back-on-the-other-instance"),
        (drop(DPD, back="IN_1"), "azure-failover likely back-on-the-other-instance"),
        (drop(ODD, back="IN_1"), "azure-failover likely back-on-the-other-instance"),
        (drop(STANDBY, back="IN_1"), "azure-failover likely back-on-the-other-instance"),
        (f"17:11 primary; {drop(back='IN_1')}", "azure-failover likely back-on-the-other-instance"),
        (f"17:10:59 primary; {drop(back='IN_1')}", "azure-failover likely back-on-the-other-instance"),
        # standby-reason
        (drop(STANDBY), "azure-failover likely standby-reason"),
        (drop(STANDBY, back=""), "azure-failover likely standby-reason"),
        (f"17:13 primary; {drop(STANDBY)}", "azure-failover likely standby-reason"),
        # negotiation-reason
        (drop(MISMATCH), "negotiation-failed likely negotiation-reason"),
        (drop(MISMATCH, back=""), "negotiation-failed likely negotiation-reason"),
        # peer-stopped-answering
        (drop(DPD), "remote-unreachable likely peer-stopped-answering"),
        (drop(DPD, back=""), "remote-unreachable likely peer-stopped-answering"),
        (drop(DPD, end="17:13:01"), "remote-unreachable likely peer-stopped-answering"),
        # back-on-the-same-instance: two seconds and more, no reason
        (drop(end="17:13:02"), "remote-unreachable likely back-on-the-same-instance"),
        (drop(end="17:13:01.999"), "unknown none nothing-explains-it"),
        (drop(end="23:13:00"), "remote-unreachable likely back-on-the-same-instance"),
        (drop("DataTriggered"), "remote-unreachable likely back-on-the-same-instance"),
        # nothing explains it
        (drop(back=""), "unknown none nothing-explains-it"),
        (drop("Unknown"), "unknown none nothing-explains-it"),
        (drop('"Idle timeout"'), "unknown none nothing-explains-it"),
        (drop(ODD), "unknown none nothing-explains-it"),
        (drop("Unknown", back=""), "unknown none nothing-explains-it"),
    ],
)
def test_one_tunnel_of_several_in_active_standby(rows: str, said: str) -> None:
    """One tunnel drops while others stay: reason, rows around it and where it came back give the cause."""
    assert verdicts(FULL + rows, ACTIVE_STANDBY) == [said]


def all_drop(reason: str = "", back: str = "IN_0") -> str:
    ups = f"17:13:12 hq up {back}; 17:13:13 osaka up {back}" if back else ""
    return f"17:13:00 hq down IN_0 {reason}; 17:13:01 osaka down IN_0 {reason}; {ups}"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (all_drop(), "azure-failover likely all-peers-at-once"),
        (all_drop(back=""), "azure-failover likely all-peers-at-once"),
        (all_drop(STANDBY), "azure-failover likely all-peers-at-once"),
        (f"17:13 primary; {all_drop()}", "azure-failover likely all-peers-at-once"),
        (all_drop(MISMATCH), "azure-failover likely all-peers-at-once"),
        (f"17:12 maintenance; {all_drop()}", "azure-maintenance likely maintenance-row"),
        (f"17:12 maintenance; {all_drop(back='IN_1')}", "azure-maintenance confirmed maintenance-row"),
        (f"17:12 config; {all_drop()}", "configuration-change confirmed change-before-drop"),
        (all_drop(EDITED), "configuration-change confirmed configuration-reason"),
        (all_drop(back="IN_1"), "azure-failover likely back-on-the-other-instance"),
    ],
)
def test_all_tunnels_at_once(rows: str, said: str) -> None:
    """All peers within a minute: no single site can do that; one incident, whatever the cause that stands above it."""
    assert verdicts(rows, ACTIVE_STANDBY) == [said]


def test_all_peers_that_hang_up_at_once_did_so_themselves() -> None:
    """A peer that says it hung up is believed even if all do: what speaks against Azure is asked first."""
    assert verdicts(all_drop(CLOSED), ACTIVE_STANDBY) == ["remote-closed likely peer-closed"] * 2


def both(reason: str = "", second: str = "17:13:30") -> str:
    return f"17:13:00 hq down IN_0 {reason}; {second} hq down IN_1 {reason}; 17:20 hq up IN_0; 17:21 hq up IN_1"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        # a row of the instance in time, but it would have taken the other peers as well
        (f"17:12 maintenance IN_0; {drop()}", "azure-maintenance likely maintenance-row"),
        (f"17:12 maintenance IN_0; {drop(DPD)}", "remote-unreachable likely peer-stopped-answering"),
        (f"17:12 maintenance IN_0; {both(DPD)}", "remote-unreachable confirmed lost-on-both-instances"),
        (f"17:12 maintenance IN_0; {drop(back='')}", "azure-maintenance likely maintenance-row"),
        (f"17:12 maintenance IN_1; {drop()}", "remote-unreachable likely back-on-the-same-instance"),
        (drop(), "remote-unreachable likely back-on-the-same-instance"),
        # both instances lost this one peer
        (both(), "remote-unreachable likely lost-on-both-instances"),
        (both(DPD), "remote-unreachable confirmed lost-on-both-instances"),
        (both(ODD), "remote-unreachable likely lost-on-both-instances"),
        (both(DPD, "17:14:00"), "remote-unreachable confirmed lost-on-both-instances"),
        (both(DPD, "17:14:01"), "remote-unreachable likely peer-stopped-answering"),
        (both(MISMATCH), "negotiation-failed likely negotiation-reason"),
        (both(STANDBY), "azure-failover likely standby-reason"),
        (both(CLOSED), "remote-closed confirmed peer-closed"),
    ],
)
def test_one_peer_of_several_in_active_active(rows: str, said: str) -> None:
    """Active-active: an instance restarts in place, and a peer lost on both instances is the far end."""
    assert verdicts(FULL + rows, ACTIVE_ACTIVE) == [said]


def test_an_instance_that_lost_all_its_peers() -> None:
    """Active-active: all peers of one instance, the other untouched: the instance, not the sites."""
    found = incidents(all_drop(), ACTIVE_ACTIVE)
    assert [verdict(i) for i in found] == ["azure-failover likely all-peers-at-once"]
    assert not any(o.cut for o in found[0].outages)


SWITCH = "09:00 hq down IN_1; 09:00:10 hq up IN_0; 17:13 hq up IN_1"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("", "azure-failover likely switch-without-a-drop"),
        ("17:13 primary", "azure-failover likely switch-without-a-drop"),
        ("17:12 maintenance IN_0", "azure-maintenance likely maintenance-row"),
        ("17:12 maintenance IN_1", "azure-failover likely switch-without-a-drop"),
        ("17:12 config", "configuration-change likely change-before-drop"),
    ],
)
def test_a_switch(row: str, said: str) -> None:
    """A switch of unknown length is Azure's at most likely: one row alone does not show the drop."""
    assert verdicts(f"{SWITCH}; {row}")[1:] == [said]


def test_the_gateway_of_a_virtual_wan_is_active_active() -> None:
    """A Virtual WAN gateway always runs both instances: the same rows, read in its mode."""
    rows = "{gw} 17:12 maintenance IN_0; {gw} 17:13 hq down IN_0; {gw} 17:13:12 hq up IN_0"
    assert verdicts(rows.format(gw="vwan1")) == ["azure-maintenance confirmed maintenance-row"]
    assert verdicts(rows.format(gw="gw1")) == ["azure-maintenance likely maintenance-row"]
    assert verdicts(rows.format(gw="vwan1"), policy("vwan1=active-standby")) == [
        "azure-maintenance likely maintenance-row"
    ]


ROW = GatewayChange(clock("17:12"), ChangeKind.MAINTENANCE, "", "GatewayDiagnosticLog", "HostMaintenanceEvent", "")
EVERYTHING = Circumstances(
    maintenance=ROW,
    configuration=ROW._replace(kind=ChangeKind.CONFIGURATION),
    primary_changed=ROW._replace(kind=ChangeKind.PRIMARY_CHANGED),
    together=3,
    both_instances=True,
)
NO_CHANGE = replace(EVERYTHING, configuration=None)
NO_ROW = replace(NO_CHANGE, maintenance=None)
ALONE = replace(NO_ROW, together=0)


@pytest.mark.parametrize(
    ("reason", "back", "around", "rule"),
    [
        ("RemotelyTriggered", "IN_0", EVERYTHING, "peer-closed"),
        ("RemotelyTriggered", "IN_1", EVERYTHING, "change-before-drop"),
        ("DhGroup changed", "IN_1", EVERYTHING, "configuration-reason"),
        ("GlobalStandbyChanged", "IN_1", EVERYTHING, "change-before-drop"),
        ("GlobalStandbyChanged", "IN_1", NO_CHANGE, "maintenance-row"),
        ("RemotelyTriggered", "IN_1", NO_CHANGE, "maintenance-row"),
        ("Policy match error", "IN_0", NO_CHANGE, "maintenance-row"),
        ("DPD timed out", "IN_1", NO_ROW, "back-on-the-other-instance"),
        ("GlobalStandbyChanged", "IN_0", NO_ROW, "all-peers-at-once"),
        ("Policy match error", "IN_0", NO_ROW, "all-peers-at-once"),
        ("DPD timed out", "IN_0", NO_ROW, "all-peers-at-once"),
        ("GlobalStandbyChanged", "IN_0", ALONE, "standby-reason"),
        ("Policy match error", "IN_0", ALONE, "negotiation-reason"),
        ("DPD timed out", "IN_0", ALONE, "lost-on-both-instances"),
        ("", "IN_0", ALONE, "lost-on-both-instances"),
        ("", "IN_0", replace(ALONE, both_instances=False), "back-on-the-same-instance"),
        ("DPD timed out", "IN_0", replace(ALONE, both_instances=False), "peer-stopped-answering"),
        ("Unknown", "IN_0", replace(ALONE, both_instances=False), "nothing-explains-it"),
    ],
)
def test_the_order_of_the_rules(reason: str, back: str, around: Circumstances, rule: str) -> None:
    """Where several rules could answer, what speaks against Azure is asked before Azure, and rows before shapes."""
    outage = Outage(clock("17:13"), "hq", "IN_0", clock("17:14"), back, reason)
    assert explain(outage, around, Policy()).rule == rule


def test_every_rule_has_its_night() -> None:
    """The rules are these; a new one needs its lines in the tables above."""
    assert [rule.__name__ for rule in RULES] == [
        "maintenance_at_the_other_end", "peer_closed", "configuration_reason", "reset_before_drop",
        "change_before_drop", "maintenance_row", "platform_fault", "failover", "dropped_at_once", "standby_reason",
        "negotiation_reason", "lost_on_both_instances", "peer_silent", "same_instance_return", "nothing_explains_it",
    ]  # fmt: skip


def test_length_alone_decides_nothing() -> None:
    """However long a drop lasted, the same rows around it give the same cause."""
    for back, end in ((b, e) for b in ("IN_0", "IN_1") for e in ("17:13:03", "17:18:00", "23:59:59")):
        expected = "azure-failover" if back == "IN_1" else "remote-unreachable"
        assert verdicts(FULL + drop(back=back, end=end))[0].split()[0] == expected


def test_a_row_without_instance_is_no_failover() -> None:
    """A Disconnected row that names no instance does not show that the tunnel came back on the other one."""
    assert verdicts(f'{FULL} 17:13 hq down "DPD timed out"; 17:14 hq up IN_0') == [
        "remote-unreachable likely peer-stopped-answering"
    ]


def test_a_mismatch_contradicts_the_restart() -> None:
    """Active-active: a maintenance row in time and a reason that names the keys is not confirmed maintenance."""
    rows = f"{FULL} 17:12 maintenance; {drop(MISMATCH, end='19:00')}"
    assert "confirmed" not in verdicts(rows, ACTIVE_ACTIVE)[0]


def test_two_lines_of_one_site_are_not_the_whole_gateway() -> None:
    """Two peers that stop answering and come back where they were are a site, for the others may just be quiet."""
    rows = """
        17:12:30  tokyo-a down IN_0 "DPD timed out"
        17:12:40  tokyo-b down IN_0 "DPD timed out"
        17:20:00  tokyo-a up   IN_0
        17:20:05  tokyo-b up   IN_0
    """
    assert all("azure" not in v for v in verdicts(rows, POLICY))


def test_a_rebooted_peer_of_an_unproven_active_active_gateway() -> None:
    """The peer's router reboots: both instances lose it together and get it back; nothing here was Azure."""
    rows = """
        17:13:04  hq down IN_0 "DPD timed out"
        17:13:05  hq down IN_1 "DPD timed out"
        17:43:16  hq up   IN_1
        17:43:20  hq up   IN_0
    """
    assert all("azure" not in v for v in verdicts(rows, POLICY))


def test_one_tunnel_of_many_in_the_window_is_not_confirmed() -> None:
    """Active-active: a row without an instance, then one of four tunnels, eight minutes later, for hours: not sure."""
    rows = (
        "10:00 a up IN_0; 10:00 b up IN_0; 10:00 c up IN_0; 17:12 maintenance; 17:20 hq down IN_0 DPD; 21:00 hq up IN_0"
    )
    assert "confirmed" not in verdicts(rows, ACTIVE_ACTIVE)[0]


def test_a_night_without_power_is_no_failover() -> None:
    """A site falls silent for six hours and comes back on the other instance: that it was Azure is not likely."""
    assert "azure" not in verdicts(f'{FULL} 10:30 hq down IN_0 "DPD timed out"; 16:30 hq up IN_1', ACTIVE_STANDBY)[0]
