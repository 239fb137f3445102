"""The product: bytes to incidents, by the steps of ``python -m correlator replay``, collector off as there."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

from benchmarks.chains import Span
from correlator.categories import read_rows
from correlator.correlate import correlate
from correlator.model import Fields, Incident, Policy
from correlator.sources.answer import fields_of_text, text_tables

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def run(path: Path) -> list[Incident]:
    """Every incident with its cause."""
    gc.disable()
    read = read_rows(_rows(path.read_bytes()))
    policy = Policy()
    return [i for log in read.logs.values() for i in correlate(log, policy).incidents]


def _rows(data: bytes) -> Iterable[Fields]:
    tables = text_tables(data)
    if tables is None:
        raise ValueError("the composed answer holds more than text")
    return chain.from_iterable(map(fields_of_text, tables))


def outages(result: list[Incident]) -> Iterable[Span]:
    """The tunnel outages of the incidents."""
    for incident in result:
        for o in incident.outages:
            end = (o.end - EPOCH) // MICROSECOND if o.end else -1
            yield Span(incident.gateway, o.peer, (o.start - EPOCH) // MICROSECOND, end)
