"""How far a set of outages reached: whether traffic stopped, for whom, how often and how long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from correlator.model import Outage


class Extent(NamedTuple):
    """``kind`` is ``cut`` (no tunnel was left), ``partly`` (one of two was lost) or ``switched`` (no outage is known).

    ``seconds`` are those of ``spells`` stretches of time, overlaps counted once; while ``open`` only what is down now
    counts, up to the time of the message.
    """

    kind: str
    open: bool
    peers: tuple[str, ...]
    of: int
    spells: int
    seconds: float
    since: datetime


def extent(outages: Sequence[Outage], at: datetime) -> Extent:
    """The worst that is so now; where all is over, the worst that was. ``outages`` is not empty."""
    real = [o for o in outages if not o.switch]
    if not real:
        return _extent("switched", False, outages, [])
    cut_now = [o for o in real if o.cut and o.cut_end is None]
    if cut_now:
        return _extent("cut", True, cut_now, [(min(o.start for o in cut_now), at)])
    down_now = [o for o in real if o.end is None]
    if down_now:
        return _extent("partly", True, down_now, [(min(o.start for o in down_now), at)])
    cut = [o for o in real if o.cut]
    if cut:
        return _extent("cut", False, cut, [(o.start, o.cut_end or at) for o in cut])
    return _extent("partly", False, real, [(o.start, o.end or at) for o in real])


def _extent(kind: str, now: bool, outages: Sequence[Outage], spans: Iterable[tuple[datetime, datetime]]) -> Extent:
    stretches = united(spans)
    return Extent(
        kind,
        now,
        tuple(dict.fromkeys(o.peer for o in outages)),
        max(o.peers_known for o in outages),
        len(stretches),
        sum((end - start).total_seconds() for start, end in stretches),
        min(o.start for o in outages),
    )


def united(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Stretches of time without overlaps, oldest first."""
    stretches: list[tuple[datetime, datetime]] = []
    for start, end in sorted(spans):
        if stretches and start <= stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], max(end, stretches[-1][1]))
        else:
            stretches.append((start, max(start, end)))
    return stretches
