"""Nights told poll by poll: what is said when, what waits, what is never said twice, and what a failure does to it."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from correlator import desk
from correlator.delivery import LEASE, Report
from correlator.errors import SourceUnavailable, StaleWrite, StoreUnavailable
from correlator.evidence import not_found
from correlator.model import Incident, LogRow, Policy
from correlator.notification import Moment
from correlator.people import Remark, RemarkKind
from correlator.poll import Aside, poll, poll_all
from correlator.ports import Body, Channel, LogAnswer, Span
from correlator.reports import WEEKLY_PARTITION, summarize
from correlator.routes import Routing, parse
from correlator.stores.history import History
from correlator.stores.memory import MemoryTables
from correlator.stores.store import TableStore
from correlator.stores.tables import Operation
from correlator.summary import MonthlyTime, WeeklyTime
from correlator.wording import Style
from tests.fakes import Arrival, Chat, Fuse, Killed, ScriptedLog, at
from tests.timeline import verdict

WS = "workspace"
POLICY = Policy()
DAY = "2026-08-21"
GATEWAY = "/subscriptions/s/providers/microsoft.network/virtualnetworkgateways/gw{}"
NAGOYA, OSAKA = "203.0.113.10", "203.0.113.20"
MINUTE = timedelta(minutes=1)
MONDAY = WeeklyTime(0, 9, 0)
UTC_ZONE = ZoneInfo("UTC")


def when(text: str) -> datetime:
    """``17:13:04`` of the night, or a whole time."""
    return at(text if "T" in text else f"{DAY}T{text}")


def tunnel(
    time: str, up: bool, instance: int, peer: str = NAGOYA, reason: str = "", late: float = 3, gateway: int = 1
) -> Arrival:
    """A tunnel came up or went down, seen ``late`` minutes later."""
    seen = when(time) + late * MINUTE
    row = LogRow(
        when(time), "", GATEWAY.format(gateway), "TunnelDiagnosticLog", "", "",
        "Connected" if up else "Disconnected", f"GatewayTenantWorker_IN_{instance}", peer, reason,
    )  # fmt: skip
    return Arrival(seen, seen, row)


def maintenance(time: str, instance: int, late: float = 3, gateway: int = 1) -> Arrival:
    """The gateway logs maintenance of an instance."""
    seen = when(time) + late * MINUTE
    worker = f"GatewayTenantWorker_IN_{instance}"
    row = LogRow(
        when(time), "", GATEWAY.format(gateway), "GatewayDiagnosticLog", "HostMaintenanceEvent", "", "", worker, "", ""
    )
    return Arrival(seen, seen, row)


def drop(time: str, seconds: float, old: int, new: int, **more: Any) -> list[Arrival]:
    """A tunnel falls on one instance and comes back on this or the other one."""
    back = when(time) + timedelta(seconds=seconds)
    reason = more.pop("reason", "")
    return [tunnel(time, False, old, reason=reason, **more), tunnel(back.isoformat()[:-6], True, new, **more)]


def closed(time: str, seconds: float = 150, **more: Any) -> list[Arrival]:
    """The peer closes a tunnel and opens it again: a drop whose cause is certain at once."""
    return drop(time, seconds, 0, 0, reason="RemotelyTriggered", **more)


class Night:
    """A log, a store and channels, polled on a scripted clock after a quiet first run."""

    def __init__(self, arrivals: Iterable[Arrival] = (), channels: tuple[str, ...] = ("teams",)) -> None:
        self.log = ScriptedLog(arrivals, when("00:30:00"))
        self.tables = MemoryTables(lambda: self.log.now)
        self.store = TableStore(self.tables, Style())
        self.chats = {name: Chat(name) for name in channels}
        self.poll()

    def poll(self, time: str | None = None, **more: Any) -> Report:
        """One poll, at a time or now."""
        if time:
            self.log.now = when(time)
        channels: Mapping[str, Channel] = more.pop("channels", self.chats)
        return poll(WS, self.log, self.store, channels, POLICY, **more)

    def until(self, time: str, every: int = 5) -> list[tuple[str, str]]:
        """Poll every few minutes up to a time; what was said on the first channel, with the poll that said it."""
        chat, found = next(iter(self.chats.values())), []
        while self.log.now < when(time):
            self.log.now += every * MINUTE
            before = len(chat.said)
            self.poll()
            found += [(f"{self.log.now:%H:%M}", n.moment.value) for n in chat.said[before:]]
        return found

    @property
    def waiting(self) -> list[str]:
        """The channels of what is in the outbox."""
        return [h.notice.channel for h in self.store.read(WS).outbox]


UP = [tunnel("00:10:00", True, 0)]
MAINTENANCE = [maintenance("17:12:10", 0), *drop("17:13:04", 12, 0, 1)]


# What is said when


def test_a_certain_cause_is_told_at_once() -> None:
    """A finished drop whose cause is confirmed is told by the first poll that sees it, once."""
    night = Night(UP + MAINTENANCE)
    assert night.until("23:00:00") == [("17:20", "recovered")]


def test_a_doubtful_cause_is_told_after_a_while() -> None:
    """A finished drop that late rows may still explain waits ten minutes after its last news, and is told once."""
    night = Night(UP + drop("17:13:04", 12, 0, 1))
    assert night.until("23:00:00") == [("17:30", "recovered")]
    (said,) = night.chats["teams"].said
    assert said.incident
    assert said.incident.finding.cause == "azure-failover"


def test_an_open_outage_is_told_when_it_is_old_enough() -> None:
    """An open outage is told once it is ten minutes old, never before, and its end is told too."""
    night = Night([*UP, tunnel("17:13:04", False, 0, reason="DPD timed out"), tunnel("18:01:00", True, 0)])
    assert night.until("17:20:00") == []
    assert night.until("17:25:00") == [("17:25", "opened")]
    assert night.until("18:05:00") == [("17:45", "reminder")]
    assert night.until("23:00:00") == [("18:15", "recovered")]


def test_a_short_outage_is_never_called_down() -> None:
    """A drop of minutes whose two rows come in the wrong order is told once, as recovered."""
    rows = [tunnel("17:13:04", False, 0, reason="RemotelyTriggered", late=2), tunnel("17:16:04", True, 0, late=6)]
    assert [m for _, m in Night(UP + rows).until("23:00:00")] == ["recovered"]


def test_a_maintenance_row_that_comes_late_changes_the_cause() -> None:
    """A maintenance row forty minutes late corrects that the remote side was said, with the same incident, once."""
    fell = drop("17:13:04", 150, 0, 0, reason="DPD timed out")
    night = Night([*UP, maintenance("17:12:10", 0, late=41), *fell])
    assert night.until("23:00:00") == [("17:30", "recovered"), ("18:05", "cause-changed")]
    before, after = night.chats["teams"].said
    assert before.subject == after.subject
    assert after.incident
    assert (after.incident.finding.cause, after.number) == ("azure-maintenance", 2)


def test_both_instances_are_one_incident() -> None:
    """Maintenance of the second instance half an hour later is the same incident and is told as that."""
    second = [maintenance("17:37:21", 1), *drop("17:37:59", 16, 1, 0)]
    night = Night(UP + MAINTENANCE + second)
    assert night.until("23:00:00") == [("17:20", "recovered"), ("17:45", "second-instance")]
    assert len({n.subject for n in night.chats["teams"].said}) == 1


def test_a_first_run_does_not_tell_old_news() -> None:
    """A first run keeps what is over in the table and tells nobody, but tells what is still down."""
    log = ScriptedLog(
        [*UP, *closed("17:13:04"), tunnel("18:00:00", False, 0, OSAKA), *closed("22:00:00")], when("20:00:00")
    )
    store, chat = TableStore(MemoryTables(), Style()), Chat()
    for minutes in (0, 5, 60, 150):
        log.now = when("20:00:00") + minutes * MINUTE
        poll(WS, log, store, {"teams": chat}, POLICY)
    # Of the two that were there, the open one; and later the new one.
    assert [(n.moment, n.incident.peers[0]) for n in chat.said if n.incident] == [
        (Moment.OPENED, OSAKA),
        (Moment.RECOVERED, NAGOYA),
    ]
    assert len(list(store.documents(["2026-W34"]))) == 3


def test_nothing_is_said_of_what_nobody_reads() -> None:
    """Without any channel incidents are kept all the same, and nothing waits."""
    night = Night(UP + MAINTENANCE, channels=())
    night.poll("17:20:00")
    assert len(list(night.store.documents(["2026-W34"]))) == 1
    assert night.waiting == []


def test_a_quiet_poll_leaves_no_trace() -> None:
    """After all was said, a poll asks once and says nothing, though the same rows are in its window."""
    night = Night(UP + MAINTENANCE)
    night.until("18:00:00")
    report = night.poll("18:05:00")
    assert (report.changed, report.said, report.sent, report.failures) == (0, 0, 0, Counter())


def test_a_run_counts_what_it_saw() -> None:
    """The report counts rows, unreadable rows, unknown reasons, changes, messages decided and messages sent."""
    odd = tunnel("17:00:00", True, 0)._replace(row=tunnel("17:00:00", True, 0).row._replace(status="Sideways"))
    night = Night([*UP, odd, *drop("17:13:04", 60, 0, 0, reason="Frobnicated"), *closed("12:00:00")])
    report = night.poll("17:20:00")
    assert (report.rows, report.unreadable, dict(report.unmapped_reasons)) == (6, 1, {"Frobnicated": 1})
    assert (report.changed, report.said, report.sent, report.repeats_crashed) == (2, 1, 1, 0)
    assert report.now == when("17:20:00")


# People


def test_what_people_say_reaches_the_next_poll() -> None:
    """A word from outside makes the gateway due: the next poll shows it and reminds nobody; a quiet poll reads none."""
    night = Night([*UP, tunnel("17:13:04", False, 0, reason="DPD timed out")])
    night.until("17:25:00")
    (found,) = night.store.documents(["2026-W34"])
    word = Remark(found["id"], night.log.now, "kim", RemarkKind.ACKNOWLEDGED, "on it")
    desk.say(night.store, [WS], word, GATEWAY.format(1))
    assert night.until("19:30:00") == []
    assert (History(night.tables).one(found["id"]) or {})["acknowledged"]["by"] == "kim"
    calls: list[str] = []
    quiet = TableStore(Fuse(night.tables, calls.append), Style())
    poll(WS, _at(night, "19:35:00"), quiet, night.chats, POLICY)
    assert [c for c in calls if c.startswith("before")] == ["before query", "before write"]


def test_a_word_while_a_poll_commits() -> None:
    """Whoever is faster wins and the other tries again: neither the word nor the poll's news is lost."""
    night = Night([*UP, tunnel("17:13:04", False, 0, reason="DPD timed out"), *closed("17:20:00", gateway=2)])
    night.until("17:20:00")

    def speak() -> None:
        desk.look_again(night.store, [WS], [GATEWAY.format(1)])

    with pytest.raises(StaleWrite):
        poll(WS, Overtaken(_at(night, "17:25:00"), speak), night.store, night.chats, POLICY)
    assert night.until("17:40:00") == [("17:30", "opened"), ("17:30", "recovered")]


