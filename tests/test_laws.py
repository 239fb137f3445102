"""The laws of the design as properties. Each was broken by some first draft; nine subtle cases came out of them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from correlator.categories import read_rows
from correlator.correlate import correlate
from correlator.delivery import Delivery, Report
from correlator.errors import SourceUnavailable, StaleWrite
from correlator.incident_json import incident_object
from correlator.measures import downtime_seconds
from correlator.model import Incident, LogRow, Policy, Side, Status
from correlator.poll import poll
from correlator.stores.memory import MemoryTables
from correlator.stores.store import TableStore
from correlator.wording import Style
from tests.fakes import Arrival, Chat, Fuse, Killed, ScriptedLog, at
from tests.interleave import Interleaved
from tests.timeline import OUTSIDE

POLICY = Policy()
STYLE = Style()
START = at("2026-08-20T00:00:00")
MINUTE = timedelta(minutes=1)
WS = "workspace"
GATEWAYS = [f"/subscriptions/s/providers/microsoft.network/virtualnetworkgateways/gw{n}" for n in (1, 2)]
PEERS = ["203.0.113.10", "198.51.100.7"]
REASONS = ["", "", "DPD timed out", "GlobalStandbyChanged", "RemotelyTriggered", "Unknown"]

# Coarse times make ties, overlaps and window edges likely; three clusters in a week make checkpoints matter.
moments = st.builds(
    lambda day, half_minutes: START + timedelta(days=day, hours=21) + half_minutes * MINUTE / 2,
    st.integers(0, 4),
    st.integers(0, 12 * 60),
)
tunnel_rows = st.builds(
    lambda t, gw, up, peer, instance, reason: LogRow(
        t, "", gw, "TunnelDiagnosticLog", "", "", "Connected" if up else "Disconnected",
        f"GatewayTenantWorker_IN_{instance}", peer, "" if up else reason,
    ),
    moments, st.sampled_from(GATEWAYS), st.booleans(), st.sampled_from(PEERS), st.integers(0, 1),
    st.sampled_from(REASONS),
)  # fmt: skip
gateway_rows = st.builds(
    lambda t, gw, operation, instance: LogRow(t, "", gw, "GatewayDiagnosticLog", operation, "", "", instance, "", ""),
    moments,
    st.sampled_from(GATEWAYS),
    st.sampled_from(["HostMaintenanceEvent", "SetGatewayConfiguration", "GatewayTenantPrimaryChanged"]),
    st.sampled_from(["", "GatewayTenantWorker_IN_0", "GatewayTenantWorker_IN_1"]),
)
HEARTBEAT = [
    LogRow(START + timedelta(hours=h), "", "/subscriptions/s", "AzureActivity", "", "", "", "", "", "Administrative")
    for h in range(-3 * 24, 9 * 24, 24)
]
"""An activity log that is exported has rows all the time."""
activity_rows = st.builds(
    lambda t, gw, told: LogRow(t, "", gw, "AzureActivity", told[1], told[3], told[2], "", "someone", told[0]),
    moments, st.sampled_from(GATEWAYS), st.sampled_from(list(OUTSIDE.values())),
)  # fmt: skip
rows = st.lists(st.one_of(tunnel_rows, tunnel_rows, tunnel_rows, gateway_rows, activity_rows), max_size=40)
lateness = st.one_of(st.integers(0, 15), st.integers(0, 15), st.integers(0, 47 * 60))
histories = st.lists(
    st.builds(
        lambda row, late, jitter: Arrival(row.at + late * MINUTE, row.at + (late + jitter) * MINUTE, row),
        st.one_of(tunnel_rows, tunnel_rows, tunnel_rows, gateway_rows, activity_rows), lateness, st.integers(0, 10),
    ),
    max_size=40,
).map(lambda found: [*found, *(Arrival(r.at, r.at, r) for r in HEARTBEAT if isinstance(r.at, datetime))])  # fmt: skip


def replayed(log_rows: Iterable[LogRow]) -> list[Incident]:
    """One correlation of everything."""
    read = read_rows(log_rows)
    return [i for _, log in sorted(read.logs.items()) for i in correlate(log, POLICY).incidents]


def essence(document: dict[str, Any]) -> str:
    """An incident without its name, its pending mark and how it came to be known."""
    cause = {k: document["cause"][k] for k in ("code", "confidence", "rule", "evidence", "not_found")}
    keep = ("status", "started_at", "ended_at", "downtime_seconds", "connection_downtime_seconds", "impact",
            "gateway", "outages", "flapping", "remarks")  # fmt: skip
    return repr(({k: document[k] for k in keep}, cause))


def truth(log_rows: Iterable[LogRow]) -> list[str]:
    return sorted(essence(incident_object(i, STYLE)) for i in replayed(log_rows))


def stored(store: TableStore) -> list[str]:
    weeks = [f"2026-W{n}" for n in range(33, 38)]
    return sorted(essence(d) for d in store.documents(weeks) if d["status"] not in ("retracted", "absorbed"))


@settings(max_examples=300)
@given(rows, st.randoms(use_true_random=False))
def test_order_and_repetition(log_rows: list[LogRow], chance: random.Random) -> None:
    """Law 1: order and repetition of rows do not matter."""
    shuffled = log_rows + [chance.choice(log_rows) for _ in range(5)] if log_rows else []
    chance.shuffle(shuffled)
    assert replayed(shuffled) == replayed(shuffled[::-1])
    assert replayed(log_rows) == replayed(shuffled)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(histories, st.lists(st.integers(1, 60 * 20), min_size=4, max_size=40))
def test_many_polls_over_late_rows_equal_one_replay(arrivals: list[Arrival], steps: list[int]) -> None:
    """Law 2: many polls over rows up to two days late end in the same incidents as one replay of everything."""
    log, store, chat = ScriptedLog(arrivals, START), TableStore(MemoryTables(), STYLE), Chat()
    end = START + timedelta(days=9)
    for step in [*steps, *([12 * 60] * 30)]:
        poll(WS, log, store, {"teams": chat}, POLICY)
        log.now = min(end, log.now + step * MINUTE)
    poll(WS, log, store, {"teams": chat}, POLICY)
    assert stored(store) == truth(a.row for a in arrivals)


def row(when: str, up: bool, instance: int, *, ingested: str = "", visible: str = "") -> Arrival:
    """A tunnel row of one gateway and peer, with when it was ingested and could be seen."""
    status = "Connected" if up else "Disconnected"
    name = f"GatewayTenantWorker_IN_{instance}"
    made = LogRow(at(when), "", GATEWAYS[0], "TunnelDiagnosticLog", "", "", status, name, PEERS[0], "")
    seen = at(ingested or when)
    return Arrival(seen, at(visible) if visible else seen, made)


def polled(arrivals: list[Arrival], moments_of_polls: Iterable[datetime]) -> TableStore:
    log, store = ScriptedLog(arrivals, START), TableStore(MemoryTables(), STYLE)
    poll(WS, log, store, {}, POLICY)
    for moment in moments_of_polls:
        log.now = moment
        poll(WS, log, store, {}, POLICY)
    return store


def test_a_mode_proved_earlier_by_a_late_row() -> None:
    """Law 2, a case that broke a draft: a row 39 hours late moves the proof of active-active to before a checkpoint."""
    arrivals = [
        row("2026-08-20T21:00:00", False, 0),
        row("2026-08-20T21:00:00", True, 0),
        row("2026-08-21T21:00:00", True, 1),
        row("2026-08-23T21:00:00", False, 0),
        row("2026-08-22T21:00:00", False, 0, ingested="2026-08-24T11:55:00", visible="2026-08-24T12:05:00"),
    ]
    store = polled(arrivals, (START + timedelta(hours=12 * n, minutes=4) for n in range(20)))
    assert stored(store) == truth(a.row for a in arrivals)


def test_a_row_that_is_seen_after_it_was_ingested() -> None:
    """Law 2, why queries overlap: a row ingested before one poll but visible only after it is not lost."""
    arrivals = [row("2026-08-20T01:58:00", False, 0, ingested="2026-08-20T02:00:00", visible="2026-08-20T02:07:00")]
    store = polled(arrivals, (START + timedelta(hours=2, minutes=5 * n) for n in range(1, 4)))
    assert stored(store) == truth(a.row for a in arrivals)


@settings(max_examples=100, deadline=None)
@given(histories)
def test_a_poll_with_nothing_new_is_silent(arrivals: list[Arrival]) -> None:
    """Law 3: a poll that finds nothing new and has nothing due says nothing and writes nothing but the mark."""
    log, tables, chat = ScriptedLog(arrivals, START + timedelta(days=8)), MemoryTables(), Chat()
    store = TableStore(tables, STYLE)
    for _ in range(12):
        poll(WS, log, store, {"teams": chat}, POLICY)
        log.now += 11 * MINUTE
    while any(at <= log.now for at in store.read(WS).head.due.values()):  # a reminder, say
        poll(WS, log, store, {"teams": chat}, POLICY)
        log.now += MINUTE
    said = len(chat.said)
    calls: list[str] = []
    quiet = TableStore(Fuse(tables, calls.append), STYLE)
    poll(WS, log, quiet, {"teams": chat}, POLICY)
    assert len(chat.said) == said
    assert [c for c in calls if c.startswith("before")] == ["before query", "before write"]


@settings(max_examples=300)
@given(rows)
def test_outages_are_conserved(log_rows: list[LogRow]) -> None:
    """Law 5: one outage belongs to exactly one incident, ids are unique, and no downtime is lost or counted twice."""
    incidents = replayed(log_rows)
    ids = [i.id for i in incidents]
    assert len(ids) == len(set(ids))
    outages = Counter((i.gateway, o) for i in incidents for o in i.outages)
    assert not outages or max(outages.values()) == 1
    for incident in incidents:
        spans = [(o.start, o.end) for o in incident.outages if o.end]
        edges = sorted({t for span in spans for t in span})
        covered = sum((b - a).total_seconds() for a, b in pairwise(edges) if any(s <= a and b <= e for s, e in spans))
        assert abs(downtime_seconds(incident) - covered) < 1e-6


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories)
def test_the_projection_can_be_thrown_away(arrivals: list[Arrival]) -> None:
    """Law 6: state and tables thrown away, one first poll within the look-back brings the same incidents back."""
    recent = [a for a in arrivals if a.row.at > START + timedelta(days=3)]  # type: ignore[operator]
    store = TableStore(MemoryTables(), STYLE)
    log = ScriptedLog(recent, START + timedelta(days=5, hours=6))
    poll(WS, log, store, {}, POLICY)
    visible = [a.row for a in recent if a.visible <= log.now]
    assert stored(store) == truth(visible)


@settings(max_examples=100, deadline=None)
@given(histories, st.integers(0, 9))
def test_a_failed_query_moves_nothing(arrivals: list[Arrival], failing: int) -> None:
    """Law 7: a failed query never shrinks or closes an incident, and the mark does not move."""
    log, tables, chat = ScriptedLog(arrivals, START), MemoryTables(), Chat()
    store = TableStore(tables, STYLE)
    for n in range(10):
        log.now += timedelta(hours=20)
        log.failing = n == failing
        before, mark = stored(store), store.read(WS).head.mark
        if log.failing:
            with pytest.raises(SourceUnavailable):
                poll(WS, log, store, {"teams": chat}, POLICY)
            assert (stored(store), store.read(WS).head.mark) == (before, mark)
        else:
            poll(WS, log, store, {"teams": chat}, POLICY)


SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=300, deadline=None, suppress_health_check=SLOW)
@given(histories, st.integers(0, 2**32), st.sampled_from([0.0, 0.02, 0.05, 0.15]))
def test_killed_anywhere_loses_nothing(arrivals: list[Arrival], seed: int, danger: float) -> None:
    """Law 4: killed at any I/O call or refused by the channel, nothing is lost and every repeat is explained."""
    _Storm(arrivals, seed, danger).blow(runs_at_once=1)


@settings(max_examples=300, deadline=None, suppress_health_check=SLOW)
@given(histories, st.integers(0, 2**32), st.sampled_from([0.0, 0.0, 0.02, 0.1]))
def test_two_runs_at_once_lose_nothing(arrivals: list[Arrival], seed: int, danger: float) -> None:
    """Law 4: two runs at once, interleaved at every I/O call and killed there, lose nothing and say nothing twice."""
    _Storm(arrivals, seed, danger).blow(runs_at_once=2)


LIVE, CALM = 36, 10
"""Polls: the last row of a history, two days late, is seen soon after the seventh day; then all is well for a week."""


class _Storm:
    """Seven and a half days of polls under faults, then calm; what must hold afterwards."""

    def __init__(self, arrivals: list[Arrival], seed: int, danger: float) -> None:
        self.arrivals, self.chance, self.danger = arrivals, random.Random(seed), danger
        self.log, self.chat = ScriptedLog(arrivals, START), Chat()
        self.tables = MemoryTables(lambda: self.log.now)
        self.calm = TableStore(self.tables, STYLE)
        self.turns = Interleaved(self.chance)
        self.live = False
        self.last: dict[int, str] = {}
        self.excuses = 0  # kills between a send and its receipt, and lost answers: each may cause one repeat

    def blow(self, runs_at_once: int) -> None:
        poll(WS, self.log, self.calm, {"teams": self.chat}, POLICY)  # a first run has nothing to lose yet
        self.chat.outcome = self.outcome
        for n in range(LIVE + CALM):
            self.live = n < LIVE
            self.turns.run(*(partial(self.poll, me) for me in range(runs_at_once if self.live else 1)))
            self.log.now += timedelta(hours=5 if self.live else 20)
        Delivery(self.calm, {"teams": self.chat}, self.log.now + timedelta(days=1), Report(WS)).run(self.calm.read(WS))
        assert stored(self.calm) == truth(a.row for a in self.arrivals)
        assert self.calm.read(WS).outbox == []
        _last_words(self.calm, self.chat)
        told = [(s.subject, s.number) for s in self.chat.said if not s.missed]
        repeats = sum(n - 1 for n in Counter(told).values())
        assert repeats <= self.excuses

    def poll(self, me: int) -> None:
        burn = partial(self.burn, me)
        self.last[me] = ""
        store = TableStore(Fuse(self.tables, burn), STYLE)
        try:
            poll(WS, Fuse(self.log, burn), store, {"teams": Fuse(self.chat, burn)}, POLICY)
        except (Killed, StaleWrite):
            return

    def burn(self, me: int, where: str) -> None:
        if not self.live:
            return
        if where == "before fetch":
            self.log.now += timedelta(seconds=1)  # no two runs are given the same clock
        self.turns.pause(me)
        if self.chance.random() < self.danger:
            sent = where == "after send" or (where == "before write" and self.last[me] == "after send")
            self.excuses += sent
            raise Killed(where)
        self.last[me] = where

    def outcome(self) -> str:
        drawn = self.chance.choice(["ok"] * 6 + ["timeout", "answer lost", "refused", "gone"]) if self.live else "ok"
        self.excuses += drawn == "answer lost"
        return drawn


def _last_words(store: TableStore, chat: Chat) -> None:
    """Every incident that stands was told, last of all with the status and side that it has in the table.

    But a short drop of the remote side, and more of them after an end that was told: those are for the week. What a
    channel missed for more than a day is told by its number and the names of its incidents.
    """
    last: dict[str, tuple[Status, Side]] = {}
    missed: set[str] = set()
    numbers: dict[str, list[int]] = {}
    for n in chat.said:
        if n.missed:
            assert not n.missed.unnamed
            missed |= set(n.missed.subjects)
            continue
        assert n.incident
        missed.discard(n.subject)
        numbers.setdefault(n.subject, []).append(n.number)
        last[n.subject] = n.incident.status, n.incident.finding.cause.side
        for other in n.also:
            numbers.setdefault(other.id, []).append(other.number)
            last[other.id] = other.status, other.cause.side
    for document in store.documents([f"2026-W{n}" for n in range(33, 38)]):
        if document["id"] in missed or (document["id"] not in last and _for_the_week(document)):
            continue
        if document["status"] in ("open", "recovered"):
            assert last[document["id"]] == (document["status"], document["cause"]["side"])
    for subject, told_in_order in numbers.items():
        assert list(dict.fromkeys(told_in_order)) == sorted(set(told_in_order)), subject


def _for_the_week(document: dict[str, Any]) -> bool:
    short = all(o["duration_seconds"] < 120 for o in document["outages"] if not o["open"])
    return document["status"] == "recovered" and document["cause"]["side"] == "remote" and short
