"""The fold from rows to outages, in both modes, given and inferred."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import astuple

from correlator.categories import read_rows
from correlator.model import Outage
from correlator.outages import find_outages
from tests.timeline import WORKER, clock, night, outages

STANDBY, ACTIVE, INFERRED = False, True, None
EVERY_MODE = pytest.mark.parametrize("mode", [STANDBY, ACTIVE, INFERRED])


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ("17:13:04 hq down IN_0; 17:13:16 hq up IN_1", ["hq 17:13:04 IN_0>IN_1 12s"]),
        ("17:13:04 hq down IN_0; 17:13:16 hq up IN_0", ["hq 17:13:04 IN_0>IN_0 12s"]),
        ("17:13:04 hq down IN_0", ["hq 17:13:04 IN_0 open"]),
        ("17:13:04 hq up IN_0", []),
        ("", []),
        # both hops of a maintenance
        ("17:13:04 hq down IN_0; 17:13:16 hq up IN_1; 17:37:59 hq down IN_1; 17:38:15 hq up IN_0",
         ["hq 17:13:04 IN_0>IN_1 12s", "hq 17:37:59 IN_1>IN_0 16s"]),
        # the standby instance says Disconnected too: one outage, closed by whoever connects first
        ("17:13:04 hq down IN_0; 17:13:05 hq down IN_1; 17:13:16 hq up IN_1",
         ["hq 17:13:04 IN_0>IN_1 12s"]),
        # two peers do not mix
        ("17:13:04 hq down IN_0; 17:13:05 osaka down IN_0; 17:13:16 osaka up IN_1; 17:14:16 hq up IN_1",
         ["hq 17:13:04 IN_0>IN_1 72s", "osaka 17:13:05 IN_0>IN_1 11s"]),
    ],
)  # fmt: skip
def test_active_standby(rows: str, found: list[str]) -> None:
    """Active-standby: any Connected of the peer ends its one outage."""
    assert (outages(rows, STANDBY) if rows else []) == found


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        # an instance that was never heard of counts as up
        ("17:13:04 hq down IN_0; 17:13:50 hq up IN_0", ["hq 17:13:04 IN_0>IN_0 46s redundancy"]),
        # a Connected of the other instance ends nothing
        ("17:13:04 hq down IN_0; 17:13:16 hq up IN_1", ["hq 17:13:04 IN_0 open redundancy"]),
        ("17:13:04 hq down IN_0; 17:13:16 hq up IN_1; 17:14:04 hq up IN_0", ["hq 17:13:04 IN_0>IN_0 60s redundancy"]),
        # both down: the second one to fall is the cut
        ("17:13:00 hq down IN_0; 17:14:00 hq down IN_1; 17:15:00 hq up IN_1; 17:20:00 hq up IN_0",
         ["hq 17:13:00 IN_0>IN_0 420s redundancy", "hq 17:14:00 IN_1>IN_1 60s"]),
        # the first one falls again while the second is still down: another cut
        ("17:13 hq down IN_0; 17:14 hq down IN_1; 17:15 hq up IN_0; 17:16 hq down IN_0; 17:20 hq up IN_0;"
         "17:30 hq up IN_1",
         ["hq 17:13:00 IN_0>IN_0 120s redundancy", "hq 17:14:00 IN_1>IN_1 960s", "hq 17:16:00 IN_0>IN_0 240s"]),
        # restarted one after the other
        ("17:13 hq down IN_0; 17:15 hq up IN_0; 17:40 hq down IN_1; 17:42 hq up IN_1",
         ["hq 17:13:00 IN_0>IN_0 120s redundancy", "hq 17:40:00 IN_1>IN_1 120s redundancy"]),
    ],
)  # fmt: skip
def test_active_active(rows: str, found: list[str]) -> None:
    """Active-active: each instance has its own outages; traffic stops only when no instance is up."""
    assert outages(rows, ACTIVE) == found


def test_a_cut_ends_with_the_first_instance_that_returns() -> None:
    """The cut is over when any instance is up again; the tunnel's outage lasts until its own return."""
    (log,) = read_rows(
        night("17:13 hq down IN_0; 17:14 hq down IN_1; 17:15 hq up IN_0; 17:20 hq up IN_1")
    ).logs.values()
    first, second = find_outages(log.tunnels, None, ACTIVE).outages
    assert (first.cut, first.cut_end) == (False, None)
    assert (second.cut, second.cut_end, second.end) == (True, clock("17:15"), clock("17:20"))


