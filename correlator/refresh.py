"""The gateway list read anew: what Azure says today, and what of yesterday is believed to be gone.

Azure Resource Graph leaves out in silence what the identity may no longer read, and may be some minutes behind. So what
a list lacks is asked for by its id before it counts as gone: a wrong "gone" is worse than an old list.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec.structs import replace

from correlator.activity import ACTIVITY
from correlator.errors import SourceUnavailable
from correlator.gateways import GatewayList, Listed, Refused, changes
from correlator.ports import GatewaySource, LogSource

log = logging.getLogger("correlator")
ASKED = 100
"""Missing things that are asked for by their ids; of more than that nothing is believed."""
TRIED = 20
"""Found workspaces that are asked for the first time in one run: each is a query over thirty days."""
AT_MOST = 60.0
"""Seconds for either: the host ends a run after 240, and what it found must be kept by then."""
SHUT = (401, 403, 404)
STILL_THERE = "it is there and no list shows it: it left the scopes, or Azure Resource Graph is behind"
TOO_SLOW = "no list shows it any more, and Azure was too slow to be asked whether it is gone"
NOT_VISIBLE = "no list shows it any more, and whether it is gone may not be read: the identity needs Reader there"


def read_anew(
    listed: Listed | None,
    source: GatewaySource,
    scopes: Sequence[str],
    now: datetime,
    places: Sequence[str] = (),
    stopwatch: Callable[[], float] = float,
) -> Listed | None:
    """The list as it is today, or as it was kept where Azure does not answer; ``stopwatch`` gives seconds."""
    try:
        found = source.list_gateways(scopes, places)
        if listed and (listed.scopes, listed.places) == (tuple(scopes), tuple(places)):
            found = _believed(listed.found, found, source, stopwatch)
    except SourceUnavailable as failed:
        log.warning("the gateway list could not be read; the app goes on with what it knows: %s", failed)
        return listed
    for refused in found.refused:
        log.warning("gateway list: %s: %s", refused.scope, refused.why)
    if listed is None:
        renewed = Listed(now, found, tuple(scopes), places=tuple(places))
    else:
        _tell_changes(listed.found, found)
        renewed = listed.renewed(now, found, tuple(scopes), tuple(places))
    known = _customers(listed.found) - {*listed.unread, *listed.untried} if listed else set()
    return replace(renewed, untried=tuple(sorted(_customers(found) - known)))


def _customers(found: GatewayList) -> set[str]:
    return {w.customer_id for w in found.workspaces}


def _tell_changes(before: GatewayList, after: GatewayList) -> None:
    changed = changes(before, after).gateways
    for what, gateways in (("added", changed.added), ("removed", changed.removed)):
        for gateway in gateways:
            log.info("gateway list: %s %s", what, gateway.resource_id)
    for old, new in changed.moved:
        log.info("gateway list: %s is now %s", old.resource_id, new.resource_id)


def _believed(
    before: GatewayList, after: GatewayList, source: GatewaySource, stopwatch: Callable[[], float]
) -> GatewayList:
    """The list of today; what it lacks and what is not surely gone is refused in it, and stays as it was.

    So it is asked for again until it is gone or is back. Raises SourceUnavailable.
    """
    changed = changes(before, after)
    # One that seems to have moved, too: another that bears its name may be just that.
    missing = (*changed.gateways.removed, *(old for old, _ in changed.gateways.moved))
    gateways = [g.resource_id for g in missing]
    lost = {c.resource_id for c in changed.connections.removed}
    of_those_left = [c.resource_id for g in before.gateways if after.find(g.resource_id) for c in g.connections]
    connections = [c for c in of_those_left if c in lost]
    there = {w.resource_id for w in after.workspaces}
    workspaces = [w for w in before.workspaces if w.resource_id not in there]
    doubted = _doubted([*gateways, *connections, *(w.resource_id for w in workspaces)], source, stopwatch)
    if not doubted:
        return after
    doubtful = {g.resource_id: g for g in before.gateways if any(c.resource_id in doubted for c in g.connections)}
    stay = [g for g in missing if g.resource_id in doubted]
    listed = [doubtful.get(g.resource_id, g) for g in after.gateways]
    return replace(
        after,
        gateways=tuple(sorted([*listed, *stay], key=lambda g: g.resource_id)),
        refused=(*after.refused, *(Refused(i, doubted[i]) for i in (*gateways, *connections) if i in doubted)),
        workspaces=(*after.workspaces, *(w for w in workspaces if w.resource_id in doubted)),
    )


def _doubted(missing: Sequence[str], source: GatewaySource, stopwatch: Callable[[], float]) -> dict[str, str]:
    """Those of the missing that are not surely gone, and why."""
    unsure, began = {i: f"{len(missing)} things are missing at once" for i in missing[ASKED:]}, stopwatch()
    for one in missing[:ASKED]:
        if stopwatch() - began > AT_MOST:
            unsure[one] = TOO_SLOW
        elif (there := source.is_there(one)) is not False:
            unsure[one] = STILL_THERE if there else NOT_VISIBLE
    return unsure


def tried(listed: Listed, source: LogSource, stopwatch: Callable[[], float] = float) -> Listed:
    """The list after some of the found workspaces were asked for the first time; ``stopwatch`` gives seconds.

    One that may not be read, or holds no row of a VPN gateway, is a line in the log, and left alone until the list is
    read again. One that did not answer is asked again in the next run.
    """
    unread, again, began = set(listed.unread), list(listed.untried[TRIED:]), stopwatch()
    for workspace in listed.untried[:TRIED]:
        if stopwatch() - began > AT_MOST:
            again.append(workspace)
            continue
        try:
            why = "" if _holds_rows(source, workspace) else "it holds no row of a VPN gateway of the last 30 days"
        except SourceUnavailable as failed:
            why = str(failed)
            if failed.status not in SHUT:
                again.append(workspace)
                continue
        if why:
            unread.add(workspace)
            log.warning("workspace %s was found and is left alone until the list is read again: %s", workspace, why)
    return replace(listed, untried=tuple(again), unread=tuple(sorted(unread)))


def _holds_rows(source: LogSource, workspace: str) -> bool:
    return any(row.category != ACTIVITY for row in source.fetch(workspace, None, None).rows)
