"""Ask Azure Resource Manager for the gateways, their diagnostic settings and the state of their connections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from correlator.doctor.logs import workspaces
from correlator.doctor.model import Facts, Workspace
from correlator.doctor.of_gateways import silent
from correlator.errors import SourceUnavailable
from correlator.gateways import Connection, DiagnosticSetting, Gateway, GatewayList, Refused
from correlator.sources.log_analytics import LogAnalytics
from correlator.sources.resource_manager import ResourceManager

ASKED = 50
"""Connections whose state is asked at most: it is one call each."""
DIAGNOSED = 500
"""Gateways whose diagnostic settings are asked at most: one call each."""
LOOKED_INTO = 30
"""Found workspaces that are looked into at most: four queries each."""


def with_gateways(facts: Facts, resources: ResourceManager, source: LogAnalytics, live: bool) -> Facts:
    """The facts with the gateway list. States are asked of silent gateways' connections, or of all if ``live``."""
    try:
        listed = resources.list_gateways(facts.scopes, facts.places)
    except SourceUnavailable as failed:
        missed = "gateways, their diagnostic settings and connections: the list failed"
        return replace(facts, list_failed=str(failed), not_checked=(*facts.not_checked, missed))
    missing = list(facts.not_checked)
    facts = replace(facts, listed=listed, found=tuple(_found(facts, listed, source, missing)))
    return replace(
        facts,
        diagnostics=_diagnostics(resources, listed.gateways, missing),
        statuses=_statuses(resources, listed.gateways if live else silent(facts), missing),
        not_checked=tuple(missing),
    )


def _found(facts: Facts, listed: GatewayList, source: LogAnalytics, missed: list[str]) -> Iterator[Workspace]:
    """What the workspaces that were found hold, as far as they are not named too."""
    named = {w.lower() for w in facts.workspace_ids}
    ids = [w.customer_id for w in listed.workspaces if w.customer_id not in named]
    if len(ids) > LOOKED_INTO:
        missed.append(f"{len(ids) - LOOKED_INTO} workspaces that were found: only {LOOKED_INTO} are looked into")
    return workspaces(source, ids[:LOOKED_INTO], missed)


def _diagnostics(
    resources: ResourceManager, gateways: Iterable[Gateway], missed: list[str]
) -> Mapping[str, tuple[DiagnosticSetting, ...]]:
    """Of gateways that log tunnels at all."""
    found = {}
    logging = [g for g in gateways if not g.policy_based]
    if len(logging) > DIAGNOSED:
        missed.append(f"diagnostic settings of {len(logging) - DIAGNOSED} gateways: only {DIAGNOSED} are asked")
    for gateway in logging[:DIAGNOSED]:
        try:
            settings = resources.diagnostic_settings(gateway.resource_id)
        except SourceUnavailable as failed:
            missed.append(f"diagnostic setting of {gateway.name}: {failed}")
            continue
        if isinstance(settings, Refused):
            missed.append(f"diagnostic setting of {gateway.name}: {settings.why}")
        else:
            found[gateway.resource_id] = settings
    return found


def _statuses(resources: ResourceManager, gateways: Iterable[Gateway], missed: list[str]) -> dict[str, str]:
    connections = [c for gateway in gateways for c in gateway.connections]
    if len(connections) > ASKED:
        missed.append(f"state of {len(connections) - ASKED} connections: only {ASKED} are asked for")
    found = {c.resource_id: _status(resources, c, missed) for c in connections[:ASKED]}
    return {connection: status for connection, status in found.items() if status}


def _status(resources: ResourceManager, connection: Connection, missed: list[str]) -> str | None:
    try:
        status = resources.status(connection.resource_id)
    except SourceUnavailable as failed:
        missed.append(f"state of connection {connection.name}: {failed}")
        return None
    if status is None:
        missed.append(f"state of connection {connection.name}: it may not be read")
    return status
