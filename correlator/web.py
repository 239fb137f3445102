"""What the app answers over HTTP: incidents, one of them, sums, and whether it is well. No request ever writes.

The clock is that of table storage, which comes with every answer of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from correlator.asked import Question, question
from correlator.csv_text import csv_text
from correlator.errors import StoreUnavailable, UsageError
from correlator.incident_csv import INCIDENT, figures, incident_line, stats_columns, stats_line
from correlator.incident_json import iso
from correlator.ports import Answer, Store
from correlator.stats import groups
from correlator.stats import stats as sum_up
from correlator.stores.history import History
from correlator.wording import Style

JSON, CSV, HTML = (f"{kind}; charset=utf-8" for kind in ("application/json", "text/csv", "text/html"))
LATE = timedelta(minutes=30)
"""A last good poll older than this is worth an alarm: six polls missed at the default schedule."""
PAGE, LARGEST_PAGE, LONGEST = 100, 1000, timedelta(days=400)
ASKED = ("gateway", "cause", "side", "status", "since", "until")


class Web(NamedTuple):
    """The questions, over one storage account. Every method answers, whatever is asked and whatever fails."""

    store: Store
    history: History
    workspaces: tuple[str, ...]
    style: Style
    late_after: timedelta = LATE
    """So long without a good poll is late: half an hour, or three periods of a slower schedule."""

    @property
    def zone(self) -> str:
        """The IANA zone in which days and weeks are counted."""
        return self.style.zone

    def incidents(self, asked: Mapping[str, str]) -> Answer:
        """Incidents of a time, oldest first, a page at a time (``limit``, ``after``), as JSON or CSV (``format``)."""
        return answered(lambda: self._incidents(asked))

    def incident(self, incident_id: str) -> Answer:
        """One incident object."""
        return answered(lambda: self._incident(incident_id))

    def stats(self, asked: Mapping[str, str]) -> Answer:
        """Sums ``by`` cause, side, gateway, tunnel, impact, day, week or month over ``days`` or a time."""
        return answered(lambda: self._stats(asked))

    def report(self, asked: Mapping[str, str], *, acknowledge: bool = False) -> Answer:
        """The report page over a time, from what the table holds; with a button for whoever may acknowledge."""
        return answered(lambda: self._report(asked, acknowledge=acknowledge))

    def health(self) -> Answer:
        """200 while every workspace was polled lately, else 503. Names channels, never their addresses."""
        return answered(self._health)

    def _incidents(self, asked: Mapping[str, str]) -> Answer:
        wanted = self._question(asked, 30)
        limit = _number(asked, "limit", PAGE, LARGEST_PAGE)
        rest = [d for d in self._found(wanted) if _place(d) > _cursor(asked)]
        page = rest[:limit]
        following = {"next": "~".join(_place(page[-1]))} if len(rest) > limit else {}
        if _format(asked) == "csv":
            return Answer(200, csv_text(INCIDENT, map(incident_line, page)), CSV)
        return in_json(200, {"incidents": page} | following)

    def _incident(self, incident_id: str) -> Answer:
        found = self.history.one(incident_id)
        return in_json(200, found) if found else problem(404, f"there is no incident {incident_id[:40]}")

    def _stats(self, asked: Mapping[str, str]) -> Answer:
        wanted = self._question(asked, _number(asked, "days", 90, LONGEST.days))
        by = groups(asked.get("by", "") or "cause")
        found = sum_up(self.history.between(*wanted), by, ZoneInfo(self.zone))
        lines = [stats_line(found, line) for line in found.lines]
        if _format(asked) == "csv":
            return Answer(200, csv_text(stats_columns(found), lines), CSV)
        head = {"since": iso(wanted.since), "until": iso(wanted.until), "timezone": self.zone, "by": [*by]}
        return in_json(200, head | {"rows": lines, "total": figures(found.total)})

    def _report(self, asked: Mapping[str, str], *, acknowledge: bool) -> Answer:
        from correlator.pages import render

        wanted = self._question(asked, 30)
        found, (since, until) = self._found(wanted), (wanted.since, wanted.until)
        return Answer(200, render(found, self.style, since=since, until=until, acknowledge=acknowledge), HTML)

    def _health(self) -> Answer:
        found = self.store.roster(self.workspaces)
        standings, clock = found.standings, found.clock
        workspaces = [_of_workspace(w, s.head.mark, clock, s.waiting) for w, s in standings.items()]
        refused = sorted({channel for s in standings.values() for channel in s.parked})
        lags = [w["lag_seconds"] for w in workspaces]
        well = all(lag is not None and lag <= self.late_after.total_seconds() for lag in lags)
        state = "ok" if well else "late" if any(lag is not None for lag in lags) else "never polled"
        return in_json(200 if well else 503, {"status": state, "workspaces": workspaces, "parked_channels": refused})

    def _question(self, asked: Mapping[str, str], days: int) -> Question:
        now = self.store.clock()
        wanted = question({k: asked[k] for k in ASKED if k in asked}, days, self.zone, now)
        if wanted.until - wanted.since > LONGEST:
            raise UsageError(f"ask for at most {LONGEST.days} days at once")
        return wanted

    def _found(self, wanted: Question) -> list[Mapping[str, Any]]:
        return sorted((d for d in self.history.between(*wanted) if wanted.wants(d["status"])), key=_place)


def answered(work: Callable[[], Answer]) -> Answer:
    """What the work answers; 400 for what cannot be used, 503 while storage cannot be read."""
    try:
        return work()
    except UsageError as wrong:
        return problem(400, str(wrong))
    except StoreUnavailable:  # its text is for the log: it names tables and roles
        return problem(503, "table storage cannot be read just now")


def in_json(status: int, value: object) -> Answer:
    """The value as the body."""
    return Answer(status, json.dumps(value, ensure_ascii=False), JSON)


def problem(status: int, why: str) -> Answer:
    """What is wrong, in one sentence."""
    return in_json(status, {"error": why})


def _place(document: Mapping[str, Any]) -> tuple[str, str]:
    """Its place in the order of all: ISO times of one length sort as text, whatever their fractions."""
    at = datetime.fromisoformat(document["started_at"])
    return f"{at:%Y-%m-%dT%H:%M:%S.%fZ}", document["id"]


def _cursor(asked: Mapping[str, str]) -> tuple[str, str]:
    at, _, incident_id = asked.get("after", "").partition("~")
    return at, incident_id


def _number(asked: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = asked.get(name, "") or str(default)
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
        raise UsageError(f"{name} must be a number from 1 to {most}")
    return int(text)


def _format(asked: Mapping[str, str]) -> str:
    text = asked.get("format", "") or "json"
    if text not in ("json", "csv"):
        raise UsageError("format must be json or csv")
    return text


def _of_workspace(workspace: str, mark: datetime | None, clock: datetime, waiting: int) -> dict[str, Any]:
    lag = max(0.0, (clock - mark).total_seconds()) if mark else None
    return {"id": workspace, "last_poll": iso(mark), "lag_seconds": lag, "waiting_messages": waiting}
