"""Events: CloudEvents 1.0 in structured JSON for a receiver of your own, signed as Standard Webhooks says.

``data`` is the public incident object with the message's moment and number (or the summary, or what the monitor says
of itself). The id of an event and ``webhook-id`` are one, made from what is told and not from the try: a receiver that
drops ids which it knows is told everything once.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import asdict

from correlator.channels._content import one_line
from correlator.incident_json import bounded, incident_object, iso
from correlator.notification import Missed, Notification, Welcome
from correlator.summary_json import shortened, summary_object
from correlator.wording import Style
from correlator.wording.messages import what_happened

Event = dict[str, Any]
LIMIT = 20_000
"""Bytes of JSON: Standard Webhooks asks for less than 20 KB, CloudEvents forwards 64 KiB for sure."""
EACH_END = (100, 20, 8, 2)
"""How many of the first and of the last outages are kept, or of a report's incidents; tried from the left."""
PREFIX = "vpn-correlator"
MONITOR = f"/{PREFIX}"
"""The source of what is not about one gateway."""
LONG_WORDS = ("evidence", "not_found", "would_change")


def render(n: Notification, style: Style) -> Event:
    """The full event, with fewer outages where it would be too long (``outages_omitted`` says how many)."""
    for each_end in EACH_END:
        event = _event(n, style, _data(n, style, each_end))
        if size(event) <= LIMIT:
            return event
    return render_plain(n, style)


def render_plain(n: Notification, style: Style) -> Event:
    """Without outages, history and evidence: what every receiver can take."""
    data = _data(n, style, 1)
    if n.incident:
        omitted = len(data["outages"]) + data.get("outages_omitted", 0)
        cause = {k: v for k, v in data["cause"].items() if k not in LONG_WORDS} | {k: [] for k in LONG_WORDS}
        data |= {"outages": [], "cause": cause, "history": [], "remarks": []}
        data |= {"outages_omitted": omitted} if omitted else {}
        data = {k: v for k, v in data.items() if k not in ("notes", "also")}
    else:
        data = {k: v for k, v in data.items() if not isinstance(v, list | dict)}
    return _event(n, style, data)


def size(event: object) -> int:
    """Bytes as they are sent."""
    return len(json.dumps(event))


def event_id(n: Notification) -> str:
    """The same for every try of a message, another for every message; without dots, which the signature divides by."""
    whose = [n.parked.channel] if n.parked else []
    about = n.unwatched or n.blind or n.mending
    if about:  # several may be told at once; the id is a header too, and a group's name may hold any letter
        whose = [hashlib.blake2b(msgspec.json.encode(about), digest_size=4).hexdigest()]
    return "-".join([f"{n.at:%Y%m%dT%H%M%S%f}", n.subject, n.moment.value, *whose, f"{n.number}"])


def signature(event: str, timestamp: int, body: bytes, keys: Sequence[bytes]) -> str:
    """One ``v1`` signature a key with spaces between: HMAC-SHA256 over id, Unix time in seconds and body."""
    signed = f"{event}.{timestamp}.".encode() + body
    found = (base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys)
    return " ".join(f"v1,{each}" for each in found)


def _event(n: Notification, style: Style, data: Event) -> Event:
    incident = n.incident
    return {
        "specversion": "1.0",
        "id": event_id(n),
        "source": incident.gateway if incident else MONITOR,
        "type": f"{PREFIX}.{'incident' if incident else 'monitor'}.{n.moment.value}.v1",
        "subject": n.subject,
        "time": iso(n.at),
        "datacontenttype": "application/json",
        "data": {"moment": n.moment.value, "number": n.number, "headline": what_happened(n, style), **data},
    }


def _data(n: Notification, style: Style, each_end: int) -> Event:
    if n.incident:
        also = [{"id": a.id, "moment": a.moment.value, "number": a.number, "status": a.status.value} for a in n.also]
        return bounded(incident_object(n.incident, style), each_end) | ({"also": also} if also else {})
    if n.week:
        return shortened(summary_object(n.week, style), each_end // 2)
    if n.welcome:
        return _welcome(n.welcome)
    if n.missed:
        return _missed(n.missed)
    if n.blind:
        gaps = [{"since": iso(g.since), "until": iso(g.until)} for g in n.blind.gaps]
        return {"gaps": gaps, "incidents": n.blind.incidents}
    if n.unwatched:
        return n.unwatched._asdict()
    return {"channel": n.parked.channel, "why": n.parked.why} if n.parked else {"text": one_line(n, style)}


def _welcome(welcome: Welcome) -> Event:
    return {
        "gateways": welcome.gateways,
        "connections": welcome.connections,
        "since": iso(welcome.since),
        "until": iso(welcome.until),
        "causes": [asdict(c) for c in welcome.causes],
        "gaps": [asdict(g) for g in welcome.gaps],
    }


def _missed(missed: Missed) -> Event:
    return asdict(missed) | {
        "since": iso(missed.since),
        "until": iso(missed.until),
        "subjects": list(missed.subjects),
    }
