"""From rows to incidents: what belongs together, what the whole is called, and which name it keeps."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from correlator.categories import read_rows
from correlator.correlate import adopt, correlate, incident_id
from correlator.model import Cause, GatewayState, Incident, Outage, Policy, Side, Status, Tracked
from tests.timeline import (
    ACTIVE_ACTIVE,
    ACTIVE_STANDBY,
    POLICY,
    clock,
    gateway,
    incidents,
    night,
    story,
    verdict,
    verdicts,
)

# -- grouping ----------------------------------------------------------------------------------------------------------


def test_the_night_of_the_readme() -> None:
    """One maintenance visits both instances: two short drops, one incident, confirmed."""
    (found,) = incidents("""
        gw1  08-21 17:12:10        maintenance IN_0
        gw1  08-21 17:13:04  hq    down IN_0  "GlobalStandbyChanged"
        gw1  08-21 17:13:16  hq    up   IN_1
        gw1  08-21 17:37:59  hq    down IN_1
        gw1  08-21 17:38:15  hq    up   IN_0
    """)
    assert story([found]) == [["hq 17:13:04 IN_0>IN_1 12s", "hq 17:37:59 IN_1>IN_0 16s"]]
    assert (found.status, found.started_at, found.ended_at) == ("recovered", clock("17:13:04"), clock("17:38:15"))
    assert (found.hops, found.peers, found.flapping) == (2, ("hq",), False)
    assert verdict(found) == "azure-maintenance confirmed maintenance-row"


FIRST_HOP = "12:00:00 hq down IN_0; 12:00:10 hq up IN_1"


@pytest.mark.parametrize(
    ("second_hop", "count"),
    [
        ("14:00:10 hq down IN_1; 14:00:20 hq up IN_0", 1),  # 120 minutes after the first ended
        ("14:00:11 hq down IN_1; 14:00:20 hq up IN_0", 2),
        ("14:00:10 osaka down IN_0; 14:00:20 osaka up IN_1", 1),  # whichever peer
        ("14:00:10 hq down IN_1; 14:00:20 hq up IN_1", 2),  # a fault is no hop
    ],
)
def test_the_next_hop(second_hop: str, count: int) -> None:
    """A failover up to 120 minutes after the last one is the same episode."""
    assert len(incidents(f"{FIRST_HOP}; {second_hop}", ACTIVE_STANDBY)) == count


def test_a_hop_may_follow_a_hop() -> None:
    """The 120 minutes run from the last hop, not from the first."""
    rows = f"{FIRST_HOP}; 13:30 hq down IN_1; 13:31 hq up IN_0; 15:00 hq down IN_0; 15:01 hq up IN_1"
    assert len(incidents(rows)) == 1


def test_all_peers_of_a_failover_are_one_incident() -> None:
    """Twenty tunnels that fail over with the gateway are one incident, not twenty."""
    rows = "\n".join(f"12:00:{n:02d} site{n} down IN_0; 12:01:{n:02d} site{n} up IN_1" for n in range(20))
    (found,) = incidents(rows)
    assert (len(found.outages), found.hops) == (20, 1)


def test_an_unrelated_drop_between_the_hops() -> None:
    """A site that hangs up between the hops of a maintenance has an incident of its own."""
    found = incidents("""
        17:12:10        maintenance IN_0
        17:13:04  hq    down IN_0  "GlobalStandbyChanged"
        17:13:16  hq    up   IN_1
        17:25:00  osaka down IN_1  "RemotelyTriggered"
        17:26:00  osaka up   IN_1
        17:37:59  hq    down IN_1
        17:38:15  hq    up   IN_0
    """)
    assert [(i.finding.cause, i.peers, len(i.drops)) for i in found] == [
        ("azure-maintenance", ("hq",), 2),
        ("remote-closed", ("osaka",), 1),
    ]


CONFIRMED_REMOTE = '12:00:00 hq down IN_0 "DPD timed out"; 12:01:00 hq up IN_0'


@pytest.mark.parametrize(
    ("again", "count"),
    [
        ('13:01:00 hq down IN_0 "DPD timed out"; 13:02 hq up IN_0', 1),
        ('13:01:01 hq down IN_0 "DPD timed out"; 13:02 hq up IN_0', 2),
        ("13:01:00 hq down IN_0 RemotelyTriggered; 13:02 hq up IN_0", 1),  # the same side
        ('12:30 osaka down IN_0 "DPD timed out"; 12:31 osaka up IN_0', 2),  # another peer
        ('12:30 hq down IN_0 "Policy match error"; 12:31 hq up IN_0', 2),  # another matter
    ],
)
def test_a_fault_that_returns_to_its_peer(again: str, count: int) -> None:
    """The same side's trouble with the same peer within 60 minutes is the same incident."""
    assert len(incidents(f"{CONFIRMED_REMOTE}; {again}", ACTIVE_STANDBY)) == count


