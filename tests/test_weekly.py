"""Which week is due when, in the customer's zone, and what is summed up in it."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from correlator.incident_json import incident_object
from correlator.model import Cause, Status
from correlator.notification import Moment, Notification
from correlator.reports import compile_report
from correlator.stores.codec import pack
from correlator.summary import Week, WeekLine, WeeklyTime
from correlator.summary_json import summary_object
from correlator.weekly import WEEK, cut, label_of, week_bounds, week_due
from correlator.wording import Style, weeks
from tests.timeline import HOUR, POLICY, incidents

MONDAY_NINE = WeeklyTime(0, 9, 0)
SUNDAY_NIGHT = WeeklyTime(6, 23, 30)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "due", "label"),
    [
        # Monday 09:00 local, winter and summer
        ("UTC", "2026-08-24 09:00", "2026-W34"),
        ("Europe/Berlin", "2026-08-24 07:00", "2026-W34"),
        ("Europe/Berlin", "2026-11-23 08:00", "2026-W47"),
        ("America/New_York", "2026-08-24 13:00", "2026-W34"),
        ("America/New_York", "2026-11-23 14:00", "2026-W47"),
        ("Asia/Tokyo", "2026-08-24 00:00", "2026-W34"),
        ("Pacific/Apia", "2026-08-23 20:00", "2026-W34"),
        ("Africa/Cairo", "2026-08-24 06:00", "2026-W34"),
        ("Africa/Cairo", "2026-11-23 07:00", "2026-W47"),
        # the Monday after the clocks changed
        ("Europe/Berlin", "2026-03-30 07:00", "2026-W13"),
        ("Europe/Berlin", "2026-10-26 08:00", "2026-W43"),
        ("America/New_York", "2026-03-09 13:00", "2026-W10"),
        ("America/New_York", "2026-11-02 14:00", "2026-W44"),
        ("Africa/Cairo", "2026-04-27 06:00", "2026-W17"),
        ("Africa/Cairo", "2026-11-02 07:00", "2026-W44"),
        # year ends
        ("UTC", "2027-01-04 09:00", "2026-W53"),
        ("UTC", "2027-01-11 09:00", "2027-W01"),
        ("UTC", "2025-01-06 09:00", "2025-W01"),
        ("UTC", "2024-12-30 09:00", "2024-W52"),
    ],
)
def test_due_to_the_second(zone: str, due: str, label: str) -> None:
    """A week is due on the customer's clock: not a second earlier, whatever daylight saving does."""
    before = label_of(date.fromisocalendar(int(label[:4]), int(label[-2:]), 1) - WEEK)
    local = ZoneInfo(zone)
    assert week_due(utc(due) - timedelta(seconds=1), MONDAY_NINE, local, before) is None
    assert week_due(utc(due), MONDAY_NINE, local, before) == label
    assert week_due(utc(due), MONDAY_NINE, local, label) is None


@pytest.mark.parametrize(
    ("now", "label"),
    [
        ("2026-08-23 23:29", "2026-W32"),  # until Sunday 23:30 the week before last is the newest that is due
        ("2026-08-23 23:30", "2026-W33"),
        ("2026-08-24 00:00", "2026-W33"),
        ("2026-08-30 23:30", "2026-W34"),
    ],
)
def test_a_late_day_of_the_week(now: str, label: str) -> None:
    """Due on Sunday means the Sunday after the week that is told."""
    assert week_due(utc(now), SUNDAY_NIGHT, ZoneInfo("UTC"), "") == label


@pytest.mark.parametrize(
    ("told", "label"),
    [("", "2026-W34"), ("2026-W30", "2026-W34"), ("2026-W34", None), ("2026-W35", None), ("2025-W52", "2026-W34")],
)
def test_missed_weeks_are_made_up_for_by_the_newest(told: str, label: str | None) -> None:
    """After a sleep the newest week is told, and only that; a week that was told is never told again."""
    assert week_due(utc("2026-08-27 12:00"), MONDAY_NINE, ZoneInfo("UTC"), told) == label


