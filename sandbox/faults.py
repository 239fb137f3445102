"""What can go wrong between a client and a service, as values to queue with `HttpService.fail_next`."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

Severity = Literal["Error", "Warning"]


@dataclass(frozen=True)
class Reply:
    """An HTTP answer. `wait` (seconds) passes before it is sent; `drop` closes the connection instead of sending it."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0.0
    drop: bool = False

    @classmethod
    def json(cls, status: int, content: object, headers: Mapping[str, str] | None = None) -> "Reply":
        """An answer with a JSON body."""
        kind = {"Content-Type": "application/json; charset=utf-8"}
        return cls(status, json.dumps(content).encode(), {**kind, **(headers or {})})

    @classmethod
    def text(cls, status: int, content: str, kind: str = "text/plain") -> "Reply":
        """An answer with a text body of the media type `kind`."""
        return cls(status, content.encode(), {"Content-Type": f"{kind}; charset=utf-8"})


@dataclass(frozen=True)
class Fault:
    """One request going wrong.

    `handled` says whether the service does its work first: a lost answer is handled, a refusal is not.
    `change` turns the service's answer (or an empty one, if not handled) into what the client gets.
    `hold` seconds pass before anything happens at all.
    """

    change: Callable[[Reply], Reply]
    handled: bool = False
    hold: float = 0.0


def refused(status: int, body: str | Mapping[str, object] = "", headers: Mapping[str, str] | None = None) -> Fault:
    """The service answers `status`; a mapping as `body` is sent as JSON, text as HTML."""
    reply = Reply.text(status, body, "text/html") if isinstance(body, str) else Reply.json(status, body)
    answer = replace(reply, headers={**reply.headers, **(headers or {})})
    return Fault(lambda _: answer)


def throttled(retry_after: int | None = None) -> Fault:
    """429, with a Retry-After header (seconds) or without one."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return refused(429, {"error": {"code": "ThrottledError", "message": "Too many requests"}}, headers)


def bad_gateway() -> Fault:
    """502 with an HTML page, as a proxy in front of the service answers."""
    return refused(502, "<html><body><h1>502 Bad Gateway</h1></body></html>")


def forbidden() -> Fault:
    """403 as Log Analytics answers when the identity may not read the workspace."""
    message = "The provided credentials have insufficient access to perform the requested operation"
    return refused(403, {"error": {"code": "InsufficientAccessError", "message": message}})


def dropped() -> Fault:
    """The connection closes before the service has done anything."""
    return Fault(lambda reply: replace(reply, drop=True))


def answer_lost() -> Fault:
    """The service does its work, and then the connection closes without an answer."""
    return Fault(lambda reply: replace(reply, drop=True), handled=True)


def slow_to_accept(seconds: float) -> Fault:
    """Nothing happens for `seconds`; then the service works and answers."""
    return Fault(lambda reply: reply, handled=True, hold=seconds)


def slow_to_answer(seconds: float) -> Fault:
    """The service does its work at once but answers `seconds` later."""
    return Fault(lambda reply: replace(reply, wait=seconds), handled=True)


def truncated() -> Fault:
    """The first half of the true answer, as if it were whole: JSON that cannot be read."""
    return Fault(lambda reply: replace(reply, body=reply.body[: len(reply.body) // 2]), handled=True)


def partial(severity: Severity) -> Fault:
    """A query's answer with an error beside its tables: rows cut off ("Error") or usable data ("Warning")."""
    return Fault(lambda reply: _with_partial_error(reply, severity), handled=True)


def _with_partial_error(reply: Reply, severity: Severity) -> Reply:
    inner = {
        "code": "-2133196797",
        "message": "The results of this query exceed the set limit, so not all records were returned.",
        "severity": {"Error": 2, "Warning": 3}[severity],
        "severityName": severity,
    }
    reason = "Something went wrong processing your query on the server."
    error = {
        "code": "PartialError",
        "message": "There were some errors when processing your query.",
        "details": [{"code": "EngineError", "message": reason, "innererror": inner}],
    }
    return replace(reply, body=json.dumps({**json.loads(reply.body), "error": error}).encode())
