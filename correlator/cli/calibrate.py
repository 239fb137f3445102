"""``calibrate``: how long after a maintenance row the tunnels really fall, and the setting that holds them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from correlator.categories import read_rows
from correlator.cli import show
from correlator.cli.check import ask_history
from correlator.cli.collector import without_collector
from correlator.cli.service import log_analytics
from correlator.correlate import correlate
from correlator.delays import FEW, Delay, by_chance, delays, held, histogram, proposed, summary
from correlator.errors import UsageError
from correlator.incident_json import gateway_name
from correlator.model import GatewayLog, Policy
from correlator.settings import Settings
from correlator.sources.export import Exported, read_files

LONGEST_BAR = 30


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--workspace", help="Ask this workspace (customer id) instead of files")
@click.option("--from", "start", default="-30d", show_default=True, help="With --workspace: from this time on")
@click.option("--to", "end", default="-0m", show_default=True, help="With --workspace: until this time")
@click.option("--dates", type=click.Choice(["mdy", "dmy"]), help="Order of day and month in the portal's CSV")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output")
@without_collector()
def calibrate(
    files: Sequence[Path], workspace: str | None, start: str, end: str, dates: str | None, as_json: bool
) -> None:
    """Measure how long after its log row maintenance cuts. Proposes a MAINTENANCE_WINDOW, and changes nothing.

    \b
    python -m correlator calibrate export.json
    python -m correlator calibrate --workspace ID --from -30d
    """  # noqa: D301  click ends a paragraph that is not to be wrapped at this very character
    if bool(files) == bool(workspace):
        raise UsageError("give files, or --workspace")
    policy = show.policy()
    exported = _asked(workspace, start, end) if workspace else read_files(files, dates)
    logs = [log for _, log in sorted(read_rows(exported.rows, own_reasons=policy.reasons).logs.items())]
    found, chance = _observed(logs, policy)
    answer = document(found, chance, policy)
    if as_json:
        show.document(answer)
    else:
        for line in report(found, answer):
            click.echo(line)
    for note in exported.notes:
        show.note(note)


def _asked(workspace: str, start: str, end: str) -> Exported:
    settings = Settings.read(os.environ)
    first, last = (show.point_in_time(text, settings.timezone) for text in (start, end))
    if first >= last:
        raise UsageError("--from must lie before --to")
    return ask_history(log_analytics(settings), (workspace,), first, last)[0]


def _observed(logs: Sequence[GatewayLog], policy: Policy) -> tuple[list[Delay], int]:
    """Every delay, and how many would have been found by chance."""
    found: list[Delay] = []
    chance = 0
    for log in logs:
        outages = [o for i in correlate(log, policy).incidents for o in i.outages]
        found += delays(log.gateway, log.changes, outages, policy)
        chance += by_chance(log.gateway, log.changes, outages, policy)
    return found, chance


def document(found: Sequence[Delay], chance: int, policy: Policy) -> dict[str, Any]:
    """Seconds everywhere; ``setting`` is None where too few rows were seen to propose one."""
    groups: dict[tuple[str, str], list[Delay]] = {}
    for delay in found:
        groups.setdefault((delay.gateway, delay.instance), []).append(delay)
    return {
        "drops": len(found),
        "maintenance_rows": summary(found).rows if found else 0,
        "by_chance": chance,
        "instances": [
            {"gateway": gateway, "instance": instance, **_plain(group)}
            for (gateway, instance), group in sorted(groups.items())
        ],
        "all": _plain(found) if found else None,
        "histogram": [{"from": low, "to": high, "drops": n} for low, high, n in histogram(found)],
        "window": _window(policy),
        "window_holds": held(found, policy) if found else None,
        "setting": proposed(found),
        "rows_needed": FEW,
    }


def _plain(found: Sequence[Delay]) -> dict[str, float]:
    s = summary(found)
    return {"drops": s.drops, "rows": s.rows, "min": s.least, "median": s.median, "p95": s.most, "max": s.latest}


def _window(policy: Policy) -> list[float]:
    return [-policy.maintenance_before / timedelta(seconds=1), policy.maintenance_after / timedelta(seconds=1)]


def report(found: Sequence[Delay], answer: dict[str, Any]) -> Iterator[str]:
    """The same in lines of at most 80 columns."""
    if not found:
        yield "No drop near a maintenance row was found, so nothing can be said of the delay."
        return
    rows, chance = answer["maintenance_rows"], answer["by_chance"]
    yield f"{answer['drops']} drops near {rows} maintenance rows; by chance: {chance}."
    yield ""
    yield f"{'gateway, instance':40} {'drops':>5} {'min':>7} {'median':>7} {'p95':>7} {'max':>7}"
    for one in answer["instances"]:
        name = f"{gateway_name(one['gateway'])}, {one['instance'].removeprefix('GatewayTenantWorker_') or '-'}"
        yield f"{name[:40]:40} {_figures(one)}"
    yield f"{'all':40} {_figures(answer['all'])}"
    yield ""
    most = max(bar["drops"] for bar in answer["histogram"])
    for bar in answer["histogram"]:
        line = "#" * -(-bar["drops"] * LONGEST_BAR // most)
        yield f"{_length(bar['from']):>7} to {_length(bar['to']):>6} {bar['drops']:>6} {line}".rstrip()
    yield ""
    low, high = answer["window"]
    yield f"The present window ({_length(low)} to {_length(high)}) holds {answer['window_holds']:.1%} of them."
    if answer["setting"]:
        yield f"To hold 99 %: MAINTENANCE_WINDOW={answer['setting']}"
    else:
        yield f"Too few to propose a window: {FEW} maintenance rows with drops are needed."


def _figures(one: dict[str, float]) -> str:
    return f"{one['drops']:>5} " + " ".join(f"{_length(one[k]):>7}" for k in ("min", "median", "p95", "max"))


def _length(seconds: float) -> str:
    """``-60s``, ``45s``, ``12m``, ``1m30s``."""
    sign, whole = "-" if seconds < 0 else "", round(abs(seconds))
    minutes, rest = divmod(whole, 60)
    return f"{sign}{whole}s" if whole < 120 and rest else f"{sign}{minutes}m" + (f"{rest}s" if rest else "")
