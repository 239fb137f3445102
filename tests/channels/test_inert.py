"""Text from logs and settings stays text: no mention, no link, no emphasis, no template, no second line."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import chain

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace

from correlator.activity import ACTIVITY
from correlator.categories import CATEGORIES, read_rows
from correlator.channels import slack, teams
from correlator.correlate import correlate
from correlator.incident_json import incident_object
from correlator.model import Outage, Policy
from correlator.negotiation import IKE
from correlator.notification import Missed, Moment, Notification, Parked
from correlator.people import Entry, EntryKind, Remark, RemarkKind
from correlator.queries.links import links
from correlator.sites import Site
from correlator.wording import Style
from tests.channels.composed import NIGHTS, OSAKA, tunnel
from tests.channels.test_formats import card_of, objects, strings

HOUR = timedelta(hours=1)
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
    "<b onclick=alert(1)>x</b><script>alert(1)</script>&lt;",
    '=HYPERLINK("https://evil.example","x")',
    "@channel @here @everyone",
    "a\x00b\x1b[31mc\x7f\u200bd\u2066e\ufeff",
    "' | union * | take 1 //",
)


def night_with(text: str) -> tuple[Notification, Style]:
    """A night whose site name, contacts, reason and instance hold the text."""
    n = NIGHTS["recovered_remote_closed"]()
    assert n.incident
    drops = tuple(replace(d, outage=_with(d.outage, text)) for d in n.incident.drops)
    incident = replace(n.incident, drops=drops)
    contacts = {OSAKA: Site(text, text, text, text)}
    return replace(n, incident=incident), Style("ja", "Asia/Tokyo", {OSAKA: text}, contacts=contacts)


def _with(outage: Outage, text: str) -> Outage:
    return replace(outage, reason=text, instance_down=text)


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


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_channel_answered_is_inert_too(text: str) -> None:
    """A receiver's own words, told on the other channels, are text like any other."""
    at = NIGHTS["channel_parked"]().at
    for n in (
        Notification(Moment.PARKED, at, parked=Parked(text, text)),
        Notification(Moment.MISSED, at, missed=Missed(2, at, at, (text, text), 1)),
    ):
        card, message = teams.render(n, Style()), slack.render(n, Style())
        assert not any("{{" in s for s in strings(card))
        assert is_plain(next(o["text"] for o in objects(card) if o.get("type") == "TextBlock"))
        assert "mrkdwn" not in {o.get("type") for o in objects(message)}
        assert not {"<", ">"} & set(str(message["text"]))
        for body in (card, message):
            assert all(s.replace("\n", "").isprintable() for s in strings(body))


@pytest.mark.parametrize("text", HOSTILE)
def test_what_people_wrote_is_inert_too(text: str) -> None:
    """Who planned, acknowledged, noted or knew better, and what they wrote, is text like any other."""
    n, style = night_with("osaka")
    assert n.incident
    at, text = n.incident.started_at, f"kim {text}"
    remarks = tuple(Remark(n.incident.id, at, text, kind, text, "remote-closed") for kind in RemarkKind)
    planned = Entry(EntryKind.PLANNED_WORK, at, at + HOUR, n.incident.gateway, "", text, text)
    n = replace(n, incident=replace(n.incident, remarks=remarks, planned=(planned,)))
    card, message = card_of(teams.render(n, style)), slack.render(n, style)
    assert all("kim" in " ".join(strings(body)) for body in (card, message))
    assert not any("{{" in s for s in strings(card))
    assert all(is_plain(o["text"]) for o in objects(card) if o.get("type") == "TextBlock")
    assert "mrkdwn" not in {o.get("type") for o in objects(message)}
    assert not {"<", ">"} & set(str(message["text"]))
    for body in (card, message):
        assert all(s.replace("\n", "").isprintable() for s in strings(body))


VNG = "Microsoft.Network/virtualNetworkGateways"
TEXTS = ("operation", "message", "status", "instance", "peer", "reason")


