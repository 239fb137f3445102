"""`make faults`: every fault on every side of the running app, and a death at every call, each to its end.

The app is the real one, between the log service, Azurite (behind a proxy that can fail) and two chats of the sandbox. A
case is one night: a fault at one poll, then calm. "Lost" is what a clean night has and this one lacks, in the tables or
in a chat; a repeat is explained if the app's own lines counted it; a failure is explained if the app named it.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from unittest.mock import patch

from rich.console import Console
from rich.table import Table

from correlator.channels import Pace
from correlator.errors import CorrelatorError
from correlator.sources import log_analytics
from correlator.stores import table_storage
from correlator.wiring import App, build
from sandbox import faults
from sandbox.certificate import Certificate
from sandbox.faults import Fault
from sandbox.nights.rows import Gateway, at, failover
from sandbox.prepare import prepare
from sandbox.stack import WORKSPACE_ID, Stack
from sandbox.tables_proxy import TablesProxy, empty_page, not_modified_by_us
from sandbox.workspace import Workspace

TOKYO = Gateway("vgw-tokyo-prod")
PEER = "203.0.113.10"
BEFORE = [TOKYO.up("08-21 00:12:00", PEER, 1)]
ROWS = [
    TOKYO.upgrade("08-21 17:12:10", 1), *failover(TOKYO, "08-21 17:13:04", (PEER,), 1, 12),
    TOKYO.upgrade("08-21 17:37:21", 0), *failover(TOKYO, "08-21 17:37:59", (PEER,), 0, 16),
]  # fmt: skip
WRONG_AT = "08-21 17:20:00"
CALM = ("08-21 17:30:00", "08-21 17:45:00", "08-21 19:30:00", "08-22 17:25:00")
"""The last a day later, when an address that refused for good is tried again."""
QUICK = {"retry_backoff_factor": 0.01, "retry_backoff_max": 0.05}
"""As many tries as the app makes, without the pauses between them."""
CHATS = ("teams", "slack")
EXECUTED = Workspace.query
NUMBER = re.compile(r"update (\d+)")


class Killed(BaseException):
    """The process ends here. No handler of the app may survive it."""


class Case(NamedTuple):
    """A side, what goes wrong there, and how to bring it about."""

    side: str
    fault: str
    begin: Callable[[Bench], None]


class Outcome(NamedTuple):
    """What a night came to."""

    lost: int
    repeated: int
    unexplained: int
    why: str


class Wire:
    """Stands before a part of the app and counts its calls; at one of them the process may die."""

    def __init__(self, part: Any, bench: Bench, calls: Sequence[str]) -> None:
        self._part, self._bench, self._calls = part, bench, calls

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        if name not in self._calls:
            return found

        def call(*args: Any, **more: Any) -> Any:
            self._bench.step("before")
            result = found(*args, **more)
            self._bench.step("after")
            return result

        return call


class Mortal(App):
    """The app, each of whose calls may be its last."""

    bench: Any = None

    def dressed(self, style: Any) -> Any:
        """The night is told as fast as it can be."""
        self.pace = Pace(wait=lambda _: None)
        store, channels = super().dressed(style)
        return store, {name: Wire(c, self.bench, ["send"]) for name, c in channels.items()}


class Lines(logging.Handler):
    """The app's own lines: how many repeats it counted."""

    def __init__(self) -> None:
        super().__init__()
        self.repeats = 0

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        line = json.loads(text) if text.startswith("{") else {}
        self.repeats += line.get("repeats_unanswered", 0) + line.get("repeats_crashed", 0)