SOME_ZONES = ["Europe/Berlin", "America/New_York", "Asia/Tokyo", "Pacific/Apia", "Africa/Cairo", "America/Havana",
              "Asia/Beirut", "Australia/Lord_Howe", "America/Scoresbysund", "Pacific/Kiritimati", "Asia/Kathmandu",
              "Africa/Casablanca"]  # fmt: skip


def walk(zone: ZoneInfo, at: WeeklyTime, start: datetime, hours: int) -> list[str]:
    """What an hourly run tells."""
    told = week_due(start, at, zone, "") or ""
    labels = []
    for n in range(1, hours + 1):
        label = week_due(start + n * HOUR, at, zone, told)
        if label:
            labels.append(label)
            told = label
    return labels


@pytest.mark.parametrize("name", SOME_ZONES)
def test_hour_by_hour_each_week_is_told_once(name: str) -> None:
    """Two years of hourly runs tell each of 104 weeks exactly once and in order, over every change of the clocks."""
    labels = walk(ZoneInfo(name), WeeklyTime(6, 2, 30), utc("2026-01-01"), 104 * 7 * 24)
    assert len(labels) == len(set(labels)) == 104
    assert labels == sorted(labels)


@example("America/Nuuk", 5, 23, 30, 0)
@given(
    st.sampled_from(sorted(zoneinfo.available_timezones())),
    st.integers(0, 6), st.integers(0, 23), st.sampled_from([0, 30, 59]), st.integers(0, 520),
)  # fmt: skip
def test_every_zone_tells_every_week(name: str, weekday: int, hour: int, minute: int, week: int) -> None:
    """In any zone, at any setting, five weeks of hourly runs tell five weeks, each once."""
    labels = walk(ZoneInfo(name), WeeklyTime(weekday, hour, minute), utc("2026-01-01") + week * WEEK, 5 * 7 * 24)
    assert labels == sorted(set(labels))
    # One more or less: an hourly run sees a due time up to an hour late, and daylight saving moves it by one.
    assert len(labels) in (4, 5, 6)
    mondays = [date.fromisocalendar(int(x[:4]), int(x[-2:]), 1) for x in labels]
    assert all(b - a == WEEK for a, b in pairwise(mondays))


@pytest.mark.parametrize(
    ("day", "label"),
    [
        (date(2026, 8, 21), "2026-W34"),
        (date(2026, 1, 1), "2026-W01"),
        (date(2027, 1, 3), "2026-W53"),
        (date(2027, 1, 4), "2027-W01"),
        (date(2024, 12, 30), "2025-W01"),
        (date(2021, 1, 3), "2020-W53"),
    ],
)
def test_the_label_of_a_day(day: date, label: str) -> None:
    """Weeks are ISO weeks: they begin on Monday, and the year is the one that holds the Thursday."""
    assert label_of(day) == label


@pytest.mark.parametrize(
    ("zone", "label", "start", "end"),
    [
        ("UTC", "2026-W34", "2026-08-17 00:00", "2026-08-24 00:00"),
        ("Asia/Tokyo", "2026-W34", "2026-08-16 15:00", "2026-08-23 15:00"),
        ("America/New_York", "2026-W34", "2026-08-17 04:00", "2026-08-24 04:00"),
        ("Europe/Berlin", "2026-W13", "2026-03-22 23:00", "2026-03-29 22:00"),  # 167 hours
        ("Europe/Berlin", "2026-W43", "2026-10-18 22:00", "2026-10-25 23:00"),  # 169 hours
        ("UTC", "2026-W53", "2026-12-28 00:00", "2027-01-04 00:00"),
    ],
)
def test_the_bounds_of_a_week(zone: str, label: str, start: str, end: str) -> None:
    """A week runs from Monday 00:00 to Monday 00:00 of the zone, and has 167 or 169 hours when the clocks change."""
    assert week_bounds(label, ZoneInfo(zone)) == (utc(start), utc(end))


@pytest.mark.parametrize("label", ["", "2026", "2026-W54", "2025-W53", "2026-W00", "week", "2026-W1-W2"])
def test_a_text_that_is_no_week(label: str) -> None:
    """What is no week is a ValueError."""
    with pytest.raises(ValueError):
        week_bounds(label, ZoneInfo("UTC"))


