"""The gateway list, kept fresh: read daily, hourly where some of it was refused, and never needed to go on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from correlator.errors import SourceUnavailable
from correlator.gateways import Listed, changes
from correlator.model import LONG_AGO, GatewayState, Move, Policy, Status, Witness
from correlator.ports import GatewaySource

log = logging.getLogger("correlator")
FRESH_FOR, DOUBTFUL_FOR = timedelta(days=1), timedelta(hours=1)


def is_fresh(listed: Listed | None, scopes: Sequence[str], now: datetime) -> bool:
    """Whether the list was read of these scopes within the last day; the last hour, if some of it was refused."""
    if listed is None or listed.scopes != tuple(scopes):
        return False
    return now - listed.read_at < (DOUBTFUL_FOR if listed.found.refused else FRESH_FOR)


def read_anew(listed: Listed | None, source: GatewaySource, scopes: Sequence[str], now: datetime) -> Listed | None:
    """The list as it is today, or as it was kept where Azure does not answer."""
    try:
        found = source.list_gateways(scopes)
    except SourceUnavailable as failed:
        log.warning("the gateway list could not be read; the app goes on with what it knows: %s", failed)
        return listed
    for refused in found.refused:
        log.warning("gateway list: %s: %s", refused.scope, refused.why)
    if listed is None:
        return Listed(now, found, tuple(scopes))
    changed = changes(listed.found, found).gateways
    for what, gateways in (("added", changed.added), ("removed", changed.removed)):
        for gateway in gateways:
            log.info("gateway list: %s %s", what, gateway.resource_id)
    for before, after in changed.moved:
        log.info("gateway list: %s is now %s", before.resource_id, after.resource_id)
    return listed.renewed(now, found, tuple(scopes))


def informed(policy: Policy, listed: Listed | None) -> Policy:
    """The policy with what the list knows of modes and peers."""
    if listed is None:
        return policy
    found = listed.found
    return replace(
        policy,
        active_active=found.active_active,
        peers=found.peers,
        addresses=found.addresses,
        removed=frozenset(listed.removed),
        moved={old: Move(new, listed.moved_at.get(old, LONG_AGO)) for old, new in listed.aliases.items()},
    )


class Asking:
    """Asks Azure itself for the status of connections that the log has called down for long: a second witness."""

    def __init__(self, source: GatewaySource, listed: Listed) -> None:
        self._source = source
        self._list = listed.found

    def witnesses(self, state: GatewayState, now: datetime, policy: Policy) -> dict[str, tuple[Witness, ...]]:
        """By incident: what Azure says of its open connections; each incident is asked for once."""
        return {
            t.incident.id: self._of(state.gateway, [o.peer for o in t.incident.outages if o.end is None], now)
            for t in state.tracked
            if t.incident.status is Status.OPEN
            and not t.incident.witnesses
            and any(o.end is None and o.start + policy.witness_after <= now for o in t.incident.outages)
        }

    def _of(self, gateway: str, peers: Sequence[str], now: datetime) -> tuple[Witness, ...]:
        connections = {self._list.connection_of(gateway, peer) for peer in peers}
        found = []
        for connection in sorted((c for c in connections if c), key=lambda c: c.name):
            try:
                status = self._source.status(connection.resource_id)
            except SourceUnavailable as failed:
                log.warning("the status of %s could not be read: %s", connection.name, failed)
                status = None
            if status:
                found.append(Witness(now, connection.name, status))
        return tuple(found)
