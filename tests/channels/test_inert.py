"""Text from logs and settings stays text: no mention, no link, no emphasis, no template, no second line."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace

from correlator.channels import slack, teams
from correlator.model import Notification, Outage
from correlator.wording import Style
from tests.channels.composed import NIGHTS, OSAKA
from tests.channels.test_formats import card_of, objects, strings

HOSTILE = (
    "<!channel> <@U123> <https://evil.example|login>",
    "[login](https://evil.example)",
    "*bold* _it_ ~no~ `code` __b__ **b**",
    "{{DATE(2026-08-21T17:13:04Z, SHORT)}} ${x} {{{{",
    "<at>everyone</at>",
    "a\nb\r\nc\u2028d",
    "abc\u202egnp.exe",
    "- item",
    "1. item",
    "https://evil.example",
)


def night_with(text: str) -> tuple[Notification, Style]:
    """A night whose site name, reason and instance hold the text."""
    n = NIGHTS["recovered_remote_closed"]()
    assert n.incident
    drops = tuple(d._replace(outage=_with(d.outage, text)) for d in n.incident.drops)
    incident = replace(n.incident, drops=drops)
    return replace(n, incident=incident), Style("ja", "Asia/Tokyo", {OSAKA: text})


def _with(outage: Outage, text: str) -> Outage:
    return outage._replace(reason=text, instance_down=text)


@pytest.mark.parametrize("text", HOSTILE)
def test_slack_reads_nothing_in_a_name(text: str) -> None:
    """Names and reasons stand in rich or plain text, which is never parsed; the one parsed line is escaped."""
    n, style = night_with(text)
    message = slack.render(n, style)
    assert "mrkdwn" not in {o.get("type") for o in objects(message)}
    line = str(message["text"])
    assert "<" not in line
    assert ">" not in line
    assert all(o["url"].startswith("https://portal.azure.com/#") for o in objects(message) if o.get("type") == "link")


@pytest.mark.parametrize("text", HOSTILE)
def test_teams_reads_nothing_in_a_name(text: str) -> None:
    """Names and reasons stand in text runs without templates, or in the headline, which is neutralised."""
    n, style = night_with(text)
    card = card_of(teams.render(n, style))
    assert not any("{{" in s for s in strings(card))
    blocks = [o["text"] for o in objects(card) if o.get("type") == "TextBlock"]
    assert len(blocks) == 1
    assert is_plain(blocks[0])
    assert {o["url"].split("#")[0] for o in objects(card) if "url" in o} == {"https://portal.azure.com/"}


@pytest.mark.parametrize("text", HOSTILE)
def test_no_name_brings_control_or_direction_characters(text: str) -> None:
    """No line break and no direction mark of a name reaches a chat."""
    n, style = night_with(text)
    for body in (teams.render(n, style), slack.render(n, style)):
        assert all(s.replace("\n", "").isprintable() for s in strings(body))
    assert all("\n" not in s for s in strings(teams.render(n, style)))


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"], max_codepoint=0x3100) | st.just(" "), max_size=60))
@example("_a_ __b__ _ a_b")
@example("1) x")
@example("+ x")
def test_a_neutralised_headline_is_plain_markdown(text: str) -> None:
    """For any text, a CommonMark reader finds a paragraph of plain text and nothing else."""
    assert is_plain(teams.inert(text.strip()))


def is_plain(text: str) -> bool:
    tokens = MarkdownIt("commonmark").parse(text)
    inner = [child.type for token in tokens for child in token.children or []]
    blocks = {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}
    return blocks and set(inner) <= {"text"} and not re.search(r"\w://", text)
