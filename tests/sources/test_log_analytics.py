"""The log source over the sandbox's query endpoint: whatever goes wrong is retried, or said in one line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from azure.identity import DefaultAzureCredential
from azure.monitor.query import LogsQueryClient

from correlator import queries
from correlator.categories import moment
from correlator.errors import SourceUnavailable
from correlator.model import LogRow
from correlator.sources.log_analytics import LogAnalytics
from sandbox.faults import Fault, Reply, bad_gateway, dropped, forbidden, partial, refused, throttled, truncated
from sandbox.stack import WORKSPACE_ID, Stack
from tests.fakes import at

NOW = at("2026-08-21T18:00:00")
SINCE = NOW - timedelta(days=2)
GATEWAY = "/subscriptions/s/resourcegroups/g/providers/microsoft.network/virtualnetworkgateways/gw1"
ROW = {
    "TimeGenerated": NOW - timedelta(minutes=4),
    "IngestionTime": NOW - timedelta(minutes=1),
    "Category": "TunnelDiagnosticLog",
    "OperationName": "TunnelDisconnected",
    "status_s": "Disconnected",
    "instance_s": "IN_0",
    "remoteIP_s": "203.0.113.10",
    "stateChangeReason_s": "DPD timed out",
    "_ResourceId": GATEWAY,
}
READ = LogRow(
    "2026-08-21T17:56:00Z", "2026-08-21T17:59:00Z", GATEWAY, "TunnelDiagnosticLog", "TunnelDisconnected",
    "", "Disconnected", "IN_0", "203.0.113.10", "DPD timed out",
)  # fmt: skip


@pytest.fixture
def source(stack: Stack) -> LogAnalytics:
    """The source as the app makes it, on a workspace with one row; pauses between tries are cut to nothing."""
    stack.set_clock(NOW)
    stack.logs.load(WORKSPACE_ID, [ROW])
    client = LogsQueryClient(
        DefaultAzureCredential(), endpoint=stack.logs.url, audience=stack.logs.audience, retry_mode="fixed"
    )
    return LogAnalytics(client)


def answered(content: object) -> Fault:
    """The service answers 200 with this JSON instead of its own."""
    return Fault(lambda _: Reply.json(200, content))


def asked(stack: Stack) -> int:
    """How many queries the service met."""
    return sum(r.method == "POST" for r in stack.logs.requests)


def test_rows_and_the_clock(stack: Stack, source: LogAnalytics) -> None:
    """One query brings the service's clock and the rows, every field in its place."""
    answer = source.fetch(WORKSPACE_ID, NOW - timedelta(minutes=5), SINCE)
    assert (answer.now, list(answer.rows)) == (NOW, [READ])
    assert asked(stack) == 1


def test_the_logs_of_a_resource_group(stack: Stack, source: LogAnalytics) -> None:
    """A resource group is asked for what lies in it; an other group's rows stay away, and so does what is locked.

    Without the right to read the group, the way out names the role.
    """
    group = GATEWAY.partition("/providers/")[0]
    stack.logs.load(WORKSPACE_ID, [{**ROW, "_ResourceId": GATEWAY.replace("/g/", "/g2/")}])
    assert list(source.fetch(group, NOW - timedelta(minutes=5), SINCE).rows) == [READ]
    assert stack.logs.requests[-1].path.strip("/") == f"v1{group}/query"
    stack.logs.refuse(WORKSPACE_ID)
    assert list(source.fetch(group, NOW - timedelta(minutes=5), SINCE).rows) == []
    stack.logs.refuse(group)
    with pytest.raises(SourceUnavailable, match="Reader on the resource group") as caught:
        source.fetch(group, None, None)
    assert caught.value.status == 403


def test_the_source_as_it_is_made(stack: Stack) -> None:
    """Made at an endpoint with the environment's identity, the source works and has asked for nothing before."""
    made = LogAnalytics.at(stack.logs.url, stack.logs.audience, DefaultAzureCredential())
    assert stack.logs.requests == []
    assert stack.identity.requests == []
    stack.set_clock(NOW)
    assert made.fetch(WORKSPACE_ID, None, None) == (NOW, [])


