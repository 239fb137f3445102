"""Whether a monthly report is due: on the first by the customer's clock, made up for when it was missed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from correlator.summary import MonthlyTime


def month_due(now: datetime, at: MonthlyTime, zone: tzinfo, last_told: str) -> str | None:
    """The label (``2026-08``) of the newest whole month that is due and was not told; None while there is none.

    ``now`` in UTC. A month runs from local midnight to local midnight.
    """
    first = now.astimezone(zone).date().replace(day=1)
    due = datetime.combine(first, time(at.hour, at.minute), tzinfo=zone)
    # In UTC: wall-clock comparison within one zone would ignore the jump where the clocks change that day.
    if now < due.astimezone(UTC):
        first = (first - timedelta(days=1)).replace(day=1)
    label = month_label(first - timedelta(days=1))
    return label if label > last_told else None


def month_label(day: date) -> str:
    """The month of a day, as ``2026-08``."""
    return f"{day.year:04d}-{day.month:02d}"


def month_bounds(label: str, zone: tzinfo) -> tuple[datetime, datetime]:
    """First and last instant (UTC, half open) of a month in a zone. Raises ValueError for a text that is no month."""
    year, month = (int(part) for part in label.split("-"))
    first, after = date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)
    start, end = (datetime.combine(d, time(), tzinfo=zone).astimezone(UTC) for d in (first, after))
    return start, end