@pytest.mark.parametrize(
    ("night_before", "proof"),
    [
        # ten minutes of both up, to the second, and one second less
        ("17:00:00 hq up IN_0; 17:00:00 hq up IN_1", {"17:10:00": True, "17:09:59": False}),
        ("16:00:00 hq up IN_0; 17:00:00 hq up IN_1", {"17:10:00": True, "17:09:59": False}),
        ("17:00:00 hq up IN_0; 16:00:00 hq up IN_1", {"17:10:00": True}),
        # a repeated Connected is a new beginning: the instance may have died and come back
        (
            "17:00:00 hq up IN_0; 17:00:00 hq up IN_1; 17:05 hq up IN_0; 17:05 hq up IN_1",
            {"17:15:00": True, "17:14:59": False},
        ),
        # the instance that falls was never heard of: its Disconnected says that it was up
        ("17:00:00 hq up IN_1", {"17:10:00": True, "17:09:59": False}),
        # an instance of another peer proves nothing
        ("17:00:00 osaka up IN_1", {"17:30:00": False}),
    ],
)
def test_what_proves_active_active(night_before: str, proof: dict[str, bool]) -> None:
    """Not given, the mode is active-active once both instances of one peer were up for ten minutes."""
    for fell, proven in proof.items():
        found = outages(f"{night_before}; {fell} hq down IN_0; 18:00 hq up IN_0", INFERRED)
        length = (clock("18:00") - clock(fell)).total_seconds()
        as_active = [f"hq {fell} IN_0>IN_0 {length:g}s redundancy"]
        alone = [f"hq {fell} IN_0>IN_0 {length:g}s"] if "hq" not in night_before else []
        assert found == (as_active if proven else alone), fell


@pytest.mark.parametrize(
    ("first", "read_as"),
    [
        ("14:00:00", ["hq 14:00:00 IN_0>IN_0 60s redundancy"]),  # three hours before the proof, to the second
        ("13:59:59", ["hq 13:59:59 IN_0>IN_0 61s"]),
    ],
)
def test_the_proof_reaches_back_three_hours(first: str, read_as: list[str]) -> None:
    """The first drop of a night is not misread because the proof of the mode came up to three hours later."""
    rows = f"{first} hq down IN_0; 14:01 hq up IN_0; 17:00:00 hq down IN_1; 17:01 hq up IN_1"
    assert outages(rows, INFERRED) == [*read_as, "hq 17:00:00 IN_1>IN_1 60s redundancy"]


def test_a_repeated_disconnected_proves_nothing() -> None:
    """The old instance says again that it is disconnected, long after the failover: it was not up until now."""
    rows = "10:00 hq down IN_0; 10:00:10 hq up IN_1; 10:20 hq down IN_0; 11:00 hq down IN_1; 11:00:10 hq up IN_0"
    assert outages(rows, INFERRED) == ["hq 10:00:00 IN_0>IN_1 10s", "hq 11:00:00 IN_1>IN_0 10s"]


def test_once_proven_it_holds() -> None:
    """A gateway that was active-active is so from then on, for every peer, whatever comes."""
    found = outages(
        """
        10:00 hq up IN_0; 10:00 hq up IN_1; 12:00 hq down IN_0; 12:01 hq up IN_0   # the proof
        08-22 03:00 osaka down IN_1; 08-22 03:00:30 osaka up IN_0; 08-22 03:01 osaka up IN_1
        """,
        INFERRED,
    )
    assert found == ["hq 12:00:00 IN_0>IN_0 60s redundancy", "osaka 03:00:00 IN_1>IN_1 60s redundancy"]


