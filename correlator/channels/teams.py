"""Teams: an Adaptive Card 1.5 over a Workflows webhook.

The body is made of 1.2-level elements, since phones know no more. Text from logs and settings stands in RichTextBlocks,
which read no Markdown; only the headline is a TextBlock (screen readers find headings by it) and is neutralised. The
flow answers before it posts, so "accepted" is all that can be known here.
"""

from __future__ import annotations

import json
import re
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
from correlator.channels._week import ROWS, Chart, WeekContent, week_content
from correlator.channels._welcome import WelcomeContent, welcome_content
from correlator.notification import Notification
from correlator.wording import Style, phrases
from correlator.wording.messages import state, what_happened

Element = dict[str, Any]
LIMIT = 22_000
"""Teams counts the card as a string inside JSON and refuses at 28,672; measured with ASCII escapes, the worst case."""
BOX = {"down": "attention", "weak": "warning", "up": "good", "gone": "emphasis", "calm": "emphasis"}
COLOUR = {"down": "Attention", "weak": "Warning", "up": "Good", "gone": "Default", "calm": "Default"}
BARS = "▁▂▃▄▅▆▇█"
CHART = {
    "maintenance": "categoricalBlue",
    "azure": "categoricalTeal",
    "own-change": "categoricalPurple",
    "remote": "warning",
    "unknown": "neutral",
}
"""Colours of a chart's series, by the names that Teams gives them."""
_MARKDOWN = str.maketrans("\\*[]`~#<>{}|", "＼＊［］｀～＃＜＞｛｝｜")
_LIST_MARK = re.compile(r"^(\s*)([-+]|\d+[.)])(?=\s|$)")
_BRACES = re.compile(r"\{(?=\{)")
_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")


def render(n: Notification, style: Style) -> dict[str, object]:
    """The full message; with less detail where it would not fit, never without the verdict."""
    card = next((card for card in _cards(n, style) if size(card) <= LIMIT), None)
    return _message(card) if card else render_plain(n, style)


def _cards(n: Notification, style: Style) -> Iterator[Element]:
    """The card in falling detail."""
    if n.incident:
        for detail in DETAILS:
            yield _card(n, style, *_incident(content(n, n.incident, style, detail), style))
    elif n.week:
        for rows in ROWS:
            yield _card(n, style, _week(week_content(n, n.week, style, rows), style))
    elif n.welcome:
        yield _card(n, style, _welcome(welcome_content(n, n.welcome, style)))
    elif told := delivery_content(n, style):
        lines = [_rich(_run(line), spacing="Small") for line in told.lines]
        yield _card(n, style, [_header(state(n), told.title, told.sentence, told.period), *lines])


def render_plain(n: Notification, style: Style) -> dict[str, object]:
    """State, headline, cause and id: the simplest card that still holds the verdict."""
    body = [_title(title_line(n, style), "Default"), _heading(what_happened(n, style))]
    if n.incident:
        body.append(_pair(*cause_line(n, n.incident, style), style))
        body.append(_rich(_run(id_line(n, n.incident, style), size="Small", isSubtle=True)))
    return _message(_card(n, style, body))


def size(card: object) -> int:
    """The card's size as Teams most likely counts it."""
    return len(json.dumps(json.dumps(card)))


def inert(text: str) -> str:
    """Text for a TextBlock: characters that Markdown reads become their full-width look-alikes."""
    plain = _UNDERSCORE.sub("＿", text.translate(_MARKDOWN)).replace("://", "：//")
    return _LIST_MARK.sub(lambda m: m[1] + m[2].translate(str.maketrans("-+.)", "－＋．）")), plain)


def _message(card: Element) -> dict[str, object]:
    return {
        "type": "message",
        "summary": card["fallbackText"],
        "attachments": [
            {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
        ],
    }


def _card(n: Notification, style: Style, body: list[Element], links: Sequence[tuple[str, str]] = ()) -> Element:
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.5",
        "lang": style.language,
        "fallbackText": _unbraced(one_line(n, style)),
        "body": body,
        "actions": [{"type": "Action.OpenUrl", "title": label, "url": url} for label, url in links],
        "msteams": {"width": "full"},
    }


