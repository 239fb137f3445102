"""TunnelEvent -> Outage: a fold over the events of one gateway in time order.

Azure runs every gateway on two instances. *Active-standby* (the default): one of them holds the tunnel, and a failover
logs Disconnected on one and Connected on the other; so any Connected ends the peer's outage. *Active-active*: both hold
a tunnel to the peer at once and each has its own outages; traffic stops only when no instance is up.

The mode is given, or it is inferred from both instances of one peer being up for ten minutes, or being lost and found
together. It then holds from three hours before that proof on, so that the first drop of a night is not misread because
the proof came an hour later. Silence is not "up": an instance that died without a word proves nothing, which shows when
it says Connected again within three hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from msgspec.structs import replace

from correlator.model import LONG_AGO, NEVER, Checkpoint, Outage, PeerState, TunnelEvent

BOTH_UP = timedelta(minutes=10)
LOST_TOGETHER = timedelta(seconds=60)
PROOF_REACHES_BACK = timedelta(hours=3)
PROOF_LOOKS_AHEAD = timedelta(hours=3)
"""Both together are no longer than the six hours before a kept midnight in which rows may still arrive."""
HANDOVER = timedelta(minutes=2)
"""A Disconnected of the old instance this soon after the Connected of the new one is make before break."""
INSTANCES = 2
DAY = timedelta(days=1)


class Folded(NamedTuple):
    """The outages found (oldest first, switches among them) and the state of the tunnels at each midnight passed."""

    outages: list[Outage]
    checkpoints: list[Checkpoint]


def find_outages(
    events: Iterable[TunnelEvent],
    past: Checkpoint | None = None,
    mode: bool | None = None,
    *,
    goes_on: bool = True,
    peers: int = 0,
) -> Folded:
    """Fold events into outages. Any order, any repetition of events gives the same answer.

    ``past`` is the state before the first event; events up to ``past.at`` are in it already and are passed over.
    ``mode`` is True for active-active, False for active-standby, None where the log has to tell. Checkpoints are made
    only if someone ``goes_on`` from them. ``peers`` is how many the gateway has, where more than the log is known.
    """
    ordered = sorted(events)
    if past:
        ordered = [e for e in ordered if e[0] > past.at]
    known = past.active_active_from if past else NEVER
    active_active_from = known if mode is None else LONG_AGO if mode else NEVER
    fold = _Fold(past, active_active_from, goes_on, peers)
    proof = fold.run(ordered, watch=mode is None and active_active_from == NEVER)
    if proof:
        fold = _Fold(past, max(proof - PROOF_REACHES_BACK, LONG_AGO), goes_on, peers)
        fold.run(ordered, watch=False)
    return Folded(sorted(fold.found()), fold.checkpoints)


class _Line:
    """One peer's tunnels while the fold runs; ``handed_over`` are instances that carried the tunnel and lost it."""

    __slots__ = ("closed", "down", "frozen", "handed_over", "open", "switch", "up")

    def __init__(self, state: PeerState | None = None) -> None:
        self.up = dict(state.up) if state else {}
        self.down = dict(state.down) if state else {}
        self.handed_over = set(state.handed_over) if state else set()
        self.open = list(state.open) if state else []
        self.switch: Outage | None = None
        self.closed: Outage | None = None
        self.frozen: PeerState | None = None

    def freeze(self) -> PeerState:
        """The state as it stands; most peers have a quiet day, and share one state between its midnights."""
        if self.frozen is None:
            self.frozen = PeerState(dict(self.up), dict(self.down), sorted(self.handed_over), list(self.open))
        return self.frozen