@pytest.mark.parametrize("mode", [STANDBY, INFERRED])
def test_make_before_break(mode: bool | None) -> None:
    """The new instance connects before the old one lets go: no outage, no switch."""
    assert outages("16:00 hq up IN_0; 17:13:00 hq up IN_1; 17:13:05 hq down IN_0", mode) == []


BEFORE = "10:00 hq down IN_1; 10:00:10 hq up IN_0"  # IN_1 had carried the tunnel, IN_0 took over
FIRST = "hq 10:00:00 IN_1>IN_0 10s"


@pytest.mark.parametrize("mode", [STANDBY, INFERRED])
@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ("17:13 hq up IN_1", ["hq 17:13:00 switch IN_0>IN_1"]),
        # the old instance lets go within two minutes: make before break after all
        ("17:13:00 hq up IN_1; 17:15:00 hq down IN_0", []),
        ("17:13:00 hq up IN_1; 17:15:01 hq down IN_0", ["hq 17:13:00 switch IN_0>IN_1"]),
        # a repeated Connected of the instance that holds the tunnel is nothing
        ("17:13 hq up IN_0", []),
        # after a switch the new instance drops as usual, and the old one can take over again
        ("17:13 hq up IN_1; 18:00:00 hq down IN_1; 18:00:10 hq up IN_0",
         ["hq 17:13:00 switch IN_0>IN_1", "hq 18:00:00 IN_1>IN_0 10s"]),
        ("17:13 hq up IN_1; 18:00 hq up IN_0", ["hq 17:13:00 switch IN_0>IN_1", "hq 18:00:00 switch IN_1>IN_0"]),
    ],
)  # fmt: skip
def test_a_switch_of_unknown_length(rows: str, found: list[str], mode: bool | None) -> None:
    """Connected on the other instance out of nothing: an instance died without a word; never an outage."""
    assert outages(f"{BEFORE}; {rows}", mode) == [FIRST, *found]


def test_a_switch_stops_no_traffic_that_the_log_could_show() -> None:
    """A switch has a time and two instances, and says nothing about traffic or mode."""
    (log,) = read_rows(night(f"{BEFORE}; 17:13 hq up IN_1")).logs.values()
    switch = find_outages(log.tunnels).outages[1]
    assert astuple(switch)[:5] == (clock("17:13"), "hq", WORKER + "IN_0", clock("17:13"), WORKER + "IN_1")
    assert (switch.cut, switch.active_active, switch.switch) == (False, False, True)


@pytest.mark.parametrize(
    "rows",
    [
        "17:13 hq up IN_1",
        "17:12 hq up IN_0; 17:13 hq up IN_1",  # IN_1 had never carried the tunnel
        "17:13 hq up IN_0; 17:14 osaka up IN_1",
    ],
)
def test_the_first_rows_of_a_tunnel_are_no_switch(rows: str) -> None:
    """Nothing is known of what came before the first rows of a tunnel."""
    assert outages(rows, STANDBY) == []


def test_an_instance_that_never_carried_the_tunnel_takes_nothing_back() -> None:
    """An instance that merely said Disconnected while the other one held the tunnel had lost nothing."""
    rows = "10:00 hq up IN_1; 11:00 hq down IN_0; 12:00 hq down IN_1; 12:01 hq up IN_1; 13:00 hq up IN_0"
    assert outages(rows, STANDBY) == ["hq 12:00:00 IN_1>IN_1 60s"]


def test_active_active_knows_no_switch() -> None:
    """Both instances hold the tunnel at once: one that connects takes nothing from the other."""
    rows = "10:00 hq down IN_1; 10:05 hq up IN_1; 11:00 hq down IN_0; 11:05 hq up IN_0; 12:00 hq up IN_1"
    assert [o for o in outages(rows, ACTIVE) if "switch" in o] == []


