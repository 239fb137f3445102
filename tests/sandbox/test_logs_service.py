"""The query endpoint under the real LogsQueryClient."""

from datetime import UTC, datetime, timedelta
from json import JSONDecodeError

import pytest
import requests
from azure.core.exceptions import HttpResponseError, ServiceResponseError
from azure.monitor.query import LogsQueryClient, LogsQueryPartialResult, LogsQueryResult

from sandbox.certificate import Certificate
from sandbox.faults import (
    Fault,
    bad_gateway,
    dropped,
    forbidden,
    partial,
    refused,
    slow_to_answer,
    throttled,
    truncated,
)
from sandbox.logs_service import AUDIENCE, LogsService
from sandbox.stack import WORKSPACE_ID, Stack
from sandbox.tokens import IssuedCredential, TokenIssuer

NOW = datetime(2026, 8, 21, 18, 0, tzinfo=UTC)
ROW = {"TimeGenerated": NOW - timedelta(minutes=10), "Category": "TunnelDiagnosticLog", "status_s": "Connected"}


def connected(
    logs: LogsService, issuer: TokenIssuer, certificate: Certificate, lifetime: int = 3600
) -> LogsQueryClient:
    """The real client without retries, so that a fault is met once and at once."""
    credential = IssuedCredential(issuer, lifetime)
    verify = str(certificate.cert)
    return LogsQueryClient(
        credential, endpoint=logs.url, audience=logs.audience, connection_verify=verify, retry_total=0
    )


def count(client: LogsQueryClient, workspace_id: str, timespan: timedelta | None = None) -> object:
    """How many AzureDiagnostics rows a workspace shows."""
    result = client.query_workspace(workspace_id, "AzureDiagnostics | count", timespan=timespan)
    assert isinstance(result, LogsQueryResult)
    return result.tables[0].rows[0][0]


def test_the_real_client_reads_typed_rows(stack: Stack, client: LogsQueryClient) -> None:
    """A managed identity's token and the environment are all the real client needs to read typed cells."""
    stack.set_clock(NOW)
    stack.logs.load(WORKSPACE_ID, [ROW])
    query = "AzureDiagnostics | project TimeGenerated, status_s, at = now()"
    result = client.query_workspace(WORKSPACE_ID, query, timespan=None)
    assert isinstance(result, LogsQueryResult)
    row = result.tables[0].rows[0]
    assert (row["TimeGenerated"], row["status_s"], row["at"]) == (NOW - timedelta(minutes=10), "Connected", NOW)


def test_each_workspace_has_its_own_rows(logs: LogsService, issuer: TokenIssuer, certificate: Certificate) -> None:
    """Rows loaded into one workspace are not seen in another."""
    logs.load("one", [ROW, ROW])
    logs.load("two", [ROW])
    client = connected(logs, issuer, certificate)
    assert (count(client, "one"), count(client, "two")) == (2, 1)


def test_a_resource_id_names_a_workspace_too(logs: LogsService, issuer: TokenIssuer, certificate: Certificate) -> None:
    """Asked by resource id, the workspace of that name answers."""
    logs.load("two", [ROW])
    path = "/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/two"
    result = connected(logs, issuer, certificate).query_resource(path, "AzureDiagnostics | count", timespan=None)
    assert isinstance(result, LogsQueryResult)
    assert result.tables[0].rows[0][0] == 1


def test_the_timespan_is_honoured(logs: LogsService, issuer: TokenIssuer, certificate: Certificate) -> None:
    """The timespan the client sends beside the query counts back from the sandbox's clock."""
    logs.load("one", [ROW])
    client = connected(logs, issuer, certificate)
    assert count(client, "one", timedelta(minutes=5)) == 0
    assert count(client, "one", timedelta(minutes=15)) == 1


@pytest.mark.parametrize(
    ("workspace_id", "query", "status", "said"),
    [
        ("three", "print 1", 404, "PathNotFoundError"),
        ("one", "Absent | count", 400, "Failed to resolve table"),
        ("one", "print (", 400, "SyntaxError"),
        ("one", "print todecimal('1')", 501, "SandboxCannotExecute"),
        ("one", "workspace('two').AzureDiagnostics", 501, "not the workspace asked"),
    ],
)
def test_refusals(
    logs: LogsService,
    issuer: TokenIssuer,
    certificate: Certificate,
    workspace_id: str,
    query: str,
    status: int,
    said: str,
) -> None:
    """An unknown workspace, a wrong query and one the sandbox cannot run are told apart by status and text."""
    with pytest.raises(HttpResponseError) as refusal:
        connected(logs, issuer, certificate).query_workspace(workspace_id, query, timespan=None)
    assert refusal.value.status_code == status
    assert said in str(refusal.value)


