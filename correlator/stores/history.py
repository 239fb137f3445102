"""What the public tables hold, read back: one incident by its id, or those of a time, week by week.

Nothing is read outside the time that is asked for: a week is a partition and a row key begins with the time, so the
requests and rows of a question do not grow with the history around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from correlator.incident_json import with_remarks
from correlator.ports import Receipt
from correlator.rebuild import Stored
from correlator.stores.messages import told
from correlator.stores.remarks import read_remarks, remarks_of
from correlator.stores.rows import document_of
from correlator.stores.tables import EVERY, INCIDENTS, OUTAGES, Tables
from correlator.weekly import LATE, label_of

ID = re.compile(r"VPN-(\d{8})-[0-9A-Z]+")
DAY = timedelta(days=1)


class History:
    """Incidents and outages as they stand in the tables; every method raises StoreUnavailable."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def one(self, incident_id: str) -> dict[str, Any] | None:
        """The incident object of that id, None where there is none (or the text is no id)."""
        named = ID.fullmatch(incident_id.strip().upper())
        day = _day(named[1]) if named else None
        if named is None or day is None:
            return None
        after = f"{day + DAY:%Y%m%d}"
        found, _ = self._tables.query(INCIDENTS, label_of(day.date()), named[1], after, {"Id": named[0]})
        if not found:
            return None
        # What is long over is not written again, whatever people say of it.
        return with_remarks(document_of(found[0].properties), read_remarks(self._tables, named[0]))

    def between(self, since: datetime, until: datetime, where: Mapping[str, str] = EVERY) -> Iterator[dict[str, Any]]:
        """Incident objects that began in ``since <= started_at < until`` (UTC), a week at a time, oldest week first.

        ``where`` names columns of the table and what they must hold.
        """
        for week, rows in self._weeks(INCIDENTS, since, until, where):
            said = remarks_of(self._tables, week) if rows else {}
            for found in map(document_of, rows):
                # What is long over is not written again, whatever people say of it.
                yield with_remarks(found, said[found["id"]]) if found["id"] in said else found

    def outages(
        self, since: datetime, until: datetime, where: Mapping[str, str] = EVERY
    ) -> Iterator[Mapping[str, Any]]:
        """Rows of ``outages`` that began in that time, likewise."""
        return (row for _, rows in self._weeks(OUTAGES, since, until, where) for row in rows)

    def stored(self, weeks: Iterable[str]) -> list[Stored]:
        """The incidents of these UTC weeks with the anchors and revisions of their rows, withdrawn ones too."""
        rows = [e for week in weeks for e in self._tables.query(INCIDENTS, week, "0", "~")[0]]
        return [Stored(document_of(e.properties), _anchor(e.row), int(e.properties["Rev"])) for e in rows]

    def told(self, incident_id: str) -> list[Receipt]:
        """What was said of an incident, oldest first."""
        return told(self._tables, incident_id)

    def _weeks(
        self, table: str, since: datetime, until: datetime, where: Mapping[str, str]
    ) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
        # A row's key holds its anchor, and late rows may have moved the start away from it by two days either way.
        first, last = (since - LATE).astimezone(UTC), (until + LATE).astimezone(UTC)
        for week in _weeks(first, last):
            found, _ = self._tables.query(table, week, f"{first:%Y%m%dT%H%M%SZ}", f"{last:%Y%m%dT%H%M%SZ}", where)
            yield week, [e.properties for e in found if since <= e.properties["StartedAt"] < until]


def _anchor(row: str) -> datetime:
    """The time with which a row of ``incidents`` begins."""
    return datetime.strptime(row.partition("_")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _day(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return None


def _weeks(first: datetime, last: datetime) -> list[str]:
    days = (last.date() - first.date()).days + 1
    return list(dict.fromkeys(label_of(first.date() + n * DAY) for n in range(days)))
