"""The store over both backends: one commit point, claims that one run wins, and public tables that only go forward."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from azure.identity import DefaultAzureCredential
from msgspec.structs import replace

from correlator.delivery import LEASE
from correlator.errors import StaleWrite
from correlator.incident_json import incident_object
from correlator.model import Checkpoint, GatewayState, Incident, LogRow, PeerState, Status, Tracked
from correlator.notification import Moment, Notification
from correlator.people import Entry, EntryKind, People, Remark, RemarkKind
from correlator.ports import TABLE, Head, Held, Notice, Standing
from correlator.stores.history import History
from correlator.stores.memory import MemoryTables
from correlator.stores.rows import partition_of, row_of
from correlator.stores.store import TableStore
from correlator.stores.table_storage import AzureTables
from correlator.stores.tables import EVERY, INCIDENTS, OUTAGES, STATE, Delete, Entity, Operation, Tables
from correlator.wording import Style
from sandbox.stack import Stack
from tests.channels.composed import EN, NAGOYA, OSAKA, gateway, incident_of, tunnel
from tests.fakes import at

NOW = at("2026-08-21T18:00:00")
SOON = NOW + timedelta(minutes=6)
WS = "11111111-1111-1111-1111-111111111111"


@pytest.fixture
def store(tables: Tables) -> TableStore:
    """A store over each backend."""
    return TableStore(tables, EN)


def drops(times: int, peer: str = OSAKA, reason: str = "DPD timed out") -> list[LogRow]:
    """One peer that was up and falls this many times, ten seconds long, once a minute."""
    rows = [tunnel("00:00:00", True, 0, peer)]
    start = at("2026-08-21T01:00:00")
    for n in range(times):
        down = start + timedelta(minutes=n)
        rows += [
            tunnel(f"{down:%Y-%m-%dT%H:%M:%S}Z", False, 0, peer, reason),
            tunnel(f"{down + timedelta(seconds=10):%Y-%m-%dT%H:%M:%S}Z", True, 0, peer),
        ]
    return rows


def incident(times: int = 1, rev: int = 1, **changes: Any) -> Incident:
    """One incident of so many outages."""
    return replace(incident_of(drops(times)), rev=rev, **changes)


def starts(times: int) -> list[datetime]:
    """When the outages of ``incident(times)`` began."""
    return [o.start for o in incident(times).outages]


def notice(key: str = "k-1", **changes: Any) -> Notice:
    """A message that waits."""
    return Notice(key, "teams", NOW, Notification(Moment.OPENED, NOW, incident()))._replace(**changes)


def opened(store: TableStore, *notices: Notice) -> list[Held]:
    """Commit some notices in a fresh partition, and read them back."""
    store.commit(WS, None, Head(mark=NOW), [], notices)
    return store.read(WS).outbox


def rows_of(tables: Tables, table: str, one: Incident) -> list[Entity]:
    """The rows of an incident in a public table."""
    found, _ = tables.query(table, partition_of(one), row_of(one), row_of(one) + "~")
    return found


def test_nothing_was_ever_committed(store: TableStore) -> None:
    """A fresh partition has an empty head, no tag, no outbox and no gateways."""
    found = store.read(WS)
    assert (found.head, found.etag, found.outbox) == (Head(), None, [])
    assert store.gateways(WS, ["gw"]) == {}
    assert store.gateways(WS, [f"gw{n}" for n in range(50)]) == {}
    assert list(store.documents(["2026-W34"])) == []


def test_what_was_committed_is_read_back(store: TableStore) -> None:
    """Head, gateways and notices come back equal, with the tag that the next commit needs."""
    peer = PeerState({"IN_0": NOW}, {"IN_1": NOW}, ["x"], [incident().outages[0]])
    state = GatewayState("gw", (Checkpoint(NOW, SOON, {OSAKA: peer}),), (Tracked(incident(3), NOW),))
    head = Head(NOW, SOON, {"gw": SOON}, "2026-W34")
    notices = [notice(), Notice("k-2", TABLE, NOW, None, (incident(2),)), notice("k-3", plain=True, tries=3)]
    tag = store.commit(WS, None, head, [state], notices)
    found = store.read(WS)
    assert (found.head, found.etag) == (head, tag)
    assert [h.notice for h in found.outbox] == notices
    assert store.gateways(WS, ["gw", "absent"]) == {"gw": state}


@pytest.mark.parametrize("asked", [3, 40])
def test_only_the_gateways_asked_for(store: TableStore, asked: int) -> None:
    """Few gateways are read one by one and many as a range, with the same result."""
    states = [GatewayState(f"/subscriptions/s/GW#{n}?") for n in range(60)]
    store.commit(WS, None, Head(), states, [])
    names = [s.gateway for s in states[:asked]]
    assert set(store.gateways(WS, [*names, "never seen"])) == set(names)


def test_the_loser_of_a_race_writes_nothing(store: TableStore, tables: Tables) -> None:
    """Two runs that read the same head: one commits, the other gets StaleWrite and leaves nothing behind."""
    tag = store.commit(WS, None, Head(mark=NOW), [GatewayState("gw")], [])
    assert store.commit(WS, tag, Head(mark=SOON), [], [notice("winner")]) != tag
    before = tables.query(STATE, WS, "", "~")[0]
    with pytest.raises(StaleWrite) as lost:
        store.commit(WS, tag, Head(mark=NOW), [GatewayState("gw"), GatewayState("other")], [notice("loser")])
    assert "\n" not in str(lost.value)
    assert tables.query(STATE, WS, "", "~")[0] == before


def test_two_first_runs_race(store: TableStore) -> None:
    """Two first runs at once: one of them commits."""
    store.commit(WS, None, Head(mark=NOW), [], [])
    with pytest.raises(StaleWrite):
        store.commit(WS, None, Head(mark=SOON), [GatewayState("gw")], [notice()])
    assert store.read(WS).head.mark == NOW
    assert store.gateways(WS, ["gw"]) == {}


def test_a_notice_is_never_committed_twice(store: TableStore) -> None:
    """A notice whose key is in the outbox already makes the whole commit stale."""
    tag = store.commit(WS, None, Head(), [], [notice()])
    with pytest.raises(StaleWrite):
        store.commit(WS, tag, Head(mark=SOON), [], [notice()])
    assert store.read(WS).head.mark is None


def test_partitions_know_nothing_of_each_other(store: TableStore) -> None:
    """What is committed in one partition cannot be seen in another, however alike their names."""
    for name in ("ws", "ws2", "w"):
        store.commit(name, None, Head(week=name), [GatewayState(name)], [notice(name)])
    for name in ("ws", "ws2", "w"):
        found = store.read(name)
        assert (found.head.week, [h.notice.key for h in found.outbox]) == (name, [name])
        assert set(store.gateways(name, ["ws", "ws2", "w"])) == {name}


def test_who_is_polled_is_noted_until_it_is_forgotten(store: TableStore) -> None:
    """By the id as it was given, in any spelling one; forgotten twice is forgotten."""
    for workspace in ("One", "/subscriptions/s/resourceGroups/r", "one"):
        store.note(Standing(workspace))
    assert sorted(store.noted()) == ["/subscriptions/s/resourceGroups/r", "one"]
    for _ in range(2):
        store.forget("ONE")
    assert store.noted() == ["/subscriptions/s/resourceGroups/r"]


def test_a_claim_is_won_once(store: TableStore) -> None:
    """Of all runs that saw a notice, one gets it; the others get nothing until they read again."""
    (held,) = opened(store, notice())
    mine = store.claim(WS, held, SOON)
    assert mine
    assert (mine.notice.leased_until, mine.notice.tries) == (SOON, 1)
    assert store.claim(WS, held, SOON) is None
    (again,) = store.read(WS).outbox
    assert again == mine


def test_a_settled_notice_is_gone(store: TableStore) -> None:
    """After its receipt a notice is forgotten; settling twice, or claiming what was settled, does no harm."""
    held, other = opened(store, notice("a"), notice("b"))
    mine = store.claim(WS, held, SOON)
    assert mine
    for _ in range(2):
        store.settle(WS, mine)
    assert [h.notice.key for h in store.read(WS).outbox] == ["b"]
    assert store.claim(WS, mine, SOON) is None
    assert store.claim(WS, held, SOON) is None
    assert store.claim(WS, other, SOON)


def test_a_delivery_counts_after_a_lost_claim(store: TableStore) -> None:
    """A run whose claim expired and was taken over still settles: the message has arrived, whoever sent it."""
    (held,) = opened(store, notice())
    mine = store.claim(WS, held, SOON)
    (seen,) = store.read(WS).outbox
    theirs = store.claim(WS, seen, SOON)
    assert mine
    assert theirs
    store.settle(WS, mine)
    assert store.read(WS).outbox == []
    store.postpone(WS, theirs, theirs.notice._replace(next_try=SOON))
    assert store.read(WS).outbox == []


def test_a_postponement_after_a_lost_claim_does_nothing(store: TableStore) -> None:
    """A run that lost its claim cannot give the notice back: the new holder's lease stands."""
    (held,) = opened(store, notice())
    mine = store.claim(WS, held, NOW)
    (seen,) = store.read(WS).outbox
    theirs = store.claim(WS, seen, SOON)
    assert mine
    store.postpone(WS, mine, mine.notice._replace(leased_until=None))
    assert store.read(WS).outbox == [theirs]


