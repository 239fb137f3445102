"""How right an answer is. Pure: true outages and said outages in, figures out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from benchmarks.verdicts.truth import Cause, SaidOutage, TrueOutage

MISSED = "missed"


class Pair(NamedTuple):
    """A true outage and what was said of it. ``true`` None: invented; ``said`` None: missed. ``night``: which run."""

    night: int
    true: TrueOutage | None
    said: SaidOutage | None


class Found(NamedTuple):
    """A pair with both halves."""

    night: int
    true: TrueOutage
    said: SaidOutage


class Measure(NamedTuple):
    """A figure. ``value`` None: nothing to measure. ``of``: how many it is a share of. ``bound`` None: for reading."""

    name: str
    value: float | None
    of: int
    bound: float | None = None
    at_least: bool = True

    @property
    def met(self) -> bool | None:
        """Whether the bound is kept; None without a bound or a value."""
        if self.bound is None or self.value is None:
            return None
        return self.value >= self.bound if self.at_least else self.value <= self.bound


def match(night: int, true: Iterable[TrueOutage], said: Iterable[SaidOutage]) -> list[Pair]:
    """Pairs by gateway, peer, instance and the time of the first Disconnected row, to the millisecond.

    Of two said outages with one key the second is invented.
    """
    waiting = {outage.key: outage for outage in true}
    pairs = [Pair(night, waiting.pop(one.key, None), one) for one in said]
    return pairs + [Pair(night, outage, None) for outage in waiting.values()]


def score(pairs: Sequence[Pair]) -> list[Measure]:
    """Every figure, those with a bound first."""
    true = [pair.true for pair in pairs if pair.true]
    said = [pair.said for pair in pairs if pair.said]
    found = [Found(pair.night, pair.true, pair.said) for pair in pairs if pair.true and pair.said]
    ended = [pair for pair in found if pair.true.ended_at]
    return [
        _share("outage recall", len(found), len(true), 0.995),
        _share("outage precision", len(found), len(said), 0.995),
        _share("duration exact", sum(p.true.ended_at == p.said.ended_at for p in ended), len(ended), 1.0),
        _maintenance_precision(pairs),
        _maintenance_recall(pairs),
        _share("side right", sum(p.true.side_right(p.said.cause, p.said.side) for p in found), len(true), 0.98),
        _macro_f1(pairs),
        _hops_together(pairs),
        _mixed(found),
        _wrongly_excused(pairs),
        _episodes_whole(pairs),
        _share("unknown", sum(pair.said.cause == Cause.UNKNOWN for pair in found), len(found)),
        _share("left open though it returned", sum(pair.said.ended_at is None for pair in ended), len(ended)),
        _duration_error(ended),
    ]


def cause_table(pairs: Sequence[Pair]) -> list[tuple[str, int, float, float, float]]:
    """Of each true cause: label, true outages, precision, recall, F1.

    An accepted answer counts as the label; a missed outage is a miss of its label, an invented one a false alarm of
    the cause that it names.
    """
    right, wrong, all_true = Counter[str](), Counter[str](), Counter[str]()
    for _, true, said in pairs:
        answer = said.cause if said else MISSED
        if true:
            all_true[true.cause] += 1
        if true and true.right(answer):
            right[true.cause] += 1
        else:
            wrong[answer] += 1
    return [(label, all_true[label], *_f1(right[label], wrong[label], all_true[label])) for label in sorted(all_true)]


def _f1(right: int, wrong: int, true: int) -> tuple[float, float, float]:
    precision, recall = right / (right + wrong) if right else 0.0, right / true
    return precision, recall, 2 * precision * recall / (precision + recall) if right else 0.0


def _macro_f1(pairs: Sequence[Pair]) -> Measure:
    table = cause_table(pairs)
    value = sum(line[-1] for line in table) / len(table) if table else None
    return Measure("cause macro-F1", value, len(table), 0.9)


def _maintenance_precision(pairs: Sequence[Pair]) -> Measure:
    """Of the outages called maintenance, invented ones included."""
    called = [pair for pair in pairs if pair.said and pair.said.cause == Cause.AZURE_MAINTENANCE]
    right = sum(pair.true is not None and pair.true.right(Cause.AZURE_MAINTENANCE) for pair in called)
    return _share("maintenance precision", right, len(called), 0.99)


def _maintenance_recall(pairs: Sequence[Pair]) -> Measure:
    """Of the outages of logged maintenance."""
    logged = [pair for pair in pairs if pair.true and _logged(pair.true)]
    called = sum(pair.said is not None and pair.said.cause == Cause.AZURE_MAINTENANCE for pair in logged)
    return _share("maintenance recall", called, len(logged), 0.985)


def _logged(true: TrueOutage) -> bool:
    return true.logged and true.cause is Cause.AZURE_MAINTENANCE


def _episodes_whole(pairs: Sequence[Pair]) -> Measure:
    """Logged maintenance of which every outage is called maintenance."""
    episodes: dict[tuple[int, str], bool] = {}
    for night, true, said in pairs:
        if true and _logged(true):
            right = said is not None and said.cause == Cause.AZURE_MAINTENANCE
            episodes[night, true.episode] = episodes.get((night, true.episode), True) and right
    return _share("logged episodes right in every outage", sum(episodes.values()), len(episodes))


def _hops_together(pairs: Sequence[Pair]) -> Measure:
    """Episodes of two hops, logged or not, whose outages are all found and in one incident.

    Not counted: those of which the log cannot tell every outage from another cause, and what a peer gateway saw.
    """
    episodes: dict[tuple[int, str], list[Pair]] = defaultdict(list)
    for pair in pairs:
        if pair.true and not pair.true.happened.startswith("other gateway"):
            episodes[pair.night, pair.true.episode].append(pair)
    double = [parts for parts in episodes.values() if _told_in_two_hops(parts)]
    together = sum(len({p.said.incident if p.said else p for p in parts}) == 1 for parts in double)
    return _share("both hops in one incident", together, len(double), 0.97)


def _told_in_two_hops(parts: Sequence[Pair]) -> bool:
    true = [pair.true for pair in parts if pair.true]
    return len({one.hop for one in true}) > 1 and all(len(one.accepted) == 1 for one in true)


def _mixed(found: Sequence[Found]) -> Measure:
    """Incidents whose outages have no accepted cause in common."""
    common: dict[tuple[int, str], frozenset[Cause]] = {}
    for night, true, said in found:
        key = (night, said.incident)
        common[key] = common.get(key, true.accepted) & true.accepted
    return _share("mixed incidents", sum(not causes for causes in common.values()), len(common), 0.01, at_least=False)


def _wrongly_excused(pairs: Sequence[Pair]) -> Measure:
    """Drops near a maintenance row, not caused by it, that are called maintenance."""
    contested = [(pair.true, pair.said) for pair in pairs if pair.true and pair.true.contested]
    excused = sum(said is not None and said.cause == Cause.AZURE_MAINTENANCE and not true.right(said.cause)
                  for true, said in contested)  # fmt: skip
    return _share("wrongly excused", excused, len(contested), 0.07, at_least=False)


def _duration_error(ended: Sequence[Found]) -> Measure:
    """Mean distance of the said from the true duration, in seconds, where an end is said."""
    errors = [abs((pair.true.ended_at - pair.said.ended_at).total_seconds())
              for pair in ended if pair.true.ended_at and pair.said.ended_at]  # fmt: skip
    return Measure("duration error, mean s", sum(errors) / len(errors) if errors else None, len(errors))


def _share(name: str, part: int, whole: int, bound: float | None = None, *, at_least: bool = True) -> Measure:
    return Measure(name, part / whole if whole else None, whole, bound, at_least)
