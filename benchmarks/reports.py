"""A week's report of a large fleet: ``python -m benchmarks.reports [GATEWAYS]`` prints its CPU, peak and size as JSON.

The incident objects are made one after the other as they are asked for, so the peak is that of the report alone.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from correlator.reports import compile_report
from correlator.stores.codec import pack
from correlator.weekly import week_bounds

LABEL = "2026-W34"
A_WEEK = 1.5
"""Incidents of a gateway in a week: two visits of maintenance a month, and as many drops at the far end."""
CAUSES = (("azure-maintenance", "azure"), ("remote-unreachable", "remote"), ("unknown", "unknown"))


def documents(weeks: list[str], gateways: int) -> Iterator[dict[str, Any]]:
    """Composed incident objects of these UTC weeks, parsed from JSON as the table gives them."""
    for week in weeks:
        year, number = week.split("-W")
        monday = datetime.combine(date.fromisocalendar(int(year), int(number), 1), datetime.min.time(), tzinfo=UTC)
        chance = random.Random(week)
        for _ in range(int(gateways * A_WEEK)):
            yield json.loads(_text(monday + timedelta(seconds=chance.randrange(7 * 86_400)), chance, gateways))


def _text(start: datetime, chance: random.Random, gateways: int) -> str:
    cause, side = chance.choice(CAUSES)
    end = start + timedelta(seconds=chance.randrange(5, 600))
    gateway = f"/subscriptions/{chance.randrange(gateways):032d}/resourcegroups/rg/providers/g"
    outage: dict[str, object] = {
        "remote_ip": f"203.0.113.{chance.randrange(1, 5)}",
        "instance_down": "IN_0",
        "instance_up": "IN_1",
    }
    outage |= {"started_at": start.isoformat(), "ended_at": end.isoformat(), "open": False, "reason": ""}
    seconds = (end - start).total_seconds()
    return json.dumps(
        {
            "status": "recovered",
            "started_at": start.isoformat(),
            "downtime_seconds": seconds,
            "connection_downtime_seconds": seconds,
            "gateway": {"resource_id": gateway},
            "cause": {"code": cause, "side": side},
            "outages": [outage],
        }
    )


def main() -> None:
    """Compile one report."""
    gateways = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    before, cpu = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    week = compile_report(LABEL, week_bounds(LABEL, UTC), UTC, lambda weeks: documents(weeks, gateways))
    cpu = time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    kept = sum(len(part) for part in pack(week).values() if isinstance(part, bytes))
    print(
        json.dumps(
            {
                "gateways": gateways,
                "cpu": cpu,
                "peak_mb": peak / 1024,
                "more_mb": (peak - before) / 1024,
                "kept_bytes": kept,
            }
        )
    )


if __name__ == "__main__":
    main()
