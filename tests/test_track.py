"""One step after another: what is kept, what is said when, and what is forgotten."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from correlator.maintenance import spared_lately
from correlator.model import Policy, Status
from correlator.track import window_start
from tests.timeline import ACTIVE_ACTIVE, ACTIVE_STANDBY, Watch, clock, gateway, heard

MAINTENANCE = """
    17:12:10     maintenance IN_0
    17:13:04  hq down IN_0  "GlobalStandbyChanged"
    17:13:16  hq up   IN_1
    17:37:59  hq down IN_1
    17:38:15  hq up   IN_0
"""


@pytest.mark.parametrize(
    ("rows", "messages"),
    [
        (MAINTENANCE, ["17:15 A recovered azure-maintenance", "17:40 A second-instance azure-maintenance"]),
        # a short blip of the far end is for the week
        ("17:13 hq down IN_0; 17:13:30 hq up IN_0", []),
        # unless it is the third of that peer within a day
        ("08:00 hq down IN_0; 08:00:30 hq up IN_0; 12:00 hq down IN_0; 12:00:30 hq up IN_0; "
         "17:13 hq down IN_0; 17:13:30 hq up IN_0; 17:20 osaka down IN_0; 17:20:30 osaka up IN_0",
         ["17:25 A recovered remote-unreachable"]),
        # a longer one waits for the row that may explain it
        ("17:13 hq down IN_0; 17:16 hq up IN_0", ["17:30 A recovered remote-unreachable"]),
        # down is told when ten minutes old, recovered when settled
        ("17:13 hq down IN_0 DPD; 17:58 hq up IN_0",
         ["17:25 A opened remote-unreachable", "17:45 A reminder remote-unreachable",
          "18:10 A recovered remote-unreachable"]),
        # a failover that turns out to be maintenance within the settling time: one message
        ("17:13 hq down IN_0; 17:13:12 hq up IN_1; 17:12 maintenance IN_0 late 12m",
         ["17:25 A recovered azure-maintenance"]),
        # subtle case 7: one that turns out later is Azure's all the same
        ("17:13 hq down IN_0; 17:13:12 hq up IN_1; 17:12 maintenance IN_0 late 60m",
         ["17:25 A recovered azure-failover"]),
        # and one that turns out to be our own change is not
        ("17:13 hq down IN_0; 17:13:12 hq up IN_1; 17:12:58 config late 50m",
         ["17:25 A recovered azure-failover", "18:15 A cause-changed configuration-change"]),
        # the reconnect was only late: nobody heard "down"
        ("17:13 hq down IN_0; 17:15:20 hq up IN_0 late 7m", ["17:35 A recovered remote-unreachable"]),
        # subtle case 9: told as down, taken back
        ("17:13:05 hq down IN_0; 17:13:00 hq up IN_1 late 30m",
         ["17:25 A opened unknown", "17:45 A retracted unknown"]),
        # never told, so never taken back
        ("17:13:05 hq down IN_0; 17:13:00 hq up IN_1 late 8m", []),
        # told as over, dropped again
        ("17:13 hq down IN_0 DPD; 17:15 hq up IN_0; 17:40 hq down IN_0 DPD; 19:00 hq up IN_0",
         ["17:25 A recovered remote-unreachable", "17:50 A reopened remote-unreachable",
          "18:10 A reminder remote-unreachable",
          "19:10 A recovered remote-unreachable"]),
        # subtle case 4: a late reconnect splits what was told as down, and it is down again
        ("17:00 hq down IN_0; 17:05 hq up IN_0 late 60m; 17:20 hq down IN_0",
         ["17:10 A opened unknown", "17:30 A reminder unknown",
          "18:15 A cause-changed remote-unreachable", "19:20 A reminder remote-unreachable"]),
        # both instances' rows in time, two peers: still one message each hop
        ("17:12 maintenance; 17:13 hq down IN_0; 17:13:01 osaka down IN_0; 17:13:12 hq up IN_1; 17:13:13 osaka up IN_1",
         ["17:15 A recovered azure-maintenance"]),
        # nothing but configuration rows
        ("17:12 config; 17:13 maintenance; 17:14 primary; 17:15 hq up IN_0", []),
    ],
)  # fmt: skip
def test_the_messages_of_a_night(rows: str, messages: list[str]) -> None:
    """A night, polled every five minutes, and every message that is heard."""
    assert heard(rows, "16:00", "22:00", rules=ACTIVE_STANDBY) == messages


def test_a_first_run_is_silent_about_what_is_over() -> None:
    """The first run keeps last night's incidents and tells only what is still down."""
    watch = Watch("08-20 03:00 hq down IN_0 DPD; 08-20 03:01 hq up IN_0; 15:00 osaka down IN_0 DPD")
    assert watch.until("17:20", start="17:00") == ["17:00 A opened remote-unreachable"]
    assert [i.peers for i in watch.known().values()] == [("hq",), ("osaka",)]


