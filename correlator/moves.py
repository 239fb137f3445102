"""A gateway that moved to another resource group: one history under two resource ids.

Azure logs it under its new id from then on, and the rows of before keep the old one. They are read under the id of
today, and what is kept of the old id goes on under the new one: incidents keep their names, open outages meet the rows
that close them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from correlator.activity import ACTIVITY, covers, scope_of
from correlator.model import Checkpoint, GatewayState, LogRow, Move, Tracked
from correlator.people import People

Moves = Mapping[str, Move]
"""The folded id of before -> where it went."""


def today(gateway: str, moves: Moves) -> str:
    """The id that a gateway has now."""
    return moves[gateway].to if gateway in moves else gateway


def asked_again(moves: Moves, since: datetime) -> list[str]:
    """Both ids of what moved so lately that the window from ``since`` may hold rows of either.

    The rows of one alone would tell half of the window.
    """
    lately = [(old, move.to) for old, move in moves.items() if move.seen_at > since]
    return sorted({gateway for pair in lately for gateway in pair})


def under_todays_ids(rows: Iterable[LogRow], moves: Moves) -> Iterator[LogRow]:
    """The rows as if every gateway had always been where it is now.

    A row of the activity log that speaks of something beside a gateway in its old group counts for it still.
    """
    scopes: dict[str, str] = {}  # few ids stand in many rows
    for row in rows:
        scope = scopes.get(row.gateway) or scopes.setdefault(row.gateway, scope_of(row.gateway))
        if scope in moves:
            yield row._replace(gateway=moves[scope].to)
            continue
        yield row
        if row.category == ACTIVITY and "/resourcegroups/" in scope:
            for old, move in moves.items():
                if covers(scope, old) and not covers(scope, move.to):
                    yield row._replace(gateway=move.to)


def followed(people: People, moves: Moves) -> People:
    """Silences and planned work of a gateway that has moved count under its id of today as well.

    What people wrote stays as they wrote it: rows of before the move may still be read under the old id.
    """
    moved = tuple(e._replace(gateway=today(e.gateway, moves)) for e in people.entries if e.gateway in moves)
    return replace(people, entries=(*people.entries, *moved))


def joined(gateway: str, states: Sequence[GatewayState]) -> GatewayState:
    """What is kept of a gateway under all its ids, the oldest first and today's last; of one incident the last."""
    tracked: dict[str, Tracked] = {}
    checkpoints: tuple[Checkpoint, ...] = ()
    for state in states:
        tracked |= {t.incident.id: _renamed(t, gateway) for t in state.tracked}
        last = checkpoints[-1] if checkpoints else None
        checkpoints += tuple(_onto(last, c) for c in state.checkpoints if last is None or c.at > last.at)
    failovers = tuple(sorted({at for state in states for at in state.failovers}))
    starts = tuple(sorted({start for state in states for start in state.starts}))
    spared = tuple(sorted(at for state in states for at in state.spared))
    return GatewayState(gateway, checkpoints, tuple(tracked.values()), failovers, starts, spared)


def _renamed(tracked: Tracked, gateway: str) -> Tracked:
    return replace(tracked, incident=replace(tracked.incident, gateway=gateway))


def _onto(before: Checkpoint | None, later: Checkpoint) -> Checkpoint:
    """A checkpoint of the new id knows nothing of the tunnels that have not been heard of since the move."""
    if before is None:
        return later
    proof = min(before.active_active_from, later.active_active_from)
    return later._replace(active_active_from=proof, peers={**before.peers, **later.peers})
