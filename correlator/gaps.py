"""Times without a good poll of a workspace: found when the next one succeeds, kept, and told.

Nothing is lost by a gap, since a poll goes on from where the last good one stopped. But drops were told late, so
whoever trusts silence must hear of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from correlator.notification import PollingGap

TELL_AFTER = timedelta(minutes=30)
"""Six polls of the default schedule. Bringing new code, a restart or a moved host pause the app for minutes."""
PERIODS = 3
"""With a slower schedule: so many of its polls must be missing."""
KEPT_FOR = timedelta(weeks=14)
"""A quarter and a week: the longest time over which summaries look back."""


def tell_after(period: timedelta) -> timedelta:
    """How long a time without a good poll is none to tell of, where polls are at most ``period`` apart."""
    return max(TELL_AFTER, PERIODS * period)


def gap_before(mark: datetime | None, now: datetime, longest: timedelta) -> PollingGap | None:
    """The gap that a good poll at ``now`` ends (UTC); None if the last good one, at ``mark``, is not long ago."""
    return PollingGap(mark, now) if mark and now - mark > longest else None


def with_gap(gaps: Iterable[PollingGap], found: PollingGap | None, now: datetime) -> tuple[PollingGap, ...]:
    """The gaps that are worth keeping at ``now``, with the new one."""
    return tuple(g for g in (*gaps, *([found] if found else [])) if is_kept(g, now))


def is_kept(gap: PollingGap, now: datetime) -> bool:
    """Whether a gap is young enough to be kept, and told."""
    return gap.until > now - KEPT_FOR


def blind_seconds(gaps: Iterable[PollingGap], start: datetime, end: datetime) -> float:
    """Seconds of ``start <= t < end`` (UTC) that lie in any of these gaps, of however many workspaces."""
    seconds, reached = 0.0, start
    for since, until in sorted(gaps):
        begin, finish = max(since, reached), min(until, end)
        if begin < finish:
            seconds += (finish - begin).total_seconds()
            reached = finish
    return seconds
