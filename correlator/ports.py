"""What the poll needs from the world, as shapes. Every method is one call that may fail, or be the last one."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from msgspec import Struct

from correlator.gateways import GatewayList, Listed
from correlator.model import GatewayState, Incident, LogRow
from correlator.notification import Notification, PollingGap
from correlator.people import Entry, EntryKind, People, Remark

Body = dict[str, Any]
TABLE = "table"


class LogAnswer(NamedTuple):
    """The service's clock, and every row in the window of just those gateways that have fresh rows."""

    now: datetime
    rows: Sequence[LogRow]


class Span(NamedTuple):
    """A time (UTC, both ends in) of one gateway, by its folded id."""

    gateway: str
    begin: datetime
    end: datetime


class Answer(Struct, frozen=True):
    """An answer over HTTP: status, text and media type."""

    status: int
    body: str
    kind: str


class GatewaySource(Protocol):
    """Azure's own list of gateways."""

    def list_gateways(self, scopes: Sequence[str], places: Sequence[str] = ()) -> GatewayList:
        """The gateways of management groups, subscriptions, resource groups and gateways, by their ids.

        And the workspaces of ``places``: subscriptions and management groups. Raises SourceUnavailable.
        """
        ...

    def is_there(self, resource_id: str) -> bool | None:
        """Whether a resource is there; None if that cannot be told. Raises SourceUnavailable."""
        ...

    def status(self, connection_id: str) -> str | None:
        """Connected, NotConnected, Connecting or Unknown; None if it may not be read. Raises SourceUnavailable."""
        ...


class LogSource(Protocol):
    """One workspace after another, by its id."""

    def fetch(
        self, workspace: str, mark: datetime | None, since: datetime | None, again: Collection[str] = ()
    ) -> LogAnswer:
        """Rows ingested after ``mark`` (with overlap) decide which gateways; their rows since ``since`` are returned.

        None for both on a first run. The gateways in ``again`` count as fresh. Raises SourceUnavailable.
        """
        ...

    def negotiations(self, workspace: str, spans: Sequence[Span]) -> Sequence[LogRow]:
        """IKE rows of these times that may explain a drop. Raises SourceUnavailable."""
        ...


class Head(Struct, frozen=True):
    """The commit point of one partition: how far it was read, since when, what is due, which week or month was told.

    ``gaps`` are the times without a good poll of the last 14 weeks. ``noted`` is what the daily check found and when
    last; in the partition that tells of gaps, until when those of each workspace were told. ``left`` is since when the
    workspace is no longer watched (UTC); the next poll takes it away.
    """

    mark: datetime | None = None
    watching_since: datetime | None = None
    due: Mapping[str, datetime] = {}
    week: str = ""
    gaps: tuple[PollingGap, ...] = ()
    noted: Mapping[str, datetime] = {}
    left: datetime | None = None


class Notice(NamedTuple):
    """Something to deliver. ``channel`` is a chat channel's name, or TABLE for the public tables."""

    key: str
    channel: str
    created: datetime
    notification: Notification | None
    incidents: tuple[Incident, ...] = ()
    plain: bool = False
    tries: int = 0
    leased_until: datetime | None = None
    next_try: datetime | None = None
    rests_until: datetime | None = None
    """Until when its channel asked to be left alone (Retry-After), UTC."""
    refused_by: str = ""
    """The fingerprint of the address that refused it for good; ``""`` where none did."""
    unanswered: int = 0
    """Tries whose answer was lost: each may have reached the channel."""
    crashed: int = 0
    """Tries whose run died before it could note what became of them: each may have reached the channel."""
    ingested: datetime | None = None
    """When the newest row of what it tells came into the workspace (UTC), where that is known."""

    @property
    def subject(self) -> str:
        """What the notice is about: notices of one subject are delivered in order."""
        return self.notification.subject if self.notification else self.key


class Held(Struct, frozen=True):
    """A notice as it lies in the store, with the tag that a conditional write must match."""

    notice: Notice
    etag: str


class Receipt(NamedTuple):
    """A channel took a message. ``key`` is its notice's, ``at`` when (UTC), ``incident`` an id or ``""``.

    ``repeats`` counts earlier tries that may have arrived, ``folded`` the messages that it stands for (0: itself).
    """

    key: str
    channel: str
    at: datetime
    incident: str
    moment: str
    number: int
    tries: int
    repeats: int
    plain: bool
    folded: int = 0


class Snapshot(Struct, frozen=True):
    """A partition's head and outbox, read in one go, with the store's own clock (UTC).

    ``etag`` is None where nothing was ever committed. ``receipts`` are those that are not filed yet. ``unknown`` are
    the keys of notices of a kind that only newer code knows, which wait for it.
    """

    head: Head
    etag: str | None
    outbox: list[Held]
    clock: datetime
    receipts: Sequence[Receipt] = ()
    unknown: Sequence[str] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits in it."""
        return not (self.outbox or self.receipts or self.unknown)


class Standing(Struct, frozen=True):
    """Where a workspace stood after its last run; its head without what is due.

    ``waiting`` messages lay in its outbox, and ``parked`` are channels whose address refused there for good. ``failed``
    is why the poll failed, or ``""``, and ``given_up`` whether the queue stopped trying. ``listed`` is when the gateway
    list was read that it was polled with (UTC).
    """

    workspace: str
    head: Head = Head()
    waiting: int = 0
    parked: tuple[str, ...] = ()
    failed: str = ""
    given_up: bool = False
    listed: datetime | None = None


class Roster(Struct, frozen=True):
    """Where all workspaces stand, in the order asked for, and the store's own clock (UTC)."""

    standings: Mapping[str, Standing]
    clock: datetime

    @property
    def heads(self) -> list[Head]:
        """Their heads."""
        return [s.head for s in self.standings.values()]


