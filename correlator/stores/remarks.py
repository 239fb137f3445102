"""The people's table: remarks, silences and planned work as flat rows. The projection never writes here.

A remark lies in the week of its incident, so an id names where it lies. Silences and planned work have row keys that
begin with their end, so that one range leaves out whatever has long been over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from correlator.people import Entry, EntryKind, People, Remark, RemarkKind, week_of
from correlator.stores.tables import REMARKS, Delete, Entity, Tables, Upsert

PARTITIONS = {EntryKind.SILENCE: "silences", EntryKind.PLANNED_WORK: "planned-work"}


def read_people(tables: Tables, weeks: Iterable[str], ending_after: datetime) -> People:
    """The remarks of these weeks' incidents, and the silences and planned work that end after that time."""
    remarks = {i: said for week in weeks for i, said in remarks_of(tables, week).items()}
    entries = [entry for kind in EntryKind for entry in read_entries(tables, kind, ending_after)]
    return People(remarks, tuple(entries))


def remarks_of(tables: Tables, week: str) -> dict[str, tuple[Remark, ...]]:
    """What people said of a week's incidents, by their ids, oldest first."""
    remarks: dict[str, tuple[Remark, ...]] = {}
    for remark in sorted((_remark(e) for e in tables.query(REMARKS, week, "0", "~")[0]), key=lambda r: r.at):
        remarks[remark.incident] = (*remarks.get(remark.incident, ()), remark)
    return remarks


def read_remarks(tables: Tables, incident_id: str) -> tuple[Remark, ...]:
    """What people said of one incident, oldest first; nothing where the text is no id."""
    week = week_of(incident_id)
    found, _ = tables.query(REMARKS, week, f"{incident_id}_", f"{incident_id}`") if week else ([], None)
    return tuple(sorted(map(_remark, found), key=lambda r: r.at))


def read_entries(tables: Tables, kind: EntryKind, ending_after: datetime) -> list[Entry]:
    """The entries of one kind that end after that time, the earliest end first."""
    return [_entry(kind, e) for e in tables.query(REMARKS, PARTITIONS[kind], _stamp(ending_after), "~")[0]]


def write_remark(tables: Tables, remark: Remark) -> None:
    """Keep a remark. The same one, written twice, is one. Raises ValueError for what is no incident's id."""
    week = week_of(remark.incident)
    if week is None:
        raise ValueError(f"{remark.incident} is no incident id")
    digest = hashlib.blake2b(repr(tuple(map(str, remark))).encode(), digest_size=4).hexdigest()
    columns = {
        "Incident": remark.incident,
        "At": remark.at,
        "Who": remark.who,
        "Kind": remark.kind.value,
        "Text": remark.text,
        "Cause": remark.cause,
    }
    row = f"{remark.incident}_{_stamp(remark.at)}_{remark.kind.value}_{digest}"
    tables.write(REMARKS, week, [Upsert(row, columns)])


def write_entry(tables: Tables, entry: Entry) -> None:
    """Keep a silence or planned work. The same one, written twice, is one."""
    columns = {
        "Start": entry.start,
        "End": entry.end,
        "Gateway": entry.gateway,
        "Peer": entry.peer,
        "Who": entry.who,
        "Why": entry.why,
    }
    tables.write(REMARKS, PARTITIONS[entry.kind], [Upsert(_row(entry), columns)])


def remove_entry(tables: Tables, entry: Entry) -> None:
    """Take a silence or planned work back; one that is gone is fine."""
    if tables.get(REMARKS, PARTITIONS[entry.kind], _row(entry)):
        tables.write(REMARKS, PARTITIONS[entry.kind], [Delete(_row(entry))])


def _row(entry: Entry) -> str:
    return f"{_stamp(entry.end)}_{entry.id}"


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _remark(e: Entity) -> Remark:
    p: Any = e.properties
    return Remark(p["Incident"], _utc(p["At"]), p["Who"], RemarkKind(p["Kind"]), p["Text"], p["Cause"])


def _entry(kind: EntryKind, e: Entity) -> Entry:
    p: Any = e.properties
    return Entry(kind, _utc(p["Start"]), _utc(p["End"]), p["Gateway"], p["Peer"], p["Who"], p["Why"])


def _utc(at: datetime) -> datetime:
    """The service's own kind of datetime as a plain one, so that what was read equals what was written."""
    return datetime.fromtimestamp(at.timestamp(), UTC)
