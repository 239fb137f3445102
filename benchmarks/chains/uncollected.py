"""The product with Python's cyclic garbage collector off for the batch: it makes many objects, and no cycles."""

from __future__ import annotations

import gc
from pathlib import Path

from benchmarks.chains import correlator
from benchmarks.chains.correlator import outages
from correlator.model import Incident

__all__ = ["outages", "run"]


def run(path: Path) -> list[Incident]:
    """Every incident with its cause."""
    gc.disable()
    return correlator.run(path)
