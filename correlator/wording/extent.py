"""How far a set of outages reached: whether traffic stopped, for whom, how often and how long."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from correlator.model import Outage

Span = tuple[datetime, datetime]


class Extent(Struct, frozen=True):
    """``kind`` is ``cut`` (no tunnel was left), ``partly`` (one of two was lost) or ``switched`` (no outage is known).

    ``seconds`` are those of ``spells`` stretches of time, overlaps counted once; while ``open`` only what is down now
    counts, up to the time of the message. Where several peers took turns, ``longest`` are the seconds of the peer that
    had most of them, and ``alike`` says that each had all the spells. ``at_most``: what is over may have been shorter.
    ``of`` is how many peers the gateway was known to have, those that are back included.
    """

    kind: str
    open: bool
    peers: tuple[str, ...]
    spells: int
    seconds: float
    since: datetime
    longest: float
    alike: bool
    at_most: bool = False
    of: int = 1

    @property
    def each(self) -> bool:
        """Whether the time of all together would be told of peers of which none was down for so long."""
        return int(self.longest) < int(self.seconds) and (self.alike or self.spells == 1)


def extent(outages: Sequence[Outage], at: datetime) -> Extent:
    """The worst that is so now; where all is over, the worst that was. ``outages`` is not empty."""
    return replace(_worst(outages, at), of=max(o.peers_known for o in outages))


def _worst(outages: Sequence[Outage], at: datetime) -> Extent:
    real = [o for o in outages if not o.switch]
    if not real:
        return _extent("switched", False, outages, [])
    cut_now = [o for o in real if o.cut and o.cut_end is None]
    if cut_now:
        return _extent("cut", True, cut_now, [(o.start, at) for o in cut_now])
    down_now = [o for o in real if o.end is None]
    if down_now:
        return _extent("partly", True, down_now, [(o.start, at) for o in down_now])
    cut = [o for o in real if o.cut]
    if cut:
        return _extent("cut", False, cut, [(o.start, o.cut_end or at) for o in cut])
    return _extent("partly", False, real, [(o.start, o.end or at) for o in real])


def _extent(kind: str, now: bool, outages: Sequence[Outage], spans: Sequence[Span]) -> Extent:
    """``spans`` are those of ``outages``, in their order; none where no length is known."""
    of_peer: dict[str, list[Span]] = {}
    for outage, span in zip(outages, spans, strict=False):
        of_peer.setdefault(outage.peer, []).append(span)
    stretches, alone = united(spans), [united(mine) for mine in of_peer.values()]
    return Extent(
        kind,
        now,
        tuple(dict.fromkeys(o.peer for o in outages)),
        len(stretches),
        _seconds(stretches),
        min(o.start for o in outages),
        max(map(_seconds, alone), default=0.0),
        all(len(mine) == len(stretches) for mine in alone),
        not now and any(o.at_most for o in outages),
    )


def _seconds(stretches: Iterable[Span]) -> float:
    return sum((end - start).total_seconds() for start, end in stretches)


def united(spans: Iterable[Span]) -> list[Span]:
    """Stretches of time without overlaps, oldest first."""
    stretches: list[Span] = []
    for start, end in sorted(spans):
        if stretches and start <= stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], max(end, stretches[-1][1]))
        else:
            stretches.append((start, max(start, end)))
    return stretches