def test_a_postponed_notice_comes_back_later(store: TableStore) -> None:
    """A notice given back keeps its tries, its next time and its simpler form."""
    (held,) = opened(store, notice())
    mine = store.claim(WS, held, SOON)
    assert mine
    later = mine.notice._replace(leased_until=None, next_try=SOON, plain=True)
    store.postpone(WS, mine, later)
    (found,) = store.read(WS).outbox
    assert found.notice == later
    assert store.claim(WS, mine, SOON) is None


def test_an_incident_is_recorded_with_its_outages(store: TableStore, tables: Tables) -> None:
    """A recorded incident is one row, one row more for each tunnel outage, and the object comes back as it was."""
    one = incident(3)
    store.record([one])
    assert list(store.documents([partition_of(one)])) == [incident_object(one, EN)]
    (row,) = rows_of(tables, INCIDENTS, one)
    assert row.properties["DowntimeSeconds"] == 30.0
    assert row.properties["StartedAt"] == one.started_at
    outages = rows_of(tables, OUTAGES, one)
    assert [o.properties["RemoteIp"] for o in outages] == [OSAKA] * 3
    assert {o.properties["IncidentId"] for o in outages} == {one.id}


def test_recording_again_changes_nothing(store: TableStore, tables: Tables) -> None:
    """The same revision twice leaves the same rows, as after a crash between the two tables."""
    store.record([incident(2)])
    before = [e.properties for t in (INCIDENTS, OUTAGES) for e in rows_of(tables, t, incident())]
    store.record([incident(2)])
    assert [e.properties for t in (INCIDENTS, OUTAGES) for e in rows_of(tables, t, incident())] == before


