"""``json.loads`` and nothing else: what reading the bytes costs at least."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.chains import Span


def run(path: Path) -> Any:
    """The document."""
    return json.loads(path.read_bytes())


def outages(_: Any) -> Iterable[Span]:
    """None: nothing was looked for."""
    return ()
