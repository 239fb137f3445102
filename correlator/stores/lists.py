"""The kept gateway list: several rows, for one entity holds 1 MiB and ten thousand gateways come near it.

The row ``gateways`` names a generation and says in how many parts its gateways lie. The parts are written first, then
that row under the condition that it is still the one that was read, then the rows of before are deleted. So whoever
reads sees one whole list at any time, and the loser of a race leaves parts that nobody names, which the next one
deletes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from correlator.gateways import Gateway, Listed
from correlator.stores.codec import pack, unpack
from correlator.stores.tables import STATE, Conflict, Delete, Entity, Insert, Operation, Replace, Tables, Upsert

LISTS, LIST = "lists", "gateways"
PART = f"{LIST}-"
GENERATION, PARTS = "Generation", "Parts"
CONNECTIONS_A_PART = 2_000
"""Packed some 100 KiB; a single gateway has at most a thousand."""
LOOKS = 3


def read_list(tables: Tables) -> tuple[Listed | None, datetime]:
    """The list as it was last kept, whole or None, and the service's clock (UTC)."""
    for _ in range(LOOKS):
        found, clock = tables.query(STATE, LISTS, LIST, f"{LIST}~")
        named = _named(found)
        listed = _joined(named, found) if named else None
        if listed or named is None:
            return listed, clock
        # Somebody kept another list between two pages of the answer: look again.
    return None, clock


def read_clock(tables: Tables) -> datetime:
    """The service's clock (UTC), for the least that can be asked of it."""
    return tables.query(STATE, LISTS, LIST, PART)[1]


def write_list(tables: Tables, listed: Listed) -> None:
    """Keep it. Where another run kept one meanwhile, that one stays."""
    before, _ = tables.query(STATE, LISTS, LIST, f"{LIST}~")
    named, parts = _named(before), [pack(part) for part in _parts(listed.found.gateways)]
    generation = _generation(parts)
    if named is None or named.properties.get(GENERATION) != generation:
        for number, part in enumerate(parts):
            tables.write(STATE, LISTS, [Upsert(_row(generation, number), part)])
    properties = pack(replace(listed, found=replace(listed.found, gateways=())))
    properties |= {GENERATION: generation, PARTS: len(parts)}
    first: Operation = Replace(LIST, properties, named.etag) if named else Insert(LIST, properties)
    try:
        tables.write(STATE, LISTS, [first])
    except Conflict:
        return
    _clear(tables, (e for e in before if e.row.startswith(PART) and not e.row.startswith(f"{PART}{generation}-")))


def _clear(tables: Tables, rows: Iterable[Entity]) -> None:
    """Delete these versions of rows; one that was written anew belongs to a list that is being kept just now."""
    for entity in rows:
        try:
            tables.write(STATE, LISTS, [Delete(entity.row, entity.etag)])
        except Conflict:
            continue


def _named(found: Iterable[Entity]) -> Entity | None:
    return next((e for e in found if e.row == LIST), None)


def _joined(named: Entity, found: Iterable[Entity]) -> Listed | None:
    """The list that a row names, None if not all of its parts are there."""
    listed = unpack(Listed, named.properties)
    if GENERATION not in named.properties:
        return listed  # before there were parts it held everything
    mine = {e.row: e for e in found}
    rows = [_row(str(named.properties[GENERATION]), n) for n in range(int(named.properties[PARTS]))]
    if not mine.keys() >= set(rows):
        return None
    gateways = [g for row in rows for g in unpack(tuple[Gateway, ...], mine[row].properties)]
    return replace(listed, found=replace(listed.found, gateways=tuple(gateways)))


def _parts(gateways: Iterable[Gateway]) -> Iterator[tuple[Gateway, ...]]:
    part: list[Gateway] = []
    weight = 0
    for gateway in gateways:
        weight += 1 + len(gateway.connections)
        if part and weight > CONNECTIONS_A_PART:
            yield tuple(part)
            part, weight = [], 1 + len(gateway.connections)
        part.append(gateway)
    if part:
        yield tuple(part)


def _generation(parts: Sequence[dict[str, Any]]) -> str:
    """Named from its content: a list whose gateways are the same has its parts already."""
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        for name in sorted(part):
            digest.update(repr((name, part[name])).encode())
    return digest.hexdigest()


def _row(generation: str, number: int) -> str:
    return f"{PART}{generation}-{number:04d}"