def _incident(c: Content, style: Style) -> tuple[list[Element], list[tuple[str, str]]]:
    body = [_header(c.state, c.title, c.what, c.where_when)]
    body.append(_box([_pair(label, text, style) for label, text in c.lines], spacing="Medium"))
    if c.bars:
        body.append(_box([_drawing(bar, len(c.bars) > 1) for bar in c.bars], spacing="Medium"))
    body.append(_box([_fact(label, text) for label, text in c.facts], spacing="Medium"))
    if c.reasons or c.unchecked:
        rows = [_rich(_run(f"• {reason}", size="Small"), spacing="None") for reason in c.reasons]
        gaps = [_rich(_run(c.unchecked, size="Small", isSubtle=True), spacing="Small")] if c.unchecked else []
        why = _rich(_run(c.why, size="Small", weight="Bolder"))
        body.append(_box([why, *rows, *gaps], spacing="Medium", separator=True))
    body.append(_rich(_run(c.id_line, size="Small", isSubtle=True), spacing="Medium"))
    return body, c.links


def _week(c: WeekContent, style: Style) -> list[Element]:
    body = [_header("calm", c.title, c.sentence, c.period)]
    body += [_rich(_run(c.quiet), spacing="Medium")] if c.quiet else []
    if c.figures:
        body.append({"type": "ColumnSet", "columns": [_figure(*f) for f in c.figures], "spacing": "Medium"})
    if c.actions:
        body.append(_bullets(c.todo, c.actions))
    if c.facts:
        body.append(_box([_pair(label, text, style) for label, text in c.facts], spacing="Medium"))
    if c.chart and c.chart.series:
        body.append(_chart(c.chart))
    if c.sides:
        sides = [_pair(label, text, style) for label, text in c.sides]
        body.append(_box([_rich(_run(c.by_side, weight="Bolder")), *sides], spacing="Medium"))
    body += _rows(c.tunnels, c.connections, c.tunnels_hidden) + _rows(c.worst, c.rows, c.hidden)
    small = [_rich(_run(note, size="Small", isSubtle=True), spacing="Small") for note in c.notes]
    return [*body, _box(small, spacing="Medium", separator=True)]


def _figure(value: str, label: str, beneath: str) -> Element:
    items = [_middle(value, size="Large", weight="Bolder"), _middle(label, size="Small", isSubtle=True)]
    return _column(items + ([_middle(beneath, size="Small", isSubtle=True)] if beneath else []))


def _bullets(title: str, lines: Sequence[str]) -> Element:
    rows = [_rich(_run(f"• {line}"), spacing="Small") for line in lines]
    return _box([_rich(_run(title, weight="Bolder")), *rows], spacing="Medium")


def _rows(title: str, rows: Sequence[tuple[str, str, str]], hidden: str) -> list[Element]:
    if not rows:
        return []
    more = [_rich(_run(hidden, size="Small", isSubtle=True))] if hidden else []
    found = [_week_row(*row) for row in rows]
    return [_box([_rich(_run(title, weight="Bolder")), *found, *more], spacing="Medium", separator=True)]


def _chart(c: Chart) -> Element:
    """A chart of Teams' own, which phones do not show; its fallback is bars of characters with their numbers."""
    series = [
        {
            "legend": _unbraced(name),
            "color": CHART[group],
            "values": [{"x": x, "y": y} for x, y in zip(c.labels, numbers, strict=True)],
        }
        for group, name, numbers in c.series
    ]
    drawn = {"type": "Chart.VerticalBar.Grouped", "title": c.title, "stacked": True, "data": series}
    bars = [_rich(_run(c.title, weight="Bolder")), _days(list(zip(c.labels, c.totals, strict=True)))]
    return drawn | {"spacing": "Medium", "fallback": _box(bars, spacing="Medium")}


def _welcome(c: WelcomeContent) -> list[Element]:
    body = [_header("calm", c.title, c.sentence, c.period)]
    if c.causes:
        causes = [_fact(label, text, width="160px") for label, text in c.causes]
        body.append(_box([_rich(_run(c.by_cause, weight="Bolder")), *causes], spacing="Medium"))
    gaps = [_rich(_run(f"• {gap}", size="Small"), spacing="Small") for gap in c.gaps]
    hidden = [_rich(_run(c.hidden, size="Small", isSubtle=True))] if c.hidden else []
    missing = _rich(_run(c.missing, weight="Bolder" if gaps else "Default"))
    return [*body, _box([missing, *gaps, *hidden], spacing="Medium", separator=True)]


