"""Which maintenance row explains which drop."""

from __future__ import annotations

import pytest

from correlator.categories import read_rows
from correlator.maintenance import Claims, find_windows
from correlator.model import Outage, Policy
from tests.timeline import POLICY, WORKER, clock, incidents, night, verdicts


def drop(start: str, instance: str = "IN_0", end: str = "", peer: str = "hq") -> Outage:
    name = WORKER + instance if instance else ""
    return Outage(clock(start), peer, name, clock(end) if end else None, name)


def claimed(rows: str, *drops: Outage, policy: Policy = POLICY) -> list[str]:
    """For each drop the time of the row that explains it, ``-`` for none, ``(time)`` for the other instance's."""
    (log,) = read_rows(night(rows)).logs.values()
    claims = Claims(find_windows(log.changes, policy), policy)
    found = []
    for one in drops:
        row, elsewhere = claims.claim(one)
        found.append(f"{row.at:%H:%M:%S}" if row else f"({elsewhere.at:%H:%M:%S})" if elsewhere else "-")
    return found


ROW = "17:12:00 maintenance IN_0"


@pytest.mark.parametrize(
    ("start", "explained"),
    [
        ("17:10:59", False),
        ("17:11:00", True),  # a minute before the row
        ("17:12:00", True),
        ("17:24:00", True),  # twelve minutes after it
        ("17:24:01", False),
    ],
)
def test_the_window_of_a_row(start: str, explained: bool) -> None:
    """A row explains drops from a minute before it until twelve minutes after it."""
    assert claimed(ROW, drop(start)) == (["17:12:00"] if explained else ["-"])


@pytest.mark.parametrize(
    ("row", "instance", "expected"),
    [
        ("maintenance IN_0", "IN_0", "17:12:00"),
        ("maintenance IN_0", "", "17:12:00"),
        ("maintenance", "IN_0", "17:12:00"),
        ("maintenance", "", "17:12:00"),
        ("maintenance IN_1", "IN_0", "(17:12:00)"),
        ("upgrade IN_0", "IN_0", "17:12:00"),
        ("upgrade IN_1", "IN_0", "(17:12:00)"),
        ("config IN_0", "IN_0", "-"),
        ("primary IN_0", "IN_0", "-"),
    ],
)
def test_a_row_speaks_for_its_instance(row: str, instance: str, expected: str) -> None:
    """A row that names an instance speaks for that one alone; one that names none speaks for both."""
    assert claimed(f"17:12:00 {row}", drop("17:13", instance)) == [expected]


@pytest.mark.parametrize(
    ("second", "explained"),
    [
        (drop("17:18:10"), True),  # five minutes after the first one's end
        (drop("17:18:11"), False),
        (drop("17:18:11", "IN_1"), False),  # the other instance is serviced tens of minutes later
        (drop("17:18:11", peer="osaka"), True),  # another tunnel's first
    ],
)
def test_a_tunnel_is_serviced_once(second: Outage, explained: bool) -> None:
    """A row explains a tunnel's first drop and those within five minutes of its end; a later one has other reasons."""
    first = drop("17:13:00", end="17:13:10")
    expected = "17:12:00" if explained else "(17:12:00)" if second.instance_down != first.instance_down else "-"
    assert claimed("17:12:00 maintenance", first, second) == ["17:12:00", expected]


def test_drops_right_after_one_another_move_the_claim_on() -> None:
    """Each re-drop is measured from the one before it, and an open one from its start."""
    drops = (drop("17:13"), drop("17:18"), drop("17:23"))
    assert claimed(ROW, *drops) == ["17:12:00"] * 3
    assert claimed(ROW, drop("17:13:00"), drop("17:18:01")) == ["17:12:00", "-"]


@pytest.mark.parametrize(
    ("rows", "best"),
    [
        ("17:10 maintenance; 17:08 maintenance IN_0", "17:08:00"),  # the one that names the instance
        ("17:08 maintenance IN_0; 17:10 maintenance IN_0", "17:10:00"),  # the nearer one
        ("17:10 maintenance IN_0; 17:13:30 maintenance IN_0", "17:10:00"),  # before rather than after
        ("17:10 maintenance IN_1; 17:04 maintenance", "17:04:00"),  # this instance rather than near
    ],
)
def test_which_of_several_rows(rows: str, best: str) -> None:
    """Of several rows in time: the one of this instance, before the drop, nearest to it."""
    assert claimed(rows, drop("17:13:00")) == [best]


def test_two_rows_explain_two_drops() -> None:
    """When the nearer row has had its drop, another row in time explains the next one."""
    first, second = drop("17:13:00", end="17:13:10"), drop("17:20:00")
    assert claimed("17:10 maintenance IN_0; 17:12 maintenance IN_0", first, second) == ["17:12:00", "17:10:00"]


def test_repeated_rows_are_one_window() -> None:
    """A maintenance row that was logged twice is one row."""
    (log,) = read_rows(night(f"{ROW}; {ROW}; 17:12:00 maintenance IN_1")).logs.values()
    assert [w.row.instance for w in find_windows(log.changes, POLICY)] == [WORKER + "IN_0", WORKER + "IN_1"]


def test_every_kind_of_row_counts_in_an_incident() -> None:
    """The documented operation and the published phrase both make a night azure-maintenance."""
    drops = "17:13 hq down IN_0; 17:13:12 hq up IN_1"
    for row in ("maintenance IN_0", "maintenance", "upgrade IN_0", "upgrade"):
        assert verdicts(f"17:12 {row}; {drops}") == ["azure-maintenance confirmed maintenance-row"]


def test_a_peer_that_hung_up_does_not_use_up_the_row() -> None:
    """The peer hung up just after the maintenance row; the failover six minutes later is still the maintenance."""
    found = incidents("""
        17:12:10     maintenance IN_0
        17:12:30  hq down IN_0  "RemotelyTriggered"
        17:12:40  hq up   IN_0
        17:19:00  hq down IN_0  "GlobalStandbyChanged"
        17:19:12  hq up   IN_1
    """)
    assert [i.finding.cause for i in found] == ["remote-closed", "azure-maintenance"]
