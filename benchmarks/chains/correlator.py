"""The product: bytes to incidents, by the steps of ``python -m correlator replay``, collector off as there."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.chains import Span
from correlator.categories import Reading
from correlator.correlate import correlate
from correlator.model import GatewayLog, Incident, Outage, Policy
from correlator.sources.export import Files

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def run(path: Path) -> list[Incident]:
    """Every incident with its cause."""
    gc.disable()
    policy = Policy()
    return [i for log in logs(path) for i in correlate(log, policy).incidents]


def logs(path: Path) -> Iterable[GatewayLog]:
    """What the rows say, by gateway."""
    reading = Reading()
    for columns in Files([path]).columns():
        reading.take(columns)
    return reading.done().logs.values()


def outages(result: list[Incident]) -> Iterable[Span]:
    """The tunnel outages of the incidents."""
    return (span(incident.gateway, o) for incident in result for o in incident.outages)


def span(gateway: str, outage: Outage) -> Span:
    """An outage in the common form."""
    end = (outage.end - EPOCH) // MICROSECOND if outage.end else -1
    return Span(gateway, outage.peer, (outage.start - EPOCH) // MICROSECOND, end)
