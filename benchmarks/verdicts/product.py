"""The product's answer, by its command line: ``python -m correlator replay FILE --json``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.verdicts.truth import Row, SaidOutage, TunnelKey

ROOT = Path(__file__).parents[2]
HONOURED = ("MESSAGE_LANGUAGE", "TIMEZONE", "SITES", "REASONS", "MAINTENANCE_WINDOW")
"""Settings that a replay would take from the environment; the benchmark has none."""


class NoAnswer(Exception):
    """The product did not answer; the text is its own last line."""


def ask(rows: Sequence[Row], every: str = "") -> list[SaidOutage]:
    """What the product says of these rows: judged at once, or poll by poll with ``every`` (such as ``15m``).

    Raises NoAnswer.
    """
    with TemporaryDirectory() as folder:
        export = Path(folder, "export.jsonl")
        export.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        command = [sys.executable, "-m", "correlator", "replay", str(export), "--json"]
        answer = subprocess.run(
            command + (["--every", every] if every else []),
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if name not in HONOURED},
            capture_output=True,
            text=True,
            check=False,
        )
    if answer.returncode:
        raise NoAnswer((answer.stderr.strip().splitlines() or ["no word why"])[-1])
    return said_outages(json.loads(answer.stdout)["incidents"])


def said_outages(incidents: Iterable[dict[str, Any]]) -> list[SaidOutage]:
    """The outages of incident objects, each with the verdict of its incident."""
    return [_said(incident, outage) for incident in incidents for outage in incident["outages"]]


def _said(incident: dict[str, Any], outage: dict[str, Any]) -> SaidOutage:
    instance = outage["instance_down"]
    started, ended = outage["started_at"], outage["ended_at"]
    return SaidOutage(
        key=TunnelKey(
            incident["gateway"]["resource_id"],
            outage["remote_ip"] or "",
            int(instance[-1]) if instance else None,
            datetime.fromisoformat(started),
        ),
        ended_at=datetime.fromisoformat(ended) if ended else None,
        cause=incident["cause"]["code"],
        side=incident["cause"]["side"],
        incident=incident["id"],
    )
