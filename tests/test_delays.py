"""The observed delay from a maintenance row to the drop, and the window that is proposed from it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlator.categories import read_rows
from correlator.correlate import correlate
from correlator.delays import FEW, Delay, by_chance, delays, held, histogram, proposed, summary
from correlator.model import Policy
from correlator.settings.texts import window
from tests.timeline import POLICY, clock, gateway, night

UP = "10:00 hq up IN_0; 10:00 osaka up IN_0;"


def observed(text: str, look: object = delays) -> list[float] | int:
    """The delays of one gateway's night, or how many would be there by chance."""
    (log,) = read_rows(night(text)).logs.values()
    outages = [o for i in correlate(log, POLICY).incidents for o in i.outages]
    if look is by_chance:
        return by_chance(gateway(), log.changes, outages, POLICY)
    return [d.seconds for d in delays(gateway(), log.changes, outages, POLICY)]


@pytest.mark.parametrize(
    ("rows", "seconds"),
    [
        ("17:00 maintenance IN_0; 17:01 hq down IN_0; 17:02 hq up IN_1", [60]),
        ("17:00 maintenance IN_0; 16:59:30 hq down IN_0; 17:02 hq up IN_1", [-30]),
        ("17:00 maintenance IN_0; 17:50 hq down IN_0; 17:51 hq up IN_1", [3000]),
        ("17:00 maintenance; 17:05 hq down IN_0; 17:06 hq up IN_1", [300]),
        # not these: too far, the other instance, explained by the peer or a change
        ("17:00 maintenance IN_0; 18:00 hq down IN_0; 18:01 hq up IN_1", []),
        ("17:00 maintenance IN_0; 16:49 hq down IN_0; 16:51 hq up IN_1", []),
        ("17:00 maintenance IN_1; 17:05 hq down IN_0; 17:06 hq up IN_1", []),
        ("17:00 maintenance IN_0; 17:01 hq down IN_0 RemotelyTriggered; 17:02 hq up IN_0", []),
        ('17:00 maintenance IN_0; 17:01 hq down IN_0 "DhGroup changed"; 17:02 hq up IN_0', []),
        # each tunnel once, each drop for one row
        ("17:00 maintenance IN_0; 17:01 hq down IN_0; 17:02 hq up IN_0; 17:08 hq down IN_0; 17:09 hq up IN_0", [60]),
        ("17:00 maintenance IN_0; 17:01 hq down IN_0; 17:01:30 osaka down IN_0; 17:02 hq up IN_1", [60, 90]),
        ("17:00 maintenance IN_0; 17:30 maintenance IN_0; 17:31 hq down IN_0; 17:32 hq up IN_1", [60]),
        ("17:00 maintenance IN_0; 17:00 maintenance IN_0; 17:31 hq down IN_0; 17:32 hq up IN_1", [1860]),
    ],
)
def test_which_drops_are_observed(rows: str, seconds: list[float]) -> None:
    """The first drop of each tunnel on the row's instance near the row, unless something else explains it."""
    assert observed(UP + rows) == seconds


def test_what_chance_would_find() -> None:
    """Drops three hours after a row stand beside those near it, so that a reader sees what the noise is worth."""
    text = UP + "17:00 maintenance IN_0; 20:05 hq down IN_0; 20:06 hq up IN_0"
    assert (observed(text), observed(text, by_chance)) == ([], 1)


def made(seconds: list[float]) -> list[Delay]:
    """One maintenance row for each delay."""
    return [Delay("g", "IN_0", clock("00:00") + timedelta(hours=n), s) for n, s in enumerate(seconds)]


def test_few_rows_propose_nothing() -> None:
    """Many tunnels of few rows fall together, so rows are counted and not drops."""
    of_one_row = [Delay("g", "IN_0", clock("17:00"), 60.0 + n) for n in range(1000)]
    assert summary(of_one_row)[:2] == (1000, 1)
    assert proposed(of_one_row) is None
    assert proposed(made([60.0] * (FEW - 1))) is None
    assert proposed(made([60.0] * FEW)) == "-0s..1m"
    assert proposed([]) is None


def test_figures() -> None:
    """Smallest, median, 95 % and largest; and the part that the present window holds."""
    found = made([-70.0, *[30.0 * n for n in range(1, 100)]])
    assert summary(found) == (100, 100, -70, 1470, 2820, 2970)
    assert (
        held(found, Policy(maintenance_before=timedelta(seconds=70), maintenance_after=timedelta(seconds=60))) == 0.03
    )


@given(st.lists(st.floats(-599, 3599), min_size=FEW, max_size=200))
def test_what_is_proposed_can_be_set_and_holds(seconds: list[float]) -> None:
    """A proposed window is one that the setting takes, holds 98 % at least, and the histogram loses no drop."""
    found = made(seconds)
    text = proposed(found)
    assert text
    before, after = window(text)
    assert held(found, Policy(maintenance_before=before, maintenance_after=after)) >= 0.98
    assert sum(n for _, _, n in histogram(found)) == len(found)
