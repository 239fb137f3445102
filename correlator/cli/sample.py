"""``sample``: a few rows of each category of a real workspace, with ids, names and addresses replaced."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from correlator.cli import show
from correlator.cli.service import log_analytics
from correlator.errors import SourceUnavailable, UsageError
from correlator.settings import Settings
from correlator.sources.anonymise import Anonymiser

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
    """Write up to 50 rows of each category, safe to share.

    Ids, names and addresses are replaced, the same one always by the same stand-in. Read the file before you share it.
    Nobody has published such rows; our rules can learn from them.
    """
    settings = Settings.read(os.environ, () if workspace else ("WORKSPACE_IDS",))
    workspaces = (workspace,) if workspace else settings.workspace_ids
    source, notes, rows = log_analytics(settings), show.notes(), []
    refused: list[str] = []
    for each in workspaces:
        for category in SAMPLED:
            try:
                found = source.sample(each, category)
            except SourceUnavailable as problem:
                refused.append(f"{category}: {problem}")
                continue
            notes.print(f"{len(found):3d} rows of {category}")
            rows += found
    if refused and not rows:
        raise SourceUnavailable(refused[0])
    safe = Anonymiser().rows(rows)
    try:
        out.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in safe), encoding="utf-8")
    except OSError as problem:
        raise UsageError(f"{out} cannot be written: {problem.strerror}") from None
    notes.print(f"Wrote {len(safe)} rows to {out}. Read it before you share it.", markup=False)
