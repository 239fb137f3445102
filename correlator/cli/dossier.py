"""The text of an evidence file: one incident on a page that can be handed to a support engineer or a provider.

Pure: an incident object and its rows in, Markdown out. Log text is data in it and never markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from correlator.model import Cause, Confidence, Impact, Side
from correlator.wording import Style, name, phrases
from correlator.wording.answers import length_text

Document = Mapping[str, Any]
_MARKUP = re.compile(r"([\\`*_\[\]|<>~&$])|^([#+\-=]+(?=\s|$)|\d+(?=[.)](?:\s|$)))")
"""What means something in the middle of a line, and what does at its beginning."""
_LITERAL = re.compile(r"[\w./:()-]([\w./:() -]*[\w./:()-])?")
"""What ids, addresses and names of sites are made of: nothing that ends a code span or the cell of a table."""
NONE = "–"
COLUMNS = ("peer", "down", "up", "start", "end", "seconds", "stopped", "reason")


def markdown(found: Document, rows: str, style: Style) -> str:
    """The page; ``rows`` says which rows lie beside it, or why none do."""
    return "\n".join(_lines(found, rows, style.at(found["gateway"]["resource_id"]))) + "\n"


def _lines(found: Document, rows: str, style: Style) -> Iterator[str]:
    cause = found["cause"]
    yield f"# {found['id']} · {code(found['gateway']['name'])}"
    yield ""
    yield escaped(cause["summary"])
    yield ""
    yield from _facts(found, style)
    for key, lines in (
        ("label.why", [f"{_utc(e['at'])} · {e['category']} · {e['text']}" for e in cause["evidence"]]),
        ("label.not-found", cause["not_found"]),
        ("label.would-change", cause["would_change"]),
        ("label.remarks", found["remarks"]),
    ):
        yield from _section(key, lines, style)
    yield from _outages(found, style)
    yield from _section("label.history", [_event(e, style) for e in found["history"]], style)
    yield from _section("dossier.limits", [phrases.say(style, f"dossier.limit.{n}") for n in range(1, 5)], style)
    yield from _section("dossier.files", [rows, *(phrases.say(style, f"dossier.file.{n}") for n in range(1, 3))], style)


def _facts(found: Document, style: Style) -> Iterator[str]:
    cause = found["cause"]
    sure = (
        name(Cause(cause["code"]), style),
        name(Side(cause["side"]), style),
        name(Confidence(cause["confidence"]), style),
    )
    facts = (
        ("label.cause", escaped(f"{' · '.join(sure)} ({cause['code']}, {cause['rule']})")),
        ("label.when", escaped(f"{_both(found['started_at'], style)} → {_both(found['ended_at'], style)}")),
        ("label.down", escaped(length_text(found, style))),
        ("label.impact", escaped(name(Impact(found["impact"]), style))),
        ("dossier.gateway", code(found["gateway"]["resource_id"])),
    )
    yield f"| {phrases.say(style, 'dossier.what')} | |"
    yield "|---|---|"
    for key, text in facts:
        yield f"| {escaped(phrases.say(style, key))} | {text} |"


def _section(key: str, lines: Sequence[str], style: Style) -> Iterator[str]:
    if lines:
        yield ""
        yield f"## {escaped(phrases.say(style, key))}"
        yield ""
        yield from (f"- {escaped(line)}" for line in lines)


def _outages(found: Document, style: Style) -> Iterator[str]:
    if not found["outages"]:
        return
    yield ""
    yield f"## {phrases.say(style, 'dossier.outages')}"
    yield ""
    yield f"| {' | '.join(phrases.say(style, f'dossier.outage.{c}') for c in COLUMNS)} |"
    yield "|" + "---|" * len(COLUMNS)
    for o in found["outages"]:
        cells = (
            *(phrases.instance(o[k], style) if o[k] else NONE for k in ("instance_down", "instance_up")),
            _utc(o["started_at"]),
            _utc(o["ended_at"]),
            NONE if o["duration_seconds"] is None else f"{'≤ ' * o.get('at_most', False)}{o['duration_seconds']:g}",
            phrases.say(style, "dossier.yes" if o["connection_lost"] else "dossier.no"),
            o["reason"] or NONE,
        )
        peer = phrases.address(o["remote_ip"] or "", style)
        yield f"| {' | '.join((code(peer) if o['remote_ip'] else escaped(peer), *map(escaped, cells)))} |"
    if found.get("outages_omitted"):
        yield ""
        yield phrases.say(style, "not-shown", n=found["outages_omitted"])


def _event(event: Document, style: Style) -> str:
    key = f"moment.{event['event']}"
    what = phrases.say(style, key) if phrases.has(style, key) else event["event"]
    return f"{_utc(event['at'])} · {what} · {name(Cause(event['cause']), style)}"


def _utc(text: str | None) -> str:
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if text else NONE


def _both(text: str | None, style: Style) -> str:
    if not text or style.zone == "UTC":
        return _utc(text)
    here = datetime.fromisoformat(text).astimezone(ZoneInfo(style.zone))
    return f"{_utc(text)} ({here:%Y-%m-%d %H:%M:%S} {style.zone})"


def escaped(text: str) -> str:
    """Text that means itself in Markdown: one line, every sign of markup behind a backslash."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return _MARKUP.sub(lambda found: f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}", line)


def code(text: str) -> str:
    """An id or an address, which can be copied from the source as well; anything else as escaped text."""
    return f"`{text}`" if _LITERAL.fullmatch(text) else escaped(text)


def page(title: str, text: str, language: str) -> str:
    """The Markdown as one HTML page without scripts or outside requests; HTML in the text stays text."""
    from html import escape

    from markdown_it import MarkdownIt

    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    return (
        f'<!doctype html>\n<html lang="{language}">\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n<main>\n{body}</main>\n</html>\n"
    )


STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
h1 { font-size: 1.4rem } h2 { font-size: 1.05rem; margin-top: 1.8rem }
main { overflow-wrap: break-word }
td { min-width: 2.5rem }
table { border-collapse: collapse; font-size: .9rem; width: 100% }
td, th { border-bottom: 1px solid #8886; padding: .35rem .6rem .35rem 0; text-align: left; vertical-align: top }
@media print { body { margin: 0; max-width: none } }
"""
