"""The way from the gateway to the workspace: late, now and then twice."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from random import Random

from benchmarks.verdicts.simulator import policy, rows
from benchmarks.verdicts.simulator.fleet import chance
from benchmarks.verdicts.truth import Row


def deliver(rng: Random, written: list[Row], *, very_late: bool) -> list[Row]:
    """Every row with the time of its arrival, some of them twice, in order of arrival."""
    arrived = [_arrive(rng, row, very_late=very_late) for row in written]
    again = [_arrive(rng, row, very_late=very_late) for row in written if chance(rng, policy.REPEATED_ROWS)]
    return sorted(arrived + again, key=lambda row: str(row["IngestionTime"]))


def _arrive(rng: Random, row: Row, *, very_late: bool) -> Row:
    at = datetime.fromisoformat(row["TimeGenerated"])
    return row | {"IngestionTime": rows.stamp(at + timedelta(seconds=_delay(rng, very_late=very_late)))}


def _delay(rng: Random, *, very_late: bool) -> float:
    if very_late and chance(rng, policy.VERY_LATE_ROWS):
        return rng.uniform(600, policy.VERY_LATE_HOURS.value * 3600)
    spread = policy.LATE_ROW_DELAY if chance(rng, policy.LATE_ROWS) else policy.LATENESS
    return min(rng.lognormvariate(math.log(spread.median), spread.sigma), policy.VERY_LATE_HOURS.value * 3600)
