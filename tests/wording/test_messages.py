"""What the composed nights are called: honest about how much, where, how long and whose."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from correlator.measures import impact
from correlator.model import Cause, Impact, Notification
from correlator.wording import Style, headline, impact_text, next_step, state, summary, title, what_happened
from tests.channels import composed
from tests.channels.composed import EN, JA, NIGHTS

EXPECTED = {
    "opened_unknown": ("Down · cause not known yet", "VPN to osaka-dc1 has been down for 12 min (cause not known yet)"),
    "recovered_maintenance": (
        "Recovered · Azure maintenance",
        "VPN to osaka-dc1 was down for 12 s (Azure maintenance)",
    ),
    "second_instance": (
        "Recovered · Azure maintenance",
        "Now instance 1 too: VPN to osaka-dc1 was down for 16 s (Azure maintenance)",
    ),
    "recovered_one_of_two": (
        "Recovered · Azure maintenance",
        "1 of 2 tunnels to osaka-dc1 was down for 1 min 48 s (Azure maintenance)",
    ),
    "reopened": (
        "Down again · closed by the remote side",
        "Down again: VPN to osaka-dc1 has been down for 12 min 40 s (closed by the remote side)",
    ),
    "weekly_quiet": ("Weekly summary", "VPN week: no tunnel dropped"),
}
STYLES = pytest.mark.parametrize("style", [EN, JA], ids=["en", "ja"])
EVERY_NIGHT = pytest.mark.parametrize("make", NIGHTS.values(), ids=NIGHTS)


@pytest.mark.parametrize("night", EXPECTED)
def test_the_headline_says_how_much_where_how_long_and_whose(night: str) -> None:
    """A reader who sees one line knows what happened."""
    n = NIGHTS[night]()
    assert (title(n, EN), headline(n, EN)) == EXPECTED[night]


@EVERY_NIGHT
@STYLES
def test_a_headline_is_short(make: Callable[[], Notification], style: Style) -> None:
    """Phones cut a headline; with a usual site name it stays within 100 characters."""
    assert len(what_happened(make(), style)) <= 80
    assert len(headline(make(), style)) <= 100


@EVERY_NIGHT
def test_a_site_is_not_said_to_be_down_while_a_tunnel_is_up(make: Callable[[], Notification]) -> None:
    """With one of two tunnels lost, no sentence says that the VPN was down."""
    n = make()
    if n.incident and impact(n.incident) is Impact.REDUNDANCY_LOST:
        assert "1 of 2 tunnels" in headline(n, EN)
        assert "VPN to" not in headline(n, EN)
        assert "No VPN path" not in impact_text(n, n.incident, EN)


@EVERY_NIGHT
def test_a_likely_cause_is_never_told_as_certain(make: Callable[[], Notification]) -> None:
    """Confidence shows in the title and in the summary, in words."""
    n = make()
    if n.incident and n.incident.finding.confidence == "likely" and n.incident.status != "retracted":
        assert "probably" in title(n, EN)
        assert "robably" in summary(n.incident, EN)
        assert "可能性が高い" in title(n, JA)
        assert "可能性が高い" in summary(n.incident, JA)


def test_an_unknown_cause_is_called_unknown() -> None:
    """Where the logs do not tell, the message says so and what may still change it."""
    incident = NIGHTS["opened_unknown"]().incident
    assert incident
    assert incident.finding.cause is Cause.UNKNOWN
    assert "Not known yet" in summary(incident, EN)
    assert "may change" in summary(incident, EN)


def test_the_second_hop_is_told_with_its_distance() -> None:
    """One maintenance visits both instances; the summary says how far apart."""
    incident = NIGHTS["second_instance"]().incident
    assert incident
    assert summary(incident, EN) == (
        "Azure platform maintenance restarted gateway instance 0; instance 1 followed 24 min 55 s later."
    )
    assert "24分55秒後にインスタンス 1 も停止しました。" in summary(incident, JA)


def test_the_figures_of_the_log_are_called_a_least() -> None:
    """The log shows the least that users felt; DPD and BGP add to it."""
    n = NIGHTS["recovered_maintenance"]()
    assert n.incident
    assert "at least 12 s by the log" in impact_text(n, n.incident, EN)


def test_a_further_drop_is_announced_until_both_instances_are_done() -> None:
    """After the first hop of a maintenance another drop is expected, after the second none."""
    first, second = NIGHTS["recovered_maintenance"]().incident, NIGHTS["second_instance"]().incident
    assert first
    assert "Another short drop may follow" in next_step(first, EN)
    assert second
    assert "no more drops" in next_step(second, EN)


def test_a_changed_verdict_names_the_old_one() -> None:
    """Whoever called the remote side by our word learns that we took it back."""
    from correlator.wording import said_before

    incident = NIGHTS["cause_changed"]().incident
    assert incident
    assert said_before(incident, EN) == "Said before: no answer from the remote side."


@EVERY_NIGHT
def test_the_state_decides_the_colour(make: Callable[[], Notification]) -> None:
    """Red is down, amber is weak, green is up; a cause never has a colour."""
    n = make()
    expected = {"opened_unknown": "down", "opened_all_peers": "down", "reopened": "down"}
    expected |= {"opened_redundancy_lost": "weak", "flapping": "weak", "retracted": "gone"}
    expected |= {"removed": "gone", "still_down_with_a_witness": "down"}
    expected |= dict.fromkeys(["weekly", "weekly_quiet", "welcome", "welcome_quiet", "welcome_empty"], "calm")
    assert state(n) == expected.get(make.__name__, "up")


def test_partly_back_is_told_as_partly_back() -> None:
    """While two of three sites are down, the one that is back is not counted among them."""
    assert what_happened(composed.opened_all_peers(), EN) == "VPN to 2 peers has been down for 10 min 59 s"
