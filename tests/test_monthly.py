"""Which month is due when, in the customer's zone: each once, late rather than never, right in every zone."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlator.monthly import month_bounds, month_due, month_label
from correlator.summary import MonthlyTime

NINE = MonthlyTime(9, 0)
HOUR = timedelta(hours=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "due", "label", "before"),
    [
        ("UTC", "2026-09-01 09:00", "2026-08", "2026-07"),
        ("Asia/Tokyo", "2026-09-01 00:00", "2026-08", "2026-07"),
        ("America/New_York", "2026-11-01 14:00", "2026-10", "2026-09"),  # the clocks changed that night
        ("Pacific/Apia", "2026-12-31 20:00", "2026-12", "2026-11"),
    ],
)
def test_due_to_the_second(zone: str, due: str, label: str, before: str) -> None:
    """A month is due on the first by the customer's clock, not a second earlier, and never twice."""
    local = ZoneInfo(zone)
    assert month_due(utc(due) - timedelta(seconds=1), NINE, local, before) is None
    assert month_due(utc(due), NINE, local, before) == label
    assert month_due(utc(due), NINE, local, label) is None


def test_late_rather_than_never() -> None:
    """After a sleep of months the newest whole month is told, and only that."""
    assert month_due(utc("2026-09-20 12:00"), NINE, ZoneInfo("UTC"), "2026-05") == "2026-08"


@given(
    st.sampled_from(sorted(zoneinfo.available_timezones())),
    st.integers(0, 23),
    st.sampled_from([0, 30, 59]),
    st.integers(0, 40),
)
def test_every_zone_tells_every_month_once(name: str, hour: int, minute: int, week: int) -> None:
    """In any zone, at any setting, runs every six hours for half a year tell each month once and in order."""
    zone, start = ZoneInfo(name), utc("2026-01-01") + week * timedelta(days=7)
    told = month_due(start, MonthlyTime(hour, minute), zone, "") or ""
    labels = []
    for n in range(1, 4 * 184):
        if label := month_due(start + 6 * n * HOUR, MonthlyTime(hour, minute), zone, told):
            labels.append(label)
            told = label
    assert labels == sorted(set(labels))
    assert len(labels) in (5, 6, 7)
    firsts = [month_bounds(label, zone) for label in labels]
    assert all(a[1] == b[0] for a, b in pairwise(firsts))


@given(
    st.sampled_from(sorted(zoneinfo.available_timezones())),
    st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC)),
)
def test_every_moment_is_in_one_month(name: str, moment: datetime) -> None:
    """Any moment lies in the local month that its local date names."""
    zone = ZoneInfo(name)
    start, end = month_bounds(month_label(moment.astimezone(zone).date()), zone)
    assert start <= moment < end


@pytest.mark.parametrize("label", ["", "2026", "2026-13", "2026-00", "month", "2026-W34"])
def test_a_text_that_is_no_month(label: str) -> None:
    """What is no month is a ValueError."""
    with pytest.raises(ValueError):
        month_bounds(label, ZoneInfo("UTC"))
