"""``check``: was it maintenance? Asked of the workspace itself, from a laptop, for any time it still holds."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import click

from correlator.categories import read_rows
from correlator.cli import kept, show
from correlator.cli.service import log_analytics
from correlator.correlate import correlate
from correlator.errors import UsageError
from correlator.evidence import evidence, not_found, would_change
from correlator.ike_log import around_uncertain, with_ike
from correlator.incident_json import gateway_name, incident_object
from correlator.model import ChangeKind, GatewayLog, Incident, Policy
from correlator.notification import Moment, Notification
from correlator.queries import LEAD
from correlator.queries.links import links
from correlator.settings import Settings
from correlator.sources.export import Exported, Places
from correlator.sources.log_analytics import LogAnalytics
from correlator.wiring import policy_of
from correlator.wording import Style, name, phrases
from correlator.wording.answers import answer_sentence, no_incident
from correlator.wording.course import course, instant_and_utc
from correlator.wording.messages import headline
from correlator.wording.verdicts import evidence_text, key_text, remark_texts, summary

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
    """Ask a workspace whether it was Azure maintenance. Exit code 0 yes, 1 no, 3 not known. `az login` is enough.

    \b
    python -m correlator check --gateway vgw-tokyo-prod \\
        --from 2026-08-21T17:00Z --to 2026-08-21T18:00Z
    """  # noqa: D301  click ends a paragraph that is not to be wrapped at this very character
    settings = Settings.read(os.environ, () if workspace else ("WORKSPACE_IDS",))
    style = show.style()
    first, last = show.point_in_time(start, style.zone), show.point_in_time(end, style.zone)
    if first >= last:
        raise UsageError("--from must lie before --to")
    workspaces = (workspace,) if workspace else kept.workspaces(settings)
    source = log_analytics(settings)
    asked, clock = ask_history(source, workspaces, first, last)
    policy = policy_of(settings)
    read = read_rows(asked.rows, own_reasons=policy.reasons)
    log = _log_of(gateway, read.logs)
    incidents = _judged(log, workspaces, source, policy, first, last) if log else []
    answer = verdict(incidents)
    document = {
        "answer": answer,
        "incidents": [incident_object(i, style) for i in incidents],
        "notifications": [],
        "unreadable": show.unreadable(asked, read),
        "unmapped_reasons": dict(read.unmapped_reasons),
        "unknown_operations": dict(read.unknown_operations),
    }
    if as_json:
        show.document(document)
    elif incidents:
        _print(answer, incidents, min(clock, last + LEAD), style)
    else:
        click.echo(no_incident(_serviced(log, first, last), style))
    show.remarks(document)
    if log is None:
        _suggest(gateway, sorted(read.logs))
    context.exit(EXIT[answer])


def _log_of(asked: str, logs: Mapping[str, GatewayLog]) -> GatewayLog | None:
    """The log of the gateway with that id or name. Raises UsageError for a name that several have."""
    found = sorted(id_ for id_ in logs if asked.strip().lower() in (id_, gateway_name(id_)))
    if len(found) > 1:
        raise UsageError(f"{len(found)} gateways are called {asked}; give --gateway one of the ids {', '.join(found)}")
    return logs[found[0]] if found else None


def _judged(
    log: GatewayLog, workspaces: Sequence[str], source: LogAnalytics, policy: Policy, first: datetime, last: datetime
) -> list[Incident]:
    """The incidents of that time; what is not certain is judged again with what IKE says around it."""
    found = [i for i in correlate(log, policy).incidents if _within(i, first, last)]
    spans = [span for incident in found for span in around_uncertain(incident)]
    if not spans:
        return found
    for workspace in workspaces:
        more = with_ike(workspace, source, [log], spans)[log.gateway]
        log = more._replace(ike=log.ike | more.ike, ike_failed=log.ike_failed or more.ike_failed)
    return [i for i in correlate(log, policy).incidents if _within(i, first, last)]


def ask_history(
    source: LogAnalytics, workspaces: Sequence[str], first: datetime, last: datetime
) -> tuple[Exported, datetime]:
    """The rows of that time and of what led to it, and the service's clock.

    A row's place is its workspace and its number in the answer.
    """
    answers = [(w, source.history(w, first - LEAD, last + LEAD)) for w in workspaces]
    places = Places()
    for workspace, answer in answers:
        places.add(workspace, range(1, len(answer.rows) + 1))
    rows = [row for _, answer in answers for row in answer.rows]
    return Exported(rows, places, [], []), max(answer.now for _, answer in answers)


def verdict(incidents: Sequence[Incident]) -> str:
    """Yes if a drop was maintenance; no if every drop has another cause that rules it out; else not known."""
    causes = {i.finding.cause.value for i in incidents}
    if "azure-maintenance" in causes:
        return YES
    undecided = {"unknown", "azure-failover", "negotiation-failed"}
    return UNKNOWN if not causes or causes & undecided else NO


def _within(incident: Incident, first: datetime, last: datetime) -> bool:
    return incident.started_at <= last and (incident.ended_at is None or incident.ended_at >= first)


def _print(answer: str, incidents: Sequence[Incident], as_of: datetime, style: Style) -> None:
    for line in _answer(answer, incidents, as_of, style):
        click.echo(line)
    for incident in incidents:
        click.echo()
        for line in _report(incident, as_of, style):
            click.echo(line)


def _answer(answer: str, incidents: Sequence[Incident], as_of: datetime, style: Style) -> Iterator[str]:
    """The answer and how it went, in one line; of several incidents a line each, for not all are of one kind."""
    sentence = answer_sentence(answer, incidents, style)
    if len(incidents) == 1:
        yield phrases.sentences(style, [sentence, course(incidents[0], as_of, style)])
        return
    yield sentence
    for incident in incidents:
        day = phrases.day(incident.started_at, style, "day.short")
        at = f"{day} {instant_and_utc(incident.started_at, style)}"
        yield "  " + phrases.say(style, "check.each", at=at, headline=_headline(incident, as_of, style))


def _headline(incident: Incident, as_of: datetime, style: Style) -> str:
    return headline(Notification(Moment.RECOVERED, max(as_of, incident.started_at), incident), style)


def _report(incident: Incident, as_of: datetime, style: Style) -> Iterator[str]:
    """Gateway and day, what happened, when, why, by which rows, what was not found, what would change it, the logs."""
    start, end = incident.started_at, incident.ended_at
    yield f"{phrases.gateway(incident.gateway, style)} · {phrases.day(start, style)} · {incident.id}"
    yield _headline(incident, as_of, style)
    yield _labelled("label.when", phrases.span(start, end, style, start), style)
    yield _labelled("label.cause", summary(incident, style), style)
    yield _labelled("label.confidence", name(incident.finding.confidence, style), style)
    yield _labelled("label.why", "", style).rstrip()
    for row in evidence(incident):
        yield f"  {instant_and_utc(row.at, style)}  {evidence_text(row, style)}"
    for remark in remark_texts(incident, style):
        yield f"  - {remark}"
    yield _labelled("check.not-found", "", style).rstrip()
    for key in not_found(incident):
        yield f"  - {key_text(key, style)}"
    yield _labelled("label.would-change", "", style).rstrip()
    for key in would_change(incident):
        yield f"  - {key_text(key, style)}"
    logs = links(incident.gateway, start, end or max(as_of, start)).get("logs")
    if logs:
        yield _labelled("link.logs", logs, style)


def _labelled(key: str, text: str, style: Style) -> str:
    return phrases.say(style, "label", label=phrases.say(style, key)) + text


def _serviced(log: GatewayLog | None, first: datetime, last: datetime) -> datetime | None:
    """When maintenance was logged in that time, if it was."""
    rows = log.changes if log else []
    return min((c.at for c in rows if c.kind is ChangeKind.MAINTENANCE and first <= c.at <= last), default=None)


def _suggest(asked: str, names: Sequence[str]) -> None:
    others = ", ".join(dict.fromkeys(gateway_name(n) for n in names))
    hint = f"gateways that did: {others}" if others else "is TunnelDiagnosticLog switched on in its diagnostic setting?"
    show.note(f"No gateway called {asked} logged anything around that time; {hint}")
