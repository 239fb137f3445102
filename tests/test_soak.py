"""Five weeks of polls every five minutes, with faults and deaths all along, end as one clean replay does."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

import pytest

from correlator.model import LogRow
from correlator.stores.store import TableStore
from tests.test_laws import GATEWAYS, PEERS, REASONS, essence, truth
from tests.world import CHANNELS, FAULTS, MINUTE, SEND, WEEKS, Plan, World

POLLS = 10_000
ANSWERS = ["ok"] * 30 + ["answer lost", "timeout", "throttled", "refused", "gone"]


def soak(
    polls: int,
    seed: int,
    make: Callable[..., TableStore] = TableStore,
    danger: float = 1.0,
    every: int = 5,
    reached: Callable[[int], None] = lambda _: None,
) -> World:
    """So many polls, ``every`` so many minutes, under faults that the seed decides; ``danger`` makes them denser.

    ``reached`` hears of every five hundredth.
    """
    chance = random.Random(seed)
    world = World(make)
    for n in range(1, polls + 1):
        if chance.random() < 0.03 * danger:
            drop(world, chance)
        if chance.random() < 0.002 * danger:
            trouble(world, chance)
        for chat in world.chats.values():
            chat.plan = [chance.choice(ANSWERS) for _ in range(3)]
        plans = [plan(chance, danger)] + [plan(chance, danger)] * (chance.random() < 0.05 * danger)
        world.run(*plans, chance=chance, stay=chance.choice([0.0, 0.7, 0.9]))
        world.log.now += every * MINUTE
        if n % 500 == 0:
            reached(n)
    return world


def plan(chance: random.Random, danger: float) -> Plan:
    """One run in eight meets a fault somewhere; one in twelve is the weekly one."""
    call = chance.choice([SEND, SEND, *range(1, 16)]) if chance.random() < danger / 8 else 0
    return Plan("weekly" if chance.random() < 1 / 12 else "poll", call, chance.choice(FAULTS))


def drop(world: World, chance: random.Random) -> None:
    """A tunnel falls and comes back; its rows come late, each by itself."""
    gateway, peer, down = chance.choice(GATEWAYS), chance.choice(PEERS), world.log.now
    back = down + timedelta(seconds=chance.choice([2, 12, 90, 700, 5000]))
    instance, other = chance.sample([0, 1], 2) if chance.random() < 0.5 else (0, 0)
    for at, up, worker in ((down, False, instance), (back, True, other)):
        late = timedelta(minutes=chance.choice([1, 3, 9, 40, 900]))
        row = LogRow(
            at, "", gateway, "TunnelDiagnosticLog", "", "", "Connected" if up else "Disconnected",
            f"GatewayTenantWorker_IN_{worker}", peer, "" if up else chance.choice(REASONS),
        )  # fmt: skip
        world.arrive(row, at - world.log.now + late, chance.randint(0, 10) * MINUTE)


def trouble(world: World, chance: random.Random) -> None:
    """Something that lasts begins or ends: a dead address, another address, a table that refuses, a sleeping host."""
    chat = world.chats[chance.choice(CHANNELS)]
    match chance.randrange(5):
        case 0:
            chat.dead.add(chat.address)
        case 1 | 2:
            chat.address = f"address {chance.random()}"
        case 3:
            world.tables.refusing = not world.tables.refusing
        case _:
            world.log.now += timedelta(hours=chance.choice([2, 30]))


def ends_as_one_replay(world: World) -> None:
    """After calm, the tables hold the truth, and every message arrived or was counted."""
    world.drain()
    found = sorted(essence(d) for d in world.calm.documents(WEEKS) if d["status"] not in ("retracted", "absorbed"))
    world.check(found, truth(a.row for a in world.rows))


def test_a_day_of_faults_ends_as_one_replay() -> None:
    """Three hundred polls with random faults and deaths: the same incidents as one clean replay, nothing lost."""
    world = soak(300, seed=1)
    assert world.kills > 5
    ends_as_one_replay(world)


@pytest.mark.verify
def test_ten_thousand_polls_end_as_one_replay(capsys: pytest.CaptureFixture[str]) -> None:
    """Ten thousand polls with random faults and deaths: the same incidents as one clean replay, nothing lost."""

    def tell(polls: int) -> None:
        with capsys.disabled():
            print(f"{polls} of {POLLS} polls", flush=True)

    world = soak(POLLS, seed=2026, reached=tell)
    assert world.kills > 300
    assert len(world.rows) > 400
    ends_as_one_replay(world)
