"""What the log holds around the start of each outage: the facts that the cause rules weigh.

Only the hour around the start is looked at, so the circumstances of an outage are final as soon as rows of that hour
can no longer arrive; a poll keeps them and need not read those rows again.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from correlator.maintenance import Claims, find_windows
from correlator.model import ChangeKind, Circumstances, GatewayChange, Outage, Policy

Beginning = tuple[datetime, str, str, bool]
NOTHING = Circumstances()
ALONE = (0, False)
PRIMARY_NEAR = timedelta(minutes=2)


def circumstances(
    outages: Sequence[Outage], changes: Sequence[GatewayChange], kept: Mapping[Beginning, Circumstances], policy: Policy
) -> list[Circumstances]:
    """The circumstances of every outage of one gateway, given oldest first.

    ``kept`` holds what is known already of outages that started before the rows at hand.
    """
    look = _looker(changes, policy) if changes or kept else None
    found = []
    for outage, (together, both) in zip(outages, _company(outages, policy.together), strict=True):
        if look is None:
            found.append(Circumstances(together=together, both_instances=both) if together or both else NOTHING)
        else:
            found.append(look(outage, kept.get(beginning(outage)) if kept else None, together, both))
    return found


def beginning(outage: Outage) -> Beginning:
    """What stays the same of an outage while it is open: its start, peer, instance, and whether it is a switch."""
    return outage.start, outage.peer, outage.instance_down, outage.switch


def _looker(
    changes: Sequence[GatewayChange], policy: Policy
) -> Callable[[Outage, Circumstances | None, int, bool], Circumstances]:
    claims = Claims(find_windows(changes, policy), policy)
    ordered = sorted(changes)
    times = [c.at for c in ordered]
    before = max(policy.maintenance_after, policy.configuration_after, PRIMARY_NEAR)
    after = max(policy.maintenance_before, policy.configuration_before, PRIMARY_NEAR)
    configured_first, configured_last = -policy.configuration_before, policy.configuration_after

    def look(outage: Outage, kept: Circumstances | None, together: int, both: bool) -> Circumstances:
        if kept:
            if kept.maintenance:
                claims.remember(kept.maintenance, outage)
            return kept
        start = outage.start
        near = ordered[bisect_left(times, start - before) : bisect_right(times, start + after)]
        if not near:
            return Circumstances(together=together, both_instances=both) if together or both else NOTHING
        configuration = primary = None
        for change in near:
            kind, since = change.kind, start - change.at
            if kind is ChangeKind.CONFIGURATION and configured_first <= since <= configured_last:
                configuration = change
            elif kind is ChangeKind.PRIMARY_CHANGED and -PRIMARY_NEAR <= since <= PRIMARY_NEAR:
                primary = change
        row, elsewhere = claims.claim(outage)
        return Circumstances(row, elsewhere, configuration, primary, together, both)

    return look


def _company(outages: Sequence[Outage], within: timedelta) -> Iterator[tuple[int, bool]]:
    """Who else dropped within a minute: how many peers, if all, and whether both instances lost this one."""
    starts = [o.start for o in outages]
    first = end = 0
    crowd, near, all_lost = (0, 0), outages[:0], dict[str | None, int]()  # of neighbours, who mostly share one
    for outage, start in zip(outages, starts, strict=True):
        while start - starts[first] > within:
            first += 1
        while end < len(starts) and starts[end] - start <= within:
            end += 1
        if end - first == 1:
            yield ALONE
            continue
        if (first, end) != crowd:
            crowd, near, all_lost = (first, end), outages[first:end], {}
        whole = outage.instance_down if outage.active_active else None
        if whole not in all_lost:
            all_lost[whole] = _all_lost(near, whole)
        together = all_lost[whole]
        others_stayed = not together and outage.peers_known > 1
        yield together, others_stayed and outage.active_active and _on_the_other_instance(outage, near)


def _all_lost(near: Sequence[Outage], instance: str | None) -> int:
    """How many peers the instance (None: the gateway) lost, if those were all it had and more than one; else 0."""
    lost = {o.peer for o in near if instance is None or o.instance_down == instance}
    return len(lost) if len(lost) > 1 and len(lost) == max(o.peers_known for o in near) else 0


def _on_the_other_instance(outage: Outage, near: Sequence[Outage]) -> bool:
    return any(o.peer == outage.peer and o.instance_down != outage.instance_down for o in near)
