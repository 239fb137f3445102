"""What the command line says: one incident in a list, and the answer to "was it Azure maintenance?"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from correlator.model import Cause, Confidence, Impact, Incident, Status
from correlator.wording.phrases import Style, count, day_and_instant, for_time, name, say
from correlator.wording.verdicts import cause_phrase


def length_text(document: Mapping[str, Any], style: Style) -> str:
    """How long an incident (the public object) stopped traffic, or took redundancy where traffic could go on."""
    status = Status(document["status"])
    if document.get("unwatched"):
        return say(style, "status.unwatched")
    if status not in (Status.OPEN, Status.RECOVERED):
        return name(status, style)
    if status is Status.OPEN:
        return say(style, "still-down" if document["connection_down"] else "list.partly.open")
    bound = document.get("at_most", False)
    if document["impact"] == Impact.CONNECTION_DOWN:
        return say(style, "list.cut", for_time=for_time(document["connection_downtime_seconds"], style, at_most=bound))
    if document["impact"] == Impact.REDUNDANCY_LOST:
        return say(style, "list.partly", for_time=for_time(document["downtime_seconds"], style, at_most=bound))
    return say(style, "list.switched")


def list_end(n: int, style: Style) -> str:
    """Beneath a list: how many, and in which zone its times are."""
    return say(style, "list.end", incidents=count(style, "incidents", n), zone=style.zone)


def nothing_found(tunnel_rows: int, rows: int, skipped: Sequence[str], style: Style) -> str:
    """Why a list is empty. ``tunnel_rows`` of all ``rows`` told of a tunnel; ``skipped`` are the reasons of the others.

    That no drop was found is said only where drops could have been found.
    """
    if tunnel_rows:
        return say(style, "list.none")
    text = say(style, "list.no-tunnel-row" if rows > len(skipped) or not skipped else "list.nothing-read")
    if not skipped:
        return text
    ((why, _),) = Counter(skipped).most_common(1)
    return text + say(style, "gap") + say(style, "list.skipped", rows=count(style, "rows", len(skipped)), why=why)


def answer_sentence(answer: str, incidents: Sequence[Incident], style: Style) -> str:
    """``yes``, ``no`` or ``unknown`` in a sentence, as sure as the verdicts are, and in part where they differ."""
    total = count(style, "incidents", len(incidents))
    match answer:
        case "yes":
            return _yes([i for i in incidents if i.finding.cause is Cause.AZURE_MAINTENANCE], len(incidents), style)
        case "no":
            key = "check.no" if _sure(incidents) else "check.probably-not"
        case _:
            key = "check.unknown"
    if len(incidents) > 1:
        return say(style, f"{key}.many", incidents=total)
    finding = incidents[0].finding
    cause = name(finding.cause, style) if answer == "no" else cause_phrase(incidents[0], style)
    return say(style, key, cause=cause, confidence=name(finding.confidence, style))


def _yes(serviced: Sequence[Incident], of: int, style: Style) -> str:
    sure = _sure(serviced)
    if len(serviced) < of:
        confidence = name(Confidence.CONFIRMED if sure else Confidence.LIKELY, style)
        total = count(style, "incidents", of)
        return say(style, "check.partly", n=len(serviced), incidents=total, confidence=confidence)
    if sure:
        return say(style, "check.yes")
    doubtful = next(i for i in serviced if i.finding.confidence is not Confidence.CONFIRMED)
    missing = say(style, "check.missing.open" if doubtful.ended_at is None else "check.missing")
    return say(style, "check.probably", missing=missing)


def _sure(incidents: Sequence[Incident]) -> bool:
    return all(i.finding.confidence is Confidence.CONFIRMED for i in incidents)


def no_incident(serviced: datetime | None, style: Style) -> str:
    """Nothing dropped in the time asked about; ``serviced`` is when maintenance was logged in it, if it was."""
    if serviced:
        return say(style, "check.none.serviced", at=day_and_instant(serviced, style))
    return say(style, "check.none")
