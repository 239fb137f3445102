"""Incident -> rows of the public tables: flat typed columns for what people filter on, the whole object in ``Json``.

Keys, columns and types are a public interface (``docs/incident-table.md``): columns may be added, never renamed.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from correlator.measures import connection_down_seconds, connection_downtime_seconds, downtime_seconds, impact
from correlator.model import Incident
from correlator.weekly import label_of
from correlator.wording import Style, phrases

OUTAGES_EACH_END = 400
CHARACTERS = 30_000
"""A string property holds 32 Ki characters; the object is cut into Json, Json2 … below that."""


def partition_of(incident: Incident) -> str:
    """The ISO week (UTC) of the anchor, ``2026-W34``: an id holds its date, so an id names its partition."""
    return label_of(incident.anchor.date())


def row_of(incident: Incident) -> str:
    """``20260821T171304Z_<id>``: reads and sorts by time."""
    return f"{incident.anchor:%Y%m%dT%H%M%SZ}_{incident.id}"


def incident_row(incident: Incident, style: Style) -> dict[str, Any]:
    """The columns of ``incidents``."""
    from correlator.incident_json import bounded, gateway_name, incident_object  # most polls write no incident

    style = style.at(incident.gateway)
    whole = bounded(incident_object(incident, style), OUTAGES_EACH_END)
    document = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
    local = phrases.local(incident.started_at, style)
    columns: dict[str, Any] = {
        "Id": incident.id,
        "Status": incident.status.value,
        "Gateway": gateway_name(incident.gateway),
        "GatewayId": incident.gateway,
        "Peers": " ".join(incident.peers)[:CHARACTERS],
        "Sites": ", ".join(dict.fromkeys(style.sites.get(p, p) for p in incident.peers))[:CHARACTERS],
        "Cause": incident.finding.cause.value,
        "Side": incident.finding.cause.side.value,
        "Confidence": incident.finding.confidence.value,
        "Pending": incident.pending,
        "Rule": incident.finding.rule,
        "Impact": impact(incident).value,
        "Flapping": incident.flapping,
        "StartedAt": incident.started_at,
        "EndedAt": incident.ended_at,
        "StartedLocal": f"{local:%Y-%m-%d %H:%M:%S}",
        "WeekLocal": label_of(local.date()),
        "DowntimeSeconds": downtime_seconds(incident),
        "ConnectionDowntimeSeconds": connection_downtime_seconds(incident),
        "OutageCount": len(incident.outages),
        "Rev": incident.rev,
    }
    return {k: v for k, v in columns.items() if v is not None} | _cut(document)


def _cut(document: str) -> dict[str, str]:
    parts: list[str] = []
    data = document.encode("utf-16-le")  # the service counts these units, two for a character beyond the first plane
    while data:
        end = 2 * CHARACTERS
        if len(data) > end and 0xD8 <= data[end - 1] <= 0xDB:  # never between the halves of one character
            end -= 2
        parts.append(data[:end].decode("utf-16-le"))
        data = data[end:]
    return {"Json" if n == 1 else f"Json{n}": part for n, part in enumerate(parts, 1)}


def document_of(properties: Any) -> dict[str, Any]:
    """The incident object that a row of ``incidents`` holds."""
    names = ["Json", *sorted((n for n in properties if n[:4] == "Json" and n[4:].isdigit()), key=lambda n: int(n[4:]))]
    loaded: dict[str, Any] = json.loads("".join(properties[n] for n in names))
    return loaded


def outage_rows(incident: Incident, style: Style) -> list[tuple[str, dict[str, Any]]]:
    """Row keys and columns of ``outages``: one flat row a tunnel outage."""
    style = style.at(incident.gateway)
    return [(f"{row_of(incident)}_{n:04d}", _outage(incident, n, style)) for n in range(len(incident.outages))]


def _outage(incident: Incident, n: int, style: Style) -> dict[str, Any]:
    from correlator.incident_json import gateway_name

    outage = incident.outages[n]
    end: datetime | None = outage.end
    columns: dict[str, Any] = {
        "IncidentId": incident.id,
        "Gateway": gateway_name(incident.gateway),
        "GatewayId": incident.gateway,
        "RemoteIp": outage.peer,
        "Site": style.sites.get(outage.peer, ""),
        "InstanceDown": outage.instance_down,
        "InstanceUp": outage.instance_up,
        "Reason": outage.reason,
        "StartedAt": outage.start,
        "EndedAt": end,
        "DurationSeconds": (end - outage.start).total_seconds() if end else None,
        "ConnectionDownSeconds": connection_down_seconds(outage),
        "Open": end is None,
        "Cause": incident.finding.cause.value,
        "Side": incident.finding.cause.side.value,
        "Rev": incident.rev,
    }
    return {k: v for k, v in columns.items() if v is not None}
