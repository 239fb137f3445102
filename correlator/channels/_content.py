"""What an incident message holds, before any channel lays it out: lines of inert text, in order.

Everything is cut by rule: four outages, four rows of evidence, three peers; what is left out is said.
The drawing is of all outages or not made.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from correlator.evidence import Evidence, evidence, not_found
from correlator.model import Cause, Confidence, Incident, Outage, Status
from correlator.notification import Moment, Notification
from correlator.queries.links import links
from correlator.wording import Style, calls, messages, phrases, verdicts

ICONS = {"down": "🔴", "weak": "🟠", "up": "✅", "gone": "↩️", "calm": "📊"}
_SHORT_INSTANCE = re.compile(r"IN_\d{1,3}$", re.IGNORECASE)
_CHANGES = ("disconnected", "connected-same", "connected-other", "switched")


class Detail(NamedTuple):
    """How many outages, evidence rows, sites and links a message holds; tried from the fullest down until it fits."""

    outages: int
    evidence: int
    sites: int
    links: bool


DETAILS = (Detail(4, 4, 3, True), Detail(2, 2, 2, True), Detail(1, 1, 1, True), Detail(1, 0, 1, False))


class Bar(NamedTuple):
    """One outage as a drawing: what held the tunnel, how long nothing did, what holds it now (``""``: still down)."""

    label: str
    before: str
    down: str
    after: str


class Content(NamedTuple):
    """An incident message. Pairs are (label, text); links are (label, URL)."""

    state: str
    title: str
    what: str
    where_when: str
    lines: list[tuple[str, str]]
    bars: list[Bar]
    facts: list[tuple[str, str]]
    why: str
    reasons: list[str]
    unchecked: str
    id_line: str
    links: list[tuple[str, str]]


def content(n: Notification, incident: Incident, style: Style, detail: Detail) -> Content:
    """Everything the message says, in the reader's language."""
    withdrawn = incident.status is Status.RETRACTED
    shown, hidden = _shown(incident.outages, 0 if withdrawn else detail.outages)
    reasons, unchecked = ([], "") if withdrawn else _reasons(incident, style, detail)
    return Content(
        messages.state(n),
        title_line(n, style),
        messages.what_happened(n, style),
        where_when(incident, style),
        [*verdict_lines(n, incident, style), *calls.lines(incident, style, detail.sites)],
        [_bar(o, incident, n, style) for o in shown if not hidden],
        _facts(incident, shown, hidden, style),
        phrases.say(style, "label.why"),
        reasons,
        unchecked,
        id_line(n, incident, style),
        _links(n, incident, style) if detail.links else [],
    )


def title_line(n: Notification, style: Style) -> str:
    """State and cause, with the state's sign: ``✅ Recovered · Azure maintenance``."""
    return f"{ICONS[messages.state(n)]} {messages.title(n, style)}"


def one_line(n: Notification, style: Style) -> str:
    """The whole message in a line, for toasts and clients that draw nothing."""
    parts = [title_line(n, style), messages.what_happened(n, style)]
    if n.incident:
        parts.append(phrases.gateway(n.incident.gateway, style))
    return " · ".join(parts)


def where_when(incident: Incident, style: Style) -> str:
    """``vgw-tokyo-prod · Sat 22 Aug 2026``."""
    return f"{phrases.gateway(incident.gateway, style)} · {phrases.day(incident.started_at, style)}"


def cause_line(n: Notification, incident: Incident, style: Style) -> tuple[str, str]:
    """The verdict in full, and what was said before where it changed."""
    before = verdicts.said_before(incident, style) if n.moment is Moment.CAUSE_CHANGED else ""
    text = phrases.sentences(style, [verdicts.summary(incident, style), before])
    return phrases.say(style, "label.cause"), text


def verdict_lines(n: Notification, incident: Incident, style: Style) -> list[tuple[str, str]]:
    """Cause, impact, next step."""
    todo = messages.next_step(incident, style, n.times)
    if n.moment is Moment.REMINDER:
        todo = phrases.sentences(style, [todo, phrases.say(style, "next.reminder", id=phrases.short(incident.id, 40))])
    lines = [
        cause_line(n, incident, style),
        (phrases.say(style, "label.impact"), messages.impact_text(n, incident, style)),
        (phrases.say(style, "label.next"), todo),
    ]
    return [*lines, (phrases.say(style, "label.also"), messages.also_text(n, style))] if n.also else lines


