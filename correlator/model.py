"""The nouns of the story, in the order in which a dropped tunnel meets them.

Everything here is frozen (or a tuple), has no clock and no I/O. Times are aware UTC datetimes, durations are seconds or
``timedelta``. A peer is the public address of the far end of a tunnel, an instance is one of the gateway's two
machines; both are ``""`` where the log does not say.

Structs are what frozen dataclasses would be: such a class is made in a fiftieth of the time, which counts at every cold
start. What comes by the hundred thousand is one too, or a bare tuple: a Struct is made in half the time of a NamedTuple
and its fields are read in a quarter. NamedTuples, at 0.2 ms a class, are left where fields are many at once (``*row``);
files full of them do without ``annotations`` from ``__future__``: every one that is text is compiled. A Struct that is
``array_like`` is kept as an array, as a NamedTuple is; with ``gc=False`` it holds nothing that could hold it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any, NamedTuple, TypeVar, cast

from msgspec import Struct

from correlator.people import Entry, Remark, RemarkKind, latest

LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
T = TypeVar("T")


def maker(noun: Callable[..., T]) -> Callable[[tuple[object, ...]], T]:
    """``noun(*fields)`` at half the price, for tuples that come by the hundred thousand: all fields, in their order."""
    return cast(Callable[[tuple[object, ...]], T], partial(tuple.__new__, cast(Any, noun)))


class LogRow(NamedTuple):
    """One log row as it was received, nothing interpreted. A field that the row lacks is ``""``."""

    at: str | datetime
    ingested: str | datetime
    gateway: str
    category: str
    operation: str
    message: str
    status: str
    instance: str
    peer: str
    reason: str


Columns = tuple[
    Sequence[str | datetime],
    Sequence[str | datetime],
    Sequence[str],
    Sequence[str],
    Sequence[str],
    Sequence[str],
    Sequence[str],
    Sequence[str],
    Sequence[str],
    Sequence[str],
]
"""Many rows turned: a sequence for each field of LogRow. So they lie in an answer, and so they are read fastest."""


class Unreadable(Struct, frozen=True):
    """A row that says too little to be used: reported and counted, never an exception."""

    row: LogRow
    why: str
    number: int
    """Its place among all the rows that were read, from 0."""


TunnelEvent = tuple[datetime, bool, str, str, str]
"""A tunnel came up or went down: time, up, peer, instance, reason. At one instant a drop sorts before the reconnect.

