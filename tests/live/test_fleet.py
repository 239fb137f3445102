"""A fleet on the sandbox: two worker processes take its polls from a real queue, and much goes wrong meanwhile.

In the end the tables hold exactly the incidents of one clean replay of all rows, nothing waits, and whatever was told
twice is counted with its reason.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.certificate import Certificate
from sandbox.faults import (
    Fault,
    answer_lost,
    bad_gateway,
    dropped,
    forbidden,
    partial,
    slow_to_answer,
    throttled,
    truncated,
)  # fmt: skip
from sandbox.nights.rows import Gateway, Row, at, failover
from sandbox.stack import Stack
from sandbox.tables_proxy import TablesProxy
from sandbox.worker import ROOT, Worker

pytestmark = pytest.mark.skipif(sys.version_info < (3, 13), reason="azure-functions-runtime needs Python 3.13")
PEERS = ("203.0.113.10", "203.0.113.20")
LAST = "08-21 20:00:00"
KINDS: tuple[Callable[[], Sequence[Fault]], ...] = (
    lambda: [throttled()] * 3,
    lambda: [bad_gateway()] * 3,
    lambda: [dropped()] * 3,
    lambda: [partial("Error"), *[throttled()] * 3],
    lambda: [truncated()],
    lambda: [slow_to_answer(3)],
    lambda: [forbidden()],
    lambda: [partial("Error")],
    lambda: [slow_to_answer(2), bad_gateway()],
    lambda: [throttled(1), dropped()],
)
"""What goes wrong with one workspace's queries in one tick: past the client's own retries, within them, or slowly."""


def named(n: int) -> str:
    """The id of a workspace."""
    return f"11111111-1111-1111-1111-{n:012d}"


def rows_of(n: int) -> list[Row]:
    """A workspace's rows, composed: something in the weeks before, and in every fourth one a night worth telling."""
    gateway = Gateway(f"vgw-{n:03d}")
    rows = [gateway.up("08-01 00:12:00", peer, 1) for peer in PEERS]
    rows += failover(gateway, f"08-{2 + n % 15:02d} 03:{n % 60:02d}:04", PEERS, 1, 10 + n)
    rows += [gateway.up("08-20 00:12:00", peer, 0) for peer in PEERS]
    if n % 4 == 0:
        rows += [gateway.upgrade("08-21 17:12:10", 0), *failover(gateway, "08-21 17:13:04", PEERS, 0, 12)]
    if n % 8 == 0:
        rows += [gateway.upgrade("08-21 17:37:21", 1), *failover(gateway, "08-21 17:37:59", PEERS, 1, 16)]
    return rows


