"""``incidents`` and ``show``: what happened, asked of the table."""

from __future__ import annotations

import click

from correlator.asked import CHOICES
from correlator.cli import kept, sheets, show
from correlator.csv_text import csv_text
from correlator.incident_csv import INCIDENT, OUTAGE, incident_line

CAUSES, SIDES, STATES = (", ".join(CHOICES[key]) for key in ("cause", "side", "status"))


@click.command()
@click.option("--gateway", help="Name or resource id of a VPN gateway")
@click.option("--cause", metavar="CAUSE", type=click.Choice(CHOICES["cause"]), help=f"Only of this one: {CAUSES}")
@click.option("--side", metavar="SIDE", type=click.Choice(CHOICES["side"]), help=f"Only of this one: {SIDES}")
@click.option("--status", metavar="STATUS", type=click.Choice(CHOICES["status"]), help=f"Only of this one: {STATES}")
@click.option("--since", help="2026-08-21T17:00, with a zone or in TIMEZONE, or -30d [default: 30 days before the end]")
@click.option("--until", help="The same for the end [default: now]")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output")
@click.option("--csv", "as_csv", is_flag=True, help="CSV on standard output")
def incidents(
    gateway: str | None,
    cause: str | None,
    side: str | None,
    status: str | None,
    since: str | None,
    until: str | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """List the incidents of a time. Retracted and absorbed ones only by --status.

    \b
    python -m correlator incidents --since -7d
    python -m correlator incidents --side azure --since -90d --csv
    """  # noqa: D301  click ends a paragraph that is not to be wrapped at this very character
    wanted = kept.question(30, gateway=gateway, cause=cause, side=side, status=status, since=since, until=until)
    history, style = kept.opened()
    found = kept.oldest_first(d for d in history.between(*wanted) if wanted.wants(d["status"]))
    if as_json:
        show.document({"incidents": found})
    elif as_csv:
        click.echo(csv_text(INCIDENT, map(incident_line, found)), nl=False)
    else:
        sheets.incidents(found, wanted.since, wanted.until, style)


@click.command("show")
@click.argument("incident_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="The incident object on standard output")
@click.option("--csv", "as_csv", is_flag=True, help="Its tunnel outages as CSV")
def show_one(incident_id: str, as_json: bool, as_csv: bool) -> None:
    """Show one incident. Verdict, evidence, what was not found, its outages and its history.

    \b
    python -m correlator show VPN-20260821-7F3K2M
    """  # noqa: D301
    history, style = kept.opened()
    found = kept.incident(history, incident_id)
    if as_json:
        show.document(found)
    elif as_csv:
        click.echo(csv_text(OUTAGE, ({"incident": found["id"]} | o for o in found["outages"])), nl=False)
    else:
        sheets.incident(found, history.told(found["id"]), style)
