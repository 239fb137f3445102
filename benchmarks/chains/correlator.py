"""The product: bytes to incidents, by the steps of ``python -m correlator replay``, collector off as there."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.chains import Span
from correlator.categories import Reading
from correlator.correlate import correlate
from correlator.model import Incident, Policy
from correlator.sources.export import Files

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def run(path: Path) -> list[Incident]:
    """Every incident with its cause."""
    gc.disable()
    reading, policy = Reading(), Policy()
    for columns in Files([path]).columns():
        reading.take(columns)
    return [i for log in reading.done().logs.values() for i in correlate(log, policy).incidents]


def outages(result: list[Incident]) -> Iterable[Span]:
    """The tunnel outages of the incidents."""
    for incident in result:
        for o in incident.outages:
            end = (o.end - EPOCH) // MICROSECOND if o.end else -1
            yield Span(incident.gateway, o.peer, (o.start - EPOCH) // MICROSECOND, end)
