"""Table Storage's behaviour in a dictionary: for replays, for tests, and for trying the product without an account."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from msgspec import Struct, field

from correlator.stores.tables import BATCH, EVERY, Conflict, Delete, Entity, Insert, Operation, Replace

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Partition(Struct):
    """Rows by their keys, and the keys in order: a query looks at its own range and no further."""

    rows: dict[str, Entity] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)

    def put(self, entity: Entity) -> None:
        if entity.row not in self.rows:
            insort(self.keys, entity.row)
        self.rows[entity.row] = entity

    def remove(self, row: str) -> None:
        if self.rows.pop(row, None):
            del self.keys[bisect_left(self.keys, row)]

    def between(self, first: str, last: str) -> list[Entity]:
        return [self.rows[key] for key in self.keys[bisect_left(self.keys, first) : bisect_left(self.keys, last)]]


NOTHING = _Partition()


class MemoryTables:
    """All tables of one account. ``clock`` stands for the Date header of the service's answers."""

    def __init__(self, clock: Callable[[], datetime] = lambda: EPOCH) -> None:
        self._rows: dict[tuple[str, str], _Partition] = {}
        self._tag = 0
        self._clock = clock

    def query(
        self, table: str, partition: str, first: str, last: str, where: Mapping[str, str] = EVERY
    ) -> tuple[list[Entity], datetime]:
        found = self._rows.get((table, partition), NOTHING).between(first, last)
        return [e for e in found if where.items() <= e.properties.items()], self._clock()

    def scan(self, table: str, before: str, where: Mapping[str, str] = EVERY) -> Iterator[tuple[str, Entity]]:
        for named, partition in sorted(self._rows):
            if named == table and partition < before:
                for entity in self.query(table, partition, "", "\uffff", where)[0]:
                    yield partition, entity

    def get(self, table: str, partition: str, row: str) -> Entity | None:
        return self._rows.get((table, partition), NOTHING).rows.get(row)

    def write(self, table: str, partition: str, operations: Sequence[Operation]) -> list[str]:
        at = self._rows.setdefault((table, partition), _Partition())
        if len(operations) > BATCH or len({o.row for o in operations}) < len(operations):
            raise ValueError("a batch takes 100 operations on different rows")
        for operation in operations:
            there = at.rows.get(operation.row)
            if isinstance(operation, Insert) and there:
                raise Conflict(operation.row)
            if isinstance(operation, Replace) and (there is None or there.etag != operation.etag):
                raise Conflict(operation.row)
            if isinstance(operation, Delete) and there is None and len(operations) > 1:
                raise Conflict(operation.row)
            if isinstance(operation, Delete) and there and operation.etag not in ("", there.etag):
                raise Conflict(operation.row)
        return [self._apply(at, operation) for operation in operations]

    def _apply(self, at: _Partition, operation: Operation) -> str:
        if isinstance(operation, Delete):
            at.remove(operation.row)
            return ""
        self._tag += 1
        entity = Entity(operation.row, dict(operation.properties), f"W/{self._tag}")
        at.put(entity)
        return entity.etag
