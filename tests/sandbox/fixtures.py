"""The sandbox for tests: one stack for the whole run, and a fresh, empty one of it for each test."""

from collections.abc import Iterator

import pytest

from sandbox.stack import Stack


@pytest.fixture(scope="session")
def running_stack() -> Iterator[Stack]:
    """The stack, started when the first test asks and stopped at the end of the run."""
    with Stack() as stack:
        yield stack


@pytest.fixture
def stack(running_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """An empty stack with its environment set: the app's own clients find it, and nothing else."""
    running_stack.clear()
    for name, value in running_stack.env.items():
        monkeypatch.setenv(name, value)
    return running_stack