def test_a_first_run_wakes_nobody_for_an_end_that_was_lost() -> None:
    """What the log calls down for days on the first day is kept and not told, and neither is its end."""
    watch = Watch("08-05 03:00 hq down IN_0 DPD; 15:00 osaka down IN_0 DPD")
    assert watch.until("17:20", start="17:00") == ["17:00 A opened remote-unreachable"]
    assert {i.peers: i.status for i in watch.known().values()} == {("osaka",): Status.OPEN, ("hq",): Status.OPEN}


def test_a_first_run_sees_the_whole_month() -> None:
    """Drops of weeks ago are recorded once, silently, and forgotten as soon as they can no longer change."""
    rows = "\n".join(f"08-{d:02d} 03:00 hq down IN_0 DPD; 08-{d:02d} 03:01 hq up IN_0" for d in range(1, 21))
    watch = Watch(rows)
    (step,) = watch.poll(clock("17:00")).values()
    assert (len(step.recorded), step.notifications) == (20, [])
    assert len(step.state.tracked) < 5
    assert len(step.state.checkpoints) < 5


def test_a_first_run_waits_for_what_is_young() -> None:
    """What has just dropped when the first run comes is told when it is old enough."""
    assert Watch("16:55 hq down IN_0 DPD").until("17:20", start="17:00") == ["17:05 A opened remote-unreachable"]


def test_pending_falls_by_itself() -> None:
    """The settling time over, the incident is recorded again with a higher revision and without its pending mark."""
    watch = Watch("17:13 hq down IN_0 DPD; 17:14 hq up IN_0")
    watch.poll(clock("17:00"))
    watch.until("17:20")
    assert [(i.pending, i.rev) for i in watch.known().values()] == [(True, 1)]
    watch.until("17:25")
    assert [(i.pending, i.rev) for i in watch.known().values()] == [(False, 2)]


def test_an_unexplained_open_outage_stays_pending() -> None:
    """How it comes back will tell, so it is pending for as long as it is open."""
    watch = Watch("17:13 hq down IN_0; 08-22 09:00 hq up IN_1")
    watch.poll(clock("17:00"))
    watch.until("08-22 08:00", "30m")
    assert [i.pending for i in watch.known().values()] == [True]
    watch.until("08-22 10:00")
    assert [(i.pending, i.finding.cause) for i in watch.known().values()] == [(False, "azure-failover")]


def test_a_poll_with_nothing_new_changes_nothing() -> None:
    """The same rows again: no change, no record, no message, and the same time to look again."""
    watch = Watch(MAINTENANCE)
    watch.poll(clock("17:00"))
    watch.until("19:00")
    (before,) = watch.states.values()
    watch.mark = clock("17:00")  # every row counts as fresh once more
    (step,) = watch.poll(clock("19:05")).values()
    assert (step.state, step.changed, step.recorded, step.notifications, step.due) == (before, False, [], [], None)


def test_what_a_gateway_has_to_say_at_once_is_few_messages() -> None:
    """Up to five messages stand for themselves; of more, the worst speaks for all and lists the others."""
    for several, messages in ((5, 5), (6, 1), (9, 1)):
        watch = Watch("; ".join(f"17:{2 * n:02d} s{n} down IN_0 DPD" for n in range(several)))
        watch.poll(clock("16:00"))
        (step,) = watch.poll(clock("17:30")).values()
        said = step.notifications
        assert len(said) == messages
        named = [n.subject for n in said] + [a.id for n in said for a in n.also]
        assert sorted(named) == sorted(i.id for i in watch.known().values())
        assert len(named) == several
        assert {t.told.number for t in step.state.tracked if t.told} == {1}
        assert watch.poll(clock("17:31")) == {}


