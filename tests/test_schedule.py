"""The schedule of a timer: what the host takes and what it does not, against a second reader of the same grammar."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cronsim import CronSim, CronSimError
from hypothesis import given
from hypothesis import strategies as st

from correlator.schedule import FIELDS, MONTHS, WEEKDAYS, ncrontab

SOME_DAY = datetime(2026, 8, 21, tzinfo=UTC)
NUMBERS = st.integers(0, 62).map(str)
ONE = st.one_of(NUMBERS, st.sampled_from((*MONTHS, *WEEKDAYS, "mon", "FOO", "-", "-1", "x")))
SPAN = st.one_of(st.just("*"), ONE, st.builds("{}-{}".format, ONE, ONE))
PART = st.one_of(SPAN, st.builds("{}/{}".format, SPAN, NUMBERS))
FIELD = st.one_of(st.just("*"), PART, st.builds("{},{}".format, PART, PART))


def taken(text: str) -> bool:
    """Whether we take it."""
    try:
        return ncrontab(text) == text
    except ValueError:
        return False


def taken_elsewhere(text: str) -> bool:
    """Whether the other reader takes it."""
    try:
        CronSim(text, SOME_DAY)
    except CronSimError:
        return False
    return True


@given(st.sampled_from(range(6)), FIELD)
def test_a_field_is_taken_by_both_readers_or_by_none(place: int, field: str) -> None:
    """Whatever stands in one field: both readers take it or refuse it, but for Sunday as 7, which NCRONTAB lacks."""
    fields = ["*"] * 6
    fields[place] = field
    text = " ".join(fields)
    if place == 5 and "7" in field.replace("/", ",/").replace("-", ",").split(","):
        assert not taken(text)
    else:
        assert taken(text) == taken_elsewhere(text), text


@given(st.lists(st.one_of(st.just("*"), NUMBERS), min_size=4, max_size=7))
def test_six_fields(fields: list[str]) -> None:
    """No other number of fields is a schedule here, whatever others make of five."""
    if len(fields) != 6:
        assert not taken(" ".join(fields))


@pytest.mark.parametrize(
    "text",
    [
        "0 */5 * * * *",
        "30 4-59/5 * * * *",
        "0 0 9-17 * * MON-FRI",
        "0 0 0 1,15 jan,JUL *",
        "0 0 0 29 2 *",
        "0 0 0 1,31 2 *",
        "5/10 * * * * 0",
    ],
)
def test_schedules_as_people_write_them(text: str) -> None:
    """Steps, ranges, lists and names in any case are taken."""
    assert taken(text)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("0 */5 * * *", "six"),
        ("00:05:00", "six"),
        ("@hourly", "six"),
        ("60 * * * * *", "second"),
        ("0 */0 * * * *", "minute"),
        ("0 0 24 * * *", "hour"),
        ("0 0 0 L * *", "day"),
        ("0 0 0 0 * *", "day"),
        ("0 0 0 31 2,4 *", "day"),
        ("0 0 0 1 13 *", "month"),
        ("0 0 0 * * 7", "weekday"),
        ("0 0 0 * * FRI-MON", "weekday"),
        ("0 0 0 * * MON#1", "weekday"),
        ("0 0 0 ? * *", "day"),
        ("0 *-5 * * * *", "minute"),
        ("0 ５ * * * *", "minute"),
        ("0 5,, * * * *", "minute"),
    ],
)
def test_what_is_wrong_is_named(text: str, named: str) -> None:
    """A schedule that the host would refuse, or that nobody means, is refused with the name of its field."""
    with pytest.raises(ValueError) as caught:
        ncrontab(text)
    assert named in str(caught.value)
    assert "0 */5 * * * *" in str(caught.value)
    assert len(str(caught.value)) < 150


def test_every_field_has_its_names_in_order() -> None:
    """As many names as values, or none."""
    assert all(len(f.names) in (0, len(f.values)) for f in FIELDS)
