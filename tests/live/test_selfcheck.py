"""The daily check and a broken vault reference in the app as it runs: real functions and protocols."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from correlator.selfcheck import PARTITION
from sandbox.nights import fortnight
from sandbox.nights.fortnight import TOKYO
from sandbox.nights.rows import Row
from sandbox.stack import WORKSPACE_ID, Stack
from tests.live.test_end_to_end import bodies, running, stored, text_of

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
EVENT = {"Type": "Operation", "TimeGenerated": fortnight.END - timedelta(days=3), "Detail": "composed: all is well"}
STOP = "Data collection stopped due to daily limit of free data reached. Ingestion status = OverQuota"
SECRET = "kv-secret-name"


def rows() -> list[Row]:
    """The fortnight, without the rows that tell of trouble on purpose."""
    return [EVENT, *(r for r in fortnight.rows() if r["OperationName"] != "TunnelStateUnclear")]


def mending(stack: Stack, chat: str) -> list[str]:
    """The messages of the daily check that a chat got."""
    return [text for body in bodies(stack, f"/{chat}") if "need" in (text := text_of(body)) and "mending" in text]


def checks(stack: Stack) -> list[dict[str, Any]]:
    """The head of the check's own partition."""
    return [r for r in stored(stack, "state") if (r["PartitionKey"], r["RowKey"]) == (PARTITION, "head")]


def test_what_begins_to_be_wrong_is_told_once(stack: Stack) -> None:
    """A setting that vanishes and a cap that is reached are told on both chats by the next day's check, once.

    The check runs behind the hourly function, whose first run on a sound installation tells nothing.
    """
    stack.logs.load(WORKSPACE_ID, rows())
    with running() as fire:

        def hourly(after: timedelta) -> None:
            stack.set_clock(fortnight.END + after)
            fire("poll")
            fire("weekly_summary")

        hourly(timedelta(0))
        assert [r["Mark"] for r in checks(stack)] == [fortnight.END]
        assert mending(stack, "teams") == mending(stack, "slack") == []
        stack.resources.set_diagnostics(TOKYO.resource_id)
        stack.logs.load(WORKSPACE_ID, [{**EVENT, "TimeGenerated": fortnight.END + HOUR, "Detail": STOP}])
        hourly(2 * HOUR)
        assert mending(stack, "teams") == [], "it is looked at once a day"
        for after in (DAY, DAY + HOUR, 2 * DAY):
            hourly(after)
    for chat in ("teams", "slack"):
        (told,) = mending(stack, chat)
        assert f"{TOKYO.name}: no diagnostic setting" in told
        assert f"Workspace {WORKSPACE_ID} stopped collecting logs" in told
    assert [r["Mark"] for r in checks(stack)] == [fortnight.END + 2 * DAY]


def test_a_reference_that_does_not_resolve_costs_one_chat(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The app starts; the live chat hears its news and which setting to mend; once it resolves the other catches up."""
    mended = stack.env["SLACK_WEBHOOK_URL"]
    stack.logs.load(WORKSPACE_ID, rows())
    monkeypatch.setenv("SLACK_WEBHOOK_URL", f"@Microsoft.KeyVault(SecretUri=https://v.example/secrets/{SECRET})")
    with running() as fire:
        for minutes in (0, 5, 10):
            stack.set_clock(fortnight.END + timedelta(minutes=minutes))
            fire("poll")
    heard = [text_of(body) for body in bodies(stack, "/teams")]
    (parked,) = (text for text in heard if "SLACK_WEBHOOK_URL is a Key Vault reference" in text)
    news = [text for text in heard if text is not parked]
    assert any("Watching 3 gateways" in text for text in news)
    assert SECRET not in str([heard, *(stored(stack, table) for table in ("state", "messages"))]) + caplog.text
    assert bodies(stack, "/slack") == []
    monkeypatch.setenv("SLACK_WEBHOOK_URL", mended)
    stack.set_clock(fortnight.END + timedelta(minutes=15))
    with running() as fire:
        fire("poll")
    assert sum("Watching 3 gateways" in text_of(body) for body in bodies(stack, "/slack")) == 1
    assert len(bodies(stack, "/slack")) == len(news)
    assert len(bodies(stack, "/teams")) == len(heard)