class Store(Protocol):
    """State, outbox and the public tables."""

    def read(self, partition: str) -> Snapshot:
        """Head and outbox of a partition."""
        ...

    def roster(self, workspaces: Sequence[str]) -> Roster:
        """Where these workspaces stand; one that was never polled has an empty head."""
        ...

    def note(self, standing: Standing) -> None:
        """Write where a workspace stands, where such notes are read; they are a copy, and the next run mends them."""
        ...

    def noted(self) -> list[str]:
        """The workspaces of which there is such a note: all that are polled, and those that have left things behind."""
        ...

    def forget(self, workspace: str) -> None:
        """Delete its note: nothing is left to do for it until it is polled again."""
        ...

    def gateways(self, partition: str, names: Iterable[str]) -> dict[str, GatewayState]:
        """What is kept of these gateways; those never seen are absent."""
        ...

    def commit(
        self, partition: str, etag: str | None, head: Head, states: Sequence[GatewayState], notices: Sequence[Notice]
    ) -> str:
        """All of it or nothing, if the head is still the one that was read; the new tag. Raises StaleWrite."""
        ...

    def claim(self, partition: str, held: Held, until: datetime) -> Held | None:
        """Take a notice for this run alone; None if another run was faster."""
        ...

    def settle(self, partition: str, held: Held, receipt: Receipt | None = None) -> None:
        """Delivered, whoever holds the claim now: forget the notice, and keep its receipt until it is filed."""
        ...

    def file(self, partition: str, receipts: Sequence[Receipt]) -> None:
        """Write receipts into the public table and forget them; twice is once."""
        ...

    def postpone(self, partition: str, held: Held, notice: Notice, words: Sequence[Notice] = ()) -> None:
        """Give a claimed notice back with a later try, and add ``words`` with it; a no-op if the claim was lost."""
        ...

    def replace(self, partition: str, gone: Sequence[Held], before: Held | None, notice: Notice) -> Held | None:
        """Put ``notice`` in the place of all of these, or nothing: None if another run touched one of them."""
        ...

    def park(self, channel: str, address: str, by: str) -> bool:
        """Note that this address (fingerprint) refuses for good; True for the first notice (``by``) that finds out.

        Asked again, the same notice is the first one again, as after a crash.
        """
        ...

    def unpark(self, channel: str) -> None:
        """Forget it: the channel takes messages again."""
        ...

    def record(self, incidents: Sequence[Incident]) -> None:
        """Project incidents into the public tables; an older revision never replaces a newer one."""
        ...

    def purge(self, before: datetime) -> Mapping[str, int]:
        """Delete a bounded number of public rows older than that time (UTC); how many of each table."""
        ...

    def purge_gateways(self, partition: str, gone: Iterable[str], before: datetime) -> int:
        """Delete what is kept of these gateways, unless something of it is younger than that time (UTC)."""
        ...

    def watched(self, partition: str, names: Iterable[str] | None = None) -> list[str]:
        """The gateways of which something is kept, by their folded resource ids; of ``names`` alone, where given."""
        ...

    def spared(self, partition: str) -> dict[str, tuple[datetime, ...]]:
        """By gateway: when maintenance was logged that no drop followed (UTC), as far back as it is kept."""
        ...

    def kept_list(self) -> tuple[Listed | None, datetime]:
        """The gateway list as it was last kept, and the store's own clock (UTC)."""
        ...

    def keep_list(self, listed: Listed) -> None:
        """Keep it for the next process; who reads meanwhile has the old one or the new one, whole."""
        ...

    def clock(self) -> datetime:
        """The store's own clock (UTC)."""
        ...

    def people(self, weeks: Iterable[str], ending_after: datetime) -> People:
        """What people said: of the incidents of these UTC weeks, and in entries that end after that time (UTC)."""
        ...

    def entries(self, kind: EntryKind, ending_after: datetime) -> list[Entry]:
        """Silences or planned work that end after that time (UTC), the earliest end first."""
        ...

    def add_remark(self, remark: Remark) -> None:
        """Keep what somebody said of an incident; twice is once."""
        ...

    def add_entry(self, entry: Entry) -> None:
        """Keep a silence or planned work; twice is once."""
        ...

    def remove_entry(self, entry: Entry) -> None:
        """Take one back."""
        ...

    def documents(self, weeks: Iterable[str]) -> Iterator[dict[str, Any]]:
        """The public incident objects of these UTC weeks (``2026-W34``), from the public table, as they are taken."""
        ...


class Channel(Protocol):
    """One chat channel: rendering is pure, sending is one POST."""

    name: str

    @property
    def address(self) -> str:
        """A fingerprint of where it sends to, from which the address cannot be had."""
        ...

    def turn(self) -> bool:
        """Wait until the next message may go out; False if this run has no time left for one."""
        ...

    def render(self, notification: Notification) -> Body:
        """The full message."""
        ...

    def render_plain(self, notification: Notification) -> Body:
        """The simplest message that still holds the verdict."""
        ...

    def send(self, body: Body) -> None:
        """Raises SendFailed."""
        ...