def test_keys_that_do_not_match_are_a_matter_of_their_own() -> None:
    """Negotiation that failed and a drop without any reason are both nobody's, and still two incidents."""
    rows = """
        12:00 hq down IN_0 "Policy match error"; 12:01 hq up IN_0
        12:30 hq down IN_0 Unknown;              12:31 hq up IN_0
    """
    assert len(incidents(f"10:00 osaka up IN_0\n{rows}", ACTIVE_STANDBY)) == 2


def test_a_fault_while_the_other_instance_is_still_down() -> None:
    """Active-active: while one tunnel of a peer is open its other tunnel's trouble belongs to it, days later too."""
    rows = "10:00 osaka up IN_0; 12:00 hq down IN_0 DPD; 08-23 12:00 hq down IN_1 DPD; 08-23 12:01 hq up IN_1"
    (found,) = incidents(rows, ACTIVE_ACTIVE)
    assert (found.status, len(found.drops), found.ended_at) == ("open", 2, None)


OWN = "12:00:00 config; 12:00:10 hq down IN_0; 12:00:20 hq up IN_0"


@pytest.mark.parametrize(
    ("other", "count"),
    [
        ("12:01:10 osaka down IN_0; 12:01:20 osaka up IN_0", 1),  # a minute later
        ("12:01:11 osaka down IN_0; 12:01:20 osaka up IN_0", 2),
        ("13:00:20 hq down IN_0 TunnelRemoved; 13:05 hq up IN_0", 1),  # the same peer within 60 minutes
        ("13:00:21 hq down IN_0 TunnelRemoved; 13:05 hq up IN_0", 2),
    ],
)
def test_a_change_of_ours_hits_peers_together(other: str, count: int) -> None:
    """Peers that drop within a minute of one another after a change of ours are one incident."""
    assert len(incidents(f"{OWN}; 10:00 kobe up IN_0; {other}", ACTIVE_STANDBY)) == count


@pytest.mark.parametrize(
    ("starts", "flapping"),
    [
        (["12:00:00", "12:20:00", "12:40:00", "13:00:00"], True),
        (["12:00:00", "12:20:00", "12:40:00", "13:00:01"], False),
        (["12:00:00", "12:20:00", "12:40:00"], False),
        (["12:00:00", "12:50:00", "13:10:00", "13:30:00", "13:49:00"], True),  # the last four
    ],
)
def test_four_drops_in_an_hour_are_flapping(starts: list[str], flapping: bool) -> None:
    """Four drops of one peer that begin within 60 minutes."""
    rows = "\n".join(f"{s} hq down IN_0 DPD; {s[:6]}30 hq up IN_0" for s in starts)
    (found,) = incidents(rows, ACTIVE_STANDBY)
    assert found.flapping is flapping


def test_many_peers_are_not_flapping() -> None:
    """Four peers that drop once each do not flap."""
    rows = "\n".join(f"12:0{n} site{n} down IN_0; 12:0{n}:30 site{n} up IN_1" for n in range(4))
    assert [i.flapping for i in incidents(rows)] == [False]


