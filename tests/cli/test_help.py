"""What ``--help`` of every command says, as somebody reads it in a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from correlator.cli import commands
from tests.cli.conftest import Run


def every(group: click.Group, *above: str) -> Iterator[tuple[str, ...]]:
    """The words that lead to each command, groups included."""
    for name, command in group.commands.items():
        yield (*above, name)
        if isinstance(command, click.Group):
            yield from every(command, *above, name)


@pytest.mark.parametrize("words", list(every(commands)), ids=" ".join)
def test_every_command_shows_how_it_is_called(run: Run, words: tuple[str, ...]) -> None:
    """There is an example to copy, of this very command, and no line is longer than the terminal."""
    ran = run(*words, "--help")
    assert ran.code == 0
    calls = [line for line in ran.out.splitlines()[1:] if f"python -m correlator {' '.join(words)}" in line]
    assert calls, ran.out
    assert [line for line in ran.out.splitlines() if len(line) > 80] == []


def test_the_list_of_commands_says_what_each_does(run: Run) -> None:
    """One whole sentence a command: none is cut short."""
    ran = run("--help")
    assert "..." not in ran.out.partition("Commands:")[2]
    assert "--version" in ran.out
