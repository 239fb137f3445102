"""azure-monitor-query: what its client needs to hand the same bytes over as rows, with no network below it."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

import requests
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport
from azure.monitor.query import LogsQueryClient
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from benchmarks.chains import Span
from correlator.sources.query_api import BLOCK


class _Answering(BaseAdapter):
    """Answers every request with the same bytes."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self._body = body

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        answer = requests.Response()
        answer.status_code = 200
        answer.headers["Content-Type"] = "application/json"
        answer.raw = HTTPResponse(BytesIO(self._body), preload_content=False)
        answer.request = request
        answer.url = request.url or ""
        return answer

    def close(self) -> None:
        return


class _Credential:
    def get_token(self, *_: str, **__: Any) -> AccessToken:
        return AccessToken("token", 4_102_444_800)


def client_of(body: bytes) -> LogsQueryClient:
    """The SDK's client over a service that answers everything with these bytes, at once."""
    session = requests.Session()
    session.mount("https://", _Answering(body))
    return LogsQueryClient(
        _Credential(), transport=RequestsTransport(session=session, connection_data_block_size=BLOCK)
    )


def run(path: Path) -> list[Any]:
    """The rows, as the application is given them."""
    result: Any = client_of(path.read_bytes()).query_workspace("workspace", "query", timespan=None)
    return [row for table in result.tables for row in table.rows]


def outages(_: list[Any]) -> Iterable[Span]:
    """None: nothing was looked for."""
    return ()
