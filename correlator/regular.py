"""Outage -> how regularly its tunnel drops: a lifetime or a timer shows as drops at one distance from each other.

Asked of one tunnel (peer and instance) and of its last four drops alone, so that a poll, which keeps the last three
before its window, sees what a replay of everything sees. One unrelated drop in between hides the rule for a while.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from correlator.model import Outage

Start = tuple[datetime, str, str]
"""When a tunnel fell: time, peer, instance."""
IN_A_ROW = 4
TOLERANCE = 0.02
"""How far each distance may lie from the middle one: lifetimes are met to the second, rekeying begins early."""
SHORTEST, LONGEST = timedelta(minutes=10), timedelta(hours=25)
"""Shorter is flapping; the longest lifetime that devices have by default is a day."""
NEARLY_SHORTEST, NEARLY_LONGEST = SHORTEST * (1 - TOLERANCE), LONGEST * (1 + TOLERANCE)


def start_of(outage: Outage) -> Start:
    """The part of an outage that counts here."""
    return outage.start, outage.peer, outage.instance_down


def regular(outages: Sequence[Outage], earlier: Collection[Start]) -> dict[int, float]:
    """Place in ``outages`` (oldest first) -> seconds between drops, for each that is the fourth or later at a distance.

    ``earlier`` are starts known from before; those of the outages themselves may be among them.
    """
    places = {start_of(o): n for n, o in enumerate(outages) if not o.switch} if earlier else {}
    before = {*earlier} - places.keys()
    starts = sorted([*before, *places]) if before else [start_of(o) for o in outages if not o.switch]
    found: dict[Start, float] = {}
    tunnels: dict[tuple[str, str], list[datetime]] = {}
    for start in starts:
        at, peer, instance = start
        times = tunnels.get((peer, instance))
        if times is None:
            times = tunnels[peer, instance] = []
        times.append(at)
        if len(times) >= IN_A_ROW and (every := _distance(times)):
            found[start] = every
    return (
        {n: found[start_of(o)] for n, o in enumerate(outages) if not o.switch and start_of(o) in found} if found else {}
    )


def _distance(times: Sequence[datetime]) -> float:
    """The middle distance of the last four times in seconds, if all are nearly the same; else 0."""
    last = times[-1] - times[-2]
    if not NEARLY_SHORTEST <= last <= NEARLY_LONGEST:
        return 0.0  # most are told apart here, and they come by the ten thousand
    low, middle, high = sorted((last, times[-2] - times[-3], times[-3] - times[-4]))
    near = middle - low <= middle * TOLERANCE and high - middle <= middle * TOLERANCE
    return middle.total_seconds() if near and SHORTEST <= middle <= LONGEST else 0.0


def last_starts(starts: Iterable[Start]) -> tuple[Start, ...]:
    """Of each tunnel the starts that later drops have to be held against."""
    kept: dict[tuple[str, str], list[Start]] = {}
    for start in sorted(set(starts)):
        kept.setdefault(start[1:], []).append(start)
    return tuple(sorted(s for of_tunnel in kept.values() for s in of_tunnel[1 - IN_A_ROW :]))
