"""Slack: an incoming webhook with rich text inside one coloured attachment (the only way to show a state's colour).

``rich_text`` and ``plain_text`` are never parsed, so names and log text stay what they are. Times stand in rich text
only, because plain text may read ``:13:`` as an emoji. Links are text: URL buttons show a warning after a click.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from correlator.channels._content import (
    DETAILS,
    Bar,
    Content,
    cause_line,
    content,
    id_line,
    one_line,
    title_line,
)
from correlator.channels._told import delivery_content
from correlator.channels._week import ROWS, WeekContent, week_content
from correlator.channels._welcome import WelcomeContent, welcome_content
from correlator.notification import Notification
from correlator.wording import Style, phrases
from correlator.wording.messages import state, what_happened

Element = dict[str, Any]
LIMIT = 12_000
"""Slack refuses blocks of about 13,200 characters of JSON; the whole message is measured, with ASCII escapes."""
COLOUR = {"down": "#E01E5A", "weak": "#ECB22E", "up": "#2EB67D", "gone": "#868686", "calm": "#868686"}
BARS = "▁▂▃▄▅▆▇█"


def render(n: Notification, style: Style) -> dict[str, object]:
    """The full message; with less detail where it would not fit, never without the verdict."""
    message = next((m for m in _messages(n, style) if size(m) <= LIMIT), None)
    return message or render_plain(n, style)


def render_plain(n: Notification, style: Style) -> dict[str, object]:
    """State, headline, cause and id in one block."""
    lines = [[_bold(what_happened(n, style))], [_text(title_line(n, style))]]
    if n.incident:
        lines.append(_pair(*cause_line(n, n.incident, style), style))
        lines.append([_text(id_line(n, n.incident, style))])
    return _message(n, style, [_rich(_section(lines))], [])


def size(message: object) -> int:
    """The message's length as JSON with ASCII escapes."""
    return len(json.dumps(message))


def _messages(n: Notification, style: Style) -> Iterator[dict[str, object]]:
    """The message in falling detail."""
    if n.incident:
        for detail in DETAILS:
            c = content(n, n.incident, style, detail)
            yield _message(n, style, [_top(c.title, c.what, c.where_when)], _incident_blocks(c, style))
    elif n.week:
        for rows in ROWS:
            w = week_content(n, n.week, style, rows)
            yield _message(n, style, [_top(w.title, w.sentence, w.period)], _week_blocks(w, style))
    elif n.welcome:
        hello = welcome_content(n, n.welcome, style)
        yield _message(n, style, [_top(hello.title, hello.sentence, hello.period)], _welcome_blocks(hello, style))
    elif told := delivery_content(n, style):
        below = [_rich(_section([[_text(line)] for line in told.lines]))]
        yield _message(n, style, [_top(told.title, told.sentence, told.period)], below)


def _message(n: Notification, style: Style, top: list[Element], below: list[Element]) -> dict[str, object]:
    line = _escaped(one_line(n, style))
    message: dict[str, object] = {"text": line, "unfurl_links": False, "unfurl_media": False, "blocks": top}
    if below:
        message["attachments"] = [{"color": COLOUR[state(n)], "fallback": line, "blocks": below}]
    return message


def _top(title: str, what: str, beneath: str) -> Element:
    icon, words = title.split(" ", 1)
    return _rich(_section([[_text(f"{icon} "), _bold(what)], [_text(f"{words} · {beneath}")]]))


def _incident_blocks(c: Content, style: Style) -> list[Element]:
    drawings = [[_text(_drawing(bar, len(c.bars) > 1))] for bar in c.bars]
    blocks = [
        _rich(_section([_pair(label, text, style) for label, text in c.lines])),
        _rich(_section([*drawings, *(_pair(label, text, style) for label, text in c.facts)])),
    ]
    if c.reasons or c.unchecked:
        blocks.append(_why(c))
    if c.links:
        blocks.append(_rich(_section([_links(c.links)])))
    blocks.append(_note(c.id_line))
    return blocks


def _drawing(bar: Bar, labelled: bool) -> str:
    """``▲ IN_0 ─ ▼ 12 s ─ ▲ IN_1``: what held the tunnel, how long nothing did, what holds it now."""
    cells = [f"▲ {bar.before}", f"▼ {bar.down}"] + ([f"▲ {bar.after}"] if bar.after else [])
    return (f"{bar.label}  " if labelled else "") + " ─ ".join(cells)


