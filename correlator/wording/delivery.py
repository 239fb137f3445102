"""What is said of the monitor itself: a channel that refuses all, what was not told, what was not or is not watched."""

from __future__ import annotations

from datetime import datetime

from correlator.gaps import blind_seconds
from correlator.notification import Blind, Mending, Missed, Notification, Parked, Unwatched
from correlator.settings.channels import UNRESOLVED, setting_of
from correlator.wording.phrases import Style, count, day_and_instant, duration, name, say, short

NAMED, LONGEST = 40, 120
LINES = 8
"""So many findings are told; the command line's doctor knows them all."""


def delivery_sentence(n: Notification, style: Style) -> str:
    """``Messages to slack cannot be delivered``, ``12 messages could not be delivered here``."""
    if n.parked:
        return say(style, "parked", channel=short(n.parked.channel))
    if n.unwatched:
        return say(style, "unwatched", workspace=short(n.unwatched.workspace, LONGEST))
    if n.mending:
        return count(style, "mending", len(n.mending.found))
    if n.blind:
        since, until = _extent(n.blind)
        return say(style, "blind", time=duration(blind_seconds(n.blind.gaps, since, until), style))
    return count(style, "missed", n.missed.messages) if n.missed else name(n.moment, style)


def parked_lines(n: Notification, parked: Parked, style: Style) -> tuple[str, list[str]]:
    """What it answered and when, and what to do."""
    setting = setting_of(short(parked.channel))
    why = say(style, "parked.why", why=short(parked.why), at=day_and_instant(n.at, style))
    if UNRESOLVED in parked.why:
        return why, [say(style, "mend.vault-reference", subject=short(parked.why.partition(" ")[0]))]
    return why, [say(style, "parked.next", setting=setting)]


def missed_lines(missed: Missed, style: Style) -> tuple[str, list[str]]:
    """From when to when, and which incidents."""
    ids = [short(s, NAMED) for s in missed.subjects]
    listed = say(style, "and").join(ids)
    if missed.unnamed:
        listed = say(style, "and-more", listed=listed, n=missed.unnamed)
    period = say(
        style, "missed.when", start=day_and_instant(missed.since, style), end=day_and_instant(missed.until, style)
    )
    return period, [say(style, "missed.subjects", listed=listed), say(style, "missed.next")]


def blind_lines(blind: Blind, style: Style) -> tuple[str, list[str]]:
    """From when to when, and what that means."""
    since, until = _extent(blind)
    period = say(style, "blind.when", start=day_and_instant(since, style), end=day_and_instant(until, style))
    found = count(style, "blind.caught-up", blind.incidents) if blind.incidents else say(style, "blind.quiet")
    return period, [found, say(style, "blind.next")]


def mending_lines(n: Notification, mending: Mending, style: Style) -> tuple[str, list[str]]:
    """When it was found, and each finding with its cure."""
    lines = [say(style, f"mend.{gap.key}", subject=short(gap.subject, LONGEST)) for gap in mending.found[:LINES]]
    more = len(mending.found) - LINES
    hidden = [say(style, "not-shown", n=more)] if more > 0 else []
    return day_and_instant(n.at, style), [*lines, *hidden, say(style, "mending.next")]


def unwatched_lines(n: Notification, unwatched: Unwatched, style: Style) -> tuple[str, list[str]]:
    """Since when, what was open, and how it is watched again."""
    found = count(style, "unwatched.open", unwatched.incidents)
    return day_and_instant(n.at, style), [found, say(style, "unwatched.next")]


def _extent(blind: Blind) -> tuple[datetime, datetime]:
    return min(g.since for g in blind.gaps), max(g.until for g in blind.gaps)
