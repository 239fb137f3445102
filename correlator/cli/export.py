"""``export``: every row of every table in files, to keep elsewhere. Tables have neither backup nor soft delete."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import click

from correlator.cli import kept, show
from correlator.errors import UsageError
from correlator.stores.dump import lines
from correlator.stores.tables import TABLES, Tables


@click.command()
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder, made if missing")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output")
def export(out: Path, as_json: bool) -> None:
    """Write every table into a folder. It is a new one inside --out, named by the time: JSON lines, compressed.

    \b
    python -m correlator export --out history
    """  # noqa: D301  click ends a paragraph that is not to be wrapped at this very character
    tables = kept.open_tables()
    folder = out / f"{show.now():%Y%m%dT%H%M%SZ}"
    try:
        folder.mkdir(parents=True)
        rows = {table: _write(folder / f"{table}.jsonl.gz", tables, table) for table in TABLES}
    except OSError as failed:
        raise UsageError(f"{folder} cannot be written: {failed.strerror or type(failed).__name__}") from None
    if as_json:
        show.document({"folder": str(folder), "rows": rows})
    else:
        click.echo(f"{folder}: " + ", ".join(f"{n} {table}" for table, n in rows.items()))


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
