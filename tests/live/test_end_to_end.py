"""The whole product on the sandbox: rows in a workspace become rows in storage and messages in two chats."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from correlator.errors import CorrelatorError
from correlator.model import LogRow
from correlator.ports import LogAnswer, LogSource, Span
from correlator.wiring import App, build
from sandbox.faults import answer_lost, dropped, forbidden, partial, refused, throttled
from sandbox.functions_host import FunctionsHost
from sandbox.nights.rows import Gateway, Row, at, failover
from sandbox.stack import WORKSPACE_ID, Stack
from tests import app_module

ROOT = Path(__file__).parent.parent.parent
TOKYO = Gateway("vgw-tokyo-prod")
NAGOYA, SENDAI = "203.0.113.10", "203.0.113.20"
BEFORE: list[Row] = [TOKYO.up("08-21 00:12:00", peer, 1) for peer in (NAGOYA, SENDAI)]
FIRST = [TOKYO.upgrade("08-21 17:12:10", 1), *failover(TOKYO, "08-21 17:13:04", (NAGOYA, SENDAI), 1, 12)]
SECOND = [TOKYO.upgrade("08-21 17:37:21", 0), *failover(TOKYO, "08-21 17:37:59", (NAGOYA, SENDAI), 0, 16)]

Run = Callable[[str], None]


@contextmanager
def running() -> Iterator[Run]:
    """The app as Azure runs it (Python 3.13), or its functions by themselves where the worker library is not there."""
    if sys.version_info >= (3, 13):
        with FunctionsHost(ROOT, {"POLL_SCHEDULE": os.environ["POLL_SCHEDULE"]}) as host:
            yield host.run_timer
        return
    functions = app_module.functions(app_module.loaded())
    yield lambda name: functions[name](SimpleNamespace(past_due=False))


@pytest.fixture
def run(stack: Stack) -> Iterator[Run]:
    """Runs a function by its name; a first, quiet poll has been."""
    stack.logs.load(WORKSPACE_ID, BEFORE)
    stack.set_clock(at("08-21 16:00:00"))
    with running() as fire:
        fire("poll")
        stack.receiver.clear()  # the welcome has a test of its own
        yield fire


def polled(stack: Stack, run: Run, time: str) -> None:
    """The poll timer fires at a time of the log service's clock."""
    stack.set_clock(at(f"08-21 {time}"))
    run("poll")


def bodies(stack: Stack, path: str) -> list[Any]:
    """What a chat got, but for the word on the hours that these nights leave out between two polls."""
    return [b for b in stack.receiver.bodies(path) if "were not read for" not in text_of(b)]


def told(stack: Stack) -> dict[str, int]:
    """How many messages each chat got."""
    return {name: len(bodies(stack, f"/{name}")) for name in ("teams", "slack")}


def stored(stack: Stack, table: str) -> list[dict[str, Any]]:
    """The rows of a table, read with the service's own client."""
    return [dict(e) for e in stack.tables.get_table_client(table).list_entities()]


def text_of(body: object) -> str:
    """All of a message."""
    return str(body)


def test_a_night_from_rows_to_messages(stack: Stack, run: Run) -> None:
    """Maintenance of both instances: one incident in storage, one message a chat for each hop, silence afterwards."""
    assert told(stack) == {"teams": 0, "slack": 0}
    stack.logs.load(WORKSPACE_ID, FIRST + SECOND)
    polled(stack, run, "17:20:00")
    assert told(stack) == {"teams": 1, "slack": 1}
    for path in ("/teams", "/slack"):
        (body,) = bodies(stack, path)
        assert "vgw-tokyo-prod" in text_of(body)
        assert "maintenance" in text_of(body)
    polled(stack, run, "17:25:00")
    polled(stack, run, "17:45:00")
    assert told(stack) == {"teams": 2, "slack": 2}
    polled(stack, run, "17:50:00")
    polled(stack, run, "19:30:00")
    assert told(stack) == {"teams": 2, "slack": 2}
    (row,) = stored(stack, "incidents")
    assert (row["Cause"], row["Confidence"], row["Status"], row["Gateway"]) == (
        "azure-maintenance", "confirmed", "recovered", "vgw-tokyo-prod",
    )  # fmt: skip
    assert (row["PartitionKey"], row["OutageCount"]) == ("2026-W34", 4)
    assert row["RowKey"] == f"20260821T171304Z_{row['Id']}"
    assert isinstance(row["StartedAt"], datetime)
    assert [o["RemoteIp"] for o in stored(stack, "outages")] == [NAGOYA, SENDAI] * 2
    assert {o["Open"] for o in stored(stack, "outages")} == {False}


