"""``doctor``: what is wrong with an installation, and the cure."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from correlator.cli import show
from correlator.doctor.gather import Wanted, gather
from correlator.doctor.model import Facts, Finding, Severity
from correlator.doctor.rules import examine
from correlator.settings import SETTINGS

FINE, MEND, SERVICE = 0, 1, 4
COLOURS = {Severity.MEND: "bold red", Severity.NOTE: "cyan"}
INDENT = (0, 0, 0, 6)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output")
@click.option("--test-message", is_flag=True, help="Send a harmless message to each channel")
@click.option("--live", is_flag=True, help="Ask Azure for the state of every connection too, one call each")
@click.pass_context
def doctor(context: click.Context, as_json: bool, test_message: bool, live: bool) -> None:
    """What is wrong with the installation, and the cure. Exit code 1 if there is something to mend.

    Looks at the settings of the environment it runs in, with whatever you are signed in with: it sees what you may see,
    not what the app's identity may. It writes one row to the state table and deletes it again. docs/doctor.md explains
    every finding.
    """
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
    """A finding is two lines: what is wrong with what, and the cure."""
    console = Console(highlight=False)
    for finding in found:
        head = Text(f"{finding.severity}  ", COLOURS[finding.severity])
        head.append(f"{finding.subject}: {finding.what}", "not bold default")
        head.append(f" ({finding.code})", "not bold dim default")
        console.print(head)
        if finding.cure:
            console.print(Padding(Text(f"→ {finding.cure}"), INDENT))
    for line in facts.not_checked:
        console.print(Text(f"not checked: {line}", "dim"))
    console.print(Text(summary(found, facts), "bold"))


def summary(found: Sequence[Finding], facts: Facts) -> str:
    """The last line: how many of each, and what was looked at."""
    to_mend = sum(f.severity is Severity.MEND for f in found)
    seen = looked_at(facts)
    if facts.nothing_answered:
        said = "No service answered"
    elif to_mend:
        said = f"{to_mend} to mend"
    else:
        said = "Nothing to mend"
    looked = ", ".join(f"{seen[what]} {what}" for what in ("workspaces", "gateways", "connections", "rows"))
    return f"{said}, {len(found) - to_mend} notes, {len(facts.not_checked)} not checked. Looked at {looked}."
