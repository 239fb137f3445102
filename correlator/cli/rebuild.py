"""``rebuild``: the public tables anew from the workspaces, as far back as these keep their rows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta

import click
from msgspec.structs import replace

from correlator.categories import read_rows
from correlator.cli import show
from correlator.cli.check import ask_history
from correlator.cli.kept import open_tables
from correlator.cli.service import log_analytics
from correlator.cli.tables import Desk, open_desk
from correlator.correlate import correlate
from correlator.model import Incident, Policy
from correlator.moves import followed
from correlator.people import People
from correlator.rebuild import rebuilt
from correlator.settings import Settings
from correlator.sources.log_analytics import LogAnalytics
from correlator.stores.history import History
from correlator.track import window_start
from correlator.watchlist import informed
from correlator.weekly import label_of
from correlator.wiring import policy_of, style_of


@click.command()
@click.option("--days", type=click.IntRange(3, 730), default=30, help="How far back [default: 30]")
@click.option("--yes", is_flag=True, help="Write it; else only say what would be written")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output")
def rebuild(days: int, yes: bool, as_json: bool) -> None:
    """Judge the logs of the last days anew. Writes what the table lacks or tells otherwise.

    Nobody is told. Incidents keep their ids, and what people said of them; the last days are left to the polls.

    \b
    python -m correlator rebuild --days 90
    python -m correlator rebuild --days 90 --yes
    """  # noqa: D301  click ends a paragraph that is not to be wrapped at this very character
    desk, settings = open_desk(workspaces=True), Settings.read(os.environ)
    listed, now = desk.store.kept_list()
    style = style_of(settings, listed)
    first = now - timedelta(days=days)
    weeks = list(dict.fromkeys(label_of((first + timedelta(days=n - 7)).date()) for n in range(days + 9)))
    policy = informed(policy_of(settings), listed)
    people = followed(desk.store.people(weeks, first), policy.moved)
    found = list(_judged(desk, log_analytics(settings), policy, people, first, now))
    written = rebuilt(found, History(open_tables()).stored(weeks), _living(desk), people, style)
    if yes:
        desk.store.record(written)
    if as_json:
        show.document({"looked_at": len(found), "written" if yes else "would_write": [i.id for i in written]})
        return
    for incident in written:
        click.echo(f"{incident.started_at:%Y-%m-%d %H:%M:%S}Z  {incident.id}  {incident.finding.cause}")
    verb = "written" if yes else "would be written; --yes does it"
    click.echo(f"{len(found)} incidents looked at, {len(written)} {verb}")


def _judged(
    desk: Desk, source: LogAnalytics, policy: Policy, people: People, first: datetime, now: datetime
) -> Iterator[Incident]:
    """The incidents that began since ``first`` and that no poll will change any more."""
    for workspace in desk.workspaces:
        asked, _ = ask_history(source, [workspace], first, now)
        mark = desk.store.read(workspace).head.mark
        last = window_start(mark) if mark else now
        for gateway, log in sorted(read_rows(asked.rows, policy.addresses, policy.reasons).logs.items()):
            for incident in correlate(log, replace(policy, planned=people.planned(gateway))).incidents:
                newest = max(d.outage.end or d.outage.start for d in incident.drops)
                if first <= incident.started_at and newest < last:
                    yield incident


def _living(desk: Desk) -> set[str]:
    """The incidents that are kept with the state: polls may still write them."""
    states = [s for w in desk.workspaces for s in desk.store.gateways(w, desk.store.watched(w)).values()]
    return {t.incident.id for state in states for t in state.tracked}
