"""What a person can do from outside a poll: find an incident, leave a word, and have the next poll look at it.

The projection is the poll's alone. Whoever writes here only notes what was said and marks the gateway as due.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from msgspec.structs import replace

from correlator.errors import StaleWrite, UsageError
from correlator.incident_json import gateway_name
from correlator.people import Remark
from correlator.ports import Store

TRIES = 10
"""How often the head is read again when a poll commits at the same moment."""


def gateway_id(store: Store, workspaces: Iterable[str], asked: str) -> str:
    """The folded resource id of a watched gateway, by id or name. Raises UsageError with the way out."""
    wanted = asked.strip().rstrip("/").lower()
    if wanted.startswith("/subscriptions/"):
        return wanted
    found = sorted({g for w in workspaces for g in store.watched(w) if gateway_name(g) == wanted})
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{len(found)} gateways are called {asked}; give --gateway one of the ids {', '.join(found)}")
    raise UsageError(f"no gateway called {asked} has logged a tunnel yet; give --gateway its resource id")


def say(store: Store, workspaces: Iterable[str], remark: Remark, gateway: str) -> None:
    """Keep a remark, and have the next poll show it. Raises StoreUnavailable, StaleWrite."""
    store.add_remark(remark)
    look_again(store, workspaces, [gateway])


def look_again(store: Store, workspaces: Iterable[str], gateways: Collection[str]) -> None:
    """Have the next poll look at these gateways (none named: all), though they have no fresh rows."""
    for workspace in workspaces:
        # Of the named ones each is one row; all rows of a workspace may be thousands.
        mine = store.watched(workspace, gateways or None)
        if mine:
            _mark_due(store, workspace, mine)


def _mark_due(store: Store, workspace: str, gateways: Collection[str]) -> None:
    """Due since the last poll, by the log service's clock. Before the first poll there is nothing to look at again."""
    for _ in range(TRIES):
        before = store.read(workspace)
        mark = before.head.mark
        if before.etag is None or mark is None:
            return
        due = {**before.head.due, **{g: min(mark, before.head.due.get(g, mark)) for g in gateways}}
        try:
            store.commit(workspace, before.etag, replace(before.head, due=due), [], [])
            return
        except StaleWrite:
            continue
    raise StaleWrite(f"workspace {workspace} is being polled without a pause; try again in a minute")


def now_of(store: Store) -> datetime:
    """The table service's own clock (UTC)."""
    return store.clock()
