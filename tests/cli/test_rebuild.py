"""``rebuild`` over the emulators: the composed fortnight comes back from its logs, and then nothing is left to do."""

from __future__ import annotations

import pytest

from sandbox.nights import fortnight
from sandbox.stack import WORKSPACE_ID, Stack
from tests.cli.conftest import Run
from tests.cli.test_replay import document


def test_lost_tables_come_back_from_the_logs(run: Run, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --yes nothing is written; with it every incident is there, and then nothing is left to do."""
    for name, value in stack.env.items():
        monkeypatch.setenv(name, value)
    stack.logs.load(WORKSPACE_ID, fortnight.rows())
    asked = ("rebuild", "--days", "730", "--json")
    would = document(run(*asked))
    assert len(would["would_write"]) == would["looked_at"] > 10
    assert document(run("incidents", "--since", "-730d", "--json"))["incidents"] == []
    assert document(run(*asked, "--yes"))["written"] == would["would_write"]
    assert document(run(*asked, "--yes"))["written"] == []
    there = {d["id"] for d in document(run("incidents", "--since", "-730d", "--json"))["incidents"]}
    assert there == set(would["would_write"])
