"""Tab in a real shell, over the script that ``completion`` prints."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from correlator.cli import commands
from correlator.cli.completion import CALL, FUNCTIONS

ROOT = Path(__file__).parents[2]
REMARKS = ("ack", "note", "reclassify", "close", "completion")


def printed(shell: str) -> str:
    """What the command prints."""
    asked = [sys.executable, "-m", "correlator", "completion", shell]
    return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("shell", FUNCTIONS)
def test_the_script_asks_the_program_itself(shell: str) -> None:
    """The script defines the function, and runs the program rather than a function that ``env`` cannot see."""
    text = printed(shell)
    assert text.startswith(FUNCTIONS[shell])
    assert text.count(CALL) == 2


@pytest.mark.skipif(not shutil.which("bash"), reason="not run: no bash")
def test_bash_completes() -> None:
    """Three letters of a command find it."""
    ask = (
        'eval "$1"; COMP_WORDS=(correlator sta) COMP_CWORD=1; _correlator_completion correlator; echo "${COMPREPLY[@]}"'
    )
    script = printed("bash").replace(CALL + ")", f"{sys.executable} -m correlator)")
    done = subprocess.run(["bash", "-c", ask, "-", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["stats"]


@pytest.mark.parametrize("name", REMARKS)
def test_the_help_has_an_example(name: str) -> None:
    """The help of a command shows a call of it."""
    command = commands.commands[name]
    assert f"python -m correlator {name}" in command.get_help(click.Context(command, info_name="x"))
