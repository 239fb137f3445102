"""Planned drops of one gateway become rows and truth: a tunnel that is down cannot drop, a failover moves the rest."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from benchmarks.verdicts.simulator import policy, rows
from benchmarks.verdicts.simulator.accepted import Accepted, Shown, accepted
from benchmarks.verdicts.simulator.fleet import Gateway, chance
from benchmarks.verdicts.simulator.reasons import CONNECT
from benchmarks.verdicts.simulator.story import BEGIN, Drop, Manner, Story
from benchmarks.verdicts.truth import Cause, Row, Sign, TrueOutage, TunnelKey

NEVER = datetime.max.replace(tzinfo=BEGIN.tzinfo)
NEAR = timedelta(minutes=30)
AT_ONCE = timedelta(seconds=10)
MAINTENANCE = ("logged maintenance", "unlogged maintenance")


@dataclass(frozen=True, slots=True)
class Played:
    """A drop that came to pass with both its rows, or without a return."""

    drop: Drop
    key: TunnelKey
    ended_at: datetime | None
    instance_down: int
    instance_up: int | None


@dataclass(slots=True)
class Tunnels:
    """Where each tunnel is, and until when it is down."""

    story: Story
    moves: list[datetime] = field(default_factory=list)
    where: dict[str, int] = field(default_factory=dict)
    down_until: dict[tuple[str, int | None], datetime] = field(default_factory=dict)
    address: dict[str, str] = field(default_factory=dict)

    def active(self, at: datetime) -> int:
        """The active instance of an active-standby gateway: 0 at first."""
        return bisect_right(self.moves, at) % 2

    def row(self, at: datetime, peer: str, instance: int, *, up: bool, reason: str) -> Row:
        """The row of a change, under the peer's address of that time."""
        return rows.tunnel_row(self.story.gateway, at, self.address.get(peer, peer), instance, up=up, reason=reason)


def play(story: Story) -> tuple[list[Row], list[TrueOutage]]:
    """Rows of the gateway and what is true of them."""
    tunnels = Tunnels(story, sorted(story.moves))
    written = list(story.rows) + list(_first_rows(story))
    played: list[Played] = []
    for drop in sorted(story.drops, key=lambda d: (d.at, d.peer, d.instance or 0)):
        if (happened := _play(tunnels, drop, written)) is not None:
            played.append(happened)
    marks = sorted(story.marks)
    return written, [_truth(story.gateway, one, _together(story.gateway, one, played), marks) for one in played]


def _first_rows(story: Story) -> Iterator[Row]:
    if story.gateway.habits.first_rows:
        for peer in story.gateway.peers:
            for instance in story.tunnels(peer):
                at = story.after(BEGIN, 1, 600)
                yield rows.tunnel_row(story.gateway, at, peer, instance or 0, up=True, reason="")


def _play(tunnels: Tunnels, drop: Drop, written: list[Row]) -> Played | None:
    tunnel = (drop.peer, drop.instance)
    begin = _milliseconds(drop.at)
    end = None if drop.seconds is None else _milliseconds(begin + timedelta(seconds=drop.seconds))
    down, up = _instances(tunnels, drop, begin, end)
    if tunnels.down_until.get(tunnel, BEGIN) >= begin - timedelta(seconds=1) or (drop.moves and down == up):
        return None
    tunnels.down_until[tunnel] = end or NEVER
    tunnels.where[drop.peer] = up
    if drop.manner is not Manner.BOTH_ROWS:
        _switch(tunnels, drop, written, (begin, end or begin), (down, up))
        return None
    return _outage(tunnels, drop, written, (begin, end), (down, up))


def _instances(tunnels: Tunnels, drop: Drop, begin: datetime, end: datetime | None) -> tuple[int, int]:
    """The instance that loses the tunnel, and the one that has it afterwards."""
    if drop.instance is not None:
        return drop.instance, drop.instance
    return tunnels.where.get(drop.peer, 0), tunnels.active(end or begin)


def _switch(
    tunnels: Tunnels, drop: Drop, written: list[Row], times: tuple[datetime, datetime], instances: tuple[int, int]
) -> None:
    """No outage that the log can time: Connected alone, or Connected before Disconnected."""
    if drop.manner is Manner.SWITCH:
        written.append(tunnels.row(times[1], drop.peer, instances[1], up=True, reason=""))
        return
    late = _milliseconds(tunnels.story.after(times[0], 0.3, 2))
    written.append(tunnels.row(times[0], drop.peer, instances[1], up=True, reason=""))
    written.append(tunnels.row(late, drop.peer, instances[0], up=False, reason=drop.reason))
    tunnels.down_until[(drop.peer, drop.instance)] = late


