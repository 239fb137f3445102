"""The product: bytes to incidents, by the steps of ``python -m correlator replay``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.chains import Span
from correlator.categories import read_rows
from correlator.correlate import correlate
from correlator.model import Incident, Policy
from correlator.sources.export import rows_of_table

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def run(path: Path) -> list[Incident]:
    """Every incident with its cause."""
    document = json.loads(path.read_bytes())
    table = document["tables"][0]
    read = read_rows(rows_of_table([c["name"] for c in table["columns"]], table["rows"]))
    policy = Policy()
    return [i for log in read.logs.values() for i in correlate(log, policy).incidents]


def outages(result: list[Incident]) -> Iterable[Span]:
    """The tunnel outages of the incidents."""
    for incident in result:
        for o in incident.outages:
            end = (o.end - EPOCH) // MICROSECOND if o.end else -1
            yield Span(incident.gateway, o.peer, (o.start - EPOCH) // MICROSECOND, end)
