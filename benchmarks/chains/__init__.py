"""The ways from the same bytes to an answer, one a module.

Each has ``run(path)``, which is measured, and ``outages(result)``, which is not: the outages found, in one common form.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from benchmarks.fleet import STANDBY_MARK

CHAINS = ("decode", "correlator", "outages_only", "sdk", "with_pandas", "with_polars", "with_duckdb")


class Span(NamedTuple):
    """One tunnel outage in microseconds since 1970; ``end`` is -1 where it never ends."""

    gateway: str
    peer: str
    start: int
    end: int


def digest(spans: Iterable[Span]) -> str:
    """A fingerprint of the outages of the active-standby gateways, in which all chains must agree."""
    ours = sorted(s for s in spans if STANDBY_MARK in s.gateway)
    return f"{len(ours)}-{sha256(repr([tuple(s) for s in ours]).encode()).hexdigest()[:12]}" if ours else ""
