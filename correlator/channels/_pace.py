"""The edge that spends time: at most one message a second to each channel, and none once the run's time is up.

Only spans are measured here, by a clock that knows no date; every decision that needs one is made elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

GAP = 1.0
"""Seconds between two messages to one channel: what Slack documents, and Teams takes four of."""
RUN = 150.0
"""Seconds after which a run starts no more messages: the host ends it after 240, and a slow answer may take 15."""


class Pace:
    """One run's turns, by channel. ``clock`` gives seconds since any moment, ``wait`` lets them pass.

    Runs of one process share the gaps, also at the same time; between processes a channel's Retry-After decides.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
        gap: float = GAP,
        before: Pace | None = None,
    ) -> None:
        self._clock, self._wait, self._gap = clock, wait, gap
        self._last: dict[str, float] = before._last if before else {}
        self._lock: Lock = before._lock if before else Lock()
        self._ends = clock() + RUN

    def anew(self) -> Pace:
        """The turns of another run of this process, which has all of its time."""
        return Pace(self._clock, self._wait, self._gap, self)

    def turn(self, channel: str) -> bool:
        """Wait until the channel may be sent to; False if the run's time is up."""
        with self._lock:
            now = self._clock()
            free = max(now, self._last.get(channel, now - self._gap) + self._gap)
            if free >= self._ends:
                return False
            self._last[channel] = free
        if free > now:
            self._wait(free - now)
        return True
