"""Maintenance row -> how long until the tunnels fell: what the window around such a row has to hold.

The delay is published nowhere, so it is observed. Looked at is more than any window would hold: each tunnel's first
drop on the row's instance from ten minutes before the row to an hour after it, unless another row of that instance
comes first. Drops that the peer or a change explains are passed over. The same look three hours later says how many
would be there by chance.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from correlator.model import ChangeKind, GatewayChange, Outage, Policy
from correlator.reasons import Meaning, meaning

BEFORE, AFTER = timedelta(minutes=10), timedelta(minutes=60)
BY_CHANCE = timedelta(hours=3)
FEW = 20
"""So many maintenance rows with drops are needed before a window is proposed: the tunnels of one row fall together."""
HELD = 0.99
"""The part of the drops that a proposed window holds."""
STEP = 30
EXPLAINED = (Meaning.PEER_CLOSED, Meaning.CONFIGURATION, Meaning.NEGOTIATION)
EDGES = (-600, -60, 0, 30, 60, 120, 300, 600, 900, 1800, 3600)
"""Bounds of the histogram, seconds after the row."""


class Delay(NamedTuple):
    """One tunnel's first drop near a maintenance row: ``seconds`` after it (before it: negative)."""

    gateway: str
    instance: str
    row_at: datetime
    seconds: float


class Summary(NamedTuple):
    """The delays of some drops, in seconds; ``rows`` is how many maintenance rows they belong to."""

    drops: int
    rows: int
    least: float
    median: float
    most: float
    """95 % fell sooner."""
    latest: float


def delays(gateway: str, changes: Iterable[GatewayChange], outages: Iterable[Outage], policy: Policy) -> list[Delay]:
    """The delays of one gateway, oldest row first."""
    rows = sorted({c for c in changes if c.kind is ChangeKind.MAINTENANCE})
    drops = sorted(o for o in outages if not o.switch and meaning(o.reason, policy.reasons) not in EXPLAINED)
    return [d for n, row in enumerate(rows) for d in _of_row(gateway, row, rows[n + 1 :], drops)]


def by_chance(gateway: str, changes: Iterable[GatewayChange], outages: Iterable[Outage], policy: Policy) -> int:
    """How many drops the same look finds three hours after each row, where maintenance has no hand in it."""
    return len(delays(gateway, [c._replace(at=c.at + BY_CHANCE) for c in changes], outages, policy))


def _of_row(
    gateway: str, row: GatewayChange, later: Sequence[GatewayChange], drops: Sequence[Outage]
) -> Iterable[Delay]:
    until = min((r.at for r in later if r.instance == row.instance), default=row.at + AFTER)
    near = [o for o in drops if row.at - BEFORE <= o.start < min(until, row.at + AFTER)]
    instance = row.instance or next((o.instance_down for o in near if o.start >= row.at), "")
    firsts: dict[str, Outage] = {}
    for o in near:
        if o.instance_down == instance:
            firsts.setdefault(o.peer, o)
    return [Delay(gateway, instance, row.at, (o.start - row.at).total_seconds()) for o in firsts.values()]


def summary(found: Sequence[Delay]) -> Summary:
    """Of at least one delay."""
    seconds = sorted(d.seconds for d in found)
    rows = len({(d.gateway, d.instance, d.row_at) for d in found})
    return Summary(len(seconds), rows, seconds[0], _part(seconds, 0.5), _part(seconds, 0.95), seconds[-1])


def held(found: Sequence[Delay], policy: Policy) -> float:
    """The part of the drops (0 to 1) that the policy's window holds."""
    before, after = policy.maintenance_before.total_seconds(), policy.maintenance_after.total_seconds()
    return sum(-before <= d.seconds <= after for d in found) / len(found)


def proposed(found: Sequence[Delay]) -> str | None:
    """The narrowest window of half minutes that holds 99 % on either side, as MAINTENANCE_WINDOW takes it.

    None where so few rows were seen that a window of them would be a guess.
    """
    if not found or summary(found).rows < FEW:
        return None
    seconds = sorted(d.seconds for d in found)
    before = math.ceil(max(0.0, -_part(seconds, 1 - HELD)) / STEP) * STEP
    after = math.ceil(max(0.0, _part(seconds, HELD)) / STEP) * STEP
    return f"-{_written(before)}..{_written(after)}"


def histogram(found: Sequence[Delay]) -> list[tuple[int, int, int]]:
    """From, to (seconds after the row) and number of drops; every bound of ``EDGES`` once."""
    return [(low, high, sum(low <= d.seconds < high for d in found)) for low, high in pairwise(EDGES)]


def _part(ordered: Sequence[float], part: float) -> float:
    """The value that this part of the values does not exceed."""
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


def _written(seconds: int) -> str:
    return f"{seconds // 60}m" if seconds and seconds % 60 == 0 else f"{seconds}s"
