"""The rows under a verdict, what was looked for in vain, and what would change it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from correlator.evidence import MOST, evidence, not_found, remarks, would_change
from correlator.model import Cause, Confidence, Incident, Policy
from tests.timeline import ACTIVE_ACTIVE, ACTIVE_STANDBY, GATEWAY, TUNNEL, WORKER, clock, incidents


def one(rows: str, rules: Policy = ACTIVE_STANDBY) -> Incident:
    return incidents(f"10:00 a up IN_0; 10:00 b up IN_0; {rows}", rules)[0]


def keys(found: Incident) -> list[str]:
    return [f"{e.at:%H:%M:%S} {e.key}" for e in evidence(found)]


DROP = "17:13:04 hq down IN_0; 17:13:16 hq up IN_0"
HOP = "17:13:04 hq down IN_0; 17:13:16 hq up IN_1"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (DROP, ["17:13:04 disconnected", "17:13:16 connected-same"]),
        (HOP, ["17:13:04 disconnected", "17:13:16 connected-other"]),
        ("17:13:04 hq down IN_0", ["17:13:04 disconnected"]),
        (f"17:12 maintenance IN_0; {HOP}",
         ["17:12:00 maintenance-row", "17:13:04 disconnected", "17:13:16 connected-other"]),
        (f"17:12 config; {DROP}", ["17:12:00 configuration-row", "17:13:04 disconnected", "17:13:16 connected-same"]),
        (f"17:12 primary; {DROP}",
         ["17:12:00 primary-changed-row", "17:13:04 disconnected", "17:13:16 connected-same"]),
        (f"17:12 maintenance IN_1; {DROP}",
         ["17:12:00 other-instance-row", "17:13:04 disconnected", "17:13:16 connected-same"]),
        (f"17:12 maintenance IN_1; 17:12:30 maintenance IN_0; {DROP}",
         ["17:12:30 maintenance-row", "17:13:04 disconnected", "17:13:16 connected-same"]),
        ("17:13:04 a down IN_0; 17:13:05 b down IN_0",
         ["17:13:04 all-peers-at-once", "17:13:04 disconnected", "17:13:05 disconnected"]),
    ],
)  # fmt: skip
def test_the_rows_under_a_verdict(rows: str, expected: list[str]) -> None:
    """Every row that the verdict rests on is listed once, in order of time."""
    assert keys(one(rows)) == expected


def test_a_peer_lost_on_both_instances() -> None:
    """The far end's trouble names the peer."""
    found = evidence(one("17:13:04 hq down IN_0; 17:13:05 hq down IN_1", ACTIVE_ACTIVE))
    assert [(e.key, e.peer) for e in found if e.key == "lost-on-both-instances"] == [("lost-on-both-instances", "hq")]


def test_what_a_piece_says() -> None:
    """A row of the gateway brings its message, else its operation; a row of a tunnel its peer, instance and reason."""
    row, down, up = evidence(one('17:12 upgrade IN_0; 17:13:04 hq down IN_0 "DPD timed out"; 17:13:16 hq up IN_1'))
    assert row == (clock("17:12"), GATEWAY, "maintenance-row", WORKER + "IN_0", "", "Upgrade gateway started", 0, "")
    assert down == (clock("17:13:04"), TUNNEL, "disconnected", WORKER + "IN_0", "hq", "DPD timed out", 0, "")
    assert up == (clock("17:13:16"), TUNNEL, "connected-other", WORKER + "IN_1", "hq", "", 0, "")
    assert evidence(one(f"17:12 maintenance; {HOP}"))[0].text == "HostMaintenanceEvent"


def test_how_many_fell_together() -> None:
    """All peers at once says how many."""
    (piece,) = (e for e in evidence(one("17:13 a down IN_0; 17:13 b down IN_0")) if e.key == "all-peers-at-once")
    assert piece.how_many == 2
    rows = "17:13 a down IN_0; 17:13 b down IN_0; 17:14 a up IN_1; 17:14 b up IN_1; 17:40 a down IN_1; 17:41 a up IN_0"
    assert [e.how_many for e in evidence(one(rows)) if e.key == "all-peers-at-once"] == [2]


