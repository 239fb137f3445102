"""Composed reports: the fortnight, many of it, and what somebody ill-meaning would put into a log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from msgspec.structs import replace

from correlator.categories import read_rows
from correlator.correlate import correlate
from correlator.incident_json import incident_object, iso
from correlator.model import Incident, LogRow, Policy, Status
from correlator.settings import Settings
from correlator.sites import names
from correlator.sources.export import read_files
from correlator.wording import Style
from sandbox.nights import fortnight

SITES = names(Settings.read({"SITES": fortnight.SITES}).sites)
EN, JA = Style("en", "Asia/Tokyo", SITES), Style("ja", "Asia/Tokyo", SITES)
HOSTILE = "</script><script>window.harmed=1</script><img src=x onerror=window.harmed=1>\u202egnp.exe\u2028" + "x" * 200
PERIOD = timedelta(days=14)
UNENDED = {
    "VPN-20260820-HTZ310": (Status.REMOVED, False),  # nagoya-plant, down on Thu 20 Aug: a person closed it
    "VPN-20260824-XZDTRE": (Status.OPEN, False),  # sendai-office, down since Mon 24 Aug
    "VPN-20260825-N2PBQ9": (Status.REMOVED, True),  # kyoto-lab, one instance: its workspace left
}
"""Incidents whose last return ``unended`` takes away: how they then stand, and whether they are unwatched."""
DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@cache
def rows() -> list[LogRow]:
    """The rows of the composed fortnight."""
    return read_files([fortnight.FILE]).rows


def incidents(style: Style = EN) -> list[dict[str, Any]]:
    """Its incidents as public objects."""
    return [incident_object(i, style) for i in _judged()]


def unended(style: Style = EN) -> list[dict[str, Any]]:
    """The fortnight, but three drops did not come back by the log: one is open, of the others nobody knows the end."""
    return [incident_object(_unended(i, *UNENDED[i.id]) if i.id in UNENDED else i, style) for i in _judged()]


def _judged() -> list[Incident]:
    return [i for log in read_rows(rows()).logs.values() for i in correlate(log, Policy()).incidents]


def _unended(incident: Incident, status: Status, unwatched: bool) -> Incident:
    *before, last = incident.drops
    last = replace(last, outage=replace(last.outage, end=None, instance_up="", cut_end=None))
    return replace(incident, drops=(*before, last), status=status, unwatched=unwatched)


def many(n: int) -> list[dict[str, Any]]:
    """``n`` incidents: one fortnight after the other, under names of their own."""
    night = sorted(incidents(), key=lambda i: str(i["started_at"]))[:-1]  # the last is open and would stay so for years
    return [_moved(night[k % len(night)], k, k // len(night) * PERIOD) for k in range(n)]


def _moved(incident: Mapping[str, Any], k: int, by: timedelta) -> dict[str, Any]:
    moved: dict[str, Any] = json.loads(json.dumps(incident), object_hook=lambda o: _later(o, by))
    moved["id"] = f"VPN-{moved['started_at'][:10].replace('-', '')}-{_code(k)}"
    return moved


def _later(found: dict[str, Any], by: timedelta) -> dict[str, Any]:
    times = {key: t for key, t in found.items() if (key == "at" or key.endswith("_at")) and t}
    return found | {key: iso(datetime.fromisoformat(t) + by) for key, t in times.items()}


def _code(k: int) -> str:
    return "".join(DIGITS[k // 32**p % 32] for p in range(5, -1, -1))


def hostile() -> list[dict[str, Any]]:
    """The fortnight with such a text wherever an object holds one that could come from a log or a setting."""
    found = deepcopy(incidents())
    for i in found:
        i["gateway"]["resource_id"] = f"/subscriptions/x/{HOSTILE}"
        i["gateway"]["name"] = i["cause"]["summary"] = i["cause"]["rule"] = HOSTILE
        i["cause"]["not_found"] = i["cause"]["would_change"] = i["remarks"] = [HOSTILE]
        for evidence in i["cause"]["evidence"]:
            evidence |= {"text": HOSTILE, "category": HOSTILE}
        for outage in i["outages"]:
            outage |= {"reason": HOSTILE, "remote_ip": HOSTILE, "instance_down": HOSTILE, "instance_up": HOSTILE}
        i["history"] = [h | {"event": HOSTILE, "cause": HOSTILE} for h in i["history"]]
    return found


def hostile_rows() -> list[LogRow]:
    """Rows that carry the same."""
    return [
        r._replace(
            gateway=f"/subscriptions/x/{HOSTILE}", operation=HOSTILE, message=HOSTILE, reason=HOSTILE, peer=HOSTILE
        )
        for r in rows()
    ]
