"""Cells and intervals as they travel."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.wire_format import cell, interval

NOW = datetime(2026, 8, 21, 18, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("PT3600.0S", (NOW - HOUR, NOW)),
        ("P1DT1H", (NOW - 25 * HOUR, NOW)),
        ("2026-08-21T16:00:00Z/2026-08-21T17:00:00+00:00", (NOW - 2 * HOUR, NOW - HOUR)),
        ("2026-08-21T16:00:00/PT60M", (NOW - 2 * HOUR, NOW - HOUR)),
        ("PT1H/2026-08-21T17:00:00Z", (NOW - 2 * HOUR, NOW - HOUR)),
    ],
)
def test_every_form_of_interval_is_read(text: str | None, expected: tuple[datetime, datetime] | None) -> None:
    """A duration, start and end, and either of them with a duration name the same span they name in ISO 8601."""
    assert interval(text, NOW) == expected


@pytest.mark.parametrize("text", ["1h", "PT1H/yesterday", "P1W"])
def test_what_is_no_interval_is_refused(text: str) -> None:
    """Anything else is an error, not the whole of time."""
    with pytest.raises(ValueError, match=r".+"):
        interval(text, NOW)


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (None, "string", ""),
        (None, "dynamic", None),
        (timedelta(days=-1), "timespan", "-1.00:00:00"),
        (timedelta(seconds=1, milliseconds=500), "timespan", "00:00:01.5000000"),
        (["a"], "dynamic", '["a"]'),
        ('["a"]', "dynamic", '["a"]'),
        (datetime(2026, 8, 21, 18, 0), "datetime", "2026-08-21T18:00:00Z"),
    ],
)
def test_a_cell_is_json_as_the_service_writes_it(value: object, kind: str, expected: object) -> None:
    """Strings are never null, spans read d.hh:mm:ss, moments end in Z and dynamic is text."""
    assert cell(value, kind) == expected
