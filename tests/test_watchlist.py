"""The gateway list is read once a day, is never needed, and says what the logs cannot: modes, ends, a witness."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from msgspec.structs import replace

from correlator.errors import SourceUnavailable
from correlator.gateways import Connection, Gateway, GatewayList, Listed, Refused
from correlator.model import GatewayState, Move, Policy, Status, Witness
from correlator.refresh import read_anew
from correlator.watchlist import Asking, informed, is_fresh
from tests.test_gateways import HUB, LISTED, OSAKA, TOKYO, moved
from tests.timeline import Watch, clock, gateway

NOW = clock("09:00")
KEPT = Listed(NOW - timedelta(days=1), LISTED)
TO_HQ = Connection("cn-hq", "/connections/cn-hq", ("hq",))
GW1 = Gateway(gateway(), "gw1", "virtualNetworkGateways", False, False, (), (TO_HQ,))
DOWN = "16:00 hq up IN_0; 16:00 osaka up IN_0; 17:13 hq down IN_0 DPD"


class Azure:
    """The list as a test says it, and the status of every connection."""

    def __init__(self, found: GatewayList | None, status: str | None = "NotConnected") -> None:
        self.found, self.answer, self.asked = found, status, list[str]()
        self.there: dict[str, bool | None] = {}

    def list_gateways(self, scopes: Sequence[str], places: Sequence[str] = ()) -> GatewayList:
        if self.found is None:
            raise SourceUnavailable("throttled")
        return self.found

    def is_there(self, resource_id: str) -> bool | None:
        self.asked.append(resource_id)
        return self.there.get(resource_id, False)

    def status(self, connection_id: str) -> str | None:
        self.asked.append(connection_id)
        if self.answer is None:
            raise SourceUnavailable("throttled")
        return self.answer


def test_the_list_is_fresh_for_a_day() -> None:
    """A list of yesterday or of other scopes is read again, one of today is not; a refused one only for an hour."""
    assert is_fresh(KEPT, [], NOW - timedelta(seconds=1))
    assert not is_fresh(KEPT, [], NOW)
    assert not is_fresh(KEPT, ["/subscriptions/other"], NOW - timedelta(hours=12))
    assert not is_fresh(None, [], NOW)
    refused = replace(KEPT, found=GatewayList(refused=(Refused("/subscriptions/s", "needs Reader"),)))
    assert is_fresh(refused, [], KEPT.read_at + timedelta(minutes=59))
    assert not is_fresh(refused, [], KEPT.read_at + timedelta(hours=1))


def test_without_an_answer_the_old_list_stays() -> None:
    """Azure does not answer: what is known stays, and stays old, so that the next poll asks again."""
    assert read_anew(KEPT, Azure(None), [], NOW) is KEPT
    assert read_anew(None, Azure(None), [], NOW) is None


def test_what_is_gone_and_what_moved_is_remembered() -> None:
    """A removed gateway is removed, a moved one has a new id, and one that is back is neither."""
    there = moved(TOKYO)
    first = read_anew(KEPT, Azure(GatewayList((there, HUB))), [], NOW)
    assert first
    assert set(first.removed) == {TOKYO.resource_id, OSAKA.resource_id}
    assert first.aliases == {TOKYO.resource_id: there.resource_id}
    again = moved(TOKYO, "third")
    second = first.renewed(NOW, GatewayList((again, OSAKA, HUB)))
    assert set(second.removed) == {TOKYO.resource_id, there.resource_id}
    assert second.aliases == dict.fromkeys([TOKYO.resource_id, there.resource_id], again.resource_id)
    back = second.renewed(NOW, LISTED)
    assert (TOKYO.resource_id in back.removed, TOKYO.resource_id in back.aliases) == (False, False)


def test_only_gateways_that_lost_something_are_looked_at() -> None:
    """A gateway that went, or whose connections changed, is looked at without fresh rows; the others are not."""
    fewer = replace(TOKYO, connections=TOKYO.connections[:1])
    after = KEPT.renewed(NOW, GatewayList((fewer, HUB)))
    assert after.touched == (OSAKA.resource_id, TOKYO.resource_id)
    assert KEPT.renewed(NOW, LISTED).touched == ()
    assert after.renewed(NOW, GatewayList((fewer, HUB))).touched == after.touched, "until it was acted on"


def test_a_move_keeps_the_time_when_it_was_seen() -> None:
    """A second move of the same gateway does not make the first one younger."""
    later = NOW + timedelta(days=9)
    there, again = moved(TOKYO), moved(TOKYO, "third")
    first = KEPT.renewed(NOW, GatewayList((there, OSAKA, HUB)))
    assert informed(Policy(), first).moved == {TOKYO.resource_id: Move(there.resource_id, NOW)}
    second = first.renewed(later, GatewayList((again, OSAKA, HUB)))
    assert informed(Policy(), second).moved == {
        TOKYO.resource_id: Move(again.resource_id, NOW),
        there.resource_id: Move(again.resource_id, later),
    }
    assert informed(Policy(), second.renewed(later, LISTED)).moved == {
        there.resource_id: Move(TOKYO.resource_id, later),
        again.resource_id: Move(TOKYO.resource_id, later),
    }


def test_peers_are_counted_only_where_all_are_known_by_address() -> None:
    """A peer that is named by DNS, or could not be read, leaves the number of peers open."""
    assert informed(Policy(), KEPT).peers == {
        TOKYO.resource_id: frozenset({"203.0.113.10", "198.51.100.201", "198.51.100.202"})
    }


def watch(known: GatewayList, witness: Azure | None = None) -> Watch:
    """Polls over a night in which a tunnel falls and stays down, with what Azure's list knows."""
    listed = Listed(NOW, known)
    return Watch(DOWN, informed(Policy(), listed), asking=Asking(witness, listed) if witness else None)