# -- the verdict of the whole ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        # one row, two hops: it speaks for both
        (f"11:59 maintenance IN_0; {FIRST_HOP}; 12:30 hq down IN_1 StandbyChanged; 12:31 hq up IN_0",
         "azure-maintenance confirmed maintenance-row"),
        # a likely maintenance still says more than a confirmed failover
        ("11:59 maintenance IN_0; 12:00 hq down IN_0; 12:01 hq up IN_0; 12:30 hq down IN_0 StandbyChanged;"
         "12:31 hq up IN_1", "azure-maintenance likely maintenance-row"),
        # else the surest
        (f"{FIRST_HOP}; 12:30 hq down IN_1 StandbyChanged; 12:31 hq up IN_0",
         "azure-failover likely back-on-the-other-instance"),
        ("12:00 hq down IN_0 DPD; 12:01 hq up IN_0; 12:10 hq down IN_0 RemotelyTriggered; 12:11 hq up IN_0",
         "remote-closed confirmed peer-closed"),
        # else the first
        (f"{FIRST_HOP}; 12:30 hq down IN_1 StandbyChanged; 12:31 hq up IN_1",
         "azure-failover likely back-on-the-other-instance"),
    ],
)  # fmt: skip
def test_the_verdict_of_an_episode(rows: str, said: str) -> None:
    """A maintenance row speaks for its whole episode; else the surest, and of equals the earliest, finding."""
    assert verdicts(f"10:00 osaka up IN_0; {rows}", ACTIVE_STANDBY) == [said]


def test_maintenance_begins_with_its_row() -> None:
    """A failover before the first maintenance row is not excused by it, though the hops are half an hour apart."""
    rows = f"{FIRST_HOP}; 12:29 maintenance IN_1; 12:30 hq down IN_1; 12:31 hq up IN_0"
    assert verdicts(f"10:00 osaka up IN_0; {rows}", ACTIVE_STANDBY) == [
        "azure-failover likely back-on-the-other-instance",
        "azure-maintenance confirmed maintenance-row",
    ]


def test_hops_count_only_what_is_azures() -> None:
    """A peer that fell on both instances is one trouble, not two hops."""
    rows = """
        10:00 osaka up IN_0
        12:00 hq down IN_0 RemotelyTriggered; 12:01 hq up IN_0; 12:10 hq down IN_1 RemotelyTriggered
    """
    (found,) = incidents(rows, ACTIVE_ACTIVE)
    assert (len(found.drops), found.hops) == (2, 1)


def test_two_gateways_have_two_incidents() -> None:
    """Gateways never share an incident, and the id tells them apart."""
    one, two = incidents("gw1 12:00 hq down IN_0; gw2 12:00 hq down IN_0")
    assert {one.gateway, two.gateway} == {gateway("gw1"), gateway("gw2")}
    assert one.id != two.id


# -- names -------------------------------------------------------------------------------------------------------------


def test_an_id_can_be_read_and_said() -> None:
    """The id holds the UTC date of the first drop and six letters without I, L, O and U; it is the same everywhere."""
    (found,) = incidents(FIRST_HOP)
    assert re.fullmatch(r"VPN-20260821-[0-9A-HJKMNP-TV-Z]{6}", found.id)
    assert found.id == incident_id(gateway(), found.outages[0])
    others = {
        incident_id(gateway(name), Outage(clock(start), peer, instance))
        for name in ("gw1", "gw2")
        for start in ("12:00:00", "12:00:01")
        for peer in ("hq", "osaka")
        for instance in ("IN_0", "IN_1")
    }
    assert len(others) == 16


