"""The first message: what is watched, what the time before would have said, and what is missing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from correlator.gateways import GatewayList
from correlator.model import Cause, Status
from correlator.notification import CauseSum, Gap, Welcome
from correlator.summary import WeekLine

LOOK_BACK = timedelta(days=30)
LONG_OPEN = timedelta(days=2)
"""What the log calls down for longer has most likely lost its end: nobody is woken for it on the first day."""


def compose(
    listed: GatewayList | None,
    seen: Collection[str],
    lines: Iterable[WeekLine],
    unread: Mapping[str, str],
    until: datetime,
) -> Welcome:
    """Sum up. ``seen`` are the gateways of which the logs hold rows, ``unread`` the workspaces that failed and why."""
    since = until - LOOK_BACK
    within = [line for line in lines if since <= line.started_at and not line.status.withdrawn]
    gateways = [g.resource_id for g in listed.gateways] if listed else []
    return Welcome(
        gateways=len({*gateways, *seen}),
        connections=sum(len(g.connections) for g in listed.gateways) if listed and listed.gateways else None,
        since=since,
        until=until,
        causes=_by_cause(within),
        gaps=(*_of_logs(listed, seen, within, unread, until), *_of_list(listed)),
    )


def _by_cause(lines: Collection[WeekLine]) -> tuple[CauseSum, ...]:
    """In the order of the causes, only those that were."""
    found = []
    for cause in Cause:
        of = [w for w in lines if w.cause is cause]
        if of:
            seconds = sum(w.connection_downtime_seconds for w in of)
            found.append(CauseSum(cause, len(of), sum(w.drops for w in of), seconds))
    return tuple(found)


def _of_logs(
    listed: GatewayList | None,
    seen: Collection[str],
    lines: Collection[WeekLine],
    unread: Mapping[str, str],
    until: datetime,
) -> list[Gap]:
    gaps = [Gap("unread", workspace, why) for workspace, why in sorted(unread.items())]
    if not seen and not unread:
        gaps.append(Gap("no-rows"))
    silent = [g.name for g in listed.gateways if g.resource_id not in seen and not g.policy_based] if listed else []
    if silent and seen:
        gaps.append(Gap("silent", ", ".join(silent)))
    open_for_long = sum(w.status is Status.OPEN and w.started_at < until - LONG_OPEN for w in lines)
    if open_for_long:
        gaps.append(Gap("open-for-long", str(open_for_long)))
    return gaps


def _of_list(listed: GatewayList | None) -> list[Gap]:
    if listed is None:
        return [Gap("no-list")]
    gaps = [Gap("refused", r.scope, r.why) for r in listed.refused]
    policy_based = [g.name for g in listed.gateways if g.policy_based]
    return gaps + ([Gap("policy-based", ", ".join(policy_based))] if policy_based else [])
