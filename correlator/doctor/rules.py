"""Every rule in the order in which things have to work: settings, access, collection, gateways, channels."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from correlator.doctor import of_access, of_gateways, of_logs, of_settings
from correlator.doctor.model import Facts, Finding, Severity

RULES: tuple[Callable[[Facts], Iterable[Finding]], ...] = (
    of_settings.unreadable_settings,
    of_settings.missing_settings,
    of_settings.workspace_ids,
    of_access.identity,
    of_access.workspace_access,
    of_access.table_access,
    of_access.list_access,
    of_access.found_workspaces,
    of_gateways.no_gateways,
    of_gateways.diagnostic_settings,
    of_logs.empty_workspaces,
    of_logs.silent_categories,
    of_gateways.silent_gateways,
    of_logs.told_twice,
    of_logs.daily_cap,
    of_logs.late_rows,
    of_settings.webhooks,
    of_settings.sent_messages,
    of_gateways.policy_based,
    of_gateways.connections_down,
    of_logs.columns,
    of_logs.unmapped_reasons,
    of_logs.unknown_operations,
)


def examine(facts: Facts) -> list[Finding]:
    """All findings, the worst first, then in the order of the rules."""
    found = [finding for rule in RULES for finding in rule(facts)]
    return sorted(found, key=lambda f: f.severity is Severity.NOTE)