def test_a_crash_between_the_tables_is_made_good(store: TableStore, tables: Tables) -> None:
    """The incident's row written and its outages not: recording the same revision again adds them."""
    one = incident(3)
    store.record([one])
    for row in rows_of(tables, OUTAGES, one):
        tables.write(OUTAGES, partition_of(one), [Delete(row.row)])
    store.record([one])
    assert len(rows_of(tables, OUTAGES, one)) == 3


@pytest.mark.parametrize("order", [(1, 2, 5), (5, 2, 1), (2, 5, 1), (5, 5, 1)])
def test_an_older_revision_never_replaces_a_newer_one(
    store: TableStore, tables: Tables, order: tuple[int, ...]
) -> None:
    """In whatever order revisions arrive, the newest one stands, with its outages."""
    for rev in order:
        store.record([incident(rev, rev)])
    (row,) = rows_of(tables, INCIDENTS, incident())
    assert (row.properties["Rev"], row.properties["OutageCount"]) == (5, 5)
    assert [o.properties["StartedAt"] for o in rows_of(tables, OUTAGES, incident())] == starts(5)
    assert list(store.documents([partition_of(incident())])) == [incident_object(incident(5, 5), EN)]


def test_outages_can_become_fewer(store: TableStore, tables: Tables) -> None:
    """Late rows may join outages: rows that a newer revision does not have are removed, over a hundred too."""
    store.record([incident(230)])
    assert len(rows_of(tables, OUTAGES, incident())) == 230
    store.record([incident(2, 2)])
    assert [o.properties["StartedAt"] for o in rows_of(tables, OUTAGES, incident())] == starts(2)
    assert list(store.documents([partition_of(incident())])) == [incident_object(incident(2, 2), EN)]


@pytest.mark.parametrize("status", [Status.RETRACTED, Status.ABSORBED])
def test_what_never_was_has_no_outages(store: TableStore, tables: Tables, status: Status) -> None:
    """A retracted or absorbed incident keeps its row, which says so, and loses its outage rows."""
    store.record([incident(3)])
    store.record([incident(3, 2, status=status, absorbed_by="VPN-20260821-OTHER1")])
    assert rows_of(tables, OUTAGES, incident()) == []
    (document,) = store.documents([partition_of(incident())])
    assert document["status"] == status.value


