"""The shapes that a drop of the gateway itself can have: failover, one instance served, all cut."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from benchmarks.verdicts.simulator import policy, rows
from benchmarks.verdicts.simulator.fleet import chance
from benchmarks.verdicts.simulator.reasons import DEAD_PEER, SERVED, STANDBY
from benchmarks.verdicts.simulator.story import Drop, Manner, Story
from benchmarks.verdicts.truth import Cause, Sign


@dataclass(frozen=True, slots=True)
class Why:
    """What every drop of one event has in common."""

    cause: Cause
    happened: str
    episode: str
    reasons: tuple[str, ...]
    signs: frozenset[Sign] = frozenset()
    hop: int = 1


def fail_over(story: Story, at: datetime, spread: policy.Spread, why: Why) -> None:
    """Active-standby: every tunnel leaves the active instance and comes up on the other."""
    story.moves.append(at)
    story.active = 1 - story.active
    if chance(story.rng, policy.PRIMARY_CHANGED_ROW):
        story.rows.append(rows.gateway_row(story.gateway, story.after(at, 0, 3), "GatewayTenantPrimaryChanged"))
    for peer in story.gateway.peers:
        slow = chance(story.rng, policy.SLOW_PEER)
        drop = _drop(
            story, story.after(at, 0.1, 3), peer, None, policy.SLOW_PEER_SECONDS if slow else spread, why, moves=True
        )
        story.drops.append(drop)


def serve(story: Story, at: datetime, instance: int, why: Why, spread: policy.Spread = policy.INSTANCE_BACK) -> None:
    """Active-active: the tunnels of one instance drop and return on it."""
    for peer in story.gateway.peers:
        if instance in story.gateway.instances(peer):
            story.drops.append(_drop(story, story.after(at, 0, 3), peer, instance, spread, why))


def cut(story: Story, at: datetime, spread: policy.Spread, why: Why) -> None:
    """Every tunnel of the gateway drops and returns where it was."""
    for peer in story.gateway.peers:
        story.drops += [_drop(story, story.after(at, 0, 3), peer, i, spread, why) for i in story.tunnels(peer)]


def _drop(
    story: Story, at: datetime, peer: str, instance: int | None, spread: policy.Spread, why: Why, *, moves: bool = False
) -> Drop:
    manner, drawn = Manner.BOTH_ROWS, story.rng.random()
    # Without instance names, Connected before Disconnected would read as a tunnel that is still down.
    told = moves and story.gateway.habits.instances
    if told and drawn < policy.NO_DISCONNECTED.value:
        manner = Manner.SWITCH
    elif told and drawn < policy.NO_DISCONNECTED.value + policy.MADE_BEFORE_BROKEN.value:
        manner = Manner.MADE_BEFORE_BROKEN
    planned = why.reasons in (STANDBY, SERVED)
    spellings = DEAD_PEER if planned and chance(story.rng, policy.DEAD_PEER_REASON) else why.reasons
    return Drop(at, story.seconds(spread), peer, instance, why.cause, why.happened, why.episode,
                story.reason(*spellings), why.signs, why.hop, moves, manner)  # fmt: skip
