"""The kept gateway list: several rows, and whoever reads has one whole list, whatever happens to those who write."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

import pytest
from msgspec.structs import replace

from correlator.gateways import Connection, Gateway, GatewayList, Listed, Refused
from correlator.stores import lists
from correlator.stores.codec import pack
from correlator.stores.lists import CONNECTIONS_A_PART, LIST, LISTS, read_list, write_list
from correlator.stores.memory import MemoryTables
from correlator.stores.store import TableStore
from correlator.stores.tables import STATE, Delete, Entity, Operation, Tables, Upsert
from correlator.wording import Style
from tests.fakes import at
from tests.interleave import Interleaved

NOW = at("2026-08-21T18:00:00")
LARGEST = 1024 * 1024
NETWORK = "/subscriptions/s/resourcegroups/rg/providers/microsoft.network"


def fleet(count: int, connections: int = 1, name: str = "gw") -> Listed:
    """A list of so many gateways, each with so many connections."""
    return Listed(NOW, GatewayList(tuple(_gateway(f"{name}-{n:05d}", connections) for n in range(count))), ("/s",))


def _gateway(name: str, connections: int) -> Gateway:
    joined = (
        Connection(f"{name}-{n}", f"{NETWORK}/connections/{name}-{n}", (f"{name}.{n}",)) for n in range(connections)
    )
    identity = f"{NETWORK}/virtualnetworkgateways/{name}"
    return Gateway(identity, name, "virtualNetworkGateways", False, False, (), tuple(joined))


def kept(tables: Tables) -> Listed | None:
    """The list that a reader has."""
    return read_list(tables)[0]


def rows(tables: Tables) -> list[str]:
    """The keys of all rows of lists."""
    return [e.row for e in tables.query(STATE, LISTS, "", "~")[0]]


def test_a_list_comes_back_as_it_was(tables: Tables) -> None:
    """Everything of it, of several parts, with what was refused and what was removed; nothing is there before."""
    assert kept(tables) is None
    found = fleet(30, connections=300)
    written = replace(found, removed=("/gone",), aliases={"/old": "/new"}, moved_at={"/old": NOW})
    written = replace(written, found=replace(written.found, refused=(Refused("/subscriptions/x", "no"),)))
    write_list(tables, written)
    assert kept(tables) == written
    assert len(rows(tables)) == 1 + 5


@pytest.mark.parametrize("listed", [fleet(0), fleet(1), fleet(1, connections=CONNECTIONS_A_PART * 2)])
def test_a_list_of_any_size_comes_back(listed: Listed) -> None:
    """None, one, and one gateway that fills a part alone."""
    tables = MemoryTables()
    write_list(tables, listed)
    assert kept(tables) == listed


def test_no_row_is_too_large_for_ten_thousand_gateways() -> None:
    """Ten thousand gateways of three connections each lie in rows far below what one entity holds."""
    tables = MemoryTables()
    listed = fleet(10_000, connections=3)
    write_list(tables, listed)
    found, _ = tables.query(STATE, LISTS, "", "~")
    assert max(len(v) for e in found for v in e.properties.values() if isinstance(v, bytes)) <= 65_536
    assert max(sum(len(v) for v in e.properties.values() if isinstance(v, bytes)) for e in found) < LARGEST / 4
    assert kept(tables) == listed


def test_a_newer_list_leaves_nothing_of_the_older(tables: Tables) -> None:
    """After a list was kept only its own rows are there, also where a run died before it named its parts."""
    write_list(tables, fleet(20, connections=300))
    tables.write(STATE, LISTS, [Upsert(f"{LIST}-0123456789abcdef-0000", pack(()))])
    newer = fleet(10, connections=300, name="other")
    write_list(tables, newer)
    assert kept(tables) == newer
    assert len(rows(tables)) == 1 + 2


def test_the_same_gateways_are_not_written_again() -> None:
    """Where only a note beside the gateways changes, one row is written."""
    tables = Counting()
    listed = fleet(20, connections=300)
    write_list(tables, replace(listed, touched=("/gw",)))
    tables.writes.clear()
    write_list(tables, listed)
    assert tables.writes == [[LIST]]
    assert kept(tables) == listed


def test_a_list_of_one_row_is_read_and_makes_room(tables: Tables) -> None:
    """What was kept before there were parts is read, and replaced by the next list."""
    older, newer = fleet(3), fleet(4)
    tables.write(STATE, LISTS, [Upsert(LIST, pack(older))])
    assert kept(tables) == older
    write_list(tables, newer)
    assert kept(tables) == newer


def test_a_list_that_lacks_a_part_is_none() -> None:
    """Half of a list would look like gateways that are gone: where a part is missing there is no list."""
    tables = MemoryTables()
    write_list(tables, fleet(20, connections=300))
    listing = rows(tables)
    tables.write(STATE, LISTS, [Delete(listing[-1])])
    assert kept(tables) is None


def test_the_clock_is_had_without_the_list() -> None:
    """Who asks for the time alone reads one row at most."""
    tables = Counting(lambda: NOW)
    write_list(tables, fleet(20, connections=300))
    tables.read.clear()
    assert TableStore(tables, Style()).clock() == NOW
    assert tables.read == [1]


class Killed(Exception):
    """The process ends here."""


class Counting(MemoryTables):
    """Notes what is written and how much is read; may die before or after a write."""

    def __init__(self, clock: Callable[[], datetime] = lambda: NOW) -> None:
        super().__init__(clock)
        self.writes: list[list[str]] = []
        self.read: list[int] = []
        self.die_at: float = float("inf")
        self.after = False

    def query(
        self, table: str, partition: str, first: str, last: str, where: Mapping[str, str] = {}
    ) -> tuple[list[Entity], datetime]:
        answer = super().query(table, partition, first, last, where)
        self.read.append(len(answer[0]))
        return answer

    def write(self, table: str, partition: str, operations: Sequence[Operation]) -> list[str]:
        self.writes.append([o.row for o in operations])
        if len(self.writes) > self.die_at and not self.after:
            raise Killed
        tags = super().write(table, partition, operations)
        if len(self.writes) > self.die_at:
            raise Killed
        return tags


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at_write", range(10))
def test_killed_at_any_write_a_reader_has_the_old_list_or_the_new(
    at_write: int, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever write is the last one of a run, the list is one of the two, whole, and the next run keeps its own."""
    monkeypatch.setattr(lists, "CONNECTIONS_A_PART", 4)
    tables = Counting()
    older, newer = fleet(8), fleet(10, name="other")
    write_list(tables, older)
    tables.writes.clear()
    tables.die_at, tables.after = at_write, after
    try:
        write_list(tables, newer)
    except Killed:
        assert kept(tables) in (older, newer)
    tables.die_at = float("inf")
    latest = replace(newer, read_at=NOW + timedelta(days=1))
    write_list(tables, latest)
    assert kept(tables) == latest
    assert len(rows(tables)) == 1 + 5


