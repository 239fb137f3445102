"""Whom to call is said where somebody at the other end can help, and nowhere else."""

from __future__ import annotations

import pytest

from correlator.channels import slack, teams
from correlator.channels._content import DETAILS, content
from correlator.model import Status
from correlator.sites import Site
from correlator.wording import Style, calls
from tests.channels.composed import CONTACTS, EN, JA, NAGOYA, NIGHTS, OSAKA, SENDAI, SITES
from tests.channels.test_formats import strings

THEIRS = {"recovered_remote_closed", "recovered_remote_again", "redundancy_back"}
THEIRS |= {"flapping", "flapping_goes_on", "flapping_ended"}


@pytest.mark.parametrize("night", NIGHTS)
def test_only_what_is_still_down_or_may_be_theirs_says_whom_to_call(night: str) -> None:
    """Azure's and our own drops that are over, and what was taken back, bother nobody."""
    n = NIGHTS[night]()
    if n.incident is None:
        return
    named = bool(calls.sites(n.incident, EN))
    down = n.incident.status is Status.OPEN
    assert named is (down or night in THEIRS)
    told = [label for label, _ in content(n, n.incident, EN, DETAILS[0]).lines]
    assert ("Call" in told) is named


def test_everything_that_helps_is_said() -> None:
    """Site, telephone, circuit and owner in a line, the runbook as a link, in both chats."""
    n = NIGHTS["still_down"]()
    for body, words in (
        (teams.render(n, EN), "osaka-dc1 · ☎ +81 6 5550 0100 · circuit N-4711-02 · DC network desk"),
        (slack.render(n, JA), "osaka-dc1 · ☎ +81 6 5550 0100 · 回線 N-4711-02 · 担当 DC network desk"),
    ):
        assert words in list(strings(body))
        assert "https://wiki.example.com/osaka-dc1" in list(strings(body))


def test_two_lines_of_one_site_are_one_call() -> None:
    """Two peers may be one site: its people are named once. A peer without contacts is no line."""
    incident = NIGHTS["opened_all_peers"]().incident
    assert incident
    one = Style("en", "UTC", SITES, contacts=dict.fromkeys((NAGOYA, SENDAI), CONTACTS[OSAKA]))
    assert [text.partition(" ")[0] for _, text in calls.lines(incident, one, 3)] == ["osaka-dc1"]
    assert calls.lines(incident, Style("en", "UTC", SITES, contacts={NAGOYA: Site("nagoya-plant")}), 3) == []


def test_what_is_left_out_is_counted() -> None:
    """Of more sites than fit, the others are a number; only tunnels that are down now count while it is open."""
    incident = NIGHTS["opened_all_peers"]().incident
    assert incident
    every = Style("en", "UTC", SITES, contacts={p: Site(p, phone="1") for p in SITES})
    assert [text for _, text in calls.lines(incident, every, 1)] == [f"{NAGOYA} · ☎ 1", "1 more not shown."]
