"""The one HTTP server under every service here: threads, TLS, queued faults and a log of requests."""

import ssl
import sys
import threading
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from sandbox.certificate import Certificate
from sandbox.faults import Fault, Reply
from sandbox.ports import HOST, bind_somewhere

_SECRET_HEADERS = frozenset({"authorization", "x-identity-header"})


@dataclass(frozen=True)
class Request:
    """One HTTP request: the decoded path, the last value of each query parameter, header names in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    target: str = ""
    """The path and query as they were sent."""

    def without_secrets(self) -> "Request":
        """The same request as it may be kept."""
        kept = {name: value for name, value in self.headers.items() if name not in _SECRET_HEADERS}
        return replace(self, headers=kept)


class HttpService:
    """Serves `answer` on 127.0.0.1 from daemon threads between `start` and `stop`; also a context manager.

    `requests` holds every request in order of arrival, without its credentials.
    """

    def __init__(self, certificate: Certificate | None = None) -> None:
        """Bind a free port; with a certificate the service speaks TLS."""
        self.requests: list[Request] = []
        self.stopping = threading.Event()
        self._faults: list[tuple[str, Fault]] = []
        self._lock = threading.Lock()
        self._started = False
        self._server = bind_somewhere(lambda port: _Server(port, self, certificate))
        self.url = f"{'https' if certificate else 'http'}://{HOST}:{self._server.server_port}"

    def answer(self, request: Request) -> Reply:
        """What the service says to `request` when nothing goes wrong."""
        raise NotImplementedError

    def fail_next(self, *faults: Fault, path: str = "") -> None:
        """Queue faults: each is met by one of the next requests whose path starts with `path`."""
        with self._lock:
            self._faults.extend((path, fault) for fault in faults)

    def forget(self) -> None:
        """Drop the faults still queued and the requests logged so far."""
        with self._lock:
            self._faults.clear()
            self.requests.clear()

    def respond(self, request: Request) -> Reply | None:
        """Log the request, then answer it, through the next fault if one is queued. None once the service stops."""
        fault = self._take(request)
        if fault is None:
            return self.answer(request)
        if self.stopping.wait(fault.hold):
            return None
        return fault.change(self.answer(request) if fault.handled else Reply())

    def _take(self, request: Request) -> Fault | None:
        with self._lock:
            self.requests.append(request.without_secrets())
            for index, (path, fault) in enumerate(self._faults):
                if request.path.startswith(path):
                    del self._faults[index]
                    return fault
        return None

    def start(self) -> Self:
        """Begin to serve; requests that arrived since the port was bound are answered too."""
        self._started = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Stop serving and end every wait."""
        self.stopping.set()
        if self._started:  # shutting down a loop that never ran would wait for ever
            self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, service: HttpService, certificate: Certificate | None) -> None:
        super().__init__((HOST, port), _Exchange)
        self.service = service
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.cert, certificate.key)
            # the handshake belongs to the connection's own thread: a silent client must not stop the others
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are part of the tests; anything else is a mistake here and is shown."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body leave in one packet; two would wait 40 ms for an acknowledgement
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        service = cast(_Server, self.server).service
        reply = None if service.stopping.is_set() else service.respond(self._request())
        if reply is None or service.stopping.wait(reply.wait) or reply.drop:
            self.close_connection = True
            return
        dated = any(name.lower() == "date" for name in reply.headers)
        (self.send_response_only if dated else self.send_response)(reply.status)
        for name, value in {**reply.headers, "Content-Length": str(len(reply.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    do_POST = do_PUT = do_DELETE = do_PATCH = do_MERGE = do_GET

    def _request(self) -> Request:
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length") or 0))
        return Request(self.command, unquote(url.path), dict(parse_qsl(url.query)), headers, body, self.path)

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet: `HttpService.requests` is the log."""