def _why(c: Content) -> Element:
    bullets = {"type": "rich_text_list", "style": "bullet", "elements": [_section([[_text(r)]]) for r in c.reasons]}
    parts = [_section([[_bold(c.why)]])] + ([bullets] if c.reasons else [])
    return _rich(*parts, *([_section([[_text(c.unchecked)]])] if c.unchecked else []))


def _links(links: Sequence[tuple[str, str]]) -> list[Element]:
    parts: list[Element] = []
    for label, url in links:
        parts += [_text("   ·   ")] if parts else []
        parts.append({"type": "link", "url": url, "text": label})
    return parts


def _week_blocks(c: WeekContent, style: Style) -> list[Element]:
    lines = [[_text(c.quiet)]] if c.quiet else []
    lines += (
        [[_text(" · ".join(phrases.say(style, "label", label=f.label) + f.value for f in c.figures))]]
        if c.figures
        else []
    )
    blocks = [_rich(_section(lines))] if lines else []
    blocks += [_list(c.todo, [_section([[_text(action)]]) for action in c.actions])] if c.actions else []
    blocks += [_rich(_section([_pair(label, text, style) for label, text in c.facts]))] if c.facts else []
    whose = [[_bold(c.by_side)], *(_pair(label, text, style) for label, text in c.sides)] if c.sides else []
    if by := [*_days(c), *whose]:
        blocks.append(_rich(_section(by)))
    for title, rows, hidden in ((c.tunnels, c.connections, c.tunnels_hidden), (c.worst, c.rows, c.hidden)):
        items = [_section([[_bold(where), _text(f"  {down}")], [_text(facts)]]) for where, down, facts in rows]
        blocks += [_list(title, items)] if items else []
        blocks += [_note(hidden)] if hidden else []
    return [*blocks, _note(phrases.sentences(style, c.notes))]


def _list(title: str, items: list[Element]) -> Element:
    return _rich(_section([[_bold(title)]]), {"type": "rich_text_list", "style": "bullet", "elements": items})


def _days(c: WeekContent) -> list[list[Element]]:
    """``Mon ▁ 1 · Tue █ 6``, and which groups: text, for that webhooks may post Slack's charts is nowhere said."""
    if c.chart is None or not c.chart.series:
        return []
    most = max(c.chart.totals) or 1
    days = [
        f"{label} {BARS[-(-n * (len(BARS) - 1) // most)]} {n}"
        for label, n in zip(c.chart.labels, c.chart.totals, strict=True)
    ]
    groups = " · ".join(f"{name} {sum(numbers)}" for _, name, numbers in c.chart.series)
    return [[_bold(c.chart.title)], [_text(" · ".join(days))], [_text(groups)]]


def _welcome_blocks(c: WelcomeContent, style: Style) -> list[Element]:
    causes = [_pair(label, text, style) for label, text in c.causes]
    gaps = {"type": "rich_text_list", "style": "bullet", "elements": [_section([[_text(gap)]]) for gap in c.gaps]}
    missing = _section([[_bold(c.missing) if c.gaps else _text(c.missing)]])
    blocks = [_rich(_section([[_bold(c.by_cause)], *causes]))] if causes else []
    blocks.append(_rich(missing, gaps) if c.gaps else _rich(missing))
    return blocks + ([_note(c.hidden)] if c.hidden else [])


def _pair(label: str, text: str, style: Style) -> list[Element]:
    name = [_bold(phrases.say(style, "label", label=label))] if label else []
    return [*name, _text(text)]


def _section(lines: Sequence[list[Element]]) -> Element:
    """A section of lines, each a list of elements."""
    elements = list(lines[0])
    for line in lines[1:]:
        elements += [_text("\n"), *line]
    return {"type": "rich_text_section", "elements": elements}


def _rich(*parts: Element) -> Element:
    return {"type": "rich_text", "elements": list(parts)}


def _text(text: str) -> Element:
    return {"type": "text", "text": text}


def _bold(text: str) -> Element:
    return _text(text) | {"style": {"bold": True}}


def _note(text: str) -> Element:
    return {"type": "context", "elements": [{"type": "plain_text", "text": text, "emoji": False}]}


def _escaped(text: str) -> str:
    """For the one field that is read as mrkdwn: the line that toasts and screen readers get."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
