"""Teams, Slack and an event sink in one: a webhook receiver that keeps what it is sent, and a page that shows it."""

import json
import mimetypes
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sandbox.faults import Reply
from sandbox.http_service import HttpService, Request

PAGE = Path(__file__).parent / "page" / "dist"
# what each real service says to a message it accepts
_ACCEPTED = {"/teams": Reply(202), "/slack": Reply.text(200, "ok"), "/events": Reply(200)}


@dataclass(frozen=True)
class Message:
    """One body received: its place in the order of arrival from 1, where and when, and its JSON (or text)."""

    order: int
    path: str
    body: object
    at: datetime

    def shown(self) -> dict[str, object]:
        """As the page reads it."""
        return {"n": self.order, "channel": self.path.strip("/"), "at": self.at.isoformat(), "body": self.body}


class Receiver(HttpService):
    """`POST /teams`, `/slack`, `/events`; `GET /messages.json`, `/incidents.json`, `/report` and the page, over HTTP.

    Each of the first three also with a name behind it, as in `/teams-emea`.

    Set `incidents` to a function that reads what `/incidents.json` shall hold, `report` to one that makes that page,
    and `clock` to the clock of the show.
    Faults are queued by path: `fail_next(answer_lost(), path="/teams")`.
    """

    def __init__(self, page: Path = PAGE) -> None:
        """`page` is the folder with the built page, which may be absent."""
        super().__init__()
        self.incidents: Callable[[], list[dict[str, object]]] = list
        self.report: Callable[[], str] | None = None
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._page = page.resolve()
        self._messages: list[Message] = []
        self._order = threading.Lock()

    @property
    def messages(self) -> list[Message]:
        """Everything received so far, in order of arrival."""
        with self._order:
            return list(self._messages)

    def bodies(self, path: str) -> list[object]:
        """What one path received, in order of arrival."""
        return [message.body for message in self.messages if message.path == path]

    def clear(self) -> None:
        """Forget messages, requests and queued faults."""
        self.forget()
        with self._order:
            self._messages.clear()

    def answer(self, request: Request) -> Reply:
        """Keep a message, or show what was kept."""
        if request.method == "POST":
            return self._keep(request)
        if request.path == "/messages.json":
            return Reply.json(200, [message.shown() for message in self.messages])
        if request.path == "/incidents.json":
            return Reply.json(200, self.incidents())
        if request.path == "/report" and self.report:
            return Reply(200, self.report().encode(), {"Content-Type": "text/html; charset=utf-8"})
        return self._file(request.path)

    def _keep(self, request: Request) -> Reply:
        accepted = _ACCEPTED.get(request.path.partition("-")[0])
        if accepted is None:
            return Reply.text(404, f"no webhook at {request.path}")
        with self._order:
            self._messages.append(Message(len(self._messages) + 1, request.path, _content(request.body), self.clock()))
        return accepted

    def _file(self, path: str) -> Reply:
        if not self._page.is_dir():
            return Reply.text(200, "The page is not built. The messages are at /messages.json.")
        file = (self._page / path.strip("/") / ("index.html" if path.endswith("/") else "")).resolve()
        if not file.is_relative_to(self._page) or not file.is_file():
            return Reply.text(404, "no such file")
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return Reply(200, file.read_bytes(), {"Content-Type": kind})


def _content(body: bytes) -> object:
    text = body.decode("utf-8", errors="replace")
    try:
        return json.loads(text)
    except ValueError:
        return text
