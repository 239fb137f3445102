"""The daily check: what is new is told once, what was so from the beginning is not, and no summary is stopped by it."""

from __future__ import annotations

import json
import logging
from datetime import timedelta

import pytest

from correlator.delivery import Delivery, Report
from correlator.doctor.model import Code, Finding, Severity
from correlator.notification import Gap, Mending, Moment
from correlator.ports import Head
from correlator.selfcheck import (
    A_PART_EVERY,
    EVERY,
    GONE_AFTER,
    PARTITION,
    TOLD,
    is_due,
    note,
    of_hour,
    run,
    worth_telling,
)
from correlator.wording import LANGUAGES
from tests.test_poll import UP, Night, when
from tests.test_wiring import Installed
from tests.timeline import clock

DAY, NOON = timedelta(days=1), when("12:00:00")
CAP = Finding(Code.DAILY_CAP, Severity.MEND, "ws", "stopped", "raise it")
OFF = Finding(Code.DIAGNOSTICS_CATEGORY_OFF, Severity.MEND, "gw1", "leaves out", "switch on")
LATE = Finding(Code.LATE_ROWS, Severity.NOTE, "gw1", "late", "")
QUIET = Finding(Code.SILENT_GATEWAY, Severity.NOTE, "GW2", "no row", "")


class Days:
    """A day after another, each with what the doctor finds then."""

    def __init__(self) -> None:
        self.night, self.now = Night(UP), NOON

    def check(self, *found: Finding) -> list[Gap]:
        """What is told of it on that day."""
        store, chats, report = self.night.store, self.night.chats, Report(PARTITION, self.now)
        said = len(chats["teams"].said)
        before = note(found, store.read(PARTITION), store, chats, report, self.now)
        Delivery(store, chats, self.now, report).run(before)
        self.now += DAY
        return [gap for n in chats["teams"].said[said:] if n.mending for gap in n.mending.found]


def test_what_is_new_is_told_once() -> None:
    """A finding is told on the day on which it turns up, and not again while it is there."""
    days = Days()
    assert days.check() == []
    assert days.check(CAP, OFF) == [Gap("daily-cap", "ws"), Gap("diagnostics-category-off", "gw1")]
    assert days.check(CAP, OFF) == []
    assert days.check(CAP, OFF, LATE) == [Gap("late-rows", "gw1")]


def test_the_first_check_tells_what_must_be_mended_alone() -> None:
    """What is only worth knowing was so when the app was set up: it is no news. What does not work is told at once."""
    days = Days()
    assert days.check(CAP, LATE) == [Gap("daily-cap", "ws")]
    assert days.check(CAP, LATE) == []


def test_what_is_gone_is_noted_and_may_come_again(caplog: pytest.LogCaptureFixture) -> None:
    """Gone for some days is a line in the log; after that it is news again. One failed question is not enough."""
    caplog.set_level(logging.INFO, "correlator")
    days = Days()
    days.check(CAP)
    assert days.check() == []
    assert days.check(CAP) == [], "it was not seen for one day alone"
    for _ in range(GONE_AFTER.days):
        assert days.check() == []
    lines = [json.loads(r.message) for r in caplog.records if "mended" in r.message]
    assert lines == [{"event": "mended", "findings": ["daily-cap ws"]}]
    assert days.check(CAP) == [Gap("daily-cap", "ws")]


def test_once_a_day_by_the_polls_clock() -> None:
    """An hourly run that is a little early counts; before that nothing is asked."""
    assert is_due(Head(), NOON)
    assert not is_due(Head(mark=NOON), NOON + EVERY - timedelta(seconds=1))
    assert is_due(Head(mark=NOON), NOON + EVERY)
    assert EVERY < DAY


def test_of_many_workspaces_each_is_looked_at_once_a_day() -> None:
    """An hourly run takes a 24th of them, so that it ends in time; over a day each has its turn."""
    for count in (21, 24, 100, 1000):
        names = [f"w{n}" for n in range(count)]
        parts = [of_hour(names, NOON + n * timedelta(hours=1)) for n in range(24)]
        assert sorted(w for part in parts for w in part) == sorted(names)
        assert max(map(len, parts)) <= count // 24 + 1
    assert is_due(Head(mark=NOON), NOON + timedelta(minutes=59), A_PART_EVERY)


def test_the_first_day_of_many_workspaces() -> None:
    """What is only worth knowing is no news all day long, since each hour looks at others; then it is."""
    days = Days()
    for n in range(24):
        days.now = NOON + n * timedelta(hours=1)
        assert days.check(LATE._replace(subject=f"gw{n}")) == []
    days.now = NOON + timedelta(hours=24)
    assert days.check(LATE._replace(subject="gw99")) == [Gap("late-rows", "gw99")]


def test_only_what_can_begin_later_is_told() -> None:
    """What belongs to setting up is the doctor's alone; of silent gateways those that logged before."""
    odd = Finding(Code.POLICY_BASED, Severity.NOTE, "gw9", "is policy-based", "")
    assert worth_telling([CAP, odd, QUIET], {"gw2"}) == [CAP, QUIET]
    assert worth_telling([CAP, odd, QUIET], {"gw1"}) == [CAP]


def test_every_finding_that_is_told_has_its_sentence() -> None:
    """In each language, with a blank for what it is about."""
    for words in LANGUAGES.values():
        assert [code for code in TOLD if "{subject}" not in words.get(f"mend.{code}", "")] == []


def test_a_message_that_nobody_takes_waits_for_the_next_run() -> None:
    """It is committed like any notice: nothing is lost by a channel that fails."""
    days = Days()
    days.night.chats["teams"].outcome = lambda: "timeout"
    days.check(CAP)
    days.night.chats["teams"].outcome = lambda: "ok"
    store, chats = days.night.store, days.night.chats
    Delivery(store, chats, days.now, Report(PARTITION)).run(store.read(PARTITION))
    assert [(n.moment, n.mending) for n in chats["teams"].said] == [
        (Moment.MENDING, Mending((Gap("daily-cap", "ws"),)))
    ]


def test_a_check_that_fails_is_a_line(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever breaks in it, the run goes on; before the first poll there is no clock and nothing is asked."""
    there = Installed()
    run(there.app, {})
    assert "self check" not in caplog.text
    there.poll(clock("16:05"))
    monkeypatch.setattr(there.tables, "query", lambda *_: 1 / 0)
    run(there.app, {})
    assert "self check: ZeroDivisionError" in caplog.text
