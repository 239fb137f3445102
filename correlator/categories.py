"""LogRow -> GatewayEvent: one reader per log category, in one table.

A category brings its reader here and its columns in ``queries/poll.kql``. Rows of other categories, other resources and
other operations are no business of ours and are passed over; a row that should be ours but says too little is returned
as ``Unreadable``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

from correlator.activity import ACTIVITY, Outside, covers, read_activity, subscription_of
from correlator.model import ChangeKind, GatewayChange, GatewayLog, LogRow, TunnelEvent, Unreadable, maker
from correlator.negotiation import IKE, read_negotiation
from correlator.reasons import Meaning, Vocabulary, meaning

MESSAGE_LENGTH = 300
OWN_ADDRESS = re.compile(r"\bLocal ([0-9a-f.:]+):\d+")
"""IKE rows name the gateway's own address; support's examples read "Remote a.b.c.d:500: Local e.f.g.h:500"."""
NO_ADDRESSES: Mapping[str, str] = {}
NO_FAR: dict[str, list[GatewayChange]] = {}
UPGRADE_PHRASE = "upgrade gateway started"

# Which operations mean what: facts of the product's documentation; "HostMaintenanceEvent" and the phrase above are the
# two published traces of maintenance.
OPERATIONS = {
    "hostmaintenanceevent": ChangeKind.MAINTENANCE,
    "gatewaytenantprimarychanged": ChangeKind.PRIMARY_CHANGED,
    "setgatewayconfiguration": ChangeKind.CONFIGURATION,
    "setconnectionconfiguration": ChangeKind.CONFIGURATION,
    "gatewayresourcemove": ChangeKind.CONFIGURATION,
    "migratecustomersubscription": ChangeKind.CONFIGURATION,
    "bgpdisconnectedevent": ChangeKind.BGP_LOST,
}


FAMILIAR = frozenset(
    (
        *("HostMaintenanceEvent", "GatewayTenantPrimaryChanged", "SetGatewayConfiguration"),
        *("SetConnectionConfiguration", "GatewayResourceMove", "MigrateCustomerSubscription"),
        *("BgpConnectedEvent", "BgpDisconnectedEvent", "BgpRouteUpdate", "StaticRouteUpdate"),
        *("ValidateGatewayConfiguration", "TunnelConnected", "TunnelDisconnected", ""),
    )
)
"""Every operation that the documentation names for these categories, as the service spells it."""
_FAMILIAR = frozenset(name.casefold() for name in FAMILIAR)


class Read(NamedTuple):
    """What became of the rows: a log per gateway, the rows nobody could read, and words that we do not know."""

    logs: dict[str, GatewayLog]
    unreadable: list[Unreadable]
    unmapped_reasons: Counter[str]
    unknown_operations: Counter[str]


class _Cleaned(dict[str, str]):
    """Texts that come again and again, each cleaned once: peers, instances, reasons."""

    def __missing__(self, text: str) -> str:
        cleaned = self[text] = clean(text)
        return cleaned


def _tunnel(row: LogRow, at: datetime, log: GatewayLog, cleaned: _Cleaned) -> str | None:
    _, _, _, _, operation, _, status, instance, peer, reason = row
    up = _UP_OR_DOWN.get(status)
    if up is None:
        up = _UP_OR_DOWN.get(status.casefold(), _UP_OR_DOWN.get(operation.casefold()))
    if up is None:
        return f"status {status or operation!r} is neither Connected nor Disconnected"
    log.tunnels.append(_tunnel_event((at, up, cleaned[peer], cleaned[instance], "" if up else cleaned[reason])))
    return None


_tunnel_event = maker(TunnelEvent)
TUNNEL = "TunnelDiagnosticLog"
_UP_OR_DOWN = {"connected": True, "disconnected": False, "tunnelconnected": True, "tunneldisconnected": False}
_UP_OR_DOWN |= {"Connected": True, "Disconnected": False}  # as the service spells them, found without folding


def _gateway(row: LogRow, at: datetime, log: GatewayLog, cleaned: _Cleaned) -> str | None:
    _, _, _, category, operation, message, _, instance, _, _ = row
    kind = _kind(operation, message)
    if kind:
        about = cleaned[operation], cleaned[message]
        log.changes.append(_gateway_change((at, kind, cleaned[instance], category, *about)))
    return None


@lru_cache(maxsize=1024)
def _kind(operation: str, message: str) -> ChangeKind | None:
    if UPGRADE_PHRASE in message.casefold():
        return ChangeKind.MAINTENANCE
    return OPERATIONS.get(operation.strip().casefold())


_gateway_change = maker(GatewayChange)

CATEGORIES: dict[str, Callable[[LogRow, datetime, GatewayLog, _Cleaned], str | None]] = {
    TUNNEL: _tunnel,
    "GatewayDiagnosticLog": _gateway,
    "RouteDiagnosticLog": _gateway,
}
"""Each reader puts what a row says into the gateway's log, or returns why it says too little."""


