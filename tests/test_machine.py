"""Two runs at once, killed and refused at any I/O call, over chats that die and move; and each safeguard is needed.

Law 4: no incident and no last word is lost; a repeat only after an answer that was lost or a crash between a send and
its receipt, and both are counted.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from msgspec.structs import replace as changed

from correlator import delivery, poll, reports
from correlator.delivery import Delivery
from correlator.errors import SendFailed, StaleWrite
from correlator.model import GatewayState, LogRow
from correlator.ports import Head, Held, Notice, Snapshot
from correlator.stores.rows import incident_row, partition_of, row_of
from correlator.stores.store import HEAD, NOTICE, TableStore, _gateway_row, _key, _notice
from correlator.stores.tables import INCIDENTS, STATE, Conflict, Delete, Insert, Operation, Upsert
from correlator.track import Step
from tests.test_laws import GATEWAYS, HEARTBEAT, PEERS, REASONS, stored, truth
from tests.test_soak import ends_as_one_replay, soak
from tests.world import CHANNELS, FAULTS, MINUTE, SEND, START, WS, Plan, World

FEW_WRITES = 6
"""So few writes in one commit that one poll needs several."""
plans = st.builds(
    Plan,
    st.sampled_from(["poll", "poll", "poll", "weekly"]),
    st.one_of(st.just(0), st.integers(1, 24), st.just(SEND)),
    st.sampled_from(FAULTS),
)
STAY = st.sampled_from([0.0, 0.7, 0.9])
"""How far one run may get before the other goes on: the second must begin late to meet the first one's notices."""
answers = st.lists(st.sampled_from(["ok", "ok", "answer lost", "timeout", "throttled", "refused", "gone"]), max_size=4)


class Machine(RuleBasedStateMachine):
    """What a night may bring. ``make`` opens the store of each run."""

    make: Callable[..., TableStore] = TableStore

    def __init__(self) -> None:
        super().__init__()
        self.world = World(type(self).make)
        for row in HEARTBEAT:
            self.world.log.arrivals.append(_arrived(row))

    @rule(
        ago=st.integers(0, 180), gateway=st.sampled_from(GATEWAYS), peer=st.sampled_from(PEERS),
        reason=st.sampled_from(REASONS), instance=st.integers(0, 1), seconds=st.integers(1, 4000),
        late=st.sampled_from([0, 0, 1, 5, 200, 1500]), jitter=st.integers(0, 10),
    )  # fmt: skip
    def a_tunnel_drops_and_returns(
        self, ago: int, gateway: str, peer: str, reason: str, instance: int, seconds: int, late: int, jitter: int
    ) -> None:
        """Both rows come late, each by itself."""
        down = self.world.log.now - ago * MINUTE
        for at, up, delay in ((down, False, 0), (down + timedelta(seconds=seconds), True, late)):
            made = LogRow(at, "", gateway, "TunnelDiagnosticLog", "", "", "Connected" if up else "Disconnected",
                          f"GatewayTenantWorker_IN_{instance}", peer, "" if up else reason)  # fmt: skip
            wait = max(timedelta(0), at - self.world.log.now)
            self.world.arrive(made, wait + delay * MINUTE, jitter * MINUTE)

    @rule(minutes=st.sampled_from([1, 4, 5, 7, 20, 60, 300, 1500]))
    def time_passes(self, minutes: int) -> None:
        if self.world.log.now < START + timedelta(days=12):
            self.world.log.now += minutes * MINUTE

    @rule(plan=plans, teams=answers, slack=answers)
    def a_run(self, plan: Plan, teams: list[str], slack: list[str]) -> None:
        self._answer(teams, slack)
        self.world.run(plan)

    @rule(one=plans, other=plans, teams=answers, slack=answers, seed=st.integers(0, 2**16), stay=STAY)
    def two_runs_at_once(
        self, one: Plan, other: Plan, teams: list[str], slack: list[str], seed: int, stay: float
    ) -> None:
        self._answer(teams, slack)
        self.world.run(one, other, chance=random.Random(seed), stay=stay)

    @rule(polls=st.integers(2, 12), every=st.sampled_from([5, 20, 90]))
    def all_is_well(self, polls: int, every: int) -> None:
        if self.world.log.now > START + timedelta(days=12):
            return
        for _ in range(polls):
            self.world.log.now += every * MINUTE
            self.world.run(Plan())

    @rule(channel=st.sampled_from(CHANNELS))
    def an_address_dies(self, channel: str) -> None:
        """Once it is known to be dead, it is left alone for a day: each outbox tries it once."""
        chat = self.world.chats[channel]
        chat.dead.add(chat.address)
        self.world.log.now += 7 * MINUTE
        before, now = chat.tries, self.world.log.now
        due = [n for n in self.world.waits() if n.refused_by == chat.address and n.next_try]
        for _ in range(8):
            self.world.log.now += 61 * MINUTE
            self.world.run(Plan())
        assert chat.tries - before <= max(1, len(due)), f"a dead address was tried again and again from {now}"

    @rule(channel=st.sampled_from(CHANNELS))
    def an_address_changes(self, channel: str) -> None:
        """What waited for the old one does not wait for the new one."""
        chat = self.world.chats[channel]
        chat.address = f"address {len(chat.address)} {chat.tries}"
        chat.plan.clear()
        self.world.log.now += 7 * MINUTE
        refused = [n for n in self.world.calm.read(WS).outbox if n.notice.refused_by and n.notice.channel == channel]
        self.world.run(Plan())
        left = {n.key for n in self.world.waits() if n.refused_by}
        assert not {h.notice.key for h in refused} & left, "another address waits as the old one did"

    @rule(channel=st.sampled_from(CHANNELS))
    def a_receiver_is_mended(self, channel: str) -> None:
        self.world.chats[channel].dead.clear()

    @rule(refusing=st.booleans())
    def the_public_table_refuses(self, refusing: bool) -> None:
        self.world.tables.refusing = refusing

    @invariant()
    def an_outbox_is_bounded(self) -> None:
        assert len(self.world.waits()) < 300

    def teardown(self) -> None:
        """In the end everything has been told, once, in order, and the tables hold the truth."""
        self.world.drain()
        rows = [a.row for a in self.world.rows] + HEARTBEAT
        self.world.check(stored(self.world.calm), truth(rows))

    def _answer(self, teams: list[str], slack: list[str]) -> None:
        self.world.chats["teams"].plan, self.world.chats["slack"].plan = teams, slack


