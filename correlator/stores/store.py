"""The store over any backend of tables: state and outbox in one partition a workspace, public tables, people's words.

A partition of ``state`` holds one ``head`` (the commit point: everything else is written only together with a write of
the head that was read), one row a gateway, one row a notice, and one row a receipt that is not filed yet. Their keys
sort gateway < head < notice < receipt, so a quiet poll reads head and outbox in one range and never touches a gateway.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from msgspec import ValidationError
from msgspec.structs import replace

from correlator.errors import StaleWrite, StoreUnavailable
from correlator.gateways import Listed
from correlator.model import LONG_AGO, GatewayState, Incident
from correlator.people import Entry, EntryKind, People, Remark
from correlator.ports import Head, Held, Notice, Receipt, Roster, Snapshot, Standing
from correlator.stores import housekeeping, messages, rosters
from correlator.stores.codec import pack, unpack
from correlator.stores.lists import LISTS, read_clock, read_list, write_list
from correlator.stores.remarks import read_entries, read_people, remove_entry, write_entry, write_remark
from correlator.stores.rows import document_of, incident_row, outage_rows, partition_of, row_of
from correlator.stores.tables import (
    BATCH,
    INCIDENTS,
    OUTAGES,
    STATE,
    Conflict,
    Delete,
    Entity,
    Insert,
    Operation,
    Replace,
    Tables,
    Upsert,
)
from correlator.wording import Style

HEAD, GATEWAY, NOTICE, RECEIPT, END = "head", "gateway|", "notice|", "receipt|", "receipt~"
PARKED = "parked-"
FEW = 10
"""Up to this many gateways are read one by one, more of them as one range."""


class TableStore:
    """State, outbox and public tables on a backend; ``style`` is the language and zone of the public rows.

    In a ``fleet`` of workspaces each run notes where its own stands, so that nobody has to read all of their heads.
    """

    def __init__(self, tables: Tables, style: Style, *, fleet: bool = False) -> None:
        self._tables = tables
        self._style = style
        self._fleet = fleet

    def read(self, partition: str) -> Snapshot:
        found, clock = self._tables.query(STATE, _key(partition), HEAD, END)
        head = next((e for e in found if e.row == HEAD), None)
        waiting = {e.row.removeprefix(NOTICE): _held(e) for e in found if e.row.startswith(NOTICE)}
        outbox, unknown = [h for h in waiting.values() if h], [key for key, h in waiting.items() if not h]
        receipts = [unpack(Receipt, e.properties) for e in found if e.row.startswith(RECEIPT)]
        if head is None:
            return Snapshot(Head(), None, outbox, clock, receipts, unknown)
        return Snapshot(unpack(Head, head.properties), head.etag, outbox, clock, receipts, unknown)

    def roster(self, workspaces: Sequence[str]) -> Roster:
        if self._fleet:
            return rosters.read(self._tables, workspaces)
        found = {w: self.read(w) for w in workspaces}
        return Roster(
            {w: standing_of(w, s) for w, s in found.items()}, max((s.clock for s in found.values()), default=LONG_AGO)
        )

    def note(self, standing: Standing) -> None:
        rosters.write(self._tables, _key(standing.workspace), standing)

    def noted(self) -> list[str]:
        return rosters.names(self._tables)

    def forget(self, workspace: str) -> None:
        rosters.remove(self._tables, _key(workspace))

    def gateways(self, partition: str, names: Iterable[str]) -> dict[str, GatewayState]:
        states = [unpack(GatewayState, e.properties) for e in self._kept(partition, names)]
        return {s.gateway: s for s in states}

    def _kept(self, partition: str, names: Iterable[str]) -> list[Entity]:
        wanted = {_gateway_row(name) for name in names}
        if len(wanted) <= FEW:
            found = [self._tables.get(STATE, _key(partition), row) for row in sorted(wanted)]
        else:
            found = list(self._tables.query(STATE, _key(partition), GATEWAY, HEAD)[0])
        return [e for e in found if e and e.row in wanted]

    def commit(
        self, partition: str, etag: str | None, head: Head, states: Sequence[GatewayState], notices: Sequence[Notice]
    ) -> str:
        properties = pack(head) | ({"Mark": head.mark} if head.mark else {})
        first: Operation = Insert(HEAD, properties) if etag is None else Replace(HEAD, properties, etag)
        rest: list[Operation] = [Upsert(_gateway_row(s.gateway), {"Gateway": s.gateway} | pack(s)) for s in states]
        rest += [Insert(NOTICE + n.key, _notice(n)) for n in notices]
        try:
            return self._tables.write(STATE, _key(partition), [first, *rest])[0]
        except Conflict:
            raise StaleWrite(f"another run committed first in {partition}") from None

    def claim(self, partition: str, held: Held, until: datetime) -> Held | None:
        there = held.notice
        # A claim that ran out was never given back: its run died, perhaps after it had sent.
        crashed = there.crashed + (there.leased_until is not None)
        notice = there._replace(leased_until=until, tries=there.tries + 1, crashed=crashed)
        try:
            write = Replace(NOTICE + notice.key, _notice(notice), held.etag)
            return Held(notice, self._tables.write(STATE, _key(partition), [write])[0])
        except Conflict:
            return None

    def settle(self, partition: str, held: Held, receipt: Receipt | None = None) -> None:
        kept = [Insert(_receipt_row(receipt), pack(receipt))] if receipt else []
        try:
            self._tables.write(STATE, _key(partition), [Delete(NOTICE + held.notice.key), *kept])
        except Conflict:
            return  # gone already: delivered twice, told once

    def file(self, partition: str, receipts: Sequence[Receipt]) -> None:
        try:
            messages.file(self._tables, receipts)
        except Conflict:
            raise StoreUnavailable("table messages: another run wrote at the same moment", None) from None
        gone = [Delete(row) for row in dict.fromkeys(map(_receipt_row, receipts))]
        for begin in range(0, len(gone), BATCH):
            self._forget(partition, gone[begin : begin + BATCH])

    def _forget(self, partition: str, gone: Sequence[Delete]) -> None:
        """All at once; where another run filed some of them, one by one."""
        try:
            self._tables.write(STATE, _key(partition), gone)
        except Conflict:
            for row in gone:
                with suppress(Conflict):
                    self._tables.write(STATE, _key(partition), [row])

    def postpone(self, partition: str, held: Held, notice: Notice, words: Sequence[Notice] = ()) -> None:
        back: Operation = Replace(NOTICE + notice.key, _notice(notice), held.etag)
        try:
            self._tables.write(STATE, _key(partition), [back, *(Insert(NOTICE + w.key, _notice(w)) for w in words)])
        except Conflict:
            return  # another run has it by now

    def replace(self, partition: str, gone: Sequence[Held], before: Held | None, notice: Notice) -> Held | None:
        row, properties = NOTICE + notice.key, _notice(notice)
        first: Operation = Replace(row, properties, before.etag) if before else Insert(row, properties)
        rest = [Delete(NOTICE + held.notice.key, held.etag) for held in gone]
        try:
            return Held(notice, self._tables.write(STATE, _key(partition), [first, *rest])[0])
        except Conflict:
            return None

    def park(self, channel: str, address: str, by: str) -> bool:
        row, properties = PARKED + channel, {"Address": address, "By": by}
        while True:
            there = self._tables.get(STATE, LISTS, row)
            if there and there.properties["Address"] == address:
                return bool(there.properties["By"] == by)
            write: Operation = Replace(row, properties, there.etag) if there else Insert(row, properties)
            try:
                self._tables.write(STATE, LISTS, [write])
                return True
            except Conflict:
                continue  # somebody was faster, or the client met its own first try: the row says who it was

    def unpark(self, channel: str) -> None:
        try:
            self._tables.write(STATE, LISTS, [Delete(PARKED + channel)])
        except Conflict:
            return  # gone already

    def record(self, incidents: Sequence[Incident]) -> None:
        for incident in incidents:
            if self._record(incident):
                self._record_outages(incident)

    def purge(self, before: datetime) -> Mapping[str, int]:
        return housekeeping.purge(self._tables, before)

    def purge_gateways(self, partition: str, gone: Iterable[str], before: datetime) -> int:
        rows = [_gateway_row(name) for name in gone]
        if not rows:
            return 0
        due = self.read(partition).head.due
        return housekeeping.purge_gateways(self._tables, _key(partition), rows, due, before)

    def watched(self, partition: str, names: Iterable[str] | None = None) -> list[str]:
        if names is None:
            found: Iterable[Entity] = self._tables.query(STATE, _key(partition), GATEWAY, HEAD)[0]
        else:
            found = self._kept(partition, names)
        return sorted(str(e.properties["Gateway"]) for e in found)

    def spared(self, partition: str) -> dict[str, tuple[datetime, ...]]:
        found, _ = self._tables.query(STATE, _key(partition), GATEWAY, HEAD)
        # One state at a time: thousands of gateways would fill a small instance.
        return {str(e.properties["Gateway"]): unpack(GatewayState, e.properties).spared for e in found}

    def kept_list(self) -> tuple[Listed | None, datetime]:
        return read_list(self._tables)

    def keep_list(self, listed: Listed) -> None:
        write_list(self._tables, listed)

    def clock(self) -> datetime:
        return read_clock(self._tables)

    def people(self, weeks: Iterable[str], ending_after: datetime) -> People:
        return read_people(self._tables, weeks, ending_after)

    def entries(self, kind: EntryKind, ending_after: datetime) -> list[Entry]:
        return read_entries(self._tables, kind, ending_after)

    def add_remark(self, remark: Remark) -> None:
        write_remark(self._tables, remark)

    def add_entry(self, entry: Entry) -> None:
        write_entry(self._tables, entry)

    def remove_entry(self, entry: Entry) -> None:
        remove_entry(self._tables, entry)

    def documents(self, weeks: Iterable[str]) -> Iterator[dict[str, Any]]:
        for week in weeks:
            yield from (document_of(e.properties) for e in self._tables.query(INCIDENTS, week, "0", "~")[0])

    def _record(self, incident: Incident) -> bool:
        """Insert if absent, else replace what is older. False if the table holds something newer."""
        partition, row = partition_of(incident), row_of(incident)
        properties = incident_row(incident, self._style)
        operation: Operation = Insert(row, properties)
        while True:
            try:
                self._tables.write(INCIDENTS, partition, [operation])
                return True
            except Conflict:
                there = self._tables.get(INCIDENTS, partition, row)
            if there is None:
                operation = Insert(row, properties)
            elif there.properties["Rev"] >= incident.rev:
                # The same revision: a run died between incident and outages, and this one finishes its work.
                return bool(there.properties["Rev"] == incident.rev)
            else:
                operation = Replace(row, properties, there.etag)

    def _record_outages(self, incident: Incident) -> None:
        """Write what differs, each row under its own condition: a run that was overtaken never undoes newer rows."""
        partition, row = partition_of(incident), row_of(incident)
        rows = {} if incident.status.withdrawn else dict(outage_rows(incident, self._style))
        while True:
            there = {e.row: e for e in self._tables.query(OUTAGES, partition, row + "_", row + "`")[0]}
            if any(e.properties["Rev"] > incident.rev for e in there.values()):
                return
            operations = list(_differences(there, rows))
            try:
                for at in range(0, len(operations), BATCH):
                    self._tables.write(OUTAGES, partition, operations[at : at + BATCH])
                return
            except Conflict:
                continue  # somebody wrote meanwhile: look again


def standing_of(workspace: str, found: Snapshot) -> Standing:
    """Where a workspace stands by its own partition."""
    parked = {h.notice.channel for h in found.outbox if h.notice.refused_by}
    return Standing(
        workspace, replace(found.head, due={}), len(found.outbox) + len(found.unknown), tuple(sorted(parked))
    )


def _differences(there: dict[str, Entity], rows: dict[str, dict[str, Any]]) -> Iterator[Operation]:
    for key, properties in rows.items():
        old = there.get(key)
        if old is None:
            yield Insert(key, properties)
        elif not _same(old, properties):
            yield Replace(key, properties, old.etag)
    for key in sorted(there.keys() - rows.keys()):
        yield Delete(key)


def _same(there: Entity, properties: dict[str, Any]) -> bool:
    return {**there.properties, "Rev": 0} == {**properties, "Rev": 0}


def _held(entity: Entity) -> Held | None:
    """The notice of a row; None for one of a kind that newer code wrote, before it was rolled back."""
    try:
        return Held(unpack(Notice, entity.properties), entity.etag)
    except ValidationError:
        return None


def _notice(notice: Notice) -> dict[str, Any]:
    columns = {"Channel": notice.channel, "Created": notice.created, "Tries": notice.tries}
    return columns | ({"NextTry": notice.next_try} if notice.next_try else {}) | pack(notice)


def _receipt_row(receipt: Receipt) -> str:
    """With its time, since the message about missed ones has one key for ever."""
    return f"{RECEIPT}{receipt.at:%Y%m%dT%H%M%S%f}-{receipt.key}"


def _key(partition: str) -> str:
    """Table keys may not hold slashes, hash, question mark or control characters."""
    return "".join("_" if c in "/\\#?%" or not c.isprintable() else c for c in partition).lower()


def _gateway_row(name: str) -> str:
    return GATEWAY + hashlib.blake2b(name.encode(), digest_size=16).hexdigest()
