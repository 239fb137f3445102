"""Whoever reads the output may go away, and a disk may be full: the same for every command, in a process of its own."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NIGHT = "sandbox/nights/fortnight.jsonl"
TABLE, JSON = ("replay", NIGHT), ("replay", NIGHT, "--json")
SAYS = (TABLE, JSON, ("--help",), ("completion", "bash"))
FULL = Path("/dev/full")


def process(*arguments: str, out: int, err: int = subprocess.PIPE, complete: str = "") -> tuple[int, str]:
    """A run with its output there: how it ended and what it said on standard error."""
    command = [sys.executable, "-m", "correlator", *arguments]
    asked = {"_CORRELATOR_COMPLETE": complete} if complete else {}
    done = subprocess.run(
        command, cwd=ROOT, check=False, timeout=60, stdout=out, stderr=err, text=True, env=os.environ | asked
    )
    return done.returncode, done.stderr or ""


@pytest.fixture
def gone() -> Iterator[int]:
    """A pipe that nobody reads any more."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@pytest.fixture
def full() -> Iterator[int]:
    """A disk that holds no more."""
    if not FULL.exists():
        pytest.skip("this system has no /dev/full")
    with FULL.open("wb") as disk:
        yield disk.fileno()


@pytest.mark.parametrize("words", SAYS, ids=" ".join)
def test_a_reader_that_goes_away(gone: int, words: tuple[str, ...]) -> None:
    """A reader that closes the pipe early (``| head -1``) is no error to tell about: the command ends as it would."""
    code, said = process(*words, out=gone)
    assert code == 0
    assert [line for line in said.splitlines() if not line.startswith("skipped ")] == []


def test_it_ends_as_it_would_have(gone: int) -> None:
    """Nor does it hide how the command ended, on whichever of its outputs."""
    assert process(out=gone)[0] == 2
    assert process("replay", "nowhere.json", out=gone, err=gone)[0] == 2
    assert process(*TABLE, out=gone, err=gone)[0] == 0
    assert process(out=gone, complete="bash_source") == (0, "")


def test_a_reader_that_goes_away_on_windows() -> None:
    """There a pipe that nobody reads says that the argument is invalid, as this file does wherever it exists."""
    if not hasattr(select, "epoll"):
        pytest.skip("this system has no file that says so")
    with select.epoll() as pipe:
        assert process("completion", "bash", out=pipe.fileno()) == (0, "")


@pytest.mark.parametrize("words", SAYS, ids=" ".join)
def test_a_full_disk(full: int, words: tuple[str, ...]) -> None:
    """What cannot be written is one line and the code of other errors."""
    code, said = process(*words, out=full)
    assert (code, said) == (2, "Error: standard output cannot be written: No space left on device\n")


def test_remarks_on_a_full_disk(full: int) -> None:
    """Where remarks cannot be written, there is nobody to tell: the answer counts."""
    assert process(*JSON, out=subprocess.DEVNULL, err=full)[0] == 0


def test_a_process_without_outputs() -> None:
    """A process may be started with its outputs closed."""
    shell = f"exec {sys.executable} -m correlator replay {NIGHT} >&- 2>&-"
    assert subprocess.run(["sh", "-c", shell], cwd=ROOT, check=False, timeout=60).returncode == 0
