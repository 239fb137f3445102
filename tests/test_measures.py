"""How long, how much: united and never added twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlator.measures import connection_down, connection_downtime_seconds, downtime_seconds, impact
from correlator.model import Impact, Policy
from tests.timeline import ACTIVE_ACTIVE, ACTIVE_STANDBY, incidents

DOWN, THIN, NOTHING = Impact.CONNECTION_DOWN, Impact.REDUNDANCY_LOST, Impact.NONE
OTHERS = "10:00 a up IN_0; 10:00 b up IN_0; 10:00 c up IN_0"


@pytest.mark.parametrize(
    ("rows", "rules", "down", "stopped", "felt"),
    [
        ("12:00:00 a down IN_0; 12:00:12 a up IN_1", ACTIVE_STANDBY, 12, 12, DOWN),
        ("12:00:00.25 a down IN_0; 12:00:12 a up IN_1", ACTIVE_STANDBY, 11.75, 11.75, DOWN),
        # overlap: the union, not the sum
        (
            "12:00:00 a down IN_0; 12:00:05 b down IN_0; 12:00:10 a up IN_1; 12:00:15 b up IN_1",
            ACTIVE_STANDBY,
            15,
            15,
            DOWN,
        ),
        # one inside the other
        (
            "12:00:00 a down IN_0; 12:00:05 b down IN_0; 12:00:10 b up IN_1; 12:00:30 a up IN_1",
            ACTIVE_STANDBY,
            30,
            30,
            DOWN,
        ),
        # two hops
        (
            "12:00:00 a down IN_0; 12:00:12 a up IN_1; 12:30:00 a down IN_1; 12:30:16 a up IN_0",
            ACTIVE_STANDBY,
            28,
            28,
            DOWN,
        ),
        # touching
        (
            "12:00:00 a down IN_0; 12:00:10 b down IN_0; 12:00:10 a up IN_1; 12:00:20 b up IN_1",
            ACTIVE_STANDBY,
            20,
            20,
            DOWN,
        ),
        # an open one has no length yet
        ("12:00:00 a down IN_0 StandbyChanged", ACTIVE_STANDBY, 0, 0, DOWN),
        ("12:00:00 a down IN_0 StandbyChanged; 12:00:05 b down IN_0; 12:00:15 b up IN_1", ACTIVE_STANDBY, 10, 10, DOWN),
        # active-active: redundancy lost is no stopped traffic
        ("12:00:00 a down IN_0; 12:00:30 a up IN_0", ACTIVE_ACTIVE, 30, 0, THIN),
        ("12:00:00 a down IN_0 DPD", ACTIVE_ACTIVE, 0, 0, THIN),
        # both down: from the second fall to the first return
        (
            "12:00 a down IN_0 DPD; 12:01 a down IN_1 DPD; 12:03 a up IN_0; 12:10 a up IN_1",
            ACTIVE_ACTIVE,
            600,
            120,
            DOWN,
        ),
        # the cut is over although a tunnel is still open
        ("12:00 a down IN_0 DPD; 12:01 a down IN_1 DPD; 12:03 a up IN_0", ACTIVE_ACTIVE, 180, 120, DOWN),
        ("12:00 a down IN_0 DPD; 12:01 a down IN_1 DPD; 12:03 a up IN_1", ACTIVE_ACTIVE, 120, 120, DOWN),
        # a reconnect in the very instant
        ("12:00:00 a down IN_0 DPD; 12:00:00 a up IN_0", ACTIVE_STANDBY, 0, 0, DOWN),
    ],
)
def test_the_figures(rows: str, rules: Policy, down: float, stopped: float, felt: Impact) -> None:
    """Downtime is the union of ended outages, connection downtime of the times when a peer had no instance up."""
    (found,) = incidents(f"{OTHERS}; {rows}", rules)
    assert (downtime_seconds(found), connection_downtime_seconds(found), impact(found)) == (down, stopped, felt)


def test_a_switch_has_no_length() -> None:
    """A switch of unknown length adds nothing and its incident shows no impact."""
    *_, found = incidents("09:00 a down IN_1; 09:00:10 a up IN_0; 17:13 a up IN_1")
    assert found.outages == ()
    assert (downtime_seconds(found), connection_downtime_seconds(found), impact(found)) == (0, 0, NOTHING)


@pytest.mark.parametrize(
    ("rows", "rules", "stopped"),
    [
        ("12:00 a down IN_0 StandbyChanged", ACTIVE_STANDBY, True),
        ("12:00 a down IN_0 StandbyChanged; 12:01 a up IN_1", ACTIVE_STANDBY, False),
        ("12:00 a down IN_0 DPD", ACTIVE_ACTIVE, False),
        ("12:00 a down IN_0 DPD; 12:01 a down IN_1 DPD", ACTIVE_ACTIVE, True),
        ("12:00 a down IN_0 DPD; 12:01 a down IN_1 DPD; 12:03 a up IN_0", ACTIVE_ACTIVE, False),
    ],
)
def test_whether_traffic_is_stopped_now(rows: str, rules: Policy, stopped: bool) -> None:
    """A connection is down while a peer has no instance up, and no longer, though a tunnel of it is still down."""
    (found,) = incidents(f"{OTHERS}; {rows}", rules)
    assert connection_down(found) is stopped


spans = st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 600)), min_size=1, max_size=12)


@given(spans)
def test_downtime_is_conserved(drawn: list[tuple[int, int]]) -> None:
    """Counted second by second, the time in which some tunnel was down is what the measures say."""
    rows, seconds = [], set()
    for n, (start, length) in enumerate(drawn):
        rows += [f"{_time(start)} site{n} down IN_0 StandbyChanged", f"{_time(start + length)} site{n} up IN_1"]
        seconds |= set(range(start, start + length))
    (found,) = incidents("\n".join(rows), ACTIVE_STANDBY)
    assert downtime_seconds(found) == connection_downtime_seconds(found) == len(seconds)


def _time(second: int) -> str:
    return (
        f"12:{second // 60:02d}:{second % 60:02d}" if second < 3600 else f"13:{second // 60 - 60:02d}:{second % 60:02d}"
    )