@pytest.mark.parametrize("wrong", ["audience", "expired", "signature"])
def test_a_wrong_token_is_refused(logs: LogsService, issuer: TokenIssuer, certificate: Certificate, wrong: str) -> None:
    """A token for another resource, past its time, or of another issuer opens nothing."""
    logs.audience = "https://elsewhere.example" if wrong == "audience" else AUDIENCE
    maker = TokenIssuer() if wrong == "signature" else issuer
    token = maker.mint(AUDIENCE, -60 if wrong == "expired" else 3600)[0]
    answer = _post(logs, certificate, {"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403
    assert answer.json()["error"]["code"].startswith("InvalidAuthenticationToken")


def _post(logs: LogsService, certificate: Certificate, headers: dict[str, str]) -> requests.Response:
    url = f"{logs.url}/v1/workspaces/one/query"
    return requests.post(url, json={"query": "print 1"}, headers=headers, verify=str(certificate.cert), timeout=10)


def test_no_token_is_401(logs: LogsService, certificate: Certificate) -> None:
    """A request without a token is asked for one."""
    answer = _post(logs, certificate, {})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "AuthenticationFailed"


def test_the_request_log_holds_no_token(logs: LogsService, issuer: TokenIssuer, certificate: Certificate) -> None:
    """Every request is remembered with what it asked, none with its credentials."""
    connected(logs, issuer, certificate).query_workspace("one", "print x = 1", timespan=None, server_timeout=42)
    (request,) = logs.requests
    assert b"print x = 1" in request.body
    assert request.headers["prefer"] == "wait=42"
    assert "authorization" not in request.headers


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (throttled(), HttpResponseError),
        (forbidden(), HttpResponseError),
        (refused(418, {"error": {"code": "Teapot"}}), HttpResponseError),
        (bad_gateway(), JSONDecodeError),
        (truncated(), HttpResponseError),
        (dropped(), ServiceResponseError),
    ],
)
def test_a_fault_is_met_once(
    logs: LogsService, issuer: TokenIssuer, certificate: Certificate, fault: Fault, expected: type[Exception]
) -> None:
    """A queued fault spoils one request as the real thing would; the next one is answered."""
    logs.fail_next(fault)
    client = connected(logs, issuer, certificate)
    with pytest.raises(expected):
        client.query_workspace("one", "print 1", timespan=None)
    assert isinstance(client.query_workspace("one", "print 1", timespan=None), LogsQueryResult)


def test_retry_after_is_sent(logs: LogsService, issuer: TokenIssuer, certificate: Certificate) -> None:
    """A 429 with Retry-After is met and retried by the client itself."""
    logs.fail_next(throttled(retry_after=0))
    client = connected(logs, issuer, certificate)
    result = client.query_workspace("one", "print 1", timespan=None, retry_total=1, retry_on_methods=["POST"])
    assert isinstance(result, LogsQueryResult)
    assert len(logs.requests) == 2


def test_a_slow_answer_runs_into_the_clients_time_limit(
    logs: LogsService, issuer: TokenIssuer, certificate: Certificate
) -> None:
    """A client that waits less than the service takes gives up."""
    logs.fail_next(slow_to_answer(60))
    client = connected(logs, issuer, certificate)
    with pytest.raises(ServiceResponseError):
        client.query_workspace("one", "print 1", timespan=None, read_timeout=0.2)


@pytest.mark.parametrize("severity", ["Error", "Warning"])
def test_a_partial_answer_has_rows_and_an_error(
    logs: LogsService, issuer: TokenIssuer, certificate: Certificate, severity: str
) -> None:
    """A partial answer brings its rows, and an error whose innermost part names the severity."""
    logs.fail_next(partial("Error" if severity == "Error" else "Warning"))
    result = connected(logs, issuer, certificate).query_workspace("one", "print x = 1", timespan=None)
    assert isinstance(result, LogsQueryPartialResult)
    assert result.partial_data
    assert result.partial_data[0].rows[0]["x"] == 1
    assert result.partial_error
    assert f"'severityName': '{severity}'" in str(result.partial_error.details)


def test_a_clock_without_a_zone_is_refused(logs: LogsService) -> None:
    """The clock is a moment, not a reading on some wall."""
    with pytest.raises(ValueError, match="zone"):
        logs.set_clock(datetime(2026, 8, 21))
