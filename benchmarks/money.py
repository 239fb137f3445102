"""What counted calls cost in a month, at list prices. Each price says where it was read and when.

Prices differ by region and change: the sums are what to trust. Nothing here is measured in Azure; how long a run waits
for its answers is assumed below.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any, NamedTuple


class Price(NamedTuple):
    """US dollars for ``per`` units, after ``free`` units a month."""

    dollars: float
    per: float
    source: str
    free: float = 0

    def of(self, units: float) -> float:
        """What so many units cost in a month."""
        return max(0.0, units - self.free) * self.dollars / self.per


FUNCTIONS = "https://azure.microsoft.com/pricing/details/functions/, Flex Consumption, as quoted in 2026"
MONITOR = "https://azure.microsoft.com/pricing/details/monitor/"
STORAGE = "https://azure.microsoft.com/pricing/details/storage/"
EXECUTIONS = Price(0.40, 1_000_000, FUNCTIONS, free=250_000)
GB_SECONDS = Price(0.000026, 1, FUNCTIONS, free=100_000)
TABLE_CALLS = Price(0.00036, 10_000, f"{STORAGE}tables/, any operation, a transaction is one; as quoted on 2026-07-22")
QUEUE_CALLS = Price(0.004, 10_000, f"{STORAGE}queues/, v2, as quoted in 2026")
BLOB_CALLS = Price(0.05, 10_000, f"{STORAGE}blobs/, hot, locally redundant: from memory, for writes")
TELEMETRY = Price(2.30, 1, f"{MONITOR}, a GB taken in; as quoted on 2026-07-22")
LOG_QUERIES = Price(0, 1, f"{MONITOR}: those of Analytics tables are part of taking in")

POLLS = 12 * 24 * 30
"""Polls a month, at one every five minutes."""
OTHER_RUNS = 24 * 30
"""Those of the hourly timer: reports, the daily check, housekeeping."""
ANSWER = 2.0
"""Seconds for a log query (assumed)."""
CALL = 0.01
"""Seconds for a call to Table Storage in the same region (assumed)."""
POST = 0.5
"""Seconds for a message (assumed); a channel takes one a second."""
SIZE = 0.5
"""GB of an instance: the smallest of the plan, which the template takes."""
LEASES = 90_000
"""Blob operations a month: the host renews its lock on the timers and notes when they fired (docs/deploy.md)."""
TELEMETRY_OF_A_RUN = 12e-6
"""GB (docs/deploy.md)."""
QUEUE_OF_A_MESSAGE = 3
"""Operations: a message is put, taken and deleted."""
TELEMETRY_OF_A_POLL = 2e-6
"""GB of the line of one poll, where a run does several (assumed)."""
AT_ONCE, MESSAGES, SHARE, PERIOD = 5, 32, 20.0, 300.0
"""Turns to ask, messages of a tick, seconds of a run that shares them, seconds between two polls (docs/scale.md)."""
CPU = 4.0
"""A small instance's seconds for one of these (assumed: a quarter of a core)."""
NIGHTS = {"maintenance": 1.0, "storm": 0.25}
"""How often a month every gateway is serviced, and how often all of them drop at once (assumed)."""


class Bill(NamedTuple):
    """Dollars a month."""

    tables: float
    queue: float
    executions: float
    time: float
    blobs: float
    telemetry: float

    @property
    def total(self) -> float:
        """All of it."""
        return sum(self)


def seconds(found: Mapping[str, Any]) -> float:
    """How long counted work lasts in Azure: its calls one after the other, and its CPU."""
    calls = found["calls"]
    waits = calls.get("log query", 0) * ANSWER + calls.get("send", 0) * POST
    return float(waits + _table_calls(found) * CALL + found["cpu"] * CPU)


def of_gateways(quiet: Mapping[str, Any], nights: Mapping[str, Mapping[str, Any]]) -> Bill:
    """One workspace: a month of quiet polls, and the nights on top. ``quiet`` and each night: so many ``turns``."""
    polls = POLLS / quiet["turns"]
    calls = _table_calls(quiet) * polls + sum(_table_calls(nights[n]) * often for n, often in NIGHTS.items())
    lasting = seconds(quiet) * polls + sum(seconds(nights[n]) * often for n, often in NIGHTS.items())
    runs = POLLS + OTHER_RUNS
    return _bill(calls, 0, runs, lasting + OTHER_RUNS * ANSWER)


def of_workspaces(tick: Mapping[str, Any]) -> Bill:
    """Many quiet workspaces, polled by the runs of one instance, of which as many ask at once as there are turns."""
    calls = (_table_calls(tick["ask"]) + _table_calls(tick["polls"])) * POLLS
    shared = max(min(MESSAGES, tick["workspaces"]), ceil(seconds(tick["polls"]) / SHARE)) * POLLS
    lasting = (seconds(tick["ask"]) + min(PERIOD, round_of(tick))) * POLLS
    lines = (tick["workspaces"] * POLLS - shared) * TELEMETRY_OF_A_POLL
    return _bill(calls, shared * QUEUE_OF_A_MESSAGE, shared + POLLS + OTHER_RUNS, lasting + OTHER_RUNS * ANSWER, lines)


def round_of(tick: Mapping[str, Any]) -> float:
    """Seconds until every workspace had its turn."""
    return seconds(tick["polls"]) / AT_ONCE


def _bill(calls: float, queue: float, runs: float, lasting: float, lines: float = 0.0) -> Bill:
    money = (TABLE_CALLS.of(calls), QUEUE_CALLS.of(queue), EXECUTIONS.of(runs), GB_SECONDS.of(lasting * SIZE))
    return Bill(*money, BLOB_CALLS.of(LEASES), TELEMETRY.of(runs * TELEMETRY_OF_A_RUN + lines))


def _table_calls(found: Mapping[str, Any]) -> float:
    calls = found["calls"]
    return float(calls.get("table read", 0) + calls.get("table write", 0))
