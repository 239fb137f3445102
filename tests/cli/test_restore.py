"""An export to a blob container and back: nothing is overwritten on the way there, and nothing on the way back."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.identity import DefaultAzureCredential
from hypothesis import given
from hypothesis import strategies as st

from correlator.cli.export import _insert
from correlator.errors import StoreUnavailable, UsageError
from correlator.people import Entry, EntryKind, Remark, RemarkKind
from correlator.stores.container import SCOPE, VERSION, Container
from correlator.stores.dump import lines, parsed
from correlator.stores.memory import MemoryTables
from correlator.stores.store import TableStore
from correlator.stores.table_storage import AzureTables
from correlator.stores.tables import INCIDENTS, OUTAGES, REMARKS, STATE, TABLES, Delete, Insert, Operation, Upsert
from correlator.wording import Style
from sandbox.stack import Stack
from tests.cli.conftest import Run
from tests.cli.test_incidents import fortnight
from tests.cli.test_replay import document, in_one_line

NOON = datetime(2026, 8, 21, 12, tzinfo=UTC)
WORK = Entry(EntryKind.PLANNED_WORK, NOON, NOON.replace(hour=14), "", "", "kim", "router firmware, 予定どおり")


class Account:
    """Tables of the fortnight with what people said, and a container for exports."""

    def __init__(self, stack: Stack) -> None:
        self.env, self.address = stack.env, f"{stack.azurite.blobs_endpoint}/exports"
        self.tables = AzureTables.at(stack.azurite.tables_endpoint, DefaultAzureCredential())
        self.store = TableStore(self.tables, Style())
        self.store.record(fortnight())
        self.store.add_entry(WORK)
        self.store.add_remark(Remark(fortnight()[0].id, NOON, "kim", RemarkKind.NOTE, "seen"))
        self.tables.write(STATE, "ws", [Upsert("head", {"Mark": NOON})])
        self.ask("DELETE", "?restype=container")
        assert self.ask("PUT", "?restype=container").status_code in (201, 409)

    def ask(self, method: str, where: str) -> requests.Response:
        """A request to the container with the identity's token."""
        token = DefaultAzureCredential().get_token(SCOPE).token
        headers = {"Authorization": f"Bearer {token}", "x-ms-version": VERSION}
        return requests.request(method, self.address + where, headers=headers, timeout=30)

    def rows(self) -> dict[str, list[str]]:
        """Every table as its lines."""
        return {table: list(lines(self.tables, table)) for table in TABLES}

    def fetch(self, folder: str, to: Path) -> Path:
        """An export, as `az storage blob download-batch` brings it."""
        stamp = folder.rpartition("/")[2]
        (to / stamp).mkdir(parents=True)
        for table in TABLES:
            name = f"{stamp}/{table}.jsonl.gz"
            (to / name).write_bytes(self.ask("GET", f"/{name}").content)
        return to / stamp


@pytest.fixture
def account(stack: Stack) -> Iterator[Account]:
    """An account of this test alone; its container goes with it."""
    made = Account(stack)
    yield made
    made.ask("DELETE", "?restype=container")


def test_an_export_to_a_container_and_back(run: Run, account: Account, stack: Stack, tmp_path: Path) -> None:
    """Every row comes back as it was, with its types, but for the state, which is the polls' own."""
    before = account.rows()
    done = document(run("export", "--blob", account.address, "--json", **account.env))
    assert done["folder"].startswith(f"{account.address}/20")
    assert done["rows"] == {table: len(found) for table, found in before.items()}
    folder = account.fetch(done["folder"], tmp_path / "back")
    for table in stack.tables.list_tables():
        stack.tables.delete_table(table.name)
    would = document(run("restore", folder, "--json", **account.env))["would_write"]
    assert not any(account.rows().values()), "nothing is written without --yes"
    written = document(run("restore", folder, "--yes", "--json", **account.env))["written"]
    assert would == written == {t: n for t, n in done["rows"].items() if t != STATE}
    assert account.rows() == before | {STATE: []}
    assert account.store.entries(EntryKind.PLANNED_WORK, NOON) == [WORK]


def test_what_is_there_stays(run: Run, account: Account, tmp_path: Path) -> None:
    """A row that was written since the export is newer, and is left as it is."""
    done = document(run("export", "--out", tmp_path / "history", "--json", **account.env))
    account.tables.write(REMARKS, "planned-work", [Upsert("20260821T140000Z_" + WORK.id, {"Why": "changed"})])
    account.store.remove_entry(WORK)
    newer = account.rows()
    ran = run("restore", done["folder"], "--yes", **account.env)
    assert "0 incidents" in ran.out
    assert "1 remarks" in ran.out
    kept = {table: [line for line in found if line not in newer[table]] for table, found in account.rows().items()}
    assert [json.loads(line)["Why"] for line in kept.pop(REMARKS)] == [WORK.why]
    assert not any(kept.values())


