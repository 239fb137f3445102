"""One message to people, neutral to how it looks: about an incident, a period, or the watching itself. Times UTC."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct

from correlator.model import Cause, Facet, Incident, Status
from correlator.summary import Week


class Moment(StrEnum):
    """Why a message is sent."""

    OPENED = "opened"
    RECOVERED = "recovered"
    SECOND_INSTANCE = "second-instance"
    REOPENED = "reopened"
    FLAPPING = "flapping"
    CAUSE_CHANGED = "cause-changed"
    RETRACTED = "retracted"
    ABSORBED = "absorbed"
    REMOVED = "removed"
    REMINDER = "reminder"
    WEEKLY = "weekly-summary"
    MONTHLY = "monthly-summary"
    WELCOME = "welcome"
    PARKED = "channel-parked"
    BLIND = "blind"
    MENDING = "mending"
    MISSED = "missed"
    UNWATCHED = "unwatched"


class Also(Struct, frozen=True, array_like=True):
    """An incident that is told in the message of another: as if it had one of its own, in a line."""

    id: str
    moment: Moment
    number: int
    status: Status
    cause: Cause


class CauseSum(Struct, frozen=True, array_like=True):
    """What one cause came to: incidents, tunnel drops, and seconds without a VPN path."""

    cause: Cause
    incidents: int
    drops: int
    seconds: float


class Gap(Struct, frozen=True, array_like=True):
    """Something that cannot be seen or told yet: ``key`` names the sentence that says so with its cure."""

    key: str
    subject: str = ""
    why: str = ""


class Welcome(Struct, frozen=True):
    """What is watched, what the time before would have said, and what is missing. Times UTC.

    ``connections`` is None where no gateway list could be read.
    """

    gateways: int
    connections: int | None
    since: datetime
    until: datetime
    causes: tuple[CauseSum, ...] = ()
    gaps: tuple[Gap, ...] = ()


class Parked(Struct, frozen=True, array_like=True):
    """A channel whose address refuses everything, and what it answered."""

    channel: str
    why: str


class Missed(Struct, frozen=True, array_like=True):
    """Messages that a channel could not be given: how many, made from when to when (UTC), and about what.

    ``subjects`` are the newest ones named (ids of incidents, labels of weeks), ``unnamed`` counts the others.
    """

    messages: int
    since: datetime
    until: datetime
    subjects: tuple[str, ...] = ()
    unnamed: int = 0


class PollingGap(NamedTuple):
    """A time without a good poll of a workspace, from the last good one to the next (UTC)."""

    since: datetime
    until: datetime


class Blind(Struct, frozen=True, array_like=True):
    """What was not watched: the gaps of all workspaces, and how many incidents began in them, as was read later."""

    gaps: tuple[PollingGap, ...]
    incidents: int


class Mending(Struct, frozen=True, array_like=True):
    """What the daily check found that was not there before; ``key`` of each is a code of the doctor."""

    found: tuple[Gap, ...]


class Unwatched(NamedTuple):
    """A workspace that is polled no longer, and how many incidents were open there of which the channel was told."""

    workspace: str
    incidents: int


class Notification(Struct, frozen=True):
    """One message to one channel kind, neutral to how it looks. ``number`` counts the messages of an incident.

    ``why`` names the reason for which it is sent, ``times`` how many of its kind there were lately (this one included,
    0 where nobody counts), ``also`` what else the gateway has to say, ``facets`` all under which the incident was told.
    """

    moment: Moment
    at: datetime
    incident: Incident | None = None
    number: int = 1
    week: Week | None = None
    welcome: Welcome | None = None
    parked: Parked | None = None
    missed: Missed | None = None
    blind: Blind | None = None
    mending: Mending | None = None
    unwatched: Unwatched | None = None
    why: str = ""
    times: int = 0
    also: tuple[Also, ...] = ()
    facets: tuple[Facet, ...] = ()

    @property
    def subject(self) -> str:
        """The incident's id, or the week's label."""
        return self.incident.id if self.incident else self.week.label if self.week else self.moment.value
