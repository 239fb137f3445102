"""The public incident object: one shape for the command line, HTTP, events and the table (schema in ``docs/``).

It holds no clock: every time in it comes from a row. Fields may be added, never renamed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import json

from correlator.evidence import evidence, not_found, would_change
from correlator.measures import connection_down, connection_downtime_seconds, downtime_seconds, impact
from correlator.model import Cause, Incident, Outage, Side, Status
from correlator.people import Remark, RemarkKind, latest
from correlator.wording import Style
from correlator.wording.verdicts import evidence_text, key_text, remark_texts, summary

EVENTS = (RemarkKind.ACKNOWLEDGED, RemarkKind.RECLASSIFIED, RemarkKind.CLOSED)
GATEWAY_TYPES = {"/vpngateways/": "vpnGateways", "/virtualnetworkgateways/": "virtualNetworkGateways"}


def incident_object(incident: Incident, style: Style) -> dict[str, Any]:
    """The incident as plain JSON values; sentences in the language of ``style``."""
    style = style.at(incident.gateway)
    document = {
        "id": incident.id,
        "status": incident.status.value,
        "started_at": iso(incident.started_at),
        "ended_at": iso(incident.ended_at),
        "downtime_seconds": downtime_seconds(incident),
        "connection_downtime_seconds": connection_downtime_seconds(incident),
        "connection_down": connection_down(incident),
        "impact": impact(incident).value,
        "gateway": gateway_object(incident.gateway),
        "cause": _cause(incident, style),
        "outages": [_outage(o) for o in incident.outages],
        "flapping": incident.flapping,
        "history": history(incident),
        "remarks": remark_texts(incident, style),
    }
    if any(o.at_most for o in incident.outages):
        document["at_most"] = True
    if incident.unwatched:
        document["unwatched"] = True
    document |= _of_people(incident)
    if incident.status is Status.ABSORBED:
        document["absorbed_by"] = incident.absorbed_by
    return document


def bounded(document: dict[str, Any], each_end: int) -> dict[str, Any]:
    """At most so many of the first and of the last outages; ``outages_omitted`` says how many were left out."""
    outages = document["outages"]
    if len(outages) <= 2 * each_end:
        return document
    kept = outages[:each_end] + outages[len(outages) - each_end :]
    return document | {"outages": kept, "outages_omitted": len(outages) - len(kept)}


def iso(at: datetime | None) -> str | None:
    """ISO 8601 in UTC with a Z, fractions of a second as far as the row had them; None stays None."""
    return json.encode(at)[1:-1].decode() if at else None


def gateway_object(resource_id: str) -> dict[str, Any]:
    """A gateway's folded resource id, its name and its resource type."""
    kind = next((name for part, name in GATEWAY_TYPES.items() if part in resource_id), "virtualNetworkGateways")
    return {"resource_id": resource_id, "name": gateway_name(resource_id), "type": kind}


def gateway_name(resource_id: str) -> str:
    """The last part of a resource id."""
    return resource_id.rstrip("/").rsplit("/", 1)[-1]


def _cause(incident: Incident, style: Style) -> dict[str, Any]:
    finding = incident.finding
    return {
        "code": finding.cause.value,
        "side": finding.cause.side.value,
        "confidence": finding.confidence.value,
        "pending": incident.pending,
        "rule": finding.rule,
        "summary": summary(incident, style),
        "evidence": [
            {"at": iso(e.at), "category": e.category, "kind": e.key, "text": evidence_text(e, style)}
            for e in evidence(incident)
        ],
        "not_found": [key_text(key, style) for key in not_found(incident)],
        "would_change": [key_text(key, style) for key in would_change(incident)],
    }


def _of_people(incident: Incident) -> dict[str, Any]:
    """What people had to do with it; a field is absent where they had nothing to do with that."""
    notes = [_word(r) for r in incident.remarks if r.text]
    found = {
        "muted": incident.muted,
        "acknowledged": _word(incident.acknowledged),
        "person": _person(incident.remarks),
        "notes": notes,
    }
    return {name: value for name, value in found.items() if value}


