"""The report of a week or month as one JSON object: what events and ``weekly --json`` hold."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import asdict

from correlator.summary import Figures, Week
from correlator.wording import Style, weeks

MOST = 50
"""So many incidents are listed, the worst; ``incidents_omitted`` counts the others."""
RENAMED = ("hit", "open", "listed", "seconds")
"""Fields of ``Figures`` that have another name or form here."""


def summary_object(week: Week, style: Style) -> dict[str, Any]:
    """Plain JSON values; times ISO 8601 in UTC, durations in seconds, shares in percent."""
    lines, total = weeks.counted(week), weeks.sums(week)
    found: dict[str, Any] = {
        "label": week.label,
        "start": _iso(week.start),
        "end": _iso(week.end),
        "timezone": style.zone,
        "incident_count": total.incidents,
        "drops": total.drops,
        "without_path_seconds": weeks.without_a_path(week),
        "by_side": [{"side": side.value} | sums._asdict() for side, sums in weeks.by_side(week).items()],
        "by_time": [{"label": label, **drops} for label, drops in weeks.by_group(week, style)],
        "incidents": [
            line._asdict() | {"started_at": _iso(line.started_at), "side": line.cause.side.value}
            for line in lines[:MOST]
        ],
    }
    omitted = total.incidents - len(found["incidents"])
    found |= {"incidents_omitted": omitted} if omitted else {}
    return found | (_figures(week.figures) if week.figures else {})


def shortened(document: dict[str, Any], most: int) -> dict[str, Any]:
    """With at most so many incidents."""
    left = document["incidents"][most:]
    if not left:
        return document
    omitted = document.get("incidents_omitted", 0) + len(left)
    return document | {"incidents": document["incidents"][:most], "incidents_omitted": omitted}


def _figures(figures: Figures) -> dict[str, Any]:
    found = {field: getattr(figures, field) for field in Figures.__struct_fields__ if field not in RENAMED}
    found["connections_down"] = [c._asdict() for c in figures.hit]
    found["still_down"] = [{"gateway": g, "remote_ip": p, "since": _iso(at)} for g, p, at in figures.open]
    found["suggestions"] = [asdict(s) for s in figures.suggestions]
    found["before"] = asdict(figures.before) if figures.before else None
    found["connections_from"] = "gateway-list" if figures.listed else "seen-in-the-log"
    return {key: list(value) if isinstance(value, tuple) else value for key, value in found.items()}


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