class _Fold:
    def __init__(self, past: Checkpoint | None, active_active_from: datetime, goes_on: bool, peers: int) -> None:
        self.lines = {peer: _Line(state) for peer, state in past.peers.items()} if past else {}
        self.active_active_from = active_active_from
        self.goes_on = goes_on
        self.known = max(len(self.lines), peers)
        self.last_move: datetime | None = None
        self.second_tunnels: list[tuple[datetime, _Line, str]] = []
        self.closed: list[Outage] = []
        self.checkpoints: list[Checkpoint] = []

    def run(self, events: Sequence[TunnelEvent], *, watch: bool) -> datetime | None:
        """Take the events in order. While watching, stop at the first proof of active-active and return its time."""
        lines, active_active_from, goes_on = self.lines, self.active_active_from, self.goes_on
        midnight = _next_midnight(events[0][0]) if events and goes_on else NEVER
        last: TunnelEvent | None = None
        for n, event in enumerate(events):
            if event == last:
                continue
            last = event
            at, up, peer, instance, reason = event
            if goes_on and at > midnight:
                self.checkpoint(midnight)
                midnight = _next_midnight(at)
            line = lines.get(peer)
            if line is None:
                line = lines[peer] = _Line()
                self.known = max(self.known, len(lines))
            line.frozen = None
            active_active = at >= active_active_from
            if up:
                self.connected(line, at, peer, instance, active_active)
            elif watch and _proves_active_active(line, event, events, n):
                return at
            else:
                self.disconnected(line, at, peer, instance, reason, active_active)
        if events and goes_on:
            self.checkpoint(midnight)
        return None

    def disconnected(
        self, line: _Line, at: datetime, peer: str, instance: str, reason: str, active_active: bool
    ) -> None:
        up, down = line.up, line.down
        if line.open:
            _bounded(line, at, instance, active_active)
        if instance in down:
            self.repeated(line, at, instance, reason)
            return
        since = up.pop(instance, None)
        if up and since and not active_active and all(since > of_other for of_other in up.values()):
            up.clear()  # the last to connect held the tunnel: whoever seemed up beside it had died without a word
        down[instance] = at
        if len(up) + len(down) > INSTANCES:
            _forget_others(line, instance)
        if not active_active and (line.up or line.open):
            return
        # An instance that was never heard of counts as up under active-active: its tunnel may have been up for months.
        alone = not line.up and (not active_active or len(line.down) == INSTANCES)
        line.handed_over.add(instance)
        line.open.append(Outage(at, peer, instance, None, "", reason, alone, None, active_active, self.known))

    def repeated(self, line: _Line, at: datetime, instance: str, reason: str) -> None:
        """A second Disconnected starts nothing; it may bring the reason, or show that a switch was a clean handover."""
        if reason:
            line.open = [_with_reason(o, instance, reason) for o in line.open]
            self.reason_after_the_return(line, at, instance, reason)
        if line.switch and line.switch.instance_down == instance and at - line.switch.start <= HANDOVER:
            self.closed.remove(line.switch)
            line.switch = None

    def reason_after_the_return(self, line: _Line, at: datetime, instance: str, reason: str) -> None:
        """The old instance may say why after the other took over; not over a midnight, from which a poll may fold."""
        o = line.closed
        if o and o.end and at - o.end <= HANDOVER and at.date() == o.end.date():
            line.closed = _with_reason(o, instance, reason)
            self.closed[self.closed.index(o)] = line.closed

    def connected(self, line: _Line, at: datetime, peer: str, instance: str, active_active: bool) -> None:
        up, down = line.up, line.down
        if line.switch and line.switch.instance_up != instance:
            line.switch = None
        if instance not in down and instance not in up and len(up) + len(down) >= INSTANCES:
            _forget_others(line, instance)
        if not (line.open and self.ended(line, at, instance, active_active)):
            if instance in line.up:
                # It had gone without a word, or says it twice: nothing is proven of the time before.
                line.up[instance] = at
                return
            if not active_active:
                self.switched(line, at, peer, instance)
                if line.up:
                    self.beside(line, at, instance)
        elif not active_active and line.closed and line.closed.instance_down != instance:
            self.moved(at)
        line.up[instance] = at
        line.down.pop(instance, None)
        line.handed_over.discard(instance)

    def ended(self, line: _Line, at: datetime, instance: str, active_active: bool) -> bool:
        """Traffic flows again: every cut ends with the first Connected. Whether it ended an outage as well."""
        for own in line.open:
            if own.instance_down == instance:
                break
        else:
            # Active-active: one whose instance was replaced by another name is over when the new one connects.
            lost = line.open if not active_active else [o for o in line.open if o.instance_down not in line.down]
            if not lost:
                line.open = [_flowing(o, at) for o in line.open]
                return False
            own = lost[0]
        line.closed = _closed(own, at, instance)
        self.closed.append(line.closed)
        if len(line.open) > 1:
            line.open = [_flowing(o, at) for o in line.open if o is not own]
        else:
            line.open.clear()
        return True

    def switched(self, line: _Line, at: datetime, peer: str, instance: str) -> None:
        """Connected on the other instance out of nothing: the one that held the tunnel went without a word.

        Said only of an instance that had carried the tunnel and lost it before the other took over; the first rows seen
        of a tunnel are no switch.
        """
        if instance not in line.handed_over:
            return
        for holder, since in list(line.up.items()):
            if line.down.get(instance, NEVER) <= since:
                line.switch = Outage(at, peer, holder, at, instance, "", False, None, False, self.known, True)
                self.closed.append(line.switch)
                del line.up[holder]
                line.down[holder] = at
                line.handed_over.add(holder)

    def beside(self, line: _Line, at: datetime, instance: str) -> None:
        """Connected although another instance seems up: two tunnels, unless other peers just moved here as well."""
        if self.last_move and _at_once(self.last_move, at):
            _taken_over(line, at, instance)
        else:
            self.second_tunnels.append((at, line, instance))

    def moved(self, at: datetime) -> None:
        """A peer went from one instance to the other: so did those that just turned up beside their old instance."""
        self.last_move = at
        for since, line, instance in self.second_tunnels:
            if _at_once(since, at) and line.up.get(instance) == since:
                _taken_over(line, since, instance)
        self.second_tunnels.clear()

    def checkpoint(self, at: datetime) -> None:
        peers = {peer: line.freeze() for peer, line in self.lines.items()}
        # A mode that begins later is not yet a fact at this midnight: a late row may still move its beginning.
        begun = self.active_active_from if self.active_active_from <= at else NEVER
        self.checkpoints.append(Checkpoint(at, begun, peers))

    def found(self) -> list[Outage]:
        return self.closed + [o for line in self.lines.values() for o in line.open]