@pytest.mark.parametrize(
    ("fault", "times"),
    [
        (throttled(0), 2),
        (throttled(), 1),
        (bad_gateway(), 1),
        (dropped(), 1),
        (refused(503, {"error": {"code": "x"}}), 1),
        (refused(504, "<html>", {"Retry-After": "0"}), 2),
    ],
    ids=["429 Retry-After", "429", "502 page", "dropped", "503", "504 page"],
)
def test_what_passes_is_tried_again(stack: Stack, source: LogAnalytics, fault: Fault, times: int) -> None:
    """A failure that passes within the tries of one poll is not seen: the answer is the same as without it."""
    stack.logs.fail_next(*[fault] * times)
    assert source.fetch(WORKSPACE_ID, None, None) == (NOW, [READ])
    assert asked(stack) == times + 1


def html(status: int) -> Fault:
    """A page instead of an answer, after which no pause is asked for."""
    return refused(status, "<html>\n<body>sign in, SECRET</body></html>", {"Retry-After": "0"})


def broken_off() -> Fault:
    """The connection breaks within the answer: it was to come in chunks, and the first of them is none."""
    chunked = {"Transfer-Encoding": "chunked"}
    return Fault(lambda r: replace(r, headers={**r.headers, **chunked}, body=b"no chunk\r\n" + r.body), handled=True)


ALL = 2
"""What is cut short is asked for in portions, after a question for the clock: that fails too."""
LASTING = {
    "throttled": ([throttled(0)] * 3, "throttled"),
    "502 page": ([html(502)] * 3, ""),
    "504": ([refused(504, {"error": {"code": "GatewayTimeout", "message": "slow"}}, {"Retry-After": "0"})] * 3, "504"),
    "forbidden": ([forbidden()], "Log Analytics Data Reader"),
    "cut": ([partial("Error")] * ALL, "cut short"),
    "not a query": ([refused(400, {"error": {"code": "BadArgumentError", "message": "no\nnever"}})], "400"),
    "no table": ([answered({"tables": []})], "no table"),
    "truncated": ([truncated()], "no JSON"),
    "broken off": ([broken_off()], "the connection broke"),
}


@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_is_said_in_one_line(stack: Stack, source: LogAnalytics, name: str) -> None:
    """A failure that lasts is one line that names the workspace and the way out, and no rows come of it."""
    faults, said = LASTING[name]
    stack.logs.fail_next(*faults)
    with pytest.raises(SourceUnavailable) as caught:
        source.fetch(WORKSPACE_ID, NOW - timedelta(minutes=5), SINCE)
    text = str(caught.value)
    assert re.fullmatch(r"[^\n]{20,450}", text)
    assert WORKSPACE_ID in text
    assert said in text
    assert "Bearer" not in text
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert asked(stack) == len(faults)
    assert source.fetch(WORKSPACE_ID, None, None).rows, "the next poll works"


CLOCK = [{"name": "Category", "type": "string"}, {"name": "TimeGenerated", "type": "datetime"}]
SAID = "2026-08-21T18:00:00Z"
USUAL = [{"name": name, "type": "string"} for name in queries.COLUMNS]
STRANGE = {
    "a page": Fault(lambda _: Reply.text(200, "<html>\nsign in</html>", "text/html")),
    "nothing": Fault(lambda _: Reply(200)),
    "null": answered(None),
    "a list": answered([]),
    "an empty object": answered({}),
    "tables of nothing": answered({"tables": [{}]}),
    "no columns": answered({"tables": [{"name": "PrimaryResult", "columns": [], "rows": []}]}),
    "no clock": answered({"tables": [{"name": "PrimaryResult", "columns": CLOCK, "rows": []}]}),
    "no time": answered({"tables": [{"name": "PrimaryResult", "columns": CLOCK, "rows": [["clock", None]]}]}),
    "a short row": answered({"tables": [{"name": "PrimaryResult", "columns": CLOCK, "rows": [["clock"]]}]}),
    "no clock among rows": answered({"tables": [{"columns": USUAL, "rows": [[*READ]]}]}),
    "no time in a usual row": answered({"tables": [{"columns": USUAL, "rows": [["", "", "", "clock", *[""] * 6]]}]}),
    "a usual row too short": answered({"tables": [{"columns": USUAL, "rows": [[SAID, SAID, "", "clock", *[""] * 5]]}]}),
    "a usual row too long": answered({"tables": [{"columns": USUAL, "rows": [[SAID, SAID, "", "clock", *[""] * 7]]}]}),
    "an odd error": answered({"tables": [{"columns": CLOCK, "rows": []}], "error": {"details": ["x"]}}),
    "an error alone": answered({"error": {"code": "PartialError", "message": "x", "details": []}}),
    "an empty error": answered({"tables": [], "error": {}}),
}


