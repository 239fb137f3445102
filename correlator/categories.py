"""LogRow -> GatewayEvent: one reader per log category, in one table.

A category brings its reader here and its columns in ``queries/rows.kql``. Rows of other categories, other resources and
other operations are no business of ours and are passed over; a row that should be ours but says too little is returned
as ``Unreadable``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain, count, islice
from operator import attrgetter, itemgetter
from typing import Any, Literal, NamedTuple, cast

from correlator.activity import ACTIVITY, Outside, covers, read_activity, subscription_of
from correlator.model import ChangeKind, Columns, GatewayChange, GatewayLog, LogRow, TunnelEvent, Unreadable, maker
from correlator.negotiation import IKE, read_negotiation
from correlator.reasons import Meaning, Vocabulary, meaning

MESSAGE_LENGTH = 300
OWN_ADDRESS = re.compile(r"\bLocal ([0-9a-f.:]+):\d+")
"""IKE rows name the gateway's own address; support's examples read "Remote a.b.c.d:500: Local e.f.g.h:500"."""
NO_ADDRESSES: Mapping[str, str] = {}
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Times that the service could have written lie between."""
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
    """Log texts -> what may be shown of them. They come again and again, and each is cleaned once."""

    def __missing__(self, text: str) -> str:
        self[text] = found = clean(text)
        return found


def _tunnel(row: LogRow, at: datetime, log: GatewayLog, cleaned: _Cleaned) -> str | None:
    _, _, _, _, operation, _, status, instance, peer, reason = row
    up = _UP_OR_DOWN.get(status.casefold(), _UP_OR_DOWN.get(operation.casefold()))
    if up is None:
        return f"status {status or operation!r} is neither Connected nor Disconnected"
    log.tunnels.append((at, up, cleaned[peer], cleaned[instance], "" if up else cleaned[reason]))
    return None


TUNNEL = "TunnelDiagnosticLog"
USUAL = {
    (TUNNEL, "TunnelConnected", "Connected"): True,
    (TUNNEL, "TunnelDisconnected", "Disconnected"): False,
}
"""Category, operation and status of nearly every row, as the service spells them -> whether the tunnel is up."""
PORTION = 4096
"""So many rows are read at once: enough to read them by columns, few enough to bound what that takes."""
_UP_OR_DOWN = {"connected": True, "disconnected": False, "tunnelconnected": True, "tunneldisconnected": False}


def _gateway(row: LogRow, at: datetime, log: GatewayLog, cleaned: _Cleaned) -> str | None:
    _, _, _, category, operation, message, _, instance, _, _ = row
    kind = _kind(operation, message)
    if kind:
        log.changes.append(
            _gateway_change((at, kind, cleaned[instance], category, cleaned[operation], cleaned[message]))
        )
    return None


@lru_cache(maxsize=1024)
def _kind(operation: str, message: str) -> ChangeKind | None:
    if UPGRADE_PHRASE in message.casefold():
        return ChangeKind.MAINTENANCE
    return OPERATIONS.get(operation.strip().casefold())


class _Kinds(dict[tuple[str, str, str], ChangeKind | Literal["odd"] | None]):
    """Category, operation and message -> what happened to the gateway; ``ODD`` for a row to be looked at singly."""

    def __missing__(self, what: tuple[str, str, str]) -> ChangeKind | Literal["odd"] | None:
        category, operation, message = what
        usual = CATEGORIES.get(category) is _gateway and operation in FAMILIAR
        found = _kind(operation, message) if usual else ODD
        if len(self) < PORTION:  # messages may be all different, and a replay keeps no row
            self[what] = found
        return found


ODD: Literal["odd"] = "odd"
_gateway_change = maker(GatewayChange)
_reason: Callable[[TunnelEvent], str] = itemgetter(4)
_zone: Callable[[datetime], Any] = attrgetter("tzinfo")
_from_iso: Callable[[Any], datetime] = datetime.fromisoformat

Reader = Callable[[LogRow, datetime, GatewayLog, _Cleaned], str | None]
CATEGORIES: dict[str, Reader] = {
    TUNNEL: _tunnel,
    "GatewayDiagnosticLog": _gateway,
    "RouteDiagnosticLog": _gateway,
}
"""Each reader puts what a row says into the gateway's log, or returns why it says too little."""


