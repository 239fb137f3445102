"""The summary of a week or month as one JSON object: what events and ``weekly --json`` hold."""

from __future__ import annotations

from typing import Any

from correlator.model import Week
from correlator.wording import Style, weeks


def summary_object(week: Week, style: Style) -> dict[str, Any]:
    """Plain JSON values; times ISO 8601 in UTC, durations in seconds."""
    total = weeks.sums(weeks.counted(week))
    return {
        "label": week.label,
        "start": week.start.isoformat().replace("+00:00", "Z"),
        "end": week.end.isoformat().replace("+00:00", "Z"),
        "timezone": style.zone,
        "incidents": total.incidents,
        "drops": total.drops,
        "connection_downtime_seconds": total.seconds,
    }
