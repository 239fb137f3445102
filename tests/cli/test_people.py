"""Silences, planned work and remarks from the command line, on the emulator's tables."""

from __future__ import annotations

import json

import pytest
from azure.identity import DefaultAzureCredential

from correlator.model import Policy
from correlator.poll import poll
from correlator.stores.store import TableStore
from correlator.stores.table_storage import AzureTables
from correlator.wording import Style
from sandbox.stack import WORKSPACE_ID, Stack
from tests.cli.conftest import Ran, Run
from tests.fakes import Arrival, Chat, ScriptedLog
from tests.test_poll import GATEWAY, UP, closed, tunnel, when


class Watched:
    """A store on the emulator with one open incident and one that is over, polled on a scripted clock."""

    def __init__(self, stack: Stack, rows: list[Arrival]) -> None:
        tables = AzureTables.at(stack.azurite.tables_endpoint, DefaultAzureCredential())
        self.store = TableStore(tables, Style())
        self.log, self.chat = ScriptedLog(rows, when("00:30:00")), Chat()
        self.poll("00:30:00")

    def poll(self, time: str) -> list[str]:
        before = len(self.chat.said)
        self.log.now = when(time)
        poll(WORKSPACE_ID, self.log, self.store, {"teams": self.chat}, Policy())
        return [n.moment.value for n in self.chat.said[before:]]

    def ids(self) -> dict[str, str]:
        return {d["status"]: d["id"] for d in self.store.documents(["2026-W34"])}


@pytest.fixture
def watched(stack: Stack, run: Run, monkeypatch: pytest.MonkeyPatch) -> Watched:
    for name, value in stack.env.items():
        monkeypatch.setenv(name, value)
    night = Watched(stack, [*UP, tunnel("17:13:04", False, 0, reason="DPD timed out"), *closed("12:00:00", gateway=2)])
    night.poll("17:25:00")
    return night


def refused(ran: Ran) -> str:
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert ran.out == ""
    return ran.err


def test_what_people_write_is_one_plain_line(run: Run, watched: Watched, stack: Stack) -> None:
    """No control or direction character of what somebody pastes gets into a table, nor back onto a terminal."""
    over, odd = watched.ids()["recovered"], "kim \x1b[31m\u202e\nx"
    printed = run("note", over, odd, "--by", odd).out
    printed += run("planned-work", "add", "--for", "1h", "--why", odd, "--by", odd, "--peer", odd).out
    printed += run("planned-work", "list").out
    rows = [dict(e) for e in stack.tables.get_table_client("remarks").list_entities()]
    assert len(rows) == 2
    written = [v for row in rows for v in row.values() if isinstance(v, str)]
    assert all(text.isprintable() for text in (*written, *printed.splitlines()))


def test_remarks(run: Run, watched: Watched) -> None:
    """Acknowledging stops reminders, a note and another cause stand beside the verdict, closing ends it."""
    open_one, over = watched.ids()["open"], watched.ids()["recovered"]
    assert "acknowledged by kim" in run("ack", open_one, "--by", "kim").out
    assert watched.poll("17:50:00") == []
    said = run("reclassify", over, "planned-work", "--text", "we did it", "--by", "lee", "--json")
    assert json.loads(said.out)["cause"] == "planned-work"
    assert run("note", open_one, "ticket 4711").code == 0
    watched.poll("17:55:00")
    documents = {d["id"]: d for d in watched.store.documents(["2026-W34"])}
    assert documents[open_one]["acknowledged"]["by"] == "kim"
    assert documents[open_one]["notes"][-1]["text"] == "ticket 4711"
    assert (documents[over]["cause"]["code"], documents[over]["person"]["code"]) == ("remote-closed", "planned-work")
    shown = run("show", open_one).out
    assert "ticket 4711" in shown.partition("What people added")[2]
    assert "Acknowledged · " in shown.partition("History")[2]
    assert run("close", open_one, "--by", "kim").code == 0
    assert watched.poll("18:00:00") == ["removed"]
    assert watched.ids()["removed"] == open_one


