"""GatewayChange -> MaintenanceWindow: the time in which drops may be the work of one maintenance row.

The delay from the row to the drop is published nowhere, so it is a window of the policy and not an assumption. A drop
may even be stamped a little before its row. A row that names an instance speaks for that instance alone: the other one
is serviced tens of minutes later and has a row (or a silence) of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from correlator.model import ChangeKind, GatewayChange, MaintenanceWindow, Outage, Policy


def find_windows(changes: Iterable[GatewayChange], policy: Policy) -> list[MaintenanceWindow]:
    """One window for each distinct maintenance row, oldest first."""
    rows = sorted({c for c in changes if c.kind is ChangeKind.MAINTENANCE})
    return [MaintenanceWindow(c.at - policy.maintenance_before, c.at + policy.maintenance_after, c) for c in rows]


class Claims:
    """Which drops each maintenance row explains: a tunnel's first drop in the window, and its drops right after that.

    A tunnel is serviced once, so a second drop later in the same window has another reason.
    """

    def __init__(self, windows: Sequence[MaintenanceWindow], policy: Policy) -> None:
        self._windows = windows
        self._redrop = policy.redrop
        self._claimed: dict[tuple[GatewayChange, str, str], datetime] = {}

    def claim(self, outage: Outage) -> tuple[GatewayChange | None, GatewayChange | None]:
        """The row that explains this outage, and one in time that speaks for the other instance; ask in time order."""
        near = [w.row for w in self._windows if w.opens <= outage.start <= w.closes]
        if not near:
            return None, None
        here = [r for r in near if _same_instance(r, outage) and self._free(r, outage)]
        elsewhere = next((r for r in near if not _same_instance(r, outage)), None)
        if not here:
            return None, elsewhere
        best = min(here, key=lambda r: (r.instance == "", r.at > outage.start, abs(outage.start - r.at)))
        self.remember(best, outage)
        return best, None

    def remember(self, row: GatewayChange, outage: Outage) -> None:
        """This row explained this outage."""
        self._claimed[row, outage.peer, outage.instance_down] = outage.end or outage.start

    def _free(self, row: GatewayChange, outage: Outage) -> bool:
        before = self._claimed.get((row, outage.peer, outage.instance_down))
        return before is None or outage.start <= before + self._redrop


def _same_instance(row: GatewayChange, outage: Outage) -> bool:
    return not row.instance or not outage.instance_down or row.instance == outage.instance_down
