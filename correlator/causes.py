"""Why one outage happened. The first rule in RULES that answers wins; the last always answers.

The order is the argument: what speaks against Azure is asked before "maintenance" is said, since a wrong "it was Azure"
is worse than an honest "unknown". Shapes and their meaning follow Microsoft's public guidance on tunnel logs: back
on the *other* instance is a failover, back on the *same* instance is the peer, the path or a glitch. How long a drop
lasted never decides alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from msgspec.structs import replace

from correlator.activity import ACTIVITY
from correlator.model import Cause, ChangeKind, Circumstances, Confidence, Finding, GatewayChange, Outage, Policy, Side
from correlator.negotiation import MEANS
from correlator.reasons import Meaning, meaning

MANY = 3
FAILED = re.compile(r"\b(?:fail(?:s|ed|ure)?|unsuccessful|rejected)\b", re.IGNORECASE)
ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
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
    all_of_it: bool
    """All peers of the instance fell at once, or it has no other; or the row names it and several fell."""
    configuration: bool
    thin_change: bool
    """The configuration row says that the change failed, or speaks of another connection than this one."""
    primary_changed: bool
    together: int
    """How many peers fell at once, if those were all; more than MANY are as good as MANY."""
    both_instances: bool
    reset: bool
    platform_fault: bool
    """Resource Health names this gateway."""
    service_fault: bool
    """Service Health names the VPN service in this subscription, at that time."""
    far: bool
    """The maintenance row is one of the watched gateway at the other end."""
    activity: bool
    """The activity log was there to look at, so a reset would have been seen."""

    @property
    def azure_like(self) -> bool:
        """A platform event's shape: the other instance (as in every switch), a standby reason, or all peers at once."""
        return self.elsewhere or self.reason is Meaning.FAILOVER or self.together > 0

    @property
    def silent_for_long(self) -> bool:
        """The peer stopped answering, for longer than a failover takes: whatever it came back on, it was away."""
        return self.reason is Meaning.UNREACHABLE and self.long


Rule = Callable[[Shape], Finding | None]


def maintenance_at_the_other_end(drop: Shape) -> Finding | None:
    """The peer is a watched Azure gateway and logs maintenance in time: what closes the tunnel is then Azure too."""
    if not drop.far or drop.reason in (Meaning.CONFIGURATION, Meaning.NEGOTIATION):
        return None
    sure = not drop.open and not drop.configuration and not drop.reset
    return Finding(Cause.AZURE_MAINTENANCE, CONFIRMED if sure else LIKELY, "maintenance-at-the-other-end")


def peer_closed(drop: Shape) -> Finding | None:
    """The peer hung up, even inside a maintenance window; unless the tunnel failed over, which a peer cannot cause."""
    if drop.reason is not Meaning.PEER_CLOSED or drop.elsewhere:
        return None
    sure = not drop.open and not (drop.maintenance or drop.configuration or drop.together)
    return Finding(Cause.REMOTE_CLOSED, CONFIRMED if sure else LIKELY, "peer-closed")


def configuration_reason(drop: Shape) -> Finding | None:
    """The gateway itself says that a setting of the connection changed."""
    if drop.reason is not Meaning.CONFIGURATION:
        return None
    return Finding(Cause.CONFIGURATION_CHANGE, LIKELY if drop.maintenance else CONFIRMED, "configuration-reason")


def reset_before_drop(drop: Shape) -> Finding | None:
    """Somebody reset the gateway just before: by its shape it is a failover, and only the activity log knows better."""
    if not drop.reset or (drop.reason in (Meaning.PEER_CLOSED, Meaning.UNREACHABLE) and not drop.azure_like):
        return None
    sure = (drop.azure_like or drop.active_active) and not drop.open and not drop.maintenance
    return Finding(Cause.GATEWAY_RESET, CONFIRMED if sure else LIKELY, "reset-before-drop")


def change_before_drop(drop: Shape) -> Finding | None:
    """A configuration row just before the drop: asked before maintenance, whose window it may share."""
    if not drop.configuration:
        return None
    contradicted = drop.maintenance or drop.elsewhere or drop.reason in (Meaning.FAILOVER, Meaning.UNREACHABLE)
    sure = not drop.open and not contradicted and not drop.thin_change
    return Finding(Cause.CONFIGURATION_CHANGE, CONFIRMED if sure else LIKELY, "change-before-drop")


