"""The nouns of reports: when they are due, the incidents of a period, its figures. Times UTC, durations seconds."""

from datetime import date, datetime
from typing import NamedTuple

from msgspec import Struct

from correlator.model import Cause, Status


class WeeklyTime(Struct, frozen=True, array_like=True):
    """Weekday (Monday is 0), hour and minute of the customer's wall clock."""

    weekday: int
    hour: int
    minute: int


class MonthlyTime(Struct, frozen=True, array_like=True):
    """Hour and minute of the customer's wall clock, on the first of the month."""

    hour: int
    minute: int


class BusinessHours(Struct, frozen=True, array_like=True):
    """Weekdays (Monday is 0) and the minutes of the customer's day between which they are open (half open)."""

    weekdays: tuple[int, ...]
    opens: int
    closes: int


class WeekLine(NamedTuple):
    """One incident as the weekly summary needs it. Times UTC, durations in seconds."""

    started_at: datetime
    gateway: str
    peers: tuple[str, ...]
    cause: Cause
    status: Status
    drops: int
    downtime_seconds: float
    connection_downtime_seconds: float
    muted: bool = False


class Others(Struct, frozen=True, array_like=True):
    """Incidents of one day (of the customer's zone) and one cause that are not named singly. Durations in seconds."""

    day: date
    cause: Cause
    incidents: int
    drops: int
    connection_downtime_seconds: float
    open: int
    muted: int


class ConnectionSum(NamedTuple):
    """One connection (a gateway and a peer): drops that began, and seconds without a path and without redundancy."""

    gateway: str
    peer: str
    drops: int
    seconds: float
    maintenance_seconds: float
    unprotected_seconds: float


class Moved(Struct, frozen=True, array_like=True):
    """What the period before came to: drops, and seconds in which some connection had no path."""

    drops: int
    seconds: float


class Suggestion(Struct, frozen=True, array_like=True):
    """What would have helped: ``active-active``, ``maintenance-window`` or ``lifetime`` (``every`` in seconds)."""

    key: str
    gateway: str
    peer: str = ""
    every: float = 0.0


class Figures(Struct, frozen=True):
    """What a report measures. Percentages are of the time of all connections.

    ``seconds`` and ``business_seconds`` are those in which some connection had no path; ``unprotected_seconds`` add up
    over connections.
    """

    connections: int = 0
    listed: bool = False
    """Whether ``connections`` is by the gateway list, or counts the peers that were ever seen to fall."""
    hit: tuple[ConnectionSum, ...] = ()
    """Connections that fell, the worst first, at most twenty of ``hit_count``."""
    hit_count: int = 0
    availability: float = 100.0
    without_maintenance: float = 100.0
    """The same without Azure maintenance."""
    target: float = 99.95
    below_target: int = 0
    month_to_date: float = 100.0
    seconds: float = 0.0
    unprotected_seconds: float = 0.0
    business_seconds: float = 0.0
    before: Moved | None = None
    trend: tuple[int, ...] = ()
    unknown_drops: int = 0
    unmapped: tuple[str, ...] = ()
    blind_seconds: float | None = None
    """How long nothing was polled; None where nobody recorded it."""
    gateways: int | None = None
    logging: int | None = None
    open_count: int = 0
    open: tuple[tuple[str, str, datetime], ...] = ()
    """Gateway, peer and start (UTC) of what is still down and not acknowledged, the oldest."""
    suggestions: tuple[Suggestion, ...] = ()
    more_suggestions: int = 0
    """How many there are beside those."""
    muted: int = 0
    maintenance_without_drop: int | None = None
    """Maintenance rows that no drop followed; None where nobody recorded them."""


class Week(Struct, frozen=True):
    """A week or month (local to a zone, ``2026-W34``, ``2026-08``): the incidents that began in it, and its figures.

    Of very many incidents the worst stand in ``incidents`` and the ``others`` are summed up; ``more_gateways`` counts
    the gateways that only those touched.
    """

    label: str
    start: datetime
    end: datetime
    incidents: tuple[WeekLine, ...] = ()
    figures: Figures | None = None
    others: tuple[Others, ...] = ()
    more_gateways: int = 0

    @property
    def monthly(self) -> bool:
        """Whether it is a month."""
        return "W" not in self.label