def test_the_next_poll_is_asked_for_all_gateways_or_some() -> None:
    """Due are the gateways that are watched, since the last poll; before the first poll there is nothing to ask."""
    night = Night([*UP, *closed("17:13:04", gateway=2)])
    desk.look_again(night.store, ["another"], [])
    night.until("18:00:00")
    night.log.now = when("18:04:00")  # the store's clock goes on, and may be ahead of the log's
    desk.look_again(night.store, [WS], [GATEWAY.format(2), "nobody"])
    assert night.store.read(WS).head.due == {GATEWAY.format(2): when("18:00:00")}
    desk.look_again(night.store, [WS], [])
    assert set(night.store.read(WS).head.due) == {GATEWAY.format(1), GATEWAY.format(2)}


def test_a_word_reads_no_gateway_but_its_own() -> None:
    """Whatever a workspace keeps of others: of the gateway that a word is about one row is read."""
    night = Night([*UP, *closed("12:00:00", gateway=2)])
    night.poll("13:00:00")
    asked: list[str] = []
    store = TableStore(Fuse(night.tables, asked.append), Style())
    desk.look_again(store, [WS, "another"], [GATEWAY.format(2)])
    assert [call for call in asked if call.startswith("before")] == [
        "before get", "before query", "before write", "before get",
    ]  # fmt: skip
    assert set(night.store.read(WS).head.due) == {GATEWAY.format(2)}


