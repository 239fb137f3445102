"""Public incident objects -> one self-contained HTML page.

Style sheet and script are the plain files in ``report/``, put into the page as they are. A Content-Security-Policy lets
only these two run, by their hashes, and nothing be fetched. All data stands in the page as JSON that the script reads;
text from logs becomes text of the page and never markup.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from correlator import __version__
from correlator.model import LogRow
from correlator.pages.content import content, span_of, standing
from correlator.wording import Style
from correlator.wording.page import page_footer, page_title, page_words

HERE = Path(__file__).parent / "report"
SCRIPTS = ("dom", "words", "incidents", "totals", "timeline", "list", "detail", "logs", "page")
"""In this order: each may use what stands before it."""
BREAKS_OUT = "<>&\u2028\u2029"
"""What could end a script element or a line of script; JSON can write it as \\u and four digits."""


def render(
    incidents: Iterable[Mapping[str, Any]],
    style: Style,
    rows: Sequence[LogRow] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    acknowledge: bool = False,
) -> str:
    """The page for these incident objects, in the language and zone of ``style``.

    ``rows`` are the log rows that they were judged from, where they are at hand: they fill the two log views. ``since``
    and ``until`` (UTC) are the time that was looked at; without them it reaches as far as rows and incidents do.
    With ``acknowledge`` an open incident has a button, which sends one request to where the page came from.
    """
    from jinja2 import Environment  # only where a page is rendered: it is no part of a poll's cold start

    shown = standing(incidents)
    first, last = span_of(shown, rows or (), since, until)
    css, script = _text("report.css"), _script()
    data = content(shown, style, rows, first, last) | {"acknowledge": acknowledge}
    template = Environment(autoescape=True).from_string(_text("report.html"))
    return template.render(
        language=style.language,
        title=page_title((g["name"] for g in data["gateways"]), style),
        policy=_policy(css, script) + ("; connect-src 'self'" if acknowledge else ""),
        words=page_words(style),
        css=css,
        script=script,
        data=_embedded(data),
        footer=page_footer(style, button=acknowledge),
        version=__version__,
    )


@cache
def _text(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


@cache
def _script() -> str:
    """All of the script in one scope of its own."""
    parts = "\n".join(_text(f"{name}.js") for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}\n}})();\n'


def _policy(css: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{_hash(css)}'; script-src '{_hash(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _embedded(data: Mapping[str, Any]) -> str:
    """JSON that stands inside a script element: no text in it can end the element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in BREAKS_OUT:  # five quick passes: str.translate takes seconds for a year of incidents
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
