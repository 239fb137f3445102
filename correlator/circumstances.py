"""What the log holds around the start of each outage: the facts that the cause rules weigh.

Only the hour around the start is looked at, so the circumstances of an outage are final as soon as rows of that hour
can no longer arrive; a poll keeps them and need not read those rows again.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from correlator.maintenance import Claims, find_windows
from correlator.model import ChangeKind, Circumstances, GatewayChange, Outage, Policy, maker
from correlator.reasons import Meaning, meaning

Beginning = tuple[datetime, str, str, bool]
NOBODY: Mapping[str, Sequence[GatewayChange]] = {}
MANY, MOST = 3, 0.6
"""So many peers at once, and such a part of those that are known, are the gateway: not every peer need be up before."""
BGP_HOLD = timedelta(minutes=4)
"""The documented hold time is 180 s: so much later a BGP session may be told as lost with its tunnel."""
CLOCKS = timedelta(seconds=10)
"""The two logs need not stamp one moment alike."""
PRIMARY_NEAR = timedelta(minutes=2)

_circumstances = maker(Circumstances)


def circumstances(
    outages: Sequence[Outage],
    changes: Sequence[GatewayChange],
    kept: Mapping[Beginning, Circumstances],
    policy: Policy,
    *,
    activity: bool = False,
    far: Mapping[str, Sequence[GatewayChange]] = NOBODY,
) -> list[Circumstances]:
    """The circumstances of every outage of one gateway, given oldest first.

    ``kept`` holds what is known already of outages that started before the rows at hand. ``activity``: the activity log
    was there to look at. ``far``: maintenance rows of the watched gateway at the other end, by peer.
    """
    starts = [o.start for o in outages]
    near = _Near(starts, changes, policy)
    claims = Claims(find_windows(changes, policy), policy)
    far_claims = {peer: Claims(find_windows(_of_any_instance(rows), policy), policy) for peer, rows in far.items()}
    nothing = {alone: Circumstances(activity=activity, alone=alone) for alone in (False, True)}
    in_maintenance, near_others = near.maintenance, near.others
    found = []
    for n, (outage, (together, both, alone)) in enumerate(
        zip(outages, _company(outages, starts, policy.together), strict=True)
    ):
        known = kept.get(beginning(outage)) if kept else None
        if known:
            if known.maintenance:
                (far_claims.get(outage.peer, claims) if known.far else claims).remember(known.maintenance, outage)
            found.append(known)
            continue
        row = elsewhere = lent = configuration = primary = reset = fault = bgp = None
        if n in in_maintenance and _may_be_served(outage, both, alone, policy):
            row, elsewhere = claims.claim(outage)
        if far_claims and row is None and outage.peer in far_claims:
            lent, _ = far_claims[outage.peer].claim(outage)
        if n in near_others:
            configuration, primary = near.configuration.get(n), near.primary.get(n)
            reset, fault, bgp = near.reset.get(n), near.fault.get(n), near.bgp.get(n)
        elif not (row or elsewhere or lent or together or both):
            found.append(nothing[alone])
            continue
        facts = (row or lent, elsewhere, configuration, primary, together, both, reset, fault,
                 lent is not None, activity, alone, 0.0, bgp, None, False)  # fmt: skip
        found.append(_circumstances(facts))
    return found


def _may_be_served(outage: Outage, both: bool, alone: bool, policy: Policy) -> bool:
    """Maintenance takes every tunnel of one instance, so it is not what took both tunnels of one peer and no other.

    Nor what silenced a single peer, which then came back where it was.
    """
    silent = alone and outage.instance_up == outage.instance_down
    return not (both or (silent and meaning(outage.reason, policy.reasons) is Meaning.UNREACHABLE))


def _of_any_instance(rows: Sequence[GatewayChange]) -> list[GatewayChange]:
    """The instances of the gateway at the other end are not ours."""
    return [row._replace(instance="") for row in rows]


class _Near:
    """Which changes lie near which outages: by the outage's place, and only where there is one."""

    def __init__(self, starts: Sequence[datetime], changes: Sequence[GatewayChange], policy: Policy) -> None:
        of: dict[ChangeKind, list[GatewayChange]] = {}
        for change in sorted(changes):
            of.setdefault(change.kind, []).append(change)

        def near(kind: ChangeKind, before: timedelta, after: timedelta) -> dict[int, GatewayChange]:
            return _newest_near(starts, of[kind], before, after) if kind in of else {}

        self.maintenance = near(ChangeKind.MAINTENANCE, policy.maintenance_before, policy.maintenance_after)
        self.configuration = near(ChangeKind.CONFIGURATION, policy.configuration_before, policy.configuration_after)
        self.primary = near(ChangeKind.PRIMARY_CHANGED, PRIMARY_NEAR, PRIMARY_NEAR)
        self.reset = near(ChangeKind.RESET, policy.configuration_before, policy.reset_after)
        self.bgp = near(ChangeKind.BGP_LOST, BGP_HOLD, CLOCKS)
        regional = near(ChangeKind.SERVICE_FAULT, policy.fault_before, policy.fault_before)
        self.fault = regional | near(ChangeKind.PLATFORM_FAULT, policy.fault_before, policy.fault_after)
        others = self.configuration, self.primary, self.reset, self.fault, self.bgp
        self.others = set[int]().union(*others)


