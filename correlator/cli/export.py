"""``export`` and ``restore``: every row of every table to files, and back. Tables have no backup and no soft delete."""

from __future__ import annotations

import gzip
import logging
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from correlator.cli import kept, show
from correlator.errors import StoreUnavailable, UsageError
from correlator.stores.dump import lines, parsed
from correlator.stores.tables import BATCH, INCIDENTS, MESSAGES, OUTAGES, REMARKS, TABLES, Conflict, Insert, Tables

RESTORED = (OUTAGES, INCIDENTS, REMARKS, MESSAGES)
"""Outages go by what is there of their incidents before these come back. The state is left to the polls: an old mark
and old messages would be news once more."""
TOO_LARGE = 413
"""A request takes 4 MiB: https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions"""


@click.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder, made if missing")
@click.option("--blob", metavar="CONTAINER_URL", help="Or a blob container; signs in as you, and needs no key")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output")
def export(out: Path | None, blob: str | None, as_json: bool) -> None:
    """Write every table into a new folder. It is named by the time and holds JSON lines, compressed.

    \b
    python -m correlator export --out history
    python -m correlator export --blob https://NAME.blob.core.windows.net/exports
    """  # noqa: D301  click ends a paragraph that is not to be wrapped at this very character
    if (out is None) is (blob is None):
        raise UsageError("give either --out or --blob")
    stamp = f"{show.now():%Y%m%dT%H%M%SZ}"
    if blob is not None:
        folder, rows = _upload(blob, stamp)
    else:
        folder, rows = _to_disk((out or Path()) / stamp)
    if as_json:
        show.document({"folder": folder, "rows": rows})
    else:
        click.echo(f"{folder}: " + ", ".join(f"{n} {table}" for table, n in rows.items()))


def _to_disk(folder: Path) -> tuple[str, dict[str, int]]:
    tables = kept.open_tables()
    try:
        folder.mkdir(parents=True)
        return str(folder), {table: _write(folder / f"{table}.jsonl.gz", tables, table) for table in TABLES}
    except OSError as failed:
        raise UsageError(f"{folder} cannot be written: {failed.strerror or type(failed).__name__}") from None


def _upload(address: str, stamp: str) -> tuple[str, dict[str, int]]:
    """A table is whole on this disk before it is sent, so that no blob is half a table."""
    from azure.identity import DefaultAzureCredential

    from correlator.stores.container import Container

    logging.getLogger("azure.identity").setLevel(logging.CRITICAL)  # what it warns of is in our one line
    container = Container(address, DefaultAzureCredential())
    with TemporaryDirectory() as held:
        _, rows = _to_disk(Path(held) / stamp)
        for table in rows:
            container.put(f"{stamp}/{table}.jsonl.gz", Path(held) / stamp / f"{table}.jsonl.gz")
    return f"{container.address}/{stamp}", rows


def _write(path: Path, tables: Tables, table: str) -> int:
    """A file has its name only once it is whole."""
    unfinished = path.with_suffix(".part")
    written = 0
    with gzip.open(unfinished, "wt", encoding="utf-8") as file:
        for line in _counted(lines(tables, table)):
            file.write(line + "\n")
            written += 1
    unfinished.rename(path)
    return written


def _counted(found: Iterator[str]) -> Iterator[str]:
    """With a bar for somebody who watches."""
    with show.progress() as bar:
        yield from bar.track(found, description="reading", total=None)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--yes", is_flag=True, help="Write it; else only say what would be written")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output")
def restore(folder: Path, yes: bool, as_json: bool) -> None:
    """Put rows of an export back that the tables lack. What is there stays as it is, and nobody is told.

    \b
    python -m correlator restore history/20260821T171304Z
    python -m correlator restore history/20260821T171304Z --yes
    """  # noqa: D301  click ends a paragraph that is not to be wrapped at this very character
    tables = kept.open_tables()
    rows = {table: _put_back(folder / f"{table}.jsonl.gz", tables, table, yes) for table in RESTORED}
    if as_json:
        show.document({"folder": str(folder), "written" if yes else "would_write": rows})
    else:
        verb = "written" if yes else "would be written; --yes does it"
        click.echo(", ".join(f"{n} {table}" for table, n in rows.items()) + f" {verb}")


def _put_back(path: Path, tables: Tables, table: str, yes: bool) -> int:
    """How many rows were, or would be, written. A row that somebody writes meanwhile is theirs."""
    missing = 0
    for partition, rows in _by_partition(path).items():
        there = {entity.row for entity in tables.query(table, partition, "", "~")[0]}
        judged = _incidents(tables, partition) if table == OUTAGES else set()
        absent = [row for row in rows if row.row not in there and row.properties.get("IncidentId") not in judged]
        missing += len(absent)
        for first in range(0, len(absent) if yes else 0, BATCH):
            _insert(tables, table, partition, absent[first : first + BATCH])
    return missing


def _incidents(tables: Tables, week: str) -> set[object]:
    """The ids of a week's incidents, whose outages are there with them."""
    return {entity.properties.get("Id") for entity in tables.query(INCIDENTS, week, "", "~")[0]}


def _by_partition(path: Path) -> dict[str, list[Insert]]:
    found: dict[str, dict[str, Insert]] = defaultdict(dict)
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                partition, row, properties = parsed(line)
                found[partition][row] = Insert(row, properties)
    except (OSError, EOFError, ValueError, KeyError, TypeError) as failed:
        raise UsageError(
            f"{path} cannot be read: give a whole folder that export wrote ({type(failed).__name__})"
        ) from None
    return {partition: list(rows.values()) for partition, rows in found.items()}


def _insert(tables: Tables, table: str, partition: str, rows: list[Insert]) -> None:
    """A batch that meets a row which came meanwhile is written row by row; one that is too large, by halves."""
    try:
        tables.write(table, partition, rows)
    except Conflict:
        for row in rows if len(rows) > 1 else []:
            _insert(tables, table, partition, [row])
    except StoreUnavailable as failed:
        if failed.status != TOO_LARGE or len(rows) < 2:
            raise
        for half in (rows[: len(rows) // 2], rows[len(rows) // 2 :]):
            _insert(tables, table, partition, half)