def test_the_worst_speaks_for_all() -> None:
    """Of many messages the one on a site that is still down goes first, whatever else is older."""
    watch = Watch("; ".join(f"16:{9 * n:02d} s{n} down IN_0 DPD; 17:{9 * n:02d} s{n} up IN_0" for n in range(6)))
    watch.add("17:50 hq down IN_0 DPD")
    watch.poll(clock("15:00"))
    (step,) = watch.poll(clock("18:00")).values()
    assert [n.incident.peers for n in step.notifications if n.incident] == [("hq",)]


@pytest.mark.parametrize(("second", "times"), [("08-28 17:00", 2), ("08-28 17:13", 1)])
def test_a_failover_is_remembered_for_a_week(second: str, times: int) -> None:
    """Long after a short failover was forgotten as an incident, the next within seven days is told as the second."""
    watch = Watch("17:12:50 hq down IN_0; 17:13 hq up IN_1; 08-26 12:00 hq up IN_1", ACTIVE_STANDBY)
    watch.poll(clock("17:00"))
    watch.until("08-27 12:00", "30m")
    assert watch.known() == {}
    watch.add(f"{second} hq down IN_1; {second}:12 hq up IN_0")
    said = []
    now = clock("08-28 12:00")
    while now < clock("08-28 18:00"):
        said += [n for step in watch.poll(now).values() for n in step.notifications]
        now += timedelta(minutes=5)
    assert [n.times for n in said] == [times]


def test_the_window_of_rows() -> None:
    """Rows are folded from the midnight before two days and six hours ago: no older row can still arrive."""
    assert window_start(clock("08-21 06:00")) == clock("08-19 00:00")
    assert window_start(clock("08-21 05:59:59")) == clock("08-18 00:00")
    assert window_start(clock("08-21 06:00").astimezone()) == clock("08-19 00:00")


def test_what_cannot_change_any_more_is_forgotten() -> None:
    """An incident that is over is kept as long as late rows may touch it, and not longer."""
    watch = Watch("""
        17:13 hq down IN_0 DPD;          17:14 hq up IN_0
        18:30 nara down IN_0 DPD;        18:31 nara up IN_0
        08-23 05:00 osaka down IN_0 DPD; 08-23 05:01 osaka up IN_0
    """)
    watch.poll(clock("17:00"))
    watch.until("08-24 06:00", "30m")
    assert [i.peers for i in watch.known().values()] == [("hq",), ("nara",), ("osaka",)]
    watch.add("08-24 06:30 kobe down IN_0 DPD; 08-24 06:31 kobe up IN_0")
    watch.until("08-24 08:00", "30m")  # the window now starts on 08-22, and six hours before it still count
    assert [i.peers for i in watch.known().values()] == [("nara",), ("osaka",), ("kobe",)]


def test_what_is_recorded() -> None:
    """New and changed incidents are recorded with their revision, those that stayed the same are not."""
    watch = Watch("17:00 hq down IN_0 DPD; 17:30 osaka down IN_0 DPD; 17:50 hq up IN_0")
    watch.poll(clock("16:30"))
    recorded = {}
    for time in ("17:05", "17:15", "17:32", "17:45", "17:55", "18:05", "18:15"):
        found = [(i.peers[0], i.rev) for step in watch.poll(clock(time)).values() for i in step.recorded]
        recorded[time] = found
    assert recorded == {
        "17:05": [("hq", 1)],
        "17:15": [("hq", 2)],  # no longer pending
        "17:32": [("hq", 3), ("osaka", 1)],  # a reminder is part of the history
        "17:45": [("osaka", 2)],
        "17:55": [("hq", 4)],
        "18:05": [("hq", 5), ("osaka", 3)],
        "18:15": [],
    }


