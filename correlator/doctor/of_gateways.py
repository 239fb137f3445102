"""What Azure's own list of gateways says about them, their diagnostic settings and their connections."""

from __future__ import annotations

from collections.abc import Iterator

from correlator.doctor.model import Code, Facts, Finding, mend, note
from correlator.gateways import DiagnosticSetting, Gateway

CATEGORIES = ("GatewayDiagnosticLog", "TunnelDiagnosticLog")
BOTH = " and ".join(CATEGORIES)


def sends(facts: Facts, gateway_id: str, category: str) -> bool:
    """Whether a diagnostic setting that could be read sends this category to a workspace."""
    return any(setting.sends(category) for setting in facts.diagnostics.get(gateway_id, ()))


def silent(facts: Facts) -> list[Gateway]:
    """Listed gateways that could log tunnels and of which no readable workspace holds a row."""
    seen = {found.gateway for workspace in facts.readable for found in workspace.logged}
    listed = facts.listed.gateways if facts.listed else ()
    return [g for g in listed if g.resource_id not in seen and not g.policy_based]


def is_quiet(facts: Facts, gateway_id: str) -> bool:
    """Whether there is proof that a silent gateway has nothing to tell: it sends its logs, or all is connected."""
    down = _down(facts, gateway_id)
    if gateway_id in facts.diagnostics:
        return sends(facts, gateway_id, "TunnelDiagnosticLog") and not down
    return down == []


def _down(facts: Facts, gateway_id: str) -> list[str] | None:
    """The connections that Azure says are not up; None where none of them was answered for."""
    gateway = facts.listed.find(gateway_id) if facts.listed else None
    known = [c for c in gateway.connections if c.resource_id in facts.statuses] if gateway else []
    return [c.name for c in known if facts.statuses[c.resource_id] != "Connected"] if known else None


def no_gateways(facts: Facts) -> Iterator[Finding]:
    """Scopes that may be read and hold no gateway."""
    if facts.scopes and facts.listed and not facts.listed.gateways and not facts.listed.refused:
        cure = "name the management group, the subscription, the resource group or the gateway itself"
        yield mend(Code.NO_GATEWAYS, "GATEWAY_SCOPES", "no VPN gateway lies there", cure)


def diagnostic_settings(facts: Facts) -> Iterator[Finding]:
    """Gateways whose logs go to no workspace, in part, or twice."""
    for gateway in facts.listed.gateways if facts.listed else ():
        settings = facts.diagnostics.get(gateway.resource_id)
        if settings is not None:
            yield from _of_gateway(gateway, settings)


def _of_gateway(gateway: Gateway, settings: tuple[DiagnosticSetting, ...]) -> Iterator[Finding]:
    off = [c for c in CATEGORIES if not any(s.sends(c) for s in settings)]
    if not any(s.workspace for s in settings):
        cure = f"add one that sends {BOTH} to the watched workspace"
        yield mend(Code.DIAGNOSTICS_MISSING, gateway.name, "no diagnostic setting sends its logs to a workspace", cure)
    elif off:
        what = f"its diagnostic setting leaves out {' and '.join(off)}"
        yield mend(Code.DIAGNOSTICS_CATEGORY_OFF, gateway.name, what, f"switch on {' and '.join(off)} there")
    twice = [s.name for s in settings if s.sends("TunnelDiagnosticLog")]
    if len(twice) > 1:
        what = f"{len(twice)} diagnostic settings send the same rows: {', '.join(twice)}"
        cure = "keep one, unless the other workspace is meant; watch only one of them"
        yield note(Code.DIAGNOSTICS_DOUBLED, gateway.name, what, cure)


def silent_gateways(facts: Facts) -> Iterator[Finding]:
    """Gateways without a row where others have some. Whose setting lacks something is named for that alone."""
    if not any(workspace.logged for workspace in facts.readable):
        return
    for gateway in silent(facts):
        settings = facts.diagnostics.get(gateway.resource_id)
        if settings is not None and not all(sends(facts, gateway.resource_id, c) for c in CATEGORIES):
            continue
        yield _silent(gateway, settings, _down(facts, gateway.resource_id))


def _silent(gateway: Gateway, settings: tuple[DiagnosticSetting, ...] | None, down: list[str] | None) -> Finding:
    places = sorted({s.workspace.rsplit("/", 1)[-1] for s in settings or () if s.workspace})
    cure = f"look whether its diagnostic setting sends {BOTH} to a watched workspace"
    if places:
        cure = f"look whether {', '.join(places)} is the watched workspace; if so, nothing to do"
    if down:
        what = f"no row in 30 days, though Azure says that a connection is not up: {', '.join(down)}"
        return mend(Code.SILENT_GATEWAY, gateway.name, what, cure)
    connected = ", and Azure says that it is connected" if down == [] else ""
    return note(Code.SILENT_GATEWAY, gateway.name, f"no row in 30 days{connected}: most likely no drop", cure)


def policy_based(facts: Facts) -> Iterator[Finding]:
    """Policy-based gateways log no tunnels, so their outages cannot be seen."""
    for gateway in facts.listed.gateways if facts.listed else ():
        if gateway.policy_based:
            cure = "watch its connection's status by other means, or move to a route-based gateway"
            yield note(Code.POLICY_BASED, gateway.name, "is policy-based and logs no tunnels", cure)


def connections_down(facts: Facts) -> Iterator[Finding]:
    """Connections that Azure itself says are not up now."""
    for gateway in facts.listed.gateways if facts.listed else ():
        for connection in gateway.connections:
            status = facts.statuses.get(connection.resource_id, "Connected")
            if status != "Connected":
                cure = "python -m correlator check says since when and why, as far as it is logged"
                yield note(Code.CONNECTION_DOWN, f"{gateway.name}/{connection.name}", f"Azure says: {status}", cure)
