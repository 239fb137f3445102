"""What a reader sees of messages and incidents."""

from pathlib import Path
from typing import Any

import pytest

from correlator.channels import teams
from correlator.wording import Style
from sandbox.screenshots import Browser, measure_overflow, open_page, shoot
from tests.channels import composed

Messages = list[dict[str, Any]]

INCIDENTS = [
    {
        "id": "VPN-EXAMPLE-1",
        "status": "recovered",
        "started_at": "2026-03-05T07:28:02.250Z",
        "ended_at": "2026-03-05T07:29:50Z",
        "downtime_seconds": 108.0,
        "connection_downtime_seconds": 0.0,
        "connection_down": False,
        "impact": "redundancy-lost",
        "gateway": {"name": "vgw-example"},
        "cause": {"code": "azure-maintenance", "side": "azure", "confidence": "confirmed"},
        "outages": [],
    },
]


def test_teams_and_slack_texts_are_drawn(browser: Browser, recovered: Messages) -> None:
    with open_page(recovered, browser=browser) as page:
        teams, slack = (page.evaluate(f"document.querySelector('.{name}').innerText") for name in ("teams", "slack"))
        bold = page.evaluate("document.querySelector('.teams strong').textContent")
    for text in ("1 of 2 tunnels to example-site was down for 12 s", "Azure platform maintenance", "Logs"):
        assert text in teams
        assert text in slack
    assert bold == "2 tunnels"


def test_times_are_not_taken_for_emoji(browser: Browser, recovered: Messages) -> None:
    with open_page(recovered, browser=browser) as page:
        teams, slack = (page.evaluate(f"document.querySelector('.{name}').innerText") for name in ("teams", "slack"))
    assert "07:28:02 → 07:28:14 UTC" in teams
    assert "Down at 07:28:02, up at 07:28:14 ✅" in slack  # mrkdwn, where a known name is an emoji
    assert "maintenance at 07:27:55." in slack  # rich_text
    assert "seen at 07:30:00" in slack  # plain_text


def test_charts_fall_back_and_tables_do_not(browser: Browser, weekly: Messages) -> None:
    with open_page(weekly, browser=browser) as page:
        text = page.text()
        charts = page.evaluate("document.querySelectorAll('.slack svg rect').length")
    assert "Drops per day as text: Mon 0, Tue 3, Wed 1" in text
    assert "the table was not drawn" not in text
    assert text.count("example-site") == 2
    assert "at 07:28:02" in text
    assert charts > 0


ROWS = """[...document.querySelectorAll('.moment')].map(
  (row) => [...row.querySelectorAll('article')].map((article) => article.className))"""
CORNER = """(() => { const { x, y } = document.querySelector('.%s').getBoundingClientRect(); return [x, y]; })()"""


def test_the_same_moment_stands_in_one_row(browser: Browser, recovered: Messages, weekly: Messages) -> None:
    later = [message | {"n": message["n"] + len(recovered)} for message in weekly]
    with open_page(recovered + later, width=1280, incidents=[], browser=browser) as page:
        rows = page.evaluate(ROWS)
        teams, slack = page.evaluate(CORNER % "teams"), page.evaluate(CORNER % "slack")
    assert rows == [["teams", "slack", "events"], ["teams", "slack"]]
    assert teams[0] < slack[0]
    assert teams[1] == slack[1]


def test_the_page_lists_incidents(browser: Browser, recovered: Messages) -> None:
    with open_page(recovered, incidents=INCIDENTS, browser=browser) as page:
        cells = page.evaluate("[...document.querySelectorAll('#incidents td')].map(cell => cell.textContent)")
        text = page.text()
    assert cells == [
        "2026-03-05 07:28:02 UTC",
        "vgw-example",
        "azure-maintenance",
        "azure",
        "confirmed",
        "recovered",
        "none",
        "1m 48s",
    ]
    assert "VPN gateway monitor: sandbox" in text
    assert "This is not Teams or Slack themselves" in text


def test_an_empty_page_says_so(browser: Browser) -> None:
    with open_page([], incidents=[], browser=browser) as page:
        text = page.text()
    assert "Nothing was received yet" in text
    assert "No incident yet" in text


@pytest.mark.parametrize("channel", ["teams", "slack", "events"])
@pytest.mark.parametrize("body", [None, "not JSON", {}, {"attachments": [None]}, {"blocks": [{"type": "rich_text"}]}])
def test_a_message_that_cannot_be_drawn_does_not_stop_the_others(
    browser: Browser, recovered: Messages, channel: str, body: object
) -> None:
    bad = {"n": 0, "channel": channel, "at": "2026-03-05T07:00:00Z", "body": body}
    with open_page([bad, *recovered], incidents=INCIDENTS, browser=browser) as page:
        text = page.text()
    assert channel == "events" or "could not be drawn" in text
    assert "1 of 2 tunnels to example-site" in text


