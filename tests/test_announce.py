"""What is worth saying: one table of what was told, what is true now, and what follows."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

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
    number: int = 1,
) -> Told:
    """What would have been noted of an incident of so many drops."""
    last = START + (drops - 1) * 10 * MINUTE
    down = ("hq stopped",) if status is OPEN and not flapping else ()
    return Told(status, cause, hops, flapping, last if status is OPEN and not flapping else last + MINUTE, down, number)


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
        (None, incident(drops=4, flapping=True), "12:05:00", worth(Moment.FLAPPING)),
        (None, incident(OPEN, drops=4, flapping=True), "12:05:00", worth(Moment.FLAPPING)),
        # told open
        (told(OPEN), incident(OPEN), "23:00:00", NOTHING),
        (told(OPEN), incident(OPEN, drops=2), "23:00:00", NOTHING),
        (told(OPEN), incident(OPEN, MAINTENANCE), "12:14:59", Decision(None, Why.MAY_STILL_CHANGE, SETTLED)),
        (told(OPEN), incident(OPEN, MAINTENANCE), "12:15:00", worth(Moment.CAUSE_CHANGED)),
        (told(OPEN), incident(), "12:14:59", Decision(None, Why.MAY_STILL_CHANGE, SETTLED)),
        (told(OPEN), incident(), "12:15:00", worth(Moment.RECOVERED)),
        (told(OPEN), incident(finding=SURE), "12:05:00", worth(Moment.RECOVERED)),
        (told(OPEN), incident(drops=4, flapping=True), "12:05:00", worth(Moment.FLAPPING)),
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
        # down for long while flapping, told as such: nothing new, and its end needs no hour of quiet
        (told(OPEN, drops=5)._replace(flapping=True), incident(OPEN, drops=5, flapping=True), "23:00:00", NOTHING),
        (told(OPEN, drops=5)._replace(flapping=True), incident(drops=5, flapping=True), "12:15:00",
         worth(Moment.RECOVERED)),
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
        (None, incident(Status.ABSORBED), "23:00:00", Decision(None, Why.NEVER_TOLD)),
        (told(), incident(Status.ABSORBED), "23:00:00", NOTHING),
        (told(OPEN), incident(Status.ABSORBED), "12:05:00", worth(Moment.ABSORBED)),
        (told(Status.ABSORBED), incident(Status.ABSORBED), "23:00:00", NOTHING),
        # passed over in silence: no correction, but a return is news
        (told(number=0), incident(finding=MAINTENANCE), "23:00:00", NOTHING),
        (told(number=0), incident(RETRACTED), "23:00:00", Decision(None, Why.NEVER_TOLD)),
        (told(number=0), incident(drops=2), "12:15:00", worth(Moment.RECOVERED)),
        (told(number=0), incident(OPEN, drops=2), "12:20:00", worth(Moment.OPENED)),
        # rows that complete what was told are no news
        (told(drops=2), incident(drops=2), "23:00:00", NOTHING),
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
    ("moment", "now_true", "status", "until", "down"),
    [
        (Moment.OPENED, incident(OPEN), OPEN, "12:00", ("hq stopped",)),
        (Moment.RECOVERED, incident(drops=2, hops=2), RECOVERED, "12:11", ()),
        (Moment.RETRACTED, incident(RETRACTED), RETRACTED, "12:01", ()),
        (Moment.FLAPPING, incident(drops=4, flapping=True), OPEN, "12:31", ()),
        (Moment.FLAPPING, incident(OPEN, drops=4, flapping=True), OPEN, "12:30", ()),
        (Moment.RECOVERED, incident(drops=4, flapping=True), RECOVERED, "12:31", ()),
    ],
)
def test_what_is_noted_as_told(
    moment: Moment, now_true: Incident, status: Status, until: str, down: tuple[str, ...]
) -> None:
    """What was said is remembered as it was said; the first word on flapping leaves the episode open."""
    for before, number in ((None, 1), (told()._replace(number=7), 8)):
        after = say(Tracked(now_true, SEEN, before), moment)
        noted = Told(status, Cause.AZURE_FAILOVER, now_true.hops, now_true.flapping, clock(until), down, number)
        assert after.told == noted
        assert (after.incident, after.seen_at) == (now_true, SEEN)


def test_what_is_passed_over_in_silence() -> None:
    """Silence is noted like a message, but counts none."""
    after = say(Tracked(incident(), SEEN), Moment.RECOVERED, silently=True)
    assert after.told
    assert (after.told.number, after.told.status) == (0, RECOVERED)


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
    told, st.sampled_from([OPEN, RECOVERED, RETRACTED]), st.sampled_from([Cause.AZURE_FAILOVER, Cause.REMOTE_CLOSED]),
    st.integers(1, 2), st.integers(1, 6), st.booleans(), st.integers(0, 9),
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
        assert decide(after, now, POLICY).moment is None
        again = decide(after, now + 100 * HOUR, POLICY).moment
        sequel = Moment.OPENED if now_true.status is OPEN else Moment.RECOVERED
        assert again in ((Moment.REOPENED, sequel) if moment is Moment.FLAPPING else (None,))


def test_flapping_that_is_over_is_told_once() -> None:
    """When flapping is first told after its hour of quiet (late rows, a sleeping app), one message says both."""
    tracked, now = Tracked(incident(drops=4, flapping=True), clock("15:00")), clock("15:10")
    moment = decide(tracked, now, POLICY).moment
    assert moment
    assert decide(say(tracked, moment), now + 5 * MINUTE, POLICY).moment is None


def test_a_verdict_that_becomes_azures_is_no_second_instance() -> None:
    """Told as the remote side's, turned into Azure's by late rows: the news is the verdict, not the hop."""
    before = told(cause=Cause.REMOTE_CLOSED, drops=2)
    decision = decide(Tracked(incident(finding=MAINTENANCE, drops=2, hops=2), SEEN, before), SETTLED, POLICY)
    assert decision.moment is Moment.CAUSE_CHANGED
