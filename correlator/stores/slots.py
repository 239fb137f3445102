"""So many questions to the log service at once, of all instances together: a slot is a row with a lease.

Log Analytics takes five queries of one identity at a time, and turns away more than 200 that wait
(https://learn.microsoft.com/azure/azure-monitor/service-limits#log-analytics-workspaces). The host adds instances by
the length of the queue and knows nothing of that.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import NamedTuple

from correlator.stores.tables import STATE, Conflict, Delete, Insert, Operation, Replace, Tables

SLOTS = "slots"
LEASE = timedelta(minutes=5)
"""Longer than a run may last (host.json ends it after 4 minutes): only a run that died leaves its slot to the lease."""


class Slot(NamedTuple):
    """A slot that is taken, with the tag of its row."""

    row: str
    etag: str


class Slots:
    """``count`` slots. ``choose`` picks one of those that are free: not all ask for the same."""

    def __init__(self, tables: Tables, count: int, choose: Callable[[Sequence[str]], str] = random.choice) -> None:
        self._tables = tables
        self._rows = [f"slot-{n:03d}" for n in range(count)]
        self._choose = choose

    def take(self, by: str) -> Slot | None:
        """A slot for whoever asks under this name, unique in the world; None if there was none just now."""
        found, clock = self._tables.query(STATE, SLOTS, "", "~")
        there = {e.row: e for e in found}
        mine = next((e for e in found if e.properties["By"] == by), None)
        if mine:  # the client met its own first try
            return Slot(mine.row, mine.etag)
        free = [row for row in self._rows if row not in there or there[row].properties["Until"] <= clock]
        if not free:
            return None
        row = self._choose(free)
        taken = {"By": by, "Until": clock + LEASE}
        write: Operation = Replace(row, taken, there[row].etag) if row in there else Insert(row, taken)
        try:
            return Slot(row, self._tables.write(STATE, SLOTS, [write])[0])
        except Conflict:
            return None

    def free(self, slot: Slot) -> None:
        """Give it back, unless its lease ran out and somebody else has it."""
        try:
            self._tables.write(STATE, SLOTS, [Delete(slot.row, slot.etag)])
        except Conflict:
            return