def test_a_night_that_is_asked_for_by_resource_group(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """No workspace is named: the gateway's resource group stands for what it logs, wherever that lies."""
    group = TOKYO.resource_id.partition("/providers/")[0]
    monkeypatch.setenv("WORKSPACE_IDS", group)
    stack.logs.load(WORKSPACE_ID, BEFORE)
    stack.set_clock(at("08-21 16:00:00"))
    with running() as fire:
        fire("poll")
        stack.receiver.clear()
        stack.logs.load(WORKSPACE_ID, FIRST)
        polled(stack, fire, "17:20:00")
    assert told(stack) == {"teams": 1, "slack": 1}
    assert [(r["Cause"], r["Gateway"]) for r in stored(stack, "incidents")] == [("azure-maintenance", TOKYO.name)]
    assert {r["PartitionKey"] for r in stored(stack, "state")} >= {group.lower().replace("/", "_")}


def test_the_week_comes_by_its_own_timer(stack: Stack, run: Run) -> None:
    """On Monday at nine the hourly function sends both chats the summary, once."""
    stack.logs.load(WORKSPACE_ID, FIRST)
    polled(stack, run, "17:20:00")
    run("weekly_summary")
    assert told(stack) == {"teams": 1, "slack": 1}
    polled(stack, run, "17:20:00")
    stack.set_clock(at("08-24 09:05:00"))
    run("poll")
    run("weekly_summary")
    run("weekly_summary")
    assert told(stack) == {"teams": 2, "slack": 2}
    assert "W34" in text_of(bodies(stack, "/teams")[-1]) or "maintenance" in text_of(bodies(stack, "/teams")[-1])


def test_a_throttled_log_service_is_not_noticed(stack: Stack, run: Run) -> None:
    """One 429 from the log service costs nothing: the same run tells all the same."""
    stack.logs.load(WORKSPACE_ID, FIRST)
    stack.logs.fail_next(throttled(0))
    polled(stack, run, "17:20:00")
    assert told(stack) == {"teams": 1, "slack": 1}


@pytest.mark.parametrize("fault", [forbidden(), partial("Error")], ids=["forbidden", "cut"])
def test_a_failed_query_fails_the_run_and_loses_nothing(stack: Stack, run: Run, fault: Any) -> None:
    """A run that cannot read shows as failed, in one line, and the next one tells everything."""
    stack.logs.load(WORKSPACE_ID, FIRST)
    stack.logs.fail_next(*[fault] * 20)  # what is cut short is asked for again in portions
    with pytest.raises(CorrelatorError, match=WORKSPACE_ID) as failed:
        polled(stack, run, "17:20:00")
    assert "\n" not in str(failed.value)
    assert told(stack) == {"teams": 0, "slack": 0}
    stack.logs.forget()
    polled(stack, run, "17:25:00")
    assert told(stack) == {"teams": 1, "slack": 1}


def test_a_throttled_chat_is_told_when_it_asked_to_be(stack: Stack, run: Run) -> None:
    """A chat that answers 429 with Retry-After is left alone that long and then told once; the other has it at once."""
    stack.logs.load(WORKSPACE_ID, FIRST)
    stack.receiver.fail_next(throttled(retry_after=600), path="/teams")
    polled(stack, run, "17:20:00")
    assert told(stack) == {"teams": 0, "slack": 1}
    polled(stack, run, "17:29:00")
    assert told(stack) == {"teams": 0, "slack": 1}
    polled(stack, run, "17:30:00")
    assert told(stack) == {"teams": 1, "slack": 1}


@pytest.mark.parametrize("fault", [refused(500), dropped()], ids=["500", "dropped"])
def test_a_chat_that_recovers_is_told_once(stack: Stack, run: Run, fault: Any) -> None:
    """A chat that fails gets its message with a later run, once, and nothing stays in the outbox."""
    stack.logs.load(WORKSPACE_ID, FIRST)
    stack.receiver.fail_next(fault, fault, path="/slack")
    for time in ("17:20:00", "17:25:00", "17:30:00", "17:35:00"):
        polled(stack, run, time)
    assert told(stack) == {"teams": 1, "slack": 1}
    assert [r for r in stored(stack, "state") if r["RowKey"].startswith("notice")] == []


def test_a_lost_answer_is_a_repeat_at_most(stack: Stack, run: Run) -> None:
    """A chat whose answer got lost may be told twice, never not at all."""
    stack.logs.load(WORKSPACE_ID, FIRST)
    stack.receiver.fail_next(answer_lost(), path="/teams")
    for time in ("17:20:00", "17:25:00", "17:30:00"):
        polled(stack, run, time)
    assert told(stack) == {"teams": 2, "slack": 1}


def test_a_first_run_on_an_empty_account(stack: Stack) -> None:
    """A deployment's first run needs nothing prepared: no tables, no rows; it says hello and leaves its mark."""
    stack.set_clock(at("08-21 16:00:00"))
    with running() as fire:
        fire("weekly_summary")
        fire("poll")
    heads = {r["PartitionKey"]: r["Mark"] for r in stored(stack, "state") if r["RowKey"] == "head"}
    assert heads == dict.fromkeys([WORKSPACE_ID, "welcome"], at("08-21 16:00:00"))
    for path in ("/teams", "/slack"):
        (hello,) = bodies(stack, path)
        assert "Watching 3 gateways, 9 connections. Last 30 days: no tunnel dropped" in text_of(hello)
        assert "No row of a VPN gateway was found" in text_of(hello)


# Two at once


class Overtaken:
    """The real source, during whose answer something else happens."""

    def __init__(self, source: LogSource, meanwhile: Callable[[], None]) -> None:
        self._source, self._meanwhile = source, meanwhile

    def fetch(
        self, workspace: str, mark: datetime | None, since: datetime | None, again: Collection[str] = ()
    ) -> LogAnswer:
        answer = self._source.fetch(workspace, mark, since, again)
        self._meanwhile()
        return answer

    def negotiations(self, workspace: str, spans: Sequence[Span]) -> Sequence[LogRow]:
        return self._source.negotiations(workspace, spans)


@pytest.fixture
def two_apps(stack: Stack) -> tuple[App, App]:
    """Two apps on one account, as when two hosts run for a while; a first, quiet poll has been."""
    stack.logs.load(WORKSPACE_ID, BEFORE)
    stack.set_clock(at("08-21 16:00:00"))
    apps = build(os.environ), build(os.environ)
    for app in apps:
        app.poll()
    stack.receiver.clear()  # the welcome has a test of its own
    stack.logs.load(WORKSPACE_ID, FIRST)
    stack.set_clock(at("08-21 17:20:00"))
    return apps


def test_the_loser_of_a_race_drops_its_work(stack: Stack, two_apps: tuple[App, App]) -> None:
    """Of two apps that read the same state one commits; the other ends without an error and says nothing."""
    slow, fast = two_apps
    replace(slow, source=Overtaken(slow.source, fast.poll)).poll()
    assert told(stack) == {"teams": 1, "slack": 1}
    assert len(stored(stack, "incidents")) == 1
    assert [r["RowKey"] for r in stored(stack, "state") if r["RowKey"].startswith("notice")] == []


def test_two_apps_at_the_same_time(stack: Stack, two_apps: tuple[App, App]) -> None:
    """Two apps that poll at the same time tell each chat once, whoever is faster."""
    threads = [threading.Thread(target=app.poll) for app in two_apps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    two_apps[0].poll()
    assert told(stack) == {"teams": 1, "slack": 1}
    assert len(stored(stack, "incidents")) == 1
    assert len(stored(stack, "outages")) == 2


def test_two_summaries_at_once(stack: Stack, two_apps: tuple[App, App]) -> None:
    """Two apps that find the weekly summary due send it once, and neither fails."""
    two_apps[0].poll()
    stack.set_clock(at("08-24 09:05:00"))
    two_apps[0].poll()
    threads = [threading.Thread(target=app.summarize) for app in two_apps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    two_apps[1].summarize()
    assert told(stack) == {"teams": 2, "slack": 2}
