"""Outage -> how regularly its tunnel drops: a lifetime or a timer shows as drops at one distance from each other.

Asked of one tunnel (peer and instance) and of its last four drops alone, so that a poll, which keeps the last three
before its window, sees what a replay of everything sees. One unrelated drop in between hides the rule for a while.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

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


def start_of(outage: Outage) -> Start:
    """The part of an outage that counts here."""
    return outage.start, outage.peer, outage.instance_down


def regular(outages: Sequence[Outage], earlier: Iterable[Start]) -> dict[int, float]:
    """Place in ``outages`` (oldest first) -> seconds between drops, for each that is the fourth or later at a distance.

    ``earlier`` are starts known from before; those of the outages themselves may be among them.
    """
    tunnels: dict[tuple[str, str], list[tuple[datetime, int]]] = {}
    for n, outage in enumerate(outages):
        if not outage[10]:
            tunnels.setdefault(outage[1:3], []).append((outage[0], n))
    if before := set(earlier):
        for at, peer, instance in before.difference(start_of(o) for o in outages if not o.switch):
            tunnels.setdefault((peer, instance), []).append((at, BEFORE))
    found = {}
    for drops in tunnels.values():
        if len(drops) < IN_A_ROW:
            continue
        drops.sort()
        for last in range(IN_A_ROW, len(drops) + 1):
            place = drops[last - 1][1]
            if place != BEFORE and (every := _distance([at for at, _ in drops[last - IN_A_ROW : last]])):
                found[place] = every
    return found


def _distance(times: Sequence[datetime]) -> float:
    """The middle distance in seconds if all are nearly the same, else 0."""
    first, second, third, fourth = times
    gaps = sorted((second - first, third - second, fourth - third))
    low, middle, high = gaps
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
