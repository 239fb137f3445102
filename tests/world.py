"""A workspace, two chats and the tables: any I/O call of any run may go wrong, and what must hold all the same.

Nothing here replaces a part of the product: the real poll, delivery and store run over Table Storage's twin in memory.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from correlator.errors import CorrelatorError, StoreUnavailable
from correlator.model import GatewayState, Policy
from correlator.notification import Moment, Notification
from correlator.poll import poll
from correlator.ports import TABLE, Body, Notice
from correlator.reports import summarize
from correlator.stores.codec import unpack
from correlator.stores.memory import MemoryTables
from correlator.stores.store import GATEWAY, NOTICE, TableStore
from correlator.stores.tables import INCIDENTS, Conflict, Delete, Entity, Insert, Operation, Replace, Upsert
from correlator.summary import WeeklyTime
from correlator.wording import Style
from tests.fakes import Arrival, Chat, Fuse, Killed, ScriptedLog, at
from tests.interleave import Interleaved

WS = "workspace"
CHANNELS = ("teams", "slack")
START = at("2026-08-20T00:00:00")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
POLICY, STYLE, MONDAY, ZONE = Policy(), Style(), WeeklyTime(0, 9, 0), ZoneInfo("UTC")
FAULTS = ("killed before", "killed after", "refused before", "answer lost", "met its own first try")
"""What happens to a call: the run dies, or the call fails before or after it was done. The last is a retry inside the
client of a write that had been done: the service says that its condition does not hold."""

SEND = -1
WEEKS = [f"2026-W{n}" for n in range(33, 42)]
"""The partitions of the public tables that a world may fill."""
Name = tuple[Any, ...]


class Plan(NamedTuple):
    """One run: what it does, and which of its I/O calls (from 1) goes wrong how. 0: none, SEND: the first message."""

    kind: str = "poll"
    call: int = 0
    fault: str = FAULTS[0]


def named(n: Notification) -> Name:
    """What makes two messages the same message."""
    return (n.subject, n.number, n.moment) if n.incident or n.week else (n.subject, n.at, n.missed or n.blind)


class Receiver(Chat):
    """A chat at an address that may be dead, and whose next answers may be scripted."""

    def __init__(self, name: str, world: World) -> None:
        super().__init__(name)
        self.world = world
        self.dead: set[str] = set()
        self.plan: list[str] = []
        self.tries = 0
        self.outcome = self._next

    def _next(self) -> str:
        self.tries += 1
        if self.address in self.dead:
            return "gone"
        return self.plan.pop(0) if self.plan else "ok"

    def send(self, body: Body) -> None:
        before = len(self.said)
        try:
            super().send(body)
        finally:
            if len(self.said) > before:
                self.world.took(self.name, self.said[-1])

    def told(self) -> Counter[Name]:
        """Every message with how often it arrived."""
        return Counter(named(n) for n in self.said)


class Recording(MemoryTables):
    """Remembers which notices were ever committed, which were folded, and judges every receipt."""

    def __init__(self, world: World, clock: Callable[[], datetime]) -> None:
        super().__init__(clock)
        self.world = world
        self.refusing = False

    def write(self, table: str, partition: str, operations: Sequence[Operation]) -> list[str]:
        if table == INCIDENTS and self.refusing:
            raise StoreUnavailable("table incidents: HTTP 503", 503)
        before = {o.row: self.get(table, partition, o.row) for o in operations if o.row.startswith(NOTICE)}
        done = super().write(table, partition, operations)
        for operation in operations:
            if operation.row.startswith(NOTICE):
                self._note(operation, before[operation.row])
            elif operation.row.startswith(GATEWAY) and isinstance(operation, Upsert):
                self.world.decided_on(unpack(GatewayState, operation.properties))
        return done

    def _note(self, operation: Operation, before: Entity | None) -> None:
        if isinstance(operation, Insert):
            self.world.committed(unpack(Notice, operation.properties))
        elif isinstance(operation, Delete) and before:
            notice = unpack(Notice, before.properties)
            (self.world.folded if operation.etag else self.world.receipt)(notice)
        elif isinstance(operation, Replace):
            self.world.written(unpack(Notice, operation.properties))


class World:
    """``store`` makes the store of a run: a test of a safeguard gives one that lacks it."""

    partitions: tuple[str, ...] = (WS, "weekly")
    """Where something may wait to be told."""
    open_log: Callable[..., ScriptedLog] = ScriptedLog

    def __init__(self, store: Callable[[Any, Style], TableStore] = TableStore) -> None:
        self.log = type(self).open_log((), START)
        self.tables = Recording(self, lambda: self.log.now)
        self.store = store
        self.calm = TableStore(self.tables, STYLE)
        self.chats = {name: Receiver(name, self) for name in CHANNELS}
        self.rows: list[Arrival] = []
        self.waiting: dict[str, Counter[Name]] = {c: Counter() for c in CHANNELS}
        self.summed: dict[str, Counter[Name]] = {c: Counter() for c in CHANNELS}
        self.excuses: dict[str, Counter[Name]] = defaultdict(Counter)
        self.unnoted: dict[int, tuple[str, Name]] = {}
        self.decided: dict[str, int] = {}
        self.running = 0
        self.kills = 0
        self.calls = 0
        self.mark = START
        self.run(Plan())

    # what happens

    def arrive(self, row: Any, late: timedelta, jitter: timedelta) -> None:
        """A row is ingested ``late`` from now, and can be seen a little after that."""
        seen = self.log.now + late + timedelta(seconds=1)
        self.rows.append(Arrival(seen, seen + jitter, row))
        self.log.arrivals.append(self.rows[-1])

    def run(self, *plans: Plan, chance: random.Random | None = None, stay: float = 0.0) -> None:
        """One run, or some at once whose calls take turns by chance."""
        self.wrong: list[BaseException] = []
        turns = Interleaved(chance or random.Random(0), stay)
        turns.run(*(partial(self._one, n, plan, turns) for n, plan in enumerate(plans)))
        for failure in self.wrong:
            raise failure
        mark = self.calm.read(WS).head.mark or self.mark
        assert mark >= self.mark, "the mark ran back"
        self.mark = mark

    def _one(self, me: int, plan: Plan, turns: Interleaved) -> None:
        count, sent = 0, list[int]()

        def burn(where: str) -> None:
            nonlocal count
            if where == "before fetch":
                self.log.now += timedelta(seconds=1)  # no two runs are given the same clock
            if where.startswith("before"):
                turns.pause(me)
                self.running = me
                count += 1
                self.calls = max(self.calls, count)
            if plan.call == SEND and where == "before send" and not sent:
                sent.append(count)
            if count in (plan.call, *sent):
                self._go_wrong(plan.fault, where)

        self.unnoted.pop(me, None)
        store = self.store(Fuse(self.tables, burn), STYLE)
        chats: Mapping[str, Any] = {name: Fuse(chat, burn) for name, chat in self.chats.items()}
        try:
            self.act(me, plan, store, chats, burn)
        except (Killed, CorrelatorError):
            self.kills += 1
        except BaseException as failure:  # a thread would keep it to itself
            self.wrong.append(failure)
        self.ended(me)

    def ended(self, me: int) -> None:
        """A poll is over: what it sent and could not note may be told once more."""
        if me in self.unnoted:
            channel, name = self.unnoted.pop(me)
            self.excuses[channel][name] += 1

    def act(
        self, me: int, plan: Plan, store: TableStore, chats: Mapping[str, Any], burn: Callable[[str], None]
    ) -> None:
        """What a run does, whose calls ``burn`` may end."""
        if plan.kind == "weekly":
            summarize([WS], store, chats, MONDAY, ZONE)
        else:
            poll(WS, Fuse(self.log, burn), store, chats, POLICY)

    def _go_wrong(self, fault: str, where: str) -> None:
        call = where.split()[1]
        if fault == "killed before" and where.startswith("before"):
            raise Killed(where)
        if fault == "killed after" and where.startswith("after"):
            raise Killed(where)
        if call in ("send", "fetch"):
            return
        if fault == "refused before" and where.startswith("before"):
            raise StoreUnavailable("table state: HTTP 503", 503)
        if fault == "answer lost" and where.startswith("after"):
            raise StoreUnavailable("table state: ServiceResponseError")
        if fault == "met its own first try" and where == "after write":
            raise Conflict("state")

    # what was seen of it

    def took(self, channel: str, n: Notification) -> None:
        """A chat has a message; from now on until the receipt it may come again, but not while its run is alive."""
        others = [said for run, said in self.unnoted.items() if run != self.running]
        assert (channel, named(n)) not in others, f"two runs at once told {channel} of {n.subject}"
        self.unnoted[self.running] = (channel, named(n))

    def decided_on(self, state: GatewayState) -> None:
        """A gateway's state was written, with how many messages each incident has had by it."""
        for tracked in state.tracked:
            if tracked.told:
                number = max(self.decided.get(tracked.incident.id, 0), tracked.told.number)
                self.decided[tracked.incident.id] = number

    def committed(self, notice: Notice) -> None:
        """A notice was written for the first time."""
        if notice.notification and notice.notification.moment is not Moment.MISSED:
            self.waiting[notice.channel][named(notice.notification)] += 1

    def written(self, notice: Notice) -> None:
        """A notice was claimed or given back."""
        if notice.notification is None or notice.leased_until is not None:
            return
        name = (notice.channel, named(notice.notification))
        if self.unnoted.get(self.running) == name:
            del self.unnoted[self.running]  # its answer was lost, and that was noted
            self.excuses[name[0]][name[1]] += 1

    def folded(self, notice: Notice) -> None:
        """A notice became part of a number."""
        assert notice.notification
        self.summed[notice.channel][named(notice.notification)] += 1

    def receipt(self, notice: Notice) -> None:
        """Law 4: what came more than once is known by then to have done so, and why."""
        if notice.channel == TABLE or notice.notification is None:
            return
        self.unnoted.pop(self.running, None)
        times = self.chats[notice.channel].told()[named(notice.notification)]
        assert times - 1 <= notice.unanswered + notice.crashed, f"a repeat was not counted: {notice.key}"

    # what must hold

    def drain(self) -> None:
        """Everything is well for a week: what can still happen, happens."""
        for chat in self.chats.values():
            chat.dead.clear()
            chat.plan.clear()
        self.tables.refusing = False
        for pause in [20 * MINUTE] * 5 + [13 * HOUR] * 10:
            self.log.now += pause
            self.run(Plan())
            self.run(Plan("weekly"))

    def waits(self) -> list[Notice]:
        """What lies in the outboxes."""
        return [h.notice for partition in self.partitions for h in self.calm.read(partition).outbox]

    def check(self, stored: Iterable[str], truth: Iterable[str]) -> None:
        """After a drain: the tables hold the truth, every message arrived or was counted, no repeat is unexplained."""
        assert self.waits() == []
        assert list(stored) == list(truth), "the tables differ from one clean replay"
        for channel, chat in self.chats.items():
            told, summed = chat.told(), self.summed[channel]
            lost = [n for n in self.waiting[channel] if n not in told and n not in summed]
            assert not lost, f"{channel} never had {lost}"
            again = {n: times - 1 - self.excuses[channel][n] for n, times in told.items() if times > 1}
            assert not [n for n, more in again.items() if more > 0], f"{channel} was told again: {again}"
            twice = [n for n in summed if n in told and not self.excuses[channel][n]]
            assert not twice, f"{channel} had {twice}, and they were counted as missed"
            self._numbers(channel, chat)
            self._order(chat)
            self._last_words(chat)

    def _numbers(self, channel: str, chat: Receiver) -> None:
        """What was folded is in a message that arrived."""
        found = {n.missed for n in chat.said if n.missed}
        subjects = {s for m in found for s in m.subjects}
        unnamed = sum(m.unnamed for m in found)
        assert len({n[0] for n in self.summed[channel]} - subjects) <= unnamed, "missed, and nobody was told"

    def _last_words(self, chat: Receiver) -> None:
        """What the state holds for told was told, up to the last word of each incident, or was counted."""
        had: dict[str, int] = defaultdict(int)
        for n in chat.said:
            for subject, number in [(n.subject, n.number), *((o.id, o.number) for o in getattr(n, "also", ()))]:
                had[subject] = max(had[subject], number)
        summed = {s for n in chat.said if n.missed for s in n.missed.subjects}
        unnamed = any(n.missed and n.missed.unnamed for n in chat.said)
        silent = [s for s, n in self.decided.items() if had[s] < n and s not in summed and not unnamed]
        assert not silent, f"{chat.name} has not the last word of {silent}"

    @staticmethod
    def _order(chat: Receiver) -> None:
        numbers: dict[str, list[int]] = defaultdict(list)
        for n in chat.said:
            if n.incident and n.number not in numbers[n.subject]:
                numbers[n.subject].append(n.number)
        for subject, found in numbers.items():
            assert found == sorted(found), f"{subject} was told out of order"
