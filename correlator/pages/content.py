"""What the page's script is given: incidents with their times in milliseconds, gateways with their tunnels, the words.

Every text from logs is cleaned here once more: the objects may come from a table that others can write to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from correlator.categories import clean, moment, read_rows
from correlator.evidence import Evidence
from correlator.model import ChangeKind, GatewayLog, LogRow, Status
from correlator.pages.log_views import Shown, log_views
from correlator.queries.links import link_parts
from correlator.wording import Style
from correlator.wording.answers import length_text
from correlator.wording.page import page_words, people_texts, zone_changes
from correlator.wording.phrases import address, gateway, instance, place, places
from correlator.wording.verdicts import evidence_text

Object = Mapping[str, Any]
MOST_WRITTEN = 2000
"""Characters of a note."""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""Where nothing tells of a time."""
Tunnel = tuple[str, str]
"""Peer and instance, both ``""`` where the log does not say."""
MAINTENANCE = ("maintenance-row", "other-instance-row")
"""Kinds of evidence that are maintenance of the gateway itself."""


def standing(incidents: Iterable[Object]) -> list[Object]:
    """The incidents that were, newest first: what was withdrawn or merged is counted nowhere."""
    found = [i for i in incidents if not Status(i["status"]).withdrawn]
    return sorted(found, key=lambda i: (str(i["started_at"]), str(i["id"])), reverse=True)


def span_of(
    incidents: Sequence[Object], rows: Sequence[LogRow], since: datetime | None, until: datetime | None
) -> tuple[datetime, datetime]:
    """The time that is looked at (UTC): as asked, else from the first to the last of rows and incidents."""
    ends = [t for i in incidents for t in (i["started_at"], i["ended_at"]) if t]
    times = [m for t in (*ends, *(r.at for r in rows)) if (m := moment(t))]
    first = since or min(times, default=until or LONG_AGO)
    last = until or max(times, default=first)
    return first, max(last, first)


def content(
    incidents: Sequence[Object], style: Style, rows: Sequence[LogRow] | None, first: datetime, last: datetime
) -> dict[str, Any]:
    """All that the script draws. ``rows`` is None where there are none to show."""
    logs = read_rows(rows or ()).logs
    told = {g for g, log in logs.items() if log.tunnels}
    ids = sorted({_id(i) for i in incidents} | told, key=lambda g: (gateway(g, style), g))
    views = log_views(incidents, rows, style) if rows is not None else None
    shown = views.of if views else {}
    tunnels, marks = _tunnels(incidents, logs), _maintenance(incidents, logs, style)
    return {
        "words": page_words(style),
        "zone": zone_changes(first, last, style),
        "nothing": _nothing(incidents, rows, bool(told), first),
        "span": [_ms(first), _ms(last)],
        "gateways": [_gateway(g, tunnels[g], marks[g], style.at(g)) for g in ids],
        "incidents": [_incident(i, ids.index(_id(i)), style, shown.get(str(i["id"]))) for i in incidents],
        "rows": views.rows if views else None,
    }


def _nothing(incidents: Sequence[Object], rows: Sequence[LogRow] | None, tunnels: bool, first: datetime) -> str:
    """The key of why nothing can be told of drops, ``""`` where their absence means something."""
    if incidents or tunnels:
        return ""
    return "list.no-tunnel-row" if rows is not None else "" if first > LONG_AGO else "page.sentence.nothing"


def _id(incident: Object) -> str:
    return str(incident["gateway"]["resource_id"])


def _tunnels(incidents: Iterable[Object], logs: Mapping[str, GatewayLog]) -> defaultdict[str, set[Tunnel]]:
    """Gateway -> its tunnels, as far as rows and outages name them; without an instance where an outage has none."""
    found = defaultdict(set, {g: {event[2:4] for event in log.tunnels} for g, log in logs.items()})
    for i in incidents:
        for o in i["outages"]:
            instances = {o["instance_down"] or "", o["instance_up"] or ""}
            found[_id(i)] |= {(o["remote_ip"] or "", n) for n in instances - {""} or {""}}
    return found