@given(st.sampled_from([*CATEGORIES, ACTIVITY, IKE]), st.dictionaries(st.sampled_from(TEXTS), st.text(max_size=40)))
@example("GatewayDiagnosticLog", {"message": "upgrade gateway started \x1b[31m\u202e", "instance": "\u2066IN_0"})
@example(
    ACTIVITY, {"operation": f"{VNG}/reset/action", "status": "Start", "reason": "Administrative", "peer": "kim\x1b"}
)
@example(IKE, {"message": "\x07 Remote 203.0.113.10:500: authentication failed \u202e", "instance": "\u2066IN_0"})
def test_no_row_of_any_kind_brings_such_a_character(category: str, texts: dict[str, str]) -> None:
    """Whatever a row of whatever category says beside a drop is clean as an event, and in the incident's object."""
    down, up = tunnel("05:41:17", False, 0), tunnel("05:52:17", True, 1)
    beside = tunnel("05:40:57", False, 0)._replace(category=category, operation="HostMaintenanceEvent", reason="")
    for log in read_rows([down, beside._replace(**texts), up]).logs.values():
        for change in chain(log.changes, *log.ike.values()):
            assert all(s.isprintable() for s in change if isinstance(s, str))
        for incident in correlate(log, Policy()).incidents:
            assert all(s.isprintable() for s in strings(incident_object(incident, Style())))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_report_reads_nothing_in_a_name(text: str) -> None:
    """Names of peers and gateways, and reasons that nobody knows, stay text in a week's report and its chart."""
    n = NIGHTS["weekly"]()
    assert n.week
    assert n.week.figures
    hit = tuple(c._replace(gateway=f"/x/{text}", peer=text) for c in n.week.figures.hit)
    still = tuple((f"/x/{text}", text, at) for _, _, at in n.week.figures.open)
    said = tuple(replace(s, gateway=f"/x/{text}", peer=text) for s in n.week.figures.suggestions)
    figures = replace(n.week.figures, hit=hit, open=still, suggestions=said, unmapped=(text, text))
    lines = tuple(line._replace(gateway=f"/x/{text}", peers=(text,)) for line in n.week.incidents)
    n = replace(n, week=replace(n.week, figures=figures, incidents=lines))
    style = Style("en", "UTC", {text: text})
    card, message = card_of(teams.render(n, style)), slack.render(n, style)
    assert not any("{{" in s for s in strings(card))
    assert is_plain(next(o["text"] for o in objects(card) if o.get("type") == "TextBlock"))
    assert sum(o.get("type") == "TextBlock" for o in objects(card)) == 1
    assert not any("url" in o for o in [*objects(card), *objects(message)])
    assert "mrkdwn" not in {o.get("type") for o in objects(message)}
    for body in (card, message):
        assert all(s.replace("\n", "").isprintable() for s in strings(body))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_link_holds_no_query_of_a_name(text: str) -> None:
    """What a row calls its gateway never becomes part of a query: an odd id gets no link, or is quoted whole."""
    at = NIGHTS["channel_parked"]().at
    for gateway in (text, f"/subscriptions/s/providers/microsoft.network/virtualnetworkgateways/{text}"):
        for url in links(gateway, at, at).values():
            assert url.startswith("https://portal.azure.com/#")
            assert not re.search(r"[\s'\"|<>]", url)


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
@example("\u202egnp", "\x1b[31m", "a\nb")
def test_what_rows_say_is_clean_when_it_becomes_an_event(reason: str, instance: str, peer: str) -> None:
    """No control or direction character of a row lives on in an event, so none can reach a table or a page."""
    row = tunnel("05:41:17", False, 0)._replace(reason=reason, instance=instance, peer=peer)
    for log in read_rows([row]).logs.values():
        for _, _, *texts in log.tunnels:
            assert "".join(texts).isprintable()


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
