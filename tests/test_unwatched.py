"""A workspace that leaves WORKSPACE_IDS: what it had to say is said, what was open gets no end, and it may come back.

Every law with one run for all workspaces, and with a run for each over a queue.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from correlator import desk
from correlator.cli import sheets
from correlator.errors import SourceUnavailable, StoreUnavailable
from correlator.fleet import Fleet
from correlator.gateways import GatewayList, Refused, Workspace
from correlator.incident_json import incident_object
from correlator.model import Policy
from correlator.notification import Moment, Unwatched
from correlator.people import Remark, RemarkKind
from correlator.poll import poll
from correlator.ports import Channel, Store
from correlator.routes import parse
from correlator.stores.store import TableStore
from correlator.stores.tables import MESSAGES
from correlator.wording import Style
from tests import app_module
from tests.fakes import Arrival, Chat, Fuse, Killed
from tests.test_fleet import Installed as OneOfMany
from tests.test_fleet import Told
from tests.timeline import MINUTE, clock, gateway, night

HOUR = timedelta(hours=1)
PLACE = "/subscriptions/p"
TIMES = ("16:05", "16:25", "16:45", "17:05", "17:20")
WEEKS = ["2026-W33", "2026-W34", "2026-W35", "2026-W36"]


class Dressed(Told):
    """The app with any chats."""

    chats: Any = None

    def dressed(self, style: Style) -> tuple[Store, dict[str, Channel]]:
        store, one = super().dressed(style)
        return store, self.chats or one


class Installed(OneOfMany):
    """A deployment whose settings may change: then it starts anew."""

    app: Dressed

    def __init__(self, workspaces: Sequence[str] = ("one", "two"), fan_out_above: int = 20, **more: str) -> None:
        super().__init__(workspaces, FAN_OUT_ABOVE=str(fan_out_above), **more)

    def start(self) -> None:
        """A new process with the settings of today."""
        super().start()
        self.fans_out = self.settings.fans_out
        self.app = Dressed(self.settings, self.log, self.app.resources, self.tables)
        self.app.chat = self.chat
        self.fleet = Fleet(self.app, wait=lambda _: None)

    def watch(self, *workspaces: str) -> None:
        """WORKSPACE_IDS is set."""
        self.settings = replace(self.settings, workspace_ids=workspaces)
        self.start()

    def tick(self, now: datetime | None = None) -> None:
        """The timer fires."""
        self.log.now = now or self.log.now
        if self.fans_out:
            super().tick()
        else:
            self.app.poll()

    def hour(self, now: datetime | None = None) -> None:
        """The hourly timer fires."""
        self.log.now = now or self.log.now
        self.app.wind_up()

    def hours(self, count: int) -> None:
        """Some hours with their polls."""
        for _ in range(count):
            for _ in range(3):
                self.log.now += 20 * MINUTE
                self.tick()
            self.hour()

    def store(self) -> TableStore:
        """The store as the app opens it."""
        return TableStore(self.tables, Style(), fleet=self.fans_out)

    def documents(self) -> list[dict[str, Any]]:
        """The public incident objects."""
        return list(self.store().documents(WEEKS))

    def arrive(self, text: str, late: timedelta = timedelta(0)) -> None:
        """More rows of ``one``."""
        rows = [r for r in night(text) if isinstance(r.at, datetime)]
        self.log.arrivals += [Arrival(r.at + late, r.at + late, r) for r in rows if isinstance(r.at, datetime)]


@pytest.fixture(params=[20, 0], ids=["one run", "over a queue"])
def there(request: pytest.FixtureRequest) -> Installed:
    """One tunnel of the workspace ``one`` is down since 17:00, which was told at 17:20."""
    found = Installed(fan_out_above=request.param)
    for time in TIMES:
        found.tick(clock(time))
    assert len(found.said(Moment.OPENED)) == 1
    return found


def unwatched(there: Installed) -> list[Unwatched]:
    return [n.unwatched for n in there.said(Moment.UNWATCHED) if n.unwatched]


# What was committed


@pytest.mark.parametrize("fan_out_above", [20, 0])
def test_what_was_committed_is_still_delivered(fan_out_above: int) -> None:
    """A message that no channel had taken when its workspace left is tried until one does."""
    there = Installed(fan_out_above=fan_out_above)
    there.tick(clock("16:05"))
    there.chat.outcome = lambda: "timeout"
    there.tick(clock("17:20"))
    there.watch("two")
    there.hours(3)
    assert there.said(Moment.OPENED) == []
    there.chat.outcome = lambda: "ok"
    there.hours(2)
    assert len(there.said(Moment.OPENED)) == 1
    assert unwatched(there) == [Unwatched("one", 1)]
    assert there.store().read("one").outbox == []


def test_then_it_costs_nothing_any_more(there: Installed) -> None:
    """Once its outbox is empty no run reads its partition, and the hourly one writes nothing."""
    there.watch("two")
    there.hours(3)
    there.tables.calls.clear()
    there.tables.failing = "one"
    there.hour()
    assert dict(there.tables.calls) == {"query": 1}
    assert there.store().noted() == ["two"]


def test_while_all_are_watched_it_costs_one_query_an_hour(there: Installed) -> None:
    """Which workspaces were ever polled is read by the hourly run alone, and written by first polls."""
    there.tables.calls.clear()
    there.hour()
    assert dict(there.tables.calls) == {"query": 1}


def test_a_verdict_that_only_waited_is_told() -> None:
    """It was down, it came back, and its workspace left before the end was told: the end is told."""
    there = Installed()
    there.tick(clock("16:05"))
    there.tick(clock("17:20"))
    there.arrive("17:25 203.0.113.9 up IN_0")
    there.tick(clock("17:27"))
    assert there.said(Moment.RECOVERED) == []
    there.watch("two")
    there.hours(2)
    assert len(there.said(Moment.RECOVERED)) == 1
    assert unwatched(there) == []
    assert [d["status"] for d in there.documents()] == ["recovered"]
    assert there.store().noted() == ["two"]


def test_a_workspace_of_an_older_version_is_known_too(there: Installed) -> None:
    """After an upgrade nothing was noted by a first poll: the hourly run does."""
    for workspace in ("one", "two"):
        there.store().forget(workspace)
    there.hour()
    there.watch("two")
    there.hours(2)
    assert unwatched(there) == [Unwatched("one", 1)]


# What was open


def test_what_was_open_gets_no_end(there: Installed) -> None:
    """It is removed without an end, says why, and is told of once for the workspace; nobody is reminded."""
    there.watch("two")
    there.hours(30)
    (found,) = there.documents()
    assert (found["status"], found["ended_at"], found["unwatched"]) == ("removed", None, True)
    assert any("No longer watched" in text for text in found["remarks"])
    assert unwatched(there) == [Unwatched("one", 1)]
    assert [n.moment for n in there.chat.said if n.incident] == [Moment.OPENED]


@pytest.mark.parametrize(("language", "never", "instead"), [
    ("en", "still down", "end not known"), ("ja", "停止中 ", "終了時刻は不明"),
])  # fmt: skip
def test_nowhere_is_it_said_to_be_down_still(
    there: Installed, language: str, never: str, instead: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """``show`` knows no end of it, and does not make it last until now either."""
    there.watch("two")
    there.hours(2)
    tracked = there.store().gateways("one", [gateway()])[gateway()].tracked
    sheets.incident(incident_object(tracked[0].incident, Style(language)), [], Style(language))
    shown = capsys.readouterr().out
    assert shown.count(instead) == 2
    assert never not in shown.split(instead)[0]


def test_what_somebody_looks_after_is_closed_too(there: Installed) -> None:
    """An acknowledged incident waits for nothing, and is no less open."""
    (found,) = there.documents()
    remark = Remark(found["id"], there.log.now, "kim", RemarkKind.ACKNOWLEDGED)
    desk.say(there.store(), ("one", "two"), remark, gateway())
    there.tick(clock("17:25"))
    assert there.store().read("one").head.due == {}
    there.watch("two")
    there.hours(2)
    assert statuses(there) == ["removed"]
    assert unwatched(there) == [Unwatched("one", 1)]


def test_what_nobody_was_told_of_is_no_message() -> None:
    """It was down for days when the first poll found it: the table has it, and no chat hears of it, now neither."""
    there = Installed()
    there.tick(clock("17:00") + timedelta(days=3))
    assert statuses(there) == ["open"]
    there.watch("two")
    there.hours(2)
    assert statuses(there) == ["removed"]
    assert unwatched(there) == []


def test_nothing_open_is_no_message() -> None:
    """Taking a quiet workspace out of the settings is nobody's news."""
    there = Installed()
    there.tick(clock("16:05"))
    there.watch("one")
    there.hours(3)
    assert unwatched(there) == []
    assert there.store().noted() == ["one"]


