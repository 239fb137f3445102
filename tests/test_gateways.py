"""The gateway list: who is asked for is found in any case, and a difference is told only where both lists could see."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from correlator.gateways import Connection, Difference, Gateway, GatewayList, Refused, changes
from correlator.stores.codec import pack, unpack

GROUP = "/subscriptions/s/resourcegroups/rg"
NETWORK = f"{GROUP}/providers/microsoft.network"
NAGOYA = Connection("to-nagoya", f"{NETWORK}/connections/to-nagoya", ("203.0.113.10",))
OSAKA_ID = f"{NETWORK}/virtualnetworkgateways/osaka"
TO_OSAKA = Connection("to-osaka", f"{NETWORK}/connections/to-osaka", ("198.51.100.201", "198.51.100.202"), OSAKA_ID)
WAN_SITE = Connection("berlin", f"{NETWORK}/vpngateways/hub/vpnconnections/berlin", ("192.0.2.33", "vpn.example"))
TOKYO = Gateway(
    f"{NETWORK}/virtualnetworkgateways/tokyo", "Tokyo", "virtualNetworkGateways", False, False,
    ("203.0.113.201",), (NAGOYA, TO_OSAKA),
)  # fmt: skip
OSAKA = Gateway(OSAKA_ID, "osaka", "virtualNetworkGateways", True, False, TO_OSAKA.peers, ())
HUB = Gateway(f"{NETWORK}/vpngateways/hub", "hub", "vpnGateways", True, False, ("192.0.2.201",), (WAN_SITE,))
LISTED = GatewayList((OSAKA, TOKYO, HUB))


def moved(thing: Gateway, group: str = "elsewhere") -> Gateway:
    """The same gateway in another resource group, with its connections."""

    def there(resource_id: str) -> str:
        return resource_id.replace("/rg/", f"/{group}/")

    connections = tuple(replace(c, resource_id=there(c.resource_id)) for c in thing.connections)
    return replace(thing, resource_id=there(thing.resource_id), connections=connections)


# Look-ups


@pytest.mark.parametrize("spelled", [TOKYO.resource_id, TOKYO.resource_id.upper(), f"  {TOKYO.resource_id}/ "])
def test_a_gateway_is_found_however_its_id_is_spelled(spelled: str) -> None:
    """Case, spaces and slashes at the end do not matter."""
    assert LISTED.find(spelled) == TOKYO
    assert LISTED.connection_of(spelled, " 203.0.113.10 ") == NAGOYA


def test_what_is_not_listed_is_not_found() -> None:
    """An unknown gateway, peer or address gives None, and an empty text is no peer of anybody."""
    unread = replace(TOKYO, addresses=(), connections=(replace(NAGOYA, peers=()),))
    assert LISTED.find(f"{NETWORK}/virtualnetworkgateways/kyoto") is None
    assert LISTED.connection_of(TOKYO.resource_id, "203.0.113.99") is None
    assert LISTED.connection_of(OSAKA.resource_id, "203.0.113.10") is None, "a peer of another gateway"
    assert LISTED.connection_of("", "203.0.113.10") is None
    assert GatewayList((unread,)).connection_of(TOKYO.resource_id, "") is None
    assert "" not in GatewayList((unread,)).addresses


def test_a_connection_has_any_of_its_peers() -> None:
    """Each link of a Virtual WAN connection, by address or by name, leads to it."""
    assert {LISTED.connection_of(HUB.resource_id, p) for p in ("192.0.2.33", "VPN.example")} == {WAN_SITE}


def test_the_owner_of_an_address() -> None:
    """Every address of a gateway leads to it: so a VNet-to-VNet peer is known for a gateway that is watched."""
    assert [LISTED.addresses[a] for a in TO_OSAKA.peers] == [OSAKA.resource_id, OSAKA.resource_id]
    assert "203.0.113.10" not in LISTED.addresses


def test_the_mode_of_every_gateway() -> None:
    """The mode of each listed gateway is given, by id."""
    assert LISTED.active_active == {OSAKA.resource_id: True, TOKYO.resource_id: False, HUB.resource_id: True}


def test_a_list_can_be_kept() -> None:
    """What is packed is unpacked as it was."""
    kept = replace(LISTED, refused=(Refused(GROUP, "no permission"),))
    assert unpack(GatewayList, pack(kept)) == kept


# Changes


def test_nothing_changed() -> None:
    """Two equal lists differ in nothing, whatever their order, and the answer is false."""
    assert not changes(LISTED, LISTED)
    assert not changes(LISTED, GatewayList(LISTED.gateways[::-1]))


def test_a_gateway_came_or_went_with_its_connections() -> None:
    """A new id is added, a lost one removed; so are the connections, and one way is the other reversed."""
    fewer = GatewayList((OSAKA, TOKYO))
    gone, came = changes(LISTED, fewer), changes(fewer, LISTED)
    assert (gone.gateways, gone.connections) == (Difference(removed=(HUB,)), Difference(removed=(WAN_SITE,)))
    assert (came.gateways, came.connections) == (Difference(added=(HUB,)), Difference(added=(WAN_SITE,)))


def test_a_connection_of_a_gateway_that_stays() -> None:
    """A connection that is gone is told while its gateway is unchanged."""
    found = changes(LISTED, GatewayList((OSAKA, replace(TOKYO, connections=(NAGOYA,)), HUB)))
    assert (found.gateways, found.connections) == (Difference(), Difference(removed=(TO_OSAKA,)))


def test_a_moved_gateway_keeps_its_history_together() -> None:
    """The same name under another id is one gateway moved or re-created, not one lost and one new."""
    there = moved(TOKYO)
    found = changes(LISTED, GatewayList((OSAKA, HUB, there)))
    assert found.gateways == Difference(moved=((TOKYO, there),))
    assert set(found.connections.moved) == set(zip(TOKYO.connections, there.connections, strict=True))
    assert not found.connections.added
    assert not found.connections.removed


def test_a_name_that_is_not_unique_is_not_taken_for_a_move() -> None:
    """Two new gateways of the lost one's name: nobody can tell which it was."""
    found = changes(GatewayList((OSAKA,)), GatewayList((moved(OSAKA, "a"), moved(OSAKA, "b"))))
    assert (len(found.gateways.added), len(found.gateways.removed), found.gateways.moved) == (2, 1, ())


