"""The gateways that are watched, as Azure's own list names them: what the log of a quiet tunnel cannot say.

A healthy gateway may log nothing for weeks. The list says that it is there, what its connections are called, who is at
their far end and whether both instances carry tunnels. Resource ids are folded: lower case, without a slash at the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from ipaddress import ip_address
from typing import Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

T = TypeVar("T")
_GROUP = re.compile(r"/subscriptions/[^/]+/resourcegroups/[^/]+", re.IGNORECASE)
_MANAGEMENT_GROUP = re.compile(r"/providers/microsoft\.management/managementgroups/([\w.()-]{1,90})", re.IGNORECASE)
_SUBSCRIPTION = re.compile(r"/subscriptions/[^/]+", re.IGNORECASE)
STATUSES = ("Connected", "NotConnected", "Connecting", "Unknown")
"""What Azure says of a connection (properties.connectionStatus)."""


def folded(resource_id: str) -> str:
    """A resource id as it is compared: Azure spells the same id in several cases."""
    return resource_id.strip().rstrip("/").lower()


def is_group(text: str) -> bool:
    """Whether a text is a resource group's id: the logs of what lies in it can be asked for, instead of a workspace."""
    return bool(_GROUP.fullmatch(text.strip().rstrip("/")))


def management_group(text: str) -> str:
    """The name in a management group's id; ``""`` if it is none."""
    found = _MANAGEMENT_GROUP.fullmatch(folded(text))
    return found[1] if found else ""


def is_wide(text: str) -> bool:
    """Whether a text is the id of a subscription or a management group: what lies in it is found by Resource Graph."""
    return bool(_SUBSCRIPTION.fullmatch(folded(text)) or management_group(text))


class Connection(Struct, frozen=True):
    """One connection of a gateway. In Virtual WAN it may have several links, each with its peer.

    ``peers`` are public addresses or DNS names of the far end, none where they could not be read. ``peer_gateway`` is
    the id of the Azure gateway at the far end (VNet-to-VNet), else ``""``.
    """

    name: str
    resource_id: str
    peers: tuple[str, ...]
    peer_gateway: str = ""


class Gateway(Struct, frozen=True):
    """One VPN gateway. ``kind`` is its resource type: virtualNetworkGateways or vpnGateways.

    A policy-based gateway logs no tunnels. ``addresses`` are its own public ones, by instance, where they are known.
    ``tags`` are ``key:value`` in lower case: its own, and those of its resource group that it does not have.
    """

    resource_id: str
    name: str
    kind: str
    active_active: bool
    policy_based: bool
    addresses: tuple[str, ...]
    connections: tuple[Connection, ...]
    tags: tuple[str, ...] = ()


class Workspace(Struct, frozen=True):
    """A Log Analytics workspace that was found: its folded id, and the customer id by which it is queried."""

    resource_id: str
    customer_id: str


class Refused(Struct, frozen=True):
    """Something that could not be read: its id, and one line that says why and the way out."""

    scope: str
    why: str


class DiagnosticSetting(Struct, frozen=True):
    """Where a gateway sends its logs: the folded id of a workspace (``""``: to none), and the categories that are on.

    A group of categories stands among them by its name: ``allLogs``.
    """

    name: str
    workspace: str
    categories: frozenset[str]

    def sends(self, category: str) -> bool:
        """Whether rows of this category go to a workspace."""
        return bool(self.workspace) and not self.categories.isdisjoint((category, "allLogs"))


