"""Whom to call: for what may be the other end's, and for whatever is still down."""

from __future__ import annotations

from correlator.model import Incident, Side, Status
from correlator.sites import Site, to_call
from correlator.wording.phrases import NAME_LENGTH, Style, say, short

RUNBOOKS = 2
"""So many links at most: each is a button, and a phone shows few."""
_LABEL = 16


def sites(incident: Incident, style: Style) -> list[Site]:
    """The sites whose people can help now; none where it is Azure's or ours and over, or where nothing is to be done."""
    open_now = incident.status is Status.OPEN
    theirs = incident.status is Status.RECOVERED and incident.finding.cause.side in (Side.REMOTE, Side.UNKNOWN)
    if not (open_now or theirs):
        return []
    down = [o.peer for o in incident.outages if o.end is None] if open_now else []
    return to_call(down or incident.peers, style.contacts)


def lines(incident: Incident, style: Style, most: int) -> list[tuple[str, str]]:
    """``Call``: ``osaka-dc1 · ☎ +81 6 … · circuit N-4711 · network desk``, a line each, and how many are left out."""
    found = sites(incident, style)
    told = [(say(style, "label.call"), _whom(site, style)) for site in found[:most]]
    more = len(found) - most
    return [*told, ("", say(style, "not-shown", n=more))] if more > 0 else told


def runbooks(incident: Incident, style: Style) -> list[tuple[str, str]]:
    """Label and address of the runbooks; of several sites each label names its own."""
    found = [s for s in sites(incident, style) if s.runbook]
    if len(found) == 1:
        return [(say(style, "link.runbook"), found[0].runbook)]
    return [(say(style, "link.runbook.of", site=short(s.name, _LABEL)), s.runbook) for s in found[:RUNBOOKS]]


def _whom(site: Site, style: Style) -> str:
    parts = [short(site.name, NAME_LENGTH)]
    fields = (("phone", site.phone), ("circuit", site.circuit), ("owner", site.owner))
    parts += [say(style, f"call.{key}", **{key: short(text, NAME_LENGTH)}) for key, text in fields if text]
    return " · ".join(parts)
