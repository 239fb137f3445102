"""Which channel hears of what: the grammar, and that no news is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from correlator.model import Facet, Impact, Side
from correlator.notification import Moment, Notification
from correlator.routes import EVERYWHERE, Route, Routing, parse
from correlator.summary import Week
from tests.timeline import clock, incidents

CHATS = ("teams", "slack")
SITES = {"hq": "Osaka-DC1"}
(INCIDENT,) = incidents("17:13 hq down IN_0 DPD; 17:58 hq up IN_0")
AZURE, REMOTE = Facet(Side.AZURE, Impact.CONNECTION_DOWN), Facet(Side.REMOTE, Impact.CONNECTION_DOWN)
WEAK = Facet(Side.AZURE, Impact.REDUNDANCY_LOST)


def told(*facets: Facet) -> Notification:
    return Notification(Moment.RECOVERED, clock("18:10"), INCIDENT, facets=facets)


@pytest.mark.parametrize(
    ("text", "facets", "expected"),
    [
        ("", [AZURE], ["teams", "slack"]),
        ("teams: azure,unknown; slack: remote", [AZURE], ["teams"]),
        ("teams: azure , unknown\nslack: REMOTE", [REMOTE], ["slack"]),
        ("teams: azure", [REMOTE], ["slack"]),  # slack has no rule: it hears of everything
        ("teams: azure", [AZURE], ["teams", "slack"]),
        ("teams: azure; slack: own-change", [REMOTE], ["teams", "slack"]),  # nowhere is everywhere
        ("teams: azure; slack: own-change,unknown; slack: remote", [REMOTE], ["slack"]),  # several rules
        ("teams: azure connection-down; slack: azure redundancy-lost,none", [WEAK], ["slack"]),
        ("teams: azure connection-down; slack: azure redundancy-lost,none", [AZURE], ["teams"]),
        # the side or the impact changed: the new one's channel, and all that were told
        ("teams: azure; slack: remote", [REMOTE, AZURE], ["teams", "slack"]),
        ("teams: connection-down; slack: redundancy-lost", [WEAK, AZURE], ["teams", "slack"]),
        # sites, by name or address
        ("teams: azure; slack: remote site=osaka-dc1", [REMOTE], ["slack"]),
        ("teams: azure; slack: site = HQ , nagoya remote", [REMOTE], ["slack"]),
        ("teams: remote; slack: remote site=nagoya", [REMOTE], ["teams"]),
        ("teams: azure", [], ["teams", "slack"]),
    ],
)
def test_who_hears_of_it(text: str, facets: list[Facet], expected: list[str]) -> None:
    """Side, impact and site choose the channels; without a rule a channel hears all, without a channel all hear."""
    assert Routing(parse(text, CHATS), SITES).recipients(told(*facets), CHATS) == expected


def test_what_is_no_incident_goes_everywhere() -> None:
    """The week and the welcome are for all."""
    week = Notification(Moment.WEEKLY, clock("18:10"), week=Week("2026-W34", clock("00:00"), clock("01:00")))
    assert Routing(parse("teams: azure; slack: remote", CHATS)).recipients(week, CHATS) == list(CHATS)


def test_what_speaks_for_others_speaks_of_their_sites() -> None:
    """Where one message lists other incidents, no channel of another site is left out."""
    from correlator.model import Cause, Status
    from correlator.notification import Also

    other = Also("VPN-20260821-000000", Moment.OPENED, 1, Status.OPEN, Cause.REMOTE_CLOSED)
    routing = Routing(parse("teams: azure; slack: remote site=nagoya", CHATS), SITES)
    assert routing.recipients(replace(told(REMOTE), also=(other,)), CHATS) == ["slack"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("azure", "begins with a channel and a colon; channels are teams, slack"),
        ("mail: azure", "begins with a channel and a colon"),
        ("teams:", "say what teams hears of"),
        ("teams: azure; slack: ", "say what slack hears of"),
        ("teams: amazon", "amazon is no condition"),
        ("teams: azure,connection-down", "is no condition"),
        ("teams: site=", "is no condition"),
        ("teams: site=a,", ""),
    ],
)
def test_what_is_no_rule(text: str, problem: str) -> None:
    """What cannot be read is refused with the way out, never guessed at."""
    if not problem:
        assert parse(text, CHATS) == (Route("teams", sites=("a",)),)
        return
    with pytest.raises(ValueError, match=problem):
        parse(text, CHATS)


facets = st.builds(Facet, st.sampled_from(Side), st.sampled_from(Impact))
rules = st.builds(
    Route,
    st.sampled_from(CHATS),
    st.lists(st.sampled_from(Side)).map(tuple),
    st.lists(st.sampled_from(Impact)).map(tuple),
    st.lists(st.sampled_from(["hq", "nagoya"])).map(tuple),
)  # fmt: skip


@given(st.lists(rules).map(tuple), st.lists(facets, min_size=1), facets)
def test_no_news_is_lost(routes: tuple[Route, ...], before: list[Facet], now: Facet) -> None:
    """Whatever the rules: somebody hears of it, and who was told before under one of the rules hears on."""
    routing = Routing(routes, SITES)
    heard = routing.recipients(told(*before), CHATS)
    assert heard
    on = routing.recipients(told(*before, now), CHATS)
    named = {c for c in heard if any(r.channel == c and r.takes(before, {"hq", "osaka-dc1"}) for r in routes)}
    assert named <= set(on)
    assert EVERYWHERE.recipients(told(*before), CHATS) == list(CHATS)
