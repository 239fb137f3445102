"""``weekly``: the report of a week or month as it would be told, in the terminal, as JSON, as a page, or sent now."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.text import Text

from correlator.channels._week import Rows, WeekContent, week_content
from correlator.cli import kept, show
from correlator.errors import SendFailed, SourceUnavailable, UsageError
from correlator.measures import Span
from correlator.monthly import month_bounds
from correlator.notification import Moment, Notification
from correlator.ports import Channel
from correlator.reports import compile_report, known_of
from correlator.settings import Settings
from correlator.stores.store import TableStore
from correlator.summary import Week
from correlator.summary_json import summary_object
from correlator.watchlist import workspaces
from correlator.weekly import WEEK, label_of, week_bounds
from correlator.wording import Style, phrases

ROWS = Rows(10, 20, 20, True)
BAR = 24


@click.command()
@click.option("--week", help="An ISO week, 2026-W34 (default: the last whole one, in TIMEZONE)")
@click.option("--month", help="Instead of a week: a month, 2026-08")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output")
@click.option("--html", "page", type=click.Path(dir_okay=False, path_type=Path), help="Write it as a page here")
@click.option("--send", is_flag=True, help="Send it to the channels that are set, beside what is sent by itself")
def weekly(week: str | None, month: str | None, as_json: bool, page: Path | None, send: bool) -> None:
    """The weekly summary or monthly report. From the incident tables, as it would be told.

    \b
    python -m correlator weekly
    python -m correlator weekly --week 2026-W34 --json
    python -m correlator weekly --week 2026-W34 --html week.html
    python -m correlator weekly --month 2026-08 --send
    """  # noqa: D301  click ends a paragraph that is not to be wrapped at this very character
    if week and month:
        raise UsageError("give --week or --month, not both")
    found, style = _compiled(week, month)
    moment = Moment.MONTHLY if found.monthly else Moment.WEEKLY
    told = Notification(moment, show.now(), week=found)
    channels = _channels(style) if send else {}
    content = week_content(told, found, style, ROWS)
    if page:
        _write(page, content, style)
        show.note(f"Wrote the page to {page}")
    if as_json:
        show.document(summary_object(found, style))
    else:
        _print(content, style)
    if send:
        _send(told, channels)


def _compiled(week: str | None, month: str | None) -> tuple[Week, Style]:
    from correlator import wiring

    settings, style = Settings.read(os.environ), show.style()
    zone = ZoneInfo(style.zone)
    label, period = _period(week, month, zone)
    store = TableStore(kept.open_tables(), style)
    listed, _ = store.kept_list()
    style = wiring.style_of(settings, listed)
    known = known_of(workspaces(settings, listed), store, listed.found if listed else None, period)
    return compile_report(label, period, zone, store.documents, wiring.wanted_of(settings), known), style


def _period(week: str | None, month: str | None, zone: ZoneInfo) -> tuple[str, Span]:
    label = (month or week or label_of((show.now().astimezone(zone) - WEEK).date())).strip().upper()
    bounds: Callable[[str, ZoneInfo], tuple[datetime, datetime]] = month_bounds if month else week_bounds
    try:
        period = bounds(label, zone)
    except ValueError:
        raise UsageError(f"{label[:40]} is no {'month: give 2026-08' if month else 'week: give 2026-W34'}") from None
    if period[0] > show.now():
        raise UsageError(f"{label} has not begun yet")
    return label, period


def _channels(style: Style) -> dict[str, Channel]:
    from correlator import wiring

    channels = wiring.open_channels(Settings.read(os.environ), style)
    if not channels:
        raise UsageError(f"there is no channel to send to: set {wiring.CHANNEL_SETTINGS.replace('|', ' or ')}")
    return channels


def _send(told: Notification, channels: dict[str, Channel]) -> None:
    """To every channel, whatever the others answer. Raises SourceUnavailable if one did not take it."""
    refused = []
    for name, channel in channels.items():
        try:
            channel.send(channel.render(told))
        except SendFailed as failed:
            refused.append(str(failed))
        else:
            show.note(f"{name} accepted it; look whether it arrived, for that does not prove it")
    if refused:
        raise SourceUnavailable("; ".join(refused))


def _write(file: Path, c: WeekContent, style: Style) -> None:
    from correlator.cli.week_page import page

    try:
        file.write_text(page(c, style.language), encoding="utf-8", errors="replace")
    except OSError as problem:
        raise UsageError(f"{file} cannot be written: {problem.strerror}") from None


def _print(c: WeekContent, style: Style) -> None:
    console = Console(highlight=False, markup=False)
    for line in _lines(c, style):
        console.print(line)


def _lines(c: WeekContent, style: Style) -> Iterator[Text]:
    """The report in paragraphs; what is left out is said."""
    yield Text(c.sentence, "bold")
    yield Text(c.period, "dim")
    if c.quiet:
        yield Text(c.quiet)
    yield from _block(c.todo, [Text(f"• {action}") for action in c.actions])
    yield Text()
    yield from (_pair(label, text, style) for label, text in c.facts)
    yield from _chart(c)
    yield from _block(c.by_side, [_pair(label, text, style) for label, text in c.sides])
    for title, rows, hidden in ((c.tunnels, c.connections, c.tunnels_hidden), (c.worst, c.rows, c.hidden)):
        found = [Text(f"{where}  ", "bold").append(f"{down}\n  {rest}", "not bold") for where, down, rest in rows]
        yield from _block(title, found + ([Text(hidden, "dim")] if hidden else []))
    yield Text()
    yield from (Text(note, "dim") for note in c.notes)


def _block(title: str, lines: list[Text]) -> Iterator[Text]:
    if lines:
        yield Text(f"\n{title}", "bold")
        yield from lines


def _chart(c: WeekContent) -> Iterator[Text]:
    """A line a day, a letter a drop, as many as fit; the figures beside them are exact."""
    if c.chart is None or not c.chart.series:
        return
    most = max(1, *c.chart.totals)
    yield Text(f"\n{c.chart.title}", "bold")
    for n, (label, total) in enumerate(zip(c.chart.labels, c.chart.totals, strict=True)):
        parts = ", ".join(f"{name} {numbers[n]}" for _, name, numbers in c.chart.series if numbers[n])
        bar = "█" * -(-total * BAR // most)
        yield Text(f"{label:<6}{bar:<{BAR}} {total}" + (f"  {parts}" if parts else ""))


def _pair(label: str, text: str, style: Style) -> Text:
    return Text(phrases.say(style, "label", label=label), "bold").append(text, "not bold")