A bare tuple, for they come by the hundred thousand: it is made, sorted and taken apart in half a named one's time.
"""


class ChangeKind(StrEnum):
    """What can happen to a gateway as a whole, as far as its log tells."""

    MAINTENANCE = "maintenance"
    PRIMARY_CHANGED = "primary-changed"
    CONFIGURATION = "configuration"
    RESET = "reset"
    PLATFORM_FAULT = "platform-fault"
    SERVICE_FAULT = "service-fault"
    BGP_LOST = "bgp-lost"
    PEER_DELETED = "ike-peer-deleted"
    POLICIES_DIFFER = "ike-policies-differ"
    KEYS_DIFFER = "ike-keys-differ"
    NO_ANSWER = "ike-no-answer"


class GatewayChange(NamedTuple):
    """Something happened to the gateway itself. ``instance`` is ``""`` where the row names none."""

    at: datetime
    kind: ChangeKind
    instance: str
    category: str
    operation: str
    message: str


class GatewayLog(NamedTuple):
    """What the rows say about one gateway (its resource id, folded to lower case)."""

    gateway: str
    tunnels: list[TunnelEvent]
    changes: list[GatewayChange]
    activity: bool = False
    """Whether the activity log of its subscription was there to look at."""
    far: dict[str, list[GatewayChange]] = {}  # noqa: RUF012  never written to
    """Peer -> maintenance rows of the watched gateway behind that address (VNet-to-VNet)."""
    ike: dict[str, list[GatewayChange]] = {}  # noqa: RUF012  never written to
    """Peer -> what its IKE rows say, as far as they were asked for."""
    ike_failed: bool = False
    """They were asked for and could not be had."""


class Outage(Struct, frozen=True, array_like=True, order=True, gc=False):
    """One tunnel without a Connected state, from its first Disconnected row to the row that closed it.

    ``cut`` says that no other instance held the connection when this one fell, so traffic stopped from ``start`` to
    ``cut_end``. A ``switch`` is a Connected row on the other instance out of nothing: an instance died without a
    Disconnected row, the length is not known, and it is never listed as an outage.
    """

    start: datetime
    peer: str
    instance_down: str
    end: datetime | None = None
    instance_up: str = ""
    reason: str = ""
    cut: bool = True
    cut_end: datetime | None = None
    active_active: bool = False
    peers_known: int = 1
    switch: bool = False
    at_most: bool = False
    """A row of its return is missing, as a later Disconnected shows: ``end`` and ``cut_end`` may have been earlier."""


class MaintenanceWindow(Struct, frozen=True, gc=False):
    """The time in which drops may be the work of one maintenance row."""

    opens: datetime
    closes: datetime
    row: GatewayChange


class Circumstances(Struct, frozen=True, array_like=True, gc=False):
    """What the logs hold around the start of one outage. Final once rows of that hour can no longer arrive."""

    maintenance: GatewayChange | None = None
    elsewhere: GatewayChange | None = None
    """A maintenance row in time, but of the other instance."""
    configuration: GatewayChange | None = None
    primary_changed: GatewayChange | None = None
    together: int = 0
    """How many peers the gateway (or the instance) lost within a minute, if those were all it had; else 0."""
    both_instances: bool = False
    """Active-active: this peer was lost on both instances within a minute, while other peers stayed up."""
    reset: GatewayChange | None = None
    fault: GatewayChange | None = None
    far: bool = False
    """The maintenance row is one of the watched gateway at the other end."""
    activity: bool = False
    """The activity log was there to look at."""
    alone: bool = False
    """The only peer of several that fell within a minute."""
    every: float = 0.0
    """Seconds between the last four drops of this tunnel, where they came at one distance; else 0."""
    bgp: GatewayChange | None = None
    """A BGP session that the gateway lost with the tunnel, or within the hold time after it."""
    ike: GatewayChange | None = None
    """What an IKE row of this peer says, where nothing else is certain."""
    ike_failed: bool = False
    """IKE rows were asked for and could not be had."""


class Side(StrEnum):
    """Whose it was."""

    AZURE = "azure"
    OWN_CHANGE = "own-change"
    REMOTE = "remote"
    UNKNOWN = "unknown"


class Cause(StrEnum):
    """The public cause codes."""

    AZURE_MAINTENANCE = "azure-maintenance"
    AZURE_FAILOVER = "azure-failover"
    AZURE_INCIDENT = "azure-incident"
    GATEWAY_RESET = "gateway-reset"
    CONFIGURATION_CHANGE = "configuration-change"
    PLANNED_WORK = "planned-work"
    REMOTE_CLOSED = "remote-closed"
    REMOTE_UNREACHABLE = "remote-unreachable"
    NEGOTIATION_FAILED = "negotiation-failed"
    UNKNOWN = "unknown"

    @property
    def side(self) -> Side:
        """Whose it was, by this cause."""
        return _SIDES.get(self, Side.UNKNOWN)


_SIDES = {
    Cause.AZURE_MAINTENANCE: Side.AZURE,
    Cause.AZURE_FAILOVER: Side.AZURE,
    Cause.AZURE_INCIDENT: Side.AZURE,
    Cause.GATEWAY_RESET: Side.OWN_CHANGE,
    Cause.CONFIGURATION_CHANGE: Side.OWN_CHANGE,
    Cause.PLANNED_WORK: Side.OWN_CHANGE,
    Cause.REMOTE_CLOSED: Side.REMOTE,
    Cause.REMOTE_UNREACHABLE: Side.REMOTE,
}


class Confidence(StrEnum):
    """Confirmed: a row names the cause, shape and time agree, nothing contradicts. Likely: one of them."""

    CONFIRMED = "confirmed"
    LIKELY = "likely"
    NONE = "none"


class Finding(Struct, frozen=True, array_like=True, gc=False):
    """Why one outage happened, and the name of the rule that says so."""

    cause: Cause
    confidence: Confidence
    rule: str


class Drop(Struct, frozen=True, array_like=True, gc=False):
    """An outage with what surrounded it and why it happened."""

    outage: Outage
    around: Circumstances
    finding: Finding


class Status(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    RECOVERED = "recovered"
    RETRACTED = "retracted"
    REMOVED = "removed"
    ABSORBED = "absorbed"

    @property
    def withdrawn(self) -> bool:
        """Whether it lives on only as a name: it never was, or it is part of another incident."""
        return self in (Status.RETRACTED, Status.ABSORBED)


class Impact(StrEnum):
    """What users felt: traffic stopped, only redundancy was lost, or nothing that the log can show."""

    CONNECTION_DOWN = "connection-down"
    REDUNDANCY_LOST = "redundancy-lost"
    NONE = "none"


class Witness(Struct, frozen=True, array_like=True):
    """What Azure itself said of a connection while the log called it down (UTC; ``status`` as Azure spells it)."""

    at: datetime
    connection: str
    status: str


class CauseChange(Struct, frozen=True, array_like=True):
    """The verdict of an incident changed; ``at`` is the time of the newest row then known."""

    at: datetime
    cause: Cause
    fell_to: Confidence | None = None
    """How sure it still was where it had been confirmed before."""


class Incident(Struct, frozen=True):
    """One episode: its drops, why they happened, and a name given once and kept for life."""

    id: str
    gateway: str
    anchor: datetime
    drops: tuple[Drop, ...]
    finding: Finding
    status: Status
    flapping: bool = False
    pending: bool = False
    first_cause: Cause = Cause.UNKNOWN
    changes_of_mind: tuple[CauseChange, ...] = ()
    absorbed_by: str = ""
    rev: int = 1
    witnesses: tuple[Witness, ...] = ()
    reminders: tuple[datetime, ...] = ()
    """When it was told that it is still down, the newest of many (UTC, by the log service's clock)."""
    remarks: tuple[Remark, ...] = ()
    """What people said of it, oldest first."""
    planned: tuple[Entry, ...] = ()
    """The planned work in which one of its drops began."""
    muted: bool = False
    """Something of it was not told because a silence or planned work covered it."""
    unwatched: bool = False
    """It was open when its workspace left WORKSPACE_IDS: it is ``removed`` until its workspace is polled again."""

    @property
    def outages(self) -> tuple[Outage, ...]:
        """The tunnel outages, oldest first, without switches."""
        return tuple(d.outage for d in self.drops if not d.outage.switch)

    @property
    def started_at(self) -> datetime:
        """The first row of the episode (UTC)."""
        return self.drops[0].outage.start

    @property
    def ended_at(self) -> datetime | None:
        """When the last outage ended (UTC), None while one is open."""
        ends = [d.outage.end for d in self.drops]
        return None if None in ends else max(e for e in ends if e)

    @property
    def peers(self) -> tuple[str, ...]:
        """The peers that lost a tunnel, in order of their first drop."""
        return tuple(dict.fromkeys(d.outage.peer for d in self.drops))

    @property
    def acknowledged(self) -> Remark | None:
        """Who looks after it; None if nobody does since its youngest drop that is still open began."""
        word = latest(self.remarks, RemarkKind.ACKNOWLEDGED)
        return word if word and all(o.start <= word.at for o in self.outages if o.end is None) else None

    @property
    def closed(self) -> Remark | None:
        """Who closed it; None if nobody did since its youngest drop that is still open began."""
        word = latest(self.remarks, RemarkKind.CLOSED)
        return word if word and all(o.start <= word.at for o in self.outages if o.end is None) else None

    @property
    def goes_on(self) -> bool:
        """Whether the log, as far as it was read, shows no end: open, or open when its workspace left."""
        return self.status is Status.OPEN or self.unwatched

    @property
    def hops(self) -> int:
        """How many instances an Azure-side episode has visited so far; 1 for every other."""
        if self.finding.cause.side is not Side.AZURE:
            return 1
        return max(1, len({d.outage.instance_down for d in self.drops if d.outage.instance_down}))


class Facet(Struct, frozen=True, array_like=True):
    """What decides who is told of an incident, beside its sites."""

    side: Side
    impact: Impact


class Told(Struct, frozen=True, array_like=True):
    """What the channels were last told about an incident.

    ``until`` is the newest row then known, ``down`` what was said to be down, ``number`` how many messages there were
    (0: it was passed over in silence). ``at`` is when, ``drops`` how many drops it then had, ``facets`` every side and
    impact under which it was ever told: who heard of it hears on.
    """

    status: Status
    cause: Cause
    hops: int
    flapping: bool
    until: datetime
    down: tuple[str, ...]
    number: int
    at: datetime = LONG_AGO
    drops: int = 0
    facets: tuple[Facet, ...] = ()


class Tracked(Struct, frozen=True):
    """An incident that may still change, with what has been said of it and when its content last changed."""

    incident: Incident
    seen_at: datetime
    told: Told | None = None


class PeerState(Struct, frozen=True, array_like=True):
    """What is known of one peer's tunnels at some moment: instances up and down with since when, outages open."""

    up: dict[str, datetime]
    down: dict[str, datetime]
    handed_over: list[str]
    open: list[Outage]


class Checkpoint(NamedTuple):
    """The tunnels of a gateway after every event up to and including ``at``."""

    at: datetime
    active_active_from: datetime
    peers: dict[str, PeerState]


class GatewayState(Struct, frozen=True):
    """All that is kept of one gateway between polls: midnight checkpoints and the incidents that may change.

    ``failovers`` are the starts of the short unlogged failovers that are no longer among the incidents (UTC).
    """

    gateway: str
    checkpoints: tuple[Checkpoint, ...] = ()
    tracked: tuple[Tracked, ...] = ()
    failovers: tuple[datetime, ...] = ()
    starts: tuple[tuple[datetime, str, str], ...] = ()
    """The last drops of each tunnel before the window of rows (time, peer, instance): history for regular drops."""
    spared: tuple[datetime, ...] = ()
    """The maintenance rows of the last 14 weeks that no drop followed (UTC), oldest first."""


class Move(Struct, frozen=True, array_like=True):
    """A gateway has another resource id than before; ``seen_at`` is when the gateway list first said so (UTC)."""

    to: str
    seen_at: datetime


class Policy(Struct, frozen=True):
    """Every time window in one place. Reasons stand beside the rules that use them."""

    maintenance_before: timedelta = timedelta(seconds=60)
    maintenance_after: timedelta = timedelta(minutes=12)
    redrop: timedelta = timedelta(minutes=5)
    configuration_before: timedelta = timedelta(seconds=5)
    configuration_after: timedelta = timedelta(minutes=3)
    reset_after: timedelta = timedelta(minutes=5)
    fault_before: timedelta = timedelta(minutes=10)
    fault_after: timedelta = timedelta(minutes=2)
    together: timedelta = timedelta(seconds=60)
    next_hop: timedelta = timedelta(minutes=120)
    rejoin: timedelta = timedelta(minutes=60)
    flapping_drops: int = 4
    flapping_within: timedelta = timedelta(minutes=60)
    blip: timedelta = timedelta(seconds=2)
    failover_within: timedelta = timedelta(minutes=15)
    down_after: timedelta = timedelta(minutes=10)
    settle: timedelta = timedelta(minutes=10)
    witness_after: timedelta = timedelta(minutes=15)
    reasons: tuple[tuple[str, str], ...] = ()
    """The customer's own vocabulary of reasons, asked before ours (keyword -> meaning, see ``reasons``)."""
    redundancy_after: timedelta = timedelta(minutes=30)
    reminders: tuple[timedelta, ...] = (timedelta(minutes=30), timedelta(hours=2))
    reminders_then: timedelta = timedelta(hours=8)
    redundancy_reminders: timedelta = timedelta(days=1)
    flapping_count: timedelta = timedelta(hours=1)
    short_failover: timedelta = timedelta(minutes=3)
    failovers_within: timedelta = timedelta(days=7)
    short_remote: timedelta = timedelta(minutes=2)
    remote_drops: int = 3
    remote_within: timedelta = timedelta(days=1)
    at_once: int = 5
    """So many messages of one gateway in one poll at most; more become one."""
    planned: tuple[Entry, ...] = ()
    """The planned work that people entered for this gateway."""
    active_active: Mapping[str, bool] = {}
    """The gateway's mode where it is known (folded resource id -> active-active); else the log tells."""
    peers: Mapping[str, frozenset[str]] = {}
    """Every peer of a gateway, where the gateway list names them all by address."""
    addresses: Mapping[str, str] = {}
    """Public addresses of watched gateways -> their ids, for tunnels between two of them."""
    removed: frozenset[str] = frozenset()
    """Gateways that are no more, by the gateway list."""
    blind_after: timedelta = timedelta(minutes=30)
    """So long without a good poll is a gap that is told (see ``gaps``)."""
    moved: Mapping[str, Move] = {}
    """Ids of gateways that moved -> where they are now."""

    def gone(self, gateway: str, peer: str) -> bool:
        """Whether the gateway list says that this tunnel is no more: nothing will ever end its outage."""
        return gateway in self.removed or (gateway in self.peers and peer not in self.peers[gateway])