def test_only_who_was_told_of_it_is_told(there: Installed) -> None:
    """A channel that came later, or hears of other things, was told of nothing that could be open."""
    there.watch("two")
    chats = {"teams": Chat("teams"), "slack": Chat("slack")}
    routes = parse("teams: azure; slack: remote,unknown", chats)
    there.settings = replace(there.settings, routes=routes)
    there.start()
    there.app.chats = chats
    there.hour(clock("18:20"))
    assert {name: [n.moment for n in chat.said] for name, chat in chats.items()} == {
        "teams": [], "slack": [Moment.UNWATCHED],
    }  # fmt: skip


def test_who_is_still_polled_has_not_left(there: Installed) -> None:
    """A process with the settings of before polls on for a while: nothing is closed behind its back."""
    there.watch("two")
    there.hour(clock("17:45"))
    assert [d["status"] for d in there.documents()] == ["open"]
    there.hour(clock("17:51"))
    assert [d["status"] for d in there.documents()] == ["removed"]


@pytest.mark.parametrize(("schedule", "first"), [
    ("0 */5 * * * *", 1), ("0 0 */6 * * *", 19), ("0 */5 * * * MON-FRI", 9 * 24 + 1), ("0 0 6 1 * *", 9 * 24 + 1),
])  # fmt: skip
def test_a_slower_schedule_has_it_leave_later_and_within_days(schedule: str, first: int) -> None:
    """Three periods; with a schedule that leaves out days, nine days: longer than any week leaves out."""
    there = Installed(POLL_SCHEDULE=schedule)
    for time in TIMES:
        there.tick(clock(time))
    there.watch("two")
    polled = clock(TIMES[-1])
    there.hour(polled + first * HOUR - HOUR)
    assert statuses(there) == ["open"]
    there.hour(polled + first * HOUR)
    assert statuses(there) == ["removed"]


