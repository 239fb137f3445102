"""A table service that says what it is told to, and counts the requests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

SECRET = "c2VjcmV0LWFjY291bnQta2V5LW9mLW5vYm9keQ=="
ODATA = '{{"odata.error":{{"code":"{0}","message":{{"lang":"en-us","value":"{1}\\nRequestId:1\\nTime:2026"}}}}}}'


class Answer(NamedTuple):
    """What one request gets. ``status`` 0 closes the connection without a word."""

    status: int
    body: str = ""
    kind: str = "application/json;odata=minimalmetadata"


class Faulty(NamedTuple):
    """Where it listens, by connection string, and the requests it met."""

    connection_string: str
    requests: list[str]


@contextmanager
def faulty(*answers: Answer) -> Iterator[Faulty]:
    """A server that gives these answers one after the other, the last one for ever, for the length of the block."""
    met: list[str] = []

    class Exchange(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = answers[min(len(met), len(answers) - 1)]
            met.append(self.command)
            if not answer.status:
                self.close_connection = True
                return
            body = answer.body.encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            self.send_header("ETag", 'W/"1"')
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = do_MERGE = handle_any  # noqa: N815  the library's names

        def date_time_string(self, timestamp: float | None = None) -> str:
            return formatdate(0, usegmt=True)

        def log_message(self, format: str, *args: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Exchange)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/account"
        yield Faulty(
            f"DefaultEndpointsProtocol=http;AccountName=account;AccountKey={SECRET};TableEndpoint={address};", met
        )
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
