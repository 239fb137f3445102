"""Exported rows played back as a workspace would have shown them: a row is seen once its ingestion time has passed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from correlator.activity import ACTIVITY, covers, read_activity
from correlator.categories import gateway_of, moment, own_addresses
from correlator.model import LogRow
from correlator.ports import LogAnswer, Span
from correlator.queries import LEAD, OVERLAP


class _Seen(NamedTuple):
    ingested: datetime
    at: datetime
    scope: str
    outside: bool
    row: LogRow


class ReplayedLog:
    """A log source over rows in memory; set ``now`` and poll."""

    def __init__(self, rows: Iterable[LogRow]) -> None:
        self._rows = sorted((s for r in rows if (s := _seen(r))), key=lambda s: s.ingested)
        self._ingested = [s.ingested for s in self._rows]
        self._pairs = _pairs(self._rows)
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

    def fetch(
        self, workspace: str, mark: datetime | None, since: datetime | None, again: Collection[str] = ()
    ) -> LogAnswer:
        """As the query does: of gateways with fresh rows, every row of the window, and what the activity log holds.

        A gateway at the other end of one with fresh rows counts as fresh too.
        """
        del workspace, again  # an export names no moves
        until = bisect_right(self._ingested, self.now)
        begin = bisect_left(self._ingested, mark - OVERLAP) if mark else 0
        news = {s.scope for s in self._rows[begin:until]}
        reach = since - LEAD if since else None
        within = [s for s in self._rows[:until] if reach is None or s.at > reach]
        gateways = {s.scope for s in within if not s.outside}
        fresh = {g for g in gateways if g in news or any(covers(scope, g) for scope in news)}
        fresh |= {other for gateway in fresh for other in self._pairs.get(gateway, ())}
        rows = [s.row for s in within if s.outside or s.scope in fresh] if fresh else []
        return LogAnswer(self.now, rows)

    def negotiations(self, workspace: str, spans: Sequence[Span]) -> Sequence[LogRow]:
        """None: a replay's answers hold the IKE rows of its files already."""
        del workspace, spans
        return ()


def _seen(row: LogRow) -> _Seen | None:
    at = moment(row.at)
    outside = row.category == ACTIVITY
    scope = read_activity(row, at).scope if outside and at else gateway_of(row.gateway)
    return _Seen(moment(row.ingested) or at, at, scope, outside, row) if at and scope else None


def _pairs(rows: Iterable[_Seen]) -> dict[str, set[str]]:
    """Gateways that are each other's peers, by the addresses that their IKE rows name."""
    own = own_addresses(s.row for s in rows)
    found: dict[str, set[str]] = {}
    for seen in rows:
        other = own.get(seen.row.peer)
        if other and other != seen.scope:
            found.setdefault(seen.scope, set()).add(other)
            found.setdefault(other, set()).add(seen.scope)
    return found
