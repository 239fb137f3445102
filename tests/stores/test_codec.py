"""What is kept outlives the code that wrote it, in one direction: older state goes on, newer state is refused."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from correlator.desk import look_again
from correlator.errors import CorrelatorError, StateTooNew
from correlator.poll import poll_all
from correlator.ports import Head, Notice
from correlator.stores.codec import COLUMN, MIGRATIONS, SCHEMA, pack, unpack
from correlator.stores.tables import STATE, Upsert
from tests.fakes import at
from tests.test_poll import GATEWAY, MAINTENANCE, POLICY, UP, WS, Night, tunnel, when

ROOT = Path(__file__).parents[2]
OLD = json.loads((Path(__file__).parent / "state-before-schemas.json").read_text())["rows"]
TYPED = ("B0", "Mark", "Created", "NextTry")
DOWN = tunnel("18:00:00", False, 1, reason="DPD timed out")


def typed(value: Any) -> Any:
    """What JSON cannot hold, by its look."""
    if not isinstance(value, str) or not value:
        return value
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        pass
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        return value


def recorded() -> Night:
    """The night of the record, whose state is the one that older code left."""
    night = Night([*UP, *MAINTENANCE, DOWN, tunnel("18:40:00", True, 1)])
    night.tables._rows.clear()
    for row, columns in OLD.items():
        found = {
            name: typed(v) if name[0] == "B" or name in ("Mark", "Created", "NextTry") else v
            for name, v in columns.items()
        }
        night.tables.write(STATE, WS, [Upsert(row, found)])
    night.log.now = when("18:20:00")
    return night


def test_an_older_state_goes_on() -> None:
    """A state that was written before schemas were counted is read whole: what waited is told, what was open ends."""
    night = recorded()
    before = night.store.read(WS)
    assert before.head.mark == when("18:20:00")
    (waiting,) = before.outbox
    night.until("19:10:00")
    said = night.chats["teams"].said
    assert [n.moment.value for n in said] == ["opened", "reminder", "recovered"]
    assert {n.subject for n in said} == {waiting.notice.subject}
    assert COLUMN in night.tables.query(STATE, WS, "head", "head~")[0][0].properties


def test_a_newer_state_is_refused_and_left_alone() -> None:
    """Code that was rolled back names what is wrong and the way out, tells nothing, and writes nothing."""
    night = Night([*UP, DOWN])
    (head,) = night.tables.query(STATE, WS, "head", "head~")[0]
    night.tables.write(STATE, WS, [Upsert("head", {**head.properties, COLUMN: SCHEMA + 1})])
    before = night.tables.query(STATE, WS, "", "~")[0]
    night.log.now = when("18:20:00")
    reports, failures = poll_all([WS], night.log, night.store, night.chats, POLICY)
    assert (reports, night.chats["teams"].said) == ([], [])
    assert "newer version" in str(failures[WS])
    assert isinstance(failures[WS], StateTooNew)
    assert isinstance(failures[WS], CorrelatorError)
    assert night.tables.query(STATE, WS, "", "~")[0] == before


def test_a_message_of_a_newer_kind_waits(caplog: pytest.LogCaptureFixture) -> None:
    """Code that was rolled back tells what it knows, and leaves in the outbox what only newer code can tell."""
    night = Night([*UP, tunnel("18:00:00", False, 0, reason="DPD timed out")])
    night.chats["teams"].outcome = lambda: "timeout"
    night.until("18:20:00")
    rows = night.tables.query(STATE, WS, "notice|", "notice~")[0]
    known = next(e for e in rows if e.properties["Channel"] == "teams")
    written = msgspec.to_builtins(unpack(Notice, known.properties))
    newer = [written[0] + "-new", *written[1:3], written[3] | {"moment": "of-tomorrow"}, *written[4:], "a new field"]
    row = "notice|" + newer[0]
    night.tables.write(STATE, WS, [Upsert(row, {**known.properties, **pack(newer)})])
    there = night.tables.get(STATE, WS, row)
    assert there
    night.chats["teams"].outcome = lambda: "ok"
    night.until("19:20:00")
    assert night.chats["teams"].said[0].moment == "opened"
    assert [e.row for e in night.tables.query(STATE, WS, "notice|", "notice~")[0]] == [row]
    assert night.tables.get(STATE, WS, row) == there
    assert night.store.read(WS).unknown == [newer[0]]
    last = caplog.messages[-1]
    assert newer[0] in last
    assert "newer version" in last
    assert "Traceback" not in caplog.text


def test_a_word_may_be_left_by_older_code() -> None:
    """A command line that is older than the app reads nothing of a gateway that it need not know."""
    night = Night([*UP, DOWN])
    (there,) = night.tables.query(STATE, WS, "gateway|", "gateway~")[0]
    newer = {**there.properties, **pack({"gateway": GATEWAY.format(1), "tracked": "of tomorrow"})}
    night.tables.write(STATE, WS, [Upsert(there.row, newer)])
    look_again(night.store, [WS], [GATEWAY.format(1), "nobody"])
    assert list(night.store.read(WS).head.due) == [GATEWAY.format(1)]


def test_migrations_are_run_in_their_order() -> None:
    """From the schema in which a thing was written each step follows, and is told of what type it is."""
    seen: list[tuple[int, str]] = []

    def step(n: int) -> Any:
        def way(kind: str, written: Any) -> Any:
            seen.append((n, kind))
            return written | {"week": written.get("week", "") + str(n)}

        return way

    kept = pack(Head(mark=at("2026-08-21T12:00:00"), week="w"))
    ways = {**MIGRATIONS, 1: step(1), 2: step(2)}
    assert unpack(Head, kept, 3, ways) == Head(mark=at("2026-08-21T12:00:00"), week="w12")
    assert seen == [(1, "Head"), (2, "Head")]
    assert unpack(Head, {**kept, COLUMN: 3}, 3, ways).week == "w"
    with pytest.raises(StateTooNew):
        unpack(Head, {**kept, COLUMN: 4}, 3, ways)


def test_every_schema_has_its_way() -> None:
    """There is a step from each schema to the next, up to today's."""
    assert set(MIGRATIONS) == set(range(SCHEMA))


FIRST_IN_THREADS = """
import sys, threading
from correlator.model import GatewayState
from correlator.stores.codec import pack, unpack
sys.setswitchinterval(1e-6)
kept, gate = pack(GatewayState("g")), threading.Barrier(16)
def read():
    gate.wait()
    unpack(GatewayState, kept)
threads = [threading.Thread(target=read) for _ in range(16)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


def test_several_threads_may_be_the_first_to_read() -> None:
    """The first reads of a process may come from several threads at once: msgspec by itself would crash at times."""
    for _ in range(5):
        done = subprocess.run([sys.executable, "-c", FIRST_IN_THREADS], cwd=ROOT, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
