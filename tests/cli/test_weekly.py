"""``weekly`` over the real table protocol: the report as it would be told, as JSON, and sent on request."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from azure.identity import DefaultAzureCredential

from correlator.stores.store import TableStore
from correlator.stores.table_storage import AzureTables
from correlator.wording import Style
from sandbox.stack import Stack
from tests.cli.conftest import Run
from tests.cli.test_incidents import fortnight
from tests.cli.test_replay import document

JST = {"TIMEZONE": "Asia/Tokyo"}


@pytest.fixture(scope="module")
def kept(running_stack: Stack) -> Iterator[dict[str, str]]:
    """The fortnight in the tables of the emulator; the settings that lead there and to the chats."""
    with patch.dict(os.environ, running_stack.env):
        running_stack.clear()
        tables = AzureTables.at(running_stack.azurite.tables_endpoint, DefaultAzureCredential())
        TableStore(tables, Style()).record(fortnight())
        yield running_stack.env


def test_a_week_is_read_in_the_terminal(run: Run, kept: dict[str, str]) -> None:
    """The sentence comes first, no line is longer than the terminal, and both languages are whole."""
    english = run("weekly", "--week", "2026-W34", **kept, **JST)
    assert english.code == 0, english.err
    lines = english.out.splitlines()
    assert lines[0].startswith("VPN week: ")
    assert all(len(line) <= 80 for line in lines)
    assert "Availability: " in english.out
    assert "not the measure of Microsoft's SLA" in " ".join(english.out.split())
    assert run("weekly", "--week", "2026-W34", **kept, **JST, MESSAGE_LANGUAGE="ja").out.startswith("VPN 週報：")


def test_the_document_holds_the_figures(run: Run, kept: dict[str, str]) -> None:
    """One JSON document and nothing else; sides, days and incidents add up to the same drops."""
    found = document(run("weekly", "--week", "2026-W34", "--json", **kept, **JST))
    assert (found["label"], found["start"], found["end"]) == (
        "2026-W34",
        "2026-08-16T15:00:00Z",
        "2026-08-23T15:00:00Z",
    )
    assert found["drops"] > 0
    assert found["drops"] == sum(side["drops"] for side in found["by_side"])
    assert found["drops"] == sum(n for day in found["by_time"] for n in day.values() if isinstance(n, int))
    assert found["drops"] == sum(line["drops"] for line in found["incidents"])
    assert found["blind_seconds"] is None
    assert found["connections_from"] == "seen-in-the-log"


def test_a_month_is_the_sum_of_its_days(run: Run, kept: dict[str, str]) -> None:
    """August holds every incident of the composed fortnight and says how to get them as a table."""
    found = document(run("weekly", "--month", "2026-08", "--json", **kept, **JST))
    assert found["incident_count"] == len([i for i in fortnight() if not i.status.withdrawn])
    assert "evidence --month 2026-08" in " ".join(run("weekly", "--month", "2026-08", **kept, **JST).out.split())


def test_a_page_is_written_beside_it(run: Run, kept: dict[str, str], tmp_path: Path) -> None:
    """--html writes the same report as one page without a script; a place that cannot be written is one line."""
    file = tmp_path / "week.html"
    ran = run("weekly", "--week", "2026-W34", "--html", str(file), **kept, **JST)
    assert ran.code == 0, ran.err
    text = file.read_text(encoding="utf-8")
    assert ran.out.splitlines()[0] in text
    assert "<script" not in text
    ran = run("weekly", "--week", "2026-W34", "--html", str(tmp_path / "no" / "week.html"), **kept)
    assert (ran.code, len(ran.err.splitlines())) == (2, 1)


def test_it_is_sent_only_on_request(run: Run, kept: dict[str, str], running_stack: Stack) -> None:
    """With --send each channel that is set gets the report once; without, nobody does."""
    running_stack.receiver.clear()
    run("weekly", "--week", "2026-W34", **kept, **JST)
    assert running_stack.receiver.messages == []
    ran = run("weekly", "--week", "2026-W34", "--send", "--json", **kept, **JST)
    assert ran.code == 0, ran.err
    assert sorted(m.path for m in running_stack.receiver.messages) == ["/slack", "/teams"]
    assert document(ran)["label"] == "2026-W34"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("--week", "2026-W54"), "2026-W54 is no week: give 2026-W34"),
        (("--month", "2026-13"), "2026-13 is no month: give 2026-08"),
        (("--week", "2999-W01"), "2999-W01 has not begun yet"),
        (("--week", "2026-W34", "--month", "2026-08"), "not both"),
    ],
)
def test_a_period_that_is_none_is_one_line(run: Run, kept: dict[str, str], asked: tuple[str, ...], said: str) -> None:
    """What cannot be reported on is named, with the way out, and is bad usage."""
    ran = run("weekly", *asked, **kept)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1


def test_without_a_channel_nothing_can_be_sent(run: Run, kept: dict[str, str]) -> None:
    """--send without any channel set says which settings there are."""
    ran = run("weekly", "--week", "2026-W34", "--send", **kept | {"TEAMS_WEBHOOK_URL": "", "SLACK_WEBHOOK_URL": ""})
    assert ran.code == 2
    assert "TEAMS_WEBHOOK_URL or SLACK_WEBHOOK_URL or EVENTS_WEBHOOK_URL" in ran.err
