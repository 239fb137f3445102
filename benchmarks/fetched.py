"""One poll's answer, from the bytes on: ``python -m benchmarks.fetched HOW ROWS`` prints CPU and peak as JSON.

``loads``: ``json.loads`` of the bytes and nothing else. ``fetch``: the product's log source, over a transport that
answers at once. ``sdk``: the SDK's own method for queries over the same transport.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from benchmarks.chains.sdk import client_of
from benchmarks.fleet import START, compose
from correlator.queries import CLOCK, COLUMNS
from correlator.sources.log_analytics import LogAnalytics

NOW = START + timedelta(days=90)
TIMES = {"TimeGenerated", "Ingested"}


def composed(rows: int) -> bytes:
    """The answer to a poll: the clock, and rows as ``queries/poll.kql`` gives them."""
    now = f"{NOW:%Y-%m-%dT%H:%M:%S.%f}Z"
    (table,) = compose(rows)["tables"]
    found = [[now, now, "", CLOCK, *[""] * 6]]
    for at, gateway, category, operation, message, *rest in table["rows"]:
        found.append([at, at, gateway.lower(), category, operation, message, *rest])
    columns = [{"name": n, "type": "datetime" if n in TIMES else "string"} for n in COLUMNS]
    answer = {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": found}]}
    return json.dumps(answer, separators=(",", ":")).encode()


WAYS: dict[str, Callable[[bytes], Callable[[], Any]]] = {
    "loads": lambda body: partial(json.loads, body),
    "fetch": lambda body: partial(LogAnalytics(client_of(body)).fetch, "workspace", NOW, NOW),
    "sdk": lambda body: partial(client_of(body).query_workspace, "workspace", "query", timespan=None),
}


def main() -> None:
    """Measure one way, the answer's making not counted; small answers are read again and again."""
    how, rows = sys.argv[1], int(sys.argv[2])
    body = composed(rows)
    work, times = WAYS[how](body), max(1, 5_000 // rows)
    work() if times > 1 else None
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.process_time()
    for _ in range(times):
        work()
    cpu = (time.process_time() - begin) / times
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(json.dumps({"rows": rows, "bytes": len(body), "cpu": cpu, "more_mb": more}))


if __name__ == "__main__":
    main()
