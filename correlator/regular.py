"""Outage -> how regularly its tunnel drops: a lifetime or a timer shows as drops at one distance from each other.

Asked of one tunnel (peer and instance) and of its last four drops alone, so that a poll, which keeps the last three
before its window, sees what a replay of everything sees. One unrelated drop in between hides the rule for a while.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from correlator.model import Outage

Start = tuple[datetime, str, str]
"""When a tunnel fell: time, peer, instance."""
IN_A_ROW = 4
BEFORE = -1
"""The place of a start that is none of the outages."""
TOLERANCE = 0.02
"""How far each distance may lie from the middle one: lifetimes are met to the second, rekeying begins early."""
SHORTEST, LONGEST = timedelta(minutes=10), timedelta(hours=25)
"""Shorter is flapping; the longest lifetime that devices have by default is a day."""
FARTHEST = LONGEST * (1 + 2 * TOLERANCE)
"""Two drops that lie farther from each other are none of one distance."""


def start_of(outage: Outage) -> Start:
    """The part of an outage that counts here."""
    return outage.start, outage.peer, outage.instance_down


def regular(outages: Sequence[Outage], earlier: Iterable[Start]) -> dict[int, float]:
    """Place in ``outages`` (oldest first) -> seconds between drops, for each that is the fourth or later at a distance.

    ``earlier`` are starts known from before; those of the outages themselves may be among them.
    """
    tunnels: defaultdict[tuple[str, ...], list[tuple[datetime, int]]] = defaultdict(list)
    for n, outage in enumerate(outages):
        if not outage.switch:
            tunnels[outage.peer, outage.instance_down].append((outage.start, n))
    if before := set(earlier):
        for at, peer, instance in before.difference(start_of(o) for o in outages if not o.switch):
            tunnels[peer, instance].append((at, BEFORE))
        for drops in tunnels.values():
            drops.sort()
    found = {}
    for drops in tunnels.values():
        for n in range(IN_A_ROW - 1, len(drops)):
            at, place = drops[n]
            if (
                at - drops[n - 1][0] < FARTHEST
                and place != BEFORE
                and (every := _distance(drops[n - IN_A_ROW + 1 : n + 1]))
            ):
                found[place] = every
    return found


def _distance(drops: Sequence[tuple[datetime, int]]) -> float:
    """The middle distance in seconds if all are nearly the same, else 0."""
    low, middle, high = sorted(later[0] - drop[0] for drop, later in pairwise(drops))
    if not SHORTEST <= middle <= LONGEST or high - low > middle * 2 * TOLERANCE:
        return 0.0
    near = middle - low <= middle * TOLERANCE and high - middle <= middle * TOLERANCE
    return middle.total_seconds() if near else 0.0


def last_starts(starts: Iterable[Start]) -> tuple[Start, ...]:
    """Of each tunnel the starts that later drops have to be held against."""
    kept: dict[tuple[str, str], list[Start]] = {}
    for start in sorted(set(starts)):
        kept.setdefault(start[1:], []).append(start)
    return tuple(sorted(s for of_tunnel in kept.values() for s in of_tunnel[1 - IN_A_ROW :]))
