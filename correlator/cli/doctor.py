"""``doctor``: what is wrong with an installation, and the cure."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Sequence

import click
from rich.console import Console
from rich.text import Text

from correlator.cli import show
from correlator.doctor.gather import Wanted, gather
from correlator.doctor.model import Facts, Finding, Severity
from correlator.doctor.rules import examine
from correlator.settings import SETTINGS

FINE, MEND, SERVICE = 0, 1, 4
COLOURS = {Severity.MEND: "bold red", Severity.NOTE: "cyan"}
INDENT = " " * 6


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output")
@click.option("--test-message", is_flag=True, help="Send a harmless message to each channel")
@click.option("--live", is_flag=True, help="Ask Azure for the state of every connection too, one call each")
@click.pass_context
def doctor(context: click.Context, as_json: bool, test_message: bool, live: bool) -> None:
    """What is wrong with the installation, and the cure. Exit code 1 for something to mend.

    Looks at the settings of the environment it runs in, with whatever you are signed in with: it sees what you may see,
    not what the app's identity may. It writes one row to the state table and deletes it again. docs/doctor.md explains
    every finding.

    \b
    python -m correlator doctor
    python -m correlator doctor --test-message
    """  # noqa: D301  click's mark for lines that stay as they are
    facts = gather(os.environ, Wanted(test_message, live))
    found = examine(facts)
    if as_json:
        show.document(
            {
                "findings": [f._asdict() for f in found],
                "not_checked": list(facts.not_checked),
                "looked_at": looked_at(facts),
            }
        )
    else:
        _print(found, facts)
    context.exit(exit_code(found, facts))


def exit_code(found: Sequence[Finding], facts: Facts) -> int:
    """4 if services were asked and none answered, 1 if there is something to mend, else 0."""
    if facts.nothing_answered:
        return SERVICE
    return MEND if any(f.severity is Severity.MEND for f in found) else FINE


def looked_at(facts: Facts) -> dict[str, int]:
    """How much the findings rest on."""
    listed = facts.listed.gateways if facts.listed else ()
    logged = [found for workspace in facts.readable for found in workspace.logged]
    return {
        "settings": len(SETTINGS),
        "channels": len(facts.addresses),
        "test_messages": len(facts.sent),
        "tables": int(facts.tables is not None and facts.tables.refused is None),
        "workspaces": len(facts.readable),
        "rows": sum(found.rows for found in logged),
        "gateways": len({g.resource_id for g in listed} | {found.gateway for found in logged}),
        "diagnostic_settings": sum(map(len, facts.diagnostics.values())),
        "connections": sum(len(g.connections) for g in listed),
    }


def _print(found: Sequence[Finding], facts: Facts) -> None:
    """A finding is one line: what is wrong with what; and beneath it the cure."""
    console = Console(highlight=False, soft_wrap=True)
    for finding in found:
        head, *more = _wrapped(f"{finding.subject}: {finding.what} ({finding.code})", console.width)
        console.print(
            Text(f"{finding.severity:6}", COLOURS[finding.severity]).append(head.lstrip(), "not bold default")
        )
        for line in (*more, *_wrapped(f"→ {finding.cure}" if finding.cure else "", console.width)):
            console.print(line, markup=False)
    for missed in facts.not_checked:
        for line in _wrapped(f"not checked: {missed}", console.width, ""):
            console.print(Text(line, "dim"))
    console.print(Text(summary(found, facts), "bold"))


def _wrapped(text: str, width: int, first: str = INDENT) -> list[str]:
    """Lines that break at blanks alone, so that a command or an address can be copied."""
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=INDENT, break_long_words=False, break_on_hyphens=False
    )


def summary(found: Sequence[Finding], facts: Facts) -> str:
    """The last line: how many of each, and what was looked at."""
    to_mend = sum(f.severity is Severity.MEND for f in found)
    said = f"{to_mend} to mend" if to_mend else "Nothing to mend"
    if facts.nothing_answered:
        said = "No service answered"
    seen = looked_at(facts)
    looked = ", ".join(_count(seen[f"{what}s"], what) for what in ("workspace", "gateway", "row"))
    return f"{said}, {_count(len(found) - to_mend, 'note')}, {len(facts.not_checked)} not checked ({looked})."


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
