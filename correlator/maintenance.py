"""GatewayChange -> MaintenanceWindow: the time in which drops may be the work of one maintenance row.

The delay from the row to the drop is published nowhere, so it is a window of the policy and not an assumption. A drop
may even be stamped a little before its row. A row that names an instance speaks for that instance alone: the other one
is serviced tens of minutes later and has a row (or a silence) of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from correlator.model import ChangeKind, GatewayChange, MaintenanceWindow, Outage, Policy
from correlator.reasons import Meaning, meaning


def find_windows(changes: Iterable[GatewayChange], policy: Policy) -> list[MaintenanceWindow]:
    """One window for each distinct maintenance row, oldest first."""
    rows = sorted({c for c in changes if c.kind is ChangeKind.MAINTENANCE})
    return [MaintenanceWindow(c.at - policy.maintenance_before, c.at + policy.maintenance_after, c) for c in rows]


class Claims:
    """Which drops each maintenance row explains: a tunnel's first drop in the window, and its drops right after that.

    A tunnel is serviced once, so a second drop later in the same window has another reason.
    """

    def __init__(self, windows: Sequence[MaintenanceWindow], policy: Policy) -> None:
        """``windows`` oldest first, as they are found."""
        self._redrop = policy.redrop
        self._claimed: list[tuple[MaintenanceWindow, _Until]] = [(window, {}) for window in windows]
        self._over = 0  # so many windows closed before the last outage, and every later one

    def claim(self, outage: Outage) -> tuple[GatewayChange | None, GatewayChange | None]:
        """The row that explains this outage, and one in time that speaks for the other instance; ask in time order."""
        start, tunnel = outage.start, (outage.peer, outage.instance_down)
        here: list[tuple[GatewayChange, _Until]] = []
        elsewhere = None
        for (opens, closes, row), claimed in self._claimed[self._over :]:
            if opens > start:
                break
            if closes < start:
                self._over += 1
            elif not _same_instance(row, outage):
                elsewhere = elsewhere or row
            elif tunnel not in claimed or start <= claimed[tunnel]:
                here.append((row, claimed))
        if not here:
            return None, elsewhere
        best, claimed = here[0] if len(here) == 1 else min(here, key=lambda found: _order(found[0], start))
        if not _hung_up(outage):
            claimed[tunnel] = (outage.end or start) + self._redrop
        return best, None

    def remember(self, row: GatewayChange, outage: Outage) -> None:
        """This row explained this outage."""
        for window, claimed in self._claimed:
            if window.row == row:
                claimed[outage.peer, outage.instance_down] = (outage.end or outage.start) + self._redrop


_Until = dict[tuple[str, str], datetime]
"""By tunnel (peer and instance): until when another drop is still the work of the row that explained the last one."""


def _hung_up(outage: Outage) -> bool:
    """The peer's own doing, which uses up no maintenance: the service of this tunnel may still be to come."""
    return meaning(outage.reason) is Meaning.PEER_CLOSED and outage.instance_up in ("", outage.instance_down)


def _same_instance(row: GatewayChange, outage: Outage) -> bool:
    return not row.instance or not outage.instance_down or row.instance == outage.instance_down


def _order(row: GatewayChange, start: datetime) -> tuple[bool, bool, timedelta]:
    """Of several rows: one that names the instance, one before the drop, the nearest."""
    return row.instance == "", row.at > start, abs(start - row.at)
