"""``incidents`` and ``show``: what happened, asked of the table."""

from __future__ import annotations

from typing import Any

import click

from correlator.cli import csv_text, kept, sheets, show
from correlator.model import Cause, Side, Status

COLUMNS = (
    "id", "status", "gateway", "remote_ips", "started_at", "ended_at", "downtime_seconds",
    "connection_downtime_seconds", "impact", "cause", "side", "confidence", "pending", "rule", "drops", "flapping",
    "summary",
)  # fmt: skip
OUTAGE_COLUMNS = (
    "incident", "remote_ip", "instance_down", "instance_up", "started_at", "ended_at", "duration_seconds",
    "connection_lost", "connection_back_at", "open", "reason",
)  # fmt: skip


@click.command()
@click.option("--gateway", help="Name or resource id of a VPN gateway")
@click.option("--cause", type=click.Choice([c.value for c in Cause]), help="Only of this cause")
@click.option("--side", type=click.Choice([s.value for s in Side]), help="Only of this side")
@click.option("--status", type=click.Choice([s.value for s in Status]), help="Only of this status")
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
    """List incidents of the table that began in a time. Retracted and absorbed ones only by --status.

    \b
    python -m correlator incidents --since -7d
    python -m correlator incidents --gateway vgw-tokyo-prod --side azure --since -90d --csv
    """  # noqa: D301  click ends a paragraph that is not to be wrapped at this very character
    start, end = kept.period(since, until, 30, show.style().zone)
    history, style = kept.opened()
    where = kept.where(gateway, Cause=cause, Side=side, Status=status)
    listed = kept.oldest_first(history.between(start, end, where))
    found = [d for d in listed if status or not Status(d["status"]).withdrawn]
    if as_json:
        show.document({"incidents": found})
    elif as_csv:
        csv_text.write(COLUMNS, map(flat, found))
    else:
        sheets.incidents(found, start, end, style)


@click.command("show")
@click.argument("incident_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="The incident object on standard output")
@click.option("--csv", "as_csv", is_flag=True, help="Its tunnel outages as CSV")
def show_one(incident_id: str, as_json: bool, as_csv: bool) -> None:
    """One incident: verdict, evidence, what was not found, its outages and its history.

    \b
    python -m correlator show VPN-20260821-7F3K2M
    """  # noqa: D301
    history, style = kept.opened()
    found = kept.incident(history, incident_id)
    if as_json:
        show.document(found)
    elif as_csv:
        csv_text.write(OUTAGE_COLUMNS, ({"incident": found["id"]} | o for o in found["outages"]))
    else:
        sheets.incident(found, style)


def flat(document: dict[str, Any]) -> dict[str, Any]:
    """An incident object as one line of a sheet."""
    cause = document["cause"]
    peers = dict.fromkeys(o["remote_ip"] or "-" for o in document["outages"])
    return (
        document
        | {
            "gateway": document["gateway"]["name"],
            "remote_ips": " ".join(peers),
            "cause": cause["code"],
            "drops": len(document["outages"]) + document.get("outages_omitted", 0),
        }
        | {key: cause[key] for key in ("side", "confidence", "pending", "rule", "summary")}
    )
