"""``stats``: how often, how long, whose, over any time."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import click

from correlator.cli import kept, sheets, show
from correlator.csv_text import csv_text
from correlator.errors import UsageError
from correlator.incident_csv import figures, stats_columns, stats_line
from correlator.incident_json import iso
from correlator.stats import By, groups
from correlator.stats import stats as sum_up


class ByList(click.ParamType[tuple[By, ...]]):
    """``cause,week`` as the groups they name."""

    name = "cause,side,…"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The named groups, in the order given."""
        try:
            return groups(str(value))
        except UsageError as wrong:
            self.fail(str(wrong), param, ctx)


@click.command()
@click.option("--by", type=ByList(), default="cause", show_default=True, help=f"One of {', '.join(By)}, or several")
@click.option("--days", type=click.IntRange(1, 3660), default=90, show_default=True, help="So many days up to the end")
@click.option("--since", help="Instead of --days: 2026-08-21T17:00, with a zone or in TIMEZONE, or -30d")
@click.option("--until", help="The end [default: now]")
@click.option("--gateway", help="Name or resource id of a VPN gateway")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output")
@click.option("--csv", "as_csv", is_flag=True, help="CSV on standard output")
def stats(
    by: tuple[By, ...],
    days: int,
    since: str | None,
    until: str | None,
    gateway: str | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """How often, how long, and whose. Sums over the incidents that began in a time.

    \b
    python -m correlator stats
    python -m correlator stats --by gateway,cause --days 365 --csv
    python -m correlator stats --by tunnel --gateway vgw-tokyo-prod
    """  # noqa: D301  click ends a paragraph that is not to be wrapped at this very character
    wanted = kept.question(days, gateway=gateway, since=since, until=until)
    history, style = kept.opened()
    found = sum_up(history.between(*wanted), by, ZoneInfo(style.zone))
    if as_json:
        rows = [stats_line(found, line) for line in found.lines]
        head = {"since": iso(wanted.since), "until": iso(wanted.until), "timezone": style.zone, "by": [*by]}
        show.document(head | {"rows": rows, "total": figures(found.total)})
    elif as_csv:
        lines = (stats_line(found, line) for line in found.lines)
        click.echo(csv_text(stats_columns(found), lines), nl=False)
    else:
        sheets.stats(found, wanted.since, wanted.until, style)
