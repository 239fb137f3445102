"""Many workspaces, polled by several runs: one that asks for the polls, those that do them, and an end.

The queue delivers at least once and in no order. Nothing rests on it: the head of a workspace's partition is the one
commit point, so two runs on one workspace never both commit, and a message that comes twice or late costs a read. What
is expected to go wrong is noted and left to the next message; only what nobody foresaw goes back to the queue.
"""

from __future__ import annotations

import logging
import random
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from time import perf_counter
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from correlator.dispatch import Asked, ask, knows, left_behind, messages, read, text_of
from correlator.errors import CorrelatorError, NoTurn, SourceUnavailable, StaleWrite, StoreUnavailable
from correlator.gateways import Listed
from correlator.model import LogRow, Policy
from correlator.poll import Aside, poll, tell_failed
from correlator.ports import Channel, LogAnswer, LogSource, Roster, Span, Store
from correlator.reports import give_up
from correlator.routes import Routing
from correlator.stores.slots import Slot, Slots
from correlator.stores.store import standing_of
from correlator.watchlist import Asking, informed, workspaces
from correlator.wiring import NOTHING_FOUND, SHOWN, App, line_of, policy_of, style_of, tell_of
from correlator.wording import Style

log = logging.getLogger("correlator")
PATIENCE = 60.0
"""Seconds that a run waits for its turn to ask: the host ends it after 240, and an answer may take 100."""
WITNESS_PATIENCE = 30.0
"""The same for the second question: IKE is one witness more, for which the next poll may ask again."""
SHARE = 20.0
"""Seconds after which a run hands on what is left of its message: others wait for its thread, within their 240."""
PAUSES = (0.5, 2.5)
"""The shortest and the longest time between two looks for a free slot, in seconds: not all look at once."""


