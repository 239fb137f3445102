"""Table Storage's behaviour in a dictionary: for replays, for tests, and for trying the product without an account."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from correlator.stores.tables import BATCH, EVERY, Conflict, Delete, Entity, Insert, Operation, Replace

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MemoryTables:
    """All tables of one account. ``clock`` stands for the Date header of the service's answers."""

    def __init__(self, clock: Callable[[], datetime] = lambda: EPOCH) -> None:
        self._rows: dict[tuple[str, str], dict[str, Entity]] = {}
        self._tag = 0
        self._clock = clock

    def query(
        self, table: str, partition: str, first: str, last: str, where: Mapping[str, str] = EVERY
    ) -> tuple[list[Entity], datetime]:
        rows = self._rows.get((table, partition), {})
        found = (rows[row] for row in sorted(rows) if first <= row < last)
        return [e for e in found if where.items() <= e.properties.items()], self._clock()

    def scan(self, table: str, before: str, where: Mapping[str, str] = EVERY) -> Iterator[tuple[str, Entity]]:
        for named, partition in sorted(self._rows):
            if named == table and partition < before:
                for entity in self.query(table, partition, "", "\uffff", where)[0]:
                    yield partition, entity

    def get(self, table: str, partition: str, row: str) -> Entity | None:
        return self._rows.get((table, partition), {}).get(row)

    def write(self, table: str, partition: str, operations: Sequence[Operation]) -> list[str]:
        rows = self._rows.setdefault((table, partition), {})
        if len(operations) > BATCH or len({o.row for o in operations}) < len(operations):
            raise ValueError("a batch takes 100 operations on different rows")
        for operation in operations:
            there = rows.get(operation.row)
            if isinstance(operation, Insert) and there:
                raise Conflict(operation.row)
            if isinstance(operation, Replace) and (there is None or there.etag != operation.etag):
                raise Conflict(operation.row)
            if isinstance(operation, Delete) and there is None and len(operations) > 1:
                raise Conflict(operation.row)
            if isinstance(operation, Delete) and there and operation.etag not in ("", there.etag):
                raise Conflict(operation.row)
        return [self._apply(rows, operation) for operation in operations]

    def _apply(self, rows: dict[str, Entity], operation: Operation) -> str:
        if isinstance(operation, Delete):
            rows.pop(operation.row, None)
            return ""
        self._tag += 1
        rows[operation.row] = Entity(operation.row, dict(operation.properties), f"W/{self._tag}")
        return rows[operation.row].etag