def test_what_cannot_be_said_of_an_incident(run: Run, watched: Watched) -> None:
    """One line names what is wrong and the way out."""
    over = watched.ids()["recovered"]
    assert "only an open incident can be acknowledged" in refused(run("ack", over))
    assert "no incident id" in refused(run("ack", "VPN-1"))
    assert "no incident VPN-20260821-000000" in refused(run("note", "VPN-20260821-000000", "x"))
    assert "'my-fault' is not one of" in refused(run("reclassify", over, "my-fault"))
    assert "at most 1000" in refused(run("note", over, "x" * 1001))


@pytest.mark.parametrize("kind", ["silence", "planned-work"])
def test_what_an_entry_is_for_is_as_short_as_a_note(run: Run, kind: str) -> None:
    """It stands in messages and in one column: nothing is asked or written of one that is too long."""
    long = {"--why": "too much", "--by": "kim", "--peer": "203.0.113.10"}
    for option in long:
        said = {**long, option: "x" * 1001}
        words = [word for pair in said.items() for word in pair]
        line = refused(run(kind, "add", "--for", "1h", *words))
        assert line == f"Error: {option} has 1001 characters; give at most 1000\n"


def test_without_tables(run: Run) -> None:
    """Without settings the line says which are missing."""
    assert "TABLES_ENDPOINT or TABLES_CONNECTION_STRING" in refused(run("ack", "VPN-20260821-000000"))


def test_a_silence(run: Run, watched: Watched) -> None:
    """Added for a time, listed, in force with the next poll, and removed: what is open is then told."""
    name = GATEWAY.format(1).rsplit("/", 1)[-1]
    when_and_why = ("--from", "2026-08-21T17:00Z", "--to", "2099-01-01T00:00Z", "--why", "moving house")
    added = json.loads(run("silence", "add", "--gateway", name, *when_and_why, "--by", "kim", "--json").out)
    assert (added["gateway"], added["start"], added["who"]) == (GATEWAY.format(1), "2026-08-21T17:00:00Z", "kim")
    assert added["id"] in run("silence", "list", TIMEZONE="Asia/Tokyo").out
    assert "JST" in run("silence", "list", TIMEZONE="Asia/Tokyo").out
    assert watched.poll("17:50:00") == []
    assert run("silence", "remove", added["id"].lower()).code == 0
    assert run("silence", "list").out == "No silence is set.\n"
    assert watched.poll("17:55:00") == ["reminder"]


def test_planned_work_entered_afterwards(run: Run, watched: Watched) -> None:
    """Entered for a time that is over, in the reader's zone, it explains the drop that began in it."""
    times = ("--from", "2026-08-22T02:00", "--for", "30m")
    assert run("planned-work", "add", *times, "--why", "firmware", TIMEZONE="Asia/Tokyo").code == 0
    watched.poll("17:50:00")
    found = {d["id"]: d["cause"] for d in watched.store.documents(["2026-W34"])}[watched.ids()["open"]]
    assert (found["code"], found["confidence"], found["rule"]) == ("planned-work", "confirmed", "planned-work")
    assert "firmware" in json.dumps(found["evidence"])


def test_what_cannot_be_entered(run: Run, watched: Watched) -> None:
    """One line names what is wrong and the way out."""
    assert "either --to or --for" in refused(run("silence", "add", "--why", "x"))
    assert "either --to or --for" in refused(run("silence", "add", "--why", "x", "--for", "2h", "--to", "-0m"))
    assert "--from must lie before --to" in refused(run("silence", "add", "--why", "x", "--to", "-2h"))
    assert "--for: give a number and a unit" in refused(run("silence", "add", "--why", "x", "--for", "soon"))
    assert "no gateway called" in refused(run("silence", "add", "--why", "x", "--for", "2h", "--gateway", "nowhere"))
    assert "see planned-work list" in refused(run("planned-work", "remove", "ABCDEF"))
    lacking = refused(run("planned-work", "add", "--for", "2h"))
    assert "--why" in lacking
    assert "python -m correlator planned-work add --help" in lacking
