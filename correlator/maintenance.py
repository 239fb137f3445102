"""GatewayChange -> MaintenanceWindow: the time in which drops may be the work of one maintenance row.

The delay from the row to the drop is published nowhere, so it is a window of the policy and not an assumption. A drop
may even be stamped a little before its row. A row that names an instance speaks for that instance alone: the other one
is serviced tens of minutes later and has a row (or a silence) of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from correlator.model import ChangeKind, Drop, GatewayChange, MaintenanceWindow, Outage, Policy
from correlator.reasons import Meaning, meaning

LATELY = timedelta(days=7)


def find_windows(changes: Iterable[GatewayChange], policy: Policy) -> list[MaintenanceWindow]:
    """One window for each distinct maintenance row, oldest first."""
    rows = [row for row, _ in groupby(sorted(c for c in changes if c.kind is ChangeKind.MAINTENANCE))]
    before, after = policy.maintenance_before, policy.maintenance_after
    return [MaintenanceWindow(row.at - before, row.at + after, row) for row in rows]


def without_a_drop(changes: Iterable[GatewayChange], drops: Iterable[Drop], policy: Policy) -> list[datetime]:
    """The times (UTC) of the maintenance rows that no drop followed, oldest first.

    A second row of the same service is not one of them: what counts is a drop in its window, on the instance that it
    names, that any row of this gateway explains.
    """
    windows = find_windows(changes, policy)
    served = [d.outage for d in drops if d.around.maintenance and not d.around.far] if windows else []
    return [w.row.at for w in windows if not any(_falls_into(o, w) for o in served)]


def _falls_into(outage: Outage, window: MaintenanceWindow) -> bool:
    named, fell = window.row.instance, outage.instance_down
    return window.opens <= outage.start <= window.closes and (not named or not fell or named == fell)


def spared_lately(spared: Iterable[datetime], now: datetime, policy: Policy) -> int:
    """How many of these rows are of the last seven days, with a window that is over: the rest may still cause drops."""
    return sum(now - LATELY <= at < now - policy.maintenance_after for at in spared)


class _Served:
    """One maintenance row: the instance it turned out to speak for, and by peer until when a drop is still its work."""

    __slots__ = ("closes", "instance", "opens", "row", "until")

    def __init__(self, window: MaintenanceWindow) -> None:
        self.opens, self.closes, self.row = window.opens, window.closes, window.row
        self.instance = self.row.instance
        self.until: dict[str, datetime] = {}


class Claims:
    """Which drops each maintenance row explains: a tunnel's first drop in the window, and its drops right after that.

    A tunnel is serviced once, so a second drop later in the same window has another reason. A row that names no
    instance speaks for the one whose tunnel fell first: the other one is serviced tens of minutes later.
    """

    def __init__(self, windows: Sequence[MaintenanceWindow], policy: Policy) -> None:
        """``windows`` oldest first, as they are found."""
        self._redrop = policy.redrop
        self._reasons = policy.reasons
        self._rows = [_Served(window) for window in windows]
        self._over = 0  # so many windows closed before the last outage, and every later one

    def claim(self, outage: Outage) -> tuple[GatewayChange | None, GatewayChange | None]:
        """The row that explains this outage, and one in time that speaks for the other instance; ask in time order."""
        start, instance, instance_up = outage.start, outage.instance_down, outage.instance_up
        best = elsewhere = None
        for served in self._rows[self._over :]:
            if served.opens > start:
                break
            if served.closes < start:
                self._over += 1
            elif served.instance and instance and served.instance != instance:
                elsewhere = elsewhere or served.row
            elif start <= served.until.get(outage.peer, start):
                best = served if best is None else _fitter(best, served, start)
        if best is None:
            return None, elsewhere
        # The peer's own doing uses up no maintenance: the service of this tunnel may still be to come.
        if instance_up not in ("", instance) or meaning(outage.reason, self._reasons) is not Meaning.PEER_CLOSED:
            self._use_up(best, outage)
        return best.row, None

    def remember(self, row: GatewayChange, outage: Outage) -> None:
        """This row explained this outage."""
        for served in self._rows:
            if served.row == row:
                self._use_up(served, outage)

    def _use_up(self, served: _Served, outage: Outage) -> None:
        served.instance = served.instance or outage.instance_down
        served.until[outage.peer] = (outage.end or outage.start) + self._redrop


def _fitter(one: _Served, other: _Served, start: datetime) -> _Served:
    """Of two rows: one that names the instance, one before the drop, the nearest, the first."""
    return other if _order(other.row, start) < _order(one.row, start) else one


def _order(row: GatewayChange, start: datetime) -> tuple[bool, bool, timedelta]:
    return row.instance == "", row.at > start, abs(start - row.at)