@EVERY_MODE
def test_repeated_rows_start_nothing(mode: bool | None) -> None:
    """A second Disconnected belongs to the outage that is open, a second Connected to none."""
    once = outages("17:13 hq down IN_0; 17:15 hq up IN_0", mode)
    assert outages("17:13 hq down IN_0; 17:14 hq down IN_0; 17:15 hq up IN_0; 17:16 hq up IN_0", mode) == once


def reasons_of(rows: str, mode: bool | None = None) -> list[str]:
    (log,) = read_rows(night(rows)).logs.values()
    return [o.reason for o in find_outages(log.tunnels, None, mode).outages]


@pytest.mark.parametrize(
    ("rows", "reasons"),
    [
        ("17:13 hq down IN_0; 17:14 hq down IN_0 DPD; 17:15 hq up IN_0", ["DPD"]),
        ("17:13 hq down IN_0; 17:13 hq down IN_0 DPD; 17:15 hq up IN_0", ["DPD"]),
        ("17:13 hq down IN_0 DPD; 17:14 hq down IN_0 Unknown; 17:15 hq up IN_0", ["DPD"]),
        ("17:13 hq down IN_0 DPD; 17:14 hq down IN_0; 17:15 hq up IN_0", ["DPD"]),
        ("17:13 hq down IN_0; 17:14 hq down IN_1 DPD; 17:15 hq up IN_0", [""]),  # another instance's reason
        ("17:13 hq down IN_0; 17:14 osaka down IN_0 DPD; 17:15 hq up IN_0", ["", "DPD"]),
    ],
)
def test_the_reason_may_come_with_the_repeated_row(rows: str, reasons: list[str]) -> None:
    """The first reason given for an outage is its reason, even if its first row had none."""
    assert reasons_of(rows) == reasons


def test_the_reason_of_one_instance_is_not_the_others() -> None:
    """Active-active: a repeated row brings the reason to its own instance's outage alone."""
    assert reasons_of("17:13 hq down IN_0; 17:13 hq down IN_1; 17:14 hq down IN_1 DPD", ACTIVE) == ["", "DPD"]


@EVERY_MODE
def test_a_drop_comes_before_the_reconnect_of_its_instant(mode: bool | None) -> None:
    """Equal times: down before up, so an outage may have no length but is never left open."""
    assert outages("17:13 hq up IN_0; 17:13 hq down IN_0", mode)[0].startswith("hq 17:13:00 IN_0>IN_0 0s")


@pytest.mark.parametrize(
    ("rows", "mode", "found"),
    [
        # resized: IN_2 and IN_3 take the place of IN_0 and IN_1, and the old names are not "up" for ever
        ("10:00 hq up IN_0; 10:00 hq up IN_1; 12:00 hq up IN_2; 13:00 hq down IN_2; 13:01 hq up IN_2", STANDBY,
         ["hq 13:00:00 IN_2>IN_2 60s"]),
        # the new name is remembered like any other, up or down, and what the old ones carried is not
        ("09:00 hq up IN_0; 09:00 hq up IN_1; 10:00 hq up IN_2; 10:30 hq down IN_3", STANDBY, []),
        ("09:00 hq up IN_0; 09:00 hq up IN_1; 10:00 hq down IN_2; 10:01 hq down IN_2; 10:02 hq up IN_2", ACTIVE,
         ["hq 10:00:00 IN_2>IN_2 120s redundancy"]),
        ("10:00 hq down IN_0; 10:00:10 hq up IN_1; 12:00 hq up IN_2; 13:00 hq up IN_0", STANDBY,
         ["hq 10:00:00 IN_0>IN_1 10s"]),
        ("10:00 hq down IN_0; 10:01 hq up IN_2", STANDBY, ["hq 10:00:00 IN_0>IN_2 60s"]),
        ("09:00 hq up IN_0; 09:00 hq up IN_1; 10:00 hq down IN_2; 10:01 hq up IN_2", STANDBY,
         ["hq 10:00:00 IN_2>IN_2 60s"]),
        # active-active after the resize: cut only when both new ones are down
        ("09:00 hq up IN_0; 09:00 hq up IN_1; 10:00 hq up IN_2; 10:00 hq up IN_3; 11:00 hq down IN_2;"
         "11:05 hq down IN_3; 11:06 hq up IN_3; 11:10 hq up IN_2", ACTIVE,
         ["hq 11:00:00 IN_2>IN_2 600s redundancy", "hq 11:05:00 IN_3>IN_3 60s"]),
    ],
)  # fmt: skip
def test_a_third_instance_means_that_they_were_replaced(rows: str, mode: bool, found: list[str]) -> None:
    """A gateway has two instances; a third name makes the old ones meaningless."""
    assert outages(rows, mode) == found


