"""The IKE log is asked only where a drop of late is not certain: its rows are many, and mostly say nothing."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime

from msgspec import Struct

from correlator.categories import read_ike
from correlator.errors import SourceUnavailable
from correlator.model import Confidence, GatewayLog, Incident, Policy
from correlator.negotiation import AROUND
from correlator.ports import LogSource, Span
from correlator.track import Step

log = logging.getLogger("correlator")
MOST = 40
"""Drops that are asked about at once, the latest: a gateway that flaps says the same each time."""


class Turn(Struct, frozen=True):
    """A gateway's turn in a poll: its log as it was read (None: no fresh rows), and how its step is made of one."""

    log: GatewayLog | None
    step: Callable[[GatewayLog | None], Step]


def steps(workspace: str, source: LogSource, turns: Iterable[Turn], now: datetime, policy: Policy) -> list[Step]:
    """Each gateway's step; where fresh rows left drops uncertain, made anew with what IKE says around them."""
    taken = [(turn, turn.step(turn.log)) for turn in turns]
    spans = [span for turn, step in taken if turn.log and not turn.log.ike for span in _of_late(step, now, policy)]
    if not spans:
        return [step for _, step in taken]
    logs = with_ike(workspace, source, [turn.log for turn, _ in taken if turn.log], spans)
    return [turn.step(logs[turn.log.gateway]) if turn.log else step for turn, step in taken]


def with_ike(workspace: str, source: LogSource, logs: Iterable[GatewayLog], spans: list[Span]) -> dict[str, GatewayLog]:
    """The logs by gateway, with what IKE says. A log that cannot be read is one witness less, never an error."""
    asked = sorted(spans, key=lambda s: s.begin)[-MOST:]
    gateways = {s.gateway for s in asked}
    try:
        told = read_ike(source.negotiations(workspace, asked))
    except SourceUnavailable as failed:
        log.info("IKE log around %d drops: %s", len(asked), failed)
        return {one.gateway: one._replace(ike_failed=one.gateway in gateways) for one in logs}
    return {one.gateway: one._replace(ike=told.get(one.gateway, one.ike)) for one in logs}


def around_uncertain(incident: Incident) -> list[Span]:
    """The times around those drops that are not certain."""
    starts = {d.outage.start for d in incident.drops if d.finding.confidence is not Confidence.CONFIRMED}
    return [Span(incident.gateway, at - AROUND, at + AROUND) for at in sorted(starts)]


def _of_late(step: Step, now: datetime, policy: Policy) -> list[Span]:
    """Of the incidents whose rows may still be on their way."""
    late = [t.incident for t in step.state.tracked if now < t.seen_at + policy.settle]
    return [span for incident in late if not incident.status.withdrawn for span in around_uncertain(incident)]
