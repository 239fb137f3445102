"""Times without a good poll: found, kept, told once, and summed up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlator.channels.events import event_id
from correlator.delivery import Report
from correlator.errors import SourceUnavailable
from correlator.gaps import KEPT_FOR, TELL_AFTER, blind_seconds, gap_before, tell_after, with_gap
from correlator.model import Policy
from correlator.notification import Blind, Moment, PollingGap
from correlator.ports import Head
from correlator.reports import WATCH_PARTITION, confess, give_up
from correlator.schedule import longest_pause
from correlator.stores.tables import MESSAGES
from tests.fakes import Fuse, Killed, killed_at
from tests.test_poll import MAINTENANCE, MINUTE, UP, WS, Night, closed, when

NOON = when("12:00:00")
HOUR = timedelta(hours=1)


def test_half_an_hour_is_no_gap_and_more_is() -> None:
    """By default a pause of thirty minutes, which an upgrade takes, is told to nobody; a longer one is."""
    after = Policy().blind_after
    half = timedelta(minutes=30)
    assert gap_before(NOON, NOON + half, after) is None
    assert gap_before(NOON, NOON + half + timedelta(seconds=1), after) is not None


def gap(begin: float, end: float) -> PollingGap:
    """Hours from noon."""
    return PollingGap(NOON + begin * HOUR, NOON + end * HOUR)


def tell(night: Night, reports: Sequence[Report] = ()) -> bool:
    """What the app does after its polls: whether all is told."""
    gaps = {r.partition: r.gaps for r in reports}
    return confess(gaps, [WS], night.store, night.chats, night.log.now).done


def told(night: Night) -> list[Blind]:
    return [n.blind for n in night.chats["teams"].said if n.blind]


# Found


@pytest.mark.parametrize(("minutes", "found"), [(5, False), (30, False), (31, True), (7 * 24 * 60, True)])
def test_a_pause_of_half_an_hour_is_no_gap(minutes: int, found: bool) -> None:
    """New code or a restart pauses the app for minutes; more than half an hour without a good poll is a gap."""
    night = Night(UP)
    before = night.log.now
    night.log.now += minutes * MINUTE
    report = night.poll()
    assert report.gaps == ((PollingGap(before, night.log.now),) if found else ())
    assert report.blind_seconds == (minutes * 60 if found else 0)
    assert night.store.read(WS).head.gaps == report.gaps


def test_failed_polls_are_no_polls() -> None:
    """What counts is when the logs were last read, however often that was tried in between."""
    night = Night(UP)
    before = night.log.now
    night.log.failing = True
    for _ in range(12):
        night.log.now += 5 * MINUTE
        with pytest.raises(SourceUnavailable):
            night.poll()
    night.log.failing = False
    assert night.poll().gaps == (PollingGap(before, night.log.now),)


def test_the_first_poll_ends_no_gap() -> None:
    """Before anybody watched there is nothing to confess."""
    night = Night(UP)
    assert night.store.read(WS).head.gaps == ()
    assert tell(night)
    assert told(night) == []


@pytest.mark.parametrize(
    ("schedule", "longest"),
    [
        ("0 */5 * * * *", TELL_AFTER), ("0 */10 * * * *", TELL_AFTER), ("0 */15 * * * *", 45 * MINUTE),
        ("30 0 * * * *", 3 * HOUR), ("0 0,40 * * * *", 2 * HOUR),
        ("0 0 6-18 * * *", 36 * HOUR), ("0 */5 * * * MON-FRI", timedelta(days=3 * 365)),
    ],
)  # fmt: skip
def test_a_slow_schedule_has_longer_pauses(schedule: str, longest: timedelta) -> None:
    """Three polls must be missing; the nights of a schedule that rests at night are none."""
    assert tell_after(longest_pause(schedule)) == longest


def test_gaps_are_kept_for_fourteen_weeks() -> None:
    """Nothing looks back further, and a head stays small."""
    old, young = gap(-2, 0), gap(5, 6)
    assert with_gap([old, young], None, NOON + KEPT_FOR) == (young,)
    assert with_gap([young], gap(8, 9), NOON + 9 * HOUR) == (young, gap(8, 9))


# Told


def test_a_gap_is_told_once_with_what_began_in_it() -> None:
    """The first good run says from when to when nothing was read, and how many incidents began meanwhile."""
    night = Night([*UP, *closed("16:50:00"), *closed("17:19:00", gateway=2), *closed("20:30:00", gateway=3)])
    night.until("17:00:00")
    night.log.now = when("20:00:00")
    assert tell(night, [night.poll()])
    for _ in range(12):
        night.log.now += 5 * MINUTE
        assert tell(night, [night.poll()])
    assert told(night) == [Blind((PollingGap(when("17:00:00"), when("20:00:00")),), 1)]


def test_a_gap_of_two_workspaces_is_one_message() -> None:
    """All workspaces are told of in one message; each keeps its own gaps."""
    night = Night(UP)
    kept = {"a": (gap(0, 3),), "b": (gap(1, 3.001),)}
    confess(kept, ["a", "b"], night.store, night.chats, NOON + 4 * HOUR)
    confess(kept, ["a", "b"], night.store, night.chats, NOON + 5 * HOUR)
    assert told(night) == [Blind((gap(0, 3), gap(1, 3.001)), 0)]


def test_a_workspace_that_comes_back_later_is_told_later() -> None:
    """What one workspace confessed does not hide the gap of another that was still failing then."""
    night = Night(UP)
    confess({"a": (gap(0, 3),), "b": ()}, ["a", "b"], night.store, night.chats, NOON + 3 * HOUR)
    confess({"a": (gap(0, 3),), "b": (gap(0, 4),)}, ["a", "b"], night.store, night.chats, NOON + 4 * HOUR)
    assert [b.gaps for b in told(night)] == [(gap(0, 3),), (gap(0, 4),)]


def test_a_gap_that_comes_to_notice_late_is_told_all_the_same() -> None:
    """One that ended before another that was told already, as where workspaces are noted one by one; each once."""
    night = Night(UP)
    for gaps in ({"a": (gap(0, 3),), "b": ()}, {"a": (gap(0, 3),), "b": (gap(0, 2),)}):
        for _ in range(2):
            confess(gaps, ["a", "b"], night.store, night.chats, NOON + 4 * HOUR)
    assert [b.gaps for b in told(night)] == [(gap(0, 3),), (gap(0, 2),)]


def test_what_an_older_version_told_is_not_told_again() -> None:
    """It kept one time for all workspaces."""
    night = Night(UP)
    night.store.commit(WATCH_PARTITION, None, Head(mark=NOON + 3 * HOUR), [], [])
    gaps = {"a": (gap(0, 3),), "b": (gap(0, 2), gap(4, 5))}
    confess(gaps, ["a", "b"], night.store, night.chats, NOON + 5 * HOUR)
    assert [b.gaps for b in told(night)] == [(gap(4, 5),)]


def test_a_gap_that_is_still_kept_is_not_told_again() -> None:
    """A workspace that fails for ever keeps its old gap: news of others, months later, do not bring it back."""
    night = Night(UP)
    kept = {"a": (gap(0, 3),), "b": ()}
    for weeks in (0, 20, 40):
        now = NOON + timedelta(weeks=weeks)
        kept["b"] = (PollingGap(now, now + HOUR),)
        for hours in (4, 5):
            confess(kept, ["a", "b"], night.store, night.chats, now + hours * HOUR)
    assert [gap(0, 3) in b.gaps for b in told(night)] == [True, False, False]


def test_a_workspace_that_was_away_is_not_told_of_again() -> None:
    """What is remembered of a workspace outlasts its being polled: found again, it still keeps what was told."""
    night = Night(UP)
    kept = {"a": (gap(0, 3),), "b": (gap(5, 6),)}
    confess(kept, ["a"], night.store, night.chats, NOON + 3 * HOUR)
    confess(kept, ["b"], night.store, night.chats, NOON + 6 * HOUR)
    confess(kept, ["a", "b"], night.store, night.chats, NOON + 7 * HOUR)
    assert [b.gaps for b in told(night)] == [(gap(0, 3),), (gap(5, 6),)]


def test_what_is_remembered_of_gaps_ends() -> None:
    """After fourteen weeks a gap is neither kept nor told, so nothing is remembered of it, nor of who had it."""
    night = Night(UP)
    confess({"a": (gap(0, 3),)}, ["a"], night.store, night.chats, NOON + 3 * HOUR)
    later = NOON + 3 * HOUR + KEPT_FOR
    confess({"b": (PollingGap(later, later + HOUR),)}, ["b"], night.store, night.chats, later + HOUR)
    assert night.store.read(WATCH_PARTITION).head.noted.keys() == {"b"}
    confess({"a": (gap(0, 3),)}, ["a"], night.store, night.chats, later + HOUR)
    assert len(told(night)) == 2


def test_no_death_hides_a_gap() -> None:
    """Killed at any call of the poll or of the telling, the next process tells it; it repeats only after a send."""
    tried = 0
    for fatal in range(1, 60):
        night = Night(UP + MAINTENANCE)
        night.until("17:00:00")
        night.log.now = when("20:00:00")
        whole, night.store._tables = night.store._tables, Fuse(night.store._tables, killed_at(fatal))
        try:
            assert tell(night, [night.poll()])
        except Killed:
            tried += 1
        night.store._tables = whole
        for _ in range(3):  # the lease of a claim ends
            night.log.now += 5 * MINUTE
            night.poll()
            tell(night)
        (found,) = {b.gaps for b in told(night)}
        # A poll that died before its commit was no good one.
        assert found in [(PollingGap(when("17:00:00"), when(until)),) for until in ("20:00:00", "20:05:00")]
        assert len(told(night)) <= 2
    assert tried > 10


def test_a_gap_that_nobody_takes_waits() -> None:
    """A channel that fails is told later: the telling is committed like any notice."""
    night = Night(UP)
    night.log.now += 2 * HOUR
    night.chats["teams"].outcome = lambda: "timeout"
    assert not tell(night, [night.poll()])
    night.chats["teams"].outcome = lambda: "ok"
    night.log.now += HOUR
    assert tell(night)
    assert len(told(night)) == 1
    assert [h.notice for h in night.store.read(WATCH_PARTITION).outbox] == []
    assert night.chats["teams"].said[-1].moment is Moment.BLIND


def test_two_gaps_told_in_one_second() -> None:
    """Runs of a fleet may tell of a gap each in one second of the clock: each is on record, and an event."""
    night = Night(UP)
    now = NOON + 4 * HOUR
    for kept in ({"a": (gap(0, 3),), "b": ()}, {"a": (gap(0, 3),), "b": (gap(1, 3.5),)}, {"a": (), "c": (gap(0, 3),)}):
        assert confess(kept, [*kept], night.store, night.chats, now).done
    give_up(["d"], night.store, night.chats, now)
    give_up(["e"], night.store, night.chats, now)
    said = night.chats["teams"].said
    assert [len(b.gaps) for b in told(night)] == [1, 1, 1]
    assert len(said) == 5
    rows = night.tables.query(MESSAGES, "2026-W34", "0", "~")[0]
    assert Counter(e.properties["Moment"] for e in rows) == {"blind": 3, "mending": 2}
    # Of two workspaces that were not watched for the same time a receiver of events knows all from one of them.
    assert len({event_id(n) for n in said}) == 4


# Summed up


def test_a_week_counts_its_own_blind_seconds() -> None:
    """Gaps are cut at the ends of the time asked for, and overlapping ones of two workspaces count once."""
    gaps = [gap(-1, 1), gap(0.5, 2), gap(3, 4), gap(9, 12)]
    assert blind_seconds(gaps, NOON, NOON + 10 * HOUR) == 4 * 3600
    assert blind_seconds([], NOON, NOON + HOUR) == 0
    assert blind_seconds([gap(2, 3)], NOON, NOON + HOUR) == 0


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=8), st.integers(0, 30), st.integers(0, 30))
def test_blind_seconds_are_a_union(pairs: list[tuple[int, int]], a: int, b: int) -> None:
    """Counting hour by hour whether any gap covers it gives the same."""
    gaps = [gap(min(p), max(p)) for p in pairs]
    start, end = min(a, b), max(a, b)
    hours = [h for h in range(start, end) if any(g.since <= NOON + h * HOUR < g.until for g in gaps)]
    assert blind_seconds(gaps, NOON + start * HOUR, NOON + end * HOUR) == len(hours) * 3600