# What comes back


def test_what_comes_back_goes_on_where_it_stopped(there: Installed) -> None:
    """Nothing of before is told anew; its incident is open again and is reminded of as ever."""
    there.watch("two")
    there.hours(30)
    there.watch("one", "two")
    there.tick()
    (found,) = there.documents()
    assert (found["status"], found["remarks"], "unwatched" in found) == ("open", [], False)
    assert not found["cause"]["pending"], "no row of it is news"
    assert [n.moment for n in there.chat.said if n.incident] == [Moment.OPENED, Moment.REMINDER]
    there.hours(3)
    assert sorted(there.store().noted()) == ["one", "two"]
    assert unwatched(there) == [Unwatched("one", 1)]


def test_what_ended_meanwhile_is_told_when_it_comes_back(there: Installed) -> None:
    """Its rows are read from the last mark on: the end, and what else happened; the time between is told of once."""
    there.watch("two")
    there.hours(5)
    there.arrive("19:00 203.0.113.9 up IN_0; 20:00 203.0.113.9 down IN_0 DPD; 21:00 203.0.113.9 up IN_0")
    there.watch("one", "two")
    there.hours(3)
    assert {d["status"] for d in there.documents()} == {"recovered"}
    assert [n.moment for n in there.chat.said if n.incident].count(Moment.OPENED) == 1
    assert len(there.said(Moment.BLIND)) == 1


def test_what_comes_and_goes_is_told_of_each_time(there: Installed) -> None:
    """It left, came back and left again while its tunnel was down: two messages, and one incident all along."""
    for _ in range(2):
        there.watch("two")
        there.hours(3)
        there.watch("one", "two")
        there.hours(3)
    assert unwatched(there) == [Unwatched("one", 1)] * 2
    assert [d["status"] for d in there.documents()] == ["open"]