def maintenance_row(drop: Shape) -> Finding | None:
    """A maintenance row of this instance in time. Confirmed by the shape that maintenance has in the gateway's mode.

    Active-standby fails over; active-active restarts the instance, whose tunnels come back where they were: every drop
    comes back so, hence there one tunnel of several is not enough.
    """
    if not drop.maintenance:
        return None
    restarted = drop.active_active and not drop.open and drop.all_of_it
    shape = drop.elsewhere or drop.reason is Meaning.FAILOVER or restarted
    contradicted = drop.reason in (Meaning.PEER_CLOSED, Meaning.NEGOTIATION) or drop.silent_for_long or drop.switch
    sure = shape and not contradicted
    return Finding(Cause.AZURE_MAINTENANCE, CONFIRMED if sure else LIKELY, "maintenance-row")


def platform_fault(drop: Shape) -> Finding | None:
    """Resource Health names this gateway; or Service Health names the VPN service, and the shape is the platform's."""
    if drop.platform_fault:
        sure = drop.azure_like and drop.reason is not Meaning.PEER_CLOSED
        return Finding(Cause.AZURE_INCIDENT, CONFIRMED if sure else LIKELY, "platform-fault")
    if drop.service_fault and drop.azure_like:
        return Finding(Cause.AZURE_INCIDENT, LIKELY, "service-fault")
    return None


def failover(drop: Shape) -> Finding | None:
    """Failover shape without a maintenance row: some maintenance is never logged, and a reset looks the same.

    Hence it is confirmed only where the activity log was read and shows no reset.
    """
    named = drop.activity and (drop.primary_changed or drop.reason is Meaning.FAILOVER)
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
    named = drop.activity and (drop.primary_changed or drop.reason is Meaning.FAILOVER)
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
    maintenance_at_the_other_end,
    peer_closed,
    configuration_reason,
    reset_before_drop,
    change_before_drop,
    maintenance_row,
    platform_fault,
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
    end, instance_up, instance_down = outage.end, outage.instance_up, outage.instance_down
    maintenance, configuration, fault = around.maintenance, around.configuration, around.fault
    together, peers_known = around.together, outage.peers_known
    lasting = None if end is None else end - outage.start
    facts = (  # the fields of Shape, in their order
        meaning(outage.reason, policy.reasons),
        instance_down != "" and instance_up not in ("", instance_down),
        lasting is None,
        lasting is not None and lasting < policy.blip,
        lasting is not None and lasting > policy.failover_within,
        outage.active_active,
        outage.switch,
        maintenance is not None and not around.far,
        maintenance is not None
        and (together > 0 or peers_known == 1 or (maintenance.instance != "" and not around.alone)),
        configuration is not None,
        configuration is not None and _thin(configuration, outage.peer, peers_known),
        around.primary_changed is not None,
        together if together < MANY else MANY,
        around.both_instances,
        around.reset is not None,
        fault is not None and fault.kind is ChangeKind.PLATFORM_FAULT,
        fault is not None and fault.kind is ChangeKind.SERVICE_FAULT,
        around.far,
        around.activity,
    )
    finding = _first_answer(facts)
    return _in_ikes_words(finding, facts, around.ike) if around.ike else finding


def _in_ikes_words(finding: Finding, facts: tuple[Any, ...], row: GatewayChange) -> Finding:
    """An IKE row stands in for a missing reason, where nothing speaks of Azure or a change; likely at most."""
    missing = facts[0] in (Meaning.UNSAID, Meaning.UNKNOWN) and row.kind in MEANS
    if not missing or finding.confidence is CONFIRMED or finding.cause.side in (Side.AZURE, Side.OWN_CHANGE):
        return finding
    return replace(_first_answer((MEANS[row.kind], *facts[1:])), confidence=LIKELY)


def _thin(change: GatewayChange, peer: str, peers_known: int) -> bool:
    """A change that failed, or that names another connection, or one of several without saying which.

    The Message of a gateway row lists successful and failed results (tunnel log page). A write of a connection in the
    activity log names it by a name that the tunnel log does not have.
    """
    named = ADDRESS.findall(change.message)
    if FAILED.search(change.message) or (named and peer not in named):
        return True
    return change.category == ACTIVITY and "connections/" in change.operation.casefold() and peers_known > 1


@cache
def _first_answer(facts: tuple[Any, ...]) -> Finding:
    drop = Shape._make(facts)
    return next(finding for rule in RULES if (finding := rule(drop)))
