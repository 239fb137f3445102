"""``completion``: what a shell has to be told so that Tab knows the commands and their options."""

from __future__ import annotations

import click
from click.shell_completion import ShellComplete, get_completion_class

VARIABLE = "_CORRELATOR_COMPLETE"
CALL = "python -m correlator"
FUNCTIONS = {
    "bash": 'correlator() { python -m correlator "$@"; }',
    "zsh": 'correlator() { python -m correlator "$@"; }',
    "fish": "function correlator; python -m correlator $argv; end",
}
ASKED = {"bash": "bash_complete $1", "zsh": "zsh_complete correlator", "fish": "(commandline -t) correlator"}
"""Where the script of click runs the program, which is no file of the PATH but a function."""


@click.command()
@click.argument("shell", type=click.Choice(list(FUNCTIONS)))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print completion for your shell. It is a function `correlator`, made in the repository's root.

    \b
    eval "$(python -m correlator completion bash)"
    python -m correlator completion fish | source
    """  # noqa: D301  click's mark for lines that stay as they are
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"{shell} is no shell that can be completed")
    script = ShellComplete.source(kind(context.find_root().command, {}, "correlator", VARIABLE))
    asked = ASKED[shell]
    click.echo(FUNCTIONS[shell])
    click.echo(script.replace(asked, asked.rpartition(" ")[0] + " " + CALL).strip())
