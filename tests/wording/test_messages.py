"""What the composed nights are called: honest about how much, where, how long and whose."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from correlator.measures import impact
from correlator.model import Cause, Confidence, Finding, Impact, LogRow, Side
from correlator.notification import Moment, Notification
from correlator.wording import LANGUAGES, Style, name
from correlator.wording.messages import headline, impact_text, next_step, state, title, what_happened
from correlator.wording.verdicts import summary
from correlator.wording.weeks import week_period
from tests.channels import composed
from tests.channels.composed import EN, JA, NAGOYA, NIGHTS, OSAKA, SENDAI, tunnel

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
    "weekly_quiet": ("Weekly summary", "VPN week: no tunnel dropped; nothing to do"),
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


def test_a_bound_is_called_a_most_and_never_a_least() -> None:
    """Where the row of the return is missing the log shows the most, in the headline and in what users felt."""
    rows = [tunnel("05:41:17", False, 0), tunnel("05:51:17", False, 0), tunnel("05:51:47", True, 0)]
    incident = composed.incident_of(rows)
    n = Notification(Moment.RECOVERED, incident.ended_at or incident.started_at, incident)
    assert what_happened(n, EN) == "VPN to osaka-dc1 was down for at most 10 min 30 s"
    assert "at most 10 min 30 s by the log" in impact_text(n, incident, EN)
    assert "at least" not in impact_text(n, incident, EN)
    assert what_happened(n, JA) == "osaka-dc1 への VPN が最大 10分30秒間停止しました"
    assert "最大で 10分30秒間" in impact_text(n, incident, JA)


def test_a_further_drop_is_announced_until_both_instances_are_done() -> None:
    """After the first hop of a maintenance another drop is expected, after the second none."""
    first, second = NIGHTS["recovered_maintenance"]().incident, NIGHTS["second_instance"]().incident
    assert first
    assert "Another short drop may follow" in next_step(first, EN)
    assert second
    assert "no more drops" in next_step(second, EN)


def test_a_changed_verdict_names_the_old_one() -> None:
    """Whoever called the remote side by our word learns that we took it back."""
    from correlator.wording.verdicts import said_before

    incident = NIGHTS["cause_changed"]().incident
    assert incident
    assert said_before(incident, EN) == "Said before: no answer from the remote side."


@EVERY_NIGHT
def test_the_state_decides_the_colour(make: Callable[[], Notification]) -> None:
    """Red is down, amber is weak, green is up; a cause never has a colour."""
    n = make()
    expected = {"opened_unknown": "down", "opened_all_peers": "down", "reopened": "down"}
    expected |= {"opened_redundancy_lost": "weak", "flapping": "weak", "retracted": "gone", "absorbed": "gone"}
    expected |= {"still_without_redundancy": "weak", "flapping_goes_on": "weak"}
    expected |= dict.fromkeys(["last_tunnel_falls", "azure_fault", "keys_do_not_match", "storm"], "down")
    expected |= {"channel_parked": "weak", "missed": "weak", "mending": "weak", "unwatched": "weak"}
    expected |= {"removed": "gone", "closed_by_a_person": "gone", "still_down_with_a_witness": "down"}
    expected |= dict.fromkeys(["still_down", "many_at_once", "down_after_planned_work"], "down")
    expected |= dict.fromkeys(["welcome", "welcome_quiet", "welcome_empty", "blind", "blind_quiet"], "calm")
    expected |= {name: "calm" for name in NIGHTS if name.startswith(("weekly", "monthly"))}
    assert state(n) == expected.get(make.__name__, "up")


def test_the_week_says_how_much_was_muted() -> None:
    """Incidents that a silence or planned work muted count like any other, and their number is said."""
    week = NIGHTS["weekly"]().week
    assert week
    first, *others = week.incidents
    assert "muted" not in week_period(week, EN)
    muted = replace(week, incidents=(first._replace(muted=True), *others))
    assert "1 muted by silences or planned work" in week_period(muted, EN)
    assert "1 件を通知せず" in week_period(muted, JA)


def test_partly_back_is_told_as_partly_back() -> None:
    """While two of three sites are down, the one that is back is not counted among them."""
    assert what_happened(composed.opened_all_peers(), EN) == "VPN to 2 peers has been down for 10 min 59 s"


@pytest.mark.parametrize(("peers", "longest"), [((OSAKA, NAGOYA, SENDAI), 13), ((OSAKA, NAGOYA), 12)])
def test_peers_that_took_turns_are_not_added_up(peers: tuple[str, ...], longest: int) -> None:
    """Where single drops overlap, nobody was down as long as all together: the longest is said, for each."""
    rows = [tunnel("05:00:00", True, 0, peer) for peer in peers]
    for n, peer in enumerate(peers):
        rows += [tunnel(f"05:41:{n:02d}", False, 0, peer), tunnel(f"05:41:{12 + n + n // 2:02d}", True, 1, peer)]
    told = composed.told(Moment.RECOVERED, composed.incident_of(rows))
    assert told.incident
    assert what_happened(told, EN) == f"VPN to all {len(peers)} peers was down for up to {longest} s each"
    assert what_happened(told, JA) == f"全対向装置 {len(peers)} 台への VPN がそれぞれ最大 {longest}秒間停止しました"
    assert f"for up to {longest} s each by the log" in impact_text(told, told.incident, EN)


def test_two_rounds_are_told_of_each_peer() -> None:
    """Where every peer had both drops, the longest of their sums is said; where not, the time of all together."""
    rows = [tunnel("05:00:00", True, 0, peer) for peer in (OSAKA, NAGOYA)]
    for minute, worker in ((41, 0), (55, 1)):
        for n, peer in enumerate((OSAKA, NAGOYA)):
            rows += [tunnel(f"05:{minute}:{n:02d}", False, worker, peer)]
            rows += [tunnel(f"05:{minute}:{12 + n:02d}", True, 1 - worker, peer)]
    both = composed.told(Moment.RECOVERED, composed.incident_of(rows))
    assert what_happened(both, EN) == "VPN to all 2 peers was down 2 times, each for up to 24 s in all"
    one_twice = composed.told(Moment.RECOVERED, composed.incident_of(rows[:8]))
    assert what_happened(one_twice, EN) == "VPN to all 2 peers was down 2 times, 25 s in all"


def test_a_tunnel_that_is_back_is_not_waited_for() -> None:
    """How a tunnel comes back will tell only while it is down; a recovered one may wait for late rows alone."""
    down = tunnel("17:13:04", False, 0)
    still, over = ([composed.MAINTENANCE_0, down], [composed.MAINTENANCE_0, down, tunnel("17:13:16", True, 0)])
    for rows, told in ((still, True), (over, False)):
        incident = replace(composed.incident_of(rows), pending=True)
        assert incident.finding == Finding(Cause.AZURE_MAINTENANCE, Confidence.LIKELY, "maintenance-row")
        assert ("comes back will tell" in summary(incident, EN)) == told
        assert ("復旧の仕方で確定します" in summary(incident, JA)) == told


@pytest.mark.parametrize("back", [[], [tunnel("05:50:00", True, 0)]], ids=["open", "over"])
def test_a_likely_peer_leaves_azure_in_doubt(back: list[LogRow]) -> None:
    """Nobody is told to do nothing in Azure while the remote side is only likely; once it is confirmed, they are."""
    likely = composed.incident_of([tunnel("05:41:17", False, 0, reason="DPD timed out"), *back])
    assert "Nothing to do in Azure" not in next_step(likely, EN)
    assert "Azure 側の作業はありません" not in next_step(likely, JA)
    sure = replace(likely, finding=replace(likely.finding, confidence=Confidence.CONFIRMED))
    assert "Nothing to do in Azure" in next_step(sure, EN)


def test_a_japanese_peer_stands_apart() -> None:
    """A Japanese site's name does not run into the word before it."""
    rows = [tunnel("01:02:40", False, 0, reason="RemotelyTriggered"), tunnel("01:15:14", True, 0)]
    assert summary(composed.incident_of(rows), Style("ja", sites={OSAKA: "大阪DC"})) == (
        "対向装置「大阪DC」がトンネルを切断しました。"
    )


@STYLES
def test_sides_begin_alike(style: Style) -> None:
    """In the weekly the sides stand beneath each other: all begin with a capital, or none."""
    assert len({name(side, style)[0].isupper() for side in Side}) == 1 or style.language == "ja"


def test_one_word_for_a_sure_verdict_in_japanese() -> None:
    """In Japanese the sure verdict has one name in every message."""
    assert name(Confidence.CONFIRMED, JA) == "確定"
    assert not [text for text in LANGUAGES["ja"].values() if "確認済み" in text]