def test_an_open_outage_is_never_forgotten() -> None:
    """An outage of three weeks is one incident, told as down once and as recovered once."""
    rows = "08-01 17:13 hq down IN_0 DPD; 08-22 09:00 hq up IN_0; " + "; ".join(
        f"08-{d:02d} 12:00 osaka down IN_0 RemotelyTriggered; 08-{d:02d} 12:01 osaka up IN_0" for d in range(2, 23)
    )
    watch = Watch(rows)
    watch.poll(clock("08-01 17:00"))
    watch.until("08-23 00:00", "30m")
    hq = [m for m in watch.heard if m.endswith("remote-unreachable")]
    reminders = [m for m in hq if "reminder" in m]
    assert len(reminders) == 2 + 20 * 3 + 1, "after half an hour, two hours, then every eight"
    assert [m for m in hq if m not in reminders] == [
        "17:30 A opened remote-unreachable",
        "09:30 A recovered remote-unreachable",
    ]


def test_checkpoints_before_the_window_are_dropped() -> None:
    """Only the checkpoint in use and the midnights after it are kept."""
    watch = Watch("; ".join(f"08-{d:02d} 12:00 hq up IN_0" for d in range(1, 22)))
    watch.poll(clock("08-01 11:00"))
    watch.until("08-21 13:00", "60m")
    (state,) = watch.states.values()
    assert [c.at for c in state.checkpoints] == [clock(f"08-{d} 00:00") for d in (19, 20, 21, 22)]


def test_a_row_older_than_the_window_is_passed_over() -> None:
    """Subtle case 5: the window cut off at the left neither loses a kept cause nor invents an outage."""
    watch = Watch("""
        22:12:10     maintenance IN_0
        22:13:04  hq down IN_0  "GlobalStandbyChanged"
        22:13:16  hq up   IN_1
        23:59:50  hq down IN_1  "StandbyChanged"
        08-22 00:00:10  hq up IN_0
        08-24 12:30  hq down IN_0 DPD; 08-24 12:31 hq up IN_0
    """)
    watch.poll(clock("22:00"))
    watch.until("08-24 14:00", "30m")
    assert watch.states[watch.rows[0].gateway].checkpoints[0].at == clock("08-22 00:00")
    assert [(i.finding.cause, i.status, len(i.drops)) for i in watch.known().values()] == [
        ("azure-maintenance", Status.RECOVERED, 2),
        ("remote-unreachable", Status.RECOVERED, 1),
    ]
    assert [m.split()[2] for m in watch.heard] == ["recovered", "second-instance"]


def test_messages_of_an_incident_are_numbered() -> None:
    """Each message of an incident has the next number, and names the incident by its one id."""
    watch = Watch("17:13 hq down IN_0 DPD; 17:38 hq up IN_0")
    watch.poll(clock("17:00"))
    notes = []
    now = clock("17:05")
    while now < clock("19:00"):
        notes += [n for step in watch.poll(now).values() for n in step.notifications]
        now += timedelta(minutes=5)
    assert [n.number for n in notes] == [1, 2]
    assert len({n.subject for n in notes}) == 1


def test_two_gateways_do_not_wait_for_each_other() -> None:
    """Each gateway has its own incidents, times and messages."""
    rows = "gw1 17:13 hq down IN_0 DPD; gw2 17:18 hq down IN_0 StandbyChanged; gw2 17:18:10 hq up IN_1"
    assert heard(rows, "17:00", "17:40") == ["17:25 A opened remote-unreachable", "17:30 B recovered azure-failover"]


def test_the_mode_that_is_given_is_used() -> None:
    """A gateway known as active-active is read so from its first row on."""
    rows = "17:00 hq down IN_0 DPD; 17:05 hq up IN_1"
    assert heard(rows, "16:00", "18:00", rules=replace(Policy(), active_active={}))[0].split()[2] == "recovered"
    watch = Watch(rows, replace(Policy(), active_active=dict.fromkeys(Watch(rows).rows[0][2:3], True)))
    watch.poll(clock("16:00"))
    assert watch.until("18:00") == ["17:30 A opened remote-unreachable"]


FLAPS = "\n".join(
    f"{10 + n // 12}:{n % 12 * 5:02d}:10 hq down IN_0 DPD; {10 + n // 12}:{n % 12 * 5:02d}:40 hq up IN_0"
    for n in range(36)
)


