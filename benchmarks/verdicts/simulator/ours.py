"""What the customer's own people do in Azure: resets, resizes, changes, deletions."""

from __future__ import annotations

from datetime import datetime

from benchmarks.verdicts.simulator import policy, rows
from benchmarks.verdicts.simulator.fleet import chance
from benchmarks.verdicts.simulator.reasons import KEY_CHANGED, NOTHING, POLICY_EDITED, REMOVED, SERVED, STANDBY
from benchmarks.verdicts.simulator.shapes import Why, cut, fail_over, serve
from benchmarks.verdicts.simulator.story import Drop, Story
from benchmarks.verdicts.truth import Cause, Sign


def reset(story: Story, at: datetime) -> None:
    """A reset: a failover by its shape, told apart only by the activity log."""
    told = story.activity(story.after(at, -90, -15), f"{story.gateway.kind}/reset/action")
    if told and story.rng.random() < 0.4:
        begin = story.after(at, 30, 300)
        over = story.after(begin, 120, 900)
        story.rows += rows.resource_health_rows(story.gateway, begin, over, cause="UserInitiated", status="Unavailable")
    signs = frozenset({Sign.ACTIVITY_ROW}) if told else frozenset[Sign]()
    reasons = SERVED if story.gateway.active_active else STANDBY
    why = Why(Cause.GATEWAY_RESET, "reset", story.episode(), reasons, signs)
    if story.gateway.active_active:
        serve(story, at, 0, why)
    else:
        fail_over(story, at, policy.RESET_SECONDS, why)


def resize(story: Story, at: datetime) -> None:
    """Another SKU or another gateway-wide setting: every tunnel drops."""
    signs = _told(story, at, "SetGatewayConfiguration", f"{story.gateway.kind}/write", "")
    why = Why(Cause.CONFIGURATION_CHANGE, "gateway changed", story.episode(), NOTHING, signs)
    if story.gateway.active_active or story.rng.random() < 0.5:
        cut(story, at, policy.RESET_SECONDS, why)
    else:
        fail_over(story, at, policy.RESET_SECONDS, why)


def change_connection(story: Story, at: datetime) -> None:
    """A policy edit (seconds) or a new key (down until the peer has it too)."""
    peer = story.rng.choice(story.gateway.peers)
    key = story.rng.random() < 0.3
    seconds = story.rng.uniform(300, 3600) if key else story.seconds(policy.CHANGE_SECONDS)
    _connection_drop(story, at, peer, seconds, KEY_CHANGED if key else POLICY_EDITED, "write")


def remove_connection(story: Story, at: datetime) -> None:
    """The connection is deleted while its tunnel is up."""
    if len(story.gateway.peers) > 1:
        _connection_drop(story, at, story.rng.choice(story.gateway.peers), None, REMOVED, "delete")


def change_nothing(story: Story, at: datetime) -> None:
    """A change that drops no tunnel: tags, a route, a validation."""
    operation = story.rng.choice(
        ("SetGatewayConfiguration", "SetConnectionConfiguration", "ValidateGatewayConfiguration")
    )
    story.rows.append(rows.gateway_row(story.gateway, at, operation, "Configuration applied"))
    story.activity(story.after(at, -60, -5), f"{story.gateway.kind}/write")


def _connection_drop(
    story: Story, at: datetime, peer: str, seconds: float | None, reasons: tuple[str, ...], verb: str
) -> None:
    kind = "vpnGateways/vpnConnections" if story.gateway.kind == "vpnGateways" else "connections"
    resource = rows.connection_id(story.gateway, peer)
    signs = _told(story, at, "SetConnectionConfiguration", f"{kind}/{verb}", resource)
    episode, reason = story.episode(), story.reason(*reasons)
    for instance in story.tunnels(peer):
        begin = story.after(at, 0, 2)
        story.drops.append(Drop(begin, seconds, peer, instance, Cause.CONFIGURATION_CHANGE,
                                f"connection {verb}", episode, reason, signs))  # fmt: skip


def _told(story: Story, at: datetime, operation: str, activity: str, resource: str) -> frozenset[Sign]:
    """The rows of a change, seconds before its effect."""
    signs = {Sign.ACTIVITY_ROW} if story.activity(story.after(at, -90, -20), activity, resource) else set()
    if not chance(story.rng, policy.NO_SET_ROW):
        story.rows.append(rows.gateway_row(story.gateway, story.after(at, -20, -1), operation, "Configuration applied"))
        signs.add(Sign.SET_ROW)
    return frozenset(signs)
