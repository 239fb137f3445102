"""Unrelated things that happen close to a maintenance that is logged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from benchmarks.verdicts.simulator import ours, policy, remote
from benchmarks.verdicts.simulator.fleet import chance
from benchmarks.verdicts.simulator.story import Story


def around_round(story: Story, hops: Sequence[datetime]) -> None:
    """Drops and changes that the maintenance did not cause."""
    peer, row = story.rng.choice(story.gateway.peers), story.rng.choice(hops)
    if peer == story.gateway.twin:
        return
    if chance(story.rng, policy.CLOSE_IN_ROUND):
        remote.close(story, story.after(row, 60, 600), peer)
    elif chance(story.rng, policy.DROP_AFTER_ROW):
        story.rng.choice((remote.go_silent, remote.lose_path))(story, story.after(row, 60, 600), peer)
    elif len(hops) > 1 and chance(story.rng, policy.DROP_BETWEEN_HOPS):
        gap = (hops[1] - hops[0]) / timedelta(seconds=1)
        story.rng.choice((remote.go_silent, remote.lose_path))(story, story.after(hops[0], 600, gap - 300), peer)
    if chance(story.rng, policy.CHANGE_BEFORE_ROUND):
        ours.change_nothing(story, story.after(hops[0], -600, -120))