@EVERY_MODE
@pytest.mark.parametrize("rows", ["17:13 hq down; 17:14 hq up", "17:13 - down; 17:14 - up"])
def test_rows_without_instance_or_peer(rows: str, mode: bool | None) -> None:
    """Rows that name no instance or no peer are paired among themselves."""
    (found,) = outages(rows, mode)
    assert "60s" in found


def test_peers_known_counts_the_peers_seen_so_far() -> None:
    """An outage notes how many peers the gateway was known to have when it began."""
    (log,) = read_rows(night("17:00 hq up IN_0; 17:13 osaka down IN_0; 17:14 tokyo up IN_0")).logs.values()
    assert [o.peers_known for o in find_outages(log.tunnels).outages] == [2]


def test_a_proven_mode_is_kept_with_the_midnight() -> None:
    """What was proven yesterday holds today: the checkpoint knows the mode, and a mode that is given overrules it."""
    rows = "10:00 hq up IN_0; 10:00 hq up IN_1; 12:00 hq down IN_0; 12:01 hq up IN_0; 08-22 03:00 osaka down IN_1;"
    rows += "08-22 09:00 hq down IN_1"  # a second proof, which reaches back to 06:00 only
    (log,) = read_rows(night(rows)).logs.values()
    midnight = find_outages(log.tunnels).checkpoints[0]
    read_as = {mode: find_outages(log.tunnels, midnight, mode).outages[0].active_active for mode in (None, True, False)}
    assert read_as == {INFERRED: True, ACTIVE: True, STANDBY: False}


def test_a_midnight_holds_what_happened_at_it() -> None:
    """A checkpoint is the state after every event up to and including its instant."""
    (log,) = read_rows(
        night("08-22 00:00:00 hq down IN_0; 08-22 00:00:01 osaka down IN_0; 08-24 12:00 hq up IN_0")
    ).logs.values()
    found = find_outages(log.tunnels).checkpoints
    assert [(c.at, sorted(c.peers)) for c in found] == [
        (clock("08-22 00:00"), ["hq"]),
        (clock("08-23 00:00"), ["hq", "osaka"]),
        (clock("08-25 00:00"), ["hq", "osaka"]),
    ]
    assert found[0].peers["hq"].down == {WORKER + "IN_0": clock("08-22 00:00")}


# The nine subtle cases have their proofs in the tests of incidents and steps; these two live in the fold alone.


def test_a_late_connected_splits_an_open_outage() -> None:
    """A late Connected between two Disconnected rows makes a closed outage and a new open one."""
    assert outages("17:00 hq down IN_0; 17:20 hq down IN_0") == ["hq 17:00:00 IN_0 open"]
    assert outages("17:00 hq down IN_0; 17:20 hq down IN_0; 17:10 hq up IN_0") == [
        "hq 17:00:00 IN_0>IN_0 600s",
        "hq 17:20:00 IN_0 open",
    ]


def test_a_late_connected_of_the_other_instance_makes_a_drop_vanish() -> None:
    """A late Connected of the other instance shows that the handover was clean."""
    assert outages("17:13:05 hq down IN_0", STANDBY) == ["hq 17:13:05 IN_0 open"]
    assert outages("17:13:05 hq down IN_0; 17:13:00 hq up IN_1", STANDBY) == []


