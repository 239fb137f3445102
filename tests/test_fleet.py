"""Many workspaces: what the run that asks for polls does, what each poll does, and what neither may cost."""

from __future__ import annotations

import json
import logging
import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from correlator import dispatch, reports
from correlator import fleet as fleet_runs
from correlator.dispatch import RUNS, Asked, read, text_of
from correlator.errors import CorrelatorError, SourceUnavailable, StoreUnavailable
from correlator.fleet import PATIENCE, SHARE, Fleet, InTurn
from correlator.gateways import Connection, Gateway, GatewayList, Listed, Workspace
from correlator.model import LogRow, Status
from correlator.notification import Moment, Notification
from correlator.poll import poll
from correlator.ports import Channel, LogAnswer, Span, Store
from correlator.settings import Settings
from correlator.stores.memory import MemoryTables
from correlator.stores.slots import LEASE, SLOTS, Slots
from correlator.stores.store import TableStore
from correlator.stores.tables import STATE, Delete
from correlator.watchlist import places_of
from correlator.wiring import App
from correlator.wording import Style
from tests.fakes import Arrival, Chat, ScriptedLog
from tests.timeline import MINUTE, clock, gateway, night

ROWS = "16:00 203.0.113.9 up IN_0; 17:00 203.0.113.9 down IN_0 DPD"
SCOPE = "/subscriptions/s"
GW1 = Gateway(
    gateway(), "gw1", "virtualNetworkGateways", False, False, (), (Connection("cn-hq", "/c/hq", ("203.0.113.9",)),)
)


class Logs(ScriptedLog):
    """Several workspaces: ``one`` has rows, the others have none. Any may fail."""

    def __init__(self) -> None:
        rows = night(ROWS)
        super().__init__([Arrival(r.at, r.at, r) for r in rows if isinstance(r.at, datetime)], clock("16:05"))
        self.broken: dict[str, Exception] = {}
        self.asked: list[str] = []

    def fetch(
        self, workspace: str, mark: datetime | None, since: datetime | None, again: Collection[str] = ()
    ) -> LogAnswer:
        self.asked.append(workspace)
        if workspace in self.broken:
            raise self.broken[workspace]
        found = super().fetch(workspace, mark, since, again)
        return found if workspace == "one" else LogAnswer(found.now, [])


class Azure:
    """The gateway list of today."""

    def __init__(self) -> None:
        self.found = GatewayList((GW1,))
        self.read = 0

    def list_gateways(self, scopes: Collection[str], places: Collection[str] = ()) -> GatewayList:
        self.read += 1
        return self.found

    def is_there(self, resource_id: str) -> bool | None:
        return False

    def status(self, connection_id: str) -> str | None:
        return None