def later(*rows: str, rules: Policy = POLICY) -> tuple[list[Incident], list[Incident]]:
    """What was known after all but the last of ``rows``, and what is known after all of them."""
    known: list[Incident] = []
    before: list[Incident] = []
    for n in range(1, len(rows) + 1):
        (log,) = read_rows(night("\n".join(rows[:n]))).logs.values()
        before = known
        past = GatewayState(log.gateway, (), tuple(Tracked(i, clock("23:00")) for i in known))
        known = correlate(log, rules, past).incidents
    return before, known


@pytest.mark.parametrize(
    ("rows", "late", "start"),
    [
        ("12:10 hq down IN_0", "12:00 hq down IN_0", "12:00"),  # earlier
        ("12:00 hq down IN_0; 12:10 hq down IN_0", "12:05 hq up IN_0", "12:00"),
        ("12:10 hq down IN_0; 12:20 hq up IN_0", "12:00 hq down IN_0", "12:00"),
        ("12:10 hq down IN_0; 12:20 hq up IN_0", "12:15 hq up IN_0", "12:10"),  # ends earlier
        # subtle case 1: a reconnect at the very time of the drop, and an earlier drop
        ("12:10 hq down IN_0", "12:00 hq down IN_0; 12:10 hq up IN_0", "12:00"),
        # the same, when the drop and its reconnect of the same instant are known already
        ("12:10 hq down IN_0; 12:10 hq up IN_0", "12:00 hq down IN_0", "12:00"),
        # subtle case 6: a repeated Disconnected does not open a second one
        ("12:00 hq down IN_0", "12:30 hq down IN_0", "12:00"),
    ],
)
def test_an_incident_keeps_its_id(rows: str, late: str, start: str) -> None:
    """Late rows may move the start and the end: the incident is the same one."""
    (before,), (after, *_) = later(rows, late, rules=ACTIVE_STANDBY)
    assert after.id == before.id
    assert (after.anchor, after.started_at) == (before.anchor, clock(start))


def test_a_name_is_never_given_to_another_drop() -> None:
    """A late row brings an earlier drop of the same peer, hours before: each has its own name."""
    (known,), (earlier, same) = later(
        "12:00 hq down IN_0 DPD; 12:01 hq up IN_0", "08:00 hq down IN_0 DPD; 08:01 hq up IN_0"
    )
    assert (same.id, same.started_at) == (known.id, clock("12:00"))
    assert earlier.id != known.id


AT_FOUR = "15:59 hq down IN_0; 16:00 hq down IN_1 DPD; 16:01 hq up IN_1"


@pytest.mark.parametrize(
    ("noon", "four"),
    [
        ("12:00:05 hq down IN_0; 12:00:20 hq up IN_0", "15:59"),  # instance 0 connected last, so it held the tunnel
        ("12:00:05 hq down IN_0", "16:00"),
    ],
)
def test_a_name_is_not_handed_on_to_a_later_drop(noon: str, four: str) -> None:
    """The drop of noon never was; the one at four is another one, with a name of its own."""
    (known,), after = later(noon, f"12:00:00 hq up IN_1; {AT_FOUR}", rules=ACTIVE_STANDBY)
    assert [(i.started_at, i.status, i.id == known.id) for i in after] == [
        (clock(four), Status.RECOVERED, False),
        (clock("12:00:05"), Status.RETRACTED, True),
    ]


def test_active_active_names_follow_the_instance() -> None:
    """Active-active: of two drops at the same time the one of the same instance has the name."""
    rows = (
        "12:10 hq down IN_0 RemotelyTriggered; 12:20 hq up IN_0",
        "12:00 hq down IN_1 StandbyChanged; 13:00 hq up IN_1",
    )
    (known,), after = later(*rows, rules=ACTIVE_ACTIVE)
    assert [(i.started_at, i.id == known.id) for i in after] == [(clock("12:00"), False), (clock("12:10"), True)]


