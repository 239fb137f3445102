"""What the platform does: maintenance, logged or not, and faults."""

from __future__ import annotations

from datetime import datetime, timedelta

from benchmarks.verdicts.simulator import deceptions, policy, rows
from benchmarks.verdicts.simulator.fleet import chance
from benchmarks.verdicts.simulator.reasons import FAULT, SERVED, STANDBY
from benchmarks.verdicts.simulator.shapes import Why, cut, fail_over, serve
from benchmarks.verdicts.simulator.story import Story
from benchmarks.verdicts.truth import Cause, Sign


def maintenance(story: Story, at: datetime) -> None:
    """A round: one or two hops, or none that anybody notices; most rounds are logged."""
    logged = not chance(story.rng, policy.UNLOGGED)
    if chance(story.rng, policy.NO_DROP):
        return _unnoticed(story, at, logged=logged)
    hops = _hops(story, at)
    episode = story.episode()
    for number, begin in enumerate(hops, 1):
        _hop(story, begin, number, episode, logged=logged)
    if logged:
        deceptions.around_round(story, hops)
    return None


def _unnoticed(story: Story, at: datetime, *, logged: bool) -> None:
    if logged:
        story.mark(at, 1 - story.active)
        deceptions.around_round(story, [at])


def _hops(story: Story, at: datetime) -> list[datetime]:
    if chance(story.rng, policy.ONE_HOP):
        return [at]
    low, high = (60, 110) if chance(story.rng, policy.LONG_GAP) else (20, 60)
    return [at, story.after(at, low * 60, high * 60)]


def _hop(story: Story, begin: datetime, number: int, episode: str, *, logged: bool) -> None:
    """The maintenance row, then the drop; now and then the row is a little younger than the drop."""
    if chance(story.rng, policy.MARKER_AFTER):
        drop = story.after(begin, -60, 0)
    else:
        slow = chance(story.rng, policy.SLOW_START)
        drop = begin + timedelta(seconds=story.seconds(policy.SLOW_START_DELAY if slow else policy.START_DELAY))
    served = (number - 1) if story.gateway.active_active else story.active
    happened = "logged maintenance" if logged else "unlogged maintenance"
    cause = Cause.AZURE_MAINTENANCE if logged else Cause.AZURE_FAILOVER
    signs = frozenset({Sign.MAINTENANCE_ROW}) if logged else frozenset[Sign]()
    if logged:
        story.mark(begin, served)
    if story.gateway.active_active:
        serve(story, drop, served, Why(cause, happened, episode, SERVED, signs, number))
    else:
        fail_over(story, drop, policy.PLANNED, Why(cause, happened, episode, STANDBY, signs, number))


def incident(story: Story, at: datetime) -> None:
    """A platform fault: an instance dies, or all of the gateway is gone for some minutes."""
    signs = _health(story, at)
    cause = Cause.AZURE_INCIDENT if signs else Cause.AZURE_FAILOVER
    why = Why(cause, "platform incident", story.episode(), FAULT, signs)
    if story.rng.random() < 0.4:
        cut(story, at, policy.OUTAGE, why)
    elif story.gateway.active_active:
        serve(story, at, story.rng.randrange(2), why, policy.UNPLANNED)
    else:
        fail_over(story, at, policy.UNPLANNED, why)


def _health(story: Story, at: datetime) -> frozenset[Sign]:
    """The health rows that reach the workspace: minutes later, or the better part of an hour."""
    if not story.gateway.habits.activity_log or chance(story.rng, policy.NO_HEALTH_ROW):
        return frozenset()
    service = rows.service_health_row(story.gateway, story.after(at, 1200, 3600), at, "VPN Gateway")
    if chance(story.rng, policy.ONLY_SERVICE_HEALTH):
        story.rows.append(service)
        return frozenset({Sign.SERVICE_HEALTH})
    begin, status = story.after(at, 30, 480), story.rng.choice(("Unavailable", "Degraded"))
    over = story.after(begin, 300, 1800)
    story.rows += rows.resource_health_rows(story.gateway, begin, over, cause="PlatformInitiated", status=status)
    if story.rng.random() < 0.3:
        story.rows.append(service)
    return frozenset({Sign.RESOURCE_HEALTH})