def test_each_channel_hears_of_its_side() -> None:
    """Routes choose the channels; when late rows change whose it was, both the old and the new side's channel hear."""
    fell = drop("17:13:04", 150, 0, 0, reason="DPD timed out")
    night = Night([*UP, maintenance("17:12:10", 0, late=41), *fell], channels=("teams", "slack"))
    routing = Routing(parse("teams: azure; slack: remote", ("teams", "slack")))
    for minute in range(0, 60, 5):
        poll(WS, _at(night, f"17:{minute:02d}:00"), night.store, night.chats, POLICY, Aside(routing=routing))
    poll(WS, _at(night, "18:05:00"), night.store, night.chats, POLICY, Aside(routing=routing))
    assert [n.moment for n in night.chats["slack"].said] == [Moment.RECOVERED, Moment.CAUSE_CHANGED]
    assert [n.moment for n in night.chats["teams"].said] == [Moment.CAUSE_CHANGED]


# The clock


def test_the_mark_never_runs_back() -> None:
    """A log service whose clock steps back does not move the mark back, and nothing is said twice."""
    night = Night(UP + MAINTENANCE)
    night.poll("17:20:00")
    night.poll("17:10:00")
    assert night.store.read(WS).head.mark == when("17:20:00")
    night.poll("17:25:00")
    assert [n.moment for n in night.chats["teams"].said] == [Moment.RECOVERED]


def test_a_long_gap_is_caught_up() -> None:
    """After a day without a poll everything of that day is told once, oldest first."""
    night = Night([*UP, *closed("03:00:00"), *closed("09:00:00", peer=OSAKA), *closed("15:00:00")])
    night.poll("2026-08-22T03:00:00")
    starts = [n.incident.started_at for n in night.chats["teams"].said if n.incident]
    assert starts == [when("03:00:00"), when("09:00:00"), when("15:00:00")]


