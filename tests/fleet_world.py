"""The world with two workspaces and a queue between the run that asks for polls and those that do them.

The queue is worse than the real one: messages come in any order, twice, late, to two runs at once, or not at all.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from msgspec.structs import replace

from correlator.dispatch import Asked, read, text_of
from correlator.fleet import SHARE, Fleet, InTurn, Known
from correlator.model import LogRow
from correlator.ports import Channel, LogAnswer, Span, Store
from correlator.reports import GIVEN_UP_PARTITION, WATCH_PARTITION, WELCOME_PARTITION, summarize
from correlator.routes import EVERYWHERE
from correlator.settings import Settings
from correlator.stores.slots import Slots
from correlator.stores.store import TableStore
from correlator.wiring import App
from correlator.wording import Style
from tests.fakes import Fuse, Killed, ScriptedLog
from tests.test_laws import GATEWAYS
from tests.world import HOUR, MINUTE, MONDAY, POLICY, STYLE, WS, ZONE, Plan, World

SECOND = "second"
PLACES = (WS, SECOND)
TRIES = 5
SETTINGS = Settings.read({"WORKSPACE_IDS": ",".join(PLACES), "FAN_OUT_ABOVE": "0", "QUERIES_AT_ONCE": "1"})
WITHOUT = replace(SETTINGS, workspace_ids=(WS,))
"""As they are while the second workspace is taken out of them."""


class Split(ScriptedLog):
    """Each gateway logs to a workspace of its own."""

    def fetch(
        self, workspace: str, mark: datetime | None, since: datetime | None, again: Collection[str] = ()
    ) -> LogAnswer:
        found = super().fetch(workspace, mark, since, again)
        here = {g for g, place in zip(GATEWAYS, PLACES, strict=True) if place == workspace}
        return LogAnswer(found.now, [r for r in found.rows if r.gateway in here or r.gateway not in GATEWAYS])


class Counted:
    """A source that knows which runs are asking it just now."""

    def __init__(self, source: Any, me: int, world: FleetWorld) -> None:
        self._source, self._me, self._world = source, me, world

    def fetch(self, *asked: Any) -> LogAnswer:
        self._world.asking.add(self._me)
        assert len(self._world.asking) <= SETTINGS.queries_at_once, "more questions at once than the service takes"
        try:
            found: LogAnswer = self._source.fetch(*asked)
            return found
        finally:
            self._world.asking.discard(self._me)

    def negotiations(self, workspace: str, spans: Sequence[Span]) -> Sequence[LogRow]:
        rows: Sequence[LogRow] = self._source.negotiations(workspace, spans)
        return rows


class Dressed(App):
    """The app over parts that may fail."""

    parts: Any = None

    def dressed(self, style: Style) -> tuple[Store, dict[str, Channel]]:
        found: tuple[Store, dict[str, Channel]] = self.parts
        return found


class Message:
    """A message, and how often its poll died."""

    def __init__(self, text: str) -> None:
        self.text, self.tries = text, 0


class FleetWorld(World):
    """``make`` opens the store of a run, ``slots`` what limits the questions."""

    partitions = (*PLACES, "weekly", WELCOME_PARTITION, WATCH_PARTITION, GIVEN_UP_PARTITION)
    open_log = Split

    def __init__(
        self, seed: int = 0, make: Callable[..., TableStore] = TableStore, slots: Callable[..., Slots] = Slots
    ) -> None:
        self.chance, self.slots = random.Random(seed), slots
        self.queue: list[Message] = []
        self.poison: list[str] = []
        self.asking: set[int] = set()
        self.calm_down = False
        self.away = False
        super().__init__(partial(make, fleet=True))

    def act(
        self, me: int, plan: Plan, store: TableStore, chats: Mapping[str, Any], burn: Callable[[str], None]
    ) -> None:
        if plan.kind == "weekly":
            summarize(PLACES, store, chats, MONDAY, ZONE)
            return
        tables = Fuse(self.tables, burn)
        app = Dressed(WITHOUT if self.away else SETTINGS, Counted(Fuse(self.log, burn), me, self), None, tables)
        app.parts = store, chats
        # A poll lasts as long as chance has it, so that runs hand on what is left.
        fleet = Fleet(app, stopwatch=lambda: self.chance.uniform(0, 2 * SHARE))
        # Which slot is free is asked a few times; nobody waits for time to pass.
        fleet._source = InTurn(app.source, self.slots(tables, SETTINGS.queries_at_once, self.chance.choice), _no_time,
                               lambda *_: 20.0)  # fmt: skip
        fleet._known = Known(None, POLICY, STYLE, EVERYWHERE)
        fleet._work = partial(self._of_share, me, fleet._work)  # type: ignore[method-assign]
        match plan.kind:
            case "work":
                self._work(fleet)
            case "wind up":
                app.wind_up()
            case "give up" if self.poison:
                fleet.give_up(self.poison.pop())
            case "dispatch" | "poll":
                self._dispatch(fleet)

    def _dispatch(self, fleet: Fleet) -> None:
        """What is asked for gets to the queue once the run has ended; now and then a part of it does not."""
        asked = fleet.dispatch()
        if self.chance.random() < 0.5:  # as where workspaces are many, several share a message
            asked = [text_of([one for text in asked for one in read(text)])]
        lost = not self.calm_down and self.chance.random() < 0.1
        self.queue += [Message(text) for text in asked[: 1 if lost else None]]

    def _work(self, fleet: Fleet) -> None:
        if not self.queue:
            return
        message = self.chance.choice(self.queue)
        try:
            left = fleet.work(message.text, message.tries + 1)
        except Killed:
            message.tries += 1
            if message.tries >= TRIES:
                self._gone(message)
                self.poison.append(message.text)
            raise
        if self.calm_down or self.chance.random() < 0.8:  # else it comes again
            self._gone(message)
        self.queue += map(Message, left)

    def _of_share(self, me: int, work: Callable[[Asked], None], asked: Asked) -> None:
        """One workspace of a message; the run may go on with the next whatever became of it."""
        try:
            work(asked)
        finally:
            self.ended(me)

    def _gone(self, message: Message) -> None:
        if message in self.queue:
            self.queue.remove(message)

    def tick(self) -> None:
        """All that is asked for is done."""
        self.run(Plan("dispatch"))
        while self.queue:
            self.run(Plan("work"))
        while self.poison:
            self.run(Plan("give up"))

    def drain(self, *, away: bool = False) -> None:
        """Everything is well for a week: what can still happen, happens."""
        self.calm_down, self.away = True, away
        for chat in self.chats.values():
            chat.dead.clear()
            chat.plan.clear()
        self.tables.refusing = False
        for pause in [20 * MINUTE] * 5 + [13 * HOUR] * 10:
            self.log.now += pause
            self.tick()
            self.run(Plan("weekly"))
            self.run(Plan("wind up"))
        self.tick()

    def check_gaps(self) -> None:
        """Every time without a good poll, of whichever workspace, was told to each chat, or was counted as missed."""
        kept = {g for place in PLACES for g in self.calm.read(place).head.gaps}
        for name, chat in self.chats.items():
            told = {g for n in chat.said if n.blind for g in n.blind.gaps}
            assert kept <= told or self.summed[name], f"{name} never heard of {kept - told}"


def _no_time(_: float) -> None:
    return None