def _at_once(earlier: datetime, later: datetime) -> bool:
    """Within two minutes, and not over a midnight, from which a poll may fold without what was before."""
    return later - earlier <= HANDOVER and earlier.date() == later.date()


def _taken_over(line: _Line, at: datetime, instance: str) -> None:
    """The instance that held the tunnel went without a word when this one took over."""
    for holder in [name for name in line.up if name != instance]:
        del line.up[holder]
        line.down[holder] = at
    line.frozen = None


def _proves_active_active(line: _Line, event: TunnelEvent, events: Sequence[TunnelEvent], n: int) -> bool:
    """Whether this Disconnected shows that two instances held the peer at once (``n`` is its place in ``events``)."""
    at, _, peer, instance, _ = event
    if instance in line.down:
        return False
    for other, since in line.up.items():
        if other != instance and since <= at - BOTH_UP:
            own = line.up.get(instance)
            known_long = own is None or own <= at - BOTH_UP
            return known_long and _was_alive(_ahead(events, n, peer), instance, other, heard=own is not None)
    for other, since in line.down.items():
        if at - since <= LOST_TOGETHER:
            return _both_return(_ahead(events, n, peer), {instance, other})
    return False


def _ahead(events: Sequence[TunnelEvent], n: int, peer: str) -> Iterator[TunnelEvent]:
    until = events[n][0] + PROOF_LOOKS_AHEAD
    for event in map(events.__getitem__, range(n + 1, len(events))):
        if event[0] > until:
            return
        if event[2] == peer:
            yield event


def _was_alive(ahead: Iterable[TunnelEvent], instance: str, other: str, heard: bool) -> bool:
    """The other instance was really up: it says nothing, or Disconnected. A Connected shows that it had died.

    Of an instance never ``heard`` of before, the Disconnected may be a late word of a standby: the other one falling
    next shows that it was alone.
    """
    for _, up, _, named, _ in ahead:
        if named == other:
            return heard and not up
        if named == instance and up and not heard:
            return True
    return True


def _both_return(ahead: Iterable[TunnelEvent], both: set[str]) -> bool:
    back: set[str] = set()
    for _, up, _, named, _ in ahead:
        back.add(named)
        if not up or back == both:
            return up
    return False


def _with_reason(outage: Outage, instance: str, reason: str) -> Outage:
    late = outage.instance_down == instance and not outage.reason
    return replace(outage, reason=reason) if late else outage


def _bounded(line: _Line, at: datetime, instance: str, active_active: bool) -> None:
    """A tunnel that goes down once more was up in between: the row that says so is missing, and so is the true end.

    Not within two minutes, in which one drop may be told twice. Under active-active that holds for the instance's own
    outage, and for traffic that had stopped with both.
    """
    for n, o in enumerate(line.open):
        concerned = not active_active or o.instance_down == instance or (instance in line.down and _stopped(o))
        if concerned and not o.at_most and at - o.start > HANDOVER:
            line.open[n] = replace(o, at_most=True)


def _stopped(outage: Outage) -> bool:
    return outage.cut and outage.cut_end is None


def _flowing(outage: Outage, at: datetime) -> Outage:
    """The outage, still open, when traffic flows again through the other instance."""
    return replace(outage, cut_end=at) if _stopped(outage) else outage


def _closed(o: Outage, at: datetime, instance: str) -> Outage:
    """The outage with its end: ``replace`` in half its time, for this happens to every outage."""
    cut_end = at if o.cut and o.cut_end is None else o.cut_end
    return Outage(
        *(o.start, o.peer, o.instance_down, at, instance, o.reason, o.cut, cut_end),
        *(o.active_active, o.peers_known, o.switch, o.at_most),
    )


def _forget_others(line: _Line, instance: str) -> None:
    """A gateway has two instances; a third name means that they were replaced, and the old names mean nothing."""
    keep_up, keep_down = line.up.get(instance), line.down.get(instance)
    line.up = {instance: keep_up} if keep_up else {}
    line.down = {instance: keep_down} if keep_down else {}
    line.handed_over &= {instance}


def _next_midnight(at: datetime) -> datetime:
    """The first midnight (UTC) at or after a time, so that a checkpoint holds every event up to and including it."""
    day = datetime(at.year, at.month, at.day, tzinfo=UTC)
    return day if at == day else day + DAY
