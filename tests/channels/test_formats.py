"""The messages are valid: official Adaptive Card schema, Slack's limits, portal links that decode to what they hold."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest

from correlator.channels import slack, teams
from correlator.notification import Notification
from correlator.wording import Style
from tests.channels.composed import EN, GATEWAY, JA, NIGHTS

SCHEMA = json.loads((files("adaptive_cards") / "schemas" / "schema-1.5.json").read_text(encoding="utf-8"))
CARD = jsonschema.validators.validator_for(SCHEMA)(SCHEMA)
"""Made once: ``jsonschema.validate`` holds the schema itself against its own schema at every card."""
EXTENSIONS = {"msteams"}
EVERY = [
    pytest.param(make, style, id=f"{name}-{style.language}") for name, make in NIGHTS.items() for style in (EN, JA)
]
Make = Callable[[], Notification]


def strings(value: Any) -> Iterator[str]:
    """Every text anywhere in a message."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object anywhere in a message."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from objects(inner)


def card_of(message: Any) -> dict[str, Any]:
    card: dict[str, Any] = message["attachments"][0]["content"]
    return card


def core(card: dict[str, Any]) -> dict[str, Any]:
    """The card as a client sees it that knows nothing of what Teams adds: the schema refuses every addition."""
    found: dict[str, Any] = plain({key: value for key, value in card.items() if key not in EXTENSIONS})
    return found


def plain(value: Any) -> Any:
    """With every chart replaced by its fallback."""
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    chart = str(value.get("type", "")).startswith("Chart.")
    return plain(value["fallback"]) if chart else {key: plain(inner) for key, inner in value.items()}


@pytest.mark.parametrize("render", [teams.render, teams.render_plain])
@pytest.mark.parametrize(("make", "style"), EVERY)
def test_a_card_is_valid_by_the_official_schema(
    make: Make, style: Style, render: Callable[[Notification, Style], dict[str, object]]
) -> None:
    """Every card is an Adaptive Card 1.5 in the envelope that a Workflows webhook reads."""
    message = render(make(), style)
    assert message["type"] == "message"
    card = card_of(message)
    assert card["version"] == "1.5"
    assert card["msteams"] == {"width": "full"}
    CARD.validate(core(card))


@pytest.mark.parametrize(("make", "style"), EVERY)
def test_a_card_is_built_of_elements_that_phones_know(make: Make, style: Style) -> None:
    """Only elements of version 1.2 beside charts with a fallback; no tables, no pictures that somebody has to host."""
    card = core(card_of(teams.render(make(), style)))
    types = {o.get("type") for o in objects(card)}
    known = {"AdaptiveCard", "Container", "ColumnSet", "Column", "TextBlock", "RichTextBlock", "TextRun"}
    assert types <= known | {"Action.OpenUrl"}


def check_slack(message: Any) -> None:
    """Slack's documented limits for the blocks in use."""
    assert 1 <= len(message["text"]) <= 3000
    blocks = message["blocks"] + [b for a in message.get("attachments", []) for b in a["blocks"]]
    assert 1 <= len(blocks) <= 50
    assert {b["type"] for b in blocks} <= {"rich_text", "context"}
    for o in objects(blocks):
        match o.get("type"):
            case "text" | "plain_text":
                assert 1 <= len(o["text"]) <= 3000
            case "link":
                assert 1 <= len(o["url"]) <= 3000
                assert o["text"]
            case "context":
                assert 1 <= len(o["elements"]) <= 10
            case "rich_text" | "rich_text_section" | "rich_text_list":
                assert o["elements"]


@pytest.mark.parametrize("render", [slack.render, slack.render_plain])
@pytest.mark.parametrize(("make", "style"), EVERY)
def test_a_slack_message_keeps_the_limits(
    make: Make, style: Style, render: Callable[[Notification, Style], dict[str, object]]
) -> None:
    """No block, text or link is longer or emptier than Slack takes."""
    check_slack(render(make(), style))


@pytest.mark.parametrize(("make", "style"), EVERY)
def test_times_stand_in_rich_text_only(make: Make, style: Style) -> None:
    """Plain text may take ``:13:`` for the name of an emoji."""
    plain = [o["text"] for o in objects(slack.render(make(), style)) if o.get("type") == "plain_text"]
    assert not any(re.search(r":\d\d:", text) for text in plain)


def test_the_logs_link_holds_the_query_the_scope_and_the_times() -> None:
    """One click opens the gateway's logs around the drop, as the portal's own share link would."""
    actions = card_of(teams.render(NIGHTS["recovered_maintenance"](), EN))["actions"]
    assert [a["title"] for a in actions] == ["Logs", "Gateway", "Health"]
    url = actions[0]["url"]
    found = re.search(r"/resourceId/([^/]+)/source/LogsBlade.AnalyticsShareLinkToQuery/q/([^/]+)/timespan/(.+)$", url)
    assert found
    assert unquote(found[1]) == GATEWAY
    assert unquote(found[3]) == "2026-08-21T17:03:04.000Z/2026-08-21T17:23:16.000Z"
    query = gzip.decompress(base64.b64decode(unquote(found[2]))).decode()
    assert query.startswith("AzureDiagnostics\n| where Category in (")


def test_an_id_that_is_none_of_azures_gets_no_links() -> None:
    """A link is made only of a plain resource id, so log text cannot lead anybody elsewhere."""
    from correlator.queries.links import links

    at = NIGHTS["recovered_maintenance"]().at
    for odd in ("", "vgw", "https://evil.example/", "/subscriptions/a?b#c", "/subscriptions/" + "x" * 400):
        assert links(odd, at, at) == {}
    assert all(url.startswith("https://portal.azure.com/#") for url in links(GATEWAY, at, at).values())


@pytest.mark.parametrize(("make", "style"), EVERY)
def test_the_plain_message_still_holds_the_verdict(make: Make, style: Style) -> None:
    """After a refusal the second try has headline, cause and id, in the simplest form there is."""
    from correlator.wording.messages import what_happened
    from correlator.wording.verdicts import summary

    n = make()
    for body in (teams.render_plain(n, style), slack.render_plain(n, style)):
        text = "\n".join(strings(body))
        assert what_happened(n, style) in text
        if n.incident:
            assert summary(n.incident, style) in text
            assert n.incident.id in text
