"""What the log holds around the start of each outage: the facts that the cause rules weigh.

Only the hour around the start is looked at, so the circumstances of an outage are final as soon as rows of that hour
can no longer arrive; a poll keeps them and need not read those rows again.
"""

from __future__ import annotations

from bisect import bisect_left
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
    configured = sorted({c for c in changes if c.kind is ChangeKind.CONFIGURATION})
    moved = sorted({c for c in changes if c.kind is ChangeKind.PRIMARY_CHANGED})
    times = sorted(c.at for c in changes)
    before = max(policy.maintenance_after, policy.configuration_after, PRIMARY_NEAR)
    after = max(policy.maintenance_before, policy.configuration_before, PRIMARY_NEAR)

    def look(outage: Outage, kept: Circumstances | None, together: int, both: bool) -> Circumstances:
        if kept:
            if kept.maintenance:
                claims.remember(kept.maintenance, outage)
            return kept
        start = outage.start
        # Most drops have no row near them: ask that before every rule of nearness is tried.
        next_row = bisect_left(times, start - before)
        if next_row == len(times) or times[next_row] > start + after:
            return Circumstances(together=together, both_instances=both) if together or both else NOTHING
        row, elsewhere = claims.claim(outage)
        configuration = _last_near(configured, start, policy.configuration_after, policy.configuration_before)
        primary = _last_near(moved, start, PRIMARY_NEAR, PRIMARY_NEAR)
        return Circumstances(row, elsewhere, configuration, primary, together, both)

    return look


def _last_near(
    changes: Sequence[GatewayChange], start: datetime, before: timedelta, after: timedelta
) -> GatewayChange | None:
    """The last of the changes between so long before the start and so long after it."""
    if changes:
        first, last = start - before, start + after
        for change in reversed(changes):
            if first <= change.at <= last:
                return change
    return None


def _company(outages: Sequence[Outage], together: timedelta) -> Iterator[tuple[int, bool]]:
    """Who else dropped within a minute: how many peers, if all, and whether both instances lost this one."""
    starts = [o.start for o in outages]
    first = end = 0
    for outage, start in zip(outages, starts, strict=True):
        while start - starts[first] > together:
            first += 1
        while end < len(starts) and starts[end] - start <= together:
            end += 1
        yield _measure(outage, outages[first:end]) if end - first > 1 else ALONE


def _measure(outage: Outage, near: Sequence[Outage]) -> tuple[int, bool]:
    instance, active_active = outage.instance_down, outage.active_active
    if not active_active and len(near) < outage.peers_known:
        return ALONE
    lost = {o.peer for o in near if not active_active or o.instance_down == instance}
    if len(lost) > 1 and len(lost) == max([o.peers_known for o in near]):
        return len(lost), False
    both = active_active and any(o.peer == outage.peer and o.instance_down != instance for o in near)
    return 0, both
