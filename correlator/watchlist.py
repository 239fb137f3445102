"""What is polled, and for how long a gateway list is good: a day, an hour where some of it was refused."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from correlator.errors import SourceUnavailable
from correlator.gateways import Listed, is_wide
from correlator.model import LONG_AGO, GatewayState, Move, Policy, Status, Witness
from correlator.ports import GatewaySource
from correlator.settings import Settings

log = logging.getLogger("correlator")
FRESH_FOR, DOUBTFUL_FOR = timedelta(days=1), timedelta(hours=1)
IN_DOUBT_FOR = timedelta(days=9)
"""Three times a weekend without polls. A schedule that leaves out days excuses a year, which is too long to wait."""


def is_fresh(listed: Listed | None, scopes: Sequence[str], now: datetime, places: Sequence[str] = ()) -> bool:
    """Whether the list was read of these scopes within the last day; the last hour, if some of it was refused."""
    if listed is None or (listed.scopes, listed.places) != (tuple(scopes), tuple(places)):
        return False
    return now - listed.read_at < (DOUBTFUL_FOR if listed.found.refused else FRESH_FOR)


def places_of(settings: Settings) -> tuple[str, ...]:
    """The entries of WORKSPACE_IDS that stand for every workspace in them."""
    return tuple(w for w in settings.workspace_ids if is_wide(w))


def workspaces(settings: Settings, listed: Listed | None) -> tuple[str, ...]:
    """What is polled now: the workspaces and resource groups that are named, then those that were found."""
    named = tuple(w for w in settings.workspace_ids if not is_wide(w))
    if listed is None or len(named) == len(settings.workspace_ids):
        return named
    out = {*(w.lower() for w in named), *listed.untried, *listed.unread}
    return (*named, *dict.fromkeys(w.customer_id for w in listed.found.workspaces if w.customer_id not in out))


def not_polled(known: Iterable[str], polled: Iterable[str]) -> list[str]:
    """Of the workspaces that were polled at some time those that are not now, for whatever reason."""
    now = {w.lower() for w in polled}
    return sorted(w for w in known if w.lower() not in now)


def has_left(
    workspace: str, mark: datetime, now: datetime, settings: Settings, listed: Listed | None, longest: timedelta
) -> bool:
    """Whether a workspace that is not polled any more was taken out of WORKSPACE_IDS (last good poll at ``mark``).

    For so ``longest``, nine days at most, no other process may have polled it, as one with the settings of before
    would. What can be found in wide entries has left only where a whole list of just these entries lacks it, and one of
    a day before did, after its last poll: not one that is empty, or in which an entry was refused.
    """
    if now - mark <= min(longest, IN_DOUBT_FOR):
        return False
    places = places_of(settings)
    if not places:
        return True
    if listed is None or listed.places != places:
        return False
    since = listed.lacks_since(workspace)
    return since is not None and listed.read_at - max(mark, since) >= FRESH_FOR


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
