"""What measured polls run over: a log that answers from memory, and tables and a channel that count."""

from __future__ import annotations

import json
import resource
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from correlator.channels import CHANNELS
from correlator.model import LogRow
from correlator.notification import Notification
from correlator.ports import Body, Channel, LogAnswer
from correlator.stores.memory import MemoryTables
from correlator.stores.tables import EVERY as ANY
from correlator.stores.tables import Entity, Operation
from correlator.wording import Style

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
PAGE = 1000
"""Rows that one request to Table Storage gives at most (its documentation)."""
STYLE = Style()


class Log:
    """Workspaces that answer with what was put in, once."""

    def __init__(self, calls: Counter[str]) -> None:
        self.now, self.calls = START, calls
        self.fresh: list[LogRow] = []

    def fetch(self, *_: Any) -> LogAnswer:
        """The rows put in."""
        self.calls["log query"] += 1
        rows, self.fresh = self.fresh, []
        return LogAnswer(self.now, rows)

    def negotiations(self, *_: Any) -> Sequence[LogRow]:
        """No IKE rows."""
        self.calls["log query"] += 1
        return ()


class CountedTables(MemoryTables):
    """Table Storage's twin; a read of many rows counts as the pages that it would be."""

    def __init__(self, calls: Counter[str], clock: Callable[[], datetime]) -> None:
        super().__init__(clock)
        self.calls = calls

    def query(
        self, table: str, partition: str, first: str, last: str, where: Mapping[str, str] = ANY
    ) -> tuple[list[Entity], datetime]:
        """Counted by pages."""
        found = super().query(table, partition, first, last, where)
        self.calls["table read"] += 1 + max(0, len(found[0]) - 1) // PAGE
        return found

    def get(self, table: str, partition: str, row: str) -> Entity | None:
        """Counted."""
        self.calls["table read"] += 1
        return super().get(table, partition, row)

    def write(self, table: str, partition: str, operations: Sequence[Operation]) -> list[str]:
        """Counted as one, whatever its operations: a transaction of a group of entities is one request."""
        self.calls["table write"] += 1
        return super().write(table, partition, operations)


class Silent:
    """A channel that renders in full, posts nothing and never says wait."""

    def __init__(self, calls: Counter[str]) -> None:
        channel: Channel = CHANNELS["teams"][1]("https://chat.invalid/", STYLE, True)
        self.name, self.address, self.calls = channel.name, "", calls
        self.render: Callable[[Notification], Body] = channel.render
        self.render_plain = channel.render_plain

    def turn(self) -> bool:
        """Always."""
        return True

    def send(self, body: Body) -> None:
        """Counted."""
        self.calls["send"] += 1
        json.dumps(body)


class Watch:
    """CPU, calls and peak memory of what happens between."""

    def __init__(self, calls: Counter[str]) -> None:
        self.calls, self.turns = calls, list[float]()
        calls.clear()

    def turn(self, work: Callable[[], object]) -> None:
        """Do one piece of work, measured."""
        begin = time.process_time()
        work()
        self.turns.append(time.process_time() - begin)

    def found(self) -> dict[str, Any]:
        """As JSON; ``worst`` is the longest turn."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {"cpu": sum(self.turns), "worst": max(self.turns), "turns": len(self.turns),
                "calls": dict(sorted(self.calls.items())), "peak_mb": peak}  # fmt: skip


def minutes(count: float) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=count)