class Bench:
    """The stack, the proxy before its tables, and one night at a time."""

    def __init__(self, stack: Stack, proxy: TablesProxy) -> None:
        self.stack, self.proxy = stack, proxy
        self.calls = self.calls_then = self.dies_at = 0
        self.dies = ""
        self.late = timedelta(0)
        self.known: dict[object, Any] = {}
        self.lines = Lines()
        log = logging.getLogger("correlator")
        log.setLevel(logging.INFO)
        log.propagate = False
        log.addHandler(self.lines)

    def query(self, workspace: Workspace, text: str, now: datetime, *within: Any) -> Any:
        """The same question about the same rows is answered from memory: the app is on trial, not the engine."""
        key = (text, now, within, now >= at(WRONG_AT))
        if key not in self.known:
            self.known[key] = EXECUTED(workspace, text, now, *within)
        return self.known[key]

    def step(self, where: str) -> None:
        """A call begins or has ended."""
        self.calls += where == "before"
        if self.calls == self.dies_at and where == self.dies:
            self.dies_at = 0
            raise Killed

    def night(self, begin: Callable[[Bench], None]) -> list[str]:
        """From a quiet first poll through a fault to calm; the failures that nobody named."""
        self.stack.clear()
        self.proxy.forget()
        self.proxy.clock_off = timedelta(0)
        self.lines.repeats, self.dies_at, self.late = 0, 0, timedelta(0)
        self.stack.logs.load(WORKSPACE_ID, BEFORE)
        app, unnamed = self.app(), []
        self.poll(app, "08-21 16:00:00")
        self.stack.receiver.clear()
        self.stack.logs.load(WORKSPACE_ID, ROWS)
        for time_of_poll in (WRONG_AT, *CALM):
            if time_of_poll == WRONG_AT:
                self.calls = 0
                begin(self)
            try:
                self.poll(app, time_of_poll)
            except CorrelatorError:
                pass  # named, and the run shows as failed
            except Killed:
                app = self.app()
            except Exception as failure:
                unnamed.append(f"{type(failure).__name__}: {failure}")
            if time_of_poll == WRONG_AT:
                self.calls_then = self.calls
                self.quiet_down()
        return unnamed

    def quiet_down(self) -> None:
        """No fault is left over for the polls that follow."""
        for part in (self.stack.logs, self.stack.receiver, self.proxy):
            part.forget()
        self.proxy.clock_off = timedelta(0)
        self.dies_at = 0

    def app(self) -> App:
        """A fresh process."""
        made = build(os.environ)
        app = Mortal(made.settings, made.source, None, made.tables)
        app.bench = self
        app.source = Wire(app.source, self, ["fetch"])
        app.tables = Wire(app.tables, self, ["query", "get", "write"])
        return app

    def poll(self, app: App, moment: str) -> None:
        """The timer fires."""
        self.stack.set_clock(at(moment) + self.late)
        app.poll()

    def kept(self) -> set[str]:
        """The public tables, without what differs between two runs of one truth."""
        found = set()
        for name in ("incidents", "outages"):
            for row in self.stack.tables.get_table_client(name).list_entities():
                found.add(repr(sorted((k, str(v)) for k, v in row.items() if k not in ("Rev", "Json", "FirstSeen"))))
        return found

    def told(self) -> dict[str, Counter[str]]:
        """Every message of every chat, and how often it came."""
        return {c: Counter(json.dumps(b, sort_keys=True) for b in self.stack.receiver.bodies(f"/{c}")) for c in CHATS}


class Judge:
    """What a clean night has, and what others lack of it."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        unnamed = bench.night(lambda _: None)
        assert not unnamed, unnamed
        self.kept, self.last, self.calls = bench.kept(), self._last(), bench.calls_then

    def _last(self) -> dict[str, str]:
        """The last word in each chat."""
        return {c: _essence(bodies[-1]) for c in CHATS if (bodies := self.bench.stack.receiver.bodies(f"/{c}"))}

    def judge(self, case: Case) -> Outcome:
        """One night to its end."""
        unnamed = self.bench.night(case.begin)
        told, lines = self.bench.told(), self.bench.lines.repeats
        lost = len(self.kept - self.bench.kept()) + sum(self._last().get(c) != said for c, said in self.last.items())
        lost += sum(_missing(counts) for counts in told.values())
        repeated = sum(n - 1 for counts in told.values() for n in counts.values())
        unexplained = max(0, repeated - lines) + len(unnamed)
        return Outcome(lost, repeated, unexplained, "; ".join(unnamed)[:100])


def _missing(told: Counter[str]) -> int:
    """How many of an incident's messages never came: they are numbered, and the last one says which it is."""
    of_incident = [body for body in told if "VPN-" in body]
    numbers = [int(n) for body in of_incident for n in NUMBER.findall(body)]
    return max(0, max(numbers, default=1) - len(of_incident))


def _essence(body: object) -> str:
    """The last message's incident, and whether it knows the end: how many messages came before may differ."""
    text = json.dumps(body, ensure_ascii=False)
    return f"{text.partition('VPN-')[2][:15]} {'17:38:15' in text}"


EVERY: list[tuple[str, Callable[[], Fault]]] = [
    ("429, Retry-After 1", lambda: faults.throttled(1)),
    ("429", faults.throttled),
    ("500", lambda: faults.refused(500)),
    ("502 with a page of HTML", faults.bad_gateway),
    ("dropped before it was done", faults.dropped),
    ("answer lost after it was done", faults.answer_lost),
    ("slow", lambda: faults.slow_to_answer(0.3)),
    ("answer cut in the middle", faults.truncated),
    ("refused (403)", faults.forbidden),
]
OF_LOGS: list[tuple[str, Callable[[], Fault]]] = [
    ("partial result (Error)", lambda: faults.partial("Error")),
    ("partial result (Warning)", lambda: faults.partial("Warning")),
]
OF_TABLES: list[tuple[str, Callable[[], Fault]]] = [
    ("If-Match conflict", not_modified_by_us),
    ("busy (503)", lambda: faults.refused(503)),
]
OF_CHATS: list[tuple[str, Callable[[], Fault]]] = [
    ("bad card (400)", lambda: faults.refused(400)),
    ("gone (404)", lambda: faults.refused(404)),
    ("gone (410)", lambda: faults.refused(410)),
    ("too large (413)", lambda: faults.refused(413)),
    ("redirect", lambda: faults.refused(307, headers={"Location": "/elsewhere"})),
]
WHOLE_POLL = 60
"""More than any client tries within one poll."""
Make = Callable[[], Fault]