def test_the_start_moves_both_ways() -> None:
    """Subtle case 2: a late drop moves the start earlier, a later-arriving reconnect in the gap moves it back."""
    gap = "12:20 hq up IN_0", "12:00 hq down IN_0 RemotelyTriggered", "12:05 hq up IN_0"
    (named,), (earlier,) = later("12:10 hq down IN_0", *gap[:2])
    assert (named.started_at, earlier.started_at) == (clock("12:10"), clock("12:00"))
    _, after = later("12:10 hq down IN_0", *gap)
    assert sum(i.id == named.id for i in after) == 1
    assert {i.status for i in after} == {Status.RECOVERED}


def test_a_late_reconnect_splits_an_open_outage() -> None:
    """Subtle case 4: it was one open outage, it is a closed one and a new open one, and one of them has the name."""
    (before,), after = later("12:00 hq down IN_0; 14:00 hq down IN_0", "12:05 hq up IN_0")
    assert [(i.status, i.id == before.id) for i in after] == [("recovered", True), ("open", False)]
    assert len({i.id for i in after}) == 2


def test_a_split_never_makes_two_of_one_name() -> None:
    """The younger half of a split may begin with the outage that the elder half is named for."""
    rows = ("14:00 hq down IN_0", "12:00 hq down IN_0", "12:05 hq up IN_0")
    (before,), after = later(*rows)
    assert [i.id == before.id for i in after] == [True, False]
    assert len({i.id for i in after}) == 2


def test_two_that_turn_out_to_be_one() -> None:
    """A late row joins two incidents: the elder's name stays and the other says where it went."""
    rows = ("12:00 hq down IN_0 DPD; 12:01 hq up IN_0; 13:30 hq down IN_0 DPD; 13:31 hq up IN_0",
            "12:40 hq down IN_0 DPD; 12:41 hq up IN_0")  # fmt: skip
    (elder, younger), (joined, absorbed) = later(*rows)
    assert (joined.id, len(joined.drops)) == (elder.id, 3)
    assert (absorbed.id, absorbed.status, absorbed.absorbed_by) == (younger.id, Status.ABSORBED, elder.id)


def test_what_was_absorbed_may_come_back() -> None:
    """A later row takes the two apart again: the absorbed one lives on under its own name."""
    rows = ("12:00 hq down IN_0; 12:01 hq up IN_0; 13:00 hq down IN_0; 13:01 hq up IN_0",  # one
            "12:59 config")  # fmt: skip
    (one,), (first, second) = later(*rows, rules=ACTIVE_STANDBY)
    assert first.id == one.id
    assert second.finding.cause is Cause.CONFIGURATION_CHANGE
    _, found = later(
        "12:00 hq down IN_0 DPD; 13:30 hq down IN_0 DPD; 12:01 hq up IN_0; 13:31 hq up IN_0",
        "12:40 hq down IN_0 DPD; 12:41 hq up IN_0",
        "12:39:30 config",
    )
    assert {i.status for i in found} == {Status.RECOVERED}
    assert len({i.id for i in found}) == 3


def test_a_drop_that_never_was() -> None:
    """Subtle case 9: a late Connected of the other instance shows a clean handover, so the incident is retracted."""
    (before,), (after,) = later("12:00:05 hq down IN_0", "12:00:00 hq up IN_1", rules=ACTIVE_STANDBY)
    assert (after.id, after.status) == (before.id, Status.RETRACTED)
    assert after.drops == before.drops


def test_what_was_retracted_may_come_back() -> None:
    """A yet later row shows that the drop was real after all: the incident lives on under its name."""
    rows = ("11:59 hq up IN_0; 12:00:05 hq down IN_0", "11:59:30 hq up IN_1", "11:59:40 hq down IN_1")
    (retracted,), (after,) = later(*rows, rules=ACTIVE_STANDBY)
    assert (retracted.status, after.status, after.id) == (Status.RETRACTED, Status.OPEN, retracted.id)


