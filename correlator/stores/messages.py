"""What was said, as rows of the public table ``messages``: one a message that a channel took.

A receipt is written in the same transaction that forgets its notice, and filed from there: a death in between files it
later, never twice, since its row key is made of what it says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from correlator.people import week_of
from correlator.ports import Receipt
from correlator.stores.tables import BATCH, MESSAGES, Conflict, Tables, Upsert
from correlator.weekly import label_of


def file(tables: Tables, receipts: Iterable[Receipt]) -> None:
    """Write them into the table; what is there already stays as it is."""
    weeks: dict[str, dict[str, Upsert]] = {}
    for receipt in receipts:
        row = _row(receipt)
        weeks.setdefault(_week(receipt), {})[row] = Upsert(row, _columns(receipt))
    for week, rows in weeks.items():
        writes = list(rows.values())
        for begin in range(0, len(writes), BATCH):
            with suppress(Conflict):  # a retried write that met its own first try
                tables.write(MESSAGES, week, writes[begin : begin + BATCH])


def told(tables: Tables, incident_id: str) -> list[Receipt]:
    """What was said of an incident, oldest first; nothing for a text that is no id."""
    week = week_of(incident_id)
    found = tables.query(MESSAGES, week, "0", "~", {"Incident": incident_id})[0] if week else []
    return [_receipt(e.properties) for e in found]


def _week(receipt: Receipt) -> str:
    """Beside its incident, so that an id names where to look; of all else the week in which it was said."""
    return week_of(receipt.incident) or label_of(receipt.at.date())


def _row(receipt: Receipt) -> str:
    about = receipt.incident or receipt.moment
    digest = hashlib.blake2b(receipt.key.encode(), digest_size=4).hexdigest()
    return f"{receipt.at:%Y%m%dT%H%M%SZ}_{about}_{receipt.number:04d}_{receipt.channel}_{digest}"


def _columns(receipt: Receipt) -> dict[str, Any]:
    return {
        "Incident": receipt.incident,
        "Moment": receipt.moment,
        "Channel": receipt.channel,
        "At": receipt.at,
        "Number": receipt.number,
        "Tries": receipt.tries,
        "Repeats": receipt.repeats,
        "Plain": receipt.plain,
        "Folded": receipt.folded,
    }


def _receipt(p: Any) -> Receipt:
    at = datetime.fromtimestamp(p["At"].timestamp(), UTC)
    numbers = p["Number"], p["Tries"], p["Repeats"]
    return Receipt("", p["Channel"], at, p["Incident"], p["Moment"], *numbers, p["Plain"], p["Folded"])