class Counting(MemoryTables):
    """Counts every request, and fails where it is told to."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(now)
        self.calls: Counter[str] = Counter()
        self.failing = ""

    def query(self, table: str, partition: str, *rest: Any) -> Any:
        self._count("query", partition)
        return super().query(table, partition, *rest)

    def get(self, table: str, partition: str, row: str) -> Any:
        self._count("get", partition)
        return super().get(table, partition, row)

    def write(self, table: str, partition: str, operations: Any) -> list[str]:
        self._count("write", partition)
        return super().write(table, partition, operations)

    def _count(self, what: str, partition: str) -> None:
        self.calls[what] += 1
        if partition == self.failing:
            raise StoreUnavailable("table state: HTTP 503", 503)


class Told(App):
    """The app, whose one channel is a chat that remembers."""

    chat: Any = None

    def dressed(self, style: Style) -> tuple[Store, dict[str, Channel]]:
        store, _ = super().dressed(style)
        return store, {"teams": self.chat}


class Installed:
    """A deployment that fans out, one process of it, and its queue."""

    def __init__(self, workspaces: Sequence[str] = ("one", "two", "three"), **more: str) -> None:
        self.log, self.azure, self.chat = Logs(), Azure(), Chat()
        self.tables = Counting(lambda: self.log.now)
        self.settings = Settings.read(
            {
                "WORKSPACE_IDS": ",".join(workspaces), "FAN_OUT_ABOVE": "1", "TABLES_ENDPOINT": "https://t.example",
                "TEAMS_WEBHOOK_URL": "http://127.0.0.1:9/hook", "ALLOW_PRIVATE_WEBHOOKS": "1", **more,
            }
        )  # fmt: skip
        self.start()

    def start(self) -> None:
        """A new process, which remembers nothing but the tables."""
        resources = self.azure if self.settings.gateway_scopes or places_of(self.settings) else None
        self.app = Told(self.settings, self.log, resources, self.tables)
        self.app.chat = self.chat
        self.fleet = Fleet(self.app, wait=lambda _: None)

    def dispatch(self, now: datetime | None = None) -> list[str]:
        """The timer fires."""
        self.log.now = now or self.log.now
        return self.fleet.dispatch()

    def tick(self, now: datetime | None = None) -> None:
        """The timer fires, and all that it asked for is done a second later."""
        messages = self.dispatch(now)
        self.log.now += timedelta(seconds=1)
        for message in messages:
            self.fleet.work(message)

    def store(self) -> TableStore:
        """The store as the app opens it."""
        return TableStore(self.tables, Style(), fleet=True)

    def failed(self) -> dict[str, str]:
        """What each workspace is noted to have failed with."""
        return {w: s.failed for w, s in self.store().roster(self.settings.workspace_ids).standings.items()}

    def said(self, moment: Moment) -> list[Notification]:
        """What the chat was told of one kind."""
        return [n for n in self.chat.said if n.moment is moment]


def named(messages: Sequence[str]) -> list[str]:
    """The workspaces that messages ask for."""
    return [asked.workspace for m in messages for asked in read(m)]


def test_each_workspace_is_polled_by_its_own_message() -> None:
    """The timer asks no log query itself; the messages do, one for each workspace, and tell what there is to tell."""
    there = Installed()
    messages = there.dispatch(clock("16:05"))
    assert there.log.asked == []
    assert sorted(named(messages)) == ["one", "three", "two"]
    there.log.now += timedelta(seconds=1)
    for message in messages:
        there.fleet.work(message)
    assert sorted(there.log.asked) == ["one", "three", "two"]
    there.tick(clock("17:20"))
    assert [n.incident.gateway for n in there.said(Moment.OPENED) if n.incident] == [gateway()]


def test_a_message_that_comes_twice_costs_a_read() -> None:
    """The second of two equal messages asks the log service nothing, writes nothing and reads one partition."""
    there = Installed()
    messages = there.dispatch()
    there.log.now += timedelta(seconds=1)
    there.fleet.work(messages[0])
    there.log.asked.clear()
    there.tables.calls.clear()
    there.fleet.work(messages[0])
    assert (there.log.asked, dict(there.tables.calls)) == ([], {"query": 1})


def test_a_pile_of_messages_is_one_poll() -> None:
    """After an hour in which no worker ran, each workspace is polled once, whatever lies in the queue."""
    there = Installed()
    pile = [m for n in range(12) for m in there.dispatch(clock("16:05") + n * 5 * MINUTE)]
    there.log.now += timedelta(seconds=1)
    for message in pile:
        there.fleet.work(message)
    assert Counter(there.log.asked) == dict.fromkeys(("one", "two", "three"), 1)


def test_what_is_expected_to_fail_waits_for_the_next_tick(caplog: pytest.LogCaptureFixture) -> None:
    """A throttled workspace is asked once a tick: its run ends well for the queue, and is an error in the log."""
    there = Installed()
    there.log.broken = {"two": SourceUnavailable("workspace two: throttled (429)")}
    there.tick()
    there.tick(clock("16:10"))
    assert Counter(there.log.asked) == {"one": 2, "two": 2, "three": 2}
    assert there.failed() == {"one": "", "two": "workspace two: throttled (429)", "three": ""}
    errors = {r.message.split(":")[0] for r in caplog.records if r.levelno == logging.ERROR}
    assert errors == {"workspace two"}
    assert named(there.dispatch(clock("16:15")))[-1] == "two"
    there.log.broken = {}
    there.tick(clock("16:20"))
    assert set(there.failed().values()) == {""}


def test_storage_that_fails_is_expected_too() -> None:
    """A run that cannot read or commit its state ends with a line in the log; the others go on."""
    there = Installed()
    there.tables.failing = "two"
    there.tick()
    there.tables.failing = ""
    heads = {w: s.head.mark for w, s in there.store().roster(("one", "two", "three")).standings.items()}
    assert {w for w, mark in heads.items() if mark} == {"one", "three"}


def test_what_nobody_foresaw_goes_back_to_the_queue() -> None:
    """Any other error is raised, so that the host tries again and gives the message up in the end."""
    there = Installed()
    there.log.broken = {"two": ZeroDivisionError()}
    message = next(m for m in there.dispatch() if named([m]) == ["two"])
    with pytest.raises(ZeroDivisionError):
        there.fleet.work(message)
    with pytest.raises(msgspec.DecodeError):
        there.fleet.work("hello")


def together(messages: Sequence[str]) -> str:
    """One message for all of them, as where there are more workspaces than messages."""
    return text_of([asked for m in messages for asked in read(m)])


def test_many_workspaces_share_a_run() -> None:
    """Of more workspaces than one instance takes messages, each is asked for in one message, and polled once."""
    there = Installed([f"w{n:02}" for n in range(RUNS + 9)])
    messages = there.dispatch()
    assert len(messages) == RUNS
    assert sorted(named(messages)) == sorted(there.settings.workspace_ids)
    there.log.now += timedelta(seconds=1)
    assert [there.fleet.work(m) for m in messages] == [[]] * RUNS
    assert sorted(there.log.asked) == sorted(there.settings.workspace_ids)


def test_a_run_hands_on_what_it_has_no_time_for() -> None:
    """After twenty seconds what is left of its message is a message of its own; whoever was polled is not in it."""
    there = Installed()
    seconds = iter([0.0, SHARE - 1, SHARE + 1])
    there.fleet = Fleet(there.app, wait=lambda _: None, stopwatch=lambda: next(seconds))
    message = together(there.dispatch())
    there.log.now += timedelta(seconds=1)
    (rest,) = there.fleet.work(message)
    assert (there.log.asked, named([rest])) == (named([message])[:2], named([message])[2:])


def test_an_expected_failure_keeps_nobody_of_its_message_waiting() -> None:
    """A workspace that is throttled or forbidden is noted, and the others of its message are polled in the same run."""
    there = Installed()
    message = together(there.dispatch())
    first = named([message])[0]
    there.log.broken = {first: SourceUnavailable(f"workspace {first}: throttled")}
    there.log.now += timedelta(seconds=1)
    assert there.fleet.work(message) == []
    assert [w for w, failed in there.failed().items() if failed] == [first]
    assert sorted(there.log.asked) == ["one", "three", "two"]


def test_what_nobody_foresaw_takes_nobody_along() -> None:
    """A message that comes back is taken apart: who was polled is not polled again, and only one is given up."""
    there = Installed()
    message = together(there.dispatch())
    first, second, third = named([message])
    there.log.broken = {second: ZeroDivisionError()}
    there.log.now += timedelta(seconds=1)
    with pytest.raises(ZeroDivisionError):
        there.fleet.work(message)
    alone = there.fleet.work(message, tries=2)
    assert [named([m]) for m in alone] == [[first], [second], [third]]
    with pytest.raises(ZeroDivisionError):
        there.fleet.work(alone[1])
    assert there.fleet.work(alone[0]) + there.fleet.work(alone[2]) == []
    assert there.log.asked == [first, second, second, third]
    there.fleet.give_up(message)
    assert [w for w, failed in there.failed().items() if failed] == [second]


def test_a_message_of_somebody_else_ends_in_a_line(caplog: pytest.LogCaptureFixture) -> None:
    """What lands among the poison and is none of ours is dropped: raised, it would come back for a week."""
    there = Installed()
    for text in ("hello", "{}", b"\xff"):
        there.fleet.give_up(text)
    assert [r.levelname for r in caplog.records] == ["ERROR"] * 3
    assert set(there.failed().values()) == {""}


def test_polls_that_are_given_up_are_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """All of them in one message, not with every tick; again after three days, or once it was well in between."""
    there = Installed()
    there.log.broken = {"two": ZeroDivisionError(), "three": ZeroDivisionError()}

    def tick(now: datetime) -> None:
        for message in there.dispatch(now):
            there.log.now += timedelta(seconds=1)
            try:
                there.fleet.work(message)
            except ZeroDivisionError:
                there.fleet.give_up(message)

    for n in range(12):
        tick(clock("16:05") + n * 5 * MINUTE)
    assert len(there.said(Moment.MENDING)) == 1
    told = there.said(Moment.MENDING)[0]
    assert told.mending
    assert sorted((g.key, g.subject) for g in told.mending.found) == [
        ("poll-given-up", "three"), ("poll-given-up", "two"),
    ]  # fmt: skip
    assert any("docs/operate.md" in r.message for r in caplog.records if r.levelno == logging.ERROR)
    tick(clock("17:00") + timedelta(days=3))
    assert len(there.said(Moment.MENDING)) == 2
    there.log.broken = {}
    there.tick(clock("17:05") + timedelta(days=3))
    assert set(there.failed().values()) == {""}


def test_a_gap_of_all_workspaces_is_one_message() -> None:
    """After hours without a good poll people are told once, not once for each workspace."""
    there = Installed([f"w{n}" for n in range(30)])
    there.tick()
    there.tick(clock("19:05"))
    there.tick(clock("19:10"))
    there.tick(clock("19:15"))
    assert len(there.said(Moment.BLIND)) == 1


def test_a_gap_that_is_noted_late() -> None:
    """The runs end at different times: what one noted does not hide a longer gap of another that is noted after."""
    there = Installed()
    there.tick()
    there.log.broken = {"two": SourceUnavailable("workspace two: throttled")}
    there.tick(clock("16:35"))
    there.log.broken = {}
    asked = {named([m])[0]: m for m in there.dispatch(clock("19:05"))}
    store = there.store()
    for n, workspace in enumerate(("two", "one", "three")):
        there.log.now = clock("19:05") + timedelta(seconds=n + 1)
        there.fleet.work(asked[workspace])
    late = store.roster(["two"]).standings["two"]
    store.note(msgspec.structs.replace(late, head=msgspec.structs.replace(late.head, gaps=())))
    there.dispatch(clock("19:07"))
    store.note(late)
    there.dispatch(clock("19:10"))
    there.dispatch(clock("19:15"))
    told = [n.blind.gaps for n in there.said(Moment.BLIND) if n.blind]
    assert len(told) == 2
    assert told[1] == late.head.gaps


def test_the_welcome_comes_once() -> None:
    """When every workspace was polled, by the run that asks for polls."""
    there = Installed()
    there.tick()
    assert there.said(Moment.WELCOME) == []
    there.tick(clock("16:10"))
    there.start()
    there.tick(clock("16:15"))
    assert len(there.said(Moment.WELCOME)) == 1


def test_asking_costs_no_request_a_workspace() -> None:
    """A quiet tick asks as many requests of the tables for a hundred workspaces as for three, and none to write."""
    costs = []
    for count in (3, 100):
        there = Installed([f"w{n}" for n in range(count)])
        there.tick()
        there.tick(clock("16:10"))
        there.tables.calls.clear()
        there.dispatch(clock("16:15"))
        costs.append(dict(there.tables.calls))
    assert costs == [{"query": 3}, {"query": 3}]


def test_the_health_address_costs_no_request_a_workspace() -> None:
    """It says of each workspace how its last run left it, from one query."""
    there = Installed([f"w{n}" for n in range(50)])
    assert there.app.web().health().status == 503
    there.tick()
    web = there.app.web()
    there.tables.calls.clear()
    answer = web.health()
    assert (answer.status, dict(there.tables.calls)) == (200, {"query": 1})
    assert len(json.loads(answer.body)["workspaces"]) == 50
    there.log.now += timedelta(minutes=31)
    assert there.app.web().health().status == 503


def test_one_workspace_in_two_spellings_is_one() -> None:
    """Its partition is one, whatever the case of its id: as two, one of them would never be known to be polled."""
    there = Installed(["one", "ONE", "two"])
    assert sorted(named(there.dispatch())) == ["one", "two"]


def test_tidying_up_after_many_gateways_in_many_workspaces_ends() -> None:
    """Each gateway that is gone may have rows in each workspace: a run looks for some of them, and not for 12,000."""
    there = Installed([f"w{n}" for n in range(300)], GATEWAY_SCOPES=SCOPE)
    lost = tuple(f"/subscriptions/s/gone-{n}" for n in range(40))
    there.store().keep_list(Listed(clock("16:00"), GatewayList(), removed=lost))
    there.tables.calls.clear()
    there.app.housekeep()
    assert there.tables.calls["get"] <= 2000 + 40


def test_a_quiet_poll_of_the_fleet() -> None:
    """One log query; its partition read before and after, its mark, its line of the roster, a slot taken and freed."""
    there = Installed()
    there.tick()
    message = next(m for m in there.dispatch(clock("16:10")) if named([m]) == ["two"])
    there.log.now += timedelta(seconds=1)
    there.log.asked.clear()
    there.tables.calls.clear()
    there.fleet.work(message)
    assert len(there.log.asked) == 1
    assert dict(there.tables.calls) == {"query": 3, "write": 4}


def test_a_new_process_goes_on() -> None:
    """All that the fleet knows is in the tables."""
    there = Installed()
    there.tick()
    there.start()
    there.tick(clock("17:20"))
    assert len(there.said(Moment.OPENED)) == 1


def test_a_changed_gateway_list_reaches_every_workspace() -> None:
    """The timer reads it once a day, each process once more from the tables; what it removed is ended everywhere."""
    there = Installed(GATEWAY_SCOPES=SCOPE)
    there.tick(clock("16:05"))
    there.tick(clock("17:20"))
    assert [t.incident.status for t in states(there)] == [Status.OPEN]
    there.azure.found = GatewayList()
    tomorrow = clock("16:10") + timedelta(days=1)
    there.log.broken = {"one": SourceUnavailable("workspace one: throttled")}
    there.tick(tomorrow)
    asked = [one for m in there.dispatch(tomorrow + MINUTE) for one in read(m)]
    assert {a.workspace for a in asked if a.anew} == {"one"}, "who was polled with it need not look again"
    there.log.broken = {}
    there.start()
    there.tick(tomorrow + 5 * MINUTE)
    assert [t.incident.status for t in states(there)] == [Status.REMOVED]
    assert there.azure.read == 2
    there.tick(tomorrow + 10 * MINUTE)
    kept, _ = there.store().kept_list()
    assert kept
    assert kept.touched == ()


def test_a_late_message_learns_what_the_newer_list_changed() -> None:
    """Asked for before the list was renewed and done after: a workspace that counts as knowing it has looked at it."""
    there = Installed(GATEWAY_SCOPES=SCOPE)
    there.tick(clock("16:05"))
    there.tick(clock("17:20"))
    tomorrow = clock("16:00") + timedelta(days=1)
    there.tick(tomorrow)
    (late,) = (m for m in there.dispatch(tomorrow + 4 * MINUTE) if named([m]) == ["one"])
    there.azure.found = GatewayList()
    there.dispatch(tomorrow + 6 * MINUTE)
    messages = there.dispatch(tomorrow + 7 * MINUTE)
    there.log.now += timedelta(seconds=1)
    for message in (next(m for m in messages if named([m]) == ["two"]), late):
        there.fleet.work(message)
    there.tick(tomorrow + 11 * MINUTE)
    assert [t.incident.status for t in states(there)] == [Status.REMOVED]


def test_a_list_that_is_away_for_a_moment_takes_nothing_away() -> None:
    """What a process knows of moved gateways holds until there is another list; else old incidents came up anew."""
    there = Installed(GATEWAY_SCOPES=SCOPE)
    there.azure.found = GatewayList((msgspec.structs.replace(GW1, resource_id=f"{SCOPE}/before"),))
    there.tick(clock("16:05"))
    there.azure.found = GatewayList((GW1,))
    for n in (6, 7):
        there.tick(clock("16:00") + timedelta(days=1) + n * MINUTE)
    (message,) = read(there.dispatch(clock("16:10") + timedelta(days=1))[0])
    there.tables.write(STATE, "lists", [Delete("gateways")])
    there.log.now += timedelta(seconds=1)
    there.fleet.work(text_of([msgspec.structs.replace(message, listed=there.log.now)]))
    known = there.fleet._of_list(there.log.now)
    assert list(known.policy.moved) == [f"{SCOPE}/before"]


def states(there: Installed) -> Any:
    """What is kept of the gateway's incidents."""
    return there.store().gateways("one", [gateway()])[gateway()].tracked


