"""The page as the sandbox serves it: it asks its own origin, again and again."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from sandbox.screenshots import Browser, visit

WAIT_FOR = """new Promise((resolve) => {
  const look = () => (document.body.innerText.includes(%s) ? resolve(true) : setTimeout(look, 50));
  look();
})"""


class Handler(SimpleHTTPRequestHandler):
    answers: dict[str, list[dict[str, Any]]]

    def do_GET(self) -> None:
        if self.path not in self.answers:
            return super().do_GET()
        body = json.dumps(self.answers[self.path]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def served(folder: Path, answers: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    handler = type("Answers", (Handler,), {"answers": answers})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def test_new_messages_appear_by_themselves(browser: Browser, built_page: Path, recovered: list[dict[str, Any]]) -> None:
    answers: dict[str, list[dict[str, Any]]] = {"/messages.json": [], "/incidents.json": []}
    with served(built_page.parent, answers) as url, visit(url, browser=browser) as page:
        assert "Nothing was received yet" in page.text()
        answers["/messages.json"] = recovered
        assert page.evaluate(WAIT_FOR % '"1 of 2 tunnels to example-site"')
        assert "3 messages, 0 incidents" in page.text()


def test_a_silent_sandbox_is_said_and_asked_again(
    browser: Browser, built_page: Path, recovered: list[dict[str, Any]]
) -> None:
    answers: dict[str, list[dict[str, Any]]] = {"/incidents.json": []}
    with served(built_page.parent, answers) as url, visit(url, browser=browser) as page:
        assert "The sandbox does not answer" in page.text()
        answers["/messages.json"] = recovered
        assert page.evaluate(WAIT_FOR % '"3 messages"')


def test_the_theme_can_be_chosen(browser: Browser, built_page: Path) -> None:
    with (
        served(built_page.parent, {"/messages.json": [], "/incidents.json": []}) as url,
        visit(url + "?theme=dark", browser=browser) as page,
    ):
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