def cases(calls: int) -> Iterator[Case]:
    """The whole matrix: each fault once and for the whole poll, and a death before and after each call."""
    for label, make in EVERY + OF_LOGS:
        yield Case("log service", label, partial(_in_logs, make, 1))
        yield Case("log service", f"{label}, all the poll", partial(_in_logs, make, WHOLE_POLL))
    for label, make in EVERY + OF_TABLES:
        for call in (1, 2, 3, 5, 8):
            yield Case("tables", f"{label}, call {call}", partial(_in_tables, make, call, 1))
        yield Case("tables", f"{label}, all the poll", partial(_in_tables, make, 1, WHOLE_POLL))
    yield Case("tables", "an empty page with a token", lambda bench: bench.proxy.fail_next(empty_page()))
    for chat in CHATS:
        for label, make in EVERY + OF_CHATS:
            yield Case(chat, label, partial(_in_chat, chat, make))
    for days in (-400, -1, 1, 400):
        yield Case("tables", f"clock {days:+} days off, no log answer", partial(_clock_off, days))
    yield Case("the host", "asleep for a week, then cut short", _asleep)
    for call in range(1, calls + 1):
        for where in ("before", "after"):
            yield Case("the app", f"dies {where} call {call}", partial(_dies, call, where))


def _some(make: Make, times: int) -> list[Fault]:
    return [make() for _ in range(times)]


def _in_logs(make: Make, times: int, bench: Bench) -> None:
    bench.stack.logs.fail_next(*_some(make, times))


def _in_tables(make: Make, call: int, times: int, bench: Bench) -> None:
    """The calls before go well."""
    well = [Fault(lambda reply: reply, handled=True) for _ in range(call - 1)]
    bench.proxy.fail_next(*well, *_some(make, times))


def _in_chat(chat: str, make: Make, bench: Bench) -> None:
    bench.stack.receiver.fail_next(make(), path=f"/{chat}")


def _clock_off(days: int, bench: Bench) -> None:
    """Without a log answer a run goes by the storage's clock."""
    bench.proxy.clock_off = timedelta(days=days)
    bench.stack.logs.fail_next(*_some(faults.bad_gateway, WHOLE_POLL))


def _asleep(bench: Bench) -> None:
    """The poll comes a week late, and the service gives the week in portions only."""
    bench.stack.set_clock(at(WRONG_AT) + timedelta(days=7))
    bench.late = timedelta(days=7)
    bench.stack.logs.fail_next(faults.partial("Error"), Fault(lambda r: r, handled=True), faults.partial("Error"))


def _dies(call: int, where: str, bench: Bench) -> None:
    bench.calls, bench.dies_at, bench.dies = 0, call, where


def main() -> int:
    """Run the matrix; 1 if anything was lost or cannot be explained."""
    out = Console(highlight=False, stderr=True)
    prepare()
    for limits in (table_storage.TRANSPORT, log_analytics.LIMITS):
        limits.update(QUICK)  # type: ignore[attr-defined]
    began = time.monotonic()
    with Stack() as stack:
        certificate = Certificate(stack.certificate_file, stack.certificate_file.with_name("key.pem"))
        with (
            TablesProxy(stack.azurite.tables_endpoint, certificate) as proxy,
            patch.dict(os.environ, _settings(stack, proxy)),
        ):
            bench = Bench(stack, proxy)
            with patch.object(Workspace, "query", lambda *asked: bench.query(*asked)):
                results = run(bench, out)
    show(results, out)
    lost, repeated, unexplained = (sum(getattr(o, f) for _, o in results) for f in ("lost", "repeated", "unexplained"))
    out.print(f"{time.monotonic() - began:.0f} s")
    print(f"tried {len(results)}, lost {lost}, repeated {repeated}, unexplained {unexplained}", flush=True)
    return 1 if lost or unexplained else 0


def _settings(stack: Stack, proxy: TablesProxy) -> dict[str, str]:
    # Hours between two polls are no gap here: the nights leave them out.
    return {**stack.env, "POLL_SCHEDULE": "0 0 0 1 * *", "GATEWAY_SCOPES": "", "TABLES_ENDPOINT": proxy.endpoint}


def run(bench: Bench, out: Console) -> list[tuple[Case, Outcome]]:
    """Every case, with a line for each that is not as it should be."""
    judge = Judge(bench)
    results = []
    for case in cases(judge.calls):
        results.append((case, judge.judge(case)))
        outcome = results[-1][1]
        if outcome.lost or outcome.unexplained:
            out.print(f"[red]{case.side}: {case.fault}: {outcome}")
        if len(results) % 20 == 0:
            out.print(f"{len(results)} tried, the last: {case.side}, {case.fault}")
    return results


def show(results: Sequence[tuple[Case, Outcome]], out: Console) -> None:
    """One line a side."""
    table = Table("side", "tried", "lost", "repeated", "unexplained")
    for side in dict.fromkeys(c.side for c, _ in results):
        of = [o for c, o in results if c.side == side]
        sums = [sum(getattr(o, f) for o in of) for f in ("lost", "repeated", "unexplained")]
        table.add_row(side, str(len(of)), *map(str, sums))
    out.print(table)


if __name__ == "__main__":
    sys.exit(main())