def test_flapping_is_told_while_it_goes_on() -> None:
    """A tunnel that drops every five minutes from 10:00 to 13:00 is told about within half an hour."""
    assert "flapping" in " ".join(heard(FLAPS, "09:00", "10:45"))


def test_the_end_of_flapping_is_told() -> None:
    """An hour after the last drop the end is told, without any new row."""
    rows = "\n".join(f"17:{n}0 hq down IN_0 DPD; 17:{n}0:30 hq up IN_0" for n in range(4))
    moments = [m.split()[2] for m in heard(rows, "16:00", "22:00", "30m")]
    assert moments == ["flapping", "recovered"]


LONG_DROPS = "\n".join(
    f"{10 + n // 6}:{n % 6}0:10 hq down IN_0 DPD; {10 + n // 6}:{n % 6}9:40 hq up IN_0" for n in range(18)
)


def test_down_nearly_all_the_time_is_told() -> None:
    """Down for 29 of every 30 half minutes for three hours: somebody is told before it is over."""
    assert heard(LONG_DROPS, "09:00", "12:50")


def test_what_was_told_as_down_is_told_as_over() -> None:
    """Each incident that was told as down has a last word of its own."""
    rows = "17:00 hq down IN_0; 17:00:30 hq up IN_0; 17:30 hq down IN_0; 17:55 hq up IN_0"
    last = {m.split()[1]: m.split()[2] for m in heard(rows, "16:00", "22:00", rules=ACTIVE_STANDBY)}
    assert "opened" not in last.values()


@pytest.mark.parametrize(
    ("rows", "october"),
    [
        # absorbed while its own record still has an open drop
        ("17:00 hq down IN_0; 17:00:30 hq up IN_0; 17:30 hq down IN_0; 17:55 hq up IN_0", "IN_0"),
        # retracted while its own record still has an open drop
        ("16:50 hq up IN_0; 17:13:05 hq down IN_0; 17:13:00 hq up IN_1 late 30m", "IN_1"),
    ],
)
def test_the_dead_do_not_return_weeks_later(rows: str, october: str) -> None:
    """A drop in October is not the continuation of an August incident that was absorbed or retracted."""
    watch = Watch(rows, ACTIVE_STANDBY)
    watch.poll(clock("16:00"))
    watch.until("23:00")
    watch.add(f"10-05 03:00 hq down {october} DPD; 10-05 03:01 hq up {october}")
    watch.until("10-05 04:00", "60m")
    assert all(i.anchor >= clock("10-01 00:00") for i in watch.known().values())


def test_the_last_tunnel_falls() -> None:
    """Told as redundancy lost; half an hour later the other tunnel falls too and traffic stops: that is told."""
    rows = "17:00 hq down IN_0 DPD; 17:30 hq down IN_1 DPD"
    assert len(heard(rows, "16:00", "22:00", rules=ACTIVE_ACTIVE)) > 1


def test_another_site_falls_while_one_is_down() -> None:
    """Half an hour after the first site another one goes down with the gateway, and stays down: that is told."""
    rows = "16:30 c up IN_0; 17:00 a down IN_0 StandbyChanged; 17:30 b down IN_0 StandbyChanged"
    assert len(heard(rows, "16:00", "22:00", rules=ACTIVE_STANDBY)) > 1


def test_one_failover_of_many_tunnels_is_told_once() -> None:
    """Sixteen tunnels fail over within a minute and their rows trickle in over a quarter of an hour: one message."""
    rows = "\n".join(
        f"17:13:{n:02d} s{n} down IN_0 StandbyChanged late {2 + n}m; 17:13:{n + 20:02d} s{n} up IN_1 late {2 + n}m"
        for n in range(16)
    )
    assert len(heard(f"17:12 maintenance\n{rows}", "16:00", "19:00", rules=ACTIVE_STANDBY)) == 1


def test_nobody_is_told_news_of_what_nobody_was_told() -> None:
    """The first run was silent about a failover; a late row that explains it is no reason to speak either."""
    rows = "15:00 hq down IN_0; 15:00:12 hq up IN_1; 14:59 maintenance late 70m"
    assert heard(rows, "16:00", "19:00", rules=ACTIVE_STANDBY) == []