class GatewayList(Struct, frozen=True, dict=True):
    """What was read, in the order of the ids, and what was not. What is asked often is indexed when first asked.

    ``subscriptions`` are those that may be read as a whole: folded id -> name. ``workspaces`` were found in the wide
    entries of WORKSPACE_IDS.
    """

    gateways: tuple[Gateway, ...] = ()
    refused: tuple[Refused, ...] = ()
    subscriptions: Mapping[str, str] = {}
    workspaces: tuple[Workspace, ...] = ()

    @cached_property
    def customers(self) -> frozenset[str]:
        """The found workspaces by their customer ids."""
        return frozenset(w.customer_id.lower() for w in self.workspaces)

    @property
    def has_all_workspaces(self) -> bool:
        """Whether what it lacks is not there: some were found, and no wide entry was refused."""
        return bool(self.workspaces) and not any(is_wide(r.scope) for r in self.refused)

    @cached_property
    def _by_id(self) -> dict[str, Gateway]:
        return {g.resource_id: g for g in self.gateways}

    @cached_property
    def _hidden(self) -> frozenset[str]:
        return frozenset(folded(r.scope) for r in self.refused)

    @cached_property
    def _blind(self) -> bool:
        return any(map(management_group, self._hidden))

    def find(self, resource_id: str) -> Gateway | None:
        """The gateway with this id, in any case."""
        return self._by_id.get(folded(resource_id))

    def connection_of(self, gateway_id: str, peer: str) -> Connection | None:
        """The connection of a gateway to a peer, as a log row names it: by its address."""
        gateway, wanted = self.find(gateway_id), peer.strip().lower()
        return next((c for c in gateway.connections if wanted in c.peers), None) if gateway else None

    @cached_property
    def active_active(self) -> dict[str, bool]:
        """Gateway id -> whether both instances carry tunnels at the same time."""
        return {g.resource_id: g.active_active for g in self.gateways}

    @cached_property
    def peers(self) -> dict[str, frozenset[str]]:
        """Gateway id -> the addresses of all its peers, for gateways whose every peer is known by its address.

        A peer that is known by a DNS name stands in the log under an address that may change.
        """
        return {
            g.resource_id: frozenset(p for c in g.connections for p in c.peers)
            for g in self.gateways
            if g.connections and all(c.peers and all(map(_is_address, c.peers)) for c in g.connections)
        }

    @cached_property
    def addresses(self) -> dict[str, str]:
        """Public address of a gateway -> its id."""
        return {a: g.resource_id for g in self.gateways for a in g.addresses}

    @cached_property
    def connection_names(self) -> dict[str, dict[str, str]]:
        """Gateway id -> peer -> the name of the connection to it."""
        return {g.resource_id: {p: c.name for c in g.connections for p in c.peers} for g in self.gateways}

    def hides(self, resource_id: str) -> bool:
        """Whether this id lies in what was refused, so that its absence from the list means nothing.

        What lies in a management group cannot be told from an id: where one was refused, anything may.
        """
        return self._blind or (bool(self._hidden) and not self._hidden.isdisjoint(_scopes_of(folded(resource_id))))


def _scopes_of(resource_id: str) -> Iterator[str]:
    """The id itself and all that it lies in."""
    parts = resource_id.split("/")
    return ("/".join(parts[:end]) for end in range(len(parts), 0, -1))


class Listed(Struct, frozen=True):
    """The list as it was kept, when it was read (UTC), and of which scopes.

    ``removed`` are gateways that were once listed and are no more, ``aliases`` the ids of moved ones -> their new ids,
    and ``moved_at`` when the list first said so (UTC). ``touched`` are gateways that went, moved, or lost connections,
    until every workspace was polled with that in mind: what was down there may be no more. ``places`` are the wide
    entries of WORKSPACE_IDS that were looked through. Of the workspaces that were found (by customer id) ``untried``
    have not been asked yet, and ``unread`` gave nothing when they were: they are left alone until the list is read
    again. ``since`` is when the first of an unbroken row of whole lists of these places was read (UTC), and ``lacked``
    when one of them first lacked a workspace that was found before.
    """

    read_at: datetime
    found: GatewayList
    scopes: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    aliases: Mapping[str, str] = {}
    moved_at: Mapping[str, datetime] = {}
    touched: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    untried: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    since: datetime | None = None
    lacked: Mapping[str, datetime] = {}

    def lacks_since(self, workspace: str) -> datetime | None:
        """Since when whole lists lack a workspace (UTC); None where this one has it or may not have seen it."""
        if not self.found.has_all_workspaces or workspace.lower() in self.found.customers:
            return None
        return self.lacked.get(workspace.lower(), self.since or self.read_at)

    def renewed(
        self, read_at: datetime, found: GatewayList, scopes: tuple[str, ...] = (), places: tuple[str, ...] = ()
    ) -> Listed:
        """The same with what a later look found. What is back is no longer removed."""
        changed = changes(self.found, found).gateways
        moved = {old.resource_id: new.resource_id for old, new in changed.moved}
        lost = {*self.removed, *moved, *(g.resource_id for g in changed.removed)}
        removed = tuple(sorted(i for i in lost if found.find(i) is None))
        older = {old: moved.get(new, new) for old, new in self.aliases.items()}
        aliases = {old: new for old, new in (older | moved).items() if found.find(old) is None}
        known = {**dict.fromkeys(moved, read_at), **self.moved_at}
        moved_at = {old: known[old] for old in aliases if old in known}
        touched = tuple(sorted({*self.touched, *_touched(self.found, found)}))
        renewed = Listed(read_at, found, scopes, removed, aliases, moved_at, touched, places, since=read_at)
        if self.places != places or not (self.found.has_all_workspaces and found.has_all_workspaces):
            return renewed
        gone = {*self.lacked, *self.found.customers} - found.customers
        lacked = {w: self.lacked.get(w, read_at) for w in sorted(gone)}
        return replace(renewed, since=self.since or self.read_at, lacked=lacked)


