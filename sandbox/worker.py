"""A worker process: the Functions host over the app in a process of its own, which can be killed at any moment.

`python -m sandbox.worker` reads what to run from standard input, one JSON object a line, and answers each in a line.
"""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sandbox.functions_host import FunctionsHost

ROOT = Path(__file__).parent.parent
_STOP_SECONDS = 20


class Worker:
    """The child. `lines` are its log, as far as it has come. `ask` from one thread at a time."""

    def __init__(self, env: Mapping[str, str]) -> None:
        """Start it under these environment variables and those of this process."""
        self.lines: list[str] = []
        self._child = subprocess.Popen(
            [sys.executable, "-m", "sandbox.worker"], cwd=ROOT, env={**os.environ, **env}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        threading.Thread(target=self._listen, daemon=True).start()

    def timer(self, name: str) -> dict[str, Any]:
        """Fire a timer."""
        return self.ask({"timer": name})

    def drain(self, name: str) -> dict[str, Any]:
        """Run a queue's function until nothing more can be seen there; how many messages, and the errors."""
        return self.ask({"queue": name})

    def ask(self, what: Mapping[str, str]) -> dict[str, Any]:
        """Have something run. Raises EOFError if the process is dead."""
        assert self._child.stdin
        assert self._child.stdout
        try:
            self._child.stdin.write(json.dumps(what) + "\n")
            self._child.stdin.flush()
        except BrokenPipeError:
            raise EOFError from None
        answer = self._child.stdout.readline()
        if not answer:
            raise EOFError("\n".join(self.lines[-20:]))
        found: dict[str, Any] = json.loads(answer)
        return found

    def kill(self) -> None:
        """End it as a crash does."""
        self._child.kill()
        self._child.wait()

    def _listen(self) -> None:
        assert self._child.stderr
        for line in self._child.stderr:
            self.lines.append(line.rstrip("\n"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pipe in (self._child.stdin, self._child.stdout):
            with suppress(BrokenPipeError):
                if pipe:
                    pipe.close()
        try:
            self._child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()


def _run(host: FunctionsHost, what: Mapping[str, str]) -> dict[str, Any]:
    if "timer" in what:
        try:
            host.run_timer(what["timer"])
        except Exception as error:  # the answer says so; the process goes on, as a worker does
            return {"failed": [str(error)]}
        return {"failed": []}
    taken, failed = 0, list[str]()
    while (batch := host.run_queue(what["queue"])).taken:
        taken += batch.taken
        failed += batch.failed
    return {"taken": taken, "failed": failed}


def main() -> None:
    """Serve until the input ends."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s")
    for noisy in ("azure", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    answers, sys.stdout = sys.stdout, sys.stderr
    with FunctionsHost(ROOT, dict(os.environ)) as host:
        for line in sys.stdin:
            answers.write(json.dumps(_run(host, json.loads(line))) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
