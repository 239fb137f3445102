"""Which answers are right, by what the log shows."""

from __future__ import annotations

import pytest

from benchmarks.verdicts.simulator.accepted import Shown, accepted
from benchmarks.verdicts.truth import Cause, Sign

SHOWN = Shown(Cause.UNKNOWN, frozenset(), reason="", other_instance=False, together=False, seconds=30)
FAILOVER, RESET, UNREACHABLE = Cause.AZURE_FAILOVER, Cause.GATEWAY_RESET, Cause.REMOTE_UNREACHABLE
CLOSED, CHANGE, UNKNOWN = Cause.REMOTE_CLOSED, Cause.CONFIGURATION_CHANGE, Cause.UNKNOWN
NEGOTIATION, INCIDENT = Cause.NEGOTIATION_FAILED, Cause.AZURE_INCIDENT


@pytest.mark.parametrize(
    ("shown", "causes"),
    [
        (SHOWN._replace(cause=FAILOVER, other_instance=True), {FAILOVER}),
        (SHOWN._replace(cause=FAILOVER, together=True), {FAILOVER}),
        (SHOWN._replace(cause=FAILOVER, reason="Standby changed"), {FAILOVER}),
        (SHOWN._replace(cause=FAILOVER, reason="DPD timed out"), {FAILOVER, UNREACHABLE, UNKNOWN}),
        (SHOWN._replace(cause=RESET, signs=frozenset({Sign.ACTIVITY_ROW})), {RESET}),
        (SHOWN._replace(cause=RESET, other_instance=True), {RESET, FAILOVER}),
        (SHOWN._replace(cause=CHANGE, signs=frozenset({Sign.SET_ROW})), {CHANGE}),
        (SHOWN._replace(cause=CHANGE, reason="DhGroup changed"), {CHANGE}),
        (SHOWN._replace(cause=CHANGE), {CHANGE, UNREACHABLE, UNKNOWN}),
        (SHOWN._replace(cause=CLOSED, reason="RemotelyTriggered"), {CLOSED}),
        (SHOWN._replace(cause=CLOSED), {CLOSED, UNREACHABLE}),
        (SHOWN._replace(cause=CLOSED, seconds=1.9), {CLOSED, UNREACHABLE, UNKNOWN}),
        (SHOWN._replace(cause=UNREACHABLE), {UNREACHABLE}),
        (SHOWN._replace(cause=UNREACHABLE, seconds=None), {UNREACHABLE, UNKNOWN}),
        (SHOWN._replace(cause=NEGOTIATION, reason="Policy match error"), {NEGOTIATION}),
        (SHOWN._replace(cause=INCIDENT, signs=frozenset({Sign.SERVICE_HEALTH})), {INCIDENT, FAILOVER}),
        (SHOWN._replace(cause=INCIDENT, signs=frozenset({Sign.RESOURCE_HEALTH})), {INCIDENT}),
        (SHOWN, {UNKNOWN, UNREACHABLE}),
    ],
)
def test_right_is_what_the_log_can_tell(shown: Shown, causes: set[Cause]) -> None:
    """One answer where a row, a reason or the shape tells; several, with a why, where none does."""
    right = accepted(shown)
    assert set(right.causes) == causes
    assert right.label in causes
    assert bool(right.why) == (len(causes) > 1)