def weeks_read(label: str, zone: tzinfo) -> list[str]:
    """The UTC weeks, which are partitions of the table, that a report asks for."""
    read: list[str] = []

    def nothing(weeks: list[str]) -> list[dict[str, Any]]:
        read.extend(weeks)
        return []

    compile_report(label, week_bounds(label, zone), zone, nothing)
    return read


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize(
    ("label", "weeks"),
    [
        ("2026-W34", ["2026-W33", "2026-W34", "2026-W35"]),
        ("2027-W01", ["2026-W53", "2027-W01", "2027-W02"]),
        ("2026-W53", ["2026-W52", "2026-W53", "2027-W01"]),
    ],
)
def test_the_partitions_of_a_week(zone: str, label: str, weeks: list[str]) -> None:
    """A start may have moved by two days since its row was named: the neighbouring weeks are read, and none later."""
    read = weeks_read(label, ZoneInfo(zone))
    assert set(weeks) <= set(read)
    assert max(read) == weeks[-1]


@given(
    st.sampled_from(sorted(zoneinfo.available_timezones())),
    st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC)),
)
def test_every_moment_is_in_one_week(name: str, moment: datetime) -> None:
    """Any moment lies in the local week that its local date names, and a report of that reads its UTC week."""
    zone = ZoneInfo(name)
    label = label_of(moment.astimezone(zone).date())
    start, end = week_bounds(label, zone)
    assert start <= moment < end
    assert label_of(moment.date()) in weeks_read(label, zone)


NIGHT = """
    08-16 23:30 hq down IN_0 RemotelyTriggered; 08-16 23:31 hq up IN_0
    08-17 00:00 hq down IN_0 StandbyChanged;    08-17 00:00:12 hq up IN_1
    08-19 12:00 osaka down IN_0 DPD;            08-19 12:05 osaka up IN_0
    08-23 23:59:59 kobe down IN_0
    08-24 00:00 nara down IN_0 RemotelyTriggered
"""


def documents(**changed: Any) -> list[dict[str, Any]]:
    return [{**incident_object(i, Style()), **changed} for i in incidents(NIGHT, POLICY)]


def sum_up(label: str, zone: tzinfo, found: Iterable[dict[str, Any]]) -> Week:
    """The report of a week, of a table that holds these."""
    of_week: dict[str, list[dict[str, Any]]] = {}
    for document in found:
        of_week.setdefault(label_of(datetime.fromisoformat(document["started_at"]).date()), []).append(document)
    return compile_report(
        label, week_bounds(label, zone), zone, lambda weeks: [d for week in weeks for d in of_week.get(week, [])]
    )


def test_the_lines_of_a_week() -> None:
    """The incidents that started in the week, oldest first, with their figures."""
    week = sum_up("2026-W34", ZoneInfo("UTC"), reversed(documents()))
    assert (week.label, week.start, week.end) == ("2026-W34", utc("2026-08-17"), utc("2026-08-24"))
    assert [(x.peers, x.cause, x.status, x.drops, x.downtime_seconds) for x in week.incidents] == [
        (("hq",), Cause.AZURE_FAILOVER, Status.RECOVERED, 1, 12.0),
        (("osaka",), Cause.REMOTE_UNREACHABLE, Status.RECOVERED, 1, 300.0),
        (("kobe",), Cause.UNKNOWN, Status.OPEN, 1, 0.0),
    ]


def test_the_week_is_local() -> None:
    """In Tokyo the same Sunday night already belongs to the new week."""
    week = sum_up("2026-W34", ZoneInfo("Asia/Tokyo"), documents())
    assert [x.started_at for x in week.incidents] == [
        utc("2026-08-16 23:30"),
        utc("2026-08-17 00:00"),
        utc("2026-08-19 12:00"),
    ]


@pytest.mark.parametrize(
    ("status", "lines"), [("open", 3), ("recovered", 3), ("removed", 3), ("retracted", 0), ("absorbed", 0)]
)
def test_what_never_was_is_not_summed_up(status: str, lines: int) -> None:
    """Retracted and absorbed incidents are in no week."""
    assert len(sum_up("2026-W34", ZoneInfo("UTC"), documents(status=status)).incidents) == lines


