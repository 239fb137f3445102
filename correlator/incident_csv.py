"""Incidents, their outages and sums as lines of a sheet: the columns are public and only grow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from correlator.incident_json import gateway_name
from correlator.model import Cause
from correlator.stats import By, Stats, Sum

INCIDENT = (
    "id", "status", "gateway", "remote_ips", "started_at", "ended_at", "downtime_seconds",
    "connection_downtime_seconds", "impact", "cause", "side", "confidence", "pending", "rule", "drops", "flapping",
    "summary",
)  # fmt: skip
OUTAGE = (
    "incident", "remote_ip", "instance_down", "instance_up", "started_at", "ended_at", "duration_seconds",
    "connection_lost", "connection_back_at", "open", "reason",
)  # fmt: skip
FIGURES = (
    "incidents", "drops", "downtime_seconds", "connection_downtime_seconds", "longest_seconds", "open", "judged",
    "agreed",
)  # fmt: skip
_GROUPS: Mapping[By, tuple[str, ...]] = {
    By.CAUSE: ("cause", "side"),
    By.GATEWAY: ("gateway", "gateway_id"),
    By.TUNNEL: ("gateway", "gateway_id", "remote_ip"),
}


def incident_line(document: Mapping[str, Any]) -> dict[str, Any]:
    """An incident object as one line."""
    cause = document["cause"]
    peers = dict.fromkeys(o["remote_ip"] or "-" for o in document["outages"])
    return {
        **document,
        "gateway": document["gateway"]["name"],
        "remote_ips": " ".join(peers),
        "cause": cause["code"],
        "drops": len(document["outages"]) + document.get("outages_omitted", 0),
        **{key: cause[key] for key in ("side", "confidence", "pending", "rule", "summary")},
    }


def stats_columns(found: Stats) -> list[str]:
    """The columns of these sums."""
    return [*dict.fromkeys(c for b in found.by for c in _GROUPS.get(b, (b.value,))), *FIGURES]


def stats_line(found: Stats, line: Sum) -> dict[str, Any]:
    """One line of the sums with its groups named."""
    values: dict[str, Any] = {}
    for by, of in zip(found.by, line.of, strict=True):
        values |= _named(by, of)
    return values | figures(line)


def figures(line: Sum) -> dict[str, Any]:
    """The figures of a line, by their names."""
    return {name: getattr(line, name) for name in FIGURES}


def _named(by: By, of: str) -> Mapping[str, Any]:
    match by:
        case By.CAUSE:
            return {"cause": of, "side": Cause(of).side.value}
        case By.GATEWAY:
            return {"gateway": gateway_name(of), "gateway_id": of}
        case By.TUNNEL:
            gateway, _, peer = of.rpartition(" ")
            return {"gateway": gateway_name(gateway), "gateway_id": gateway, "remote_ip": None if peer == "-" else peer}
    return {by.value: of}
