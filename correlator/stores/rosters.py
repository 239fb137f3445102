"""Where each workspace of a fleet stands, in one partition: read in one query, a thousand to a page.

Without a fleet a row says no more than that the workspace is polled: so it is known when it no longer is.

A copy of what their own partitions hold, written by each run when it is done. A run that dies before leaves the copy as
it was, which the next one mends: nothing that is committed rests on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from correlator.ports import Roster, Standing
from correlator.stores.codec import pack, unpack
from correlator.stores.tables import STATE, Conflict, Delete, Tables, Upsert

FLEET = "fleet"


def read(tables: Tables, workspaces: Sequence[str]) -> Roster:
    """These workspaces as they were last noted."""
    found, clock = tables.query(STATE, FLEET, "", "\uffff")
    noted = {s.workspace: s for s in (unpack(Standing, e.properties) for e in found)}
    return Roster({w: noted.get(w) or Standing(w) for w in workspaces}, clock)


def write(tables: Tables, row: str, standing: Standing) -> None:
    """Note one."""
    columns = {"Workspace": standing.workspace, "Failed": standing.failed}
    marked = {"Mark": standing.head.mark} if standing.head.mark else {}
    with suppress(Conflict):  # somebody wrote it at the same moment: the next run mends it
        tables.write(STATE, FLEET, [Upsert(row, columns | marked | pack(standing))])


def names(tables: Tables) -> list[str]:
    """The workspaces that are noted."""
    return [str(e.properties["Workspace"]) for e in tables.query(STATE, FLEET, "", "\uffff")[0]]


def remove(tables: Tables, row: str) -> None:
    """Delete the note of one."""
    with suppress(Conflict):  # another run did
        tables.write(STATE, FLEET, [Delete(row)])
