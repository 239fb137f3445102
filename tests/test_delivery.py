"""What becomes of a message that a channel does not take: later, simpler, somewhere else, or as a number."""

from __future__ import annotations

import itertools
import json
import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest

from correlator.channels import Pace
from correlator.delivery import LONGEST_PAUSE, PROBE, Delivery, Report
from correlator.folding import NAMED, PATIENCE
from correlator.notification import Moment, Parked
from correlator.poll import poll
from correlator.ports import Notice
from correlator.reports import greet
from tests.fakes import Arrival, Chat
from tests.test_poll import MAINTENANCE, MINUTE, POLICY, UP, WS, Night, closed, when

HOUR = timedelta(hours=1)
BOTH = ("teams", "slack")


def always(outcome: str) -> Callable[[], str]:
    return lambda: outcome


def moments(chat: Chat) -> list[Moment]:
    return [n.moment for n in chat.said]


def counting(chat: Chat, outcome: str, clock: Callable[[], datetime]) -> list[datetime]:
    """The times of all tries from now on, each with this outcome."""
    tried: list[datetime] = []

    def answer() -> str:
        tried.append(clock())
        return outcome

    chat.outcome = answer
    return tried


# Back-off


def test_pauses_grow_and_end_at_an_hour() -> None:
    """Each failed try waits longer than the one before, up to an hour and less by up to a quarter of it."""
    night = Night(UP + MAINTENANCE)
    tried = counting(night.chats["teams"], "timeout", lambda: night.log.now)
    night.log.now = when("17:19:00")
    night.until("2026-08-22T03:00:00", every=1)
    pauses = [b - a for a, b in itertools.pairwise(tried)]
    for pause, longest in zip(pauses, (2, 4, 8, 16, 32, 60, 60, 60), strict=False):
        assert longest * 0.75 * MINUTE <= pause <= (longest + 1) * MINUTE
    assert all(pause <= LONGEST_PAUSE for pause in pauses)
    assert len(set(pauses[6:])) > 1, "the same message does not come back at the same minute every hour"
    night.chats["teams"].outcome = always("ok")
    night.until("2026-08-22T04:00:00")
    assert len(night.chats["teams"].said) == 1


def test_a_pause_is_drawn_without_chance() -> None:
    """Two runs of the same night try at the same moments: what is drawn comes from the message, not from chance."""
    tries = []
    for _ in range(2):
        night = Night(UP + MAINTENANCE)
        tries.append(counting(night.chats["teams"], "timeout", lambda n=night: n.log.now))  # type: ignore[misc]
        night.until("2026-08-22T00:00:00", every=1)
    assert tries[0] == tries[1]


def test_retry_after_is_kept_by_the_whole_channel() -> None:
    """A channel that asks for ten minutes gets nothing before, neither this message nor another one."""
    night = Night([*UP, *closed("17:13:04"), *closed("17:19:00", gateway=2)])
    tried = counting(night.chats["teams"], "throttled", lambda: night.log.now)
    night.until("17:30:00", every=1)
    assert len(tried) == 2
    assert tried[1] - tried[0] == 10 * MINUTE


def test_retry_after_is_bounded() -> None:
    """Whoever asks for a year is asked again within the hour."""
    from correlator.patience import asked_for

    assert asked_for(365 * 86400) == LONGEST_PAUSE
    assert asked_for(0) == timedelta(0)


# Parked


def test_a_dead_address_is_tried_once_a_day() -> None:
    """An address that refuses for good gets one try a day, whatever waits for it."""
    rows = [a for n in range(1, 40) for a in closed(f"{17 + n // 10}:{n % 10 * 5:02d}:00", gateway=n)]
    night = Night(UP + rows)
    tried = counting(night.chats["teams"], "gone", lambda: night.log.now)
    night.until("2026-08-24T17:00:00", every=15)
    assert len(tried) == 3
    assert all(b - a >= PROBE for a, b in itertools.pairwise(tried))


