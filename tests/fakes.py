"""Fakes at the ports: a log whose rows become visible when they should, a chat that remembers, and a fuse for kills."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from correlator.activity import ACTIVITY, covers, scope_of
from correlator.errors import SendFailed, SourceUnavailable
from correlator.model import LogRow
from correlator.notification import Notification
from correlator.ports import Body, LogAnswer, Span
from correlator.queries import FIRST_LOOK_BACK, LEAD, OVERLAP


class Arrival(NamedTuple):
    """A row, when it was ingested, and when it can be seen (a little later: ingestion_time() is approximate)."""

    ingested: datetime
    visible: datetime
    row: LogRow


def at(text: str) -> datetime:
    """A UTC time from ISO text."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class ScriptedLog:
    """A workspace on a scripted clock."""

    def __init__(self, arrivals: Iterable[Arrival] = (), now: datetime | None = None) -> None:
        self.arrivals = list(arrivals)
        self.now = now or at("2026-08-20T00:00:00")
        self.failing = False
        self.queries = 0
        self.ike: list[Arrival] = []
        self.ike_failing = False
        self.ike_queries = 0

    def fetch(
        self, workspace: str, mark: datetime | None, since: datetime | None, again: Collection[str] = ()
    ) -> LogAnswer:
        self.queries += 1
        if self.failing:
            raise SourceUnavailable("scripted")
        visible = [a for a in self.arrivals if a.visible <= self.now]
        fresh_since = mark - OVERLAP if mark else self.now - FIRST_LOOK_BACK
        reach = since - LEAD if since else self.now - FIRST_LOOK_BACK
        within = [a for a in visible if _time(a.row) > reach]
        news = {scope_of(a.row.gateway) for a in within if a.ingested >= fresh_since}
        news |= set(again)
        fresh = {a.row.gateway for a in within if any(covers(scope, a.row.gateway) for scope in news)}
        rows = [a.row for a in within if a.row.gateway in fresh or a.row.category == ACTIVITY]
        return LogAnswer(self.now, rows if fresh else [])

    def negotiations(self, workspace: str, spans: Sequence[Span]) -> Sequence[LogRow]:
        """Rows of these times alone, as far as they can be seen."""
        del workspace
        self.ike_queries += 1
        if self.ike_failing:
            raise SourceUnavailable("scripted")
        rows = [a.row for a in self.ike if a.visible <= self.now]
        return [r for r in rows if any(s.gateway == r.gateway and s.begin <= _time(r) <= s.end for s in spans)]


def _time(row: LogRow) -> datetime:
    return row.at if isinstance(row.at, datetime) else datetime.fromisoformat(row.at)


class Chat:
    """A channel that remembers every delivery. ``outcome`` decides what happens to the next message."""

    def __init__(self, name: str = "teams") -> None:
        self.name = name
        self.address = "first"
        self.said: list[Notification] = []
        self.outcome: Callable[[], str] = lambda: "ok"

    def turn(self) -> bool:
        return True

    def render(self, notification: Notification) -> Body:
        return {"notification": notification}

    def render_plain(self, notification: Notification) -> Body:
        return {"notification": notification, "plain": True}

    def send(self, body: Body) -> None:
        outcome = self.outcome()
        if outcome in ("ok", "answer lost"):
            self.said.append(body["notification"])
        if outcome != "ok":
            raise SendFailed(
                outcome,
                refused=outcome == "refused",
                permanent=outcome == "gone",
                ambiguous=outcome in ("timeout", "answer lost"),
                retry_after=600.0 if outcome == "throttled" else 0.0,
            )


class Killed(BaseException):
    """The process died here. Not an Exception: no handler of ours may survive it."""


def killed_at(call: int) -> Callable[[str], None]:
    """Burns at this call, counted from 1 over every Fuse that asks it, and at no other."""
    calls = itertools.count(1)

    def burn(where: str) -> None:
        if next(calls) == call:
            raise Killed(where)

    return burn


class Fuse:
    """Wraps a port so that ``burn`` is asked before and after each call and may kill the run there."""

    def __init__(self, inner: Any, burn: Callable[[str], None]) -> None:
        self._inner = inner
        self._burn = burn

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in ("fetch", "query", "get", "scan", "write", "send"):
            return found

        def call(*args: Any) -> Any:
            self._burn(f"before {name}")
            result = found(*args)
            self._burn(f"after {name}")
            return result

        return call
