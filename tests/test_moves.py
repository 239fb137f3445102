"""A gateway that moved to another resource group has one history, whenever the list told of the move."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlator.model import Cause, GatewayState, Incident, LogRow, Move, Policy, Status
from correlator.moves import under_todays_ids
from correlator.people import Entry, EntryKind
from correlator.poll import Aside, poll
from correlator.stores.memory import MemoryTables
from correlator.stores.store import TableStore
from correlator.wording import Style
from tests.fakes import Arrival, Chat, Fuse, Killed, ScriptedLog, killed_at
from tests.timeline import MINUTE, clock, gateway, night

WS = "workspace"
OLD = gateway("gw1")
NEW = OLD.replace("/rg/", "/elsewhere/")
STORY = """
    08-20 10:00:00 hq    up   IN_0
    08-20 10:00:00 osaka up   IN_0
    08-20 22:00:00       maintenance IN_0
    08-20 22:01:00 hq    down IN_0 GlobalStandbyChanged
    08-20 22:01:00 osaka down IN_0 GlobalStandbyChanged
    08-20 22:01:12 hq    up   IN_1
    08-20 22:01:14 osaka up   IN_1
    08-21 09:00:00 hq    down IN_1 "DPD timed out"
    08-21 10:30:00 hq    up   IN_1
    08-21 11:00:00 osaka down IN_1 RemotelyTriggered
    08-21 11:00:30 osaka up   IN_1
    08-21 15:00:00 hq    down IN_1 "DPD timed out"
    08-22 03:00:00 hq    up   IN_1
"""
BEGIN, END = clock("08-20 12:00"), clock("08-22 06:00")


class Moving:
    """Polls of a gateway that has its new id from some time on, of which the list tells later."""

    def __init__(self, text: str = STORY, moved: str = "", told: str = "") -> None:
        moved_at = clock(moved) if moved else END + timedelta(days=9)
        self.told_at = clock(told) if told else END + timedelta(days=9)
        rows = [r._replace(gateway=NEW) if _at(r) >= moved_at and r.gateway == OLD else r for r in night(text)]
        seen = [(_ingested(r) + 3 * MINUTE, r) for r in rows]
        self.log = ScriptedLog([Arrival(at, at, row) for at, row in seen])
        self.tables = MemoryTables(lambda: self.log.now)
        self.store = TableStore(self.tables, Style())
        self.chat = Chat()
        self.acted = False
        self.partition, self.gone = WS, frozenset[str]()

    def poll(self, now: datetime, store: TableStore | None = None) -> None:
        """One poll; the first that knows of the move looks at the gateway, fresh rows or not."""
        self.log.now = now
        told = now >= self.told_at
        moved = {OLD: Move(NEW, self.told_at)} if told else {}
        policy = Policy(moved=moved, removed=self.gone if told else frozenset())
        aside = Aside([OLD] if told and not self.acted else ())
        poll(self.partition, self.log, store or self.store, {"teams": self.chat}, policy, aside)
        self.acted = told

    def until(self, end: datetime, every: int = 10) -> Moving:
        """Poll on every few minutes."""
        now = max(BEGIN, self.log.now)
        while now < end:
            now += every * MINUTE
            self.poll(now)
        return self

    def known(self, *ids: str) -> list[Incident]:
        """What is kept under these ids (left out: under both), oldest first."""
        states = self.store.gateways(self.partition, ids or (OLD, NEW)).values()
        return sorted((t.incident for s in states for t in s.tracked), key=lambda i: (i.started_at, i.id))

    @property
    def heard(self) -> list[str]:
        """``22:10 VPN-… recovered``."""
        return [f"{n.at:%d %H:%M} {n.subject} {n.moment.value}" for n in self.chat.said]


def _at(row: LogRow) -> datetime:
    assert isinstance(row.at, datetime)
    return row.at


def _ingested(row: LogRow) -> datetime:
    assert isinstance(row.ingested, datetime)
    return row.ingested


def told(incidents: list[Incident]) -> list[tuple[object, ...]]:
    """What incidents say, whatever their names."""
    return [(i.drops, i.finding, i.status) for i in incidents if not i.status.withdrawn]


STAYED = Moving().until(END)


def test_an_open_outage_meets_the_row_that_closes_it() -> None:
    """A tunnel falls, the gateway moves, the tunnel comes up under the new id: one incident, told as one."""
    there = Moving(moved="08-21 20:00", told="08-21 22:00").until(END)
    assert there.heard == STAYED.heard
    assert there.known(OLD) == []
    assert [i.gateway for i in there.known(NEW)] == [NEW] * len(STAYED.known())


def test_a_move_that_is_noticed_hours_after_the_tunnel_came_back() -> None:
    """The new id's rows were there before the list: the open outage of the old id ends when they began."""
    there = Moving(moved="08-21 20:00", told="08-22 05:00").until(clock("08-22 04:50"))
    assert [i.ended_at for i in there.known(OLD)][-1] is None
    there.until(END)
    assert there.known(NEW)[-1].ended_at == clock("08-22 03:00")
    assert [line.split(" ", 2)[2] for line in there.heard] == [line.split(" ", 2)[2] for line in STAYED.heard]


