"""What was said is kept: in the transaction that forgets the notice, and from there in a public table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from correlator.delivery import Report
from correlator.errors import StoreUnavailable
from correlator.model import Move
from correlator.notification import Moment, PollingGap
from correlator.poll import Aside, poll
from correlator.ports import Receipt
from correlator.reports import Greeting, confess, greet
from correlator.stores.messages import told
from correlator.stores.tables import MESSAGES, STATE
from tests.fakes import Fuse, Killed, killed_at
from tests.test_poll import GATEWAY, MAINTENANCE, MINUTE, POLICY, UP, WS, Night, closed, tunnel, when


def filed(night: Night) -> list[Receipt]:
    """The receipts of every incident that was told."""
    ids = dict.fromkeys(n.subject for c in night.chats.values() for n in c.said if n.incident)
    return [r for i in ids for r in told(night.tables, i)]


def test_each_channel_has_its_row() -> None:
    """A message that two channels took has two rows, in the partition of its incident, with when and how often."""
    night = Night(UP + MAINTENANCE, channels=("teams", "slack"))
    outcomes = iter(["answer lost", "refused", "ok"])
    night.chats["slack"].outcome = lambda: next(outcomes)
    night.poll("17:20:00")
    night.poll("17:25:00")
    night.poll("17:35:00")
    teams, slack = filed(night)
    assert teams[1:] == ("teams", when("17:20:00"), teams.incident, "recovered", 1, 1, 0, False, 0)
    assert (slack.channel, slack.tries, slack.repeats, slack.plain) == ("slack", 3, 1, True)
    assert night.store.read(WS).receipts == []


def test_no_death_loses_what_was_said() -> None:
    """Killed at any call: every message that was sent has its row in the end, and its repeats are counted there."""
    told_twice = died = 0
    for fatal in range(1, 40):
        night = Night(UP + MAINTENANCE)
        burn = killed_at(fatal)
        whole, night.store._tables = night.store._tables, Fuse(night.store._tables, burn)
        chats = {"teams": Fuse(night.chats["teams"], burn)}
        try:
            night.poll("17:20:00", channels=chats)
        except Killed:
            died += 1
        night.store._tables = whole
        night.until("17:40:00")
        (row,) = filed(night)
        sent = len(night.chats["teams"].said)
        assert row.tries >= sent == 1 + row.repeats or (row.repeats, sent) == (1, 1), "killed just before the send"
        told_twice += sent > 1
        assert night.store.read(WS).receipts == []
    assert died > 15
    assert told_twice


def test_a_table_that_fails_is_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the table cannot be written the message is not sent again: its receipt waits, and the failure shows."""
    night = Night(UP + MAINTENANCE)
    write, failing = night.tables.write, True

    def refuse(table: str, *rest: object) -> list[str]:
        if table == MESSAGES and failing:
            raise StoreUnavailable("table messages: HTTP 503", 503)
        return write(table, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(night.tables, "write", refuse)
    assert list(night.poll("17:20:00").failures) == ["table: table messages: HTTP 503"]
    assert len(night.store.read(WS).receipts) == 1
    assert filed(night) == []
    failing = False
    assert not night.poll("17:25:00").failures
    assert [r.at for r in filed(night)] == [when("17:20:00")]
    assert len(night.chats["teams"].said) == 1


def welcome(night: Night) -> Greeting:
    """What the app does until the welcome is taken."""
    return greet([WS], {}, night.store, night.chats, None)


def gap(night: Night) -> Greeting:
    """What the app does until a gap in watching is told."""
    hours = PollingGap(when("13:00:00"), when("15:00:00"))
    return confess({WS: (hours,)}, [WS], night.store, night.chats, night.log.now)


@pytest.mark.parametrize("tell", [welcome, gap])
def test_no_death_loses_what_was_said_once(tell: Callable[[Night], Greeting]) -> None:
    """Nor what is told once and never followed by anything that would file it: a later run looks for it again."""
    died = 0
    for fatal in range(1, 30):
        night = Night(UP)
        night.poll("16:00:00")
        burn = killed_at(fatal)
        whole, night.store._tables = night.store._tables, Fuse(night.store._tables, burn)
        try:
            tell(night)
        except Killed:
            died += 1
        night.store._tables = whole
        for _ in range(3):  # the lease of a claim ends
            night.log.now += 5 * MINUTE
            night.poll()
            done = tell(night).done
        rows = night.tables.query(MESSAGES, "2026-W34", "0", "~")[0]
        assert [e.properties["Channel"] for e in rows] == ["teams"]
        assert done
    assert died > 5


def test_two_runs_that_file_the_same_are_one() -> None:
    """Whoever files second finds the row there and the receipt gone, and is content."""
    night = Night(UP + MAINTENANCE)
    held = Receipt("k", "teams", when("17:20:00"), "VPN-20260821-7F3K2M", "opened", 1, 1, 0, False)
    other = held._replace(key="l", channel="slack")
    night.store.file(WS, [held, other])
    night.store.file(WS, [other, held])
    assert [r.channel for r in told(night.tables, held.incident)] == ["slack", "teams"]


def test_what_was_folded_is_said() -> None:
    """A message that stands for missed ones says for how many, in the week in which it was sent."""
    night = Night([*UP, *(a for n in range(8) for a in closed(f"{10 + n}:00:00", gateway=n))])
    night.chats["teams"].outcome = lambda: "timeout"
    night.until("2026-08-23T12:00:00", every=60)
    night.chats["teams"].outcome = lambda: "ok"
    night.until("2026-08-23T14:00:00", every=30)
    rows = night.tables.query(MESSAGES, "2026-W34", "0", "~")[0]
    assert [e.properties["Folded"] for e in rows if e.properties["Moment"] == Moment.MISSED] == [8]


# The poll's line


def measured(night: Night, time: str) -> Report:
    """A poll whose every look at the stopwatch finds half a second more."""
    ticks = iter(range(1000))
    return night.poll(time, aside=Aside(stopwatch=lambda: next(ticks) / 2))


def test_the_way_of_a_message_is_measured() -> None:
    """From the newest row of what it tells: when that row was in, when it was judged, when it was posted; and how."""
    night = Night()
    seen = when("17:15:00")
    rows = [a._replace(row=a.row._replace(ingested=seen), ingested=seen, visible=seen) for a in UP + MAINTENANCE]
    night.log.arrivals = rows
    (sent,) = measured(night, "17:20:00").messages
    # the tunnel came back at 17:13:16
    assert (sent.row, sent.verdict) == (104.0, 404.0)
    assert (sent.side, sent.cause) == ("azure", "azure-maintenance")
    assert sent.posted is not None
    assert 404.0 < sent.posted < 410.0


def test_lateness_is_that_of_fresh_rows() -> None:
    """Rows that were read before say nothing of how late rows are now; a row is never early."""
    night = Night()
    late = [("12:00:00", 4), ("12:01:00", 9), ("12:02:00", 2)]
    night.log.arrivals = [
        a._replace(row=a.row._replace(ingested=a.ingested))
        for time, minutes in late
        for a in [tunnel(time, True, 0, late=minutes)]
    ]
    report = night.poll("12:12:00")
    assert (report.late_newest, report.late_worst) == (120.0, 540.0)
    report = night.poll("12:17:00")
    assert (report.late_newest, report.late_worst) == (None, None)


def test_rows_of_a_gateway_that_moved_are_measured_too() -> None:
    """Rows that are told under the ids of today still say how late they were, and when they were there."""
    night = Night(UP)
    night.log.arrivals += [a._replace(row=a.row._replace(ingested=a.ingested)) for a in MAINTENANCE]
    night.log.now = when("17:20:00")
    moved = replace(POLICY, moved={GATEWAY.format(9): Move(GATEWAY.format(8), when("12:00:00"))})
    report = poll(WS, night.log, night.store, night.chats, moved)
    (sent,) = report.messages
    assert report.late_worst is not None
    assert sent.row is not None


def test_a_run_is_timed() -> None:
    """A poll says how long it took; where nobody measures, none."""
    assert measured(Night(UP), "12:00:00").seconds > 0
    assert Night(UP).poll("12:00:00").seconds == 0


def test_a_quiet_poll_files_nothing() -> None:
    """What was said costs calls only in the run that said it."""
    night = Night(UP + MAINTENANCE)
    night.poll("17:20:00")
    calls: Counter[str] = Counter()
    night.store._tables = Fuse(night.store._tables, lambda where: calls.update([where]))
    night.log.now += 30 * MINUTE + timedelta(days=3)
    night.poll()
    calls.clear()
    night.log.now += 5 * MINUTE
    night.poll()
    assert calls == {"before query": 1, "after query": 1, "before write": 1, "after write": 1}
    assert night.tables.query(STATE, WS, "receipt", "s")[0] == []
