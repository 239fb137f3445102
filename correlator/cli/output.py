"""Standard output and standard error of every command, whose reader may go away or whose disk may be full."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import IO, Any

from correlator.errors import UsageError

NOBODY_READS = (errno.EPIPE, errno.EINVAL)
"""What a pipe says that nobody reads any more; EINVAL is the word of Windows, as subprocess.py of Python knows too."""


class Output:
    """A stream that takes no more once it failed, so that nothing is left to fail when the process ends.

    A reader that closes a pipe early (``| head -1``) has what it wanted: the command ends as it would have. What cannot
    be written otherwise raises UsageError, where the stream has a ``name``; without one there is nobody to tell.
    """

    def __init__(self, stream: IO[Any], name: str = "") -> None:
        self._stream, self._name = stream, name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._stream, attribute)

    @property
    def buffer(self) -> Output:
        """Where bytes are written to."""
        return Output(self._stream.buffer, self._name)  # type: ignore[attr-defined]

    def write(self, text: str) -> int:
        if text != "":  # click probes a stream so, and swallows that a full disk refuses even nothing
            self._tried(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        self._tried(self._stream.flush)

    def _tried(self, call: Callable[[], object]) -> None:
        try:
            call()
        except OSError as problem:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
            if self._name and problem.errno not in NOBODY_READS:
                raise UsageError(f"{self._name} cannot be written: {problem.strerror}") from None


@contextmanager
def outputs() -> Iterator[None]:
    """Both streams, in UTF-8; a process may have been started without them."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    answer: Any = sys.stdout and Output(sys.stdout, "standard output")
    remarks: Any = sys.stderr and Output(sys.stderr)
    with redirect_stdout(answer), redirect_stderr(remarks):
        yield