@pytest.mark.parametrize("name", STRANGE)
def test_an_answer_that_is_none_counts_as_failed(stack: Stack, source: LogAnalytics, name: str) -> None:
    """Any other answer with status 200 is a failed query, never an empty log and never a stray exception."""
    stack.logs.fail_next(*[STRANGE[name]] * ALL)
    with pytest.raises(SourceUnavailable) as caught:
        source.fetch(WORKSPACE_ID, NOW - timedelta(minutes=5), SINCE)
    assert "\n" not in str(caught.value)


def test_what_is_no_time_stays_for_the_reader_of_rows(stack: Stack, source: LogAnalytics) -> None:
    """A time to the ten-millionth is cut to what Python holds; one that is none stays as it is, and null is no text."""
    columns = [*CLOCK, {"name": "Reason", "type": "string"}]
    rows = [["x", said, None] for said in ("2026-08-21T17:56:00.1234567Z", "soon", None)]
    stack.logs.fail_next(
        answered({"tables": [{"columns": columns, "rows": [rows[0], ["clock", SAID, None], *rows[1:]]}]})
    )
    answer = source.fetch(WORKSPACE_ID, None, None)
    assert answer.now == NOW
    assert [moment(r.at) for r in answer.rows] == [at("2026-08-21T17:56:00.123456"), None, None]
    assert [(r.at, r.reason) for r in answer.rows[1:]] == [("soon", ""), ("", "")]


def test_a_warning_is_logged_and_its_rows_are_used(
    stack: Stack, source: LogAnalytics, caplog: pytest.LogCaptureFixture
) -> None:
    """A partial result whose every part is a warning is used whole, and the warning is logged."""
    stack.logs.fail_next(partial("Warning"))
    assert source.fetch(WORKSPACE_ID, None, None) == (NOW, [READ])
    assert "the service warns" in caplog.text


def _both(reply: Reply) -> Reply:
    warned, failed = (json.loads(partial(s).change(reply).body) for s in ("Warning", "Error"))
    warned["error"]["details"] += failed["error"]["details"]
    return Reply.json(200, warned)


def test_a_warning_does_not_hide_an_error(stack: Stack, source: LogAnalytics) -> None:
    """A warning beside an error is an error."""
    stack.logs.fail_next(*[Fault(_both, handled=True)] * ALL)
    with pytest.raises(SourceUnavailable, match="cut short"):
        source.fetch(WORKSPACE_ID, NOW - timedelta(minutes=5), SINCE)


def test_an_unknown_workspace(source: LogAnalytics) -> None:
    """A workspace that is not there is told with what the setting takes."""
    with pytest.raises(SourceUnavailable, match=r"law-prod: no such workspace; WORKSPACE_IDS takes .*GUID"):
        source.fetch("law-prod", None, None)


