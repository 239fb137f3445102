"""What is worth saying: tables of what was told, what is true now, and what follows, by name and with its reason."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from correlator.announce import Decision, Lately, Why, decide
from correlator.causes import UNEXPLAINED
from correlator.model import (
    Cause,
    Circumstances,
    Confidence,
    Drop,
    Facet,
    Finding,
    Impact,
    Incident,
    Outage,
    Policy,
    Side,
    Status,
    Told,
    Tracked,
)
from correlator.notification import Moment
from correlator.people import Remark, RemarkKind
from correlator.told import is_pending, pending_until, say
from tests.timeline import HOUR, MINUTE, POLICY, SECOND, clock

START = clock("12:00")
SURE = Finding(Cause.AZURE_FAILOVER, Confidence.CONFIRMED, "standby-reason")
LIKELY = Finding(Cause.AZURE_FAILOVER, Confidence.LIKELY, "standby-reason")
MAINTENANCE = Finding(Cause.AZURE_MAINTENANCE, Confidence.LIKELY, "maintenance-row")
SURE_MAINTENANCE = replace(MAINTENANCE, confidence=Confidence.CONFIRMED)
REMOTE = Finding(Cause.REMOTE_CLOSED, Confidence.LIKELY, "peer-closed")
CLOSED = Finding(Cause.REMOTE_CLOSED, Confidence.CONFIRMED, "peer-closed")
CHANGE = Finding(Cause.CONFIGURATION_CHANGE, Confidence.CONFIRMED, "change-before-drop")
OPEN, RECOVERED, RETRACTED = Status.OPEN, Status.RECOVERED, Status.RETRACTED


def incident(
    status: Status = RECOVERED,
    finding: Finding = LIKELY,
    drops: int = 1,
    hops: int = 1,
    flapping: bool = False,
    seconds: float = 60,
    cut: bool = True,
    acknowledged: str = "",
) -> Incident:
    """Drops of so many seconds each, every ten minutes from 12:00; the last one open if the incident is."""
    made = []
    for n in range(drops):
        start = START + n * 10 * MINUTE
        end = None if status is OPEN and n == drops - 1 else start + seconds * SECOND
        made.append(Drop(Outage(start, "hq", f"IN_{n % hops}", end, cut=cut), Circumstances(), finding))
    word = [Remark("VPN-20260821-TEST00", clock(acknowledged), "kim", RemarkKind.ACKNOWLEDGED)] if acknowledged else []
    return Incident("VPN-20260821-TEST00", "gw1", START, tuple(made), finding, status, flapping, remarks=tuple(word))


def told(
    status: Status = RECOVERED,
    cause: Cause = Cause.AZURE_FAILOVER,
    hops: int = 1,
    drops: int = 1,
    flapping: bool = False,
    number: int = 1,
    at: str = "12:10",
    lost: str = "hq stopped",
) -> Told:
    """What would have been noted of an incident of so many drops."""
    last = START + (drops - 1) * 10 * MINUTE
    down = (lost,) if status is OPEN and not flapping else ()
    until = last if status is OPEN and not flapping else last + MINUTE
    return Told(status, cause, hops, flapping, until, down, number, clock(at), drops)


NOTHING = Decision(None, Why.NOTHING_NEW)
SEEN = clock("12:05")
SETTLED = clock("12:15")
WAITS = Decision(None, Why.MAY_STILL_CHANGE, SETTLED)


def quiet(why: Why, until: str = "") -> Decision:
    return Decision(None, why, clock(until) if until else None)


def says(moment: Moment, why: Why, times: int = 0) -> Decision:
    return Decision(moment, why, None, times)


Case = tuple[Told | None, Incident, str, Decision]

OPENED: list[Case] = [
    # the last tunnel of a peer: told when ten minutes old, sure or not
    (None, incident(OPEN), "12:09:59", quiet(Why.TOO_YOUNG, "12:10")),
    (None, incident(OPEN), "12:10:00", says(Moment.OPENED, Why.DOWN_FOR_LONG)),
    (None, incident(OPEN, SURE), "12:09:59", quiet(Why.TOO_YOUNG, "12:10")),
    (None, incident(OPEN, drops=2), "12:19:59", quiet(Why.TOO_YOUNG, "12:20")),
    (None, incident(OPEN, drops=2), "12:20:00", says(Moment.OPENED, Why.DOWN_FOR_LONG)),
    # one of two: half an hour; at once if people believe that both are down, or the last one falls
    (None, incident(OPEN, cut=False), "12:29:59", quiet(Why.TOO_YOUNG, "12:30")),
    (None, incident(OPEN, cut=False), "12:30:00", says(Moment.OPENED, Why.REDUNDANCY_LOST)),
    (told(OPEN), incident(OPEN, cut=False), "12:10:01", says(Moment.OPENED, Why.REDUNDANCY_LOST)),
    (told(OPEN, lost="hq degraded"), incident(OPEN), "12:10:00", says(Moment.OPENED, Why.DOWN_FOR_LONG)),
    # it dropped again
    (told(), incident(OPEN, drops=2), "12:19:59", quiet(Why.TOO_YOUNG, "12:20")),
    (told(), incident(OPEN, drops=2), "12:20:00", says(Moment.REOPENED, Why.DOWN_FOR_LONG)),
    (told(RETRACTED), incident(OPEN), "12:10:00", says(Moment.REOPENED, Why.DOWN_FOR_LONG)),
    (told(number=0), incident(OPEN, drops=2), "12:20:00", says(Moment.OPENED, Why.DOWN_FOR_LONG)),
]

STILL_DOWN: list[Case] = [
    # half an hour, two hours, then every eight hours after the start
    (told(OPEN), incident(OPEN), "12:29:59", quiet(Why.NO_REMINDER_YET, "12:30")),
    (told(OPEN), incident(OPEN), "12:30:00", says(Moment.REMINDER, Why.STILL_DOWN)),
    (told(OPEN, at="12:30"), incident(OPEN), "13:59:59", quiet(Why.NO_REMINDER_YET, "14:00")),
    (told(OPEN, at="12:40"), incident(OPEN), "14:00:00", says(Moment.REMINDER, Why.STILL_DOWN)),
    (told(OPEN, at="14:00"), incident(OPEN), "19:59:59", quiet(Why.NO_REMINDER_YET, "20:00")),
    (told(OPEN, at="20:00"), incident(OPEN), "23:00:00", quiet(Why.NO_REMINDER_YET, "08-22 04:00")),
    (told(OPEN, at="12:10"), incident(OPEN), "23:00:00", says(Moment.REMINDER, Why.STILL_DOWN)),
    # redundancy: daily
    (told(OPEN, lost="hq degraded"), incident(OPEN, cut=False), "23:00:00", quiet(Why.NO_REMINDER_YET, "08-22 12:00")),
    (told(OPEN, lost="hq degraded"), incident(OPEN, cut=False), "08-22 12:00", says(Moment.REMINDER, Why.STILL_DOWN)),
    (
        told(OPEN, lost="hq degraded", at="08-22 12:00"),
        incident(OPEN, cut=False),
        "08-22 12:01",
        quiet(Why.NO_REMINDER_YET, "08-23 12:00"),
    ),
    # while somebody looks after it: none; a drop that began later is another matter
    (told(OPEN), incident(OPEN, acknowledged="12:20"), "23:00:00", quiet(Why.ACKNOWLEDGED)),
    (
        told(OPEN, drops=2),
        incident(OPEN, drops=2, acknowledged="12:05"),
        "12:40:00",
        says(Moment.REMINDER, Why.STILL_DOWN),
    ),
    # of what nobody was told nobody is reminded
    (told(OPEN, number=0), incident(OPEN), "23:00:00", NOTHING),
    # while it is not settled whose it is, nobody is reminded
    (told(OPEN, at="12:00"), incident(OPEN, REMOTE), "12:14:59", WAITS),
]

AZURE: list[Case] = [
    # maintenance: one calm message, at once if confirmed; the other instance's turn at most once, the rest not at all
    (None, incident(finding=SURE_MAINTENANCE), "12:05:00", says(Moment.RECOVERED, Why.ONE_MAINTENANCE)),
    (None, incident(finding=MAINTENANCE), "12:14:59", WAITS),
    (None, incident(finding=MAINTENANCE), "12:15:00", says(Moment.RECOVERED, Why.ONE_MAINTENANCE)),
    (
        told(cause=Cause.AZURE_MAINTENANCE),
        incident(finding=MAINTENANCE, drops=2, hops=2),
        "12:15:00",
        says(Moment.SECOND_INSTANCE, Why.OTHER_INSTANCE),
    ),
    (
        told(cause=Cause.AZURE_MAINTENANCE),
        incident(finding=MAINTENANCE, drops=2),
        "23:00:00",
        quiet(Why.SAME_MAINTENANCE),
    ),
    (
        told(cause=Cause.AZURE_MAINTENANCE, hops=2, drops=2),
        incident(finding=MAINTENANCE, drops=3, hops=3),
        "23:00:00",
        quiet(Why.SAME_MAINTENANCE),
    ),
    (
        told(cause=Cause.AZURE_MAINTENANCE),
        incident(finding=MAINTENANCE, drops=2, seconds=180),
        "12:15:00",
        says(Moment.RECOVERED, Why.RECOVERED),
    ),
    # an unlogged failover: calm if it is short and the only one within seven days (see below)
    (None, incident(finding=SURE), "12:05:00", says(Moment.RECOVERED, Why.ONE_FAILOVER, 1)),
    (None, incident(), "12:14:59", WAITS),
    (None, incident(), "12:15:00", says(Moment.RECOVERED, Why.ONE_FAILOVER, 1)),
    (None, incident(seconds=179), "12:15:00", says(Moment.RECOVERED, Why.ONE_FAILOVER, 1)),
    (None, incident(seconds=180), "12:15:00", says(Moment.RECOVERED, Why.RECOVERED)),
    (told(), incident(drops=2, hops=2), "12:15:00", says(Moment.SECOND_INSTANCE, Why.OTHER_INSTANCE)),
    (told(drops=2, hops=2), incident(drops=3, hops=2), "12:15:00", says(Moment.RECOVERED, Why.RECOVERED)),
    (told(drops=2, hops=2), incident(drops=1), "12:15:00", NOTHING),
]

REMOTE_SIDE: list[Case] = [
    # shorter than two minutes: for the week, unless three within a day
    (None, incident(finding=CLOSED), "23:00:00", quiet(Why.SHORT_REMOTE)),
    (None, incident(finding=CLOSED, seconds=119), "23:00:00", quiet(Why.SHORT_REMOTE)),
    (None, incident(finding=CLOSED, seconds=120), "12:05:00", says(Moment.RECOVERED, Why.RECOVERED)),
    (None, incident(finding=REMOTE, seconds=120), "12:14:59", WAITS),
    (None, incident(finding=CLOSED, drops=2), "23:00:00", quiet(Why.SHORT_REMOTE)),
    (None, incident(finding=CLOSED, drops=3), "12:25:00", says(Moment.RECOVERED, Why.REMOTE_AGAIN, 3)),
    # told as down, it is told as over, however short; and more short drops are for the week again
    (told(OPEN, Cause.REMOTE_CLOSED), incident(finding=CLOSED), "12:11:00", says(Moment.RECOVERED, Why.RECOVERED)),
    (told(cause=Cause.REMOTE_CLOSED), incident(finding=CLOSED, drops=2), "23:00:00", quiet(Why.SHORT_REMOTE)),
    (
        told(cause=Cause.REMOTE_CLOSED),
        incident(finding=CLOSED, drops=3),
        "12:25:00",
        says(Moment.RECOVERED, Why.REMOTE_AGAIN, 3),
    ),
    (
        told(cause=Cause.REMOTE_CLOSED),
        incident(finding=CLOSED, drops=2, seconds=120),
        "12:25:00",
        says(Moment.RECOVERED, Why.RECOVERED),
    ),
    # our own changes and what cannot be told: finished and settled
    (None, incident(finding=CHANGE, seconds=1), "12:05:00", says(Moment.RECOVERED, Why.RECOVERED)),
    (None, incident(finding=UNEXPLAINED, seconds=1), "12:14:59", WAITS),
    (None, incident(finding=UNEXPLAINED, seconds=1), "12:15:00", says(Moment.RECOVERED, Why.RECOVERED)),
]

VERDICT_CHANGED: list[Case] = [
    # another side is told once it settled, another cause of the same side is not
    (told(OPEN), incident(OPEN, REMOTE), "12:14:59", WAITS),
    (told(OPEN), incident(OPEN, REMOTE), "12:15:00", says(Moment.CAUSE_CHANGED, Why.SIDE_CHANGED)),
    (told(OPEN), incident(OPEN, MAINTENANCE), "12:15:00", quiet(Why.NO_REMINDER_YET, "12:30")),
    (told(), incident(finding=REMOTE), "12:14:59", WAITS),
    (told(), incident(finding=REMOTE), "12:15:00", says(Moment.CAUSE_CHANGED, Why.SIDE_CHANGED)),
    (told(), incident(finding=CLOSED), "12:05:00", says(Moment.CAUSE_CHANGED, Why.SIDE_CHANGED)),
    (told(), incident(finding=MAINTENANCE), "23:00:00", quiet(Why.SAME_SIDE)),
    (told(), incident(finding=SURE), "23:00:00", NOTHING),
    (told(), incident(finding=REMOTE, drops=2), "12:15:00", says(Moment.RECOVERED, Why.RECOVERED)),
    # passed over in silence: no correction, but a return is news
    (told(number=0), incident(finding=REMOTE), "23:00:00", NOTHING),
    (told(number=0), incident(RETRACTED), "23:00:00", quiet(Why.NEVER_TOLD)),
    (told(number=0), incident(drops=2), "12:15:00", says(Moment.RECOVERED, Why.RECOVERED)),
]

RECOVERED_AFTER: list[Case] = [
    (told(OPEN), incident(), "12:14:59", WAITS),
    (told(OPEN), incident(), "12:15:00", says(Moment.RECOVERED, Why.RECOVERED)),
    (told(OPEN), incident(finding=SURE), "12:05:00", says(Moment.RECOVERED, Why.RECOVERED)),
    (told(), incident(), "23:00:00", NOTHING),
    (told(drops=2), incident(drops=2), "23:00:00", NOTHING),
    (told(RETRACTED), incident(), "12:15:00", says(Moment.RECOVERED, Why.RECOVERED)),
]

FLAPS = told(OPEN, drops=4, flapping=True, at="12:31")
FLAPPING: list[Case] = [
    # it begins: at once, whatever was told before
    (None, incident(drops=4, flapping=True), "12:32:00", says(Moment.FLAPPING, Why.FLAPPING)),
    (None, incident(OPEN, drops=4, flapping=True), "12:32:00", says(Moment.FLAPPING, Why.FLAPPING)),
    (told(OPEN), incident(drops=4, flapping=True), "12:32:00", says(Moment.FLAPPING, Why.FLAPPING)),
    (told(), incident(drops=4, flapping=True), "12:32:00", says(Moment.FLAPPING, Why.FLAPPING)),
    (
        told(),
        incident(finding=MAINTENANCE, drops=4, flapping=True, hops=2),
        "12:32",
        says(Moment.FLAPPING, Why.FLAPPING),
    ),
    # found out after its hour of quiet it is over
    (None, incident(drops=4, flapping=True), "13:31:00", says(Moment.RECOVERED, Why.FLAPPING_ENDED)),
    # it goes on: the count, hourly, if there is more to count
    (FLAPS, incident(drops=9, flapping=True), "13:30:59", quiet(Why.COUNTED_LATER, "13:31")),
    (FLAPS, incident(drops=9, flapping=True), "13:31:00", says(Moment.FLAPPING, Why.FLAPPING_GOES_ON)),
    (FLAPS, incident(OPEN, drops=10, flapping=True), "13:31:00", says(Moment.FLAPPING, Why.FLAPPING_GOES_ON)),
    # quiet for an hour after the last end (12:31): over
    (FLAPS, incident(drops=4, flapping=True), "13:30:59", quiet(Why.STILL_FLAPPING, "13:31")),
    (FLAPS, incident(drops=4, flapping=True), "13:31:00", says(Moment.RECOVERED, Why.FLAPPING_ENDED)),
    (FLAPS, incident(drops=5, flapping=True), "13:30:59", quiet(Why.COUNTED_LATER, "13:31")),
    (FLAPS, incident(drops=5, flapping=True), "13:41:00", says(Moment.RECOVERED, Why.FLAPPING_ENDED)),
    # down for ten minutes while flapping
    (FLAPS, incident(OPEN, drops=5, flapping=True), "12:49:59", quiet(Why.TOO_YOUNG, "12:50")),
    (FLAPS, incident(OPEN, drops=5, flapping=True), "12:50:00", says(Moment.REOPENED, Why.DOWN_FOR_LONG)),
    (
        replace(told(OPEN, drops=5, at="12:50"), flapping=True),
        incident(OPEN, drops=5, flapping=True),
        "13:00:00",
        quiet(Why.NO_REMINDER_YET, "13:10"),
    ),
    (
        replace(told(OPEN, drops=5), flapping=True),
        incident(drops=5, flapping=True),
        "12:15:00",
        says(Moment.RECOVERED, Why.RECOVERED),
    ),
    # its end was told
    (told(drops=4, flapping=True), incident(drops=4, flapping=True), "23:00:00", NOTHING),
    (
        told(drops=4, flapping=True),
        incident(drops=5, flapping=True),
        "13:41:00",
        says(Moment.RECOVERED, Why.FLAPPING_ENDED),
    ),
    # late rows: no flapping after all
    (FLAPS, incident(drops=3), "12:15:00", says(Moment.RECOVERED, Why.RECOVERED)),
]

LAST_WORDS: list[Case] = [
    # it never was
    (None, incident(RETRACTED), "23:00:00", quiet(Why.NEVER_TOLD)),
    (told(OPEN), incident(RETRACTED), "12:05:00", says(Moment.RETRACTED, Why.TAKEN_BACK)),
    (told(), incident(RETRACTED), "12:05:00", says(Moment.RETRACTED, Why.TAKEN_BACK)),
    (told(RETRACTED), incident(RETRACTED), "23:00:00", NOTHING),
    # another one tells of it, or it is gone, or somebody closed it
    (None, incident(Status.ABSORBED), "23:00:00", quiet(Why.NEVER_TOLD)),
    (told(), incident(Status.ABSORBED), "23:00:00", NOTHING),
    (told(OPEN), incident(Status.ABSORBED), "12:05:00", says(Moment.ABSORBED, Why.MERGED)),
    (told(Status.ABSORBED), incident(Status.ABSORBED), "23:00:00", NOTHING),
    (told(OPEN), incident(Status.REMOVED), "12:05:00", says(Moment.REMOVED, Why.GONE)),
    (told(), incident(Status.REMOVED), "23:00:00", NOTHING),
    # one message tells of all that was open in a workspace that left
    (told(OPEN), replace(incident(Status.REMOVED), unwatched=True), "12:05:00", quiet(Why.UNWATCHED)),
]
TABLES = {
    "opened": OPENED, "still down": STILL_DOWN, "azure": AZURE, "remote side": REMOTE_SIDE,
    "verdict changed": VERDICT_CHANGED, "recovered": RECOVERED_AFTER, "flapping": FLAPPING, "last words": LAST_WORDS,
}  # fmt: skip


@pytest.mark.parametrize(
    ("before", "now_true", "at", "expected"),
    [pytest.param(*case, id=f"{name} {n}") for name, table in TABLES.items() for n, case in enumerate(table, 1)],
)
def test_what_to_say(before: Told | None, now_true: Incident, at: str, expected: Decision) -> None:
    """What was told and what is true now decide what to say and why, and when to look again."""
    assert decide(Tracked(now_true, SEEN, before), clock(at), POLICY) == expected


def test_every_reason_has_a_row() -> None:
    """Each named reason is the outcome of a row of the tables, but those that need other incidents or people."""
    shown = {case[3].why for table in TABLES.values() for case in table}
    assert set(Why) - shown == {Why.FAILOVER_AGAIN, Why.MUTED}


@pytest.mark.parametrize(
    ("finding", "lately", "expected"),
    [
        # an unlogged failover
        (LIKELY, Lately((clock("08-14 12:00"),)), says(Moment.RECOVERED, Why.FAILOVER_AGAIN, 2)),
        (LIKELY, Lately((clock("08-14 11:59"),)), says(Moment.RECOVERED, Why.ONE_FAILOVER, 1)),
        (LIKELY, Lately((clock("08-15 12:00"), clock("12:00"))), says(Moment.RECOVERED, Why.FAILOVER_AGAIN, 2)),
        (LIKELY, Lately((clock("13:00"),)), says(Moment.RECOVERED, Why.ONE_FAILOVER, 1)),
        # a short drop of the remote side: which of its peer within a day
        (REMOTE, Lately((), {"hq": (clock("08-20 12:01"), clock("09:00"))}),
         says(Moment.RECOVERED, Why.REMOTE_AGAIN, 3)),
        (REMOTE, Lately((), {"hq": (clock("08-20 12:00"), clock("09:00"))}), quiet(Why.SHORT_REMOTE)),
        (REMOTE, Lately((), {"hq": (clock("09:00"), clock("13:00"))}), quiet(Why.SHORT_REMOTE)),
        (REMOTE, Lately((), {"osaka": (clock("10:00"), clock("09:00"))}), quiet(Why.SHORT_REMOTE)),
        (REMOTE, Lately((), {"hq": (clock("09:00"), clock("12:00"))}), quiet(Why.SHORT_REMOTE)),
    ],
)  # fmt: skip
def test_what_happened_lately_counts(finding: Finding, lately: Lately, expected: Decision) -> None:
    """What is common is told once, or not at all; what becomes too common is told."""
    assert decide(Tracked(incident(finding=finding), SEEN), clock("12:15"), POLICY, lately) == expected


def test_the_oldest_open_drop_counts() -> None:
    """Of several open drops the oldest says how long it has been down; a finished one does not count."""
    first, second = incident(OPEN, drops=2).drops
    assert decide(Tracked(replace(incident(OPEN), drops=(first, second)), SEEN), START, POLICY).due == clock("12:20")
    younger = replace(second, outage=replace(second.outage, start=clock("12:18")))
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
    for before, number in ((None, 1), (replace(told(), number=7), 8)):
        after = say(Tracked(now_true, SEEN, before), moment, SETTLED)
        noted = Told(
            status, Cause.AZURE_FAILOVER, now_true.hops, now_true.flapping, clock(until), down, number, SETTLED,
            len(now_true.drops), (Facet(Side.AZURE, Impact.CONNECTION_DOWN),),
        )  # fmt: skip
        assert after.told == noted
        assert (after.incident, after.seen_at) == (now_true, SEEN)


def test_what_is_passed_over_in_silence() -> None:
    """Silence is noted like a message, but counts none."""
    after = say(Tracked(incident(), SEEN), Moment.RECOVERED, SETTLED, silently=True)
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
    assert (decision.moment is not None) == (list(Why).index(decision.why) >= list(Why).index(Why.DOWN_FOR_LONG))
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
    """Once said, the same is not said again, now or ever; the end of flapping and what stays down have more words."""
    tracked = Tracked(now_true, seen, before)
    moment = decide(tracked, now, POLICY).moment
    if moment:
        after = say(tracked, moment, now)
        assert decide(after, now, POLICY).moment is None
        again = decide(after, now + 100 * HOUR, POLICY).moment
        if moment is Moment.FLAPPING:
            assert again is (Moment.REOPENED if now_true.status is OPEN else Moment.RECOVERED)
        else:
            assert again is (Moment.REMINDER if now_true.status is OPEN else None)


def test_flapping_that_is_over_is_told_once() -> None:
    """When flapping is first told after its hour of quiet (late rows, a sleeping app), one message says both."""
    tracked, now = Tracked(incident(drops=4, flapping=True), clock("15:00")), clock("15:10")
    moment = decide(tracked, now, POLICY).moment
    assert moment
    assert decide(say(tracked, moment, now), now + 5 * MINUTE, POLICY).moment is None


def test_a_verdict_that_becomes_azures_is_no_second_instance() -> None:
    """Told as the remote side's, turned into Azure's by late rows: the news is the verdict, not the hop."""
    before = told(cause=Cause.REMOTE_CLOSED, drops=2)
    decision = decide(Tracked(incident(finding=MAINTENANCE, drops=2, hops=2), SEEN, before), SETTLED, POLICY)
    assert decision.moment is Moment.CAUSE_CHANGED
