"""Two runs at once, call by call: threads that pass one baton, so a seed decides every interleaving and repeats it."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable


class Interleaved:
    """Runs jobs in threads of which only one moves; a job calls ``pause(its number)`` where it may be overtaken."""

    def __init__(self, chance: random.Random, stay: float = 0.0) -> None:
        """``stay`` is how likely the one that moves moves on: near 1 a job runs far before it is overtaken."""
        self._chance, self._stay = chance, stay
        self._baton = threading.Condition()
        self._turn = -1
        self._alive: set[int] = set()

    def run(self, *jobs: Callable[[], None]) -> None:
        """Run all jobs to their ends."""
        self._alive = set(range(len(jobs)))
        self._turn = self._chance.randrange(len(jobs))
        threads = [threading.Thread(target=self._play, args=(n, job)) for n, job in enumerate(jobs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def pause(self, me: int) -> None:
        """Let chance decide who goes on."""
        with self._baton:
            self._pass_on()
            self._baton.wait_for(lambda: self._turn == me)

    def _play(self, me: int, job: Callable[[], None]) -> None:
        with self._baton:
            self._baton.wait_for(lambda: self._turn == me)
        try:
            job()
        finally:
            with self._baton:
                self._alive.discard(me)
                if self._alive:
                    self._pass_on()

    def _pass_on(self) -> None:
        if self._turn not in self._alive or self._chance.random() >= self._stay:
            self._turn = self._chance.choice(sorted(self._alive))
        self._baton.notify_all()