def test_a_peer_that_no_row_named() -> None:
    """A tunnel without a peer is a line like any other, with an empty name."""
    found = [incident_object(i, Style()) for i in incidents("08-19 12:00 - down; 08-19 12:01 - up")]
    assert [x.peers for x in sum_up("2026-W34", ZoneInfo("UTC"), found).incidents] == [("",)]


def test_an_empty_week() -> None:
    """A week without incidents has a label, bounds and no lines."""
    assert sum_up("2026-W10", ZoneInfo("UTC"), documents()).incidents == ()


def test_an_incident_that_began_before_its_anchor_is_in_some_week() -> None:
    """A late row moved the start back over midnight: the row stays in its anchor's partition, which is read as well."""
    zone = ZoneInfo("UTC")
    anchor, started_at = utc("2026-08-24 00:05"), utc("2026-08-23 23:50")
    summed_up = next(w for w in ("2026-W34", "2026-W35") if (b := week_bounds(w, zone))[0] <= started_at < b[1])
    assert label_of(anchor.date()) in weeks_read(summed_up, zone)


LINES = st.builds(
    WeekLine,
    started_at=st.integers(0, 7 * 86_400 - 1).map(
        lambda n: datetime(2026, 8, 16, 15, tzinfo=UTC) + timedelta(seconds=n)
    ),
    gateway=st.sampled_from(["/a", "/b", "/c", "/d"]),
    peers=st.just(("203.0.113.1",)),
    cause=st.sampled_from(Cause),
    status=st.sampled_from([Status.OPEN, Status.RECOVERED, Status.REMOVED]),
    drops=st.integers(1, 50),
    downtime_seconds=st.integers(0, 900).map(float),
    connection_downtime_seconds=st.integers(0, 900).map(float),
    muted=st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(lines=st.lists(LINES, max_size=30), named=st.integers(0, 30))
def test_a_report_that_is_cut_says_the_same(lines: list[WeekLine], named: int) -> None:
    """Where not every incident of a period is kept, every sum of it still is that of all of them."""
    style, zone = Style("en", "Asia/Tokyo"), ZoneInfo("Asia/Tokyo")
    whole = Week("2026-W34", *week_bounds("2026-W34", zone), tuple(sorted(lines)))
    less = cut(whole, zone, named)
    assert len(less.incidents) == min(named, len(lines))
    assert weeks.counted(less) == weeks.counted(whole)[:named]
    assert weeks.by_side(less) == weeks.by_side(whole)
    assert weeks.by_group(less, style) == weeks.by_group(whole, style)
    assert weeks.week_period(less, style) == weeks.week_period(whole, style)
    assert weeks.week_sentence(less, style) == weeks.week_sentence(whole, style)
    told = summary_object(less, style)
    assert len(told["incidents"]) + told.get("incidents_omitted", 0) == len(lines)


def test_the_report_of_a_fleet_fits_where_it_is_kept() -> None:
    """Thirty thousand incidents of ten thousand gateways in one week: the notice that holds them is a small entity."""
    zone = ZoneInfo("Asia/Tokyo")
    start, end = week_bounds("2026-W34", zone)
    causes = list(Cause)
    lines = tuple(
        WeekLine(
            start + timedelta(seconds=20 * n),
            f"/subscriptions/{n % 10_000:032d}/resourcegroups/rg/providers/microsoft.network/virtualnetworkgateways/g",
            (f"203.0.{n // 256 % 256}.{n % 256}",),
            causes[n % len(causes)],
            Status.RECOVERED,
            1,
            float(n % 977),
            float(n % 977),
        )
        for n in range(30_000)
    )
    week = cut(Week("2026-W34", start, end, lines), zone)
    properties = pack(Notification(Moment.WEEKLY, end, week=week))
    assert sum(len(part) for part in properties.values() if isinstance(part, bytes)) < 60_000
    assert weeks.sums(week).incidents == 30_000
