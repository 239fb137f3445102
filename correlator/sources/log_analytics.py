"""Log Analytics through its SDK. One query a poll and workspace; a result that is not whole counts as failed.

The SDK's defaults do not fit: it retries a POST only on 500, 503 and 504, and waits up to seven days. Queries read
only, so retrying them is safe.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from azure.core.credentials import TokenCredential
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.monitor.query import LogsQueryClient

from correlator import queries
from correlator.categories import moment
from correlator.errors import CutShort, SourceUnavailable
from correlator.gateways import is_group
from correlator.model import LogRow
from correlator.ports import LogAnswer, Span
from correlator.sources import query_api
from correlator.sources.query_api import Answer, Detail, Inner, Row, Table

log = logging.getLogger("correlator")

SOME_TIME = datetime(2020, 1, 1, tzinfo=UTC)
"""A time without rows: an answer about it holds the service's clock alone."""
SMALLEST = timedelta(minutes=30)
"""Portions that are cut short are halved down to this, and then by the hash of the gateway's id."""
LIMITS: Mapping[str, Any] = {
    "timeout": 100,
    "read_timeout": 60,
    "connection_timeout": 10,
    "retry_on_methods": ["POST"],
    "retry_total": 2,
    "retry_backoff_factor": 0.5,
    "retry_backoff_max": 10,
}
Advice = Mapping[int | None, str]
"""What to do about an HTTP status, by who asked; None: signing in failed."""
FORBIDDEN = "no permission to query; the identity needs Log Analytics Data Reader (or Reader) on the workspace"
POLL: Advice = {
    401: FORBIDDEN,
    403: FORBIDDEN,
    404: "no such workspace; WORKSPACE_IDS takes the workspace (customer) id, a GUID, not its name",
    429: "throttled (429); the next poll tries again",
}
PERSON: Advice = {
    None: "could not sign in: run az login (or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET)",
    401: FORBIDDEN,
    403: FORBIDDEN,
    404: "no such workspace; give its workspace (customer) id, a GUID, not its name",
    429: "throttled (429); ask again in a few minutes",
}
OF_GROUP: Advice = {
    401: "no permission to query; the identity needs Reader on the resource group",
    403: "no permission to query; the identity needs Reader on the resource group",
    404: "no such resource group",
}
"""What to do where a resource group is asked for the logs of what lies in it (resource context)."""
NO_TABLE = "Failed to resolve table"


