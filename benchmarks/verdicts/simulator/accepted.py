"""Which answers are right for a drop, given what the log shows of it, and why there are several.

Where the log cannot tell, more than one answer is accepted, and an honest "unknown" may be one of them. The first of
an entry is the best answer: the label in the score.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from benchmarks.verdicts.truth import Cause, Sign


class Shown(NamedTuple):
    """What the log shows of one drop. ``together``: nearly all tunnels of the gateway, or of the instance, at once."""

    cause: Cause
    signs: frozenset[Sign]
    reason: str
    other_instance: bool
    together: bool
    seconds: float | None


class Accepted(NamedTuple):
    """The label, every right answer, and the reason for a wider set."""

    label: Cause
    causes: frozenset[Cause]
    why: str


def accepted(shown: Shown) -> Accepted:
    """What counts as right."""
    return RULES[shown.cause](shown)


def _one(cause: Cause) -> Accepted:
    return Accepted(cause, frozenset({cause}), "")


def _several(why: str, *causes: Cause) -> Accepted:
    return Accepted(causes[0], frozenset(causes), why)


def _looks_like_azure(shown: Shown) -> bool:
    word = "".join(filter(str.isalpha, shown.reason.lower()))
    return shown.other_instance or shown.together or "standby" in word or "locallytriggered" in word


def _maintenance(_shown: Shown) -> Accepted:
    return _one(Cause.AZURE_MAINTENANCE)


def _failover(shown: Shown) -> Accepted:
    if _looks_like_azure(shown):
        return _one(Cause.AZURE_FAILOVER)
    return _several("one tunnel, same instance, no row of the platform",
                    Cause.AZURE_FAILOVER, Cause.REMOTE_UNREACHABLE, Cause.UNKNOWN)  # fmt: skip


def _incident(shown: Shown) -> Accepted:
    if Sign.RESOURCE_HEALTH in shown.signs:
        return _one(Cause.AZURE_INCIDENT)
    return _several("Service Health names a region, no gateway", Cause.AZURE_INCIDENT, Cause.AZURE_FAILOVER)


def _reset(shown: Shown) -> Accepted:
    if Sign.ACTIVITY_ROW in shown.signs:
        return _one(Cause.GATEWAY_RESET)
    shape = _failover(shown)
    return _several("no activity log: a reset has the shape of a failover",
                    Cause.AZURE_FAILOVER, Cause.GATEWAY_RESET, *sorted(shape.causes))  # fmt: skip


def _change(shown: Shown) -> Accepted:
    word = "".join(filter(str.isalpha, shown.reason.lower()))
    if shown.signs or "changed" in word or word == "tunnelremoved":
        return _one(Cause.CONFIGURATION_CHANGE)
    if shown.other_instance or shown.together:
        return _several("no row tells of the change", Cause.AZURE_FAILOVER, Cause.CONFIGURATION_CHANGE, Cause.UNKNOWN)
    return _several("no row tells of the change", Cause.REMOTE_UNREACHABLE, Cause.CONFIGURATION_CHANGE, Cause.UNKNOWN)


def _closed(shown: Shown) -> Accepted:
    if shown.reason:
        return _one(Cause.REMOTE_CLOSED)
    return _several("no reason: closed or lost is the same", *_without_reason(shown), Cause.REMOTE_CLOSED)


def _unreachable(shown: Shown) -> Accepted:
    if shown.reason:
        return _one(Cause.REMOTE_UNREACHABLE)
    causes = _without_reason(shown)
    return _several("no reason, and under two seconds or no return" if len(causes) > 1 else "", *causes)


def _negotiation(shown: Shown) -> Accepted:
    if shown.reason:
        return _one(Cause.NEGOTIATION_FAILED)
    return _several("no reason: the log cannot tell", Cause.REMOTE_UNREACHABLE, Cause.NEGOTIATION_FAILED, Cause.UNKNOWN)


def _without_reason(shown: Shown) -> tuple[Cause, ...]:
    """Two seconds and more on the same instance are called unreachable, less is not told; without a return both."""
    if shown.seconds is None:
        return (Cause.REMOTE_UNREACHABLE, Cause.UNKNOWN)
    if shown.seconds >= 2:
        return (Cause.REMOTE_UNREACHABLE,)
    return (Cause.UNKNOWN, Cause.REMOTE_UNREACHABLE)


def _blip(_shown: Shown) -> Accepted:
    return _several("a glitch without a reason", Cause.UNKNOWN, Cause.REMOTE_UNREACHABLE)


RULES: dict[Cause, Callable[[Shown], Accepted]] = {
    Cause.AZURE_MAINTENANCE: _maintenance,
    Cause.AZURE_FAILOVER: _failover,
    Cause.AZURE_INCIDENT: _incident,
    Cause.GATEWAY_RESET: _reset,
    Cause.CONFIGURATION_CHANGE: _change,
    Cause.REMOTE_CLOSED: _closed,
    Cause.REMOTE_UNREACHABLE: _unreachable,
    Cause.NEGOTIATION_FAILED: _negotiation,
    Cause.UNKNOWN: _blip,
}
