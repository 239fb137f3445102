"""Events -> incidents: fold, explain, group into episodes, and give each the name it keeps.

No clock and no I/O. The same events in any order, any number of times, give the same incidents. A poll hands in what it
kept of the gateway (``past``) and the rows since the kept midnight; a replay hands in every row and no past; both end
in the same incidents, because all that lies before that midnight can no longer change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from hashlib import blake2b
from typing import NamedTuple

from msgspec import json
from msgspec.structs import replace

from correlator.causes import explain
from correlator.circumstances import Beginning, beginning, circumstances
from correlator.model import (
    LONG_AGO,
    Cause,
    CauseChange,
    Checkpoint,
    Circumstances,
    Confidence,
    Drop,
    Finding,
    GatewayLog,
    GatewayState,
    Incident,
    Outage,
    Policy,
    Side,
    Status,
)
from correlator.negotiation import signs_near
from correlator.outages import find_outages
from correlator.regular import regular

CERTAINTY = {Confidence.NONE: 0, Confidence.LIKELY: 1, Confidence.CONFIRMED: 2}
LATE_START = timedelta(minutes=60)
"""How much later than known an open outage may turn out to have begun."""
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PAIRS = [a + b for a in CROCKFORD for b in CROCKFORD]
"""The two letters of every ten bits."""


class Correlated(NamedTuple):
    """The gateway's incidents as far back as they may still change, and its tunnels at each midnight since.

    There are no midnights to go on from where no ``past`` was handed in.
    """

    incidents: list[Incident]
    checkpoints: list[Checkpoint]


def correlate(log: GatewayLog, policy: Policy, past: GatewayState | None = None) -> Correlated:
    """Tell the story of one gateway. ``past.checkpoints[0]``, if any, is the state from which the rows are folded."""
    start = past.checkpoints[0] if past and past.checkpoints else None
    mode = policy.active_active.get(log.gateway, True if "/vpngateways/" in log.gateway else None)
    peers = len(policy.peers.get(log.gateway, ()))
    folded = find_outages(log.tunnels, start, mode, goes_on=past is not None, peers=peers)
    known = [t.incident for t in past.tracked] if past else []
    settled, kept = _kept(known, start.at if start else LONG_AGO)
    outages = sorted(settled + folded.outages) if settled else folded.outages
    around = circumstances(outages, log.changes, kept, policy, activity=log.activity, far=log.far)
    for n, every in regular(outages, past.starts if past else ()).items():
        if beginning(outages[n]) not in kept:
            around[n] = replace(around[n], every=every)
    _add_ike(outages, around, log, known, policy)
    judge = partial(_by_plan, log.gateway) if policy.planned else explain
    drops = [Drop(o, a, judge(o, a, policy)) for o, a in zip(outages, around, strict=True)]
    incidents = [_incident(log.gateway, episode, policy) for episode in group(drops, policy)]
    return Correlated(adopt(incidents, known) if known else incidents, folded.checkpoints)


def rejudge(gateway: str, known: Sequence[Incident], policy: Policy) -> Sequence[Incident]:
    """Kept incidents, after planned work was entered or removed: the same drops, and what is now said of them."""
    kept = [d for i in known if not i.status.withdrawn for d in i.drops]
    kept.sort(key=lambda d: (d.outage.start, d.outage.peer, d.outage.instance_down))
    if not policy.planned and not any(d.finding.cause is Cause.PLANNED_WORK for d in kept):
        return known
    drops = [replace(d, finding=_by_plan(gateway, d.outage, d.around, policy)) for d in kept]
    if drops == kept:
        return known
    return adopt([_incident(gateway, episode, policy) for episode in group(drops, policy)], known)


PLANNED = Finding(Cause.PLANNED_WORK, Confidence.CONFIRMED, "planned-work")


def _by_plan(gateway: str, outage: Outage, around: Circumstances, policy: Policy) -> Finding:
    """Planned work explains the drops that begin in it, unless the logs confirm that it was Azure."""
    finding = explain(outage, around, policy)
    if finding.cause.side is Side.AZURE and finding.confidence is Confidence.CONFIRMED:
        return finding
    return PLANNED if any(e.covers(gateway, outage.peer, outage.start) for e in policy.planned) else finding


def _add_ike(
    outages: Sequence[Outage],
    around: list[Circumstances],
    log: GatewayLog,
    known: Iterable[Incident],
    policy: Policy,
) -> None:
    """What IKE rows say, around those outages that are not certain without them; what they said before is kept."""
    said = {beginning(d.outage): d.around for i in known for d in i.drops if d.around.ike or d.around.ike_failed}
    fresh = signs_near(outages, log.ike) if log.ike else {}
    if not (said or fresh or log.ike_failed):
        return
    for n, outage in enumerate(outages):
        before = said.get(beginning(outage))
        row = fresh.get(n) or (before.ike if before else None)
        failed = row is None and (log.ike_failed or bool(before and before.ike_failed and not log.ike))
        bare = replace(around[n], ike=None, ike_failed=False)
        if (row or failed) and explain(outage, bare, policy).confidence is not Confidence.CONFIRMED:
            around[n] = replace(bare, ike=row, ike_failed=failed)


def _kept(known: Iterable[Incident], until: datetime) -> tuple[list[Outage], dict[Beginning, Circumstances]]:
    """Outages that ended by then, as they stand; and the circumstances of all that had started by then.

    Also of those that the other end's maintenance explains: its rows come only with fresh ones of its own.
    """
    settled: list[Outage] = []
    kept: dict[Beginning, Circumstances] = {}
    for incident in known:
        if incident.status.withdrawn:
            continue
        for drop in incident.drops:
            outage, around = drop.outage, drop.around
            if outage.start <= until or around.far:
                kept[beginning(outage)] = around
            if outage.end is not None and outage.end <= until:
                settled.append(outage)
    return settled, kept


def group(drops: Iterable[Drop], policy: Policy) -> list[list[Drop]]:
    """Drops of one gateway (oldest first) into episodes; each drop joins the oldest episode that it continues."""
    episodes: list[list[Drop]] = []
    live: list[_Episode] = []
    reach = max(policy.next_hop, policy.rejoin)
    for drop in drops:
        cause = drop.finding.cause
        side, serviced = GROUPS[cause], cause is Cause.AZURE_MAINTENANCE
        for episode in live:
            if episode.group is side and episode.continued_by(drop.outage, serviced, policy):
                break
        else:
            start = drop.outage.start
            live = [e for e in live if e.open or start <= e.last + reach]
            episode = _Episode(side, start)
            live.append(episode)
            episodes.append(episode.drops)
        episode.add(drop, serviced)
    return episodes


class _Episode:
    __slots__ = ("began", "drops", "group", "last", "last_of_peer", "open", "serviced")

    def __init__(self, group: Side | Cause, start: datetime) -> None:
        self.drops: list[Drop] = []
        self.group = group
        self.began = self.last = start
        self.last_of_peer: dict[str, datetime] = {}
        self.open: set[str] = set()
        self.serviced = False

    def add(self, drop: Drop, serviced: bool) -> None:
        outage = drop.outage
        peer, end, self.began = outage.peer, outage.end, outage.start
        self.drops.append(drop)
        if serviced:
            self.serviced = True
        if end is None:
            self.open.add(peer)
            end = outage.start
        self.last = max(self.last, end)
        last = self.last_of_peer.get(peer)
        if last is None or end > last:
            self.last_of_peer[peer] = end

    def continued_by(self, outage: Outage, serviced: bool, policy: Policy) -> bool:
        """One maintenance visits both instances; one change hits all peers at once; a fault returns to its peer.

        Maintenance begins with its row: what failed over before is no part of it, unless it was then still going on.
        """
        start, peer = outage.start, outage.peer
        if self.group is Side.AZURE:
            reach = policy.together if serviced and not self.serviced else policy.next_hop
            return peer in self.open or start <= self.last + reach
        if self.group is Side.OWN_CHANGE and start - self.began <= policy.together:
            return True
        last = self.last_of_peer.get(peer)
        return last is not None and (peer in self.open or start <= last + policy.rejoin)


def _group_of(cause: Cause) -> Side | Cause:
    """A fault of one tunnel that returns is one trouble, whether or not each of its drops can be explained."""
    if cause is Cause.NEGOTIATION_FAILED:
        return cause
    return Side.REMOTE if cause.side is Side.UNKNOWN else cause.side


GROUPS = {cause: _group_of(cause) for cause in Cause}


def _incident(gateway: str, drops: list[Drop], policy: Policy) -> Incident:
    finding = _verdict(drops)
    first = drops[0].outage
    return Incident(
        incident_id(gateway, first),
        gateway,
        first.start,
        tuple(drops),
        finding,
        Status.OPEN if [1 for d in drops if d.outage.end is None] else Status.RECOVERED,
        len(drops) >= policy.flapping_drops and _flapping([d.outage for d in drops], policy),
        first_cause=finding.cause,
    )


def _verdict(drops: Sequence[Drop]) -> Finding:
    """The episode's finding: a maintenance row speaks for its whole episode, else the surest and earliest finding."""
    first = drops[0].finding
    findings = [d.finding for d in drops]
    if findings.count(first) == len(findings):
        return first
    return max(findings, key=lambda f: (f.cause is Cause.AZURE_MAINTENANCE, CERTAINTY[f.confidence]))


