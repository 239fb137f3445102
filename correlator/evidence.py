"""The rows under a verdict, what was looked for and not found, and what would change it: keys for the wording to say.

Nothing here is text for people, so every language says the same.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from correlator.model import Cause, Confidence, Drop, GatewayChange, Incident, Side

TUNNEL_LOG = "TunnelDiagnosticLog"
GATEWAY_LOG = "GatewayDiagnosticLog"
STATUS = "ConnectionStatus"
ACTIVITY = "AzureActivity"
PLANNED = "PlannedWork"
ADDRESS = r"\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b"
MOST = 12
"""Rows listed of one incident; an episode of two hundred tunnels needs no four hundred lines to be believed."""


class Evidence(NamedTuple):
    """One row that the verdict rests on. ``key`` names the sentence, the rest fills it."""

    at: datetime
    category: str
    key: str
    instance: str = ""
    peer: str = ""
    text: str = ""
    how_many: int = 0
    who: str = ""


def evidence(incident: Incident) -> list[Evidence]:
    """The rows that decide come first into the list, then it is put in order of time; never more than ``MOST``."""
    asked = [Evidence(w.at, STATUS, "status-row", "", w.connection, w.status) for w in incident.witnesses]
    plans = [Evidence(e.start, PLANNED, "planned-row", text=e.why, who=e.who) for e in incident.planned]
    rows = [*_changes(incident), *_support(incident), *_company(incident), *_unlogged_hops(incident)]
    found = [*plans, *rows, *asked, *_tunnel_rows(incident)]
    return sorted(dict.fromkeys(found[:MOST]))


def _changes(incident: Incident) -> Iterator[Evidence]:
    for drop in incident.drops:
        around = drop.around
        for key, row in (
            ("far-maintenance-row" if around.far else "maintenance-row", around.maintenance),
            ("reset-row", around.reset),
            (_configuration_key(around.configuration), around.configuration),
            ("fault-row", around.fault),
            ("primary-changed-row", around.primary_changed),
            ("other-instance-row", None if around.maintenance else around.elsewhere),
        ):
            if row:
                yield _change(key, row)


def _support(incident: Incident) -> Iterator[Evidence]:
    """What IKE and BGP say around the drops: each row once, by the first drop that it stands beside."""
    seen: set[GatewayChange] = set()
    for drop in incident.drops:
        ike, bgp = drop.around.ike, drop.around.bgp
        if ike and ike not in seen:
            yield Evidence(ike.at, ike.category, ike.kind.value, ike.instance, drop.outage.peer, ike.message)
        if bgp and bgp not in seen:
            later = max(0, round((bgp.at - drop.outage.start).total_seconds()))
            yield Evidence(bgp.at, bgp.category, "bgp-lost", bgp.instance, bgp_peer(bgp.message), how_many=later)
        seen |= {row for row in (ike, bgp) if row}


def bgp_peer(message: str) -> str:
    """The first address in a message whose form nobody has published; ``""`` where there is none."""
    found = re.search(ADDRESS, message)
    return found[0] if found else ""


def _configuration_key(row: GatewayChange | None) -> str:
    return "operation-row" if row and row.category == ACTIVITY else "configuration-row"


def _change(key: str, row: GatewayChange) -> Evidence:
    return Evidence(row.at, row.category, key, row.instance, "", row.message or row.operation)


def _company(incident: Incident) -> Iterator[Evidence]:
    together = max(incident.drops, key=lambda d: d.around.together)
    if together.around.together:
        start = together.outage.start
        yield Evidence(start, TUNNEL_LOG, "all-peers-at-once", how_many=together.around.together)
    both = next((d for d in incident.drops if d.around.both_instances), None)
    if both:
        yield Evidence(both.outage.start, TUNNEL_LOG, "lost-on-both-instances", peer=both.outage.peer)


def _unlogged_hops(incident: Incident) -> Iterator[Evidence]:
    for drop in hops_without_a_row(incident):
        yield Evidence(drop.outage.start, GATEWAY_LOG, "hop-without-a-row", drop.outage.instance_down)


def hops_without_a_row(incident: Incident) -> list[Drop]:
    """The first drop of each instance that a maintenance visited and no maintenance row speaks for.

    That it was the maintenance is likely at most: a reset in those two hours would look the same.
    """
    if incident.finding.cause is not Cause.AZURE_MAINTENANCE:
        return []
    logged = {d.outage.instance_down for d in incident.drops if d.around.maintenance}
    first: dict[str, Drop] = {}
    for drop in incident.drops:
        first.setdefault(drop.outage.instance_down, drop)
    return [drop for instance, drop in first.items() if instance and logged and instance not in logged]


def _tunnel_rows(incident: Incident) -> Iterator[Evidence]:
    first, *between = incident.drops
    for drop in (first, *between[-1:], *between[:-1]):  # how it began and how it stands now, before all the rest
        yield from _rows_of(drop)


def _rows_of(drop: Drop) -> Iterator[Evidence]:
    o = drop.outage
    if o.switch:
        yield Evidence(o.start, TUNNEL_LOG, "switched", o.instance_up, o.peer)
        return
    yield Evidence(o.start, TUNNEL_LOG, "disconnected", o.instance_down, o.peer, o.reason)
    if o.end:
        key = "connected-same" if o.instance_up == o.instance_down else "connected-other"
        yield Evidence(o.end, TUNNEL_LOG, key, o.instance_up, o.peer)


def not_found(incident: Incident) -> list[str]:
    """Keys of what was looked for in vain, or not looked at."""
    keys = []
    if not any(d.around.maintenance for d in incident.drops):
        keys.append("no-maintenance-row")
    if not any(d.around.configuration for d in incident.drops):
        keys.append("no-configuration-row")
    if not all(d.around.activity for d in incident.drops):
        keys.append("operations-not-read" if any(d.around.fault for d in incident.drops) else "activity-log-not-read")
    elif not any(d.around.reset or d.around.fault for d in incident.drops):
        keys.append("no-reset-row")
    if any(d.around.ike_failed for d in incident.drops):
        keys.append("ike-log-not-read")
    if any(d.outage.at_most for d in incident.drops):
        keys.append("no-row-of-the-return")
    return keys


def would_change(incident: Incident) -> list[str]:
    """Keys of what could still overturn the verdict."""
    keys = []
    if incident.pending:
        keys.append("late-rows")
    if incident.ended_at is None and incident.finding.confidence is not Confidence.CONFIRMED:
        keys.append("how-it-comes-back")
    match incident.finding.cause:
        case Cause.AZURE_MAINTENANCE:
            keys.append("a-reset-or-change")
        case Cause.AZURE_FAILOVER:
            keys += ["a-maintenance-row", "a-reset-or-change"]
        case Cause.REMOTE_CLOSED:
            keys += ["the-peer-did-not-close", "a-maintenance-row"]
        case Cause.PLANNED_WORK:
            keys.append("a-maintenance-row")
        case Cause.CONFIGURATION_CHANGE:
            keys += ["no-change-was-made", "a-maintenance-row"]
        case _:
            keys += ["a-maintenance-row", "a-word-from-the-peer"]
    return keys


def remarks(incident: Incident) -> list[str]:
    """Keys of what is worth knowing beside the verdict."""
    keys = []
    if any(d.outage.switch for d in incident.drops):
        keys.append("switch-of-unknown-length")
    if incident.flapping:
        keys.append("flapping")
    if incident.planned and incident.finding.cause.side is Side.AZURE:
        keys.append("planned-work-entered")
    if incident.muted:
        keys.append("muted")
    if incident.closed and incident.ended_at is None:
        keys.append("closed")
    if incident.unwatched:
        keys.append("workspace-left")
    if regular_every(incident):
        keys.append("regular-drops")
    return keys


def regular_every(incident: Incident) -> float:
    """Seconds between the drops of a tunnel that falls regularly, by its latest drop; 0 where none does."""
    return next((d.around.every for d in reversed(incident.drops) if d.around.every), 0.0)
