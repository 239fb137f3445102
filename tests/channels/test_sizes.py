"""No input makes a message too large, and none makes it lose its verdict or hide that something was left out."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from correlator.categories import read_rows
from correlator.channels import events, slack, teams
from correlator.correlate import correlate
from correlator.model import Cause, Incident, LogRow, Policy, Side, Status
from correlator.notification import Moment, Notification
from correlator.sites import Site
from correlator.summary import ConnectionSum, Figures, Moved, Suggestion, Week, WeekLine
from correlator.wording import Style
from correlator.wording.messages import what_happened
from correlator.wording.verdicts import summary
from correlator.wording.weeks import by_group, by_side
from tests.channels.test_formats import card_of, check_slack, strings

START = datetime(2026, 8, 21, 17, tzinfo=UTC)
HOSTILE = ["<!channel>", "[x](http://e.example)", "*b* _i_ `c`", "{{DATE(2026-08-21T17:13:04Z)}}", '"\\' * 60, "&<>\"'"]
WORDS = st.one_of(
    st.text(max_size=400),
    st.text(alphabet="拠点名古屋東京大阪データセンター", min_size=60, max_size=60),
    st.text(alphabet="😀🏢", min_size=60, max_size=300),
    st.sampled_from(HOSTILE),
)
INSTANCES = st.one_of(st.sampled_from(["GatewayTenantWorker_IN_0", "GatewayTenantWorker_IN_1"]), WORDS)
STYLES = st.sampled_from(["en", "ja"])


@st.composite
def incidents(draw: st.DrawFn) -> tuple[Incident, dict[str, str]]:
    """A night of up to 200 peers whose names, reasons and instances are whatever the log may hold."""
    group, name = draw(WORDS)[:90], draw(WORDS)[:90]
    gateway = f"/subscriptions/{group}/providers/x/virtualnetworkgateways/{name}"
    instances = draw(st.lists(INSTANCES, min_size=2, max_size=2))
    reasons = draw(st.lists(st.one_of(st.just(""), st.just("GlobalStandbyChanged"), WORDS), min_size=1, max_size=3))
    site = draw(WORDS)
    rows = []
    for n in range(draw(st.sampled_from([1, 2, 5, 200]))):
        peer = draw(WORDS) if n < 2 else f"198.51.{n // 250}.{n % 250}"
        for down in range(draw(st.integers(1, 3)) if n < 3 else 1):
            at = START + timedelta(seconds=n % 50, minutes=10 * down)
            rows.append(row(at, gateway, False, instances[0], peer, reasons[n % len(reasons)]))
            if draw(st.booleans()) if n < 3 else n % 2:
                rows.append(row(at + timedelta(seconds=12), gateway, True, instances[n % 2], peer))
    for at in (START, START + timedelta(minutes=1)):
        text = f"Upgrade gateway started {draw(WORDS)}"
        rows.append(LogRow(at, at, gateway, "GatewayDiagnosticLog", draw(WORDS), text, "", instances[0], "", ""))
    (log,) = read_rows(rows).logs.values()
    found = correlate(log, Policy()).incidents
    peers = {r.peer for r in rows if r.peer}
    return found[draw(st.integers(0, len(found) - 1))], {p: f"{n}{site}" for n, p in enumerate(sorted(peers))}


def row(at: datetime, gateway: str, up: bool, instance: str, peer: str, reason: str = "") -> LogRow:
    status = "Connected" if up else "Disconnected"
    return LogRow(at, at, gateway, "TunnelDiagnosticLog", f"Tunnel{status}", "", status, instance, peer, reason)


def unbraced(text: str) -> str:
    return re.sub(r"\{(?=\{)", "{ ", text)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(incidents(), STYLES, st.sampled_from([m for m in Moment if m is not Moment.WEEKLY]), st.booleans())
def test_any_incident_fits_and_keeps_its_verdict(
    made: tuple[Incident, dict[str, str]], language: str, moment: Moment, pending: bool
) -> None:
    """Whatever the log holds, both messages keep their limit and say headline, cause and id."""
    incident, sites = made
    incident = replace(incident, pending=pending)
    if moment is Moment.RETRACTED:
        incident = replace(incident, status=Status.RETRACTED)
    n = Notification(moment, START + timedelta(hours=2), incident, 3)
    contacts = {p: Site(s[:120], s[:80], s[:40], s[:80], "https://w.example/" + "x" * 480) for p, s in sites.items()}
    style = Style(language, "Asia/Tokyo", sites, contacts=contacts)
    card, message = teams.render(n, style), slack.render(n, style)
    assert teams.size(card_of(card)) <= teams.LIMIT
    assert slack.size(message) <= slack.LIMIT
    check_slack(message)
    plain = slack.render_plain(n, style)
    check_slack(plain)
    assert slack.size(plain) <= slack.LIMIT
    assert teams.size(teams.render_plain(n, style)) <= teams.LIMIT
    for body in (card, message):
        text = "\n".join(strings(body))
        assert unbraced(summary(incident, style)) in unbraced(text)
        assert incident.id in text
    assert what_happened(n, style) in "\n".join(strings(message))


@pytest.mark.parametrize("language", ["en", "ja"])
def test_two_hundred_peers_are_one_message_that_says_what_it_leaves_out(language: str) -> None:
    """A grouped message, four rows of it, and the count of the others; every name has sixty Japanese characters."""
    gateway = "/subscriptions/a/providers/x/virtualnetworkgateways/vgw"
    peers = [f"198.51.100.{n}" for n in range(200)]
    rows = [row(START, gateway, True, "w_IN_0", p) for p in peers]
    rows += [row(START + timedelta(minutes=20), gateway, False, "w_IN_0", p) for p in peers]
    rows += [row(START + timedelta(minutes=21), gateway, True, "w_IN_1", p) for p in peers]
    (log,) = read_rows(rows).logs.values()
    (incident,) = correlate(log, Policy()).incidents
    style = Style(language, "Asia/Tokyo", {p: "拠" * 56 + f"{n:04d}" for n, p in enumerate(peers)})
    n = Notification(Moment.RECOVERED, START + timedelta(hours=1), incident)
    for body in (teams.render(n, style), slack.render(n, style)):
        text = "\n".join(strings(body))
        assert ("all 200 peers" if language == "en" else "全対向装置 200 台") in text
        assert "19" in text
        assert ("more not shown" if language == "en" else "件は省略しました") in text


LINES = st.builds(
    WeekLine,
    st.integers(0, 500_000).map(lambda seconds: START + timedelta(seconds=seconds)),
    WORDS,
    st.lists(WORDS, max_size=3).map(tuple),
    st.sampled_from(Cause),
    st.sampled_from(Status),
    st.integers(0, 500),
    st.floats(0, 700_000),
    st.floats(0, 700_000),
)


TIMES = st.integers(0, 500_000).map(lambda seconds: START + timedelta(seconds=seconds))
SECONDS = st.floats(0, 600_000)
HIT = st.builds(ConnectionSum, WORDS, WORDS, st.integers(0, 500), SECONDS, SECONDS, SECONDS)
SUGGESTIONS = st.builds(
    Suggestion, st.sampled_from(["active-active", "maintenance-window", "lifetime"]), WORDS, WORDS, SECONDS
)
FIGURES = st.none() | st.builds(
    Figures,
    connections=st.integers(0, 2000),
    listed=st.booleans(),
    hit=st.lists(HIT, max_size=20).map(tuple),
    hit_count=st.integers(21, 900),
    availability=st.floats(0, 100),
    without_maintenance=st.floats(0, 100),
    month_to_date=st.floats(0, 100),
    below_target=st.integers(0, 900),
    seconds=SECONDS,
    unprotected_seconds=SECONDS,
    business_seconds=SECONDS,
    before=st.none() | st.builds(Moved, st.integers(0, 900), SECONDS),
    trend=st.lists(st.integers(0, 900), max_size=12).map(tuple),
    unmapped=st.lists(WORDS, max_size=5).map(tuple),
    blind_seconds=st.none() | SECONDS,
    gateways=st.none() | st.integers(0, 90),
    logging=st.none() | st.integers(0, 90),
    open_count=st.integers(3, 900),
    open=st.lists(st.tuples(WORDS, WORDS, TIMES), max_size=3).map(tuple),
    suggestions=st.lists(SUGGESTIONS, max_size=30).map(tuple),
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(LINES, max_size=40), STYLES, WORDS, FIGURES, st.sampled_from(["2026-W34", "2026-08"]))
def test_any_week_fits_and_counts_what_it_does_not_show(
    lines: list[WeekLine], language: str, site: str, figures: Figures | None, label: str
) -> None:
    """The sentence, the sums and the sides are always there; the list is cut and says by how much."""
    style = Style(language, "Asia/Tokyo", {p: f"{n}{site}" for n, line in enumerate(lines) for p in line.peers})
    week = Week(label, START, START + timedelta(days=7 if "W" in label else 31), tuple(lines), figures)
    n = Notification(Moment.WEEKLY, START, week=week)
    card, message = teams.render(n, style), slack.render(n, style)
    assert teams.size(card_of(card)) <= teams.LIMIT
    assert slack.size(message) <= slack.LIMIT
    check_slack(message)
    counted = [w for w in lines if w.status not in (Status.RETRACTED, Status.ABSORBED)]
    assert events.size(events.render(n, style)) <= events.LIMIT
    for body in (card, message):
        text = "\n".join(strings(body))
        assert what_happened(n, style) in text
        assert not any("{{" in s for s in strings(card))
        if len(counted) > 10 or (figures and figures.hit):
            assert ("more not shown" if language == "en" else "件は省略しました") in text


def test_a_week_adds_up_by_day() -> None:
    """A drop belongs to the day on which it began in the reader's zone."""
    start = datetime(2026, 8, 16, 15, tzinfo=UTC)
    late = WeekLine(datetime(2026, 8, 18, 16, tzinfo=UTC), "g", ("p",), Cause.UNKNOWN, Status.RECOVERED, 3, 20.0, 10.0)
    week = Week("2026-W34", start, start + timedelta(days=7), (late,))
    days = [(day, sum(drops.values())) for day, drops in by_group(week, Style("en", "Asia/Tokyo"))]
    assert days == [("Mon", 0), ("Tue", 0), ("Wed", 3), ("Thu", 0), ("Fri", 0), ("Sat", 0), ("Sun", 0)]


def test_a_week_adds_up_by_side() -> None:
    """The figures by side are those of all incidents, and nothing that was taken back counts."""
    line = WeekLine(START, "g", ("p",), Cause.REMOTE_CLOSED, Status.RECOVERED, 2, 20.0, 10.0)
    lines = (line, line._replace(cause=Cause.AZURE_FAILOVER), line._replace(status=Status.RETRACTED))
    sums = by_side(Week("2026-W34", START, START, lines))
    assert sums[Side.REMOTE] == (1, 2, 10.0, 0)
    assert sums[Side.AZURE] == (1, 2, 10.0, 0)
    assert sum(s.incidents for s in sums.values()) == 2