def test_a_gap_that_was_told_is_not_told_again_to_who_comes_back(there: Installed) -> None:
    """Two hours without a poll were told; a workspace that was away since does not have them told again."""
    there.tick(clock("19:30"))
    there.tick(clock("19:31"))
    assert len(there.said(Moment.BLIND)) == 1
    first = there.said(Moment.BLIND)[0].blind
    there.watch("two")
    there.tick()
    there.tick(there.log.now + 2 * HOUR)  # a gap of the other one makes what is remembered new
    there.tick(there.log.now + MINUTE)
    there.watch("one", "two")
    there.hours(3)
    again = [g for n in there.said(Moment.BLIND)[1:] if n.blind for g in n.blind.gaps]
    assert first
    assert again
    assert not set(first.gaps) & set(again)


# What is found


@pytest.fixture
def found() -> Installed:
    """``one`` and ``two`` were found in a subscription; a tunnel of ``one`` is down."""
    there = Installed()
    there.azure.found = listing("one", "two")
    there.watch(PLACE, "three")
    for time in TIMES:
        there.tick(clock(time))
    assert len(there.said(Moment.OPENED)) == 1
    return there


def listing(*workspaces: str, refused: tuple[str, ...] = ()) -> GatewayList:
    """What Azure lists."""
    places = tuple(Workspace(f"{PLACE}/resourcegroups/r/workspaces/{w}", w) for w in workspaces)
    return GatewayList((), tuple(Refused(scope, "no role") for scope in refused), workspaces=places)


def statuses(there: Installed) -> list[str]:
    return [d["status"] for d in there.documents()]


def test_what_is_no_longer_found_has_left_a_day_later(found: Installed) -> None:
    """Azure says that it is gone: it is polled no more, and a second list agrees before its incidents are closed."""
    found.azure.found = listing("two")
    found.hours(23 + 3)
    polled = found.store().read("one").head.mark
    found.hours(20)
    assert found.store().read("one").head.mark == polled
    assert statuses(found) == ["open"]
    found.hours(4)
    assert statuses(found) == ["removed"]
    assert unwatched(found) == [Unwatched("one", 1)]
    found.azure.found = listing("one", "two")
    found.hours(26)
    assert statuses(found) == ["open"]


@pytest.mark.parametrize("places", [(), ("/subscriptions/q",)], ids=["the same entries", "others meanwhile"])
def test_after_a_stop_a_second_list_agrees_too(found: Installed, places: Sequence[str]) -> None:
    """The app stood still for two days: the first list after it is as single as any, and closes nothing."""
    found.azure.found = listing("two")
    found.watch(PLACE, *places, "three")
    found.log.now += 48 * HOUR
    found.hours(20)
    assert "one" not in found.app.workspaces()
    assert (statuses(found), unwatched(found)) == (["open"], [])
    found.hours(6)
    assert (statuses(found), unwatched(found)) == (["removed"], [Unwatched("one", 1)])


def test_a_list_that_is_not_whole_confirms_nothing(found: Installed) -> None:
    """A list in which an entry was refused is no first one either: two whole ones must agree."""
    found.azure.found = listing("two", refused=(PLACE,))
    found.hours(26)
    found.azure.found = listing("two")
    found.log.now += 48 * HOUR
    found.hours(20)
    assert statuses(found) == ["open"]
    found.hours(6)
    assert statuses(found) == ["removed"]


def test_until_then_what_waits_is_delivered(found: Installed) -> None:
    """Whether it has left is not certain for a day; to deliver needs no certainty."""
    found.chat.outcome = lambda: "timeout"
    found.hours(1)
    assert found.store().read("one").outbox, "a reminder"
    found.azure.found = listing("two")
    found.watch(PLACE, "/subscriptions/q", "three")
    found.chat.outcome = lambda: "ok"
    found.hours(2)
    assert "one" not in found.app.workspaces()
    assert len(found.said(Moment.REMINDER)) == 1
    assert statuses(found) == ["open"]


def test_a_scope_that_was_put_back_is_listed_first(found: Installed) -> None:
    """The list at hand is one of other entries: what these hold is not known before it is read anew."""
    found.azure.found = listing("two")
    found.watch("/subscriptions/q", "three")
    for _ in range(3 * 25):
        found.tick(found.log.now + 20 * MINUTE)
    found.watch(PLACE, "/subscriptions/q", "three")
    found.hour()
    assert statuses(found) == ["open"]
    found.azure.found = listing("one", "two")
    found.hours(1)
    assert statuses(found) == ["open"]
    assert unwatched(found) == []