class Reading:
    """Rows sorted into gateways and turned into events, as they come. Order and repetition do not matter later on.

    ``addresses`` are public addresses of watched gateways -> their ids; IKE rows name more of them.
    ``own_reasons`` are the customer's lines of the vocabulary.
    """

    def __init__(self, addresses: Mapping[str, str] = NO_ADDRESSES, own_reasons: Vocabulary = ()) -> None:
        self._own_reasons = own_reasons
        self._logs: dict[str, GatewayLog] = {}
        self._unreadable: list[Unreadable] = []
        self._spelled: dict[str, GatewayLog | None] = {}
        self._usual: dict[str, Callable[[TunnelEvent], None]] = {}
        """What takes the events of a gateway, by each spelling under which it was met."""
        self._cleaned = _Cleaned()
        self._kinds = _Kinds()
        self._outside: list[Outside] = []
        self._ike: dict[str, dict[str, list[GatewayChange]]] = {}
        self._strange: Counter[str] = Counter()
        self._own = dict(addresses)
        self._taken = 0

    def take(self, columns: Columns) -> None:
        """Rows of any kind: the usual tunnel rows by columns, with hardly a step of Python each, the others singly."""
        stamps, _, spelled, category, operation, _, status, instance, peer, reason = columns
        for spelling in [s for s in dict.fromkeys(spelled) if s not in self._spelled]:
            self._log_of(spelling)
        times = times_of(stamps)
        ups = map(USUAL.get, zip(category, operation, status, strict=True))
        texts = self._cleaned.__getitem__
        events: Iterable[Any] = zip(times, ups, map(texts, peer), map(texts, instance), map(texts, reason), strict=True)
        odd: list[int] = []
        for n, event, take in zip(count(), events, map(self._usual.get, spelled)):
            at, up, _, _, said = event
            if up is None or at is None or take is None:
                odd.append(n)
            elif up and said:
                take((*event[:4], ""))
            else:
                take(event)
        for n in odd:
            self._take_other(columns, n, times[n])
        self._taken += len(times)

    def _take_other(self, columns: Columns, n: int, at: datetime | None) -> None:
        """A row that is no usual one of a tunnel: mostly one of a gateway, whose meaning is looked up."""
        _, _, spelled, category, operation, message, _, instance, _, _ = columns
        log, what = self._spelled[spelled[n]], (category[n], operation[n], message[n])
        kind = self._kinds[what]
        if kind is ODD or at is None or not log or not log.gateway:
            self._take_odd(LogRow(*[column[n] for column in columns]), at, self._taken + n)  # type: ignore[arg-type]
        elif kind:
            texts = self._cleaned
            change = (at, kind, texts[instance[n]], what[0], texts[what[1]], texts[what[2]])
            log.changes.append(_gateway_change(change))

    def done(self) -> Read:
        """All of it."""
        logs = _joined(self._logs, self._outside, self._own, self._ike)
        said = Counter(map(_reason, chain.from_iterable([log.tunnels for log in logs.values()])))
        mapped = {reason: meaning(reason, self._own_reasons) for reason in said}
        unmapped = Counter({reason: n for reason, n in said.items() if mapped[reason] is Meaning.UNMAPPED})
        return Read(logs, self._unreadable, unmapped, self._strange)

    def _take_odd(self, row: LogRow, at: datetime | None, number: int) -> None:
        reader = CATEGORIES.get(row.category)
        if reader:
            self._take_own(row, at, reader, number)
        elif row.category == ACTIVITY and at:
            self._outside.append(read_activity(row, at))
        elif row.category == IKE:
            _take_ike(row, self._own, self._ike)

    def _take_own(self, row: LogRow, at: datetime | None, reader: Reader, number: int) -> None:
        log = self._log_of(row.gateway)
        if log is None:
            return
        why = reader(row, at, log, self._cleaned) if at and log.gateway else _why_not(at)
        if row.operation not in FAMILIAR and not why and _is_strange(row):
            self._strange[clean(row.operation)] += 1
        if why:
            self._unreadable.append(Unreadable(row, why, number))

    def _log_of(self, spelling: str) -> GatewayLog | None:
        """The log of the gateway that a row names in some spelling, None for a resource that is no VPN gateway."""
        if spelling in self._spelled:
            return self._spelled[spelling]
        gateway = gateway_of(spelling)
        log = None if gateway is None else self._logs.setdefault(gateway, GatewayLog(gateway, [], []))
        self._spelled[spelling] = log
        if log and log.gateway:
            self._usual[spelling] = log.tunnels.append
        return log


def read_rows(
    rows: Iterable[LogRow], addresses: Mapping[str, str] = NO_ADDRESSES, own_reasons: Vocabulary = ()
) -> Read:
    """What rows say that are all at hand."""
    reading = Reading(addresses, own_reasons)
    for columns in columns_of(rows):
        reading.take(columns)
    return reading.done()


def columns_of(rows: Iterable[Sequence[str | datetime]]) -> Iterator[Columns]:
    """Rows turned, a portion of them at a time."""
    rest = iter(rows)
    while portion := list(islice(rest, PORTION)):
        yield cast(Columns, list(zip(*portion, strict=True)))


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
        ike.setdefault(gateway, {}).setdefault(peer, []).append(_cleaned(change))


def _cleaned(change: GatewayChange) -> GatewayChange:
    instance, operation, message = map(clean, (change.instance, change.operation, change.message))
    return change._replace(instance=instance, operation=operation, message=message)


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
        changes = [_cleaned(change) for change in told]
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
    for peer in {peer for _, _, peer, _, _ in log.tunnels} & addresses.keys():
        other = logs.get(addresses[peer])
        maintenance = [c for c in other.changes if c.kind is ChangeKind.MAINTENANCE] if other else []
        if maintenance and other is not log:
            found[peer] = maintenance
    return found


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


def times_of(stamps: Sequence[str | datetime]) -> Sequence[datetime | None]:
    """The moment of each; where all are as the service writes them, none of them is looked at singly."""
    try:
        times = list(map(_from_iso, stamps))
        if [*map(_zone, times)].count(UTC) == len(times) and min(times) >= EARLIEST and max(times) < LATEST:
            return times
    except (ValueError, TypeError):
        pass
    return [moment(stamp) for stamp in stamps]


def moment(value: str | datetime) -> datetime | None:
    """A time in UTC (one without a zone is taken as UTC, as the service writes it), None if it is none.

    The zero time of other systems and the end of the calendar are none either: the service never wrote them.
    """
    if not isinstance(value, datetime):
        try:
            value = datetime.fromisoformat(value)
        except (ValueError, TypeError):
            return None
    if not EARLIEST.year <= value.year < LATEST.year:
        return None
    if value.tzinfo is UTC:
        return value
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def clean(text: str) -> str:
    """Log text without control and direction characters and of bounded length: it will stand in people's chats."""
    if len(text) > MESSAGE_LENGTH:
        text = text[:MESSAGE_LENGTH] + "…"
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text).strip()
