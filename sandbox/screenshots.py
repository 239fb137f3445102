"""Pictures of chat messages, drawn by the sandbox page in a headless Chromium.

    python -m sandbox.screenshots messages.json out.png [--width 760] [--dark] [--only teams]

Chromium is spoken to over its debugging pipe, so no port is opened and nothing beside it is needed.
"""

from __future__ import annotations

import argparse
import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, BinaryIO, Literal

Channel = Literal["teams", "slack"]
Objects = Sequence[Mapping[str, object]]

PAGE = Path(__file__).parent / "page" / "dist" / "index.html"
TIMEOUT_SECONDS = 60.0
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
READY = """new Promise((resolve, reject) => {
  const look = () => (window.__PAGE__ ? window.__PAGE__.ready.then(resolve, reject) : setTimeout(look, 10));
  look();
})"""
REPORT = """new Promise((resolve) => {
  const look = () => (document.documentElement?.dataset.ready === undefined ? setTimeout(look, 5) : resolve());
  look();
})"""
"""The same for the report page of the product, which has no interface of its own."""
HEIGHT = "Math.floor(document.documentElement.getBoundingClientRect().height)"


class ScreenshotError(Exception):
    """Why there is no picture, in words for the person who asked."""


def find_chromium() -> Path | None:
    """The Chromium to use: CHROMIUM from the environment, or the first one on the path."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((Path(found) for name in names if name and (found := shutil.which(name))), None)


class Page:
    """The sandbox page, open in a browser."""

    def __init__(self, browser: Browser, session: str, width: int) -> None:
        self._browser = browser
        self._session = session
        self._width = width

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        return self._browser.call(method, self._session, **parameters)

    @property
    def events(self) -> list[dict[str, Any]]:
        """What Chromium told of this tab, oldest first: `{"method": "Network.requestWillBeSent", "params": …}`."""
        return [e for e in self._browser.events if e.get("sessionId") == self._session]

    def evaluate(self, expression: str) -> Any:
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            reason = details.get("exception", {}).get("description", details["text"])
            raise ScreenshotError(f"The page failed: {reason}")
        return answer["result"].get("value")

    def text(self) -> str:
        """The text a reader sees."""
        return str(self.evaluate("document.body.innerText"))

    def overflow(self) -> list[str]:
        """Elements whose content is wider than they are."""
        return [str(item) for item in self.evaluate("window.__PAGE__.overflow()")]

    def resize(self, height: int, scale: float = 1.0) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=self._width,
            height=height,
            deviceScaleFactor=scale,
            mobile=False,
        )

    def picture(self, scale: float) -> bytes:
        """A PNG as high as the content."""
        self.resize(int(self.evaluate(HEIGHT)), scale)
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])


@contextmanager
def visit(
    url: str,
    *,
    width: int = 760,
    dark: bool = False,
    data: Mapping[str, object] | None = None,
    browser: Browser | None = None,
    ready: str = READY,
) -> Iterator[Page]:
    """Opens the page at an address; with `data` it draws that instead of asking its origin.

    What the tab tells meanwhile is in `page.events`, network and console among it.
    """
    theme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    with nullcontext(browser) if browser else chromium() as running, running.tab() as session:
        page = Page(running, session, width)
        page.resize(height=800)
        page.call("Emulation.setEmulatedMedia", features=[theme])
        for domain in ("Page", "Network", "Runtime", "Log"):
            page.call(f"{domain}.enable")
        if data is not None:
            script = f"window.__DATA__ = {json.dumps(data)}"
            page.call("Page.addScriptToEvaluateOnNewDocument", source=script)
        page.call("Page.navigate", url=url)
        page.evaluate(ready)
        yield page


@contextmanager
def open_page(
    messages: Objects,
    *,
    width: int = 760,
    dark: bool = False,
    only: Channel | None = None,
    incidents: Objects | None = None,
    browser: Browser | None = None,
) -> Iterator[Page]:
    """Draws the messages; with `incidents` (may be empty) the whole page, without only the chats."""
    if not PAGE.is_file():
        raise ScreenshotError("The page is not built: run `npm ci && npm run build` in sandbox/page")
    data: dict[str, object] = {"messages": list(messages), "only": only}
    if incidents is not None:
        data["incidents"] = list(incidents)
    with visit(PAGE.as_uri(), width=width, dark=dark, data=data, browser=browser) as page:
        yield page


def shoot(
    messages: Objects,
    out: Path,
    *,
    width: int = 760,
    dark: bool = False,
    only: Channel | None = None,
    incidents: Objects | None = None,
    scale: float = 2.0,
    browser: Browser | None = None,
) -> Path:
    """Writes a PNG of the messages, as high as they are."""
    with open_page(messages, width=width, dark=dark, only=only, incidents=incidents, browser=browser) as page:
        out.write_bytes(page.picture(scale))
    return out


def measure_overflow(messages: Objects, width: int, *, browser: Browser | None = None) -> list[str]:
    """Describes every element that is cut off or sticks out at this width; empty is good."""
    with open_page(messages, width=width, browser=browser) as page:
        return page.overflow()


class Browser:
    """A running Chromium. Commands and answers are JSON, each ended by a NUL."""

    def __init__(self, commands: BinaryIO, answers: BinaryIO) -> None:
        self._commands = commands
        self._answers = answers
        self._buffer = b""
        self._count = 0
        self.events: list[dict[str, Any]] = []

    @contextmanager
    def tab(self) -> Iterator[str]:
        """An empty tab; its session is what commands to it carry."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        try:
            attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
            yield attached["sessionId"]
        finally:
            self.call("Target.closeTarget", targetId=target)

    def call(self, method: str, session: str | None = None, **parameters: object) -> dict[str, Any]:
        self._count += 1
        command: dict[str, object] = {"id": self._count, "method": method, "params": parameters}
        if session is not None:
            command["sessionId"] = session
        self._commands.write(json.dumps(command).encode() + b"\0")
        self._commands.flush()
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while (answer := self._receive(deadline)).get("id") != self._count:
            self.events.append(answer)
        if "error" in answer:
            raise ScreenshotError(f"Chromium refused {method}: {answer['error']['message']}")
        result: dict[str, Any] = answer["result"]
        return result

    def _receive(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            if not select.select([self._answers], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise ScreenshotError(f"Chromium did not answer within {TIMEOUT_SECONDS:.0f} s")
            chunk = os.read(self._answers.fileno(), 1 << 16)
            if not chunk:
                raise ScreenshotError("Chromium ended early")
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        return message


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser for several pictures; `shoot` and the others start their own where none is given."""
    program = find_chromium()
    if program is None:
        raise ScreenshotError("There is no Chromium here: install one or set CHROMIUM to its path")
    from_us, to_browser = _high_pipe()
    from_browser, to_us = _high_pipe()
    # Chromium reads commands from descriptor 3 and answers on descriptor 4.
    shell = f'exec "$@" 3</dev/fd/{from_us} 4>/dev/fd/{to_us}'
    with (
        open(to_browser, "wb") as commands,
        open(from_browser, "rb") as answers,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
    ):
        process = subprocess.Popen(
            ["/bin/sh", "-c", shell, "sh", str(program), *FLAGS, f"--user-data-dir={profile}"],
            pass_fds=(from_us, to_us),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(from_us)
        os.close(to_us)
        try:
            yield Browser(commands, answers)
        finally:
            _end(process, commands)


def _end(process: subprocess.Popen[bytes], commands: BinaryIO) -> None:
    with suppress(BrokenPipeError):
        commands.close()  # Chromium leaves when nobody speaks to it any more
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _high_pipe() -> tuple[int, int]:
    """A pipe (read end, write end) that is not 3 or 4, which the shell is about to overwrite."""
    low = os.pipe()
    read, write = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in low)
    for end in low:
        os.close(end)
    return read, write


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw the messages of a file from the command line."""
    parser = argparse.ArgumentParser(description="Draw received messages as a PNG.")
    parser.add_argument("messages", type=Path, help="a JSON list as /messages.json gives it")
    parser.add_argument("out", type=Path)
    parser.add_argument("--width", type=int, default=760)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--only", choices=["teams", "slack"])
    options = parser.parse_args(arguments)
    try:
        messages = json.loads(options.messages.read_text(encoding="utf-8"))
        shoot(messages, options.out, width=options.width, dark=options.dark, only=options.only)
    except (OSError, ValueError, ScreenshotError) as error:
        parser.exit(1, f"{error}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