class Fleet:
    """So many workspaces, storage behind a proxy that keeps the log service's time, and two workers."""

    def __init__(self, count: int, say: Callable[[str], None]) -> None:
        self.say = say
        self.names = [named(n) for n in range(count)]
        self.rows = [row for n in range(count) for row in rows_of(n)]
        self.lines: list[str] = []
        self._closing = ExitStack()

    def __enter__(self) -> Fleet:
        with ExitStack() as starting:
            self.stack = stack = starting.enter_context(Stack(self.names))
            for n, name in enumerate(self.names):
                stack.logs.load(name, rows_of(n))
            files = stack.certificate_file.parent
            made = Certificate(stack.certificate_file, next(f for f in files.iterdir() if "key" in f.name))
            self.proxy = starting.enter_context(TablesProxy(stack.env["TABLES_ENDPOINT"], made))
            self.env = {
                **stack.env, "TABLES_ENDPOINT": self.proxy.endpoint, "GATEWAY_SCOPES": "", "TEAMS_WEBHOOK_URL": "",
                "SLACK_WEBHOOK_URL": "", "EVENTS_WEBHOOK_URL": f"{stack.receiver.url}/events",
                "AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:00:00",
                "AzureFunctionsJobHost__extensions__queues__batchSize": "4",
            }  # fmt: skip
            self.workers = [Worker(self.env), Worker(self.env)]
            self._closing = starting.pop_all()
        return self

    def __exit__(self, *gone: object) -> None:
        for worker in self.workers:
            worker.__exit__(None, None, None)
        self._closing.close()

    def tick(self, time: str, *, die: bool = False, meanwhile: Callable[[], None] = lambda: None) -> None:
        """The timer fires at a time, and both workers do what there is to do; one of them may die at it."""
        now = at(time if " " in time else f"08-21 {time}:00")
        self.stack.set_clock(now)
        self.proxy.show(now)
        assert self.workers[0].timer("poll") == {"failed": []}
        # Whatever is asked for is asked in the same second; each poll comes after.
        self.stack.set_clock(now + timedelta(seconds=20))
        self.again()
        meanwhile()
        with ThreadPoolExecutor() as pool:
            drains = [pool.submit(worker.drain, "poll_workspace") for worker in self.workers]
            if die:
                self._die(1)
            for drain in drains:
                with suppress(*([EOFError] if die else [])):
                    assert drain.result()["failed"] == []
        told = len(self.stack.receiver.bodies("/events"))
        self.say(f"  {time}: {len(self.stack.logs.requests)} log queries so far, {told} events")

    def _die(self, which: int) -> None:
        """A worker ends in the middle of its polls, and another takes its place."""
        asked = len(self.stack.logs.requests)
        while len(self.stack.logs.requests) < asked + 3:  # it is at work
            self.stack.logs.stopping.wait(0.01)
        dead = self.workers[which]
        dead.kill()
        self.lines += dead.lines
        self.workers[which] = Worker(self.env)

    def again(self) -> None:
        """The queue delivers at least once: some messages are there twice."""
        queue = self.stack.queues.get_queue_client("polls")
        for message in list(queue.peek_messages(max_messages=5)):
            queue.send_message(message.content)

    def fail(self, n: int, faults: Sequence[Fault]) -> None:
        """The next queries of a workspace go wrong."""
        self.stack.logs.fail_next(*faults, path=f"/v1/workspaces/{self.names[n]}/")

    def stored(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table, read past the proxy."""
        return [dict(e) for e in self.stack.tables.get_table_client(table).list_entities()]

    def incidents(self) -> list[Any]:
        """What the public table holds, as far as it does not hang on when it was told."""
        texts = ["".join(str(row[f"Json{n or ''}"]) for n in ("", 2, 3) if f"Json{n}" in row)
                 for row in self.stored("incidents")]  # fmt: skip
        return sorted(map(essence, map(json.loads, texts)))

    def replayed(self, folder: Path) -> list[Any]:
        """The incidents of one clean replay of everything, by the command line."""
        file = folder / "rows.json"
        file.write_text(json.dumps(self.rows), encoding="utf-8")
        run = [
            sys.executable,
            "-m",
            "correlator",
            "replay",
            str(file),
            "--json",
            "--all",
            "--now",
            f"{at(LAST):%FT%TZ}",
        ]
        done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True)
        return sorted(map(essence, json.loads(done.stdout)["incidents"]))

    def log(self) -> list[dict[str, Any]]:
        """The structured lines of all workers, dead ones too."""
        lines = [*self.lines, *(line for worker in self.workers for line in worker.lines)]
        return [json.loads(line) for line in lines if line.startswith("{")]


def essence(incident: dict[str, Any]) -> tuple[Any, ...]:
    """What an incident is, whoever found it and when."""
    outages = tuple((o["remote_ip"], o["started_at"], o["ended_at"]) for o in incident["outages"])
    cause = incident["cause"]["code"], incident["cause"]["confidence"]
    return incident["id"], incident["status"], incident["downtime_seconds"], *cause, outages


def check(fleet: Fleet, folder: Path) -> None:
    """Nothing is lost, nothing waits, and every repeat is explained."""
    assert fleet.incidents() == fleet.replayed(folder)
    left = [r["RowKey"] for r in fleet.stored("state") if r["RowKey"].startswith(("notice", "receipt"))]
    assert left == []
    told = Counter(body["id"] for body in fleet.stack.receiver.bodies("/events") if isinstance(body, dict))
    lines = fleet.log()
    counted = sum(line.get("repeats_unanswered", 0) + line.get("repeats_crashed", 0) for line in lines)
    assert sum(told.values()) - len(told) <= counted
    worth_telling = len([n for n in range(len(fleet.names)) if n % 4 == 0])
    subjects = {b["data"].get("id") for b in fleet.stack.receiver.bodies("/events") if "data" in b}  # type: ignore[index,operator]
    assert len(subjects - {None}) >= worth_telling


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Shows how far it has come."""

    def line(text: str) -> None:
        with capsys.disabled():
            print(text, flush=True)

    return line


def test_a_fleet_ends_as_one_replay(tmp_path: Path) -> None:
    """Twenty-four workspaces, faults on three, two workers: the incidents of one clean replay, each told once."""
    with Fleet(24, lambda _: None) as fleet:
        fleet.tick("16:05")
        for n, kind in ((4, 0), (8, 3), (12, 5)):
            fleet.fail(n, KINDS[kind]())
        fleet.tick("17:20")
        fleet.tick(LAST)
        check(fleet, tmp_path)


@pytest.mark.verify
def test_a_hundred_workspaces_with_faults_on_ten(tmp_path: Path, say: Callable[[str], None]) -> None:
    """Faults of every kind on ten, on storage and on the receiver; a worker dies; messages come twice: all the same."""
    say("")
    with Fleet(100, say) as fleet:

        def of_the_logs() -> None:
            for n, kind in enumerate(KINDS):
                fleet.fail(4 * n, kind())

        def of_storage_and_chat() -> None:
            fleet.proxy.fail_next(bad_gateway(), answer_lost(), dropped(), bad_gateway(), answer_lost())
            fleet.stack.receiver.fail_next(answer_lost(), throttled(60), bad_gateway(), path="/events")

        of_the_logs()
        fleet.tick("16:05")
        fleet.tick("16:10")
        fleet.tick("17:20", meanwhile=of_the_logs)
        fleet.tick("17:30", die=True)
        fleet.tick("17:50", meanwhile=of_storage_and_chat)
        fleet.tick("18:10")
        fleet.tick(LAST)
        check(fleet, tmp_path)