def _outage(
    tunnels: Tunnels, drop: Drop, written: list[Row], times: tuple[datetime, datetime | None], sides: tuple[int, int]
) -> Played:
    gateway, rng = tunnels.story.gateway, tunnels.story.rng
    begin, end = times
    instance = sides[0] if gateway.habits.instances else None
    key = TunnelKey(gateway.resource_id, tunnels.address.get(drop.peer, drop.peer), instance, begin)
    written.append(tunnels.row(begin, drop.peer, sides[0], up=False, reason=drop.reason))
    if drop.seconds and drop.seconds > 5 and chance(rng, policy.REPEATED_DISCONNECTED):
        again = _milliseconds(begin + timedelta(seconds=drop.seconds * 0.4))
        written.append(tunnels.row(again, drop.peer, sides[0], up=False, reason=drop.reason))
    if drop.new_address:
        tunnels.address[drop.peer] = drop.new_address
    if end is not None:
        written.append(tunnels.row(end, drop.peer, sides[1], up=True, reason=rng.choice(CONNECT)))
    known_end = None if drop.new_address else end
    return Played(drop, key, known_end, sides[0], None if end is None else sides[1])


def _together(gateway: Gateway, one: Played, played: list[Played]) -> bool:
    """Whether nearly all tunnels of the gateway (active-active: of the instance) dropped at once, two at least."""
    low = bisect_left(played, one.key.started_at - AT_ONCE, key=lambda p: p.key.started_at)
    high = bisect_right(played, one.key.started_at + AT_ONCE, key=lambda p: p.key.started_at)
    at_once = {p.drop.peer for p in played[low:high] if p.drop.instance == one.drop.instance}
    could = [p for p in gateway.peers if one.drop.instance is None or one.drop.instance in gateway.instances(p)]
    return len(at_once) >= 2 and len(at_once) >= 0.8 * len(could)


def _truth(gateway: Gateway, one: Played, together: bool, marks: list[datetime]) -> TrueOutage:
    drop, right = one.drop, _accepted(gateway, one, together)
    near = bisect_left(marks, one.key.started_at - NEAR) < bisect_right(marks, one.key.started_at + NEAR)
    return TrueOutage(
        key=one.key,
        ended_at=one.ended_at,
        instance_up=one.instance_up if gateway.habits.instances else None,
        cause=right.label,
        accepted=right.causes,
        why=right.why,
        happened=drop.happened,
        episode=drop.episode,
        hop=drop.hop,
        logged=Sign.MAINTENANCE_ROW in drop.signs,
        contested=near and not drop.happened.endswith(MAINTENANCE),
    )


def _accepted(gateway: Gateway, one: Played, together: bool) -> Accepted:
    drop = one.drop
    seconds = None if one.ended_at is None else (one.ended_at - one.key.started_at).total_seconds()
    reason = drop.reason if gateway.habits.reasons else ""
    moved = gateway.habits.instances and one.instance_up not in (None, one.instance_down)
    right = accepted(Shown(drop.cause, drop.signs, "" if reason == "Unknown" else reason, moved, together, seconds))
    if drop.happened.startswith("other gateway"):
        return _seen_from_the_other_end(right, drop.signs)
    if moved and not drop.moves:
        shape = frozenset({Cause.AZURE_FAILOVER, Cause.AZURE_MAINTENANCE})
        return Accepted(right.label, right.causes | shape, "a failover while the peer was away")
    return right


def _seen_from_the_other_end(right: Accepted, signs: frozenset[Sign]) -> Accepted:
    """A VNet-to-VNet peer's own trouble: the log names its address only in IKE rows."""
    if {Sign.OWN_ADDRESS, Sign.MAINTENANCE_ROW} <= signs:
        return right
    far = frozenset({Cause.REMOTE_UNREACHABLE, Cause.REMOTE_CLOSED})
    return Accepted(Cause.REMOTE_UNREACHABLE, right.causes | far, "nothing says that the peer is a watched gateway")


def _milliseconds(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