def id_line(n: Notification, incident: Incident, style: Style) -> str:
    """``VPN-20260821-7F3K2M · update 2``: the same id in every message of an incident."""
    identity = phrases.short(incident.id, 40)
    return phrases.say(style, "update", id=identity, n=n.number) if n.number > 1 else identity


def _shown(outages: Sequence[Outage], most: int) -> tuple[list[Outage], int]:
    """The outages that matter most (still down, traffic stopped, longest), in order of time, and how many are left."""

    def weight(o: Outage) -> tuple[bool, bool, float]:
        return o.end is None, o.cut, (o.end - o.start).total_seconds() if o.end else 0.0

    chosen = sorted(sorted(outages, key=weight, reverse=True)[:most])
    return chosen, len(outages) - len(chosen)


def _bar(o: Outage, incident: Incident, n: Notification, style: Style) -> Bar:
    many = len(incident.peers) > 1
    label = phrases.place(o.peer, style) if many else phrases.clock(o.start, style)
    down = phrases.duration(((o.end or n.at) - o.start).total_seconds(), style)
    after = _holder(o.instance_up, style) if o.end else ""
    return Bar(label, _holder(o.instance_down, style), down, after)


def _holder(instance: str, style: Style) -> str:
    """``IN_0``, as the log's own names end; a cell has no room for more."""
    ending = _SHORT_INSTANCE.search(instance)
    return ending[0].upper() if ending else phrases.short(instance, 12) or phrases.say(style, "up")


def _facts(incident: Incident, shown: Sequence[Outage], hidden: int, style: Style) -> list[tuple[str, str]]:
    many = len(incident.peers) > 1
    facts = []
    for o in shown:
        label = phrases.place(o.peer, style) if many else phrases.instance(o.instance_down, style)
        facts.append((label, phrases.span(o.start, o.end, style, incident.started_at)))
    if hidden and shown:
        facts.append(("", phrases.say(style, "not-shown", n=hidden)))
    facts.append(
        (phrases.say(style, "label.peers" if many else "label.peer"), phrases.addresses(incident.peers, style))
    )
    # Of planned work people are sure, not the logs.
    told = incident.status is not Status.RETRACTED and incident.finding.cause is not Cause.PLANNED_WORK
    if told and incident.finding.confidence is not Confidence.NONE:
        facts.append((phrases.say(style, "label.confidence"), phrases.name(incident.finding.confidence, style)))
    return facts


def _reasons(incident: Incident, style: Style, detail: Detail) -> tuple[list[str], str]:
    """The rows that weigh most, in order of time, and what was looked for in vain or not looked at."""
    rows = evidence(incident)
    chosen = sorted(sorted(rows, key=_weight)[: detail.evidence])
    lines = [f"{phrases.instant(e.at, style)} {verdicts.evidence_text(e, style)}" for e in chosen]
    gaps = [verdicts.key_text(key, style) for key in not_found(incident)]
    if len(rows) > len(chosen):
        gaps.append(phrases.say(style, "more-in-the-logs"))
    return lines, phrases.sentences(style, gaps)


def _weight(e: Evidence) -> tuple[int, Evidence]:
    """Rows of the gateway first, then drops with a reason, then how the tunnel came back."""
    if e.key not in _CHANGES:
        return 0, e
    return (3 if e.key == "disconnected" and not e.text else 1 if e.key == "disconnected" else 2), e


def _links(n: Notification, incident: Incident, style: Style) -> list[tuple[str, str]]:
    end = incident.ended_at or max(n.at, incident.started_at)
    found = links(incident.gateway, incident.started_at, end)
    page = [(phrases.say(style, "link.report"), f"{style.report}#{incident.id}")] if style.report else []
    return [
        *page,
        *((phrases.say(style, f"link.{key}"), url) for key, url in found.items()),
        *calls.runbooks(incident, style),
    ]
