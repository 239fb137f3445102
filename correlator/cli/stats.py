"""``stats``: how often, how long, whose, over any time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import click

from correlator.cli import csv_text, kept, sheets, show
from correlator.incident_json import gateway_name, iso
from correlator.model import Cause
from correlator.stats import By, Stats, Sum
from correlator.stats import stats as sum_up

FIGURES = ("incidents", "drops", "downtime_seconds", "connection_downtime_seconds", "longest_seconds", "open")


class ByList(click.ParamType[tuple[By, ...]]):
    """``cause,week`` as the groups they name."""

    name = "cause,side,…"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The named groups, in the order given."""
        names = [n.strip().lower() for n in str(value).split(",") if n.strip()]
        known = ", ".join(By)
        if not names or not set(names) <= set(By):
            self.fail(f"{value} is none of {known}, nor a list of them", param, ctx)
        return tuple(dict.fromkeys(By(n) for n in names))


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
    """How often, how long, and whose: sums over the incidents that began in a time.

    \b
    python -m correlator stats
    python -m correlator stats --by gateway,cause --days 365 --csv
    python -m correlator stats --by tunnel --gateway vgw-tokyo-prod
    """  # noqa: D301  click ends a paragraph that is not to be wrapped at this very character
    start, end = kept.period(since, until, days, show.style().zone)
    history, style = kept.opened()
    found = sum_up(history.between(start, end, kept.where(gateway)), by, ZoneInfo(style.zone))
    if as_json:
        rows = [line_object(found, line) for line in found.lines]
        head = {"since": iso(start), "until": iso(end), "timezone": style.zone, "by": [b.value for b in by]}
        show.document(head | {"rows": rows, "total": _figures(found.total)})
    elif as_csv:
        columns = list(dict.fromkeys(c for b in by for c in _COLUMNS.get(b, (b.value,))))
        csv_text.write([*columns, *FIGURES], (line_object(found, line) for line in found.lines))
    else:
        sheets.stats(found, start, end, style)


_COLUMNS = {
    By.CAUSE: ("cause", "side"),
    By.GATEWAY: ("gateway", "gateway_id"),
    By.TUNNEL: ("gateway", "gateway_id", "remote_ip"),
}


def line_object(found: Stats, line: Sum) -> dict[str, Any]:
    """One line of the sums with its groups named."""
    values: dict[str, Any] = {}
    for by, of in zip(found.by, line.of, strict=True):
        values |= _named(by, of)
    return values | _figures(line)


def _named(by: By, of: str) -> Mapping[str, Any]:
    match by:
        case By.CAUSE:
            return {"cause": of, "side": Cause(of).side.value}
        case By.GATEWAY:
            return {"gateway": gateway_name(of), "gateway_id": of}
        case By.TUNNEL:
            gateway, _, peer = of.rpartition(" ")
            return {"gateway": gateway_name(gateway), "gateway_id": gateway, "remote_ip": None if peer == "-" else peer}
    return {by.value: of}


def _figures(line: Sum) -> dict[str, Any]:
    return {name: getattr(line, name) for name in FIGURES}
