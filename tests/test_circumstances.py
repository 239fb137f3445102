"""What the log holds around a drop: rows near its start, and who else dropped with it."""

from __future__ import annotations

import pytest

from correlator.circumstances import beginning, circumstances
from correlator.model import ChangeKind, Circumstances, GatewayChange, Outage, Policy
from tests.timeline import ACTIVE_ACTIVE, ACTIVE_STANDBY, GATEWAY, POLICY, WORKER, clock, incidents


def around(rows: str, rules: Policy = POLICY) -> dict[str, Circumstances]:
    """The circumstances of each drop, by ``peer HH:MM:SS``."""
    return {
        f"{d.outage.peer} {d.outage.start:%H:%M:%S}": d.around for i in incidents(rows, rules) for d in i.drops
    }  # fmt: skip


DROP = "17:13:00 hq down IN_0; 17:13:12 hq up IN_0"


@pytest.mark.parametrize(
    ("row", "near"),
    [
        ("17:09:59 config", False),
        ("17:10:00 config", True),  # three minutes before the drop
        ("17:13:05 config", True),  # five seconds after it
        ("17:13:06 config", False),
        ("17:10:30 config IN_1", True),  # whichever instance it names
    ],
)
def test_a_configuration_row_just_before_the_drop(row: str, near: bool) -> None:
    """A change of ours counts from three minutes before the drop to five seconds after it."""
    assert (around(f"{row}; {DROP}")["hq 17:13:00"].configuration is not None) is near


@pytest.mark.parametrize(
    ("row", "near"),
    [
        ("17:10:59 primary", False),
        ("17:11:00 primary", True),
        ("17:15:00 primary", True),
        ("17:15:01 primary", False),
    ],
)
def test_the_primary_changed_near_the_drop(row: str, near: bool) -> None:
    """A change of the primary instance counts two minutes to either side."""
    assert (around(f"{row}; {DROP}")["hq 17:13:00"].primary_changed is not None) is near


def test_the_nearest_row_before_is_named() -> None:
    """Of several changes in time the last one is named."""
    found = around(f"17:10:30 config; 17:12:30 config; 17:13:06 config; {DROP}")["hq 17:13:00"].configuration
    assert found
    assert found.at == clock("17:12:30")


def test_a_row_of_the_other_instance_is_noted() -> None:
    """A maintenance row in time that names the other instance explains nothing, but is kept as evidence."""
    found = around(f"17:12 maintenance IN_1; {DROP}")["hq 17:13:00"]
    assert found.maintenance is None
    assert found.elsewhere
    assert found.elsewhere.instance == WORKER + "IN_1"


def test_nothing_around() -> None:
    """A drop on a silent day has no circumstances."""
    assert around(DROP) == {"hq 17:13:00": Circumstances()}


TWO = "10:00 hq up IN_0; 10:00 osaka up IN_0"


@pytest.mark.parametrize(
    ("rows", "rules", "together"),
    [
        # two of two within a minute, to the second
        (f"{TWO}; 17:13:00 hq down IN_0; 17:14:00 osaka down IN_0", POLICY, {"hq 17:13:00": 2, "osaka 17:14:00": 2}),
        (f"{TWO}; 17:13:00 hq down IN_0; 17:14:01 osaka down IN_0", POLICY, {"hq 17:13:00": 0, "osaka 17:14:01": 0}),
        # rows of the gateway hours away change nothing
        (f"10:30 config; 22:00 maintenance; {TWO}; 17:13:00 hq down IN_0; 17:14:00 osaka down IN_0", POLICY,
         {"hq 17:13:00": 2, "osaka 17:14:00": 2}),
        # two of three
        (f"{TWO}; 10:00 kobe up IN_0; 17:13:00 hq down IN_0; 17:13:30 osaka down IN_0", POLICY,
         {"hq 17:13:00": 0, "osaka 17:13:30": 0}),
        # one of one, and one that drops twice, are not "all at once"
        ("17:13:00 hq down IN_0; 17:13:10 hq up IN_0; 17:13:30 hq down IN_0", POLICY,
         {"hq 17:13:00": 0, "hq 17:13:30": 0}),
        # three of three, each within a minute of the middle one only: the middle one sees them all
        (f"{TWO}; 10:00 kobe up IN_0; 17:13:00 hq down IN_0; 17:13:50 osaka down IN_0; 17:14:40 kobe down IN_0",
         POLICY, {"hq 17:13:00": 0, "osaka 17:13:50": 3, "kobe 17:14:40": 0}),
        # active-active: all peers of one instance; the other instance's are not counted in
        (f"{TWO}; 17:13:00 hq down IN_0; 17:13:30 osaka down IN_0", ACTIVE_ACTIVE,
         {"hq 17:13:00": 2, "osaka 17:13:30": 2}),
        (f"{TWO}; 17:13:00 hq down IN_0; 17:13:30 osaka down IN_1", ACTIVE_ACTIVE,
         {"hq 17:13:00": 0, "osaka 17:13:30": 0}),
        (f"{TWO}; 10:00 kobe up IN_0; 17:13:00 hq down IN_0; 17:13:30 osaka down IN_0", ACTIVE_ACTIVE,
         {"hq 17:13:00": 0, "osaka 17:13:30": 0}),
        # active-standby: whichever instance a row names
        ("10:00 hq up IN_0; 10:00 osaka up IN_1; 17:13:00 hq down IN_0; 17:13:30 osaka down IN_1", POLICY,
         {"hq 17:13:00": 2, "osaka 17:13:30": 2}),
        # a peer that had just dropped alone does not hide that all dropped together later
        (f"{TWO}; 17:00:00 hq down IN_0; 17:00:10 hq up IN_0; 17:13:00 hq down IN_0; 17:13:01 osaka down IN_0",
         POLICY, {"hq 17:00:00": 0, "hq 17:13:00": 2, "osaka 17:13:01": 2}),
    ],
)  # fmt: skip
def test_all_peers_at_once(rows: str, rules: Policy, together: dict[str, int]) -> None:
    """Peers that drop within a minute of one another count as together if they are all that the gateway had."""
    assert {k: v.together for k, v in around(rows, rules).items()} == together