def test_a_parked_channel_shows_in_every_run() -> None:
    """The poll's line names a parked channel for as long as something waits for it: the alert counts runs."""
    night = Night(UP + MAINTENANCE)
    night.chats["teams"].outcome = always("gone")
    assert list(night.poll("17:20:00").failures) == ["teams: gone"]
    for time in ("17:25:00", "18:25:00"):
        (line,) = night.poll(time).failures
        assert line.startswith("teams: parked")


def test_the_other_channels_are_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """That a channel takes nothing is said once on every other one, and in the log as one line of JSON."""
    rows = [a for n in range(1, 9) for a in closed(f"17:{n * 5:02d}:00", gateway=n)]
    night = Night(UP + rows, channels=("teams", "slack", "other"))
    night.chats["slack"].outcome = always("gone")
    with caplog.at_level(logging.ERROR):
        night.until("2026-08-23T00:00:00", every=5)
    for name in ("teams", "other"):
        assert moments(night.chats[name]).count(Moment.PARKED) == 1
    (told,) = [n for n in night.chats["teams"].said if n.parked]
    assert told.parked == Parked("slack", "gone")
    lines = [json.loads(r.getMessage()) for r in caplog.records if r.getMessage().startswith("{")]
    assert lines == [{"event": "channel-parked", "channel": "slack", "address": "first", "why": "gone"}]


def test_two_workspaces_say_it_once() -> None:
    """Each workspace has an outbox of its own, and still a dead channel is told of once."""
    night = Night([*UP, *closed("17:13:04")], channels=BOTH)
    night.chats["slack"].outcome = always("gone")
    poll("second", night.log, night.store, night.chats, POLICY)
    for minutes in range(0, 60, 5):
        night.log.now = when("17:20:00") + minutes * MINUTE
        for workspace in (WS, "second"):
            poll(workspace, night.log, night.store, night.chats, POLICY)
    assert moments(night.chats["teams"]).count(Moment.PARKED) == 1


def test_a_changed_address_is_tried_at_once() -> None:
    """Another address un-parks: everything that waited goes out with the next poll, in order."""
    night = Night([*UP, *closed("17:13:04"), *closed("17:40:00", gateway=2)])
    chat = night.chats["teams"]
    chat.outcome = always("gone")
    night.until("18:00:00")
    chat.outcome, chat.address = always("ok"), "second"
    night.poll("18:05:00")
    assert [n.incident.gateway[-3:] for n in chat.said if n.incident] == ["gw1", "gw2"]
    assert night.waiting == []


def test_another_dead_address_is_told_again() -> None:
    """A new address that is dead, too, is news: it is parked, and told of."""
    night = Night([*UP, *closed("17:13:04")], channels=BOTH)
    slack = night.chats["slack"]
    slack.outcome = always("gone")
    night.until("18:00:00")
    slack.address = "second"
    night.until("19:00:00")
    assert moments(night.chats["teams"]).count(Moment.PARKED) == 2


def test_a_mended_receiver_is_found_within_a_day() -> None:
    """The same address that works again is found by the daily try, and a later death of it is news again."""
    night = Night([*UP, *closed("17:13:04"), *closed("2026-08-23T12:00:00", gateway=2)], channels=BOTH)
    slack = night.chats["slack"]
    slack.outcome = always("gone")
    night.until("18:00:00")
    slack.outcome = always("ok")
    night.until("2026-08-22T18:00:00", every=30)
    assert len([n for n in slack.said if n.incident]) == 1
    slack.outcome = always("gone")
    night.until("2026-08-23T13:00:00", every=30)
    assert moments(night.chats["teams"]).count(Moment.PARKED) == 2


# What was missed


def dead_for(days: float, incidents: int) -> Night:
    """Slack is dead from the start, an incident every two hours, Teams is well."""
    rows: list[Arrival] = []
    for n in range(incidents):
        at = when("02:00:00") + n * 2 * HOUR
        rows += closed(at.isoformat()[:-6], gateway=n)
    night = Night(UP + rows, channels=BOTH)
    night.chats["slack"].outcome = always("timeout")
    night.until((when("01:00:00") + timedelta(days=days)).isoformat()[:-6], every=30)
    return night


def test_less_than_a_day_is_caught_up() -> None:
    """A channel that was dead for less than a day gets every message, in order."""
    night = dead_for(0.9, 10)
    night.chats["slack"].outcome = always("ok")
    night.poll("2026-08-22T00:30:00")
    assert [n.subject for n in night.chats["slack"].said] == [n.subject for n in night.chats["teams"].said]