def test_a_new_verdict_reaches_every_outage_row(store: TableStore, tables: Tables) -> None:
    """When a newer revision has another cause, every outage row says it."""
    store.record([incident(150)])
    changed = incident_of(drops(150, reason="RemotelyTriggered"))
    store.record([replace(changed, id=incident().id, rev=2)])
    assert {o.properties["Cause"] for o in rows_of(tables, OUTAGES, incident())} == {"remote-closed"}


def test_weeks_of_flapping_still_fit(store: TableStore, tables: Tables) -> None:
    """Of more outages than a row can hold the first and last stay in the object, and the number left out is said."""
    huge = incident(820)
    store.record([huge])
    (document,) = store.documents([partition_of(huge)])
    whole = incident_object(huge, EN)
    assert len(document["outages"]) + document["outages_omitted"] == 820
    assert (document["outages"][0], document["outages"][-1]) == (whole["outages"][0], whole["outages"][-1])
    assert document["downtime_seconds"] == whole["downtime_seconds"]
    assert len(rows_of(tables, OUTAGES, huge)) == 820


def test_a_neighbours_outages_are_left_alone(store: TableStore, tables: Tables) -> None:
    """Removing the outages of one incident touches no other, though their keys share a beginning."""
    first, second = incident(2), incident_of(drops(2, NAGOYA))
    second = replace(second, id=first.id + "X", anchor=first.anchor)
    store.record([first, second])
    store.record([replace(first, rev=2, status=Status.RETRACTED)])
    kept = tables.query(OUTAGES, partition_of(first), "", "~")[0]
    assert [o.properties["IncidentId"] for o in kept] == [second.id] * 2


def test_a_large_incident_is_cut_and_joined(store: TableStore, tables: Tables) -> None:
    """An incident of three hundred outages is cut into parts of at most 30,000 characters and comes back whole."""
    large = incident(300)
    store.record([large])
    (row,) = rows_of(tables, INCIDENTS, large)
    parts = {k: v for k, v in row.properties.items() if k.startswith("Json")}
    assert len(parts) > 2
    assert set(parts) == {"Json", *(f"Json{n}" for n in range(2, len(parts) + 1))}
    assert max(map(len, parts.values())) <= 30_000
    assert list(store.documents([partition_of(large)])) == [incident_object(large, EN)]
    assert len(rows_of(tables, OUTAGES, large)) == 300


def test_a_part_that_is_no_longer_needed_goes(store: TableStore, tables: Tables) -> None:
    """A smaller revision leaves no part of the larger one behind."""
    store.record([incident(300)])
    store.record([incident(1, 2)])
    (row,) = rows_of(tables, INCIDENTS, incident())
    assert [k for k in row.properties if k.startswith("Json")] == ["Json"]


def test_a_part_fits_in_any_script(stack: Stack) -> None:
    """A property holds 32 Ki UTF-16 units: text of characters that take two of them is cut shorter."""
    store = TableStore(AzureTables.at(stack.azurite.tables_endpoint, DefaultAzureCredential()), EN)
    large = incident_of(drops(200, reason="🔧" * 200))
    store.record([large])
    assert list(store.documents([partition_of(large)])) == [incident_object(large, EN)]


def test_what_people_say_is_kept_apart(store: TableStore, tables: Tables) -> None:
    """Remarks lie in the week of their incident, entries by their end; recording an incident touches none of them."""
    one = incident()
    first = Remark(one.id, NOW, "kim", RemarkKind.ACKNOWLEDGED)
    second = Remark(one.id, SOON, "O'Hara", RemarkKind.RECLASSIFIED, "it's ours: 停電", "planned-work")
    for remark in (second, first, first):
        store.add_remark(remark)
    silence = Entry(EntryKind.SILENCE, NOW, SOON, one.gateway, OSAKA, "kim", "moving house")
    work = Entry(EntryKind.PLANNED_WORK, NOW, SOON + timedelta(hours=1), "", "", "lee", "firmware")
    for entry in (silence, work, work):
        store.add_entry(entry)
    store.record([one])
    week = partition_of(one)
    assert store.people([week], NOW) == People({one.id: (first, second)}, (silence, work))
    assert store.people(["2026-W33"], SOON + timedelta(minutes=1)) == People({}, (work,))
    assert store.entries(EntryKind.PLANNED_WORK, NOW) == [work]
    store.remove_entry(work)
    store.remove_entry(work)
    assert store.entries(EntryKind.PLANNED_WORK, NOW) == []
    assert store.people([week], NOW).remarks == {one.id: (first, second)}


