"""The public tables anew from the logs: what is missing is added, what is told otherwise today is corrected.

An incident keeps the name that it has in the table, and with it all that people said of it. What a poll may still
change is the poll's own business.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from msgspec.structs import replace

from correlator.incident_json import incident_object
from correlator.model import Incident, Status
from correlator.people import People
from correlator.wording import Style


class Stored(NamedTuple):
    """An incident as it stands in the table: its public object, the anchor of its name (UTC), and its revision."""

    document: Mapping[str, Any]
    anchor: datetime
    rev: int

    @property
    def id(self) -> str:
        """Its name."""
        return str(self.document["id"])


def rebuilt(
    found: Iterable[Incident], stored: Sequence[Stored], living: Collection[str], people: People, style: Style
) -> list[Incident]:
    """What is to be written: incidents that the table lacks, and those of which it says something else.

    ``living`` are the incidents that polls still look after. What was withdrawn, closed or removed stays as it is.
    """
    left, written = list(stored), []
    for incident in found:
        old = _same(incident, left)
        if old:
            left.remove(old)
        settled = old is None or Status(old.document["status"]) in (Status.OPEN, Status.RECOVERED)
        if not settled or (old.id if old else incident.id) in living:
            continue
        named = replace(incident, id=old.id, anchor=old.anchor, rev=old.rev + 1) if old else incident
        named = replace(named, remarks=people.remarks.get(named.id, ()))
        if old is None or _said(incident_object(named, style)) != _said(old.document):
            written.append(named)
    return written


def _same(incident: Incident, stored: Iterable[Stored]) -> Stored | None:
    """The row of that name, else one of the same gateway that holds one of its outages."""
    mine = {(o.peer, o.start) for o in incident.outages}
    near = [s for s in stored if s.document["gateway"]["resource_id"] == incident.gateway]
    by_name = next((s for s in near if s.id == incident.id), None)
    return by_name or next((s for s in near if mine.intersection(_outages(s.document))), None)


def _outages(document: Mapping[str, Any]) -> Iterator[tuple[str, datetime]]:
    return ((o["remote_ip"] or "", datetime.fromisoformat(o["started_at"])) for o in document["outages"])


def _said(document: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a reader takes from it; how it came to be said is the polls' to tell."""
    cause = document["cause"]
    return document["status"], cause["code"], cause["confidence"], cause["rule"], document["outages"]