def _flapping(outages: Iterable[Outage], policy: Policy) -> bool:
    starts: dict[str, list[datetime]] = {}
    for outage in outages:
        starts.setdefault(outage.peer, []).append(outage.start)
    step = policy.flapping_drops - 1
    return any(
        later - earlier <= policy.flapping_within
        for of_peer in starts.values()
        for earlier, later in zip(of_peer, of_peer[step:], strict=False)
    )


def incident_id(gateway: str, first: Outage) -> str:
    """``VPN-<UTC date>-<six characters>``, named from the first outage known when the incident was first seen."""
    began = json.encode(first.start)[1:-2].decode()  # as isoformat() without the zone, in an eighth of its time
    text = f"{gateway}|{first.peer}|{first.instance_down}|{began}+00:00"
    number = int.from_bytes(blake2b(text.encode(), digest_size=4).digest()) >> 2
    letters = PAIRS[number >> 20] + PAIRS[number >> 10 & 1023] + PAIRS[number & 1023]
    return f"VPN-{began[:10].replace('-', '')}-{letters}"


def adopt(fresh: Sequence[Incident], known: Iterable[Incident]) -> list[Incident]:
    """Give fresh incidents the names under which they are known, and say what became of known ones that are no more.

    A known incident goes on in the first fresh one that shares an outage with it (late rows may move its start either
    way). Two that turn out to be one: the elder's name stays, the other is absorbed. One that shares nothing any more
    is retracted: late rows showed that it never was. Both may come back when yet later rows say so.
    """
    named: dict[int, Incident] = {}
    gone: list[Incident] = []
    for old in sorted(known, key=lambda i: (i.status.withdrawn, i.anchor, i.id)):
        matches = [n for n, new in enumerate(fresh) if _share_an_outage(old, new)]
        free = next((n for n in matches if n not in named), None)
        if free is not None:
            named[free] = _carry_on(old, fresh[free])
        elif matches:
            gone.append(replace(old, status=Status.ABSORBED, absorbed_by=named[matches[0]].id))
        else:
            gone.append(replace(old, status=Status.RETRACTED))
    taken = {i.id for i in (*named.values(), *gone)}
    return [named[n] if n in named else _unlike(taken, new) for n, new in enumerate(fresh)] + gone