def read_rows(
    rows: Iterable[LogRow], addresses: Mapping[str, str] = NO_ADDRESSES, own_reasons: Vocabulary = ()
) -> Read:
    """Sort rows into gateways and turn them into events. Order and repetition of rows do not matter to what follows.

    ``addresses`` are public addresses of watched gateways -> their ids; IKE rows name more of them.
    ``own_reasons`` are the customer's lines of the vocabulary.
    """
    logs: dict[str, GatewayLog] = {}
    unreadable: list[Unreadable] = []
    spelled: dict[str, GatewayLog | None] = {}
    cleaned = _Cleaned()
    outside: list[Outside] = []
    ike: dict[str, dict[str, list[GatewayChange]]] = {}
    strange: Counter[str] = Counter()
    own = dict(addresses)
    for row in rows:
        stamp, _, spelling, category, operation, _, status, instance, peer, reason = row
        at, up = moment(stamp), _UP_OR_DOWN.get(status)
        usual = category == TUNNEL and at and up is not None and operation in FAMILIAR
        if usual and (log := spelled.get(spelling)) and log.gateway:
            why_down = "" if up else cleaned[reason]
            log.tunnels.append(_tunnel_event((at, up, cleaned[peer], cleaned[instance], why_down)))
            continue  # nearly every row; whatever is odd goes the long way
        reader = CATEGORIES.get(category)
        if reader is None:
            if category == ACTIVITY and at:
                outside.append(read_activity(row, at))
            elif category == IKE:
                _take_ike(row, own, ike)
            continue
        log = spelled[spelling] if spelling in spelled else spelled.setdefault(spelling, _log_of(spelling, logs))
        if log is None:
            continue
        why = reader(row, at, log, cleaned) if at and log.gateway else _why_not(at)
        if operation not in FAMILIAR and not why and _is_strange(row):
            strange[clean(row.operation)] += 1
        if why:
            unreadable.append(Unreadable(row, why))
    logs = _joined(logs, outside, own, ike)
    said = Counter(map(attrgetter("reason"), chain.from_iterable(log.tunnels for log in logs.values())))
    unmapped = Counter({reason: n for reason, n in said.items() if meaning(reason, own_reasons) is Meaning.UNMAPPED})
    return Read(logs, unreadable, unmapped, strange)


def _is_strange(row: LogRow) -> bool:
    """Whether its operation is unknown, and its message is none that we know either."""
    return is_unknown(row.operation) and UPGRADE_PHRASE not in row.message.casefold()


def is_unknown(operation: str) -> bool:
    """Whether no documentation names this operation for the categories that are read."""
    return operation.strip().casefold() not in _FAMILIAR


def _take_ike(row: LogRow, own: dict[str, str], ike: dict[str, dict[str, list[GatewayChange]]]) -> None:
    """The gateway's own address, which IKE rows name, and what they say of its peers."""
    gateway, at, address = gateway_of(row.gateway) or "", moment(row.at), _own_address(row)
    if address:
        own.setdefault(address, gateway)
    told = read_negotiation(row, at) if at else None
    if told:
        peer, change = told
        ike.setdefault(gateway, {}).setdefault(peer, []).append(change._replace(message=clean(change.message)))