@pytest.mark.parametrize(
    ("late", "cause", "said_before"),
    [
        ("11:59 maintenance IN_0", Cause.AZURE_MAINTENANCE, Cause.AZURE_FAILOVER),  # subtle case 7
        ("11:59 config", Cause.CONFIGURATION_CHANGE, Cause.AZURE_FAILOVER),
        ("12:00:00 hq down IN_0 TunnelRemoved", Cause.CONFIGURATION_CHANGE, Cause.AZURE_FAILOVER),
        ("12:00:05 hq up IN_0", Cause.REMOTE_UNREACHABLE, Cause.AZURE_FAILOVER),
    ],
)
def test_a_late_row_changes_the_cause(late: str, cause: Cause, said_before: Cause) -> None:
    """The incident stays, its verdict changes, and what was first thought is remembered."""
    (before,), (after,) = later(FIRST_HOP, late, rules=ACTIVE_STANDBY)
    assert (before.finding.cause, after.finding.cause, after.id) == (said_before, cause, before.id)
    assert after.first_cause is said_before
    assert [c.cause for c in after.changes_of_mind] == [cause]
    assert after.rev == before.rev


def test_the_start_may_move_out_of_a_window() -> None:
    """Subtle case 7 reversed: an earlier drop moves the start out of the maintenance row's window."""
    (before,), (after,) = later("12:00 maintenance; 12:00:30 hq down IN_0; 12:01 hq up IN_1", "11:50 hq down IN_0")
    assert (before.finding.cause, after.finding.cause) == ("azure-maintenance", "azure-failover")
    assert [c.cause for c in after.changes_of_mind] == ["azure-failover"]


def test_a_mind_that_changes_back_is_noted_twice() -> None:
    """Every change of verdict is kept with the time of the newest row then known."""
    _, (found,) = later("12:00 hq down IN_0", "12:00:00 hq down IN_0 DPD", "12:05 hq up IN_1", rules=ACTIVE_STANDBY)
    assert [(c.at, c.cause) for c in found.changes_of_mind] == [
        (clock("12:00"), "remote-unreachable"),
        (clock("12:05"), "azure-failover"),
    ]


def test_midnights_are_kept_for_those_who_go_on() -> None:
    """A replay makes no checkpoints; a poll has one for each midnight that it may go on from."""
    (log,) = read_rows(night(f"{FIRST_HOP}; 08-22 12:00 hq up IN_1")).logs.values()
    assert correlate(log, POLICY).checkpoints == []
    found = correlate(log, POLICY, GatewayState(log.gateway)).checkpoints
    assert [c.at for c in found] == [clock("08-22 00:00"), clock("08-23 00:00")]


def test_adopting_what_is_known_changes_nothing() -> None:
    """Fresh incidents that are the known ones take their names and nothing else happens."""
    rows = f"{FIRST_HOP}; 12:30 hq down IN_1; 12:31 hq up IN_1; 15:00 osaka down IN_1 RemotelyTriggered"
    known = incidents(rows, ACTIVE_STANDBY)
    renamed = [replace(i, id=f"VPN-20260821-{n:06d}") for n, i in enumerate(known)]
    assert adopt(known, known) == known
    assert adopt(known, renamed) == renamed


def test_active_active_incidents_of_both_instances_stay_apart() -> None:
    """Active-active: outages of different instances are different outages, even at the same time."""
    rows = "10:00 osaka up IN_0; 12:00 hq down IN_0 RemotelyTriggered; 12:30 hq down IN_1 StandbyChanged"
    (before,), after = later(rows.rpartition(";")[0], rows.rpartition(";")[2], rules=ACTIVE_ACTIVE)
    assert [(i.id == before.id, i.finding.cause.side) for i in after] == [(True, Side.REMOTE), (False, Side.AZURE)]


def test_one_flapping_tunnel_is_one_incident() -> None:
    """A tunnel that flaps for one, three, one, three seconds is one trouble."""
    rows = "\n".join(f"12:{n}0:00 hq down IN_0; 12:{n}0:0{1 + n % 2 * 2} hq up IN_0" for n in range(4))
    assert len(incidents(f"10:00 osaka up IN_0\n{rows}", ACTIVE_STANDBY)) == 1