def test_a_long_outage_after_three_blips_is_told_as_over() -> None:
    """Told as down at 17:45, up at 19:00: that it is over is told within a quarter of an hour."""
    blips = "; ".join(f"17:{n}0 hq down IN_0 DPD; 17:{n}1 hq up IN_0" for n in range(3))
    said = heard(f"{blips}; 17:35 hq down IN_0 DPD; 19:00 hq up IN_0", "16:00", "19:15", rules=ACTIVE_STANDBY)
    assert "recovered" in said[-1]


def spared(watch: Watch) -> list[str]:
    """The maintenance rows that are kept as having had no drop."""
    return [f"{at:%m-%d %H:%M}" for at in watch.states[gateway("gw1")].spared]


@pytest.mark.parametrize(
    ("rows", "without"),
    [
        ("10:00 hq up IN_0; 17:12:10 maintenance IN_0", ["08-21 17:12"]),
        (MAINTENANCE, []),
        # the same service told by two rows
        (f"{MAINTENANCE}; 17:12:20 maintenance IN_0", []),
        # of the other instance, which nothing followed
        (f"{MAINTENANCE}; 17:12:20 maintenance IN_1", ["08-21 17:12"]),
        # the peer's own doing in the window is no work of the maintenance
        ("10:00 hq up IN_0; 17:12 maintenance IN_0; 17:20 hq down IN_0 RemotelyTriggered; 17:21 hq up IN_0", []),
        ("10:00 hq up IN_0; 17:12 maintenance IN_0; 17:30 hq down IN_0; 17:31 hq up IN_0", ["08-21 17:12"]),
    ],
)
def test_maintenance_without_a_drop_is_counted(rows: str, without: list[str]) -> None:
    """A maintenance row that no drop followed on its instance is no incident, and is kept to be counted."""
    watch = Watch(rows)
    watch.poll(clock("09:00"))
    watch.until("18:00")
    assert spared(watch) == without


def test_a_late_drop_takes_the_maintenance_out_of_the_count() -> None:
    """Only rows whose window is over are counted, of the last week; a drop that is logged late takes one out again."""
    watch = Watch("10:00 hq up IN_0; 17:12 maintenance IN_0; 17:13 hq down IN_0 late 6h; 17:14 hq up IN_1 late 6h")
    watch.poll(clock("16:00"))
    watch.until("18:00")
    kept = watch.states[gateway("gw1")].spared
    counted = [spared_lately(kept, clock(at), Policy()) for at in ("17:20", "17:40", "08-28 17:11", "08-28 17:13")]
    assert counted == [0, 1, 1, 0]
    watch.until("23:30")
    assert spared(watch) == []


@settings(max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False))
def test_many_polls_count_as_one(chance: random.Random) -> None:
    """Over days, with late rows, polls keep the same maintenance rows as one look at everything."""
    rows = []
    for _ in range(14):
        at = f"08-{chance.randrange(15, 21)} {chance.randrange(24):02d}:{chance.randrange(60):02d}"
        instance = chance.choice(["IN_0", "IN_1", ""])
        rows.append(f"{at} maintenance {instance} late {chance.randrange(1, 40)}h")
        for minute, change in ((chance.randrange(4), "down IN_0"), (chance.randrange(5, 9), "up IN_1")):
            if chance.random() < 0.6:
                rows.append(f"{at[:-1]}{minute} hq {change} late {chance.randrange(1, 40)}h")
    polled, once = Watch("\n".join(rows)), Watch("\n".join(rows))
    polled.poll(clock("08-15 00:00"))
    polled.until("08-24 00:00", every="5h")
    once.poll(clock("08-24 00:00"))
    assert {g: s.spared for g, s in polled.states.items()} == {g: s.spared for g, s in once.states.items()}


def test_what_had_no_drop_is_forgotten_after_fourteen_weeks() -> None:
    """The count is kept for fourteen weeks of quiet rows, and no longer."""
    watch = Watch("10:00 hq up IN_0; 17:12 maintenance IN_0; 11-20 12:00 hq up IN_0; 12-10 12:00 hq up IN_0")
    watch.poll(clock("16:00"))
    watch.until("11-21 00:00", every="8h")
    assert spared(watch) == ["08-21 17:12"]
    watch.until("12-11 00:00", every="8h")
    assert spared(watch) == []