def test_a_name_of_another_type_is_another_gateway() -> None:
    """A Virtual WAN gateway that has the name of a lost classic one is new."""
    other = replace(HUB, name=OSAKA.name)
    found = changes(GatewayList((OSAKA,)), GatewayList((other,)))
    assert found.gateways == Difference(added=(other,), removed=(OSAKA,))


@pytest.mark.parametrize("scope", ["/subscriptions/S", f"{GROUP}/", GROUP.upper(), TOKYO.resource_id])
def test_what_was_refused_is_not_gone(scope: str) -> None:
    """What one of the lists was refused is neither removed nor, when it can be read again, added."""
    blind = GatewayList((), (Refused(scope, "no permission"),))
    alone = GatewayList((TOKYO,))
    assert not changes(alone, blind)
    assert not changes(blind, alone)


def test_a_refusal_hides_what_lies_below_and_nothing_beside() -> None:
    """A group whose name begins alike, or a text that is no id at all, hides nothing."""
    for scope in (f"{GROUP}-2", "rg", "no id", f"{NETWORK}/localnetworkgateways"):
        assert changes(LISTED, GatewayList((), (Refused(scope, "no"),))).gateways.removed == LISTED.gateways


@given(st.sets(st.integers(0, 5)), st.sets(st.integers(0, 5)))
def test_every_difference_is_told_once(before: set[int], after: set[int]) -> None:
    """Every gateway that only one list has is added, removed or moved, exactly once."""
    pool = [OSAKA, TOKYO, HUB, moved(OSAKA), moved(TOKYO), moved(HUB)]
    old, new = [pool[n] for n in sorted(before)], [pool[n] for n in sorted(after)]
    found = changes(GatewayList(tuple(old)), GatewayList(tuple(new))).gateways
    lost = [*found.removed, *(b for b, _ in found.moved)]
    gained = [*found.added, *(a for _, a in found.moved)]
    assert sorted(g.resource_id for g in lost) == sorted(g.resource_id for g in old if g not in new)
    assert sorted(g.resource_id for g in gained) == sorted(g.resource_id for g in new if g not in old)