class InTurn:
    """A log source that asks no more questions at once than there are slots, of all processes together."""

    def __init__(
        self,
        source: LogSource,
        slots: Slots,
        wait: Callable[[float], None] = time.sleep,
        between: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._source, self._slots, self._wait, self._between = source, slots, wait, between

    def fetch(
        self, workspace: str, mark: datetime | None, since: datetime | None, again: Collection[str] = ()
    ) -> LogAnswer:
        """As the source does. Raises NoTurn where no slot came free in time."""
        with self._turn(workspace, PATIENCE):
            return self._source.fetch(workspace, mark, since, again)

    def negotiations(self, workspace: str, spans: Sequence[Span]) -> Sequence[LogRow]:
        """As the source does. Raises NoTurn where no slot came free in time."""
        with self._turn(workspace, WITNESS_PATIENCE):
            return self._source.negotiations(workspace, spans)

    @contextmanager
    def _turn(self, workspace: str, patience: float) -> Iterator[None]:
        slot = self._slot(workspace, patience)
        try:
            yield
        except Exception:  # a run that dies leaves its slot to the lease
            self._free(slot)
            raise
        self._free(slot)

    def _slot(self, workspace: str, patience: float) -> Slot:
        by, waited = uuid.uuid4().hex, 0.0
        while True:
            if slot := self._slots.take(by):
                return slot
            if waited >= patience:
                raise NoTurn(f"workspace {workspace}: no turn to ask within {patience:.0f} s; the next poll asks again")
            pause = self._between(*PAUSES)
            self._wait(pause)
            waited += pause

    def _free(self, slot: Slot) -> None:
        try:
            self._slots.free(slot)
        except StoreUnavailable as refused:
            log.info("%s is free when its lease is over: %s", slot.row, refused)


class Known(NamedTuple):
    """A gateway list, and what polls need of it: made once, since a large one takes its time."""

    listed: Listed | None
    policy: Policy
    style: Style
    routing: Routing


class Fleet:
    """The runs. Several may be going on in one process: what they share is immutable and replaced as a whole."""

    def __init__(
        self, app: App, wait: Callable[[float], None] = time.sleep, stopwatch: Callable[[], float] = perf_counter
    ) -> None:
        self._app, self._stopwatch = app, stopwatch
        self._source = InTurn(app.source, Slots(app.tables, app.settings.queries_at_once), wait)
        self._known = self._about(None)
        self._reading = Lock()

    def dispatch(self) -> list[str]:
        """The messages that ask for a poll of each workspace; tells what is told of all of them together.

        Raises StoreUnavailable if it cannot be seen where they stand, SourceUnavailable if there is none: the next
        tick asks.
        """
        app = self._app
        roster = app.dressed(self._known.style)[0].roster(app.workspaces())
        app.clock = roster.clock
        before, listed = app.current_list()
        store, channels = app.dressed(style_of(app.settings, listed))
        watched = workspaces(app.settings, listed)
        if set(watched) != roster.standings.keys():
            roster = store.roster(watched)
        standings = roster.standings.values()
        if listed and listed.touched and all(knows(s, listed) for s in standings):
            listed = replace(listed, touched=())
        if listed and listed is not before:
            store.keep_list(listed)
        app.listed = listed
        if not standings:
            raise SourceUnavailable(NOTHING_FOUND)
        try:
            self._tell(store, channels, roster)
        except CorrelatorError as failed:  # the polls are asked for all the same
            log.error("what is told of all workspaces waits: %s", failed)
        return messages(ask(standings, roster.clock, listed))

    def _tell(self, store: Store, channels: Mapping[str, Channel], roster: Roster) -> None:
        settings, standings = self._app.settings, roster.standings
        behind = left_behind(standings.values(), roster.clock, policy_of(settings).blind_after)
        for late in [s for s in behind if s.head.mark and not s.failed][:SHOWN]:
            log.error("workspace %s: no good poll since %s", late.workspace, late.head.mark)
        self._app.confess(store, channels, {w: s.head.gaps for w, s in standings.items()})
        self._app.greet(store, channels, {w: s.failed for w, s in standings.items()})
        self._tell_given_up(store, channels, roster)
        if settings.heartbeat_url and not behind:
            from correlator.heartbeat import beat

            beat(settings.heartbeat_url, settings.allow_private_webhooks)

    def _tell_given_up(self, store: Store, channels: Mapping[str, Channel], roster: Roster) -> None:
        lost = [w for w, s in roster.standings.items() if s.given_up]
        try:
            report = give_up(lost, store, channels, roster.clock)
        except StaleWrite as overtaken:
            log.info("polls given up: %s", overtaken)
            return
        if report.said or report.sent or report.failures:
            log.info("%s", line_of("given_up", report))

    def work(self, message: str | bytes, tries: int = 1) -> list[str]:
        """Poll the workspaces that a message names, unless they were polled since. Returns messages for what is left.

        Where a poll failed in a way that is expected, the next tick is the retry. Raises what is not expected: the
        message comes back (``tries``), and is then taken apart, lest what fails in one workspace keeps others waiting.
        """
        asked = read(message)
        if tries > 1 and len(asked) > 1:
            return [text_of([one]) for one in asked]
        began = self._stopwatch()
        for n, one in enumerate(asked):
            if n and self._stopwatch() - began > SHARE:
                return [text_of(asked[n:])]
            try:
                self._work(one)
            except CorrelatorError as failed:
                tell_failed(one.workspace, failed)
        return []

    def _work(self, asked: Asked) -> None:
        known = self._of_list(asked.listed)
        store, channels = self._app.dressed(known.style)
        before = store.read(asked.workspace)
        if asked.is_done(before.head):
            log.info("workspace %s was polled since it was asked for", asked.workspace)
            return
        listed, resources = known.listed, self._app.resources
        asking = Asking(resources, listed) if resources and listed else None
        # A message may be older than the list: what the newer one changed is looked at, for it will count as known.
        anew = listed and (asked.anew or listed.read_at != asked.listed)
        aside = Aside(listed.touched if listed and anew else (), asking, known.routing, perf_counter, before)
        failed = ""
        try:
            tell_of(poll(asked.workspace, self._source, store, channels, known.policy, aside))
        except (StaleWrite, NoTurn) as left:  # another run did it; or whoever comes next will
            log.info("%s", left)
            return
        except CorrelatorError as failure:
            tell_failed(asked.workspace, failure)
            failed = str(failure)
        stands = standing_of(asked.workspace, store.read(asked.workspace))
        read_at = listed.read_at if listed and not failed else None
        store.note(replace(stands, failed=failed, listed=read_at))

    def give_up(self, message: str | bytes) -> None:
        """The queue stopped trying to have this message done: people are told by the next run that asks for polls.

        What is no message of ours is a line in the log: it would come back here for a week.
        """
        try:
            asked = read(message)
        except (msgspec.MsgspecError, UnicodeError) as unread:
            log.error("a message in the queue is none of this app's, and is dropped: %s", unread)
            return
        store, _ = self._app.dressed(self._known.style)
        standings = store.roster([one.workspace for one in asked]).standings
        for one in asked:
            stands = standings[one.workspace]
            if one.is_done(stands.head):
                continue
            log.error("workspace %s: its poll failed again and again; see 'A poll that is given up' in docs/operate.md",
                      one.workspace)  # fmt: skip
            store.note(replace(stands, failed="given up", given_up=True))

    def _of_list(self, read_at: datetime | None) -> Known:
        """What polls know of the gateway list that was read then; a newer one is as good."""
        with self._reading:  # once for all runs of a process: a large list takes its time and room
            known = self._known
            if read_at and (known.listed is None or known.listed.read_at < read_at):
                store, _ = self._app.dressed(known.style)
                # One that cannot be had just now takes nothing away: what moved would be told of under its old id.
                if listed := store.kept_list()[0]:
                    known = self._known = self._about(listed)
            return known

    def _about(self, listed: Listed | None) -> Known:
        settings = self._app.settings
        policy, style = informed(policy_of(settings), listed), style_of(settings, listed)
        return Known(listed, policy, style, self._app.routing(listed))


__all__ = ["PATIENCE", "WITNESS_PATIENCE", "Fleet", "InTurn", "Known"]