def test_a_switch() -> None:
    """A switch is one row: the instance that took over."""
    found = incidents("09:00 hq down IN_1; 09:00:10 hq up IN_0; 17:13 hq up IN_1")[1]
    assert [(e.key, e.instance) for e in evidence(found)] == [("switched", WORKER + "IN_1")]
    assert remarks(found) == ["switch-of-unknown-length"]


def test_one_row_is_listed_once() -> None:
    """A maintenance row that explains twenty tunnels is one piece, and the list stays short enough to be read."""
    rows = "\n".join(f"17:13:{n:02d} s{n} down IN_0 StandbyChanged; 17:14:{n:02d} s{n} up IN_1" for n in range(20))
    found = evidence(one(f"17:12 maintenance\n{rows}"))
    assert len(found) <= MOST
    assert [e.key for e in found].count("maintenance-row") == 1


@pytest.mark.parametrize(
    ("rows", "missing"),
    [
        (DROP, ["no-maintenance-row", "no-configuration-row", "activity-log-not-read"]),
        (f"17:12 maintenance; {DROP}", ["no-configuration-row", "activity-log-not-read"]),
        (f"17:12 config; {DROP}", ["no-maintenance-row", "activity-log-not-read"]),
        (f"17:12 maintenance IN_1; {DROP}", ["no-maintenance-row", "no-configuration-row", "activity-log-not-read"]),
        (f"17:12 fault; {DROP}", ["no-maintenance-row", "no-configuration-row", "operations-not-read"]),
    ],
)
def test_what_was_not_found(rows: str, missing: list[str]) -> None:
    """What was looked for in vain is said, and what was not looked at as well."""
    assert not_found(one(rows)) == missing


@pytest.mark.parametrize(
    ("rows", "pending", "expected"),
    [
        (f"17:12 maintenance; {HOP}", False, ["a-reset-or-change"]),
        (HOP, False, ["a-maintenance-row", "a-reset-or-change"]),
        (HOP, True, ["late-rows", "a-maintenance-row", "a-reset-or-change"]),
        (DROP, False, ["a-maintenance-row", "a-word-from-the-peer"]),
        ("17:13 hq down IN_0", True, ["late-rows", "how-it-comes-back", "a-maintenance-row", "a-word-from-the-peer"]),
        (
            '17:13 hq down IN_0 "Policy match error"; 17:14 hq up IN_0',
            False,
            ["a-maintenance-row", "a-word-from-the-peer"],
        ),
        (
            "17:13 hq down IN_0 RemotelyTriggered; 17:14 hq up IN_0",
            False,
            ["the-peer-did-not-close", "a-maintenance-row"],
        ),
        ("17:13 hq down IN_0 TunnelRemoved", False, ["no-change-was-made", "a-maintenance-row"]),
    ],
)
def test_what_would_change_the_verdict(rows: str, pending: bool, expected: list[str]) -> None:
    """What could still overturn the verdict is said; a confirmed open one does not wait for how it comes back."""
    assert would_change(replace(one(rows), pending=pending)) == expected


@pytest.mark.parametrize("cause", Cause)
def test_no_verdict_is_beyond_change(cause: Cause) -> None:
    """Whatever the cause, something is named that would change the verdict."""
    settled = one(DROP)
    finding = replace(settled.finding, cause=cause, confidence=Confidence.CONFIRMED)
    assert would_change(replace(settled, finding=finding))


def test_remarks() -> None:
    """Flapping is worth a remark, an ordinary drop none."""
    assert remarks(one(DROP)) == []
    flaps = "\n".join(f"12:{n}0 hq down IN_0 DPD; 12:{n}1 hq up IN_0" for n in (0, 1, 3, 4))
    assert remarks(one(flaps)) == ["flapping"]


def test_the_last_word_of_a_long_episode_is_listed() -> None:
    """An episode of many rows still shows the row that is newest: how it stands now."""
    flaps = "\n".join(f"{12 + n // 6}:{n % 6}0 hq down IN_0 DPD; {12 + n // 6}:{n % 6}1 hq up IN_0" for n in range(12))
    found = one(flaps)
    assert evidence(found)[-1].at == found.ended_at
