"""How long, how much: the figures of an incident. Times are united, never added twice, where outages overlap."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from correlator.model import Impact, Incident, Outage, Status
from correlator.summary import WeekLine

Span = tuple[datetime, datetime]


def downtime_seconds(incident: Incident) -> float:
    """Seconds in which at least one tunnel of the incident was down, over ended outages."""
    return united_seconds((o.start, o.end) for o in incident.outages if o.end)


def connection_downtime_seconds(incident: Incident) -> float:
    """Seconds in which some peer had no instance up (traffic stopped), over ended cuts."""
    return united_seconds((o.start, o.cut_end) for o in incident.outages if o.cut and o.cut_end)


def connection_down_seconds(outage: Outage) -> float | None:
    """Seconds for which this outage stopped traffic: 0.0 where another instance held on, None until known."""
    if not outage.cut:
        return 0.0
    return (outage.cut_end - outage.start).total_seconds() if outage.cut_end else None


def connection_down(incident: Incident) -> bool:
    """Whether, by the rows seen, some peer has no instance up now: traffic is stopped, not only redundancy lost."""
    return any(o.cut and o.cut_end is None for o in incident.outages)


def impact(incident: Incident) -> Impact:
    """Whether traffic stopped, redundancy was lost, or the log shows neither."""
    outages = incident.outages
    if any(o.cut for o in outages):
        return Impact.CONNECTION_DOWN
    return Impact.REDUNDANCY_LOST if outages else Impact.NONE


def united_seconds(spans: Iterable[Span]) -> float:
    """Seconds that the spans cover together: where they overlap, once."""
    total = 0.0
    reached: datetime | None = None
    for start, end in sorted(spans):
        begin = start if reached is None else max(start, reached)
        if end > begin:
            total += (end - begin).total_seconds()
        reached = end if reached is None else max(reached, end)
    return total


def worst_first(line: WeekLine) -> tuple[Any, ...]:
    """The order of a report: still down, time without a VPN path, time without redundancy, drops."""
    return (
        line.status is not Status.OPEN,
        -line.connection_downtime_seconds,
        -line.downtime_seconds,
        -line.drops,
        line.started_at,
        line.gateway,
    )
