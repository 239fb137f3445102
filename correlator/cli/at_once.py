"""Exported rows judged at once. They come a portion at a time and none is kept, so that a large export needs little."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from correlator.categories import Read, Reading, columns_of, moment, times_of
from correlator.correlate import correlate
from correlator.model import Columns, Incident, LogRow, Policy
from correlator.sources.export import rows_of
from correlator.told import is_pending


class AtOnce:
    """One judgement as of ``now`` (UTC), or of the newest row: as if every waiting time were over."""

    def __init__(self, policy: Policy, now: datetime | None) -> None:
        self._policy, self._now = policy, now
        self._all = Reading(own_reasons=policy.reasons)
        self._visible = Reading(own_reasons=policy.reasons) if now else self._all
        self._newest: datetime | None = None
        self._late: dict[tuple[datetime, str], datetime] = {}
        """When the newest rows could first be seen: those that may leave an incident undecided."""

    def take(self, columns: Columns) -> None:
        """Rows, in any order."""
        self._all.take(columns)
        if self._now is None:
            self._remember(columns)
            return
        for visible in columns_of(visible_rows(rows_of(columns), self._now)):
            self._visible.take(visible)
            self._remember(visible)

    def _remember(self, columns: Columns) -> None:
        stamps, ingested, peers = columns[0], columns[1], columns[8]
        times = times_of(stamps)
        seen = [moment(i) or at for at, i in zip(times, ingested, strict=True)] if any(ingested) else times
        self._newest = max((at for at in (self._newest, *seen) if at), default=None)
        if self._newest and seen is not times:
            since = self._newest - self._policy.settle
            rows = zip(times, peers, seen, strict=True)
            self._late |= {(at, peer): when for at, peer, when in rows if at and when and when > since}
            self._late = {row: when for row, when in self._late.items() if when > since}

    def read(self) -> Read:
        """What the rows said, also those that were not visible yet."""
        return self._all.done()

    def as_of(self) -> datetime | None:
        """The time of the judgement (UTC), None where no row has any."""
        return self._now or self._newest

    def incidents(self) -> list[Incident]:
        """All of them, oldest first."""
        logs = sorted(self._visible.done().logs.items())
        found = sorted(
            (i for _, log in logs for i in correlate(log, self._policy).incidents), key=lambda i: (i.started_at, i.id)
        )
        now = self.as_of()
        return [replace(i, pending=is_pending(i, self._last_seen(i), now, self._policy)) for i in found] if now else []

    def _last_seen(self, incident: Incident) -> datetime:
        """When the newest row of an incident could first be seen."""
        outages = (d.outage for d in incident.drops)
        rows = ((at, o.peer) for o in outages for at in (o.start, o.end or o.start))
        return max(self._late.get(row, row[0]) for row in rows)


def visible_rows(rows: Iterable[LogRow], now: datetime | None) -> Iterable[LogRow]:
    """The rows that had arrived by then; all of them without a time."""
    return (r for r in rows if now is None or (moment(r.ingested) or moment(r.at) or now) <= now)