def test_outages_of_an_incident_that_is_there_are_its_own(run: Run, account: Account, tmp_path: Path) -> None:
    """An incident that was judged anew has the outages of that judgement, and gets none of an older one."""
    done = document(run("export", "--out", tmp_path / "history", "--json", **account.env))
    week = "2026-W34"
    rows, _ = account.tables.query(OUTAGES, week, "", "~")
    account.tables.write(OUTAGES, week, [Delete(row.row) for row in rows])
    written = document(run("restore", done["folder"], "--yes", "--json", **account.env))["written"]
    assert rows
    assert set(written.values()) == {0}


def test_no_export_is_overwritten(account: Account, tmp_path: Path) -> None:
    """A blob of that name is left as it is, and that is said."""
    file = tmp_path / "x.gz"
    file.write_bytes(b"1")
    container = Container(account.address, DefaultAzureCredential())
    container.put("folder/x.gz", file)
    file.write_bytes(b"2")
    with pytest.raises(StoreUnavailable, match="left as it is"):
        container.put("folder/x.gz", file)
    assert account.ask("GET", "/folder/x.gz").content == b"1"


def test_a_container_that_is_not_there(run: Run, account: Account) -> None:
    """One line that names the host and the way out; exit code 4."""
    ran = run("export", "--blob", account.address + "-2", **account.env)
    assert ran.code == 4
    assert "no such container" in in_one_line(ran)


class Narrow(MemoryTables):
    """A service whose request may hold three rows: Table Storage takes 4 MiB."""

    def write(self, table: str, partition: str, operations: Sequence[Operation]) -> list[str]:
        if len(operations) > 3:
            raise StoreUnavailable("table incidents: HTTP 413 RequestBodyTooLarge", 413)
        return super().write(table, partition, operations)


def test_long_incidents_are_put_back_too() -> None:
    """A hundred rows that one request cannot hold are written in several."""
    tables = Narrow()
    _insert(tables, INCIDENTS, "2026-W34", [Insert(f"row-{n:03d}", {"Rev": n}) for n in range(100)])
    assert len(tables.query(INCIDENTS, "2026-W34", "", "~")[0]) == 100


@pytest.mark.parametrize(
    "asked",
    [
        (),
        ("--out", "x", "--blob", "https://a.example/exports"),
        ("--blob", "http://a.example/exports"),
        ("--blob", "https://a.example"),
        ("--blob", "https://a.example/exports?sv=2020&sig=SECRET"),
    ],
)
def test_where_to_is_one_address_without_a_key(run: Run, stack: Stack, asked: tuple[str, ...]) -> None:
    """Neither or both, no https, no container, or a signed address: exit code 2, one line, no secret."""
    ran = run("export", *asked, **stack.env)
    assert ran.code == 2
    assert "--blob" in in_one_line(ran)
    assert "SECRET" not in ran.err


@pytest.mark.parametrize("text", ["", "{", '{"PartitionKey": "a"}\n', "[]\n"])
def test_a_folder_that_is_no_export(run: Run, stack: Stack, tmp_path: Path, text: str) -> None:
    """A file that is missing, cut or something else is named in one line; exit code 2."""
    if text:
        (tmp_path / "outages.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    ran = run("restore", tmp_path, **stack.env)
    assert ran.code == 2
    assert "outages.jsonl.gz cannot be read" in in_one_line(ran)


VALUES: st.SearchStrategy[Any] = st.one_of(
    st.text(), st.booleans(), st.integers(-(2**31), 2**31 - 1), st.floats(allow_nan=False, allow_infinity=False),
    st.binary(), st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),
)  # fmt: skip


@given(st.dictionaries(st.text("ABCxyz", min_size=1), VALUES))
def test_a_line_reads_as_what_was_written(columns: dict[str, Any]) -> None:
    """Every value of every type that the tables hold comes back as it was."""
    tables = MemoryTables(lambda: NOON)
    tables.write(REMARKS, "p", [Upsert("r", columns)])
    (line,) = lines(tables, REMARKS)
    assert parsed(line) == ("p", "r", columns)


def test_an_address_that_is_none() -> None:
    """A container's address is checked before anything is read."""
    with pytest.raises(UsageError):
        Container("https://a.example/UPPER", DefaultAzureCredential())