minutes = st.integers(0, 600)
steps = st.tuples(minutes, st.booleans(), st.sampled_from(["hq", "osaka"]), st.sampled_from(["IN_0", "IN_1"]))
rows_of_a_night = st.lists(steps, max_size=30).map(
    lambda found: "\n".join(f"{10 + m // 60}:{m % 60:02d} {p} {'up' if u else 'down'} {i}" for m, u, p, i in found)
)


def _fold(text: str, mode: bool | None) -> list[Outage]:
    return [o for log in read_rows(night(text)).logs.values() for o in find_outages(log.tunnels, None, mode).outages]


@given(rows_of_a_night, st.sampled_from([STANDBY, ACTIVE]))
def test_no_outage_ends_before_it_starts(text: str, mode: bool) -> None:
    """An outage never ends before it starts, its cut lies inside it, and a switch has no length."""
    for o in _fold(text, mode):
        assert o.end is None or o.start <= o.end
        assert o.cut_end is None or (o.cut and o.start <= o.cut_end <= (o.end or o.cut_end))
        assert not o.switch or o.end == o.start


over_midnight = st.lists(steps, max_size=30).map(
    lambda found: "\n".join(
        f"08-2{1 + (19 + m // 60) // 24} {(19 + m // 60) % 24:02d}:{m % 60:02d} {p} {'up' if u else 'down'} {i}"
        for m, u, p, i in found
    )
)


@settings(max_examples=300)
@given(over_midnight, st.sampled_from([STANDBY, ACTIVE, INFERRED]), st.randoms(use_true_random=False))
def test_a_night_may_be_folded_in_two_parts(text: str, mode: bool | None, chance: random.Random) -> None:
    """Folding on from a midnight's checkpoint gives the outages that folding everything gives."""
    logs = read_rows(night(text + "\n08-21 18:00 tokyo down IN_0")).logs
    (log,) = logs.values()
    events = chance.sample(log.tunnels, len(log.tunnels))
    whole = find_outages(events, None, mode)
    midnight = whole.checkpoints[0]
    rest = find_outages(events, midnight, mode)
    settled = [o for o in whole.outages if o.end and o.end <= midnight.at]
    # A proof just after midnight reaches back before it: there a poll folds from an earlier midnight.
    if mode is not INFERRED or {o.active_active for o in whole.outages} == {False}:
        assert sorted(settled + rest.outages) == whole.outages


def test_the_last_to_connect_held_the_tunnel() -> None:
    """Active-standby: the one that connected last falls, and traffic stops, whoever seemed to be up beside it."""
    rows = "08-20 10:00 hq up IN_0; 17:00 hq up IN_1; 17:40 hq down IN_1; 17:40:12 hq up IN_0"
    for mode in (STANDBY, INFERRED):
        assert outages(rows, mode)[-1:] == ["hq 17:40:00 IN_1>IN_0 12s"]


@given(rows_of_a_night)
def test_active_standby_never_has_two_outages_of_a_peer_at_once(text: str) -> None:
    """Active-standby: the outages of one peer never overlap."""
    for peer in ("hq", "osaka"):
        found = [o for o in _fold(text, STANDBY) if o.peer == peer and not o.switch]
        assert all(a.end is not None and a.end <= b.start for a, b in pairwise(found))


def test_no_outage_stays_open_on_an_instance_that_is_no_more() -> None:
    """Active-active: when both instances come back under new names, the old name's outage is over."""
    found = outages("10:00 hq down IN_0; 10:05 hq up IN_2; 10:06 hq up IN_3", ACTIVE)
    assert "open" not in " ".join(found)


@pytest.mark.parametrize(
    "rows",
    [
        "08-20 10:00 hq up IN_0; 17:00 hq up IN_1; 17:40 hq down IN_1; 17:40:12 hq up IN_0",
        "10:00 hq up IN_0; 17:13:00 hq up IN_1; 17:13:05 hq down IN_0; 17:40 hq up IN_0; 18:30 hq down IN_0;"
        "18:30:12 hq up IN_1",
        # the standby instance says Disconnected when it comes back to life, long after it lost the tunnel
        "10:00 hq up IN_1; 17:13 hq down IN_0; 17:14 hq down IN_1; 17:14:10 hq up IN_0",
    ],
)
def test_an_instance_that_died_silently_proves_nothing(rows: str) -> None:
    """Log silence is not "up": an active-standby gateway whose instance died silently stays active-standby."""
    found = outages(rows, INFERRED)
    assert "open" not in " ".join(found)
    assert "redundancy" not in " ".join(found)