def test_what_is_said_later_shows_with_its_incident(store: TableStore, tables: Tables) -> None:
    """An incident that is long over is not written again, yet whoever asks for it sees what people said of it."""
    one = incident()
    store.record([one])
    history = History(tables)
    assert "person" not in (history.one(one.id) or {})
    store.add_remark(Remark(one.id, NOW, "kim", RemarkKind.RECLASSIFIED, "we did it", "planned-work"))
    store.add_remark(Remark(one.id, SOON, "lee", RemarkKind.NOTE, "ticket 4711"))
    found = history.one(one.id)
    assert found
    assert (found["person"]["code"], found["cause"]["code"]) == ("planned-work", one.finding.cause)
    assert [n["text"] for n in found["notes"]] == ["we did it", "ticket 4711"]
    assert (found["history"][-1]["event"], found["history"][-1]["by"]) == ("reclassified", "kim")


def test_a_remark_needs_an_incident(store: TableStore) -> None:
    """What names no incident has no place."""
    with pytest.raises(ValueError, match="no incident id"):
        store.add_remark(Remark("nonsense", NOW, "kim", RemarkKind.NOTE, "x"))


def test_documents_of_some_weeks(store: TableStore) -> None:
    """The objects of the weeks asked for come back, oldest first in each week, and of no other week."""
    week_33, week_34, week_35 = (
        replace(incident(), id=f"VPN-2026{d}-AAAAA{n}", anchor=at(f"2026-{d[:2]}-{d[2:]}T01:00:00"))
        for n, d in enumerate(("0816", "0823", "0824"))
    )
    later = replace(week_34, id="VPN-20260823-ZZZZZZ", anchor=at("2026-08-23T02:00:00"))
    store.record([later, week_35, week_33, week_34])
    assert [d["id"] for d in store.documents(["2026-W34"])] == [week_34.id, later.id]
    assert [d["id"] for d in store.documents(["2026-W35", "2026-W33"])] == [week_35.id, week_33.id]
    assert list(store.documents(["2026-W36"])) == []


class _Spy:
    """A backend that tells its writes, and may let something happen just before one of them."""

    def __init__(self, inner: Tables) -> None:
        self._inner = inner
        self.keys: list[str] = []
        self.before: Callable[[str], None] = lambda table: None

    def query(
        self, table: str, partition: str, first: str, last: str, where: Mapping[str, str] = EVERY
    ) -> tuple[list[Entity], datetime]:
        self.keys.append(partition)
        return self._inner.query(table, partition, first, last, where)

    def get(self, table: str, partition: str, row: str) -> Entity | None:
        self.keys += [partition, row]
        return self._inner.get(table, partition, row)

    def scan(self, table: str, before: str, where: Mapping[str, str] = EVERY) -> Iterator[tuple[str, Entity]]:
        return self._inner.scan(table, before, where)

    def write(self, table: str, partition: str, operations: Sequence[Operation]) -> list[str]:
        self.before(table)
        self.keys += [partition, *(o.row for o in operations)]
        return self._inner.write(table, partition, operations)


def test_keys_are_harmless() -> None:
    """No key holds a slash, backslash, hash, question mark, percent sign or control character, or is over 512 long."""
    spy = _Spy(MemoryTables())
    store = TableStore(spy, Style())
    hostile = "/subscriptions/a\\b#c?d%2F\n\u0085e/providers/microsoft.network/virtualnetworkgateways/gw"
    one = replace(incident(2), gateway=hostile)
    store.commit(hostile, None, Head(), [GatewayState(hostile)], [Notice("k", TABLE, NOW, None, (one,))])
    store.gateways(hostile, [hostile])
    (held,) = store.read(hostile).outbox
    claimed = store.claim(hostile, held, SOON)
    assert claimed
    store.record(claimed.notice.incidents)
    store.settle(hostile, claimed)
    for key in spy.keys:
        assert not re.search(r"[/\\#?%\x00-\x1f\x7f-\x9f]", key)
        assert 0 < len(key) < 512


def test_a_revision_overtaken_before_it_is_written() -> None:
    """A newer revision that lands between an older one's decision and its write stands."""
    tables = MemoryTables()
    calm, spy = TableStore(tables, EN), _Spy(tables)
    overtaken = iter([True])
    spy.before = lambda table: calm.record([incident(1, 3)]) if next(overtaken, False) else None
    TableStore(spy, EN).record([incident(4, 2)])
    (row,) = rows_of(tables, INCIDENTS, incident())
    assert row.properties["Rev"] == 3
    assert [o.properties["StartedAt"] for o in rows_of(tables, OUTAGES, incident())] == starts(1)