# Delivery


class Witness(Chat):
    """A chat that remembers bodies too, and refuses by their form."""

    def __init__(self, name: str = "teams", refuse: Callable[[Body], bool] = lambda body: False) -> None:
        super().__init__(name)
        self.tried: list[Body] = []
        self._refuse = refuse

    def send(self, body: Body) -> None:
        self.tried.append(body)
        self.outcome = lambda: "refused" if self._refuse(body) else "ok"
        super().send(body)


def test_a_refused_card_is_sent_plain() -> None:
    """A card that the channel refuses goes out in its simplest form with the next poll, once."""
    night = Night(UP + MAINTENANCE)
    chat = night.chats["teams"] = Witness(refuse=lambda body: "plain" not in body)
    night.poll("17:20:00")
    night.poll("17:25:00")
    night.poll("17:30:00")
    assert ["plain" in body for body in chat.tried] == [False, True]
    assert len(chat.said) == 1
    assert night.waiting == []


def test_one_refused_card_holds_up_no_other_incident() -> None:
    """A card that is refused in every form waits alone: other incidents are told on the same channel."""
    night = Night([*UP, *closed("17:13:04"), *closed("17:14:04", gateway=2), *closed("17:15:04", gateway=3)])
    hostile = GATEWAY.format(2)
    chat = night.chats["teams"] = Witness(refuse=lambda body: body["notification"].incident.gateway == hostile)
    for minute in range(20, 60, 5):
        night.poll(f"17:{minute}:00")
    assert {n.incident.gateway for n in chat.said if n.incident} == {GATEWAY.format(1), GATEWAY.format(3)}
    assert night.waiting == ["teams"]
    assert len(chat.tried) <= 2 + 5, "a poisoned card is tried less and less often"


def test_a_dead_channel_delays_no_live_one() -> None:
    """While one channel is down the other gets every message at once; the dead one gets them all later, in order."""
    night = Night(
        [*UP, *closed("17:13:04"), *closed("17:21:00", gateway=2), *closed("17:50:00", gateway=3)],
        channels=("teams", "slack"),
    )
    night.chats["teams"].outcome = lambda: "timeout"
    said = night.chats["slack"].said
    for time, count in (("17:20:00", 1), ("17:30:00", 2), ("17:57:00", 3)):
        night.poll(time)
        assert len(said) == count
    assert set(night.waiting) == {"teams"}
    night.chats["teams"].outcome = lambda: "ok"
    night.poll("20:00:00")
    assert [n.subject for n in night.chats["teams"].said] == [n.subject for n in said]
    assert len(said) == 3
    assert night.waiting == []


def test_a_dead_channel_is_asked_once_a_run() -> None:
    """Within one run a channel that does not answer is tried once, not once for every message that waits."""
    night = Night([a for n in range(1, 8) for a in closed("17:13:04", gateway=n)])
    tries: list[int] = []

    def timeout() -> str:
        tries.append(1)
        return "timeout"

    night.chats["teams"].outcome = timeout
    night.poll("17:20:00")
    assert len(tries) == 1
    assert night.waiting == ["teams"] * 7


def test_messages_of_one_incident_keep_their_order() -> None:
    """While the first message of an incident waits, later ones wait behind it, and arrive in their order."""
    night = Night([*UP, tunnel("17:13:04", False, 0, reason="RemotelyTriggered"), tunnel("17:40:00", True, 0)])
    night.chats["teams"].outcome = lambda: "timeout"
    night.until("17:50:00")
    assert night.waiting == ["teams", "teams"]
    night.chats["teams"].outcome = lambda: "ok"
    night.until("21:00:00")
    assert [n.moment for n in night.chats["teams"].said] == [Moment.OPENED, Moment.RECOVERED]


def test_a_channel_that_is_removed_is_forgotten() -> None:
    """What waits for a channel that is no longer set up is dropped, and the others get theirs."""
    night = Night(UP + MAINTENANCE, channels=("teams", "slack"))
    night.chats["slack"].outcome = lambda: "timeout"
    night.poll("17:20:00")
    assert night.waiting == ["slack"]
    del night.chats["slack"]
    night.poll("17:30:00")
    assert night.waiting == []
    assert len(night.chats["teams"].said) == 1


def test_a_new_channel_is_not_told_old_news() -> None:
    """A channel that is added later hears of what comes, not of what was."""
    night = Night([*UP, *closed("17:13:04"), *closed("19:40:00")])
    night.poll("17:20:00")
    night.chats["slack"] = Chat("slack")
    night.poll("17:25:00")
    assert night.chats["slack"].said == []
    night.poll("19:50:00")
    assert len(night.chats["slack"].said) == 1


