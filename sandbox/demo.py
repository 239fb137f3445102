"""`make demo`: a composed fortnight of three gateways through the real app, with nothing of Azure but its protocols.

The app is the very code that Azure would run; it differs by environment variables only. Polls happen when rows become
visible and once a quiet day, by the log service's clock. With a terminal the page stays up until Ctrl-C; without one
(or with CI=true) the demo ends by itself and the last line of standard output is one JSON object.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from correlator.pages import render
from correlator.settings import Settings
from correlator.sources.export import read_files
from correlator.wiring import style_of
from sandbox.functions_host import FunctionsHost
from sandbox.nights import fortnight, gateways
from sandbox.nights.rows import Row
from sandbox.prepare import prepare
from sandbox.stack import WORKSPACE_ID, Stack

ROOT = Path(__file__).parents[1]
GRID = timedelta(minutes=5)
AFTER = (0, 10, 15)
"""Minutes after fresh rows at which the app would poll and may have something to say."""
SKIPPING = {"POLL_SCHEDULE": "0 0 0 1 * *"}
"""What the app is told of its schedule: hours without a poll are no gap here, for the demo leaves them out."""
READER = {"TIMEZONE": "Asia/Tokyo", "SITES": fortnight.SITES}
"""Settings of those who read the messages."""
Timer = Callable[[str], None]


def main() -> int:
    """Run the demo; 0 if every scenario ended as expected."""
    out = Console(highlight=False)
    out.print("Preparing the sandbox (the first time this fetches its packages) …")
    prepare()
    began = time.monotonic()
    with Stack() as stack:
        stack.receiver.incidents = lambda: list(incidents(stack))
        language = {"MESSAGE_LANGUAGE": os.environ.get("MESSAGE_LANGUAGE", "en")}
        stack.receiver.report = lambda: report_page(list(incidents(stack)), language)
        play(stack, out, language)
        results = [judged(stack, scenario) for scenario in fortnight.SCENARIOS]
        seconds = round(time.monotonic() - began, 1)
        report(stack, results, seconds, out)
        ok = all(r["expected"] == r["got"] for r in results)
        if interactive():
            out.print(f"\nThe messages and the table: [bold]{stack.receiver.url}/[/]   (Ctrl-C ends)")
            out.print(f"The report page: [bold]{stack.receiver.url}/report[/]")
            wait()
        else:
            messages = len(stack.receiver.messages)
            print(json.dumps({"ok": ok, "scenarios": results, "messages": messages, "seconds": seconds}), flush=True)
    return 0 if ok else 1


def interactive() -> bool:
    """Whether somebody is there to look at the page."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("CI") != "true"


def wait() -> None:
    """Until Ctrl-C."""
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return


def play(stack: Stack, out: Console, settings: Mapping[str, str]) -> None:
    """Load the fortnight and let the timers fire at the times that matter, under these settings."""
    rows = fortnight.rows()
    stack.logs.load(WORKSPACE_ID, rows)
    stack.resources.load(gateways.without_vnet_to_vnet())
    moments = list(schedule(rows))
    told = {**stack.env, **SKIPPING, **READER, **settings}
    with timers(told, out) as fire, Progress(console=out, transient=True) as progress:
        task = progress.add_task("Polling through a fortnight", total=len(moments))
        for moment in moments:
            stack.set_clock(moment)
            fire("poll")
            if moment.hour == 0 and moment.minute == 0:
                fire("weekly_summary")
            progress.advance(task)


def schedule(rows: list[Row]) -> Iterator[datetime]:
    """Every five minutes in Azure; here the polls that can matter, and one at each midnight UTC (09:00 in Tokyo)."""
    moments = {fortnight.END}
    for row in rows:
        seen = datetime.fromisoformat(row["IngestionTime"])
        first = seen + (fortnight.BEGIN - seen) % GRID
        moments |= {first + timedelta(minutes=m) for m in AFTER}
    day = fortnight.BEGIN
    while day <= fortnight.END:
        moments.add(day)
        day += timedelta(days=1)
    return iter(sorted(m for m in moments if m <= fortnight.END))


@contextmanager
def timers(settings: Mapping[str, str], out: Console) -> Iterator[Timer]:
    """Fire timers through Microsoft's worker library; below Python 3.13, which it needs, call the functions."""
    if (sys.version_info.major, sys.version_info.minor) >= (3, 13):
        with FunctionsHost(ROOT, settings) as host:
            out.print("The app runs through Microsoft's Python worker library. Lines of JSON are its own warnings.")
            yield host.run_timer
        return
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    out.print(f"Python {version}: the functions are called directly; the worker library needs Python 3.13.")
    with patch.dict(os.environ, settings):
        app = importlib.import_module("function_app")
        yield lambda name: getattr(app, name)(SimpleNamespace(past_due=False))


def incidents(stack: Stack) -> Iterator[dict[str, Any]]:
    """The public incident objects, from the table."""
    for row in sorted(_rows(stack), key=lambda r: str(r["StartedAt"])):
        yield json.loads(row["Json"] + "".join(row.get(f"Json{n}", "") for n in range(2, 10)))


def report_page(found: list[dict[str, Any]], settings: Mapping[str, str]) -> str:
    """The report page of the fortnight: the table's objects, and the rows of the log beside them."""
    rows = read_files([fortnight.FILE]).rows
    return render(found, style_of(Settings.read({**READER, **settings})), rows, fortnight.BEGIN, fortnight.END)


def _rows(stack: Stack) -> Iterator[Mapping[str, Any]]:
    return iter(stack.tables.get_table_client("incidents").list_entities())


def judged(stack: Stack, scenario: fortnight.Scenario) -> dict[str, str]:
    """What the table says about a scenario."""
    found = [
        f"{r['Cause']} {r['Confidence']} {r['Status']} {r['Impact']} {r['OutageCount']}"
        for r in sorted(_rows(stack), key=lambda r: r["RowKey"])
        if r["Gateway"] == scenario.gateway.name.lower() and scenario.first <= r["StartedAt"] < scenario.last
    ]
    return {"name": scenario.name, "expected": scenario.expected, "got": " + ".join(found)}


def report(stack: Stack, results: list[dict[str, str]], seconds: float, out: Console) -> None:
    """What happened, for people."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("")
    table.add_column("What happened")
    table.add_column("What the table says")
    for result in results:
        right = result["expected"] == result["got"]
        mark = Text("✓", "green") if right else Text("✗", "red")
        said = result["got"] if right else f"{result['got'] or 'nothing'} (expected {result['expected']})"
        table.add_row(mark, Text(result["name"]), Text(said))
    out.print(table)
    messages = stack.receiver.messages
    teams = sum(m.path == "/teams" for m in messages)
    out.print(f"{teams} messages to Teams and {len(messages) - teams} to Slack, {seconds} s.")


if __name__ == "__main__":
    sys.exit(main())
