"""When rows reached the workspace: how late they are, and when the row of a message was there to be read."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from typing import NamedTuple

from correlator.categories import CATEGORIES, moment
from correlator.model import LogRow


class Lateness(NamedTuple):
    """Seconds from an event to its row's arrival: of the newest row that is fresh, and of the latest one."""

    newest: float
    worst: float


def lateness(rows: Iterable[LogRow], mark: datetime | None) -> Lateness | None:
    """Of rows of our categories that came in after ``mark`` (UTC); None where there is none, or at the first poll.

    ``ingestion_time()`` is approximate and a clock may be off, so a row is never earlier than its event.
    """
    if mark is None:
        return None
    times = ((moment(r.at), moment(r.ingested)) for r in rows if r.category in CATEGORIES and r.ingested)
    fresh = [(at, max(0.0, (seen - at).total_seconds())) for at, seen in times if at and seen and seen > mark]
    return Lateness(max(fresh)[1], max(late for _, late in fresh)) if fresh else None


def arrivals(rows: Iterable[LogRow]) -> Callable[[str, datetime], datetime | None]:
    """When the first row of that gateway and time came in (UTC); None where no such row says so."""

    @cache
    def index() -> dict[tuple[str, datetime], datetime]:
        found: dict[tuple[str, datetime], datetime] = {}
        for row in rows:
            at, seen = moment(row.at), moment(row.ingested) if row.ingested else None
            if at and seen:
                found[row.gateway, at] = min(seen, found.get((row.gateway, at), seen))
        return found

    return lambda gateway, at: index().get((gateway, at))