def test_without_a_log_answer_what_waits_is_delivered() -> None:
    """While the log service fails the outbox is emptied by the store's own clock, and the mark stays."""
    night = Night(UP + MAINTENANCE)
    night.chats["teams"].outcome = lambda: "timeout"
    night.poll("17:20:00")
    mark = night.store.read(WS).head.mark
    night.log.failing, night.chats["teams"].outcome = True, lambda: "ok"
    with pytest.raises(SourceUnavailable):
        night.poll("17:30:00")
    assert len(night.chats["teams"].said) == 1
    assert night.store.read(WS).head.mark == mark


class Refusing(MemoryTables):
    """Storage in which one table takes nothing."""

    refused = ""

    def write(self, table: str, partition: str, operations: Sequence[Operation]) -> list[str]:
        if table == self.refused:
            raise StoreUnavailable(f"table {table}: HTTP 400 PropertyValueTooLarge")
        return super().write(table, partition, operations)


def test_a_table_that_refuses_an_incident_silences_no_chat() -> None:
    """While the public table refuses an incident, the chats are told all the same, by the same run."""
    night = Night([*UP, *closed("17:13:04")])
    tables = Refusing(lambda: night.log.now)
    night.store = TableStore(tables, Style())
    night.poll("01:00:00")
    tables.refused = "incidents"
    with contextlib.suppress(StoreUnavailable):
        night.poll("17:20:00")
    assert len(night.chats["teams"].said) == 1


def test_a_table_that_refuses_is_tried_again() -> None:
    """What the public table refused waits in the outbox until it is taken, and no chat is told twice meanwhile."""
    night = Night([*UP, *closed("17:13:04")])
    tables = Refusing(lambda: night.log.now)
    night.store = TableStore(tables, Style())
    night.poll("01:00:00")
    tables.refused = "incidents"
    for minute in range(20, 60, 5):
        with contextlib.suppress(StoreUnavailable):
            night.poll(f"17:{minute}:00")
    assert len(night.chats["teams"].said) == 1
    assert night.waiting == ["table"]
    tables.refused = ""
    night.poll("18:10:00")
    assert len(list(night.store.documents(["2026-W34"]))) == 1
    assert night.waiting == []


def test_a_crash_between_sending_and_receipt_repeats_once_and_is_counted() -> None:
    """A run that dies after a send sends again when its claim has expired, not before, and counts the repeat."""
    night = Night(UP + MAINTENANCE)
    kill = iter([True])

    def burn(where: str) -> None:
        if where == "after send" and next(kill, False):
            raise Killed

    with pytest.raises(Killed):
        night.poll("17:20:00", channels={"teams": Fuse(night.chats["teams"], burn)})
    night.log.now = when("17:20:00") + LEASE - MINUTE
    night.poll()
    assert len(night.chats["teams"].said) == 1
    night.log.now += 2 * MINUTE
    assert night.poll().repeats_crashed == 1
    assert len(night.chats["teams"].said) == 2
    assert night.poll("17:40:00").repeats_crashed == 0


# Many at once


def test_more_than_one_commit_of_changes() -> None:
    """A hundred and fifty gateways that drop together are all told on both channels, though one commit takes less."""
    count = 150
    rows = [a for n in range(count) for a in closed("17:13:04", gateway=n)]
    night = Night(rows, channels=("teams", "slack"))
    report = night.poll("17:20:00")
    assert (report.changed, report.said, report.sent) == (count, count, 2 * count)
    assert len(list(night.store.documents(["2026-W34"]))) == count
    assert night.waiting == []
    for chat in night.chats.values():
        assert len({n.subject for n in chat.said}) == count
    assert night.poll("17:25:00").said == 0


def test_many_incidents_of_many_gateways_on_two_channels() -> None:
    """After a long silence many gateways have several incidents each: every commit stays within a hundred writes."""
    count, times = 16, ("03:00:00", "08:00:00", "13:00:00")
    rows = [a for n in range(count) for time in times for a in closed(time, gateway=n)]
    night = Night(rows, channels=("teams", "slack"))
    night.poll("17:20:00")
    assert len(night.chats["slack"].said) == count * len(times)


def test_one_gateway_with_more_to_say_than_a_commit_takes() -> None:
    """After a long silence a gateway with sixty peers that drop apart says all of it in one message a channel."""
    rows = [
        a for n in range(60)
        for a in closed(f"{n // 4 + 1:02d}:{n % 4 * 15:02d}:00", peer=f"203.0.113.{n}")
    ]  # fmt: skip
    night = Night(rows, channels=("teams", "slack"))
    for minute in (20, 25, 30, 35):
        night.poll(f"17:{minute}:00")
    documents = [d for d in night.store.documents(["2026-W34"]) if d["status"] == "recovered"]
    for chat in night.chats.values():
        assert len(chat.said) == 1
        assert {i for n in chat.said for i in (n.subject, *(a.id for a in n.also))} == {d["id"] for d in documents}
    assert sum(len(d["outages"]) for d in documents) == 60


