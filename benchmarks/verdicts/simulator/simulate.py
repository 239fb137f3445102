"""A workspace of gateways over some days, from one seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from benchmarks.verdicts.simulator import azure, ours, policy, remote, rows
from benchmarks.verdicts.simulator.fleet import Gateway, make_fleet
from benchmarks.verdicts.simulator.play import play
from benchmarks.verdicts.simulator.reasons import CLOSED, DEAD_PEER
from benchmarks.verdicts.simulator.story import Drop, Manner, Story
from benchmarks.verdicts.simulator.transport import deliver
from benchmarks.verdicts.truth import Night, Row, Sign, TrueOutage

QUIET = timedelta(hours=4)
"""Between two events of the whole gateway, so that each has a cause of its own."""
Event = Callable[[Story, datetime], None]
OF_THE_GATEWAY: tuple[tuple[policy.Figure, Event], ...] = (
    (policy.ROUNDS, azure.maintenance),
    (policy.INCIDENTS, azure.incident),
    (policy.RESETS, ours.reset),
    (policy.RESIZES, ours.resize),
)
OF_ONE_PEER: tuple[tuple[policy.Figure, Event], ...] = (
    (policy.CONNECTION_CHANGES, ours.change_connection),
    (policy.REMOVALS, ours.remove_connection),
    (policy.IDLE_CHANGES, ours.change_nothing),
    (policy.SHARED_SITE, remote.lose_site),
    (policy.FOREIGN_INCIDENTS, remote.lose_during_foreign_incident),
)
SEEN_AFAR = ("maintenance", "incident", "reset")


def simulate(seed: int, gateways: int = 30, days: float = 90, *, very_late: bool = False) -> Night:
    """Rows and truth of ``gateways`` gateways. The same arguments give the same night, to the last byte.

    ``very_late``: a tenth of the rows arrives up to six hours late.
    """
    rng = Random(seed)
    stories = [_plan(Story(gateway, Random(rng.random()), days)) for gateway in make_fleet(rng, gateways)]
    _mirror({story.gateway.address: story for story in stories if story.gateway.twin})
    written: list[Row] = []
    outages: list[TrueOutage] = []
    for story in stories:
        told, true = play(story)
        written += told
        outages += true
    return Night(tuple(deliver(rng, written, very_late=very_late)), tuple(outages))


def _plan(story: Story) -> Story:
    """Events of the gateway in their order, since a failover decides where the next one begins; then the rest."""
    calendar = sorted((at, number) for number, (rate, _) in enumerate(OF_THE_GATEWAY) for at in story.times(rate))
    free = datetime.min.replace(tzinfo=calendar[0][0].tzinfo) if calendar else None
    for at, number in calendar:
        if free is not None and at >= free:
            OF_THE_GATEWAY[number][1](story, at)
            free = at + QUIET
    for rate, event in OF_ONE_PEER:
        for at in story.times(rate):
            event(story, at)
    for peer in story.gateway.peers:
        for rate, lose in remote.PER_PEER if peer != story.gateway.twin else ():
            for at in story.times(rate):
                lose(story, at, peer)
    return story


def _mirror(stories: dict[str, Story]) -> None:
    """What a gateway does, its watched peer sees as the peer's doing."""
    seen = [(stories[story.gateway.twin], story, drop) for story in stories.values() for drop in story.drops
            if drop.peer == story.gateway.twin and drop.happened.endswith(SEEN_AFAR)]  # fmt: skip
    for near, far, drop in seen:
        if drop.manner is Manner.BOTH_ROWS:
            near.drops += _seen(near, far.gateway, drop)


def _seen(near: Story, far: Gateway, drop: Drop) -> list[Drop]:
    signs = drop.signs | ({Sign.OWN_ADDRESS} if far.habits.ike_log else set())
    at, reason = near.after(drop.at, 0.05, 1), near.reason(*CLOSED, *DEAD_PEER)
    seconds = max(0.5, (drop.seconds or 0) + near.rng.uniform(-0.5, 1))
    story_of_both = f"{drop.episode} from {near.gateway.resource_id}"
    told = replace(drop, at=at, seconds=seconds, peer=far.address, moves=False, reason=reason, signs=signs,
                   happened=f"other gateway: {drop.happened}", episode=story_of_both)  # fmt: skip
    hit = [i for i in near.tunnels(far.address) if None in {i, drop.instance} or i == drop.instance]
    for gateway, peer in ((near.gateway, far.address), (far, near.gateway.address)):
        if gateway.habits.ike_log:
            near.rows.append(rows.ike_row(gateway, at, peer, drop.instance or 0))
    return [replace(told, instance=instance) for instance in hit]