def with_remarks(document: Mapping[str, Any], remarks: Sequence[Remark]) -> dict[str, Any]:
    """An incident object with remarks that it may not hold yet: what is long over is not written again."""
    known = {(e["at"], e["event"]) for e in document["history"]}
    deeds = [_deed(r, document["cause"]["code"]) for r in remarks if r.kind in EVENTS]
    found = dict(document)
    found["history"] = [*document["history"], *(d for d in deeds if (d["at"], d["event"]) not in known)]
    notes, person = [_word(r) for r in remarks if r.text], _person(remarks)
    return found | ({"notes": notes} if notes else {}) | ({"person": person} if person else {})


def _person(remarks: Sequence[Remark]) -> dict[str, Any] | None:
    """The cause as somebody sees it who knows more than the logs; the logs' own verdict stays beside it."""
    word = latest(remarks, RemarkKind.RECLASSIFIED)
    if word is None:
        return None
    side = Cause(word.cause).side.value
    return {"code": word.cause, "side": side, "by": word.who, "at": iso(word.at), "text": word.text}


def _word(remark: Remark | None) -> dict[str, Any] | None:
    return {"at": iso(remark.at), "by": remark.who, "text": remark.text} if remark else None


def _outage(o: Outage) -> dict[str, Any]:
    bound = {"at_most": True} if o.at_most else {}
    return {
        "remote_ip": o.peer or None,
        "instance_down": o.instance_down or None,
        "instance_up": o.instance_up or None,
        "started_at": iso(o.start),
        "ended_at": iso(o.end),
        "duration_seconds": (o.end - o.start).total_seconds() if o.end else None,
        "open": o.end is None,
        "connection_lost": o.cut,
        "connection_back_at": iso(o.cut_end),
        "reason": o.reason,
        **bound,
    }


def history(incident: Incident) -> list[dict[str, str]]:
    """What happened to the incident, by the rows' own times, oldest first; and what people did, with their names."""
    events: list[tuple[datetime, int, str, str]] = [(incident.started_at, 0, "opened", incident.first_cause.value)]
    events += [(c.at, 2, "cause-changed", c.cause.value) for c in incident.changes_of_mind]
    events += [(at, 1, name, incident.finding.cause.value) for at, name in _returns(incident)]
    if incident.ended_at and incident.status is Status.RECOVERED:
        events.append((incident.ended_at, 3, "recovered", incident.finding.cause.value))
    if incident.status is Status.RETRACTED:
        events.append((incident.started_at, 4, "retracted", incident.finding.cause.value))
    events += [(at, 5, "reminder", incident.finding.cause.value) for at in incident.reminders]
    fell = {(c.at, c.cause.value): c.fell_to.value for c in incident.changes_of_mind if c.fell_to}
    told = [(at, n, _happened(at, event, cause, fell)) for at, n, event, cause in sorted(events)]
    people = [(r.at, 6, _deed(r, incident.finding.cause.value)) for r in incident.remarks if r.kind in EVENTS]
    return [event for _, _, event in sorted([*told, *people], key=lambda e: e[:2])]


def _happened(at: datetime, event: str, cause: str, fell: dict[tuple[datetime, str], str]) -> dict[str, str]:
    """One line of the history; of a verdict that had been confirmed it says how sure it still was."""
    line = {"at": iso(at) or "", "event": event, "cause": cause}
    return {**line, "confidence": fell[at, cause]} if event == "cause-changed" and (at, cause) in fell else line


def _deed(remark: Remark, verdict: str) -> dict[str, str]:
    cause = remark.cause or verdict
    return {"at": iso(remark.at) or "", "event": remark.kind.value, "cause": cause, "by": remark.who}


def _returns(incident: Incident) -> list[tuple[datetime, str]]:
    """Drops that began after everything was up again: the other instance's turn, or the same trouble once more."""
    found: list[tuple[datetime, str]] = []
    instances = {incident.drops[0].outage.instance_down}
    reached = incident.drops[0].outage.end
    for drop in incident.drops[1:]:
        o = drop.outage
        if reached is not None and o.start > reached:
            hop = incident.finding.cause.side is Side.AZURE and o.instance_down not in instances
            found.append((o.start, "second-instance" if hop else "reopened"))
        instances.add(o.instance_down)
        reached = None if reached is None or o.end is None else max(reached, o.end)
    if incident.flapping:
        found.append((incident.drops[-1].outage.start, "flapping"))
    return found
