"""What people add: silences, planned work, remarks; what it changes, and what it never does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import astuple, replace

from correlator.model import Policy
from correlator.people import Entry, EntryKind, People, Remark, RemarkKind, all_within, muted_until, week_of
from tests.timeline import ACTIVE_STANDBY, HOUR, SECOND, Watch, clock, gateway

SILENCE, WORK = EntryKind.SILENCE, EntryKind.PLANNED_WORK
GW1 = gateway("gw1")


def entry(kind: EntryKind, start: str, end: str, gw: str = GW1, peer: str = "") -> Entry:
    return Entry(kind, clock(start), clock(end), gw, peer, "kim", "router firmware")


def heard(rows: str, *entries: Entry, until: str = "23:00", rules: Policy = ACTIVE_STANDBY) -> list[str]:
    """What is heard of a night, polled every five minutes, with these entries made beforehand."""
    return watched(rows, *entries, until=until, rules=rules).heard


def watched(rows: str, *entries: Entry, until: str = "23:00", rules: Policy = ACTIVE_STANDBY) -> Watch:
    watch = Watch(rows, rules)
    watch.poll(clock("12:00"))
    watch.people = People({}, entries)
    watch.until(until)
    return watch


SHUT = "17:13 hq down IN_0 DPD; 17:58 hq up IN_0"


@pytest.mark.parametrize(
    ("entries", "messages"),
    [
        ([], ["17:25 A opened remote-unreachable", "17:45 A reminder remote-unreachable",
              "18:10 A recovered remote-unreachable"]),
        # it lasts as long as the trouble: nothing at all
        ([entry(SILENCE, "17:00", "19:00")], []),
        ([entry(SILENCE, "17:00", "18:00")], []),
        ([entry(SILENCE, "17:00", "19:00", "", "hq")], []),
        ([entry(SILENCE, "17:00", "19:00", "", "")], []),
        # it ends while the trouble goes on: told then
        ([entry(SILENCE, "17:00", "17:30")],
         ["17:30 A opened remote-unreachable", "17:45 A reminder remote-unreachable",
          "18:10 A recovered remote-unreachable"]),
        ([entry(SILENCE, "17:00", "17:30"), entry(SILENCE, "17:20", "17:50")],
         ["17:50 A opened remote-unreachable", "18:10 A recovered remote-unreachable"]),
        # it begins when the trouble was told
        ([entry(SILENCE, "17:30", "19:00")], ["17:25 A opened remote-unreachable"]),
        # of another peer or gateway, or of another time
        ([entry(SILENCE, "17:00", "19:00", peer="osaka"), entry(SILENCE, "17:00", "19:00", gateway("gw2")),
          entry(SILENCE, "15:00", "17:00")],
         ["17:25 A opened remote-unreachable", "17:45 A reminder remote-unreachable",
          "18:10 A recovered remote-unreachable"]),
        # planned work mutes and explains
        ([entry(WORK, "17:00", "18:00")], []),
        ([entry(WORK, "17:00", "17:30")], ["17:30 A opened planned-work", "17:45 A reminder planned-work",
                                           "18:00 A recovered planned-work"]),
    ],
)  # fmt: skip
def test_nothing_is_said_of_what_is_covered(entries: list[Entry], messages: list[str]) -> None:
    """Nothing is said of what a silence or planned work covers, and what is still down at its end is told then."""
    assert heard(SHUT, *entries) == messages


def test_what_is_muted_is_recorded_and_counted() -> None:
    """An incident that nobody heard of stands in the table like any other, and says that it was muted."""
    watch = watched(SHUT, entry(SILENCE, "17:00", "19:00"))
    (found,) = watch.known().values()
    assert (found.status, found.muted, len(found.outages)) == ("recovered", True, 1)
    (heard_of,) = watched(SHUT).known().values()
    assert not heard_of.muted


def test_a_silence_of_one_peer_hides_no_other() -> None:
    """Where two peers fall together and one of them is silenced, the incident is told."""
    rows = "16:30 c up IN_0; 17:00 a down IN_0 StandbyChanged; 17:00:01 b down IN_0 StandbyChanged"
    assert heard(rows, entry(SILENCE, "16:00", "23:00", peer="a"), until="17:20") == ["17:10 A opened azure-failover"]


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ("17:13 hq down IN_0 DPD; 17:18 hq up IN_0", "planned-work confirmed planned-work"),
        ("17:13 hq down IN_0; 17:13:01 hq up IN_0", "planned-work confirmed planned-work"),
        ("17:12:59 config; 17:13 hq down IN_0; 17:18 hq up IN_0", "planned-work confirmed planned-work"),
        ("17:13 hq down IN_0; 17:13:30 hq up IN_1", "planned-work confirmed planned-work"),  # likely is not confirmed
        ('17:12 maintenance IN_0; 17:13 hq down IN_0 "GlobalStandbyChanged"; 17:13:12 hq up IN_1',
         "azure-maintenance confirmed maintenance-row"),
        ("16:59 hq down IN_0 DPD; 17:18 hq up IN_0", "remote-unreachable likely peer-stopped-answering"),
    ],
)  # fmt: skip
def test_planned_work_explains_what_begins_in_it(rows: str, verdict: str) -> None:
    """Planned work beats the remote side, our own changes and what nothing explains, not what Azure's log confirms."""
    watch = watched(rows, entry(WORK, "17:00", "18:00"))
    (found,) = watch.known().values()
    assert " ".join(astuple(found.finding)) == verdict
    assert (found.planned != ()) == (not rows.startswith("16:59"))