def test_more_than_a_day_is_one_message() -> None:
    """After three days the channel gets one message for what is older than a day, and the last day's one by one."""
    night = dead_for(3, 30)
    night.chats["slack"].outcome = always("ok")
    night.until((night.log.now + 2 * HOUR).isoformat()[:-6])
    teams, slack = night.chats["teams"].said, night.chats["slack"].said
    (missed,), rest = [n.missed for n in slack if n.missed], [n for n in slack if not n.missed]
    assert missed.messages + len(rest) == len(teams) == 30
    assert {n.subject for n in teams} == {*missed.subjects, *(n.subject for n in rest)}
    assert all(n.at > night.log.now - PATIENCE - 3 * HOUR for n in rest)
    assert night.waiting == []


def test_an_outbox_of_a_dead_channel_is_bounded() -> None:
    """However long a channel is dead, a day's messages and one more wait for it, and few incidents are named."""
    night = dead_for(8, 90)
    waiting = [h.notice for h in night.store.read(WS).outbox]
    assert len(waiting) <= 14
    (missed,) = [n.notification.missed for n in waiting if n.notification and n.notification.missed]
    assert len(missed.subjects) == NAMED
    assert missed.messages == NAMED + missed.unnamed
    assert missed.messages + len(waiting) - 1 == len(night.chats["teams"].said) == 90


def test_what_is_folded_stays_parked() -> None:
    """The message that says how much was missed takes over that the address is dead: no extra try."""
    night = Night([*UP, *(a for n in range(1, 9) for a in closed(f"17:{n * 5:02d}:00", gateway=n))])
    tried = counting(night.chats["teams"], "gone", lambda: night.log.now)
    night.until("2026-08-23T12:00:00", every=30)
    assert len(tried) == 2
    (held,) = night.store.read(WS).outbox
    assert held.notice.notification
    assert held.notice.notification.moment is Moment.MISSED


def test_a_single_late_message_is_sent_as_it_is() -> None:
    """One message that waited for more than a day says more than the number one."""
    night = dead_for(1.5, 1)
    night.chats["slack"].outcome = always("ok")
    night.until("2026-08-22T16:00:00")
    assert [n.moment for n in night.chats["slack"].said] == [Moment.RECOVERED]


def test_the_welcome_is_never_a_number() -> None:
    """The welcome waits for as long as it must."""
    night = dead_for(0.1, 0)
    greet([WS], {}, night.store, night.chats, None)
    night.log.now += timedelta(days=3)
    night.poll()
    night.chats["slack"].outcome = always("ok")
    greet([WS], {}, night.store, night.chats, None)
    assert Moment.WELCOME in moments(night.chats["slack"])


# Repeats, order and time


def test_both_kinds_of_repeat_are_counted_apart() -> None:
    """A message whose answer was lost is sent again and counted as that, not as a crash."""
    night = Night(UP + MAINTENANCE)
    outcomes = iter(["answer lost", "answer lost", "ok"])
    night.chats["teams"].outcome = lambda: next(outcomes)
    reports = [night.poll(f"17:{minute}:00") for minute in (20, 25, 30)]
    assert [(r.repeats_unanswered, r.repeats_crashed) for r in reports] == [(0, 0), (0, 0), (2, 0)]
    assert len(night.chats["teams"].said) == 3


def test_a_clear_refusal_is_no_repeat() -> None:
    """A message that was surely not taken is not counted as a repeat when it is."""
    night = Night(UP + MAINTENANCE)
    outcomes = iter(["throttled", "ok"])
    night.chats["teams"].outcome = lambda: next(outcomes)
    reports = [night.poll(f"17:{minute}:00") for minute in (20, 31)]
    assert [(r.sent, r.repeats_unanswered, r.repeats_crashed) for r in reports] == [(0, 0, 0), (1, 0, 0)]


