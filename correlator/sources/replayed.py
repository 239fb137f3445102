"""Exported rows played back as a workspace would have shown them: a row is seen once its ingestion time has passed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from correlator.categories import gateway_of, moment
from correlator.model import LogRow
from correlator.ports import LogAnswer
from correlator.queries import LEAD, OVERLAP


class _Seen(NamedTuple):
    ingested: datetime
    at: datetime
    gateway: str
    row: LogRow


class ReplayedLog:
    """A log source over rows in memory; set ``now`` and poll."""

    def __init__(self, rows: Iterable[LogRow]) -> None:
        self._rows = sorted((s for r in rows if (s := _seen(r))), key=lambda s: s.ingested)
        self._ingested = [s.ingested for s in self._rows]
        self._of_gateway: dict[str, list[_Seen]] = {}
        for seen in self._rows:
            self._of_gateway.setdefault(seen.gateway, []).append(seen)
        self.now = self._ingested[0] if self._ingested else datetime.min.replace(tzinfo=UTC)

    @property
    def empty(self) -> bool:
        """Whether no row can be used."""
        return not self._rows

    @property
    def first(self) -> datetime:
        """When the first row could be seen."""
        return self._ingested[0]

    @property
    def last(self) -> datetime:
        """When the last row could be seen."""
        return self._ingested[-1]

    def fetch(self, workspace: str, mark: datetime | None, since: datetime | None) -> LogAnswer:
        """As the query does: of gateways with fresh rows, every row of the window."""
        del workspace
        until = bisect_right(self._ingested, self.now)
        begin = bisect_left(self._ingested, mark - OVERLAP) if mark else 0
        fresh = {s.gateway for s in self._rows[begin:until]}
        reach = since - LEAD if since else None
        rows = [
            s.row
            for gateway in fresh
            for s in self._of_gateway[gateway]
            if s.ingested <= self.now and (reach is None or s.at > reach)
        ]
        return LogAnswer(self.now, rows)


def _seen(row: LogRow) -> _Seen | None:
    at = moment(row.at)
    gateway = gateway_of(row.gateway)
    return _Seen(moment(row.ingested) or at, at, gateway, row) if at and gateway else None