def test_a_repeated_connected_does_not_make_a_handover_a_switch() -> None:
    """Make before break with the Connected row logged twice is still a clean handover."""
    assert outages(f"{BEFORE}; 17:13:00 hq up IN_1; 17:13:01 hq up IN_1; 17:13:05 hq down IN_0", STANDBY) == [FIRST]


def test_the_reason_may_come_after_the_reconnect() -> None:
    """The old instance repeats its Disconnected, with the reason, just after the other took over."""
    assert reasons_of("17:13:04 hq down IN_0; 17:13:16 hq up IN_1; 17:13:20 hq down IN_0 GlobalStandbyChanged") == [
        "GlobalStandbyChanged"
    ]


def test_a_peer_lost_and_found_on_both_instances_is_no_switch() -> None:
    """Only active-active holds two tunnels that can drop together: the return of the second one is no switch."""
    rows = "17:13:04 hq down IN_0; 17:13:05 hq down IN_1; 17:43:16 hq up IN_1; 17:43:20 hq up IN_0"
    assert [o for o in outages(rows, INFERRED) if "switch" in o] == []


@pytest.mark.parametrize(
    ("rows", "mode", "bounded"),
    [
        ("12:00 hq down IN_0; 15:00 hq down IN_0; 15:00:30 hq up IN_0", STANDBY, ["12:00"]),
        ("12:00 hq down IN_0; 15:00 hq down IN_1; 15:00:30 hq up IN_1", STANDBY, ["12:00"]),
        ("12:00 hq down IN_0; 12:01:59 hq down IN_0 DPD; 12:05 hq up IN_0", STANDBY, []),
        ("12:00 hq down IN_0; 12:00:05 hq down IN_1; 12:05 hq up IN_1", STANDBY, []),
        ("12:00 hq down IN_0; 12:05 hq up IN_0; 15:00 hq down IN_0; 15:01 hq up IN_0", STANDBY, []),
        ("12:00 hq down IN_0; 15:00 hq down IN_0; 15:01 hq up IN_0", True, ["12:00"]),
        ("12:00 hq down IN_0; 15:00 hq down IN_1; 15:01 hq up IN_1; 15:02 hq up IN_0", True, []),
        ("12:00 hq down IN_0; 13:00 hq down IN_1; 14:00 hq down IN_0; 14:01 hq up IN_0; 14:02 hq up IN_1", True,
         ["12:00", "13:00"]),
    ],
)  # fmt: skip
def test_a_drop_without_a_return_before_it_bounds_the_length(rows: str, mode: bool, bounded: list[str]) -> None:
    """A second Disconnected more than two minutes later shows that the row of the return is missing: "at most"."""
    (log,) = read_rows(night(f"10:00 hq up IN_0; 10:00 kobe up IN_0; {rows}")).logs.values()
    found = find_outages(log.tunnels, None, mode).outages
    assert [f"{o.start:%H:%M}" for o in found if o.at_most] == bounded


def test_a_bound_is_kept_over_midnight() -> None:
    """What shows the missing row may lie before the midnight from which a poll folds on."""
    (log,) = read_rows(
        night("10:00 hq up IN_0; 12:00 hq down IN_0; 15:00 hq down IN_0; 08-22 09:00 hq up IN_0")
    ).logs.values()
    first = find_outages([e for e in log.tunnels if e[0] < clock("20:00")], None, STANDBY)
    (found,) = find_outages(log.tunnels, first.checkpoints[-1], STANDBY).outages
    assert found.at_most
    assert find_outages(log.tunnels, None, STANDBY).outages == [found]
