"""Workspaces that are polled no longer: what they left in their outbox is delivered, what is open there gets its word.

A run for such a workspace is a poll that asks the log service nothing, by the store's clock: verdicts that only waited
are told, what is open becomes ``removed`` without an end. Its mark stays, so that it goes on there if it comes back.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b

from msgspec import Struct, field
from msgspec.structs import replace

from correlator.delivery import Delivery, Report
from correlator.errors import CorrelatorError, StaleWrite
from correlator.model import GatewayState, Policy, Tracked
from correlator.notification import Moment, Notification, Unwatched
from correlator.poll import Commit, fitted, people_of
from correlator.ports import TABLE, Channel, Notice, Snapshot, Store
from correlator.routes import Routing
from correlator.track import Step, advance, window_start

log = logging.getLogger("correlator")
AT_MOST = 60.0
"""Seconds for one round: the host ends a run after 240, and there is more to do in it."""
States = Mapping[str, GatewayState]


class Round(Struct):
    """One look after all workspaces that are polled no longer.

    ``polled`` are those that are. ``has_left`` is asked of a workspace with the time of its last good poll and now
    (UTC): until it says so, what waits is delivered and nothing more.
    """

    store: Store
    channels: Mapping[str, Channel]
    policy: Policy
    routing: Routing
    polled: Collection[str]
    has_left: Callable[[str, datetime, datetime], bool]
    names: dict[str, frozenset[str]] = field(default_factory=dict)
    """The gateways that each of the polled ones keeps, read once a round: there may be hundreds of them."""

    def run(self, left: Iterable[str], stopwatch: Callable[[], float]) -> Iterator[Report]:
        """A run for each of these, as many as there is time for (``stopwatch`` gives seconds). Failures are lines."""
        began = stopwatch()
        for workspace in left:
            if stopwatch() - began > AT_MOST:
                return
            report = Report(workspace)
            try:
                if self.wind_up(report):
                    self.store.forget(workspace)
            except StaleWrite as lost:  # somebody polls it
                log.info("workspace %s: %s", workspace, lost)
            except CorrelatorError as failed:
                log.warning("workspace %s, which is no longer watched: %s", workspace, failed)
            yield report

    def wind_up(self, report: Report) -> bool:
        """One run for the report's workspace; whether nothing is left to do. Raises StaleWrite if it was polled."""
        before = self.store.read(report.partition)
        mark, report.now = before.head.mark, before.clock
        if mark and (before.head.left or self.has_left(report.partition, mark, before.clock)):
            before = self._settle(report, before, mark)
        if not before.is_empty:
            Delivery(self.store, self.channels, before.clock, report).run(before)
            before = self.store.read(report.partition)
        over = mark is None or (before.head.left is not None and not before.head.due)
        return over and before.is_empty

    def _settle(self, report: Report, before: Snapshot, mark: datetime) -> Snapshot:
        """Judge what is due by the clock alone, the first time all that is open; the partition as it is then."""
        workspace, now, head = report.partition, before.clock, before.head
        names = self.store.watched(workspace) if head.left is None else [g for g, at in head.due.items() if at <= now]
        states = self.store.gateways(workspace, names)
        elsewhere = self._elsewhere(states)
        if head.left is None:
            before = self._leave(report, before, states, elsewhere)
            names = [*before.head.due]
        if not names:
            return before
        policy, since = fitted(self.policy, workspace, len(self.channels)), window_start(mark)
        people = people_of(self.store, states.values(), since, now, policy.moved)
        known = (states.get(name, GatewayState(name)) for name in names)
        steps = [advance(s, None, since, now, policy, people=people, unwatched=True) for s in known]
        commit = Commit(self.store, list(self.channels), self.routing, now, report, lambda *_: None)
        commit.apply(before, [_without(step, elsewhere) for step in steps], before.head)
        return self.store.read(workspace)

    def _leave(self, report: Report, before: Snapshot, states: States, elsewhere: Mapping[str, str]) -> Snapshot:
        """Note since when it is not watched and what is to be settled, and tell whoever was told of what is open."""
        workspace, now = report.partition, before.clock
        left = {g: [t for t in s.tracked if t.incident.goes_on] for g, s in states.items()}
        self._hand_over(left, elsewhere)
        open_ones = [t for found in left.values() for t in found if t.incident.id not in elsewhere]
        log.warning(
            "workspace %s is no longer watched: WORKSPACE_IDS no longer names or finds it; %d incidents were open",
            workspace, len(open_ones),
        )  # fmt: skip
        due = dict.fromkeys([*before.head.due, *(g for g, found in left.items() if found)], now)
        words = self._words(workspace, now, open_ones)
        report.said += bool(words)
        self.store.commit(workspace, before.etag, replace(before.head, left=now, due=due), [], words)
        return self.store.read(workspace)

    def _words(self, workspace: str, now: datetime, open_ones: Sequence[Tracked]) -> list[Notice]:
        """One message to each channel that was told of some of these, with how many of them."""
        heard = Counter(
            channel
            for t in open_ones
            if t.told and t.told.number
            for channel in self.routing.recipients(
                Notification(Moment.UNWATCHED, now, t.incident, facets=t.told.facets), list(self.channels)
            )
        )
        told = {c: Notification(Moment.UNWATCHED, now, unwatched=Unwatched(workspace, n)) for c, n in heard.items()}
        # The store's clock has seconds, and by its key a message is on record: others may leave in the same one.
        stamp = f"{now:%Y%m%dT%H%M%S%f}-{blake2b(workspace.encode(), digest_size=4).hexdigest()}"
        return [Notice(f"{stamp}-{n.subject}-{c}", c, now, n) for c, n in told.items()]

    # where two workspaces hold the rows of one gateway

    def _elsewhere(self, states: States) -> dict[str, str]:
        """What goes on here and, by the same id, in a workspace that is polled: that one has the word. Id -> where."""
        wanted = {t.incident.id: g for g, s in states.items() for t in s.tracked if t.incident.goes_on}
        found: dict[str, str] = {}
        for place in self.polled:
            if not wanted:
                break
            shared = self._names_of(place).intersection(wanted.values())
            kept = self.store.gateways(place, shared).values() if shared else ()
            here = wanted.keys() & {t.incident.id for state in kept for t in state.tracked}
            found |= dict.fromkeys(here, place)
            wanted = {i: g for i, g in wanted.items() if i not in here}
        return found

    def _names_of(self, place: str) -> frozenset[str]:
        if place not in self.names:
            self.names[place] = frozenset(self.store.watched(place))
        return self.names[place]

    def _hand_over(self, left: Mapping[str, Sequence[Tracked]], elsewhere: Mapping[str, str]) -> None:
        """In the public tables the higher revision counts: that of the workspace that is still polled has to be it."""
        for gateway, found in left.items():
            for place in {elsewhere[t.incident.id] for t in found if t.incident.id in elsewhere}:
                before, revs = self.store.read(place), {t.incident.id: t.incident.rev for t in found}
                state = self.store.gateways(place, [gateway])[gateway]
                raised = tuple(_above(t, revs.get(t.incident.id, 0)) for t in state.tracked)
                news = tuple(new.incident for new, old in zip(raised, state.tracked, strict=True) if new != old)
                if news:
                    key = f"{before.clock:%Y%m%dT%H%M%S%f}-{news[0].id}-{news[0].rev:06d}-{TABLE}"
                    notice = Notice(key, TABLE, before.clock, None, news)
                    self.store.commit(place, before.etag, before.head, [replace(state, tracked=raised)], [notice])


def _without(step: Step, elsewhere: Collection[str]) -> Step:
    return replace(step, recorded=[i for i in step.recorded if i.id not in elsewhere])


def _above(tracked: Tracked, rev: int) -> Tracked:
    incident = tracked.incident
    return tracked if incident.rev > rev else replace(tracked, incident=replace(incident, rev=rev + 1))
