"""``check``: was it maintenance? Asked of the workspace itself, from a laptop, for any time it still holds."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from correlator.categories import read_rows
from correlator.cli import show
from correlator.cli.service import log_analytics
from correlator.correlate import correlate
from correlator.errors import UsageError
from correlator.incident_json import gateway_name, incident_object
from correlator.model import ChangeKind, GatewayLog, Incident, Moment, Notification, Policy
from correlator.queries import LEAD
from correlator.settings import Settings
from correlator.sources.export import Exported
from correlator.sources.log_analytics import LogAnalytics
from correlator.wording import Style, headline

YES, NO, UNKNOWN = "yes", "no", "unknown"
EXIT = {YES: 0, NO: 1, UNKNOWN: 3}


@click.command()
@click.option("--gateway", required=True, help="Name or resource id of the VPN gateway")
@click.option("--from", "start", required=True, help="2026-08-21T17:00, with a zone or in TIMEZONE; or -2h")
@click.option("--to", "end", required=True, help="The same for the end; -0m is now")
@click.option("--workspace", help="Workspace (customer) id; default: every one in WORKSPACE_IDS")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output")
@click.pass_context
def check(context: click.Context, gateway: str, start: str, end: str, workspace: str | None, as_json: bool) -> None:
    r"""Was it Azure maintenance? Exit code 0 yes, 1 no, 3 not known. Signing in with `az login` is enough.

    \b
    python -m correlator check --gateway vgw-tokyo-prod --from 2026-08-21T17:00Z --to 2026-08-21T18:00Z
    """
    settings = Settings.read(os.environ, () if workspace else ("WORKSPACE_IDS",))
    style = show.style()
    first, last = show.point_in_time(start, style.zone), show.point_in_time(end, style.zone)
    if first >= last:
        raise UsageError("--from must lie before --to")
    workspaces = (workspace,) if workspace else settings.workspace_ids
    source = log_analytics(settings)
    asked = _ask(source, workspaces, first, last)
    read = read_rows(asked.rows)
    logs = [log for name, log in sorted(read.logs.items()) if gateway.lower() in (name, gateway_name(name))]
    incidents = [i for log in logs for i in correlate(log, Policy()).incidents if _within(i, first, last)]
    answer = verdict(incidents)
    document = {
        "answer": answer,
        "incidents": [incident_object(i, style) for i in incidents],
        "notifications": [],
        "unreadable": show.unreadable(asked, read),
        "unmapped_reasons": dict(read.unmapped_reasons),
    }
    if as_json:
        show.document(document)
    else:
        _print(answer, incidents, logs, style, (first, last))
    show.remarks(document)
    _suggest(gateway, sorted(read.logs), logs)
    context.exit(EXIT[answer])


def _ask(source: LogAnalytics, workspaces: Sequence[str], first: datetime, last: datetime) -> Exported:
    """The rows of that time and of what led to it; a row's place is its workspace and its number in the answer."""
    answers = [(w, source.history(w, first - LEAD, last + LEAD).rows) for w in workspaces]
    places = [(w, n) for w, rows in answers for n in range(1, len(rows) + 1)]
    return Exported([r for _, rows in answers for r in rows], places, [])


def verdict(incidents: Sequence[Incident]) -> str:
    """Yes if a drop was maintenance; no if every drop has another cause that rules it out; else not known."""
    causes = {i.finding.cause.value for i in incidents}
    if "azure-maintenance" in causes:
        return YES
    undecided = {"unknown", "azure-failover", "negotiation-failed"}
    return UNKNOWN if not causes or causes & undecided else NO


def _within(incident: Incident, first: datetime, last: datetime) -> bool:
    return incident.started_at <= last and (incident.ended_at is None or incident.ended_at >= first)


def _print(
    answer: str,
    incidents: Sequence[Incident],
    logs: Sequence[GatewayLog],
    style: Style,
    asked: tuple[datetime, datetime],
) -> None:
    words = {YES: "Yes: Azure maintenance.", NO: "No: not Azure maintenance.", UNKNOWN: "Not known."}
    click.echo(words[answer] if incidents else _nothing(logs, asked))
    for incident in incidents:
        document: Mapping[str, Any] = incident_object(incident, style)
        click.echo(f"\n{headline(Notification(Moment.RECOVERED, incident.started_at, incident), style)}")
        click.echo(f"{document['cause']['summary']} ({document['cause']['confidence']})")
        for row in document["cause"]["evidence"]:
            click.echo(f"  {row['at']}  {row['text']}")
        for line in document["cause"]["not_found"]:
            click.echo(f"  - {line}")


def _nothing(logs: Sequence[GatewayLog], asked: tuple[datetime, datetime]) -> str:
    rows = [c for log in logs for c in log.changes if c.kind is ChangeKind.MAINTENANCE]
    serviced = [c for c in rows if asked[0] <= c.at <= asked[1]]
    if serviced:
        return (
            f"Not known: maintenance was logged at {serviced[0].at:%H:%M:%S} UTC, but no tunnel dropped in that time."
        )
    return "Not known: no tunnel of this gateway dropped in that time."


def _suggest(gateway: str, names: Sequence[str], logs: Sequence[GatewayLog]) -> None:
    if logs:
        return
    others = ", ".join(dict.fromkeys(gateway_name(n) for n in names))
    hint = f"gateways that did: {others}" if others else "is TunnelDiagnosticLog switched on in its diagnostic setting?"
    click.echo(f"No gateway called {gateway} logged anything around that time; {hint}", err=True)
