"""Why one outage happened. The first rule in RULES that answers wins; the last always answers.

The order is the argument: what speaks against Azure is asked before "maintenance" is said, since a wrong "it was Azure"
is worse than an honest "unknown". Shapes and their meaning follow Microsoft's public guidance on tunnel logs: back
on the *other* instance is a failover, back on the *same* instance is the peer, the path or a glitch. How long a drop
lasted never decides alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from correlator.model import Cause, Circumstances, Confidence, Finding, Outage, Policy
from correlator.reasons import Meaning, meaning

MANY = 3
CONFIRMED, LIKELY = Confidence.CONFIRMED, Confidence.LIKELY


class Shape(NamedTuple):
    """All that the rules look at. Drops of one shape have one finding, so each shape is asked once."""

    reason: Meaning
    elsewhere: bool
    """The tunnel came back on the other instance: the failover shape."""
    open: bool
    blip: bool
    long: bool
    """Longer than a failover takes."""
    active_active: bool
    switch: bool
    maintenance: bool
    this_instance: bool
    """The maintenance row names the instance that fell, or all its peers fell with it."""
    configuration: bool
    primary_changed: bool
    together: int
    """How many peers fell at once, if those were all; more than MANY are as good as MANY."""
    both_instances: bool

    @property
    def silent_for_long(self) -> bool:
        """The peer stopped answering, for longer than a failover takes: whatever it came back on, it was away."""
        return self.reason is Meaning.UNREACHABLE and self.long


Rule = Callable[[Shape], Finding | None]


def peer_closed(drop: Shape) -> Finding | None:
    """The peer hung up, even inside a maintenance window; unless the tunnel failed over, which a peer cannot cause."""
    if drop.reason is not Meaning.PEER_CLOSED or drop.elsewhere:
        return None
    sure = not drop.open and not drop.maintenance and not drop.configuration
    return Finding(Cause.REMOTE_CLOSED, CONFIRMED if sure else LIKELY, "peer-closed")


def configuration_reason(drop: Shape) -> Finding | None:
    """The gateway itself says that a setting of the connection changed."""
    if drop.reason is not Meaning.CONFIGURATION:
        return None
    return Finding(Cause.CONFIGURATION_CHANGE, LIKELY if drop.maintenance else CONFIRMED, "configuration-reason")


def change_before_drop(drop: Shape) -> Finding | None:
    """A configuration row just before the drop: asked before maintenance, whose window it may share."""
    if not drop.configuration:
        return None
    contradicted = drop.maintenance or drop.elsewhere or drop.reason in (Meaning.FAILOVER, Meaning.UNREACHABLE)
    sure = not drop.open and not contradicted
    return Finding(Cause.CONFIGURATION_CHANGE, CONFIRMED if sure else LIKELY, "change-before-drop")


def maintenance_row(drop: Shape) -> Finding | None:
    """A maintenance row of this instance in time. Confirmed by the shape that maintenance has in the gateway's mode.

    Active-standby fails over; active-active restarts the instance, whose tunnels come back where they were: every drop
    comes back so, hence there the row must name the instance, or all its tunnels fall.
    """
    if not drop.maintenance:
        return None
    restarted = drop.active_active and not drop.open and drop.this_instance
    shape = drop.elsewhere or drop.reason is Meaning.FAILOVER or restarted
    contradicted = drop.reason in (Meaning.PEER_CLOSED, Meaning.NEGOTIATION) or drop.silent_for_long or drop.switch
    sure = shape and not contradicted
    return Finding(Cause.AZURE_MAINTENANCE, CONFIRMED if sure else LIKELY, "maintenance-row")


def failover(drop: Shape) -> Finding | None:
    """Failover shape without a maintenance row: some maintenance is never logged, and a reset looks the same."""
    named = drop.primary_changed or drop.reason is Meaning.FAILOVER
    if drop.elsewhere and not drop.switch and not drop.silent_for_long:
        return Finding(Cause.AZURE_FAILOVER, CONFIRMED if named else LIKELY, "back-on-the-other-instance")
    if drop.switch:
        return Finding(Cause.AZURE_FAILOVER, LIKELY, "switch-without-a-drop")
    return None


def dropped_at_once(drop: Shape) -> Finding | None:
    """All peers of the gateway (or of the instance) within a minute: no single site can do that.

    Unless they are few and all stopped answering: two lines can end at one site, and quiet peers stand in no log.
    """
    if not drop.together or (drop.reason is Meaning.UNREACHABLE and drop.together < MANY):
        return None
    named = drop.primary_changed or drop.reason is Meaning.FAILOVER
    return Finding(Cause.AZURE_FAILOVER, CONFIRMED if named else LIKELY, "all-peers-at-once")


def standby_reason(drop: Shape) -> Finding | None:
    """The reason names a standby change, but the tunnel came back where it was, or has not come back."""
    if drop.reason is not Meaning.FAILOVER:
        return None
    return Finding(Cause.AZURE_FAILOVER, LIKELY, "standby-reason")


def negotiation_reason(drop: Shape) -> Finding | None:
    """Keys or policies do not match, and no change of ours was found: the logs do not tell who changed them."""
    if drop.reason is not Meaning.NEGOTIATION:
        return None
    return Finding(Cause.NEGOTIATION_FAILED, LIKELY, "negotiation-reason")


def lost_on_both_instances(drop: Shape) -> Finding | None:
    """Both instances lost this one peer while others stayed: the far end or its line."""
    if not drop.both_instances:
        return None
    sure = drop.reason is Meaning.UNREACHABLE
    return Finding(Cause.REMOTE_UNREACHABLE, CONFIRMED if sure else LIKELY, "lost-on-both-instances")


def peer_silent(drop: Shape) -> Finding | None:
    """Dead peer detection: the peer or the path to it. Not proof of the peer, hence never more than likely."""
    if drop.reason is not Meaning.UNREACHABLE:
        return None
    return Finding(Cause.REMOTE_UNREACHABLE, LIKELY, "peer-stopped-answering")


def same_instance_return(drop: Shape) -> Finding | None:
    """Back on the same instance without a reason, longer than a blip: the peer or the path."""
    if drop.reason is not Meaning.UNSAID or drop.open or drop.blip:
        return None
    return Finding(Cause.REMOTE_UNREACHABLE, LIKELY, "back-on-the-same-instance")


def nothing_explains_it(drop: Shape) -> Finding:
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
    start, _, instance_down, end, instance_up, reason, _, _, active_active, peers_known, switch = outage
    maintenance, _, configuration, primary_changed, together, both_instances = around
    lasting = None if end is None else end - start
    facts = (  # the fields of Shape, in their order
        meaning(reason),
        instance_down != "" and instance_up not in ("", instance_down),
        lasting is None,
        lasting is not None and lasting < policy.blip,
        lasting is not None and lasting > policy.failover_within,
        active_active,
        switch,
        maintenance is not None,
        maintenance is not None and (maintenance.instance != "" or together > 0 or peers_known == 1),
        configuration is not None,
        primary_changed is not None,
        min(together, MANY),
        both_instances,
    )
    return _first_answer(facts)


@cache
def _first_answer(facts: tuple[Any, ...]) -> Finding:
    drop = Shape._make(facts)
    return next((finding for rule in RULES if (finding := rule(drop))), UNEXPLAINED)
