"""Two runs at once, call by call: threads that pass one baton, so a seed decides every interleaving and repeats it."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence


class Interleaved:
    """Runs jobs in threads of which only one moves; a job calls ``pause(its number)`` where it may be overtaken."""

    def __init__(self, chance: random.Random, stay: float = 0.0) -> None:
        """``stay`` is how likely the one that moves moves on: near 1 a job runs far before it is overtaken."""
        self._chance, self._stay = chance, stay
        self._turn = -1
        self._alive: list[int] = []
        self._gates: list[threading.Lock] = []
        self._failures: list[BaseException] = []

    def run(self, *jobs: Callable[[], None]) -> None:
        """Run all jobs to their ends; what one of them raised is raised again. One alone needs no thread."""
        self._alive = list(range(len(jobs)))
        self._failures = []
        self._turn = self._chance.randrange(len(jobs))
        if len(jobs) == 1:
            jobs[0]()
            return
        self._in_threads(jobs)
        for failure in self._failures:
            raise failure

    def pause(self, me: int) -> None:
        """Let chance decide who goes on."""
        self._draw()
        if self._turn != me:
            self._gates[self._turn].release()
            self._gates[me].acquire()

    def _in_threads(self, jobs: Sequence[Callable[[], None]]) -> None:
        """Each job waits at a gate of its own, so that a turn wakes nobody but the one whose turn it is."""
        self._gates = [threading.Lock() for _ in jobs]
        for gate in self._gates:
            gate.acquire()
        threads = [threading.Thread(target=self._play, args=(n, job)) for n, job in enumerate(jobs)]
        for thread in threads:
            thread.start()
        self._gates[self._turn].release()
        for thread in threads:
            thread.join()

    def _play(self, me: int, job: Callable[[], None]) -> None:
        self._gates[me].acquire()
        try:
            job()
        except BaseException as failure:  # a thread would keep it to itself
            self._failures.append(failure)
        self._alive.remove(me)
        if self._alive:
            self._draw()
            self._gates[self._turn].release()

    def _draw(self) -> None:
        if self._turn not in self._alive or self._chance.random() >= self._stay:
            self._turn = self._chance.choice(self._alive)