# The sign of life


@pytest.mark.parametrize("broken", [False, True])
def test_a_sign_of_life_only_while_nobody_is_left_behind(
    broken: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One workspace without a good poll for half an hour withholds the heartbeat, and is an error in the log."""
    from correlator import heartbeat

    beats = []
    monkeypatch.setattr(heartbeat, "beat", lambda url, private: beats.append(url))
    there = Installed(HEARTBEAT_URL="https://w.example")
    there.tick()
    assert beats == []
    there.tick(clock("16:10"))
    assert len(beats) == 1
    if broken:
        there.log.broken = {"three": SourceUnavailable("workspace three: throttled")}
    for n in range(3, 12):
        there.tick(clock("16:00") + n * 5 * MINUTE)
    assert (len(beats) < 10) is broken
    assert {r.message.split(":")[0] for r in caplog.records} == ({"workspace three"} if broken else set())


def test_a_workspace_that_nobody_polls_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    """Where messages are sent and nothing comes of them, each tick says so of each workspace, as the alert reads it."""
    there = Installed()
    there.tick()
    there.dispatch(clock("16:35"))
    assert caplog.records == []
    there.dispatch(clock("16:36"))
    assert [r.message.split(":")[0] for r in caplog.records] == ["workspace one", "workspace two", "workspace three"]


# Turns


class Busy:
    """A source that knows how many questions are with it."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.lock = threading.Lock()
        self.gate = threading.Event()

    def fetch(self, *_: Any) -> LogAnswer:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.gate.wait(0.01)
        with self.lock:
            self.now -= 1
        return LogAnswer(clock("16:00"), [])

    def pause(self, seconds: float) -> None:
        """Others go on meanwhile."""
        self.gate.wait(0.001)

    def negotiations(self, workspace: str, spans: Sequence[Span]) -> Sequence[LogRow]:
        return self.fetch().rows


class Locked(MemoryTables):
    """Tables that threads may use."""

    lock = threading.RLock()

    def query(self, *given: Any) -> Any:
        with self.lock:
            return super().query(*given)

    def write(self, *given: Any) -> Any:
        with self.lock:
            return super().write(*given)


def test_no_more_questions_at_once_than_slots() -> None:
    """Of twenty runs at the same time no more than five ask the log service, and all of them come to it."""
    busy, tables = Busy(), Locked(lambda: clock("16:00"))
    asked = []

    def run() -> None:
        source = InTurn(busy, Slots(tables, 5), wait=busy.pause)
        asked.append(source.fetch("w", None, None))

    threads = [threading.Thread(target=run) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == 20
    assert 2 <= busy.most <= 5
    assert tables.query(STATE, SLOTS, "", "~")[0] == []


def test_whoever_gets_no_turn_leaves_it_to_the_next_tick() -> None:
    """After about a minute of waiting the poll is left, and does not count as failed: it is first in line next time."""
    there = Installed(QUERIES_AT_ONCE="1")
    there.tick()
    assert Slots(there.tables, 1).take("another")
    waited: list[float] = []
    there.fleet = Fleet(there.app, wait=waited.append)
    message = there.dispatch(clock("16:10"))[0]
    there.fleet.work(message)
    assert PATIENCE <= sum(waited) < PATIENCE + 3
    assert set(there.failed().values()) == {""}
    assert named(there.dispatch(clock("16:11")))[0] == named([message])[0]


def test_a_slot_of_a_run_that_died_comes_free() -> None:
    """When its lease is over, and not before: it outlives the run."""
    now = [clock("16:00")]
    tables = MemoryTables(lambda: now[0])
    slots = Slots(tables, 1)
    assert slots.take("one")
    now[0] += LEASE - timedelta(seconds=1)
    assert slots.take("two") is None
    now[0] += timedelta(seconds=1)
    assert slots.take("two")


def test_a_slot_is_given_back_only_by_its_holder() -> None:
    """A run that comes back after its lease does not free what is somebody else's by now."""
    now = [clock("16:00")]
    slots = Slots(MemoryTables(lambda: now[0]), 1)
    old = slots.take("one")
    assert old
    now[0] += LEASE
    assert slots.take("two")
    slots.free(old)
    assert slots.take("three") is None


def test_a_slot_is_found_again_after_its_own_first_try() -> None:
    """Whoever has a slot without knowing it, since the answer was lost, gets the same one."""
    slots = Slots(MemoryTables(lambda: clock("16:00")), 5)
    first = slots.take("one")
    assert slots.take("one") == first


def test_a_slot_is_free_after_a_question_that_failed() -> None:
    """A refused query keeps nobody waiting."""
    there = Installed(QUERIES_AT_ONCE="1")
    there.log.broken = dict.fromkeys(("one", "two", "three"), SourceUnavailable("workspace: throttled"))
    there.tick()
    assert len(there.log.asked) == 3


def test_lines_of_a_poll_are_those_of_one_run(caplog: pytest.LogCaptureFixture) -> None:
    """What alerts and workbooks read of a poll is the same line, whoever did it."""
    caplog.set_level(logging.INFO, "correlator")
    there = Installed()
    there.tick()
    lines: list[Mapping[str, Any]] = [json.loads(r.message) for r in caplog.records if r.message.startswith("{")]
    assert sorted(line["partition"] for line in lines if line["event"] == "poll") == ["one", "three", "two"]


# Found


def test_workspaces_that_are_found_are_asked_for() -> None:
    """A subscription among the entries: each workspace that is found in it, and gives rows, is asked for."""
    there = Installed(["/subscriptions/s"], FAN_OUT_ABOVE="999")
    there.azure.found = GatewayList((GW1,), workspaces=tuple(Workspace(f"/w/{n}", n) for n in ("one", "two")))
    there.log.now = clock("16:05")
    asked = set(named(there.dispatch(clock("16:05"))))
    assert asked == set(there.app.workspaces())
    assert asked
    there.azure.found = GatewayList((GW1,))
    there.start()
    assert set(there.app.workspaces()) == asked, "as it was kept"


def test_health_is_of_what_is_polled_now() -> None:
    """A process that answers for days over HTTP follows the list that another one keeps: found ones come and go."""
    there = Installed(["/subscriptions/s"])
    asked = there.app.web
    for names in (("one", "two"), ("two", "three")):
        found = GatewayList((GW1,), workspaces=tuple(Workspace(f"/w/{n}", n) for n in names))
        there.store().keep_list(Listed(clock("16:05"), found, places=("/subscriptions/s",)))
        assert asked().workspaces == names


def test_without_any_workspace_nothing_is_asked_for_and_the_run_fails() -> None:
    """Nothing found is nothing watched, and that must show."""
    there = Installed(["/subscriptions/s"])
    with pytest.raises(CorrelatorError, match="no workspace was found"):
        there.dispatch(clock("16:05"))


# Each safeguard, taken away


def never_done(patch: pytest.MonkeyPatch) -> None:
    """A message is done whoever did it before."""
    patch.setattr(Asked, "is_done", lambda *_: False)


def raised(patch: pytest.MonkeyPatch) -> None:
    """What is expected to fail goes back to the queue."""
    patch.setattr(Fleet, "work", lambda fleet, message: [fleet._work(one) for one in read(message)])
    patch.setattr(fleet_runs, "poll", _with_raising(poll))


def _with_raising(work: Any) -> Any:
    def bare(*given: Any) -> Any:
        try:
            return work(*given)
        except SourceUnavailable as failed:
            raise RuntimeError(str(failed)) from failed

    return bare


def unordered(patch: pytest.MonkeyPatch) -> None:
    """Whoever failed is asked for as if it had not."""
    patch.setattr(fleet_runs, "ask", lambda standings, at, listed: [Asked(s.workspace, at) for s in standings])


def forgotten(patch: pytest.MonkeyPatch) -> None:
    """What the list changed is looked at no more once it was read."""
    patch.setattr(fleet_runs, "knows", lambda *_: True)
    patch.setattr(dispatch, "knows", lambda *_: True)


def told_each_time(patch: pytest.MonkeyPatch) -> None:
    """That a poll is given up is news with every tick."""
    patch.setattr(reports, "TOLD_AGAIN", timedelta(0))


def carefree(patch: pytest.MonkeyPatch) -> None:
    """Nobody is ever left behind."""
    patch.setattr(fleet_runs, "left_behind", lambda *_: [])


@pytest.mark.parametrize(
    ("mutant", "law"),
    [
        (never_done, test_a_message_that_comes_twice_costs_a_read),
        (never_done, test_a_pile_of_messages_is_one_poll),
        (forgotten, test_a_changed_gateway_list_reaches_every_workspace),
    ],
)
def test_a_safeguard_is_needed(
    mutant: Callable[[pytest.MonkeyPatch], None], law: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it the law that names it does not hold."""
    mutant(monkeypatch)
    with pytest.raises(AssertionError):
        law()


@pytest.mark.parametrize(
    ("mutant", "law"),
    [
        (raised, test_what_is_expected_to_fail_waits_for_the_next_tick),
        (unordered, test_what_is_expected_to_fail_waits_for_the_next_tick),
        (told_each_time, test_polls_that_are_given_up_are_told_once),
        (carefree, test_a_workspace_that_nobody_polls_is_an_error),
    ],
)
def test_a_safeguard_of_the_asking_is_needed(
    mutant: Callable[[pytest.MonkeyPatch], None],
    law: Callable[[pytest.LogCaptureFixture], None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Without it the law that names it does not hold."""
    mutant(monkeypatch)
    with pytest.raises((AssertionError, RuntimeError)):
        law(caplog)