def test_nobody_to_sign_in_with(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an identity the line says that signing in failed, and holds no header's value."""
    monkeypatch.setenv("IDENTITY_HEADER", "wrong-header-value")
    made = LogAnalytics.at(stack.logs.url, stack.logs.audience, DefaultAzureCredential())
    with pytest.raises(SourceUnavailable, match="could not sign in or connect") as caught:
        made.fetch(WORKSPACE_ID, None, None)
    assert "wrong-header-value" not in str(caught.value)
    assert "\n" not in str(caught.value)


Call = Callable[[LogAnalytics], object]


@pytest.mark.parametrize(
    "call",
    [
        lambda s: s.history(WORKSPACE_ID, SINCE, NOW),
        lambda s: s.sample(WORKSPACE_ID, "TunnelDiagnosticLog"),
    ],
    ids=["history", "sample"],
)
def test_the_other_questions_fail_alike(stack: Stack, source: LogAnalytics, call: Call) -> None:
    """The command line's queries meet the same care: a cut result is refused, a passing failure is not seen."""
    stack.logs.fail_next(partial("Error"))
    with pytest.raises(SourceUnavailable):
        call(source)
    stack.logs.fail_next(throttled(0))
    assert call(source)


def test_a_sample_is_plain(source: LogAnalytics) -> None:
    """A sample's rows are plain values that JSON can hold, with all their columns."""
    (row,) = source.sample(WORKSPACE_ID, "TunnelDiagnosticLog")
    assert json.loads(json.dumps(row)) == row
    assert row["remoteIP_s"] == "203.0.113.10"
    assert row["TimeGenerated"] == "2026-08-21T17:56:00+00:00"


def test_a_sample_of_an_empty_workspace_is_empty(stack: Stack, source: LogAnalytics) -> None:
    """A category without rows gives an empty sample."""
    assert source.sample(WORKSPACE_ID, "P2SDiagnosticLog") == []


def test_a_first_look_that_is_too_large_is_taken_in_portions(stack: Stack, source: LogAnalytics) -> None:
    """Thirty days that the service gives only in part are asked for again in halves, until each is whole."""
    rows = [ROW | dict.fromkeys(("TimeGenerated", "IngestionTime"), NOW - timedelta(days=d)) for d in (1, 10, 20)]
    stack.logs.load(WORKSPACE_ID, rows)
    cut = partial("Error")
    stack.logs.fail_next(cut)
    whole = source.fetch(WORKSPACE_ID, None, None)
    assert (whole.now, len(whole.rows)) == (NOW, 4)
    assert asked(stack) == 3, "the whole, the clock, the thirty days"


def test_a_catch_up_that_is_too_large_is_taken_in_portions(stack: Stack, source: LogAnalytics) -> None:
    """After a long sleep the window is asked for in halves as well, and one that stays cut has failed."""
    stack.logs.fail_next(partial("Error"))
    assert source.fetch(WORKSPACE_ID, NOW - timedelta(days=1), NOW - timedelta(days=4)).rows == [READ]
    stack.logs.forget()
    stack.logs.fail_next(*[partial("Error")] * 40)
    with pytest.raises(SourceUnavailable, match="cut short"):
        source.fetch(WORKSPACE_ID, NOW - timedelta(days=1), NOW - timedelta(days=4))
    assert asked(stack) < 20


def at_most(rows: int) -> Fault:
    """The service gives so many rows at a time, and cuts an answer that has more."""
    cut = partial("Error")

    def change(reply: Reply) -> Reply:
        there = json.loads(reply.body)["tables"][0]["rows"]
        return cut.change(reply) if len(there) - 1 > rows else reply  # one of them is the clock

    return Fault(change, handled=True)


def of_one_minute(gateways: int, each: int) -> list[dict[str, Any]]:
    """Rows that no portion of time can part."""
    names = [f"/subscriptions/s/providers/microsoft.network/virtualnetworkgateways/gw{n}" for n in range(gateways)]
    return [ROW | {"_ResourceId": name, "Message": str(n)} for name in names for n in range(each)]


def test_a_portion_that_stays_too_large_is_parted_by_gateway(stack: Stack, source: LogAnalytics) -> None:
    """Where half an hour is still cut short, some gateways are asked for at a time; each row comes once."""
    stack.logs.load(WORKSPACE_ID, of_one_minute(gateways=6, each=2))
    stack.logs.fail_next(*[at_most(5)] * 200)
    found = source.fetch(WORKSPACE_ID, None, None)
    assert found.now == NOW
    assert len({(r.gateway, r.message) for r in found.rows if r.gateway != READ.gateway}) == 12
    assert len(found.rows) == 13


def test_one_gateway_that_is_too_much_has_failed(stack: Stack, source: LogAnalytics) -> None:
    """Rows of one gateway and half an hour that the service cannot give whole are no answer."""
    stack.logs.load(WORKSPACE_ID, of_one_minute(gateways=1, each=9))
    stack.logs.fail_next(*[at_most(5)] * 200)
    with pytest.raises(SourceUnavailable, match="cut short"):
        source.fetch(WORKSPACE_ID, None, None)
