"""The first message says what is watched, what last month would have said, and what is missing; and no more."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from correlator.gateways import GatewayList, Refused
from correlator.model import Cause, Status
from correlator.notification import CauseSum, Gap
from correlator.summary import WeekLine
from correlator.welcome import LOOK_BACK, compose
from tests.test_gateways import HUB, LISTED, OSAKA, TOKYO
from tests.timeline import clock

NOW = clock("08-31 09:00")
SEEN = [g.resource_id for g in LISTED.gateways]


def line(
    cause: Cause, ago: timedelta, status: Status = Status.RECOVERED, drops: int = 1, cut: float = 30.0
) -> WeekLine:
    """An incident of the last month."""
    return WeekLine(NOW - ago, TOKYO.resource_id, ("203.0.113.10",), cause, status, drops, cut, cut)


def test_last_month_is_summed_by_cause() -> None:
    """Incidents, drops and seconds add up by cause; what never was and what is older counts for nothing."""
    day = timedelta(days=1)
    lines = [
        line(Cause.AZURE_MAINTENANCE, 3 * day, drops=2, cut=28.0),
        line(Cause.AZURE_MAINTENANCE, 20 * day),
        line(Cause.REMOTE_CLOSED, LOOK_BACK),
        line(Cause.REMOTE_CLOSED, LOOK_BACK + timedelta(seconds=1)),
        line(Cause.UNKNOWN, day, Status.RETRACTED),
        line(Cause.UNKNOWN, day, Status.ABSORBED),
    ]
    found = compose(LISTED, SEEN, lines, {}, NOW)
    assert found.causes == (
        CauseSum(Cause.AZURE_MAINTENANCE, 2, 3, 58.0),
        CauseSum(Cause.REMOTE_CLOSED, 1, 1, 30.0),
    )
    assert (found.gateways, found.connections, found.gaps) == (3, 3, ())


def test_without_a_list_the_logs_are_counted() -> None:
    """Without the gateway list the gateways of the logs are counted, and the way to the list is said."""
    found = compose(None, SEEN[:2], [], {}, NOW)
    assert (found.gateways, found.connections) == (2, None)
    assert found.gaps == (Gap("no-list"),)


def test_everything_that_is_missing_is_named() -> None:
    """Workspaces that fail, silent gateways, refused scopes, policy-based gateways, and outages without an end."""
    listed = GatewayList(
        (OSAKA, replace(TOKYO, policy_based=True), HUB), (Refused("/subscriptions/x", "needs Reader"),)
    )
    lines = [
        line(Cause.UNKNOWN, timedelta(days=2, seconds=1), Status.OPEN),
        line(Cause.UNKNOWN, timedelta(0), Status.OPEN),
    ]
    found = compose(listed, [HUB.resource_id], lines, {"ws-2": "no permission"}, NOW)
    assert found.gaps == (
        Gap("unread", "ws-2", "no permission"),
        Gap("silent", "osaka"),
        Gap("open-for-long", "1"),
        Gap("refused", "/subscriptions/x", "needs Reader"),
        Gap("policy-based", "Tokyo"),
    )


def test_no_row_at_all_is_said_once() -> None:
    """Where the logs hold nothing, that is said, and not of each gateway again."""
    assert compose(LISTED, [], [], {}, NOW).gaps == (Gap("no-rows"),)
    assert compose(LISTED, [], [], {"ws": "throttled"}, NOW).gaps == (Gap("unread", "ws", "throttled"),)