@pytest.mark.parametrize("seed", range(0, 400, 100))
def test_runs_that_keep_at_once_leave_one_whole_list(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs that keep lists at once, call by call in any order: one of theirs is there, whole, for every reader."""
    monkeypatch.setattr(lists, "CONNECTIONS_A_PART", 4)
    older, one, two = fleet(4), fleet(6, name="one"), fleet(8, name="two")
    for n in range(seed, seed + 100):
        tables = MemoryTables()
        write_list(tables, two)
        orphans = list(tables.query(STATE, LISTS, f"{LIST}-", "~")[0])
        write_list(tables, older)
        tables.write(STATE, LISTS, [Upsert(e.row, e.properties) for e in orphans])
        seen: list[Listed | None] = []
        baton = Interleaved(random.Random(n), stay=0.5)
        views = [View(tables, partial(baton.pause, me)) for me in range(3)]
        baton.run(
            partial(write_list, views[0], one),
            partial(write_list, views[1], two),
            partial(look, views[2], seen),
        )
        assert kept(tables) in (one, two)
        assert all(found in (older, one, two) for found in seen)


def look(tables: Tables, seen: list[Listed | None]) -> None:
    """Read the list a few times."""
    seen.extend(kept(tables) for _ in range(3))


class View(MemoryTables):
    """The same tables, as one of several runs sees them."""

    def __init__(self, tables: MemoryTables, pause: Callable[[], None]) -> None:
        super().__init__()
        self._tables, self._pause = tables, pause

    def query(
        self, table: str, partition: str, first: str, last: str, where: Mapping[str, str] = {}
    ) -> tuple[list[Entity], datetime]:
        """As the service does, page by page: rows may change in between."""
        self._pause()
        found, clock = self._tables.query(table, partition, first, last, where)
        middle = found[len(found) // 2].row if found else last
        self._pause()
        rest, _ = self._tables.query(table, partition, middle, last, where)
        return [e for e in found if e.row < middle] + rest, clock

    def write(self, table: str, partition: str, operations: Sequence[Operation]) -> list[str]:
        self._pause()
        return self._tables.write(table, partition, operations)
