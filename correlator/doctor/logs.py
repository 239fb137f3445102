"""Ask each workspace what it holds of VPN gateways. A workspace that gives nothing becomes a fact, not an exception."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from correlator import queries
from correlator.categories import moment
from correlator.doctor.model import Cap, Logged, Refusal, Workspace
from correlator.errors import SourceUnavailable
from correlator.sources.log_analytics import LogAnalytics

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def workspaces(source: LogAnalytics, ids: Sequence[str], missed: list[str]) -> Iterator[Workspace]:
    """One after another; what may not be read of a readable one goes to ``missed``."""
    for workspace in ids:
        try:
            found = source.ask(workspace, queries.text("seen"))
        except SourceUnavailable as refused:
            why = str(refused).removeprefix(f"workspace {workspace}: ")
            yield Workspace(workspace, Refusal(refused.status, why))
            missed.append(f"rows of workspace {workspace}: it could not be queried")
            continue
        yield Workspace(
            workspace,
            diagnostics=any(row["Rows"] for row in found),
            logged=tuple(logged(row) for row in found if row["Gateway"]),
            reasons=_counted(source, workspace, missed, "Reason", "reasons of disconnects"),
            operations=_counted(source, workspace, missed, "Operation", "operations of the logs"),
            cap=_cap(source, workspace, missed),
        )


def logged(row: Mapping[str, Any]) -> Logged:
    """One row of seen.kql; a number that is not there counts as 0."""
    numbers = {f: row[f.capitalize()] or 0 for f in Logged._fields if f not in ("gateway", "category", "first", "last")}
    first, last = (moment(row[name]) or NEVER for name in ("First", "Last"))
    return Logged(row["Gateway"], row["Category"], first=first, last=last, **numbers)


def _counted(source: LogAnalytics, workspace: str, missed: list[str], column: str, what: str) -> dict[str, int]:
    """The values of a column and how often each stands there, by the query that is named after it."""
    try:
        return {row[column]: int(row["Rows"]) for row in source.ask(workspace, queries.text(f"{column.lower()}s"))}
    except SourceUnavailable as refused:
        missed.append(f"{what}: {refused}")
        return {}


def _cap(source: LogAnalytics, workspace: str, missed: list[str]) -> Cap | None:
    """None where Operation is not there or may not be read, as under a role's condition on the table."""
    try:
        found = source.ask(workspace, queries.text("cap"))
    except SourceUnavailable as refused:
        missed.append(f"daily cap: {refused}")
        return None
    if not found:
        missed.append(f"daily cap of workspace {workspace}: its table Operation is not there or may not be read")
        return None
    return Cap(int(found[0]["Stops"]), moment(found[0]["Last"] or ""))
