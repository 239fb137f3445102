"""The run that asks for polls and two that do them, at once, killed and refused at any call; each safeguard is needed.

Laws 2, 4 and 5 under a queue that delivers in any order, twice, late, or not at all.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from correlator.stores import slots
from correlator.stores.slots import SLOTS, Slot, Slots
from correlator.stores.store import TableStore
from correlator.stores.tables import STATE, Conflict, Upsert
from tests.fleet_world import FleetWorld
from tests.test_laws import GATEWAYS, essence, truth
from tests.test_machine import BlindClaim, BlindCommit, NoClaim, TwoCommits
from tests.test_soak import ANSWERS, drop, trouble
from tests.world import FAULTS, MINUTE, SEND, WEEKS, WS, Plan

NO_TURN_FOR_IKE = re.compile(r"(, )?'The IKE log could not be read around the drop\.'")
KINDS = ["work"] * 6 + ["dispatch"] * 2 + ["weekly", "give up"]


def soak(rounds: int, seed: int, danger: float = 1.0, *, leaves: bool = False, **parts: Any) -> FleetWorld:
    """So many rounds of up to three runs at once, under faults that the seed decides.

    ``leaves``: the second workspace is taken out of the settings and put back, now and then.
    """
    chance = random.Random(seed)
    world = FleetWorld(seed, **parts)
    for n in range(rounds):
        if chance.random() < 0.05 * danger:
            drop(world, chance)
        if chance.random() < 0.002 * danger:
            trouble(world, chance)
        for chat in world.chats.values():
            chat.plan = [chance.choice(ANSWERS) for _ in range(3)]
        plans = [plan(chance, danger) for _ in range(chance.choice([1, 2, 3, 3]))]
        if leaves:
            world.away ^= chance.random() < 0.02
            if chance.random() < 0.2:
                drop(world, chance)
            plans += [plan(chance, danger)._replace(kind="wind up")] * (chance.random() < 0.3)
        world.run(*plans, chance=chance, stay=chance.choice([0.0, 0.7, 0.9]))
        world.log.now += chance.choice([0, 1, 2, 5, 40 if n % 40 == 0 else 5]) * MINUTE
    return world


def plan(chance: random.Random, danger: float) -> Plan:
    """One run in eight meets a fault somewhere."""
    call = chance.choice([SEND, SEND, *range(1, 22)]) if chance.random() < danger / 8 else 0
    return Plan(chance.choice(KINDS), call, chance.choice(FAULTS))


def ends_as_one_replay(world: FleetWorld) -> None:
    """After calm, the tables hold the truth, every message arrived or was counted, and no gap was kept to itself."""
    world.drain()
    stored = [essence(d) for d in world.calm.documents(WEEKS) if d["status"] not in ("retracted", "absorbed")]
    # Where no slot came free for the second question, the verdict says so.
    found = sorted(NO_TURN_FOR_IKE.sub("", text) for text in stored)
    world.check(found, truth(a.row for a in world.rows))
    world.check_gaps()


@pytest.mark.parametrize("seed", range(4))
def test_nights_of_faults_end_as_one_replay(seed: int) -> None:
    """Laws 2, 4 and 5: the incidents of one clean replay, nothing lost, every repeat explained, no gap untold."""
    world = soak(300, seed, danger=2.0)
    assert world.kills > 5
    ends_as_one_replay(world)


def test_a_workspace_that_comes_and_goes_ends_as_one_replay() -> None:
    """The same where one leaves the settings and comes back, while runs with the settings of before go on."""
    told = 0
    for seed in range(6):
        world = soak(250, seed, danger=2.0, leaves=True)
        told += any(n.unwatched for chat in world.chats.values() for n in chat.said)
        ends_as_one_replay(world)
    assert told, "nobody stayed away for long enough with something open"


@pytest.mark.parametrize("seed", range(4))
def test_what_a_workspace_leaves_behind_is_worked_off(seed: int) -> None:
    """Where it does not come back, nothing waits, nothing is open, and nobody knows it any more."""
    world = soak(250, 100 + seed, danger=2.0, leaves=True)
    world.drain(away=True)
    assert world.waits() == []
    assert world.calm.noted() == [WS]
    left = [d for d in world.calm.documents(WEEKS) if d["gateway"]["resource_id"] == GATEWAYS[1]]
    assert left
    assert not [d["id"] for d in left if d["status"] == "open"]


@pytest.mark.verify
def test_many_nights_end_as_one_replay() -> None:
    """The same over a hundred nights, denser ones among them, and some in which a workspace comes and goes."""
    for seed in range(100):
        ends_as_one_replay(soak(250, 1000 + seed, danger=6.0 if seed % 2 else 2.0, leaves=seed % 4 > 1))


@pytest.mark.parametrize("kind", ["dispatch", "work", "give up"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_death_at_any_call_loses_nothing(kind: str, fault: str) -> None:
    """Each kind of run ends, or is refused, at each of its calls in turn, twice in a row, with something to tell."""
    chance = random.Random(7)
    world = FleetWorld(7)
    for call in range(1, 22):
        drop(world, chance)
        world.log.now += 50 * MINUTE
        world.run(Plan("dispatch"))
        world.poison = [world.queue[0].text]
        for _ in range(2):
            world.run(Plan(kind, call, fault))
        world.tick()
    ends_as_one_replay(world)


# Each safeguard, taken away


class BlindSlot(Slots):
    """A slot is taken whoever took it meanwhile."""

    def take(self, by: str) -> Slot | None:
        found, clock = self._tables.query(STATE, SLOTS, "", "~")
        if any(e.properties["Until"] > clock for e in found):
            return None
        taken = {"By": by, "Until": clock + slots.LEASE}
        try:
            return Slot(self._rows[0], self._tables.write(STATE, SLOTS, [Upsert(self._rows[0], taken)])[0])
        except Conflict:
            return None


class NoSlots(Slots):
    """Everybody asks at once."""

    def take(self, by: str) -> Slot | None:
        return Slot("none", "")


def hunt(**parts: Any) -> None:
    """Nights of dense faults, by seed."""
    for seed in range(40):
        ends_as_one_replay(soak(150, seed, danger=6.0, **parts))


@pytest.mark.parametrize("mutant", [BlindCommit, TwoCommits, NoClaim, BlindClaim], ids=lambda m: m.__name__)
def test_a_safeguard_of_the_store_is_needed_under_a_queue(mutant: Callable[..., TableStore]) -> None:
    """Without it something is lost, repeated or untrue on some night."""
    with pytest.raises(AssertionError):
        hunt(make=mutant)


@pytest.mark.parametrize("mutant", [BlindSlot, NoSlots], ids=lambda m: m.__name__)
def test_a_slot_is_taken_by_one(mutant: Callable[..., Slots]) -> None:
    """Without its condition more questions are asked at once than the service takes."""
    with pytest.raises(AssertionError, match="more questions at once"):
        hunt(slots=mutant)


def test_a_slot_is_held_while_its_run_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a lease that is over at once, a second run takes the slot of the first."""
    monkeypatch.setattr(slots, "LEASE", timedelta(0))
    with pytest.raises(AssertionError, match="more questions at once"):
        hunt()