@pytest.mark.parametrize("channels", [20, 40, 80])
def test_many_channels_fit_in_one_commit(channels: int) -> None:
    """With a channel for each of many teams a gateway has fewer messages in one poll: a commit takes 100 writes."""
    rows = [a for hour in range(3, 8) for a in closed(f"{hour:02d}:00:00", peer=f"203.0.113.{hour}")]
    night = Night(rows, channels=tuple(f"teams-{n}" for n in range(channels)))
    night.poll("17:20:00")
    ids = {d["id"] for d in night.store.documents(["2026-W34"])}
    assert len(ids) == 5
    for chat in night.chats.values():
        assert {i for n in chat.said for i in (n.subject, *(a.id for a in n.also))} == ids


@pytest.mark.parametrize("back", [12, 45 * 60])
def test_a_storm_is_one_message_a_gateway(back: int) -> None:
    """Two hundred tunnels of four gateways fall within a minute, their rows come over ten: each gateway is told once.

    It hears of the end in one message too.
    """
    tunnels = [(gateway, n) for gateway in range(4) for n in range(50)]
    rows: list[Arrival] = []
    for gateway, n in tunnels:
        how: dict[str, Any] = {"peer": f"203.0.113.{n}", "gateway": gateway, "late": 1 + n % 10}
        rows += [tunnel("00:10:00", True, 0, **how), *drop(f"17:13:{n:02d}", back, 0, 1, reason="DPD timed out", **how)]
    night = Night(rows)
    told: dict[str, list[str]] = {}
    while night.log.now < when("20:00:00"):
        before = len(night.chats["teams"].said)
        night.poll(f"{night.log.now + 5 * MINUTE:%H:%M:%S}")
        for message in night.chats["teams"].said[before:]:
            assert message.incident
            told.setdefault(message.incident.gateway, []).append(message.moment.value)
    assert len(told) == 4
    assert all(said == (["recovered"] if back < 60 else ["opened", "reminder", "recovered"]) for said in told.values())


def test_a_crash_between_two_commits_says_nothing_twice() -> None:
    """A run that dies between two commits of one poll leaves the mark; the next says the rest, nothing twice."""
    count = 150
    night = Night([a for n in range(count) for a in closed("17:13:04", gateway=n)])
    mark = night.store.read(WS).head.mark
    left = iter([1])

    def burn(where: str) -> None:
        if where == "after write" and next(left, None):
            raise Killed

    with pytest.raises(Killed):
        poll(WS, _at(night, "17:20:00"), TableStore(Fuse(night.tables, burn), Style()), night.chats, POLICY)
    assert night.store.read(WS).head.mark == mark
    night.poll("17:25:00")
    night.poll("17:40:00")
    assert Counter(n.subject for n in night.chats["teams"].said).most_common(1)[0][1] == 1
    assert len(night.chats["teams"].said) == count


def _at(night: Night, time: str) -> ScriptedLog:
    night.log.now = when(time)
    return night.log


# Two at once


class Overtaken:
    """A log during whose answer something else happens."""

    def __init__(self, log: ScriptedLog, meanwhile: Callable[[], object]) -> None:
        self._log, self._meanwhile = log, meanwhile

    def fetch(
        self, workspace: str, mark: datetime | None, since: datetime | None, again: Collection[str] = ()
    ) -> LogAnswer:
        answer = self._log.fetch(workspace, mark, since, again)
        self._meanwhile()
        return answer

    def negotiations(self, workspace: str, spans: Sequence[Span]) -> Sequence[LogRow]:
        return self._log.negotiations(workspace, spans)


def test_the_loser_of_a_race_says_nothing() -> None:
    """Of two runs at the same time one commits and tells; the other drops its work."""
    night = Night(UP + MAINTENANCE)
    slow = Overtaken(_at(night, "17:20:00"), night.poll)
    with pytest.raises(StaleWrite):
        poll(WS, slow, night.store, night.chats, POLICY)
    assert len(night.chats["teams"].said) == 1
    assert night.waiting == []


def test_one_failing_workspace_stops_no_other() -> None:
    """Each workspace is polled whatever became of the others; failures come back beside the reports."""
    night = Night(UP + MAINTENANCE)
    night.log.now = when("17:20:00")

    class Several:
        def fetch(
            self, workspace: str, mark: datetime | None, since: datetime | None, again: Collection[str] = ()
        ) -> LogAnswer:
            if workspace == "forbidden":
                raise SourceUnavailable("workspace forbidden: no permission")
            if workspace == "raced":
                night.store.commit("raced", None, night.store.read(WS).head, [], [])
            return night.log.fetch(workspace, mark, since, again)

        def negotiations(self, workspace: str, spans: Sequence[Span]) -> Sequence[LogRow]:
            return night.log.negotiations(workspace, spans)

    reports, failures = poll_all(["forbidden", WS, "raced", "other"], Several(), night.store, night.chats, POLICY)
    assert [r.partition for r in reports] == [WS, "other"]
    assert {w: type(f) for w, f in failures.items()} == {"forbidden": SourceUnavailable, "raced": StaleWrite}
    assert len(night.chats["teams"].said) == 1, "the other workspace had its first run"