def _arrived(row: LogRow) -> Any:
    from tests.fakes import Arrival

    assert isinstance(row.at, datetime)
    return Arrival(row.at, row.at, row)


QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
SEEDS = 40
EXAMPLES = 1500 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 25


def play(make: Callable[..., TableStore] = TableStore, examples: int = EXAMPLES, **more: Any) -> None:
    """Let the machine look for a night that breaks a law."""
    machine = type("Night", (Machine,), {"make": staticmethod(make)})
    known = settings(
        max_examples=examples, stateful_step_count=25, deadline=None, suppress_health_check=QUIET, database=None, **more
    )
    run_state_machine_as_test(machine, settings=known)


@pytest.fixture(autouse=True)
def several_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A poll that finds more than a little has to commit more than once."""
    monkeypatch.setattr(poll, "OPERATIONS", FEW_WRITES * 2)
    monkeypatch.setattr(poll, "RECORDED_AT_ONCE", 2)


def test_nothing_is_lost_and_every_repeat_is_explained() -> None:
    """Law 4, over nights in which two runs meet, die and are refused at any call, and chats die, move and return."""
    play()


# Each safeguard, taken away


class NoClaim(TableStore):
    """A notice is sent without being claimed."""

    def claim(self, partition: str, held: Held, until: datetime) -> Held | None:
        return held


class BlindClaim(TableStore):
    """A claim is written whatever another run has written."""

    def claim(self, partition: str, held: Held, until: datetime) -> Held | None:
        there = held.notice
        crashed = there.crashed + (there.leased_until is not None)
        notice = there._replace(leased_until=until, tries=there.tries + 1, crashed=crashed)
        write = Upsert(NOTICE + notice.key, _notice(notice))
        try:
            return Held(notice, self._tables.write(STATE, _key(partition), [write])[0])
        except Conflict:
            return None


class CrashesUncounted(TableStore):
    """A claim that ran out is not remembered."""

    def claim(self, partition: str, held: Held, until: datetime) -> Held | None:
        return super().claim(partition, changed(held, notice=held.notice._replace(leased_until=None)), until)


class BlindCommit(TableStore):
    """The head is written whoever wrote it last."""

    def commit(
        self, partition: str, etag: str | None, head: Head, states: Sequence[GatewayState], notices: Sequence[Notice]
    ) -> str:
        from correlator.stores.codec import pack

        writes: list[Operation] = [Upsert(HEAD, pack(head))]
        writes += [Upsert(_gateway_row(s.gateway), {"Gateway": s.gateway} | pack(s)) for s in states]
        writes += [Insert(NOTICE + n.key, _notice(n)) for n in notices]
        try:
            return self._tables.write(STATE, _key(partition), writes)[0]
        except Conflict:
            raise StaleWrite("its own first try") from None


class TwoCommits(TableStore):
    """State and notices are not written together."""

    def commit(
        self, partition: str, etag: str | None, head: Head, states: Sequence[GatewayState], notices: Sequence[Notice]
    ) -> str:
        tag = super().commit(partition, etag, head, states, [])
        for n in notices:
            with suppress(Conflict):
                self._tables.write(STATE, _key(partition), [Insert(NOTICE + n.key, _notice(n))])
        return tag


class NoRev(TableStore):
    """The public table takes whatever comes last."""

    def _record(self, incident: Any) -> bool:
        write = Upsert(row_of(incident), incident_row(incident, self._style))
        with suppress(Conflict):
            self._tables.write(INCIDENTS, partition_of(incident), [write])
        return True


class FoldInTwoSteps(TableStore):
    """What is folded is taken away before the number is written."""

    def replace(self, partition: str, gone: Sequence[Held], before: Held | None, notice: Notice) -> Held | None:
        for held in gone:
            with suppress(Conflict):
                self._tables.write(STATE, _key(partition), [Delete(NOTICE + held.notice.key, held.etag)])
        return super().replace(partition, [], before, notice)


class ReceiptFirst(Delivery):
    """The receipt is noted before the message is sent."""

    def _hand_over(self, notice: Notice) -> None:
        if notice.channel in self.channels:
            self.store.settle(self.report.partition, Held(notice, ""))
        super()._hand_over(notice)


class Careless(Delivery):
    """A refusal for good is taken for done."""

    def _park(self, held: Held, notice: Notice, failed: SendFailed) -> None:
        self.store.settle(self.report.partition, held)


class NeverParked(Delivery):
    """An address that refuses for good is tried as any other."""

    def _try_again(self, held: Held, failed: SendFailed) -> None:
        failed.permanent = False
        super()._try_again(held, failed)


class ParkedForEver(Delivery):
    """Whether the address is another one is not looked at."""

    def _is_refused(self, notice: Notice) -> bool:
        return bool(notice.refused_by)


class Unordered(Delivery):
    """Later news of an incident do not wait for earlier ones."""

    def run(self, snapshot: Snapshot) -> None:
        for held in snapshot.outbox:
            if self._is_due(held.notice):
                self._one(held)


class LostAnswersUncounted(Delivery):
    """A lost answer is taken for a refusal."""

    def _try_again(self, held: Held, failed: SendFailed) -> None:
        failed.ambiguous = False
        super()._try_again(held, failed)


class MarkFirst(poll.Commit, frozen=True):
    """The mark moves with the first commit of several."""

    def apply(self, before: Snapshot, steps: Sequence[Step], after: Head) -> None:
        if before.head.mark is None:
            return super().apply(before, steps, after)
        moved = changed(before.head, mark=self.now)
        tag = self._write(before.etag, moved, [])
        return super().apply(changed(before, etag=tag, head=moved), steps, after)


STORES = [NoClaim, BlindClaim, CrashesUncounted, BlindCommit, TwoCommits, NoRev, FoldInTwoSteps]
DELIVERIES = [ReceiptFirst, Careless, NeverParked, ParkedForEver, Unordered, LostAnswersUncounted]
LOOK: dict[str, Any] = {
    "derandomize": True, "phases": [Phase.generate], "verbosity": Verbosity.quiet, "report_multiple_bugs": False,
}  # fmt: skip


def night(seed: int, make: Callable[..., TableStore] = TableStore) -> None:
    """A night of dense faults."""
    ends_as_one_replay(soak(150, seed, make, danger=6.0, every=5 if seed % 2 else 90))


def hunt(make: Callable[..., TableStore] = TableStore) -> None:
    """Nights of dense faults by seed, then what the machine thinks of."""
    for seed in range(SEEDS):
        night(seed, make)
    play(make, 150, **LOOK)


@pytest.mark.verify
def test_the_hunt_finds_nothing_where_nothing_is_missing() -> None:
    """With every safeguard in its place the nights in which others are hunted end well."""
    for seed in range(SEEDS):
        night(seed)


@pytest.mark.parametrize("mutant", STORES, ids=lambda m: m.__name__)
def test_a_safeguard_of_the_store_is_needed(mutant: type[TableStore]) -> None:
    """Without it something is lost, repeated or untrue on some night."""
    with pytest.raises(AssertionError):
        hunt(mutant)


@pytest.mark.parametrize("mutant", DELIVERIES, ids=lambda m: m.__name__)
def test_a_safeguard_of_delivery_is_needed(mutant: type[Delivery], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it something is lost, repeated or untrue on some night."""
    for module in (poll, reports):
        monkeypatch.setattr(module, "Delivery", mutant)
    with pytest.raises(AssertionError):
        night(0)  # enough for most
        play(examples=400, **LOOK)  # the machine knows addresses that die and change
        hunt()


def test_the_mark_moves_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a mark that moves before everything is committed, rows of a run that dies in between are lost."""
    monkeypatch.setattr(poll, "Commit", MarkFirst)
    with pytest.raises(AssertionError):
        hunt()


def test_a_claim_outlives_its_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a claim that is over at once, a second run sends what the first is just sending."""
    monkeypatch.setattr(delivery, "LEASE", timedelta(0))
    with pytest.raises(AssertionError):
        hunt()
