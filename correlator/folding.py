"""What a channel missed for more than a day becomes one message that counts it and names the incidents.

So an outbox does not grow for as long as a channel is dead; the incidents themselves are in the public table.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from correlator.notification import Missed, Moment, Notification
from correlator.ports import Held, Notice

PATIENCE = timedelta(hours=24)
"""How long a channel that comes back is still told each message by itself."""
AT_ONCE = 90
"""Notices that become one in one commit; the service takes 100 writes."""
NAMED = 40
"""So many incidents are named, the newest; the others are counted."""


class Folded(Struct, frozen=True):
    """``gone`` is to be replaced by ``notice``, which stands for them and for ``before``, where there was one."""

    gone: list[Held]
    before: Held | None
    notice: Notice


def fold(outbox: Sequence[Held], now: datetime) -> Folded | None:
    """What is to be folded of one channel's outbox; None where less than two messages waited for so long.

    The welcome is left alone: it comes once, and is worth more than a number.
    """
    before = next((h for h in outbox if _moment(h) is Moment.MISSED), None)
    due = (h for h in outbox if h.notice.created < now - PATIENCE and _foldable(h, now))
    old = sorted(due, key=lambda h: h.notice.key)
    if len(old) < 2 and not (old and before):
        return None
    if before and not _free(before, now):
        return None
    gone = old[:AT_ONCE]
    notices = [h.notice for h in ([before] if before else []) + gone]
    missed = _sum_up(notices)
    first = before.notice if before else _fresh(gone[0].notice)
    parked = next((n for n in notices if n.refused_by), first)
    told = Notification(Moment.MISSED, missed.until, missed=missed)
    kept = first._replace(
        notification=told,
        tries=max(n.tries for n in notices),
        refused_by=parked.refused_by,
        next_try=parked.next_try,
        rests_until=max((n.rests_until for n in notices if n.rests_until), default=None),
    )
    return Folded(gone, before, kept)


def _fresh(oldest: Notice) -> Notice:
    """Its key sorts before every message that it does not stand for."""
    return Notice(f"0-missed-{oldest.channel}", oldest.channel, oldest.created, None)


def _moment(held: Held) -> Moment | None:
    return held.notice.notification.moment if held.notice.notification else None


def _foldable(held: Held, now: datetime) -> bool:
    return _moment(held) not in (None, Moment.MISSED, Moment.WELCOME) and _free(held, now)


def _free(held: Held, now: datetime) -> bool:
    """Whether nobody holds it, so that nothing is counted as missed that is just being sent."""
    return held.notice.leased_until is None or held.notice.leased_until <= now


def _sum_up(notices: Sequence[Notice]) -> Missed:
    found = Missed(0, notices[0].created, notices[0].created)
    for notice in notices:
        n = notice.notification
        if n and n.missed:
            found = n.missed
        elif n:
            named = (*(other.id for other in n.also), n.subject)
            subjects = (*(s for s in found.subjects if s not in named), *named)
            since, until = min(found.since, notice.created), max(found.until, notice.created)
            unnamed = found.unnamed + max(0, len(subjects) - NAMED)
            found = Missed(found.messages + 1, since, until, subjects[-NAMED:], unnamed)
    return found
