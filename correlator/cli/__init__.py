"""The command line: verdicts from a laptop without deploying anything, and questions to the tables of a deployment."""

from __future__ import annotations

import sys

import click

from correlator import __version__
from correlator.cli.calibrate import calibrate
from correlator.cli.check import check
from correlator.cli.completion import VARIABLE, completion
from correlator.cli.doctor import doctor
from correlator.cli.entries import planned_work, silence
from correlator.cli.evidence import evidence
from correlator.cli.export import export, restore
from correlator.cli.incidents import incidents, show_one
from correlator.cli.output import outputs
from correlator.cli.rebuild import rebuild
from correlator.cli.remarks import ack, close, note, reclassify
from correlator.cli.replay import replay
from correlator.cli.sample import sample
from correlator.cli.stats import stats
from correlator.cli.weekly import weekly
from correlator.errors import CorrelatorError, SourceUnavailable, StaleWrite, StoreUnavailable

USAGE, SERVICE = 2, 4


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="correlator")
def commands() -> None:
    """Why did the tunnel drop? Verdicts over Azure VPN gateway logs."""


COMMANDS = (
    *(check, replay, calibrate, sample, doctor, completion),
    *(incidents, show_one, stats, weekly, evidence, export, restore, rebuild),
    *(ack, note, reclassify, close, silence, planned_work),
)
for command in COMMANDS:
    commands.add_command(command)


def main() -> None:
    """Run a command. Exit 0: answered; 2: bad usage or unreadable file; 4: a service refused or is unreachable.

    ``check`` answers with 0 yes, 1 no, 3 not known, ``doctor`` with 1 for something to mend; click returns such a code
    instead of exiting with it. A closed pipe changes none of these; a full disk is 2.
    """
    with outputs():
        sys.exit(_run())


def _run() -> int | None:
    try:
        code: int | None = commands.main(standalone_mode=False, complete_var=VARIABLE)
    except click.Abort:
        return 130
    except click.exceptions.NoArgsIsHelpError as nothing_asked:
        nothing_asked.show()
        return USAGE
    except click.ClickException as wrong:
        _say(_one_line(wrong))
        return wrong.exit_code
    except (SourceUnavailable, StoreUnavailable, StaleWrite) as refused:
        _say(str(refused))
        return SERVICE
    except CorrelatorError as problem:
        _say(str(problem))
        return USAGE
    return code


def _one_line(wrong: click.ClickException) -> str:
    """What is wrong with the command line, and where to read how it goes."""
    text = " ".join(wrong.format_message().split())
    context = wrong.ctx if isinstance(wrong, click.UsageError) else None
    named: list[str] = []
    while context and context.parent:
        named.insert(0, context.info_name or "")
        context = context.parent
    asked = " ".join(("python -m correlator", *named))
    return f"{text} ({asked} --help shows how it goes)"


def _say(text: str) -> None:
    click.echo(f"Error: {text}", err=True)