def test_maintenance_at_the_other_end_is_remembered() -> None:
    """The gateway at the other end has no fresh rows an hour later: what it said of the drop still holds."""
    rows = """
        gw2 17:12     maintenance IN_0
        gw1 17:13:00  203.0.113.9 down IN_0 RemotelyTriggered
        gw1 17:13:40  203.0.113.9 up   IN_0
        gw1 18:20     osaka up IN_0
    """
    found = Watch(rows, Policy(addresses={"203.0.113.9": gateway("gw2")}))
    found.poll(clock("16:00"))
    assert found.until("19:00") == ["17:15 A recovered azure-maintenance"]
    assert [i.finding.rule for i in found.known().values()] == ["maintenance-at-the-other-end"]


def test_a_connection_that_was_removed_is_not_down_for_ever() -> None:
    """The connection is gone from Azure's list: its outage ends as removed, and those who heard of it hear that."""
    found = watch(GatewayList((GW1,)))
    found.poll(clock("16:05"))
    assert found.until("17:25") == ["17:25 A opened remote-unreachable"]
    other = replace(TO_HQ, peers=("203.0.113.99",))
    found.rules = informed(Policy(), Listed(NOW, GatewayList((replace(GW1, connections=(other,)),))))
    found.due = {gateway(): clock("17:30")}
    assert found.until("18:30") == ["17:30 A removed remote-unreachable"]
    assert [i.status for i in found.known().values()] == [Status.REMOVED]


def test_azure_is_asked_once_about_an_outage_of_fifteen_minutes() -> None:
    """An outage that is open for fifteen minutes is asked about, once; the answer stands among the evidence."""
    azure = Azure(GatewayList((GW1,)))
    found = watch(GatewayList((GW1,)), azure)
    found.poll(clock("16:05"))
    found.until("17:25")
    assert azure.asked == []
    found.until("19:00")
    assert azure.asked == [TO_HQ.resource_id]
    (incident,) = found.known().values()
    assert incident.witnesses == (Witness(clock("17:30"), "cn-hq", "NotConnected"),)
    found.add("19:30 hq up IN_0")
    found.until("20:00")
    assert [i.witnesses for i in found.known().values()] == [incident.witnesses], "kept when the story is told anew"


def test_a_witness_that_does_not_answer_stops_nothing() -> None:
    """Azure fails, or the list knows no such connection: the outage goes on without a witness."""
    elsewhere = replace(GW1, connections=(replace(TO_HQ, peers=("hq.example",)),))
    for known, status in ((GatewayList((GW1,)), None), (GatewayList((elsewhere,)), "Connected")):
        found = watch(known, Azure(known, status))
        found.poll(clock("16:05"))
        found.until("18:00")
        assert [i.witnesses for i in found.known().values() if i.status is Status.OPEN] == [()]
    assert Asking(Azure(LISTED), KEPT).witnesses(GatewayState("other"), NOW, Policy()) == {}
