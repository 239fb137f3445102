"""A way to Azurite's tables on which answers go wrong, as those of real storage do now and then and Azurite's never."""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from http.client import HTTPSConnection
from urllib.parse import parse_qsl, urlencode, urlsplit

from sandbox.certificate import Certificate
from sandbox.faults import Fault, Reply
from sandbox.http_service import HttpService, Request

OUR_PAGE = "page-without-rows"
_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "host"})
_TOKENS = ("NextPartitionKey", "NextRowKey")


class TablesProxy(HttpService):
    """Forwards every request to the table service at ``target`` (https URL) and answers what that says.

    ``clock_off`` is added to the Date of every answer; ``busy`` counts the requests.
    """

    def __init__(self, target: str, certificate: Certificate) -> None:
        super().__init__(certificate)
        self._target = urlsplit(target)
        self._trust = ssl.create_default_context(cafile=str(certificate.cert))
        self.clock_off = timedelta(0)

    @property
    def endpoint(self) -> str:
        """The account's address through this proxy."""
        return self.url + self._target.path

    def show(self, moment: datetime) -> None:
        """From now on answers are dated as if it were this moment."""
        self.clock_off = moment - datetime.now(UTC)

    def answer(self, request: Request) -> Reply:
        """What the service says, with its clock as far off as it is set."""
        assert self._target.hostname
        upstream = HTTPSConnection(self._target.hostname, self._target.port, timeout=30, context=self._trust)
        try:
            headers = {k: v for k, v in request.headers.items() if k not in _HOP}
            upstream.request(request.method, _whole(request.target), request.body or None, headers)
            answer = upstream.getresponse()
            given = {k: v for k, v in answer.getheaders() if k.lower() not in _HOP}
            return Reply(answer.status, answer.read(), self._dated(given))
        finally:
            upstream.close()

    def _dated(self, headers: dict[str, str]) -> dict[str, str]:
        for name in [n for n in headers if n.lower() == "date"]:
            headers[name] = format_datetime(parsedate_to_datetime(headers[name]) + self.clock_off, usegmt=True)
        return headers


def _whole(target: str) -> str:
    """Without our own continuation token: the page after the empty one is the first true one."""
    parts = urlsplit(target)
    asked = parse_qsl(parts.query, keep_blank_values=True)
    if (_TOKENS[0], OUR_PAGE) not in asked:
        return target
    return parts._replace(query=urlencode([(k, v) for k, v in asked if k not in _TOKENS])).geturl()


def empty_page() -> Fault:
    """A query is answered by no rows and a token for more, as the service may do after five seconds of looking."""
    more = {f"x-ms-continuation-{name}": OUR_PAGE for name in _TOKENS}
    body = Reply.json(200, {"value": []}, more)
    return Fault(lambda reply: replace(body, headers={**reply.headers, **body.headers}))


def not_modified_by_us() -> Fault:
    """412: the row has been written since it was read (or so the service says)."""
    said = {"odata.error": {"code": "UpdateConditionNotSatisfied", "message": {"lang": "en-US", "value": "changed"}}}
    return Fault(lambda _: Reply.json(412, said))