@pytest.mark.parametrize(
    "lacking",
    [listing(), listing("two", refused=(PLACE,)),
     listing("two", refused=("/providers/microsoft.management/managementgroups/mg",))],
    ids=["empty", "refused", "group refused"],
)  # fmt: skip
def test_a_list_that_is_not_whole_takes_nothing_away(found: Installed, lacking: GatewayList) -> None:
    """An empty list, or one in which a scope was refused, closes nothing, however long it stays like that."""
    found.azure.found = lacking
    found.settings = replace(found.settings, workspace_ids=(PLACE, "/subscriptions/q", "three"))
    found.start()
    found.hours(72)
    assert statuses(found) == ["open"]
    assert unwatched(found) == []


def test_a_list_that_fails_takes_nothing_away(found: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was known is polled on."""

    def fail(*_: object) -> GatewayList:
        raise SourceUnavailable("no answer")

    monkeypatch.setattr(found.azure, "list_gateways", fail)
    found.hours(72)
    assert statuses(found) == ["open"]
    assert unwatched(found) == []


def test_what_was_named_and_is_found_has_not_left() -> None:
    """A workspace that stood there by its id and is now found in a subscription stays one."""
    there = Installed()
    there.azure.found = listing("one", "two")
    for time in TIMES:
        there.tick(clock(time))
    there.watch(PLACE)
    there.hours(72)
    assert there.app.workspaces() == ("one",), "two holds no rows"
    assert there.store().read("two").head.left is None, "and is there all the same"
    assert statuses(there) == ["open"]
    assert unwatched(there) == []


# Killed, refused, twice at once


@contextmanager
def fused(there: Installed, burn: Callable[[str], None]) -> Iterator[None]:
    """Each call to the tables and the chat may go wrong."""
    tables, chat = there.app.tables, there.app.chat
    there.app.tables, there.app.chat = Fuse(tables, burn), Fuse(chat, burn)
    yield
    there.app.tables, there.app.chat = tables, chat


def leaving(fatal: int, error: BaseException) -> tuple[Installed, bool]:
    """A message waits, a verdict is not settled, a tunnel is down; ``one`` leaves, and one call fails if it is made."""
    there = Installed()
    there.arrive("16:00 203.0.113.8 up IN_0; 17:10 203.0.113.8 down IN_0; 17:19 203.0.113.8 up IN_0")
    for time in TIMES[:-1]:
        there.tick(clock(time))
    there.chat.outcome = lambda: "timeout"
    there.tick(clock("17:20"))
    there.chat.outcome = lambda: "ok"
    there.watch("two")
    there.log.now = clock("18:20")
    calls = 0

    def burn(where: str) -> None:
        nonlocal calls
        calls += 1
        if calls == fatal and not (where.endswith("send") and isinstance(error, StoreUnavailable)):
            raise error

    with fused(there, burn), suppress(Killed):
        there.app.wind_up()
    return there, calls >= fatal


@pytest.mark.parametrize(
    "error", [Killed("here"), StoreUnavailable("table state: HTTP 503", 503)], ids=lambda e: type(e).__name__
)
def test_nothing_is_lost_at_any_call(error: BaseException) -> None:
    """Laws 4 and 5: whichever call of the hourly run fails, before or after it was done, the next ones make it good."""
    for fatal in range(1, 300):
        there, reached = leaving(fatal, error)
        if not reached:
            break
        for _ in range(3):
            there.hour(there.log.now + HOUR)
        assert sorted(statuses(there)) == ["recovered", "removed"], fatal
        assert there.store().noted() == ["two"], fatal
        told = [n.moment for n in there.chat.said if n.incident or n.unwatched]
        assert set(told) == {Moment.OPENED, Moment.RECOVERED, Moment.UNWATCHED}, fatal
        assert len(told) <= 4, "one repeat after a death between a send and its receipt"
        assert set(unwatched(there)) == {Unwatched("one", 1)}
    assert fatal > 40


def test_a_run_that_is_overtaken_drops_its_work(there: Installed) -> None:
    """A process with the settings of before polls while another one closes: the poll counts, and nothing is closed."""
    there.watch("two")
    there.log.now = clock("18:20")
    polled: list[str] = []

    def overtake(where: str) -> None:
        if where == "before write" and not polled:
            polled.append(where)
            there.log.now += timedelta(seconds=1)
            poll("one", there.log, there.store(), {"teams": there.chat}, Policy())

    with fused(there, overtake):
        there.app.wind_up()
    assert polled
    there.hour()
    assert statuses(there) == ["open"]
    assert there.store().read("one").head.left is None
    assert unwatched(there) == []


# Several


def test_what_two_were_told_of_at_once_is_on_record_twice(there: Installed) -> None:
    """They leave in the same second, as the store's clock has it: a row in the table of messages for each."""
    there = Installed(fan_out_above=0 if there.fans_out else 20)
    fetch = there.log.fetch
    everywhere(there)
    for time in TIMES:
        there.tick(clock(time))
    there.log.fetch = fetch  # type: ignore[method-assign]
    there.watch("three")
    there.hours(2)
    assert unwatched(there) == [Unwatched("one", 1), Unwatched("two", 1)]
    rows = there.tables.query(MESSAGES, "2026-W34", "", "~", {"Moment": Moment.UNWATCHED.value})[0]
    assert len(rows) == 2


# One gateway in two workspaces


def everywhere(there: Installed) -> None:
    """A gateway logs to each workspace, so that all hold its incidents."""
    fetch = there.log.fetch
    there.log.fetch = lambda workspace, *asked: fetch("one", *asked)  # type: ignore[method-assign]


def test_what_another_workspace_holds_too_goes_on(there: Installed) -> None:
    """An incident that is open in both is not closed with one of them: the other tells its end, in the table too."""
    there = Installed(fan_out_above=0 if there.fans_out else 20)
    everywhere(there)
    for time in TIMES:
        there.tick(clock(time))
    there.watch("two")
    there.hours(2)
    assert statuses(there) == ["open"]
    assert unwatched(there) == []
    there.arrive("19:30 203.0.113.9 up IN_0")
    there.hours(2)
    assert statuses(there) == ["recovered"]


def test_who_is_polled_is_asked_once_a_round() -> None:
    """However many leave with something open, each workspace that is polled says once which gateways it keeps."""
    left, polled = ("one", "two", "three"), [f"w{n:02}" for n in range(40)]
    there = Installed((*left, *polled), fan_out_above=99)
    fetch = there.log.fetch
    there.log.fetch = lambda workspace, *asked: fetch(  # type: ignore[method-assign]
        "one" if workspace in left else workspace, *asked
    )
    for time in TIMES:
        there.tick(clock(time))
    there.watch(*polled)
    asked: Counter[str] = Counter()
    there.tables._count = lambda _, partition: asked.update([partition])  # type: ignore[method-assign, assignment]
    there.hour(clock("18:20"))
    assert unwatched(there) == [Unwatched(w, 1) for w in sorted(left)]
    assert {asked[w] for w in polled} == {1}


def test_the_table_follows_the_workspace_that_stays(there: Installed) -> None:
    """As after changing from a workspace to its resource groups: the new one has written less often of an incident."""
    there.hours(30)
    (before,) = there.documents()
    everywhere(there)
    there.watch("one", "three")
    there.tick()
    there.watch("three")
    there.hours(2)
    (found,) = there.documents()
    assert (found["id"], found["status"], "unwatched" in found) == (before["id"], "open", False)
    there.arrive("19:30 203.0.113.9 up IN_0", late=there.log.now - clock("19:30"))
    there.hours(2)
    assert statuses(there) == ["recovered"]


def test_a_report_that_fails_stops_no_hourly_task_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run shows as failed, and what a workspace left behind is worked off all the same."""
    there = Installed()
    there.tick(clock("16:05"))
    there.watch("one")
    there.log.now = clock("17:10")
    there.tables.failing = "weekly"
    module = app_module.loaded()
    monkeypatch.setattr(module, "_app", lambda: there.app)
    hourly = app_module.functions(module)["weekly_summary"]
    with pytest.raises(StoreUnavailable):
        hourly(None)
    there.tables.failing = ""
    assert there.store().noted() == ["one"]