def _unlike(taken: set[str], new: Incident) -> Incident:
    """An episode may split so that the younger half holds the outage after which the elder is named."""
    while new.id in taken:
        new = replace(new, id=incident_id(new.id, new.drops[0].outage))
    taken.add(new.id)
    return new


def _carry_on(old: Incident, new: Incident) -> Incident:
    changed = old.changes_of_mind
    less_sure = old.finding.confidence is Confidence.CONFIRMED is not new.finding.confidence
    if new.finding.cause is not old.finding.cause or less_sure:
        changed = (
            *changed,
            CauseChange(_newest(new), new.finding.cause, new.finding.confidence if less_sure else None),
        )
    return replace(
        new,
        id=old.id,
        anchor=old.anchor,
        first_cause=old.first_cause,
        changes_of_mind=changed,
        rev=old.rev,
        witnesses=old.witnesses,
        reminders=old.reminders,
        remarks=old.remarks,
        planned=old.planned,
        muted=old.muted,
    )


def _newest(incident: Incident) -> datetime:
    return max(d.outage.end or d.outage.start for d in incident.drops)


def _share_an_outage(old: Incident, new: Incident) -> bool:
    return any(_touch(x.outage, y.outage) for x in old.drops for y in new.drops if x.outage.peer == y.outage.peer)


def _touch(old: Outage, new: Outage) -> bool:
    if old.active_active and new.active_active and old.instance_down != new.instance_down:
        return False
    # Late rows may show that one believed open never was; what begins hours later is another matter.
    until = old.end or old.start + LATE_START
    return (new.end is None or old.start <= new.end) and new.start <= until
