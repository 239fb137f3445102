"""What the commands print: one JSON document, or tables that read well in 80 columns."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.cells import cell_len
from rich.console import Console
from rich.containers import Lines
from rich.progress import Progress
from rich.text import Text

from correlator import asked
from correlator.categories import Read
from correlator.model import Cause, Confidence, Policy
from correlator.settings import Settings
from correlator.sources.export import Exported
from correlator.wiring import policy_of, style_of
from correlator.wording import Style, name
from correlator.wording.answers import length_text, list_end, nothing_found

UNIT = re.compile(r"\s+|[「（]*(?:[^\s\u2e80-\uffff]+|\S)[、。」）ー]*")
"""What no line break parts: a word, or a Japanese character, which may begin a line; with the marks that may not."""
COLOURS = {"azure": "cyan", "own-change": "yellow", "remote": "magenta", "unknown": "white"}


def document(value: Mapping[str, Any]) -> None:
    """One JSON document on standard output, and nothing else there."""
    pieces = json.JSONEncoder(ensure_ascii=False, indent=2).iterencode(value)
    while some := "".join(islice(pieces, 10_000)):  # a large replay is hundreds of megabytes as one text
        click.echo(some, nl=False)
    click.echo()


def notes() -> Console:
    """Where progress and remarks go: standard error, so that standard output holds the answer alone."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def progress() -> Progress:
    """A bar on standard error for somebody who watches; without a terminal nothing, not even its last line feed."""
    console = notes()
    return Progress(console=console, transient=True, disable=not console.is_interactive)


def note(line: str) -> None:
    """One line on standard error, as it is."""
    click.echo(line, err=True)


def style() -> Style:
    """Language, zone and site names from the settings, where they are set. Raises SettingsError."""
    return style_of(Settings.read(os.environ))


def policy() -> Policy:
    """The customer's vocabulary and windows, where they are set. Raises SettingsError."""
    return policy_of(Settings.read(os.environ))


def now() -> datetime:
    """The machine's clock: the one place that reads it."""
    return datetime.now(UTC)  # noqa: TID251


def point_in_time(text: str, zone: str) -> datetime:
    """An ISO time (without a zone: in ``zone``), or ``-2h`` before now. Raises UsageError."""
    return asked.point_in_time(text, zone, now())


def unreadable(exported: Exported, read: Read) -> list[dict[str, Any]]:
    """Everything that could not be read, with its place: what was no row, and rows that say too little."""
    found = [s._asdict() for s in exported.skipped]
    for bad in read.unreadable:
        file, line = exported.places[bad.number]
        found.append({"file": file, "line": line, "why": bad.why})
    return found


def remarks(answer: Mapping[str, Any]) -> None:
    """On standard error: what could not be read, and words that we do not know; of many only some."""
    console = notes()
    skipped = answer["unreadable"]
    for bad in skipped[:10]:
        console.print(f"skipped {bad['file']}:{bad['line']}: {bad['why']}", markup=False)
    if len(skipped) > 10:
        console.print(f"… and {len(skipped) - 10} more rows that could not be read")
    for reason, times in Counter(answer["unmapped_reasons"]).most_common(10):
        console.print(f"reason not known to the vocabulary, {times} times: {reason}", markup=False)
    for operation, times in Counter(answer["unknown_operations"]).most_common(10):
        console.print(f"operation not known, {times} times: {operation}", markup=False)


def nothing(exported: Exported, read: Read, chosen: Style) -> None:
    """Why there is no incident: nothing fell, no row tells of tunnels, or none could be read."""
    tunnel_rows = sum(len(log.tunnels) for log in read.logs.values())
    skipped = [s.why for s in exported.skipped] + [bad.why for bad in read.unreadable]
    rows = len(exported.places) + len(exported.skipped)
    click.echo(nothing_found(tunnel_rows, rows, skipped, chosen))


def incidents(found: Sequence[Mapping[str, Any]], chosen: Style) -> None:
    """Each incident in a few lines: when, where, how long; whose, how sure and why; its name."""
    console = Console(highlight=False)
    zone = ZoneInfo(chosen.zone)
    for incident in found:
        cause = incident["cause"]
        started = datetime.fromisoformat(incident["started_at"]).astimezone(zone)
        head = Text(f"{started:%Y-%m-%d %H:%M:%S}  {incident['gateway']['name']}  ", "bold")
        console.print(head.append(length_text(incident, chosen), "not bold"))
        code, sure = Cause(cause["code"]), Confidence(cause["confidence"])
        words = [name(code, chosen), *([] if sure is Confidence.NONE else [name(sure, chosen)]), code.value]
        for text in (
            Text(" · ".join(words), COLOURS[cause["side"]]),
            Prose(cause["summary"]),
            Text(incident["id"], "dim"),
        ):
            _indented(console, text)
        console.print()
    console.print(Text(list_end(len(found), chosen), style="dim"))


def _indented(console: Console, text: Text) -> None:
    """A paragraph two columns from the margin, its lines no longer than their words."""
    for line in text.wrap(console, console.width - 2):
        line.rstrip()
        console.print(Text("  ").append_text(line))


class Prose(Text):
    """Sentences in one style, whose lines are filled in Japanese too: it has no blanks, and is parted anywhere."""

    def wrap(self, console: Console, width: int, **how: Any) -> Lines:
        """The lines of so many columns; a word that is longer than one is cut."""
        lines = (Text(line, self.style) for line in _folded(self.plain, width))
        return Lines(piece for line in lines for piece in line.wrap(console, width, **how))


def _folded(text: str, width: int) -> Iterator[str]:
    line = ""
    for unit in UNIT.findall(text):
        if line and cell_len(line + unit.rstrip()) > width:
            yield line.rstrip()
            line = ""
        line = (line + unit).lstrip()
    yield line.rstrip()
