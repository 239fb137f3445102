"""``evidence``: everything about an incident in a folder, for a support case or a claim."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from correlator import queries
from correlator.cli import dossier, kept, show
from correlator.cli.service import log_analytics
from correlator.csv_text import csv_text
from correlator.errors import SourceUnavailable, UsageError
from correlator.incident_csv import INCIDENT, incident_line
from correlator.model import Status
from correlator.settings import Settings
from correlator.wording import Style, phrases

ROW_COLUMNS = (
    "TimeGenerated", "IngestionTime", "ResourceId", "Category", "OperationName", "Message", "Status", "Instance",
    "Peer", "Reason",
)  # fmt: skip
BOM = "\ufeff"
"""Spreadsheets take a CSV without it for one in the machine's own encoding."""
BEFORE, AFTER = timedelta(days=2), timedelta(hours=1)
"""What led to it, and what came of it; tunnels that were up for longer than that are not in the rows."""


@click.command()
@click.argument("incident_id", metavar="[ID]", required=False)
@click.option("--month", help="Instead of ID: every incident that began in a month, 2026-08 (in TIMEZONE)")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder; made if missing")
def evidence(incident_id: str | None, month: str | None, out: Path) -> None:
    """Write an incident's evidence into a folder. Summary (Markdown, HTML), rows (CSV), verdict (JSON) and query (KQL).

    The rows come from the workspaces in WORKSPACE_IDS as long as these keep them; `replay rows.csv` gives the verdict
    again. With --month each incident has a folder of its own, and incidents.csv lists them.

    \b
    python -m correlator evidence VPN-20260821-7F3K2M --out case-4711
    python -m correlator evidence --month 2026-08 --out august
    """  # noqa: D301  click ends a paragraph that is not to be wrapped at this very character
    if bool(incident_id) is bool(month):
        raise UsageError("give an incident's ID, or --month 2026-08")
    if month:
        _write_month(*_month(month, show.style().zone), out)
    elif incident_id:
        history, style = kept.opened()
        _write(kept.incident(history, incident_id), out, style)
        show.note(f"Wrote the evidence of {incident_id.upper()} to {out}")


def _write_month(first: datetime, last: datetime, out: Path) -> None:
    history, style = kept.opened()
    found = [d for d in kept.oldest_first(history.between(first, last)) if not Status(d["status"]).withdrawn]
    with show.progress() as bar:
        for one in bar.track(found, description="incidents"):
            _write(one, out / one["id"], style)
    _text(_made(out) / "incidents.csv", BOM + csv_text(INCIDENT, map(incident_line, found)))
    show.note(f"Wrote the evidence of {len(found)} incidents to {out}")


def _month(text: str, zone: str) -> tuple[datetime, datetime]:
    try:
        first = datetime.strptime(text, "%Y-%m").replace(tzinfo=ZoneInfo(zone))
    except ValueError:
        raise UsageError(f"{text} is no month: give 2026-08") from None
    following = (first + timedelta(days=32)).replace(day=1)
    return first.astimezone(UTC), following.astimezone(UTC)


def _write(found: Mapping[str, Any], folder: Path, style: Style) -> None:
    query = _query(found)
    rows, about = _rows(found, query, style)
    text = dossier.markdown(found, about, style)
    _made(folder)
    if rows is not None:
        _text(folder / "rows.csv", BOM + csv_text(ROW_COLUMNS, rows))
    _text(folder / "summary.md", text)
    _text(folder / "summary.html", dossier.page(found["id"], text, style.language))
    _text(folder / "incident.json", json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    _text(folder / "query.kql", query)


def _query(found: Mapping[str, Any]) -> str:
    start = datetime.fromisoformat(found["started_at"])
    end = datetime.fromisoformat(found["ended_at"]) if found["ended_at"] else _last(found)
    return queries.evidence(found["gateway"]["resource_id"], start - BEFORE, end + AFTER)


def _last(found: Mapping[str, Any]) -> datetime:
    """The newest time that an open incident names."""
    return max(datetime.fromisoformat(o["ended_at"] or o["started_at"]) for o in found["outages"])


def _rows(found: Mapping[str, Any], query: str, style: Style) -> tuple[Sequence[Mapping[str, Any]] | None, str]:
    """The rows behind the verdict and a sentence about them; None where they could not be had, and why."""
    settings = Settings.read(os.environ)
    if not settings.workspace_ids:
        return None, phrases.say(style, "dossier.rows.unset")
    source = log_analytics(settings)
    rows: list[Mapping[str, Any]] = []
    for workspace in kept.workspaces(settings):
        try:
            rows += source.ask(workspace, query)
        except SourceUnavailable as refused:
            show.note(f"{found['id']}: {refused}")
            return None, phrases.say(style, "dossier.rows.refused", why=str(refused))
    if not rows:
        return None, phrases.say(style, "dossier.rows.none")
    return rows, phrases.say(style, "dossier.rows", n=len(rows))


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise UsageError(f"{folder} cannot be made: {problem.strerror}") from None
    return folder


def _text(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise UsageError(f"{file} cannot be written: {problem.strerror}") from None
