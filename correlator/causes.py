"""Why one outage happened. The first rule in RULES that answers wins; the last always answers.

The order is the argument: what speaks against Azure is asked before "maintenance" is said, since a wrong "it was Azure"
is worse than an honest "unknown". Shapes and their meaning follow Microsoft's public guidance on tunnel logs: back
on the *other* instance is a failover, back on the *same* instance is the peer, the path or a glitch. How long a drop
lasted never decides alone.
"""

from __future__ import annotations

from collections.abc import Callable

from correlator.model import Cause, Circumstances, Confidence, Finding, Outage, Policy
from correlator.reasons import Meaning, meaning

CONFIRMED, LIKELY = Confidence.CONFIRMED, Confidence.LIKELY
Rule = Callable[[Outage, Circumstances, Meaning, Policy], Finding | None]


def elsewhere(outage: Outage) -> bool:
    """The tunnel came back on the other instance: the failover shape."""
    return bool(outage.instance_up) and outage.instance_up != outage.instance_down


def peer_closed(outage: Outage, around: Circumstances, reason: Meaning, policy: Policy) -> Finding | None:
    """The peer hung up, even inside a maintenance window; unless the tunnel failed over, which a peer cannot cause."""
    if reason is not Meaning.PEER_CLOSED or elsewhere(outage):
        return None
    sure = outage.end is not None and not around.maintenance and not around.configuration
    return Finding(Cause.REMOTE_CLOSED, CONFIRMED if sure else LIKELY, "peer-closed")


def configuration_reason(outage: Outage, around: Circumstances, reason: Meaning, policy: Policy) -> Finding | None:
    """The gateway itself says that a setting of the connection changed."""
    if reason is not Meaning.CONFIGURATION:
        return None
    return Finding(Cause.CONFIGURATION_CHANGE, LIKELY if around.maintenance else CONFIRMED, "configuration-reason")


def change_before_drop(outage: Outage, around: Circumstances, reason: Meaning, policy: Policy) -> Finding | None:
    """A configuration row just before the drop: asked before maintenance, whose window it may share."""
    if not around.configuration:
        return None
    contradicted = around.maintenance or elsewhere(outage) or reason in (Meaning.FAILOVER, Meaning.UNREACHABLE)
    sure = outage.end is not None and not contradicted
    return Finding(Cause.CONFIGURATION_CHANGE, CONFIRMED if sure else LIKELY, "change-before-drop")


def maintenance_row(outage: Outage, around: Circumstances, reason: Meaning, policy: Policy) -> Finding | None:
    """A maintenance row of this instance in time. Confirmed by the shape that maintenance has in the gateway's mode.

    Active-standby fails over; active-active restarts the instance, whose tunnels come back where they were.
    """
    if not around.maintenance:
        return None
    shape = elsewhere(outage) or reason is Meaning.FAILOVER or (outage.active_active and outage.end is not None)
    sure = shape and reason is not Meaning.PEER_CLOSED and not outage.switch
    return Finding(Cause.AZURE_MAINTENANCE, CONFIRMED if sure else LIKELY, "maintenance-row")


def failover(outage: Outage, around: Circumstances, reason: Meaning, policy: Policy) -> Finding | None:
    """Failover shape without a maintenance row: some maintenance is never logged, and a reset looks the same."""
    named = around.primary_changed is not None or reason is Meaning.FAILOVER
    if elsewhere(outage) and not outage.switch:
        return Finding(Cause.AZURE_FAILOVER, CONFIRMED if named else LIKELY, "back-on-the-other-instance")
    if outage.switch:
        return Finding(Cause.AZURE_FAILOVER, LIKELY, "switch-without-a-drop")
    return None


def dropped_at_once(outage: Outage, around: Circumstances, reason: Meaning, policy: Policy) -> Finding | None:
    """All peers of the gateway (or of the instance) within a minute: no single site can do that."""
    if not around.together:
        return None
    named = around.primary_changed is not None or reason is Meaning.FAILOVER
    return Finding(Cause.AZURE_FAILOVER, CONFIRMED if named else LIKELY, "all-peers-at-once")


def standby_reason(outage: Outage, around: Circumstances, reason: Meaning, policy: Policy) -> Finding | None:
    """The reason names a standby change, but the tunnel came back where it was, or has not come back."""
    if reason is not Meaning.FAILOVER:
        return None
    return Finding(Cause.AZURE_FAILOVER, LIKELY, "standby-reason")


def negotiation_reason(outage: Outage, around: Circumstances, reason: Meaning, policy: Policy) -> Finding | None:
    """Keys or policies do not match, and no change of ours was found: the logs do not tell who changed them."""
    if reason is not Meaning.NEGOTIATION:
        return None
    return Finding(Cause.NEGOTIATION_FAILED, LIKELY, "negotiation-reason")


def lost_on_both_instances(outage: Outage, around: Circumstances, reason: Meaning, policy: Policy) -> Finding | None:
    """Both instances lost this one peer while others stayed: the far end or its line."""
    if not around.both_instances:
        return None
    sure = reason is Meaning.UNREACHABLE
    return Finding(Cause.REMOTE_UNREACHABLE, CONFIRMED if sure else LIKELY, "lost-on-both-instances")


def peer_silent(outage: Outage, around: Circumstances, reason: Meaning, policy: Policy) -> Finding | None:
    """Dead peer detection: the peer or the path to it. Not proof of the peer, hence never more than likely."""
    if reason is not Meaning.UNREACHABLE:
        return None
    return Finding(Cause.REMOTE_UNREACHABLE, LIKELY, "peer-stopped-answering")


def same_instance_return(outage: Outage, around: Circumstances, reason: Meaning, policy: Policy) -> Finding | None:
    """Back on the same instance without a reason, longer than a blip: the peer or the path."""
    if reason is not Meaning.UNSAID or outage.end is None or outage.end - outage.start < policy.blip:
        return None
    return Finding(Cause.REMOTE_UNREACHABLE, LIKELY, "back-on-the-same-instance")


def nothing_explains_it(outage: Outage, around: Circumstances, reason: Meaning, policy: Policy) -> Finding:
    """The honest last word."""
    return UNEXPLAINED


UNEXPLAINED = Finding(Cause.UNKNOWN, Confidence.NONE, "nothing-explains-it")

RULES: tuple[Rule, ...] = (
    peer_closed,
    configuration_reason,
    change_before_drop,
    maintenance_row,
    failover,
    dropped_at_once,
    standby_reason,
    negotiation_reason,
    lost_on_both_instances,
    peer_silent,
    same_instance_return,
    nothing_explains_it,
)


def explain(outage: Outage, around: Circumstances, policy: Policy) -> Finding:
    """The finding of the first rule that answers."""
    reason = meaning(outage.reason)
    for rule in RULES:
        finding = rule(outage, around, reason, policy)
        if finding is not None:
            return finding
    return UNEXPLAINED