@pytest.mark.parametrize("width", [320, 760])
@pytest.mark.parametrize("name", ["recovered", "weekly", "hostile"])
def test_nothing_overflows(browser: Browser, name: str, width: int, request: pytest.FixtureRequest) -> None:
    messages = request.getfixturevalue(name)
    assert measure_overflow(messages, width, browser=browser) == []
    with open_page(messages, width=width, incidents=INCIDENTS, browser=browser) as page:
        assert page.overflow() == []


def test_overflow_is_found(browser: Browser) -> None:
    card = {
        "type": "AdaptiveCard",
        "version": "1.5",
        "body": [{"type": "TextBlock", "text": "too wide " * 30, "wrap": False}],
    }
    message = {"n": 1, "channel": "teams", "at": "2026-03-05T07:00:00Z", "body": {"attachments": [{"content": card}]}}
    assert "too wide" in measure_overflow([message], 320, browser=browser)[0]


@pytest.mark.parametrize(("only", "dark"), [("teams", False), ("slack", True), (None, False)])
def test_a_picture_is_as_wide_as_asked_and_as_high_as_the_content(
    browser: Browser, recovered: Messages, tmp_path: Path, only: Any, dark: bool
) -> None:
    png = shoot(recovered, tmp_path / "out.png", width=320, dark=dark, only=only, browser=browser).read_bytes()
    width, height = int.from_bytes(png[16:20]), int.from_bytes(png[20:24])
    assert png.startswith(b"\x89PNG")
    assert width == 640
    assert 400 < height < 3000
    assert len(png) < 250_000


def test_light_and_dark_differ(browser: Browser, recovered: Messages) -> None:
    colour = "getComputedStyle(document.querySelector('.teams-card')).backgroundColor"
    with open_page(recovered, browser=browser) as light, open_page(recovered, dark=True, browser=browser) as dark:
        assert light.evaluate(colour) == "rgb(255, 255, 255)"
        assert dark.evaluate(colour) == "rgb(41, 41, 41)"


CELLS = """[...document.querySelectorAll('#incident-table tbody tr')].map((row) => [5, 6, 7].map(
  (n) => row.children[n].textContent))"""


@pytest.mark.parametrize(
    ("incident", "shown"),
    [
        ({}, ["recovered", "none", "1m 48s"]),
        ({"connection_downtime_seconds": 108.0, "impact": "connection-down"}, ["recovered", "1m 48s", ""]),
        ({"connection_downtime_seconds": 60.0, "impact": "connection-down"}, ["recovered", "1m", "48s"]),
        ({"downtime_seconds": 0.0, "impact": "none"}, ["recovered", "not known", ""]),
        ({"status": "open", "downtime_seconds": 0.0, "connection_down": True}, ["open", "still down", ""]),
        ({"status": "open", "downtime_seconds": 0.0}, ["open", "none", "still lost"]),
    ],
)
def test_lost_redundancy_is_no_outage(browser: Browser, incident: dict[str, Any], shown: list[str]) -> None:
    """The table tells time without a VPN path apart from lost redundancy, and gives an open incident no length."""
    with open_page([], incidents=[INCIDENTS[0] | incident], browser=browser) as page:
        assert page.evaluate(CELLS) == [shown]
        assert "messages and incidents are counted apart" in " ".join(page.text().split())


LINES = """[...document.querySelectorAll('.teams .ac-richTextBlock, .teams p, .teams div')]
  .filter((e) => !e.querySelector('div, p') && /^[▲▼]/.test(e.innerText))
  .map((e) => { const r = document.createRange(); r.selectNodeContents(e);
    return new Set([...r.getClientRects()].map((b) => Math.round(b.top))).size; })"""


@pytest.mark.parametrize("style", [composed.EN, composed.JA], ids=["en", "ja"])
def test_a_timeline_keeps_its_words_on_a_phone(browser: Browser, style: Style) -> None:
    """At 320 pixels, what a phone has, every cell of a timeline with labels is one line."""
    n = composed.second_instance()
    message = {"n": 1, "channel": "teams", "at": n.at.isoformat(), "body": teams.render(n, style)}
    with open_page([message], width=320, browser=browser) as page:
        assert page.evaluate(LINES) == [1] * 6