def test_the_first_rows_of_two_peers() -> None:
    """The first drop of a night counts the peers that its neighbours make known."""
    assert [a.together for a in around("17:13:00 hq down IN_0; 17:13:01 osaka down IN_0").values()] == [2, 2]


@pytest.mark.parametrize(
    ("rows", "both"),
    [
        ("17:13:00 hq down IN_0; 17:14:00 hq down IN_1", True),
        ("10:30 config; 22:00 maintenance; 17:13:00 hq down IN_0; 17:14:00 hq down IN_1", True),
        ("17:13:00 hq down IN_0; 17:14:01 hq down IN_1", False),
        ("17:13:00 hq down IN_0; 17:13:10 hq up IN_0; 17:13:30 hq down IN_0", False),
        ("17:13:00 hq down IN_0; 17:13:00 osaka down IN_1", False),
    ],
)
def test_lost_on_both_instances(rows: str, both: bool) -> None:
    """Active-active: one peer lost on both instances within a minute, while another peer stayed up."""
    found = around(f"{TWO}; 10:00 kobe up IN_0; {rows}", ACTIVE_ACTIVE)
    assert {a.both_instances for a in found.values()} == {both}


@pytest.mark.parametrize(
    "rows",
    [
        "17:13:00 hq down IN_0; 17:13:01 hq down IN_1",
        "17:13:00 hq down IN_0; 17:13:10 hq up IN_1; 17:13:30 hq down IN_1",
    ],
)
def test_active_standby_has_no_both(rows: str) -> None:
    """Active-standby has one tunnel to a peer: nothing can be lost on both."""
    assert not any(a.both_instances for a in around(rows, ACTIVE_STANDBY).values())


def test_what_is_known_of_a_drop_is_kept() -> None:
    """Subtle case 5: the rows around a drop before the window are gone, and what they said is kept and still counts."""
    row = GatewayChange(clock("17:12"), ChangeKind.MAINTENANCE, "", GATEWAY, "HostMaintenanceEvent", "")
    first = Outage(clock("17:13"), "hq", "IN_0", clock("17:13:10"), "IN_0")
    late = Outage(clock("17:20"), "hq", "IN_0", clock("17:21"), "IN_0")
    known = Circumstances(maintenance=row, together=7)
    kept = {beginning(first): known}
    assert circumstances([first], [], kept, POLICY) == [known]
    # The row was used up by the first drop, which a poll that sees the row again must not forget.
    assert circumstances([first, late], [row], kept, POLICY) == [known, Circumstances()]
    assert circumstances([late], [row], {}, POLICY)[0].maintenance == row


def test_all_on_both_instances_is_the_gateway() -> None:
    """Every peer lost on every instance is no matter of one far end."""
    rows = f"{TWO}; " + "; ".join(
        f"17:13:0{n} {p} down IN_{n % 2}" for n, p in enumerate(["hq", "hq", "osaka", "osaka"])
    )
    found = around(rows, ACTIVE_ACTIVE).values()
    assert [(a.together, a.both_instances) for a in found] == [(2, False)] * 4


def test_the_only_peer_lost_on_both_instances() -> None:
    """With one peer, losing it on both instances is losing everything: nothing stayed up that would clear Azure."""
    found = around("17:13:00 hq down IN_0; 17:13:01 hq down IN_1", ACTIVE_ACTIVE)
    assert not any(a.both_instances for a in found.values())