def test_a_revision_overtaken_between_the_tables() -> None:
    """A newer revision recorded between an older one's incident and its outages stands in both tables."""
    tables = MemoryTables()
    calm, spy = TableStore(tables, EN), _Spy(tables)
    overtaken = iter([True])
    spy.before = lambda t: calm.record([incident(1, 3)]) if t == OUTAGES and next(overtaken, False) else None
    TableStore(spy, EN).record([incident(4, 2)])
    (row,) = rows_of(tables, INCIDENTS, incident())
    assert row.properties["Rev"] == 3
    assert [o.properties["StartedAt"] for o in rows_of(tables, OUTAGES, incident())] == starts(1)


def test_maintenance_rows_are_recorded_with_their_cause(store: TableStore, tables: Tables) -> None:
    """The flat columns say cause and side, so that a filter needs no JSON."""
    one = incident_of(
        [
            tunnel("12:00:00", True, 0),
            gateway("17:12:10", "HostMaintenanceEvent", "", 0),
            tunnel("17:13:04", False, 0),
            tunnel("17:13:16", True, 1),
        ]
    )
    store.record([one])
    (row,) = rows_of(tables, INCIDENTS, one)
    assert (row.properties["Cause"], row.properties["Side"]) == ("azure-maintenance", "azure")
    (outage,) = rows_of(tables, OUTAGES, one)
    assert (outage.properties["Cause"], outage.properties["DurationSeconds"]) == ("azure-maintenance", 12.0)


def test_many_notices_become_one_or_none_does(store: TableStore) -> None:
    """Notices are replaced by one in one write; if another run holds one of them meanwhile, all stay as they are."""
    one, two = opened(store, notice("k-1"), notice("k-2"))
    assert store.claim(WS, two, NOW + LEASE)
    assert store.replace(WS, [one, two], None, notice("0-sum")) is None
    assert [h.notice.key for h in store.read(WS).outbox] == ["k-1", "k-2"]
    one, two = store.read(WS).outbox
    there = store.replace(WS, [one], None, notice("0-sum"))
    assert there
    assert store.replace(WS, [two], there, notice("0-sum", tries=2))
    assert [(h.notice.key, h.notice.tries) for h in store.read(WS).outbox] == [("0-sum", 2)]
    assert store.replace(WS, [], there, notice("0-sum", tries=9)) is None, "its tag has moved"


def test_a_notice_given_back_brings_others_or_nothing(store: TableStore) -> None:
    """What is said of a failed try is written together with its later time; after a lost claim neither is."""
    (held,) = opened(store, notice("k-1"))
    claimed = store.claim(WS, held, NOW + LEASE)
    assert claimed
    store.postpone(WS, held, held.notice, [notice("k-9")])
    assert [h.notice.key for h in store.read(WS).outbox] == ["k-1"]
    store.postpone(WS, claimed, claimed.notice._replace(leased_until=None), [notice("k-9")])
    assert [h.notice.key for h in store.read(WS).outbox] == ["k-1", "k-9"]


def test_one_notice_finds_out_that_an_address_is_dead(store: TableStore) -> None:
    """The first that asks is told so, again if it asks again; the others are not; another address starts anew."""
    assert store.park("slack", "aaaa", "ws k-1")
    assert store.park("slack", "aaaa", "ws k-1")
    assert not store.park("slack", "aaaa", "other k-7")
    assert store.park("slack", "bbbb", "other k-7")
    assert store.park("teams", "aaaa", "other k-7")
    store.unpark("slack")
    store.unpark("slack")
    assert store.park("slack", "bbbb", "ws k-1")
    assert store.kept_list()[0] is None


def test_a_claim_that_ran_out_is_counted(store: TableStore) -> None:
    """A notice whose claim was never given back was held by a run that died: the next claim says so."""
    (held,) = opened(store, notice("k-1"))
    first = store.claim(WS, held, NOW + LEASE)
    assert first
    assert first.notice.crashed == 0
    store.postpone(WS, first, first.notice._replace(leased_until=None))
    second = store.claim(WS, store.read(WS).outbox[0], NOW + LEASE)
    assert second
    assert second.notice.crashed == 0
    third = store.claim(WS, second, NOW + LEASE)
    assert third
    assert third.notice.crashed == 1
