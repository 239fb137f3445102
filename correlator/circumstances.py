"""What the log holds around the start of each outage: the facts that the cause rules weigh.

Only the hour around the start is looked at, so the circumstances of an outage are final as soon as rows of that hour
can no longer arrive; a poll keeps them and need not read those rows again.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from correlator.maintenance import Claims, find_windows
from correlator.model import ChangeKind, Circumstances, GatewayChange, Outage, Policy
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
Near = list[GatewayChange | None]
"""The newest change near an outage: maintenance, configuration, primary, reset, BGP, platform fault, service fault."""
NONE_NEAR: Near = [None] * 7


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
    changes = sorted(changes)
    near = _near(starts, changes, policy)
    claims = Claims(find_windows(changes, policy), policy)
    far_claims = {peer: Claims(find_windows(_of_any_instance(rows), policy), policy) for peer, rows in far.items()}
    company = _company(outages, starts, policy.together)
    nothing = {c: Circumstances(None, None, None, None, *c[:2], activity=activity, alone=c[2]) for c in set(company)}
    found = [nothing[c] for c in company]  # most outages have no row near them, and share what there is to say
    for n in range(len(outages)) if kept or far_claims else sorted(near):
        outage, (together, both, alone) = outages[n], company[n]
        known = kept.get(beginning(outage)) if kept else None
        if known:
            if known.maintenance:
                (far_claims.get(outage.peer, claims) if known.far else claims).remember(known.maintenance, outage)
            found[n] = known
            continue
        row = elsewhere = lent = None
        maintenance, configuration, primary, reset, bgp, platform, service = near.get(n, NONE_NEAR)
        if maintenance and _may_be_served(outage, both, alone, policy):
            row, elsewhere = claims.claim(outage)
        if far_claims and row is None and outage.peer in far_claims:
            lent, _ = far_claims[outage.peer].claim(outage)
        found[n] = Circumstances(row or lent, elsewhere, configuration, primary, together, both, reset,
                                 platform or service, lent is not None, activity, alone, 0.0, bgp)  # fmt: skip
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


def _near(starts: Sequence[datetime], changes: Iterable[GatewayChange], policy: Policy) -> dict[int, Near]:
    """Which changes (oldest first) lie near which outages: by the outage's place, and only where there is one.

    Asked of each change and not of each start: changes are few.
    """
    of_kind = {kind: (n, *reach) for n, (kind, reach) in enumerate(_reaches(policy).items())}
    found: dict[int, Near] = {}
    for change in changes:
        at, kind = change[:2]
        if kind in of_kind:
            slot, before, after = of_kind[kind]
            for n in range(bisect_left(starts, at - before), bisect_right(starts, at + after)):
                if n not in found:
                    found[n] = NONE_NEAR.copy()
                found[n][slot] = change
    return found


def _reaches(policy: Policy) -> dict[ChangeKind, tuple[timedelta, timedelta]]:
    """How long before and after a change of each kind an outage that begins has it near; in the order of Near."""
    return {
        ChangeKind.MAINTENANCE: (policy.maintenance_before, policy.maintenance_after),
        ChangeKind.CONFIGURATION: (policy.configuration_before, policy.configuration_after),
        ChangeKind.PRIMARY_CHANGED: (PRIMARY_NEAR, PRIMARY_NEAR),
        ChangeKind.RESET: (policy.configuration_before, policy.reset_after),
        ChangeKind.BGP_LOST: (BGP_HOLD, CLOCKS),
        ChangeKind.PLATFORM_FAULT: (policy.fault_before, policy.fault_after),
        ChangeKind.SERVICE_FAULT: (policy.fault_before, policy.fault_before),
    }


def beginning(outage: Outage) -> Beginning:
    """What stays the same of an outage while it is open: its start, peer, instance, and whether it is a switch."""
    return outage.start, outage.peer, outage.instance_down, outage.switch


def _company(outages: Sequence[Outage], starts: Sequence[datetime], within: timedelta) -> list[tuple[int, bool, bool]]:
    """Who else dropped within a minute: how many peers, if (nearly) all.

    Then, whether both instances lost this one while others stayed, and whether it was the only peer of several.
    """
    found: list[tuple[int, bool, bool]] = []
    gaps = [n for n, (earlier, later) in enumerate(pairwise(starts), 1) if later - earlier > within]
    for first, end in pairwise((0, *gaps, len(starts))):
        if end - first == 1:
            found.append((0, False, outages[first].peers_known > 1))
        elif end and starts[end - 1] - starts[first] <= within:
            found += _in_company(outages[first:end], outages[first:end])
        else:
            for n in range(first, end):
                near = slice(bisect_left(starts, starts[n] - within), bisect_right(starts, starts[n] + within))
                found += _in_company(outages[n : n + 1], outages[near])
    return found


def _in_company(outages: Sequence[Outage], near: Sequence[Outage]) -> list[tuple[int, bool, bool]]:
    """The same of some outages of one moment, which have the same others ``near``."""
    # Active-active loses an instance, else the gateway falls.
    instances = {o.instance_down if o.active_active else None for o in outages}
    all_lost = {i: _all_lost(near, i) for i in instances}
    if len(all_lost) == 1 and (together := max(all_lost.values())):
        return [(together, False, False)] * len(outages)
    single = len({o.peer for o in near}) == 1
    found = []
    for outage in outages:
        peer, instance = outage.peer, outage.instance_down
        together = all_lost[instance if outage.active_active else None]
        others_stayed = not together and outage.peers_known > 1
        other = others_stayed and outage.active_active
        both = other and any(o.peer == peer and o.instance_down != instance for o in near)
        found.append((together, both, others_stayed and single))
    return found


def _all_lost(near: Sequence[Outage], instance: str | None) -> int:
    """How many peers the instance (None: the gateway) lost, if those were (nearly) all it had; else 0."""
    lost = len({o.peer for o in near if instance is None or o.instance_down == instance})
    known = max([o.peers_known for o in near])
    return lost if 1 < lost == known or (lost >= MANY and lost >= MOST * known) else 0