class LogAnalytics:
    """A log source over every workspace that the identity may read."""

    def __init__(self, client: LogsQueryClient) -> None:
        self._client = client

    @classmethod
    def at(cls, endpoint: str, audience: str, credential: TokenCredential) -> LogAnalytics:
        """The service at an endpoint; the audience names the cloud."""
        size = query_api.BLOCK
        return cls(LogsQueryClient(credential, endpoint=endpoint, audience=audience, connection_data_block_size=size))

    def fetch(
        self, workspace: str, mark: datetime | None, since: datetime | None, again: Collection[str] = ()
    ) -> LogAnswer:
        """One poll's rows and the service's clock. Raises SourceUnavailable."""
        try:
            return self._rows(workspace, queries.poll(mark, since, again), POLL)
        except CutShort as cut:
            log.info("%s; it is asked for in portions", cut)
        now = self._whole(workspace, SOME_TIME, SOME_TIME).now
        start = since - queries.LEAD if since else now - queries.FIRST_LOOK_BACK
        return LogAnswer(now, list(self._in_portions(workspace, start, now)))

    def _in_portions(
        self, workspace: str, start: datetime, end: datetime, digits: str = queries.HEX
    ) -> Iterator[LogRow]:
        """Every gateway's rows, in portions that the service can give whole: by time, at last by gateway."""
        try:
            yield from self._whole(workspace, start, end, digits).rows
        except CutShort:
            if end - start < SMALLEST and len(digits) == 1:
                raise
            middle, half = start + (end - start) / 2, len(digits) // 2
            by_time = end - start >= SMALLEST
            for part in [(start, middle), (middle, end)] if by_time else [(start, end)]:
                for some in [digits] if by_time else [digits[:half], digits[half:]]:
                    yield from self._in_portions(workspace, *part, some)

    def history(self, workspace: str, start: datetime, end: datetime) -> LogAnswer:
        """Every gateway's rows between two times. Raises SourceUnavailable."""
        return self._rows(workspace, queries.history(start, end), PERSON)

    def negotiations(self, workspace: str, spans: Sequence[Span]) -> Sequence[LogRow]:
        """IKE rows of some times, where the log is on; none where it is not. Raises SourceUnavailable."""
        return self._rows(workspace, queries.ike(spans), POLL).rows

    def _whole(self, workspace: str, start: datetime, end: datetime, digits: str = queries.HEX) -> LogAnswer:
        return self._rows(workspace, queries.history(start, end, digits), POLL)

    def sample(self, workspace: str, category: str) -> list[dict[str, Any]]:
        """Up to 50 newest rows of a category, with every column. Raises SourceUnavailable."""
        return self.ask(workspace, queries.sample(category))

    def ask(self, workspace: str, query: str) -> list[dict[str, Any]]:
        """The rows of any query, by column, with times as ISO text. Raises SourceUnavailable."""
        tables = self._tables(workspace, query, PERSON, query_api.cells)
        return [dict(zip(t.names, row, strict=True)) for t in tables for row in _plain(t)]

    def _rows(self, workspace: str, query: str, advice: Advice) -> LogAnswer:
        return _answer(self._tables(workspace, query, advice, query_api.log_rows)[0])

    def _tables(
        self, workspace: str, query: str, advice: Advice, read: Callable[[bytearray], Answer[Row]]
    ) -> Sequence[Table[Row]]:
        """Of a workspace; or, of a resource group, what its resources log to workspaces that let them be read so."""
        advice = {**advice, **OF_GROUP} if is_group(workspace) else advice
        try:
            answer = read(query_api.ask(self._client, workspace, query, LIMITS))
        except ServiceResponseError:
            raise SourceUnavailable(f"workspace {workspace}: the connection broke before an answer came") from None
        except HttpResponseError as failed:
            raise SourceUnavailable(f"workspace {workspace}: {_advised(failed, advice)}", failed.status_code) from None
        except ServiceRequestError:
            raise SourceUnavailable(
                f"workspace {workspace}: no connection to the log service; is the network up, and LOGS_ENDPOINT right?"
            ) from None
        except msgspec.ValidationError as odd:
            raise SourceUnavailable(f"workspace {workspace}: the answer has no known shape ({odd})") from None
        except msgspec.DecodeError:
            raise SourceUnavailable(f"workspace {workspace}: the answer was no JSON (a proxy's page?)") from None
        except AzureError as failed:
            raise SourceUnavailable(f"workspace {workspace}: {_first_line(str(failed))}") from None
        tables = _whole(workspace, answer)
        if not tables:
            raise SourceUnavailable(f"workspace {workspace}: the answer holds no table")
        return tables


def _whole(workspace: str, answer: Answer[Row]) -> list[Table[Row]]:
    """A partial result is used only if everything wrong with it is a warning; a cut one would shrink incidents."""
    if not answer.error:
        return answer.tables
    severities = [(d.innererror or Inner()).severity_name for d in answer.error.details or [Detail()]]
    message = _first_line(answer.error.message or "")
    if any(s.lower() != "warning" for s in severities):
        raise CutShort(f"workspace {workspace}: the result was cut short: {message}")
    log.warning("workspace %s: the service warns: %s", workspace, message)
    return answer.tables


def _answer(table: Table[LogRow]) -> LogAnswer:
    """Split the clock from the rows. Raises SourceUnavailable if the clock is not there."""
    clock = next((moment(row.at) for row in table.rows if row.category == queries.CLOCK), None)
    if clock is None:
        raise SourceUnavailable("the answer lacks the service's clock")
    return LogAnswer(clock, [row for row in table.rows if row.category != queries.CLOCK])


def _plain(table: Table[list[Any]]) -> Iterator[list[Any]]:
    """Its rows, with times in one spelling."""
    timed = [column.type == "datetime" for column in table.columns]
    for row in table.rows:
        yield [_spelled(cell) if is_time else cell for cell, is_time in zip(row, timed, strict=True)]


def _spelled(cell: Any) -> Any:
    """A time as Python spells it; what is none stays as it is."""
    try:
        return datetime.fromisoformat(cell).isoformat()
    except (TypeError, ValueError):
        return cell


def _advised(failed: HttpResponseError, advice: Advice) -> str:
    """One line for who asked. Credential failures arrive here too, without a status."""
    text, status = str(failed), failed.status_code
    if isinstance(failed, ClientAuthenticationError) and status is None and None in advice:
        return advice[None]
    if status in advice:
        return advice[status]
    if status is None:
        return f"could not sign in or connect: {_first_line(text)}"
    if status == 400 and NO_TABLE in text:
        return "no rows yet: it has no table AzureDiagnostics"
    return f"HTTP {status}: {_first_line(text)}"


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[0][:300]