def test_planned_work_entered_afterwards() -> None:
    """Entered within the look-back and looked at again without new rows, it judges anew; removed, it judges back."""
    watch = watched(SHUT)
    before = watch.known()["A"]
    watch.people = People({}, (entry(WORK, "17:00", "18:00"),))
    watch.due[GW1] = clock("23:00")
    watch.poll(clock("23:05"))
    after = watch.known()["A"]
    assert (before.finding.cause, after.finding.cause, after.id) == ("remote-unreachable", "planned-work", before.id)
    assert after.rev == before.rev + 1
    watch.people = People()
    watch.due[GW1] = clock("23:10")
    watch.poll(clock("23:15"))
    assert watch.known()["A"].finding == before.finding


def said_of(watch: Watch, kind: RemarkKind, at: str) -> None:
    """Somebody speaks of incident A, and the next poll looks at it."""
    name = watch.known()["A"].id
    word = Remark(name, clock(at), "kim", kind, "on it")
    watch.people = People({name: (*watch.people.remarks.get(name, ()), word)})
    watch.due[GW1] = clock(at)


def test_acknowledging_stops_the_reminders() -> None:
    """Whoever looks after it is not reminded; its end is told all the same."""
    watch = Watch(SHUT.replace("17:58", "21:58"), ACTIVE_STANDBY)
    watch.poll(clock("17:00"))
    assert watch.until("17:30") == ["17:25 A opened remote-unreachable"]
    said_of(watch, RemarkKind.ACKNOWLEDGED, "17:31")
    assert watch.until("22:30") == ["22:10 A recovered remote-unreachable"]
    assert watch.known()["A"].remarks[0].who == "kim"


def test_a_dead_incident_is_closed() -> None:
    """Closed, it is no longer open, its end stays unknown, and it is neither forgotten nor told anew weeks later."""
    watch = Watch("17:13 hq down IN_0 DPD; 20:00 osaka up IN_0", ACTIVE_STANDBY)
    watch.poll(clock("17:00"))
    watch.until("17:40")
    said_of(watch, RemarkKind.CLOSED, "17:41")
    assert watch.until("17:50") == ["17:45 A removed remote-unreachable"]
    found = watch.known()["A"]
    assert (found.status, found.ended_at) == ("removed", None)
    watch.people = People()  # weeks later nobody reads the remarks of that week any more
    watch.add("; ".join(f"08-{d} 12:00 osaka down IN_0 DPD; 08-{d} 12:05 osaka up IN_0" for d in range(22, 31)))
    assert not [m for m in watch.until("08-31 00:00", "60m") if " A " in m]
    watch.add("08-31 03:00 hq up IN_0; 08-31 04:00 hq down IN_0 DPD")
    said = [m.split()[2] for m in watch.until("08-31 05:00")]
    assert said == ["recovered", "reopened", "reminder"]


def test_a_remark_changes_nothing_else() -> None:
    """A note is recorded with a higher revision; nothing is said, and no waiting time begins anew."""
    watch = Watch(SHUT, ACTIVE_STANDBY)
    watch.poll(clock("17:00"))
    watch.until("18:05")
    said_of(watch, RemarkKind.NOTE, "18:06")
    assert watch.until("23:00") == ["18:10 A recovered remote-unreachable"]


def test_until_when() -> None:
    """The earliest time at which one of the peers is no longer covered; chains of entries are found by asking again."""
    entries = [entry(SILENCE, "17:00", "18:00", peer="a"), entry(SILENCE, "17:00", "19:00", peer="b")]
    assert muted_until(entries, GW1, ["a", "b"], clock("17:30")) == clock("18:00")
    assert muted_until(entries, GW1, ["b"], clock("17:30")) == clock("19:00")
    assert muted_until(entries, GW1, ["a", "c"], clock("17:30")) is None
    assert muted_until(entries, GW1, ["a"], clock("18:00")) is None
    assert muted_until([], GW1, ["a"], clock("18:00")) is None
    assert all_within(entries, GW1, [("a", clock("17:00"), clock("18:00"))])
    assert not all_within(entries, GW1, [("a", clock("17:00"), clock("18:00") + SECOND)])


def test_an_entry_has_a_name_of_its_own() -> None:
    """The same entry made twice is one; another end makes another."""
    one = entry(SILENCE, "17:00", "18:00")
    assert one.id == entry(SILENCE, "17:00", "18:00").id
    assert len({one.id, one._replace(end=one.end + HOUR).id, one._replace(kind=WORK).id}) == 3
    assert len(one.id) == 6


@pytest.mark.parametrize(
    ("text", "week"),
    [
        ("VPN-20260821-7F3K2M", "2026-W34"),
        ("VPN-20270101-7F3K2M", "2026-W53"),
        ("VPN-20261341-7F3K2M", None),
        ("VPN-2026082-7F3K2M", None),
        ("x", None),
        ("", None),
    ],
)
def test_an_id_names_its_week(text: str, week: str | None) -> None:
    """An id holds its date, so it tells the partition; what is no id tells none."""
    assert week_of(text) == week


def test_a_silence_longer_than_the_look_back() -> None:
    """A silence of weeks, and an outage of weeks in it: told once it ends, not before."""
    long = replace(ACTIVE_STANDBY)
    silence = Entry(SILENCE, clock("12:00"), clock("09-10 12:00"), GW1, "hq", "kim", "site is being moved")
    watch = watched("17:13 hq down IN_0 DPD", silence, until="17:30", rules=long)
    assert watch.until("09-10 11:00", "60m") == []
    assert [m.split()[2] for m in watch.until("09-10 12:30", "5m")] == ["opened"]
    assert timedelta(0) < clock("09-10 12:30") - silence.end