def beginning(outage: Outage) -> Beginning:
    """What stays the same of an outage while it is open: its start, peer, instance, and whether it is a switch."""
    return outage.start, outage.peer, outage.instance_down, outage.switch


def _newest_near(
    starts: Sequence[datetime], changes: Iterable[GatewayChange], before: timedelta, after: timedelta
) -> dict[int, GatewayChange]:
    """For each start that a change lies near to, the newest one: not ``before`` nor ``after`` it by more than that.

    Asked of each change and not of each start: changes are few.
    """
    return {
        n: change
        for change in changes
        for n in range(bisect_left(starts, change.at - before), bisect_right(starts, change.at + after))
    }


def _company(
    outages: Sequence[Outage], starts: Sequence[datetime], within: timedelta
) -> Iterator[tuple[int, bool, bool]]:
    """Who else dropped within a minute: how many peers, if (nearly) all.

    Then, whether both instances lost this one while others stayed, and whether it was the only peer of several.
    """
    gaps = [later - earlier > within for earlier, later in pairwise(starts)]
    gaps_around = zip([True, *gaps], [*gaps, True], strict=True)
    first = end = 0
    count = len(starts)
    crowd, near, all_lost = (0, 0), outages[:0], dict[str | None, int]()  # of neighbours, who mostly share one
    for n, (outage, start, (gap, gap_after)) in enumerate(zip(outages, starts, gaps_around, strict=False)):
        if gap:
            first = end = n
            if gap_after:
                yield 0, False, outage.peers_known > 1
                continue
        earliest, latest = start - within, start + within
        while starts[first] < earliest:
            first += 1
        while end < count and starts[end] <= latest:
            end += 1
        if (first, end) != crowd:
            crowd, near, all_lost = (first, end), outages[first:end], {}
        whole = outage.instance_down if outage.active_active else None
        if whole not in all_lost:
            all_lost[whole] = _all_lost(near, whole)
        together = all_lost[whole]
        others_stayed = not together and outage.peers_known > 1
        both = others_stayed and outage.active_active and _on_the_other_instance(outage, near)
        yield together, both, others_stayed and all(o.peer == outage.peer for o in near)


def _all_lost(near: Sequence[Outage], instance: str | None) -> int:
    """How many peers the instance (None: the gateway) lost, if those were (nearly) all it had; else 0."""
    lost = len({o.peer for o in near if instance is None or o.instance_down == instance})
    known = max(o.peers_known for o in near)
    return lost if 1 < lost == known or (lost >= MANY and lost >= MOST * known) else 0


def _on_the_other_instance(outage: Outage, near: Sequence[Outage]) -> bool:
    return any(o.peer == outage.peer and o.instance_down != outage.instance_down for o in near)
