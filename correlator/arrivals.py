"""When rows reached the workspace: how late they are, and when the row of a message was there to be read."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple

from correlator.categories import CATEGORIES, moment
from correlator.model import LogRow


class Lateness(NamedTuple):
    """Seconds from an event to its row's arrival: of the newest row that is fresh, and of the latest one."""

    newest: float
    worst: float


def came_in(rows: Iterable[LogRow], mark: datetime) -> list[tuple[datetime, datetime]]:
    """Time and arrival (UTC) of the rows of our categories that came in after ``mark``: few of the many of a window."""
    ours = ((row.at, moment(row.ingested)) for row in rows if row.category in CATEGORIES)
    fresh = [(said, seen) for said, seen in ours if seen and seen > mark]
    return [(at, seen) for said, seen in fresh if (at := moment(said))]


def lateness(fresh: Sequence[tuple[datetime, datetime]]) -> Lateness | None:
    """Of rows that came in, None if there is none.

    ``ingestion_time()`` is approximate and a clock may be off, so a row is never earlier than its event.
    """
    late = [(at, max(0.0, (seen - at).total_seconds())) for at, seen in fresh]
    return Lateness(max(late)[1], max(seconds for _, seconds in late)) if late else None


def arrivals(rows: Iterable[LogRow]) -> Callable[[str, datetime], datetime | None]:
    """When the first row of that gateway and time came in (UTC); None where no such row says so."""

    @cache
    def by_gateway() -> dict[str, list[LogRow]]:
        found: dict[str, list[LogRow]] = {}
        for row in rows:
            found.setdefault(row.gateway, []).append(row)
        return found

    @cache
    def of(gateway: str) -> dict[datetime, datetime]:
        found: dict[datetime, datetime] = {}
        for row in by_gateway().get(gateway, ()):
            at, seen = moment(row.at), moment(row.ingested)
            if at and seen:
                found[at] = min(seen, found.get(at, seen))
        return found

    return lambda gateway, at: of(gateway).get(at)
