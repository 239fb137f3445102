"""What Azure loads: quick, quiet, and with the two timers that the documentation promises."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from correlator.delivery import LEASE
from correlator.fleet import PATIENCE, WITNESS_PATIENCE
from correlator.sources.log_analytics import LIMITS
from correlator.stores.slots import LEASE as SLOT_LEASE
from tests.app_module import loaded as loaded_app

ROOT = Path(__file__).parent.parent
HOST = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
IMPORT = """
import socket, sys
def refuse(*_):
    raise SystemExit("a connection was made at import")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
import function_app
assert function_app._app.cache_info().currsize == 0, "clients were made at import"
print(*{m.partition(".")[0] for m in sys.modules}, *(m for m in sys.modules if m.startswith("correlator")))
"""
COMPILED = """
import sys, typing, function_app
ours = [m for name, m in sys.modules.items() if name.startswith("correlator")]
nouns = {c for m in ours for c in vars(m).values() if isinstance(c, type) and hasattr(c, "_fields")}
fields = [(c, t) for c in nouns for t in c.__annotations__.values()]
assert len(fields) > 100
print(*(f"{c.__module__}.{c.__name__}" for c, t in fields if isinstance(t, typing.ForwardRef)))
"""
MOST_COMPILED = 60


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """The modules that are there after an import with no settings and no network."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORT], cwd=ROOT, env={}, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return set(done.stdout.split())


@pytest.fixture(scope="module")
def triggers() -> dict[str, dict[str, Any]]:
    """The trigger of each function, from the app loaded for itself."""
    return {f.get_function_name(): f.get_trigger().get_dict_repr() for f in loaded_app().app.get_functions()}


FANNED_OUT = {"WORKSPACE_IDS": "one,two,three", "FAN_OUT_ABOVE": "2"}


def functions(monkeypatch: pytest.MonkeyPatch, **settings: str) -> dict[str, list[dict[str, Any]]]:
    """The bindings of each function in a deployment with these settings."""
    for name in FANNED_OUT:
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return {
        f.get_function_name(): [b.get_dict_repr() for b in f.get_bindings()] for f in loaded_app().app.get_functions()
    }


def test_an_import_makes_no_client_and_no_request(loaded: set[str]) -> None:
    """Importing the app needs no setting, opens no connection, makes no client and writes nothing."""
    assert "correlator.wiring" in loaded


def test_few_annotations_are_compiled() -> None:
    """NamedTuple compiles annotations that are text, one by one: a file full of them has none at its cold start."""
    done = subprocess.run(
        [sys.executable, "-c", COMPILED], cwd=ROOT, env={}, capture_output=True, text=True, check=True, timeout=60
    )
    found = done.stdout.split()
    assert len(found) <= MOST_COMPILED, f"leave out annotations from __future__ where these are: {sorted(set(found))}"


def test_the_function_loads_no_command_line(loaded: set[str]) -> None:
    """Neither the command line nor its packages nor the sandbox is loaded by the function."""
    assert {"click", "rich", "correlator.cli", "sandbox", "pytest", "duckdb", "jinja2"}.isdisjoint(loaded)


def test_there_are_two_timers(triggers: dict[str, dict[str, Any]]) -> None:
    """The poll runs when POLL_SCHEDULE says, the summary every hour; neither runs at every start of a host."""
    found = {name: t for name, t in triggers.items() if t["type"] == "timerTrigger"}
    assert {name: t["schedule"] for name, t in found.items()} == {
        "poll": "%POLL_SCHEDULE%",
        "weekly_summary": "0 10 * * * *",
    }
    assert {t["runOnStartup"] for t in found.values()} == {False}


def test_no_queue_is_touched_by_few_workspaces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to the setting no function reads or writes a queue, so no role on one and no request to one is needed."""
    for settings in ({}, {**FANNED_OUT, "FAN_OUT_ABOVE": "3"}):
        found = functions(monkeypatch, **settings)
        assert [b["type"] for bindings in found.values() for b in bindings if "queue" in b["type"].lower()] == []
        assert [b["type"] for b in found["poll"]] == ["timerTrigger"]


def test_many_workspaces_are_polled_over_a_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the setting the poll timer writes the queue that one function reads, and another reads what it gave up."""
    found = functions(monkeypatch, **FANNED_OUT)
    queues = {
        name: [(b["type"], b["queueName"], b["connection"]) for b in bindings if "queue" in b["type"].lower()]
        for name, bindings in found.items()
    }
    assert {name: q for name, q in queues.items() if q} == {
        "poll": [("queue", "polls", "AzureWebJobsStorage")],
        "poll_workspace": [("queue", "polls", "AzureWebJobsStorage"), ("queueTrigger", "polls", "AzureWebJobsStorage")],
        "poll_given_up": [("queueTrigger", "polls-poison", "AzureWebJobsStorage")],
    }
    assert found.keys() - functions(monkeypatch).keys() == {"poll_workspace", "poll_given_up"}


def test_few_workspaces_load_nothing_of_many(loaded: set[str]) -> None:
    """What only a fleet needs is no part of anybody else's cold start."""
    assert {"correlator.fleet", "correlator.stores.slots"}.isdisjoint(loaded)


def test_every_route_wants_a_key_and_only_reads(triggers: dict[str, dict[str, Any]]) -> None:
    """Nobody without a function key is answered, and no request can change anything; two routes are for people."""
    every = [t for t in triggers.values() if t["type"] == "httpTrigger"]
    routes = [t for t in every if not t["route"].startswith("signed-in/")]
    assert (len(every), len(routes)) == (7, 5)
    assert {t["authLevel"].name for t in routes} == {"FUNCTION"}
    assert {m.value for t in routes for m in t["methods"]} == {"GET"}


def test_a_claim_outlives_a_run() -> None:
    """The host ends a run before its claims expire, and one query's limit lies well within a run."""
    hours, minutes, seconds = map(int, HOST["functionTimeout"].split(":"))
    run = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    assert run < LEASE
    assert run < SLOT_LEASE
    assert PATIENCE + LIMITS["timeout"] + WITNESS_PATIENCE < run.total_seconds()
    assert timedelta(seconds=LIMITS["timeout"]) < run


def test_a_message_is_tried_five_times() -> None:
    """The host waits half a minute between two tries, and gives up before the tick after next asks again."""
    queues = HOST["extensions"]["queues"]
    assert (queues["maxDequeueCount"], queues["visibilityTimeout"]) == (5, "00:00:30")
    assert (queues["batchSize"], queues["newBatchThreshold"]) == (32, 0)


def test_the_apps_own_line_is_not_sampled_away() -> None:
    """The one line a run writes reaches Application Insights: its level is on and traces are not sampled."""
    levels = HOST["logging"]["logLevel"]
    assert levels["Function"] == "Information"
    assert "Trace" in HOST["logging"]["applicationInsights"]["samplingSettings"]["excludedTypes"]