def _touched(before: GatewayList, after: GatewayList) -> set[str]:
    kept = {g.resource_id: g.connections for g in after.gateways}
    return {g.resource_id for g in before.gateways if kept.get(g.resource_id) != g.connections}


class Difference(Struct, Generic[T], frozen=True):
    """What came, what went, and what has its old name under another id: re-created elsewhere, or moved."""

    added: tuple[T, ...] = ()
    removed: tuple[T, ...] = ()
    moved: tuple[tuple[T, T], ...] = ()
    """Before and after."""

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.moved)


class Changes(Struct, frozen=True):
    """What is different between two lists. False if nothing is."""

    gateways: Difference[Gateway]
    connections: Difference[Connection]

    def __bool__(self) -> bool:
        return bool(self.gateways or self.connections)


def _is_address(peer: str) -> bool:
    try:
        ip_address(peer)
    except ValueError:
        return False
    return True


def changes(before: GatewayList, after: GatewayList) -> Changes:
    """What happened between two lists. What one was refused is neither new nor gone, nor is what both hold."""
    gateways = _difference(
        {g.resource_id: g for g in before.gateways if after.find(g.resource_id) or not after.hides(g.resource_id)},
        {g.resource_id: g for g in after.gateways if before.find(g.resource_id) or not before.hides(g.resource_id)},
        lambda g: (g.kind, g.name.lower()),
    )
    old, new = dict(_connections(before, after)), dict(_connections(after, before))
    found = _difference(old, new, lambda pair: (pair[0].name.lower(), pair[1].name.lower()))
    connections = Difference(
        tuple(c for _, c in found.added),
        tuple(c for _, c in found.removed),
        tuple((b, a) for (_, b), (_, a) in found.moved),
    )
    return Changes(gateways, connections)


def _connections(of: GatewayList, other: GatewayList) -> Iterator[tuple[str, tuple[Gateway, Connection]]]:
    theirs = {c.resource_id for g in other.gateways for c in g.connections}
    for gateway in of.gateways:
        for connection in gateway.connections:
            hidden = other.hides(gateway.resource_id) or other.hides(connection.resource_id)
            if connection.resource_id in theirs or not hidden:
                yield connection.resource_id, (gateway, connection)


def _difference(before: Mapping[str, T], after: Mapping[str, T], name: Callable[[T], Hashable]) -> Difference[T]:
    """By id; a name that only one of the lost and only one of the new has is the same thing at another place."""
    removed = [thing for key, thing in before.items() if key not in after]
    added = [thing for key, thing in after.items() if key not in before]
    lost, new = _unique(removed, name), _unique(added, name)
    moved = {n: (lost[n], new[n]) for n in lost if n in new}
    return Difference(
        tuple(t for t in added if name(t) not in moved),
        tuple(t for t in removed if name(t) not in moved),
        tuple(moved.values()),
    )


def _unique(things: Iterable[T], name: Callable[[T], Hashable]) -> dict[Hashable, T]:
    named: dict[Hashable, list[T]] = {}
    for thing in things:
        named.setdefault(name(thing), []).append(thing)
    return {key: found[0] for key, found in named.items() if len(found) == 1}
