"""What is worth saying: one table of what was told, what is true now, and what follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlator.announce import Decision, Why, decide, is_pending, pending_until, say
from correlator.causes import UNEXPLAINED
from correlator.model import (
    Cause,
    Circumstances,
    Confidence,
    Drop,
    Finding,
    Incident,
    Moment,
    Outage,
    Policy,
    Status,
    Told,
    Tracked,
)
from tests.timeline import HOUR, MINUTE, POLICY, SECOND, clock

START = clock("12:00")
SURE = Finding(Cause.AZURE_FAILOVER, Confidence.CONFIRMED, "standby-reason")
LIKELY = Finding(Cause.AZURE_FAILOVER, Confidence.LIKELY, "standby-reason")
MAINTENANCE = Finding(Cause.AZURE_MAINTENANCE, Confidence.LIKELY, "maintenance-row")
REMOTE = Finding(Cause.REMOTE_CLOSED, Confidence.LIKELY, "peer-closed")
OPEN, RECOVERED, RETRACTED = Status.OPEN, Status.RECOVERED, Status.RETRACTED


def incident(
    status: Status = RECOVERED, finding: Finding = LIKELY, drops: int = 1, hops: int = 1, flapping: bool = False
) -> Incident:
    """Drops of a minute each, every ten minutes from 12:00; the last one open if the incident is."""
    made = []
    for n in range(drops):
        start = START + n * 10 * MINUTE
        end = None if status is OPEN and n == drops - 1 else start + MINUTE
        made.append(Drop(Outage(start, "hq", f"IN_{n % hops}", end), Circumstances(), finding))
    return Incident("VPN-20260821-TEST00", "gw1", START, tuple(made), finding, status, flapping)


def told(
    status: Status = RECOVERED,
    cause: Cause = Cause.AZURE_FAILOVER,
    hops: int = 1,
    drops: int = 1,
    flapping: bool = False,
) -> Told:
    return Told(status, cause, hops, drops, flapping, 1)


NOTHING = Decision(None, Why.NOTHING_NEW)
SEEN = clock("12:05")
SETTLED = clock("12:15")


def worth(moment: Moment) -> Decision:
    return Decision(moment, Why.WORTH_SAYING)


@pytest.mark.parametrize(
    ("before", "now_true", "at", "expected"),
    [
        # never told, open: told when ten minutes old
        (None, incident(OPEN), "12:09:59", Decision(None, Why.TOO_YOUNG, clock("12:10"))),
        (None, incident(OPEN), "12:10:00", worth(Moment.OPENED)),
        (None, incident(OPEN, SURE), "12:09:59", Decision(None, Why.TOO_YOUNG, clock("12:10"))),
        (None, incident(OPEN, drops=2), "12:19:59", Decision(None, Why.TOO_YOUNG, clock("12:20"))),
        (None, incident(OPEN, drops=2), "12:20:00", worth(Moment.OPENED)),
        # never told, finished: at once if confirmed, else once it settled
        (None, incident(finding=SURE), "12:05:00", worth(Moment.RECOVERED)),
        (None, incident(), "12:14:59", Decision(None, Why.MAY_STILL_CHANGE, SETTLED)),
        (None, incident(), "12:15:00", worth(Moment.RECOVERED)),
        (None, incident(drops=4, flapping=True), "12:15:00", worth(Moment.FLAPPING)),
        (None, incident(drops=4, flapping=True), "12:14:59", Decision(None, Why.MAY_STILL_CHANGE, SETTLED)),
        # told open
        (told(OPEN), incident(OPEN), "23:00:00", NOTHING),
        (told(OPEN), incident(OPEN, drops=2), "23:00:00", NOTHING),
        (told(OPEN), incident(OPEN, MAINTENANCE), "12:14:59", Decision(None, Why.MAY_STILL_CHANGE, SETTLED)),
        (told(OPEN), incident(OPEN, MAINTENANCE), "12:15:00", worth(Moment.CAUSE_CHANGED)),
        (told(OPEN), incident(), "12:14:59", Decision(None, Why.MAY_STILL_CHANGE, SETTLED)),
        (told(OPEN), incident(), "12:15:00", worth(Moment.RECOVERED)),
        (told(OPEN), incident(finding=SURE), "12:05:00", worth(Moment.RECOVERED)),
        (told(OPEN), incident(drops=4, flapping=True), "12:15:00", worth(Moment.FLAPPING)),
        # told recovered
        (told(), incident(), "23:00:00", NOTHING),
        (told(), incident(finding=SURE), "23:00:00", NOTHING),
        (told(), incident(finding=MAINTENANCE), "12:14:59", Decision(None, Why.MAY_STILL_CHANGE, SETTLED)),
        (told(), incident(finding=MAINTENANCE), "12:15:00", worth(Moment.CAUSE_CHANGED)),
        (told(), incident(drops=2, hops=2), "12:15:00", worth(Moment.SECOND_INSTANCE)),
        (told(), incident(finding=MAINTENANCE, drops=2, hops=2), "12:15:00", worth(Moment.SECOND_INSTANCE)),
        (told(drops=2, hops=2), incident(drops=3, hops=2), "12:15:00", worth(Moment.RECOVERED)),
        (told(drops=2, hops=2), incident(drops=1), "12:15:00", NOTHING),
        (told(), incident(drops=4, flapping=True), "12:15:00", worth(Moment.FLAPPING)),
        (told(), incident(finding=MAINTENANCE, drops=4, flapping=True, hops=2), "12:15:00", worth(Moment.FLAPPING)),
        # it dropped again
        (told(), incident(OPEN, drops=2), "12:19:59", Decision(None, Why.TOO_YOUNG, clock("12:20"))),
        (told(), incident(OPEN, drops=2), "12:20:00", worth(Moment.REOPENED)),
        # flapping was told: quiet for an hour after the last end (12:31), or down for ten minutes
        (told(OPEN, drops=4, flapping=True), incident(drops=4, flapping=True), "13:30:59",
         Decision(None, Why.STILL_FLAPPING, clock("13:31"))),
        (told(OPEN, drops=4, flapping=True), incident(drops=4, flapping=True), "13:31:00", worth(Moment.RECOVERED)),
        (told(OPEN, drops=4, flapping=True), incident(drops=5, flapping=True), "13:40:59",
         Decision(None, Why.STILL_FLAPPING, clock("13:41"))),
        (told(OPEN, drops=4, flapping=True), incident(OPEN, drops=5, flapping=True), "12:49:59",
         Decision(None, Why.TOO_YOUNG, clock("12:50"))),
        (told(OPEN, drops=4, flapping=True), incident(OPEN, drops=5, flapping=True), "12:50:00",
         worth(Moment.REOPENED)),
        (told(OPEN, drops=5, flapping=True), incident(OPEN, drops=5, flapping=True), "23:00:00",
         Decision(None, Why.STILL_FLAPPING)),
        (told(RECOVERED, drops=4, flapping=True), incident(drops=4, flapping=True), "23:00:00", NOTHING),
        (told(RECOVERED, drops=4, flapping=True), incident(drops=5, flapping=True), "13:41:00",
         worth(Moment.RECOVERED)),
        # late rows: no flapping after all
        (told(OPEN, drops=4, flapping=True), incident(drops=3), "12:15:00", worth(Moment.RECOVERED)),
        # it never was
        (None, incident(RETRACTED), "23:00:00", Decision(None, Why.NEVER_TOLD)),
        (told(OPEN), incident(RETRACTED), "12:05:00", worth(Moment.RETRACTED)),
        (told(), incident(RETRACTED), "12:05:00", worth(Moment.RETRACTED)),
        (told(RETRACTED), incident(RETRACTED), "23:00:00", NOTHING),
        # and was after all
        (told(RETRACTED), incident(), "12:15:00", worth(Moment.RECOVERED)),
        (told(RETRACTED), incident(OPEN), "12:10:00", worth(Moment.REOPENED)),
        # another one tells of it, or it is gone
        (None, incident(Status.ABSORBED), "23:00:00", NOTHING),
        (told(), incident(Status.ABSORBED), "23:00:00", NOTHING),
        (told(), incident(Status.REMOVED), "23:00:00", NOTHING),
    ],
)  # fmt: skip
def test_what_to_say(before: Told | None, now_true: Incident, at: str, expected: Decision) -> None:
    """What was told and what is true now decide what to say, and when to look again."""
    assert decide(Tracked(now_true, SEEN, before), clock(at), POLICY) == expected


def test_the_oldest_open_drop_counts() -> None:
    """Of several open drops the oldest says how long it has been down; a finished one does not count."""
    first, second = incident(OPEN, drops=2).drops
    assert decide(Tracked(replace(incident(OPEN), drops=(first, second)), SEEN), START, POLICY).due == clock("12:20")
    younger = second._replace(outage=second.outage._replace(start=clock("12:18")))
    both = replace(incident(OPEN), drops=(second, younger))
    assert decide(Tracked(both, SEEN), START, POLICY).due == clock("12:20")


def test_the_waiting_times_are_the_policys() -> None:
    """Both waiting times are settings, and an impatient policy waits for nothing."""
    slow = Policy(down_after=HOUR, settle=2 * HOUR)
    assert decide(Tracked(incident(OPEN), SEEN), START, slow).due == START + HOUR
    assert decide(Tracked(incident(), SEEN), SEEN, slow).due == SEEN + 2 * HOUR
    hasty = Policy(down_after=timedelta(0), settle=timedelta(0))
    assert decide(Tracked(incident(OPEN), SEEN), START, hasty).moment is Moment.OPENED
    assert decide(Tracked(incident(), SEEN), SEEN, hasty).moment is Moment.RECOVERED


@pytest.mark.parametrize(
    ("moment", "now_true", "noted"),
    [
        (Moment.OPENED, incident(OPEN), (OPEN, 1, 1, False)),
        (Moment.RECOVERED, incident(drops=2, hops=2), (RECOVERED, 2, 2, False)),
        (Moment.RETRACTED, incident(RETRACTED), (RETRACTED, 1, 1, False)),
        (Moment.FLAPPING, incident(drops=4, flapping=True), (OPEN, 1, 4, True)),
        (Moment.RECOVERED, incident(drops=4, flapping=True), (RECOVERED, 1, 4, True)),
    ],
)
def test_what_is_noted_as_told(moment: Moment, now_true: Incident, noted: tuple[Status, int, int, bool]) -> None:
    """What was said is remembered as it was said; the first word on flapping leaves the episode open."""
    for before, number in ((None, 1), (told()._replace(number=7), 8)):
        after = say(Tracked(now_true, SEEN, before), moment)
        assert after.told == Told(noted[0], Cause.AZURE_FAILOVER, *noted[1:], number)
        assert (after.incident, after.seen_at) == (now_true, SEEN)


@pytest.mark.parametrize(
    ("now_true", "at", "pending"),
    [
        (incident(finding=SURE), "12:05", False),
        (incident(OPEN, SURE), "12:05", False),
        (incident(), "12:14:59", True),
        (incident(), "12:15", False),
        (incident(OPEN), "12:14:59", True),
        (incident(OPEN), "12:15", False),
        (incident(OPEN, UNEXPLAINED), "23:00", True),  # how it comes back will tell
        (incident(finding=UNEXPLAINED), "12:14:59", True),
        (incident(finding=UNEXPLAINED), "12:15", False),
        (incident(RETRACTED), "12:05", False),
        (incident(RETRACTED, UNEXPLAINED), "12:05", False),
    ],
)
def test_pending(now_true: Incident, at: str, pending: bool) -> None:
    """A cause is pending while late rows, or the way an open outage ends, may still change it."""
    assert is_pending(now_true, SEEN, clock(at), POLICY) is pending


@pytest.mark.parametrize(
    ("now_true", "until"),
    [
        (replace(incident(), pending=True), SETTLED),
        (replace(incident(OPEN), pending=True), SETTLED),
        (replace(incident(OPEN, UNEXPLAINED), pending=True), None),
        (incident(), None),
    ],
)
def test_when_pending_falls(now_true: Incident, until: datetime | None) -> None:
    """The mark falls by itself after the settling time, unless only the end of the outage can tell."""
    assert pending_until(Tracked(now_true, SEEN), POLICY) == until


any_incident = st.builds(
    incident,
    st.sampled_from([OPEN, RECOVERED, RETRACTED, Status.ABSORBED]),
    st.sampled_from([SURE, LIKELY, MAINTENANCE, REMOTE, UNEXPLAINED]),
    st.integers(1, 6),
    st.integers(1, 2),
    st.booleans(),
)
any_told = st.none() | st.builds(
    Told, st.sampled_from([OPEN, RECOVERED, RETRACTED]), st.sampled_from([Cause.AZURE_FAILOVER, Cause.REMOTE_CLOSED]),
    st.integers(1, 2), st.integers(1, 6), st.booleans(), st.integers(1, 9),
)  # fmt: skip
times = st.integers(0, 300).map(lambda n: START + n * MINUTE)


@given(any_incident, any_told, times, times)
def test_nothing_is_due_in_the_past(now_true: Incident, before: Told | None, seen: datetime, now: datetime) -> None:
    """Either it is said now, or the time to look again lies ahead."""
    decision = decide(Tracked(now_true, seen, before), now, POLICY)
    assert (decision.moment is not None) == (decision.why is Why.WORTH_SAYING)
    assert decision.due is None or (decision.moment is None and decision.due > now)


@given(any_incident, any_told, times, times)
def test_when_due_the_answer_changes(now_true: Incident, before: Told | None, seen: datetime, now: datetime) -> None:
    """A due time is exact: a second earlier nothing is said, at that time it is."""
    tracked = Tracked(now_true, seen, before)
    due = decide(tracked, now, POLICY).due
    if due:
        assert decide(tracked, max(now, due - SECOND), POLICY).moment is None
        assert decide(tracked, due, POLICY).moment is not None


@given(any_incident, any_told, times, times)
def test_nothing_is_said_twice(now_true: Incident, before: Told | None, seen: datetime, now: datetime) -> None:
    """Once said, the same is not said again, now or ever; only the end of flapping has a word of its own."""
    tracked = Tracked(now_true, seen, before)
    moment = decide(tracked, now, POLICY).moment
    if moment:
        after = say(tracked, moment)
        assert decide(after, now, POLICY).moment is (_the_end(now_true, now) if moment is Moment.FLAPPING else None)
        again = decide(after, now + 100 * HOUR, POLICY).moment
        assert again is (Moment.RECOVERED if moment is Moment.FLAPPING else None)


def _the_end(now_true: Incident, now: datetime) -> Moment | None:
    return Moment.RECOVERED if now_true.ended_at and now >= now_true.ended_at + HOUR else None


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="two messages in two polls for an episode that is over")
def test_flapping_that_is_over_is_told_once() -> None:
    """When flapping is first told after its hour of quiet (late rows, a sleeping app), one message says both."""
    tracked, now = Tracked(incident(drops=4, flapping=True), clock("15:00")), clock("15:10")
    moment = decide(tracked, now, POLICY).moment
    assert moment
    assert decide(say(tracked, moment), now + 5 * MINUTE, POLICY).moment is None


@pytest.mark.xfail(
    strict=True,
    raises=AssertionError,
    reason="hops are compared before the cause, and hops of a non-Azure verdict are one",
)
def test_a_verdict_that_becomes_azures_is_no_second_instance() -> None:
    """Told as the remote side's, turned into Azure's by late rows: the news is the verdict, not the hop."""
    before = told(cause=Cause.REMOTE_CLOSED, drops=2)
    decision = decide(Tracked(incident(finding=MAINTENANCE, drops=2, hops=2), SEEN, before), SETTLED, POLICY)
    assert decision.moment is Moment.CAUSE_CHANGED
