"""What is said of the channels themselves: one that refuses everything, and what one could not be told."""

from __future__ import annotations

from correlator.model import Missed, Notification, Parked
from correlator.wording.phrases import Style, count, day_and_instant, name, say, short

NAMED = 40


def delivery_sentence(n: Notification, style: Style) -> str:
    """``Messages to slack cannot be delivered``, ``12 messages could not be delivered here``."""
    if n.parked:
        return say(style, "parked", channel=short(n.parked.channel))
    return count(style, "missed", n.missed.messages) if n.missed else name(n.moment, style)


def parked_lines(n: Notification, parked: Parked, style: Style) -> tuple[str, list[str]]:
    """What it answered and when, and what to do."""
    setting = f"{short(parked.channel).upper()}_WEBHOOK_URL"
    why = say(style, "parked.why", why=short(parked.why), at=day_and_instant(n.at, style))
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