def test_an_ailing_channel_comes_last() -> None:
    """What a hanging channel costs in time is spent after the others were served."""
    night = Night([*UP, *closed("17:13:04"), *closed("17:20:00", gateway=2)], channels=("dead", "live"))
    order: list[str] = []
    for name, chat in night.chats.items():
        chat.outcome = lambda name=name: order.append(name) or ("timeout" if name == "dead" else "ok")  # type: ignore[misc,func-returns-value]
    night.poll("17:20:00")
    order.clear()
    night.poll("17:26:00")
    assert order[0] == "live"


class Watch:
    """A clock that moves only when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


class Paced(Chat):
    """A chat with a pace."""

    def __init__(self, name: str, pace: Pace) -> None:
        super().__init__(name)
        self.turn = lambda: pace.turn(name)  # type: ignore[method-assign]


def test_a_channel_gets_one_message_a_second() -> None:
    """Messages to one channel are a second apart, to two channels not."""
    watch = Watch()
    pace = Pace(lambda: watch.now, watch.wait)
    night = Night([a for n in range(5) for a in closed("17:13:04", gateway=n)], channels=BOTH)
    night.chats = {name: Paced(name, pace) for name in BOTH}
    night.poll("17:20:00")
    assert watch.waits == [1.0] * 4
    assert sum(len(c.said) for c in night.chats.values()) == 10


def test_runs_of_one_process_share_a_channels_pace() -> None:
    """Two runs at once send to one channel a second apart; each has all of its own time."""
    watch = Watch()
    process = Pace(lambda: watch.now, watch.wait)
    one, other = process.anew(), process.anew()
    assert [run.turn("teams") for run in (one, other, one)] == [True] * 3
    assert watch.waits == [1.0, 1.0]
    watch.now += 151
    assert not other.turn("teams")
    assert process.anew().turn("teams")


def test_threads_share_it_too() -> None:
    """Ten runs in threads at the same moment are given ten different seconds."""
    waits: list[float] = []
    process = Pace(lambda: 0.0, waits.append)
    runs = [process.anew() for _ in range(10)]
    threads = [threading.Thread(target=run.turn, args=("teams",)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == [float(n) for n in range(1, 10)]


def test_what_a_run_has_no_time_for_goes_out_with_the_next() -> None:
    """Four hundred messages do not fit into one run: the run ends in time, the rest follows, in order, once."""
    watch = Watch()
    night = Night([a for n in range(400) for a in closed("17:13:04", gateway=n)])
    chat = Chat("teams")
    night.chats = {"teams": chat}
    counts = []
    for run in range(4):
        watch.now += 300
        began = watch.now
        chat.turn = partial(Pace(lambda: watch.now, watch.wait).turn, "teams")  # type: ignore[method-assign]
        night.poll(f"17:{20 + 5 * run}:00")
        assert watch.now - began <= 150
        counts.append(len(chat.said))
    assert counts == [150, 300, 400, 400]
    assert len({n.subject for n in chat.said}) == 400


def test_a_quiet_poll_with_a_parked_channel_reads_nothing_more() -> None:
    """That a channel is parked is known from the outbox that is read anyway."""
    from correlator.stores.store import TableStore
    from correlator.wording import Style
    from tests.fakes import Fuse

    night = Night(UP + MAINTENANCE)
    night.chats["teams"].outcome = always("gone")
    night.until("18:00:00")
    calls: list[str] = []
    quiet = TableStore(Fuse(night.tables, calls.append), Style())
    poll(WS, night.log, quiet, night.chats, POLICY)
    assert [c for c in calls if c.startswith("before")] == ["before query", "before write"]


def test_a_notice_of_an_older_version_is_read() -> None:
    """A notice that was kept before notices knew of parked channels is delivered."""
    import msgspec

    fields = msgspec.json.decode(msgspec.json.encode(Notice("k", "teams", when("17:00:00"), None)))
    assert msgspec.json.decode(msgspec.json.encode(fields[:9]), type=Notice).refused_by == ""


def test_a_run_without_channels_waits_for_none() -> None:
    """An empty outbox asks nobody."""
    night, report = Night(), Report(WS)
    Delivery(night.store, {}, night.log.now, report).run(night.store.read(WS))
    assert (report.sent, dict(report.failures), night.store.read(WS).outbox) == (0, {}, [])