# The week


def weekly(night: Night, zone: ZoneInfo = UTC_ZONE, workspaces: tuple[str, ...] = (WS,)) -> Report:
    """One hourly run."""
    return summarize(workspaces, night.store, night.chats, MONDAY, zone)


def hourly(night: Night, until: str, every: int = 60) -> list[tuple[str, str]]:
    """Polls and hourly runs up to a time: when which week was told."""
    chat, found = night.chats["teams"], []
    while night.log.now < when(until):
        night.log.now += every * MINUTE
        night.poll()
        before = len(chat.said)
        weekly(night)
        found += [(f"{night.log.now:%a %H:%M}", n.week.label) for n in chat.said[before:] if n.week]
    return found


def test_the_week_is_told_once() -> None:
    """Last week's summary comes on Monday at nine with that week's incidents, once, and again a week later."""
    night = Night([*UP, *MAINTENANCE, *closed("2026-08-24T03:00:00", peer=OSAKA)])
    told = hourly(night, "2026-09-01T00:00:00")
    assert told == [("Mon 09:30", "2026-W34"), ("Mon 09:30", "2026-W35")]
    first, second = (n.week for n in night.chats["teams"].said if n.week)
    assert first
    assert second
    assert [line.cause for line in first.incidents] == ["azure-maintenance"]
    assert [line.cause for line in second.incidents] == ["remote-closed"]


def test_late_rather_than_never() -> None:
    """A summary that nobody could send on Monday is sent when somebody can, on whatever day, for the newest week."""
    night = Night(UP + MAINTENANCE)
    hourly(night, "2026-08-22T00:00:00")
    night.poll("2026-08-26T14:00:00")
    assert weekly(night).said == 1
    assert weekly(night).said == 0
    night.poll("2026-09-15T14:00:00")
    assert weekly(night).said == 1
    assert [n.week.label for n in night.chats["teams"].said if n.week] == ["2026-W34", "2026-W37"]


def test_a_week_that_nobody_watched_is_not_told() -> None:
    """The first summary is of the first week in which somebody watched, not of the one before."""
    night = Night(UP)
    assert weekly(night).said == 0
    assert hourly(night, "2026-08-24T08:00:00") == []
    assert hourly(night, "2026-08-24T10:00:00") == [("Mon 09:30", "2026-W34")]


def test_a_week_without_a_poll_says_nothing() -> None:
    """Before any poll there is no clock, so nothing is said and nothing fails."""
    store, chat = TableStore(MemoryTables(), Style()), Chat()
    assert summarize([WS, "other"], store, {"teams": chat}, MONDAY, UTC_ZONE).said == 0
    assert chat.said == []
    assert summarize([], store, {"teams": chat}, MONDAY, UTC_ZONE).said == 0


def test_the_week_is_the_customers() -> None:
    """The week begins and is told by the customer's clock: Monday nine in Tokyo is Monday midnight in UTC."""
    tokyo = ZoneInfo("Asia/Tokyo")
    night = Night([*UP, *closed("2026-08-23T14:59:00"), *closed("2026-08-23T15:59:00", peer=OSAKA)])
    night.poll("2026-08-23T23:59:00")
    assert weekly(night, tokyo).said == 0
    night.poll("2026-08-24T00:00:00")
    assert weekly(night, tokyo).said == 1
    (said,) = [n.week for n in night.chats["teams"].said if n.week]
    assert [line.peers for line in said.incidents] == [(NAGOYA,)]


def test_a_summary_that_was_not_taken_is_sent_later() -> None:
    """A summary that a channel did not take waits as any message does, while the other channel has it."""
    night = Night(UP + MAINTENANCE, channels=("teams", "slack"))
    night.poll("2026-08-24T10:00:00")
    night.chats["slack"].outcome = lambda: "timeout"
    weekly(night)
    weekly(night)
    assert [sum(n.week is not None for n in c.said) for c in night.chats.values()] == [1, 0]
    night.chats["slack"].outcome = lambda: "ok"
    night.poll("2026-08-24T11:00:00")
    weekly(night)
    assert [sum(n.week is not None for n in c.said) for c in night.chats.values()] == [1, 1]
    assert night.store.read(WEEKLY_PARTITION).outbox == []


