"""The product's reading and folding alone: bytes to tunnel outages, which is where the other tools stop."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from pathlib import Path

from benchmarks.chains import Span
from benchmarks.chains.correlator import logs, span
from correlator.model import Outage
from correlator.outages import find_outages


def run(path: Path) -> dict[str, list[Outage]]:
    """The outages of every gateway, its mode inferred."""
    gc.disable()
    return {log.gateway: find_outages(log.tunnels, goes_on=False).outages for log in logs(path)}


def outages(result: dict[str, list[Outage]]) -> Iterable[Span]:
    """All but switches, whose length nobody knows."""
    return (span(gateway, o) for gateway, found in result.items() for o in found if not o.switch)