def read_ike(rows: Iterable[LogRow]) -> dict[str, dict[str, list[GatewayChange]]]:
    """What IKE rows say: gateway -> peer -> rows that say something of a drop."""
    ike: dict[str, dict[str, list[GatewayChange]]] = {}
    for row in rows:
        _take_ike(row, {}, ike)
    return ike


def own_addresses(rows: Iterable[LogRow]) -> dict[str, str]:
    """Public addresses of gateways that their own IKE rows name -> their ids."""
    ike = (row for row in rows if row.category == IKE)
    return {address: gateway_of(row.gateway) or "" for row in ike if (address := _own_address(row))}


def _own_address(row: LogRow) -> str:
    found = OWN_ADDRESS.search(row.message)
    return found[1] if found else ""


def _joined(
    logs: Mapping[str, GatewayLog],
    outside: Sequence[Outside],
    addresses: Mapping[str, str],
    ike: Mapping[str, dict[str, list[GatewayChange]]],
) -> dict[str, GatewayLog]:
    """Each log with what the activity log and the gateway at the other end have to say of it."""
    found = {name: log for name, log in logs.items() if log.tunnels or log.changes}
    if not outside and not addresses and not ike:
        return found
    there = {subscription_of(o.scope) for o in outside if o.administrative}
    joined = {}
    for name, log in found.items():
        told = [o.change for o in outside if o.change and covers(o.scope, name)]
        changes = [c._replace(operation=clean(c.operation), message=clean(c.message)) for c in told]
        activity = subscription_of(name) in there
        far = _far(log, logs, addresses) if addresses else NO_FAR
        joined[name] = log._replace(
            changes=log.changes + changes, activity=activity, far=far, ike=ike.get(name, NO_FAR)
        )
    return joined


def _far(
    log: GatewayLog, logs: Mapping[str, GatewayLog], addresses: Mapping[str, str]
) -> dict[str, list[GatewayChange]]:
    """Maintenance of the watched gateways at the other end of this one's tunnels, by peer."""
    found = {}
    for peer in {e.peer for e in log.tunnels} & addresses.keys():
        other = logs.get(addresses[peer])
        maintenance = [c for c in other.changes if c.kind is ChangeKind.MAINTENANCE] if other else []
        if maintenance and other is not log:
            found[peer] = maintenance
    return found


def _log_of(spelling: str, logs: dict[str, GatewayLog]) -> GatewayLog | None:
    """The log of the gateway that a row names in some spelling, None for a resource that is no VPN gateway."""
    gateway = gateway_of(spelling)
    return None if gateway is None else logs.setdefault(gateway, GatewayLog(gateway, [], []))


def _why_not(at: datetime | None) -> str:
    return "the row names no resource" if at else "TimeGenerated is not a time the service could have written"


def gateway_of(resource_id: str) -> str | None:
    """The folded resource id; ``""`` where there is none, None for a resource that is no VPN gateway.

    ResourceId and _ResourceId differ in case for the same gateway, so ids are compared in lower case.
    """
    folded = clean(resource_id).strip().lower()
    if "/providers/" in folded and "/virtualnetworkgateways/" not in folded and "/vpngateways/" not in folded:
        return None
    return folded


def moment(value: str | datetime) -> datetime | None:
    """A time in UTC (one without a zone is taken as UTC, as the service writes it), None if it is none.

    The zero time of other systems and the end of the calendar are none either: the service never wrote them.
    """
    if not isinstance(value, datetime):
        try:
            value = datetime.fromisoformat(value)
        except (ValueError, TypeError):
            return None
    if not 2000 <= value.year < 2200:
        return None
    if value.tzinfo is UTC:
        return value
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def clean(text: str) -> str:
    """Log text without control and direction characters and of bounded length: it will stand in people's chats."""
    if len(text) > MESSAGE_LENGTH:
        text = text[:MESSAGE_LENGTH] + "…"
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text).strip()