def test_an_outage_of_days_is_not_lost_with_the_move() -> None:
    """What was open long before the window of rows is known from what was kept under the old id."""
    text = """
        08-20 10:00 hq up   IN_0
        08-21 09:00 hq down IN_0 "DPD timed out"
        08-26 03:00 hq up   IN_0
    """
    end = clock("08-26 06:00")
    stayed = Moving(text).until(end, every=60)
    there = Moving(text, moved="08-25 12:00", told="08-25 20:00").until(end, every=60)
    assert told(there.known()) == told(stayed.known()) != []
    assert there.heard == stayed.heard


@settings(deadline=None, max_examples=12)
@given(st.integers(0, 41 * 60), st.integers(0, 24 * 60))
def test_rows_before_and_after_a_move_are_one_history(moved: int, later: int) -> None:
    """Wherever in the story the gateway moves, and up to a day until the list says so: the same incidents.

    Those of before the move keep their names.
    """
    at = BEGIN + moved * MINUTE
    seen = at + later * MINUTE
    there = Moving(moved=f"{at:%m-%d %H:%M}", told=f"{seen:%m-%d %H:%M}")
    there.until(min(seen - MINUTE, END))
    names = {i.id for i in there.known()}
    there.until(max(END, seen + 20 * MINUTE))
    assert told(there.known()) == told(STAYED.known())
    assert names <= {i.id for i in there.known()}


def test_a_poll_after_the_move_changes_nothing_more() -> None:
    """What was joined stays as it is: later polls without news write the mark alone."""
    there = Moving(moved="08-21 20:00", told="08-21 22:00").until(END)
    before = there.store.gateways(WS, [OLD, NEW])
    there.until(END + timedelta(hours=1))
    assert there.store.gateways(WS, [OLD, NEW]) == before
    assert before[OLD] == GatewayState(OLD)


@pytest.mark.parametrize("kill", range(1, 14))
def test_killed_while_the_history_moves(kill: int) -> None:
    """A run that dies at any call while it moves the history loses nothing, and the next ends where it would have."""
    there = Moving(moved="08-21 20:00", told="08-22 03:05").until(clock("08-22 03:00"))
    store = TableStore(Fuse(there.tables, killed_at(kill)), Style())
    try:
        there.poll(clock("08-22 03:10"), store)
    except Killed:
        assert not there.acted
    there.until(END)
    assert told(there.known()) == told(STAYED.known())
    assert there.known(OLD) == []


def test_a_gateway_that_left_a_resource_group() -> None:
    """Where logs are asked for by resource group, a gateway that left the group is gone from there."""
    group = OLD.partition("/providers/")[0]
    there = Moving(moved="08-21 20:00", told="08-21 22:00")
    there.partition, there.gone = group, frozenset({OLD})
    there.until(END)
    assert [i.status for i in there.known(OLD)] == [Status.RECOVERED] * (len(STAYED.known()) - 1) + [Status.REMOVED]
    assert there.heard[-1].endswith("removed")


@pytest.mark.parametrize("kind", EntryKind)
def test_what_people_planned_follows_the_gateway(kind: EntryKind) -> None:
    """Planned work and silences that name the old id cover drops after the move, as if it had stayed."""
    text = """
        08-20 10:00 hq up   IN_0
        08-21 21:00 hq down IN_0 "DPD timed out"
        08-21 22:30 hq up   IN_0
    """
    plan = Entry(kind, clock("08-21 20:30"), clock("08-21 23:00"), OLD, "", "kim", "router firmware")
    stayed, there = Moving(text), Moving(text, moved="08-21 18:00", told="08-21 19:00")
    for each in (stayed, there):
        each.store.add_entry(plan)
        each.until(END)
        assert each.heard == []
    assert told(there.known()) == told(stayed.known()) != []
    assert [i.finding.cause is Cause.PLANNED_WORK for i in there.known(NEW)] == [kind is EntryKind.PLANNED_WORK]
    assert there.store.entries(kind, BEGIN) == [plan], "what people wrote stays"


def test_what_lay_beside_the_gateway_counts_for_it_still() -> None:
    """A change in the old group, or of the old gateway itself, is news of the gateway where it is now."""
    beside = OLD.replace("virtualnetworkgateways/gw1", "connections/cn-hq").upper()
    rows = [
        LogRow(BEGIN, BEGIN, gateway_id, "AzureActivity", "", "", "Start", "", "", "Administrative")
        for gateway_id in (OLD.upper(), f"{OLD}/providers/x", beside, "/subscriptions/s", gateway("gw2"))
    ]
    read = [r.gateway for r in under_todays_ids(rows, {OLD: Move(NEW, END)})]
    assert read == [NEW, NEW, beside, NEW, "/subscriptions/s", gateway("gw2")]
