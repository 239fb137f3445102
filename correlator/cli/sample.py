"""``sample``: a few rows of each category of a real workspace, with stand-ins for whatever is not Azure's own word."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from correlator.cli import kept, show
from correlator.cli.service import log_analytics
from correlator.errors import SourceUnavailable, UsageError
from correlator.settings import Settings
from correlator.sources.anonymise import Anonymiser
from correlator.sources.log_analytics import LogAnalytics

SAMPLED = (
    "GatewayDiagnosticLog",
    "TunnelDiagnosticLog",
    "RouteDiagnosticLog",
    "IKEDiagnosticLog",
    "P2SDiagnosticLog",
)


@click.command()
@click.option("--workspace", help="Workspace (customer) id; default: every one in WORKSPACE_IDS")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=Path("sample.jsonl"), show_default=True)
def sample(workspace: str | None, out: Path) -> None:
    """Write a few rows of each category, to share. At most 50 of each, with stand-ins for names.

    Ids, names, addresses, long numbers and every word that Azure's own messages are not known to use are replaced, the
    same one always by the same stand-in. No program knows all names: read the file before you share it. Nobody has
    published such rows; our rules can learn from them.

    \b
    python -m correlator sample --workspace ID --out sample.jsonl
    """  # noqa: D301  click's mark for lines that stay as they are
    settings = Settings.read(os.environ, () if workspace else ("WORKSPACE_IDS",))
    rows = _rows(log_analytics(settings), (workspace,) if workspace else kept.workspaces(settings))
    if not rows:
        show.note("No rows yet, so nothing was written. Is a diagnostic setting of the gateway sending its logs here?")
        return
    shared = Anonymiser().rows(rows)
    try:
        out.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in shared), encoding="utf-8")
    except OSError as problem:
        raise UsageError(f"{out} cannot be written: {problem.strerror}") from None
    show.note(f"Wrote {len(shared)} rows to {out}. Read it before you share it.")


def _rows(source: LogAnalytics, workspaces: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of every category; one that is refused is said. Raises SourceUnavailable if every one was."""
    rows: list[dict[str, Any]] = []
    refused: list[str] = []
    asked = [(workspace, category) for workspace in workspaces for category in SAMPLED]
    for workspace, category in asked:
        try:
            found = source.sample(workspace, category)
        except SourceUnavailable as problem:
            refused.append(f"{category}: {problem}")
            continue
        rows += found
        show.note(f"{category}: {len(found)} rows" if found else f"{category}: no rows yet")
    if len(refused) == len(asked):
        raise SourceUnavailable(refused[0].partition(": ")[2])
    for line in refused:
        show.note(line)
    return rows
