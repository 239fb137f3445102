"""What somebody asks of the tables, in the words of the command line and of HTTP: a time, filters, sums."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from correlator.categories import moment
from correlator.errors import UsageError
from correlator.model import Cause, Side, Status
from correlator.settings.texts import duration

CHOICES: Mapping[str, tuple[str, ...]] = {
    "cause": tuple(c.value for c in Cause),
    "side": tuple(s.value for s in Side),
    "status": tuple(s.value for s in Status),
}


class Question(NamedTuple):
    """Incidents that began in ``since <= started_at < until`` (UTC) and whose columns hold what ``where`` says."""

    since: datetime
    until: datetime
    where: Mapping[str, str]

    def wants(self, status: str) -> bool:
        """Withdrawn incidents are given only to who asks for their status."""
        return "Status" in self.where or not Status(status).withdrawn


def question(asked: Mapping[str, str], days: int, zone: str, now: datetime) -> Question:
    """Read ``gateway``, ``cause``, ``side``, ``status``, ``since`` and ``until``; all of them may be absent or empty.

    Without ``since`` it is about so many days up to the end. Raises UsageError.
    """
    for name, known in CHOICES.items():
        if asked.get(name) and asked[name] not in known:
            raise UsageError(f"{name} {asked[name]} is none of {', '.join(known)}")
    until = point_in_time(asked["until"], zone, now) if asked.get("until") else now
    since = point_in_time(asked["since"], zone, now) if asked.get("since") else until - timedelta(days=days)
    if since >= until:
        raise UsageError("since must lie before until")
    gateway = asked.get("gateway", "").strip().lower().rstrip("/")
    where = {"GatewayId" if gateway.startswith("/") else "Gateway": gateway} if gateway else {}
    return Question(since, until, where | {n.capitalize(): asked[n] for n in CHOICES if asked.get(n)})


def point_in_time(text: str, zone: str, now: datetime) -> datetime:
    """An ISO time (without a zone: in ``zone``), or ``-2h`` before now. Raises UsageError."""
    if text.startswith("-"):
        try:
            return now - duration(text[1:])
        except ValueError as problem:
            raise UsageError(f"{text} is no time: {problem}") from None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text} is no time: give 2026-08-21T17:00, 2026-08-21T17:00Z or -2h") from None
    found = moment(at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone)))
    if found is None:
        raise UsageError(f"{text} is no time that a row can have")
    return found