def _maintenance(
    incidents: Iterable[Object], logs: Mapping[str, GatewayLog], style: Style
) -> defaultdict[str, dict[int, str]]:
    """Gateway -> when its maintenance was logged, with the row in words; without rows, what is evidence."""
    found: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for i in incidents:
        rows = [e for e in i["cause"]["evidence"] if e.get("kind") in MAINTENANCE]
        found[_id(i)] |= {at: clean(e["text"]) for e in rows if (at := _at(e["at"])) is not None}
    for g, log in logs.items():
        for c in (c for c in log.changes if c.kind is ChangeKind.MAINTENANCE):
            said = Evidence(c.at, c.category, MAINTENANCE[0], c.instance, "", c.message or c.operation)
            found[g].setdefault(_ms(c.at), evidence_text(said, style))
    return found


def _gateway(resource_id: str, tunnels: Iterable[Tunnel], marks: Mapping[int, str], style: Style) -> dict[str, Any]:
    peers = sorted({p for p, _ in tunnels}, key=lambda p: (place(p, style), p))
    order = {peer: n for n, peer in enumerate(peers)}
    return {
        "name": gateway(resource_id, style),
        "links": link_parts(resource_id),
        "peers": [[clean(p), place(p, style), address(p, style)] for p in peers],
        "tunnels": [
            [order[p], clean(n), instance(n, style)] for p, n in sorted(tunnels, key=lambda t: (order[t[0]], t[1]))
        ],
        "maintenance": sorted(marks.items()),
    }


def _incident(i: Object, n: int, style: Style, shown: Shown | None) -> dict[str, Any]:
    style = style.at(_id(i))
    cause, peers = i["cause"], list(dict.fromkeys(o["remote_ip"] or "" for o in i["outages"]))
    return {
        "id": clean(i["id"]),
        "gateway": n,
        "status": "unwatched" if i.get("unwatched") else i["status"],
        "from": _at(i["started_at"]),
        "to": _at(i["ended_at"]),
        "seconds": i["connection_downtime_seconds"],
        "tunnel_seconds": i["downtime_seconds"],
        "down_now": bool(i.get("connection_down")),
        "acknowledged": bool(i.get("acknowledged")),
        "impact": i["impact"],
        "cause": cause["code"],
        "side": cause["side"],
        "confidence": cause["confidence"],
        "where": places(peers, len(peers) + 1, style) if peers else "",
        "length": length_text(i, style) if "connection_down" in i else "",
        "summary": _cleaned(cause["summary"]),
        "evidence": [[_at(e["at"]), clean(e["category"]), _cleaned(e["text"])] for e in cause["evidence"]],
        "not_found": [_cleaned(t) for t in cause["not_found"]],
        "would_change": [_cleaned(t) for t in cause["would_change"]],
        "people": [[_at(at), _cleaned(text)[:MOST_WRITTEN]] for at, text in people_texts(i, style)],
        "remarks": [_cleaned(t) for t in i["remarks"]],
        "history": [[_at(h["at"]), clean(h["event"]), clean(h["cause"])] for h in i["history"]],
        "outages": [_outage(o, i["impact"], style) for o in i["outages"]],
        "omitted": i.get("outages_omitted", 0),
        "rows": shown.rows if shown else [],
        "rows_omitted": shown.omitted if shown else 0,
    }


def _outage(o: Object, impact: str, style: Style) -> list[Any]:
    """Peer, instance down, instance up (raw, then as said), from, to, connection lost, connection back, reason."""
    lost = o.get("connection_lost", impact == "connection-down")  # an older object does not say it of each outage
    back = o.get("connection_back_at", o["ended_at"]) if lost else None
    down, up = o["instance_down"] or "", o["instance_up"] or ""
    said = [instance(down, style) if down else "", instance(up, style) if up else ""]
    peer, reason = clean(o["remote_ip"] or ""), clean(o["reason"])
    return [peer, clean(down), clean(up), *said, _at(o["started_at"]), _at(o["ended_at"]), lost, _at(back), reason]


def _cleaned(text: str) -> str:
    """A sentence of ours may be long; what no reader can see in it is taken out all the same."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def _at(text: str | None) -> int | None:
    at = moment(text) if text else None
    return _ms(at) if at else None


def _ms(at: datetime) -> int:
    """Milliseconds since 1970 (UTC), as the browser counts."""
    return round(at.timestamp() * 1000)
