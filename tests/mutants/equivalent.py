"""Mutants that nothing can notice, each with its reason. Few: most that seem so only lack their night."""

from __future__ import annotations

from collections.abc import Mapping

ONE_REASON = "a drop has one reason, and each of the two rules asks for another one"
EQUIVALENT: Mapping[str, str] = {
    "peer_closed: asked after configuration_reason": ONE_REASON,
    "standby_reason: asked after negotiation_reason": ONE_REASON,
    "peer_silent: asked after same_instance_return": ONE_REASON,
    "explain: `fault.kind is ChangeKind.SERVICE_FAULT` dropped from "
    "`fault is not None and fault.kind is ChangeKind.SERVICE_FAULT`": (
        "a fault that is not the service's is the gateway's, which the rule asks about first"
    ),
}
