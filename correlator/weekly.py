"""The week's numbers, and whether a summary is due: decided in the customer's zone by the last poll's clock.

Azure's schedules are UTC on the Flex plan, so an hourly run asks here. Daylight saving is the zone's business, and a
run that was missed is made up for by the next one: the question is "which week was last told", never "is it nine".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from msgspec.structs import replace

from correlator.measures import worst_first
from correlator.model import Cause, Status
from correlator.summary import Others, Week, WeekLine, WeeklyTime

WEEK = timedelta(days=7)
LATE = timedelta(days=2)
NAMED = 200
"""So many incidents of a report are kept singly."""


def week_due(now: datetime, at: WeeklyTime, zone: tzinfo, last_told: str) -> str | None:
    """The label (``2026-W34``) of the newest whole week that is due and was not told; None while there is none.

    ``now`` in UTC. A week runs from Monday 00:00 to Monday 00:00 local time.
    """
    local = now.astimezone(zone)
    monday = local.date() - timedelta(days=local.weekday())
    due = datetime.combine(monday + timedelta(days=at.weekday), time(at.hour, at.minute), tzinfo=zone)
    # Compared in UTC: on the day the clocks change, wall-clock comparison within one zone would ignore the jump.
    if now < due.astimezone(UTC):
        monday -= WEEK
    label = label_of(monday - WEEK)
    return label if label > last_told else None


def label_of(day: date) -> str:
    """The ISO week of a day, as ``2026-W34``."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def week_bounds(label: str, zone: tzinfo) -> tuple[datetime, datetime]:
    """First and last instant (UTC, half open) of a week in a zone. Raises ValueError for a text that is no week."""
    year, week = label.split("-W")
    monday = date.fromisocalendar(int(year), int(week), 1)
    start, end = (datetime.combine(d, time(), tzinfo=zone).astimezone(UTC) for d in (monday, monday + WEEK))
    return start, end


def cut(week: Week, zone: tzinfo, named: int = NAMED) -> Week:
    """The same with the worst incidents alone and the others summed up: a report must fit where it is kept."""
    ordered = sorted(week.incidents, key=worst_first)
    worst, rest = ordered[:named], ordered[named:]
    others: dict[tuple[date, Cause], list[WeekLine]] = {}
    for line in rest:
        others.setdefault((line.started_at.astimezone(zone).date(), line.cause), []).append(line)
    gateways = {line.gateway for line in rest} - {line.gateway for line in worst}
    found = tuple(_summed(*key, lines) for key, lines in sorted(others.items()))
    return replace(week, incidents=tuple(worst), others=found, more_gateways=len(gateways)) if rest else week


def _summed(day: date, cause: Cause, lines: Sequence[WeekLine]) -> Others:
    return Others(
        day,
        cause,
        len(lines),
        sum(line.drops for line in lines),
        sum(line.connection_downtime_seconds for line in lines),
        sum(line.status is Status.OPEN for line in lines),
        sum(line.muted for line in lines),
    )


def week_line(document: Mapping[str, Any]) -> WeekLine:
    """What a summary needs of a public incident object."""
    outages = document["outages"]
    return WeekLine(
        datetime.fromisoformat(document["started_at"]),
        document["gateway"]["resource_id"],
        tuple(dict.fromkeys(o["remote_ip"] or "" for o in outages)),
        Cause(document["cause"]["code"]),
        Status(document["status"]),
        len(outages),
        document["downtime_seconds"],
        document["connection_downtime_seconds"],
        document.get("muted", False),
    )
