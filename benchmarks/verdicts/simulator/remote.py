"""What happens on the other side and on the way: the peer closes, restarts, goes silent, does not agree."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from benchmarks.verdicts.simulator import policy, rows
from benchmarks.verdicts.simulator.fleet import chance
from benchmarks.verdicts.simulator.reasons import CLOSED, CRASHED, DEAD_PEER, NEGOTIATION, NOTHING
from benchmarks.verdicts.simulator.story import Drop, Story
from benchmarks.verdicts.truth import Cause

Event = Callable[[Story, datetime, str], None]


def close(story: Story, at: datetime, peer: str) -> None:
    """The peer hangs up."""
    _lose(story, at, peer, Cause.REMOTE_CLOSED, "peer closed", CLOSED, story.seconds(policy.CLOSE_SECONDS))


def crash(story: Story, at: datetime, peer: str) -> None:
    """The peer restarts and dials again while Azure believes it connected."""
    _lose(story, at, peer, Cause.REMOTE_CLOSED, "peer restarted", CRASHED, story.seconds(policy.CRASH_SECONDS))


def go_silent(story: Story, at: datetime, peer: str) -> None:
    """Dead peer detection."""
    _lose(story, at, peer, Cause.REMOTE_UNREACHABLE, "peer silent", DEAD_PEER, story.seconds(policy.DEAD_SECONDS))


def lose_path(story: Story, at: datetime, peer: str) -> None:
    """The way to the peer is gone; the log seldom says more than that."""
    seconds = max(2.5, story.seconds(policy.DEAD_SECONDS))
    _lose(story, at, peer, Cause.REMOTE_UNREACHABLE, "path lost", ("", *DEAD_PEER), seconds)


def disagree(story: Story, at: datetime, peer: str) -> None:
    """A rekey that both sides cannot agree on; nothing was changed in Azure."""
    _lose(story, at, peer, Cause.NEGOTIATION_FAILED, "negotiation failed", NEGOTIATION, story.rng.uniform(30, 2400))


def blip(story: Story, at: datetime, peer: str) -> None:
    """One tunnel, about a second, no reason."""
    seconds = story.rng.uniform(policy.BLIP_LOW.value, policy.BLIP_HIGH.value)
    instance = story.rng.choice(story.tunnels(peer))
    drop = Drop(at, seconds, peer, instance, Cause.UNKNOWN, "blip", story.episode(), story.rng.choice(NOTHING))
    story.drops.append(drop)


def flap(story: Story, at: datetime, peer: str) -> None:
    """A burst of drops of one kind."""
    event = story.rng.choice((close, go_silent))
    for _ in range(story.rng.randint(4, 10)):
        event(story, at, peer)
        at = story.after(at, 300, 900)


def change_address(story: Story, at: datetime, peer: str) -> None:
    """The peer goes silent and comes back from another address."""
    seconds, reason, episode = story.rng.uniform(40, 400), story.reason(*DEAD_PEER), story.episode()
    new = f"198.51.100.{story.rng.choice([n for n in range(1, 255) if f'198.51.100.{n}' not in story.gateway.peers])}"
    for instance in story.tunnels(peer):
        story.drops.append(Drop(at, seconds, peer, instance, Cause.REMOTE_UNREACHABLE, "peer changed its address",
                                episode, reason, new_address=new))  # fmt: skip


def lose_site(story: Story, at: datetime) -> None:
    """Two peers that are one site go at once, while the others stay."""
    if len(story.gateway.peers) >= 4:
        seconds = story.seconds(policy.DEAD_SECONDS)
        for peer in story.gateway.peers[:2]:
            _lose(story, story.after(at, 0, 4), peer, Cause.REMOTE_UNREACHABLE, "site lost", DEAD_PEER, seconds)


def lose_during_foreign_incident(story: Story, at: datetime) -> None:
    """A peer goes silent while Service Health tells of another service."""
    if story.gateway.habits.activity_log:
        story.rows.append(rows.service_health_row(story.gateway, story.after(at, -900, 900), at, "Virtual Machines"))
    go_silent(story, at, story.rng.choice(story.gateway.peers))


def _lose(
    story: Story, at: datetime, peer: str, cause: Cause, happened: str, reasons: tuple[str, ...], seconds: float
) -> None:
    """A drop that returns on the same instance; of two tunnels, mostly both."""
    instances = story.tunnels(peer)
    if len(instances) > 1 and not chance(story.rng, policy.BOTH_TUNNELS):
        instances = (story.rng.choice(instances),)
    episode, reason, begin = story.episode(), story.reason(*reasons), at
    for instance in instances:
        story.drops.append(Drop(begin, seconds, peer, instance, cause, happened, episode, reason))
        begin = story.after(begin, 0, 10)


PER_PEER: tuple[tuple[policy.Figure, Event], ...] = (
    (policy.CLOSES, close),
    (policy.CRASHES, crash),
    (policy.DEAD_PEERS, go_silent),
    (policy.PATH_LOSSES, lose_path),
    (policy.FAILED_NEGOTIATIONS, disagree),
    (policy.BLIPS, blip),
    (policy.FLAPPING, flap),
    (policy.NEW_ADDRESS, change_address),
)