def _days(days: Sequence[tuple[str, int]]) -> Element:
    """A bar a day, made of characters so that every client shows it; the figures stand beneath."""
    most = max(drops for _, drops in days) or 1
    columns = []
    for weekday, drops in days:
        bar = BARS[-(-drops * (len(BARS) - 1) // most)]
        items = [_middle(bar, size="Large", isSubtle=not drops), _middle(str(drops), size="Small", weight="Bolder")]
        columns.append(_column([*items, _middle(weekday, size="Small", isSubtle=True)], spacing="None"))
    return {"type": "ColumnSet", "columns": columns, "spacing": "Small"}


def _week_row(where: str, down: str, facts: str) -> Element:
    what = [_rich(_run(where)), _rich(_run(facts, size="Small", isSubtle=True), spacing="None")]
    length = _rich(_run(down), horizontalAlignment="Right")
    columns = [_column(what, width="stretch"), _column([length], width="auto")]
    return {"type": "ColumnSet", "columns": columns, "spacing": "Small"}


def _header(state: str, title: str, headline: str, beneath: str) -> Element:
    items = [_title(title, COLOUR[state]), _heading(headline)]
    items.append(_rich(_run(beneath, size="Small", isSubtle=True), spacing="Small"))
    return _box(items, style=BOX[state], bleed=True)


def _title(text: str, colour: str) -> Element:
    return _rich(_run(text, size="Small", weight="Bolder", color=colour))


def _heading(text: str) -> Element:
    words = {"type": "TextBlock", "text": inert(text), "style": "heading"}
    return words | {"size": "Large", "weight": "Bolder", "wrap": True, "spacing": "Small"}


def _pair(label: str, text: str, style: Style) -> Element:
    name = [_run(phrases.say(style, "label", label=label), weight="Bolder")] if label else []
    return _rich(*name, _run(text), spacing="Small")


def _fact(label: str, text: str, width: str = "110px") -> Element:
    name = _column([_rich(_run(label, size="Small", weight="Bolder"))], width=width)
    value = _column([_rich(_run(text, size="Small"))], width="stretch", spacing="Small")
    return {"type": "ColumnSet", "columns": [name, value], "spacing": "None"}


def _drawing(bar: Bar, labelled: bool) -> Element:
    """Up, down, up: three coloured cells, signs and words repeating the colours. Not to scale, or 12 s would vanish."""
    cells = [_cell("▲", bar.before, "good"), _cell("▼", bar.down, "attention")]
    if bar.after:
        cells.append(_cell("▲", bar.after, "good"))
    if not labelled:
        return {"type": "ColumnSet", "columns": cells, "spacing": "Small"}
    # The label stands above: on a phone, beside the cells it would leave them no room for a word in one line.
    label = _rich(_run(bar.label, size="Small", isSubtle=True))
    return _box([label, {"type": "ColumnSet", "columns": cells, "spacing": "None"}], spacing="Small")


def _cell(sign: str, text: str, look: str) -> Element:
    colour = "Good" if look == "good" else "Attention"
    words = _middle(f"{sign} {text}", size="Small", color=colour, weight="Default" if look == "good" else "Bolder")
    more = {"style": look, "spacing": "None", "verticalContentAlignment": "Center"}
    return _column([words], width=2 if look == "good" else 3, **more)


def _middle(text: str, **look: object) -> Element:
    return _rich(_run(text, **look), horizontalAlignment="Center", spacing="None")


def _column(items: list[Element], *, width: object = "stretch", **more: object) -> Element:
    return {"type": "Column", "width": width, "items": items, **more}


def _box(items: list[Element], **more: object) -> Element:
    return {"type": "Container", "items": items, **more}


def _rich(*runs: Element, **more: object) -> Element:
    return {"type": "RichTextBlock", "inlines": list(runs), **more}


def _run(text: str, **look: object) -> Element:
    return {"type": "TextRun", "text": _unbraced(text), **look}


def _unbraced(text: str) -> str:
    """Without ``{{``, in which clients look for dates and templates."""
    return _BRACES.sub("{ ", text)