def test_a_week_of_several_workspaces_is_one_summary() -> None:
    """Incidents of all workspaces stand in one summary, and one workspace without a poll stops nothing."""
    night = Night(UP + MAINTENANCE)
    poll("second", ScriptedLog([], when("00:30:00")), night.store, night.chats, POLICY)
    other = ScriptedLog(list(closed("12:00:00", gateway=7)), when("2026-08-24T10:00:00"))
    poll("second", other, night.store, night.chats, POLICY)
    night.poll("2026-08-24T10:00:00")
    weekly(night, workspaces=(WS, "second", "never polled"))
    (said,) = [n.week for n in night.chats["teams"].said if n.week]
    assert [line.cause for line in said.incidents] == ["remote-closed", "azure-maintenance"]


# The month


def test_the_month_is_told_once_beside_the_week() -> None:
    """August's report comes on the first of September at nine with that month's incidents, once; weeks go on."""
    night = Night([*UP, *MAINTENANCE, *closed("2026-08-24T03:00:00", peer=OSAKA)])
    chat, told = night.chats["teams"], []
    while night.log.now < when("2026-09-03T00:00:00"):
        night.log.now += 180 * MINUTE
        night.poll()
        weekly(night)
        before = len(chat.said)
        summarize((WS,), night.store, night.chats, MonthlyTime(9, 0), UTC_ZONE)
        told += [(f"{night.log.now:%d %H:%M}", n) for n in chat.said[before:] if n.week]
    ((at, said),) = told
    assert at.startswith("01 ")
    assert said.moment is Moment.MONTHLY
    assert said.week
    assert said.week.label == "2026-08"
    assert [line.cause for line in said.week.incidents] == ["azure-maintenance", "remote-closed"]
    assert said.week.figures
    assert said.week.figures.seconds > 0
    # Polls three hours apart leave nothing but gaps, and the report says so.
    assert said.week.figures.blind_seconds


# What IKE says


def ike(time: str, event: str, late: float = 3) -> Arrival:
    """An IKE row about NAGOYA; composed of a published phrase."""
    seen = when(time) + late * MINUTE
    message = f"SESSION_ID :{{0}} Remote {NAGOYA}:500: Local 198.51.100.1:500: {event}"
    row = LogRow(when(time), "", GATEWAY.format(1), "IKEDiagnosticLog", "IKELogEvent", message, "", "", "", "")
    return Arrival(seen, seen, row)


DELETED = "[RECEIVED] Received MM delete"


def kept(night: Night) -> Incident:
    """The first incident that is kept of the gateway."""
    return night.store.gateways(WS, [GATEWAY.format(1)])[GATEWAY.format(1)].tracked[0].incident


def test_ike_is_asked_around_an_uncertain_drop() -> None:
    """A drop without a reason is asked about while its rows may be on their way; the verdict is then likely."""
    night = Night(UP + drop("17:13:00", 150, 0, 0))
    night.log.ike = [ike("17:12:59", DELETED)]
    night.until("18:30:00")
    assert verdict(kept(night)) == "remote-closed likely peer-closed"
    asked = night.log.ike_queries
    assert 1 <= asked <= 4
    night.until("20:00:00")
    assert night.log.ike_queries == asked, "a quiet poll asks nothing"


def test_ike_is_not_asked_about_what_is_certain() -> None:
    """A confirmed verdict needs no further witness."""
    night = Night(UP + closed("17:13:00"))
    night.until("18:30:00")
    assert night.log.ike_queries == 0


def test_ike_that_fails_narrows_the_verdict() -> None:
    """An IKE log that cannot be read is said, and stops neither the poll nor the message."""
    night = Night(UP + drop("17:13:00", 150, 0, 0))
    night.log.ike_failing = True
    night.until("18:30:00")
    assert kept(night).finding.cause == "remote-unreachable"
    assert "ike-log-not-read" in not_found(kept(night))


def test_what_ike_said_is_kept() -> None:
    """Rows that come later and bring the gateway up again do not make the verdict forget what IKE said."""
    night = Night(UP + drop("17:13:00", 60, 0, 0) + closed("21:00:00"))
    night.log.ike = [ike("17:12:59", DELETED)]
    night.until("20:00:00")
    night.log.ike = []
    night.until("23:00:00")
    stored = night.store.gateways(WS, [GATEWAY.format(1)])[GATEWAY.format(1)]
    assert [t.incident.finding.cause for t in stored.tracked] == ["remote-closed", "remote-closed"]
    assert stored.tracked[0].incident.drops[0].around.ike


def test_rows_that_come_too_late_are_counted() -> None:
    """A row that came in since the last poll but lies before the window is counted once, and changes nothing."""
    night = Night(UP)
    night.until("12:00:00")
    seen, old = when("12:02:00"), when("2026-08-18T23:00:00")
    for ingested in (seen, when("11:50:00")):
        row = tunnel("12:00:00", False, 0).row._replace(at=old, ingested=ingested)
        night.log.arrivals.append(Arrival(seen, seen, row))
    assert [night.poll(time).too_late for time in ("12:05:00", "12:10:00")] == [1, 0]
    assert night.chats["teams"].said == []
