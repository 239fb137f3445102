"""The words of the report page, which its own script puts together, and the clock changes of the reader's zone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from correlator.model import Cause
from correlator.wording.phrases import LANGUAGES, PEERS_NAMED, Style, local, name, say, zone_name

PREFIXES = ("page.", "cause.", "side.", "confidence.", "status.", "impact.", "moment.", "link.", "week.label.")
KEYS = {
    *("weekdays", "months", "day", "day.short", "d", "h", "min", "s", "unit-gap", "below-a-second", "gap"),
    *("incidents", "incidents.one", "list.none", "list.no-tunnel-row", "still-down", "end-unknown"),
    *("label.why", "label.not-found", "label.would-change", "label.remarks", "label.history"),
    *("label.peer", "label.cause"),
}


def page_words(style: Style) -> dict[str, str]:
    """The sentences that the page's script may say, unfilled."""
    words = LANGUAGES[style.language]
    return {k: t for k, t in words.items() if k in KEYS or k.startswith(PREFIXES)}


def page_title(gateways: Iterable[str], style: Style) -> str:
    """What the page is about: three gateways at most by their names."""
    named = sorted(set(gateways))
    if not named:
        return say(style, "page.title.none")
    listed, more = say(style, "and").join(named[:PEERS_NAMED]), len(named) - PEERS_NAMED
    return say(style, "page.title", gateways=listed if more <= 0 else say(style, "and-more", listed=listed, n=more))


def page_footer(style: Style, *, button: bool) -> str:
    """What the figures are, and what the page sends: nothing, or what its one button sends."""
    if not button:
        return say(style, "page.footer")
    return say(style, "page.footer.button", button=say(style, "page.acknowledge"))


def people_texts(found: Mapping[str, Any], style: Style) -> list[tuple[str, str]]:
    """What people added to an incident (the public object): when, and a sentence. What they wrote is not bounded here."""
    words = [(n, "page.people.note") for n in found.get("notes", ())]
    if person := found.get("person"):
        key = "page.people.same" if person["code"] == found["cause"]["code"] else "page.people.cause"
        words = [(w, k) for w, k in words if (w["at"], w["by"]) != (person["at"], person["by"])] + [(person, key)]
    if word := found.get("acknowledged"):
        words = [(w, k) for w, k in words if (w["at"], w["by"]) != (word["at"], word["by"])]
        words.append((word, "page.people.acknowledged"))
    said = [(w["at"], _said(w, key, style)) for w, key in words]
    muted = [(found["started_at"], say(style, "page.people.muted"))] if found.get("muted") else []
    return sorted(said + muted)


def _said(word: Mapping[str, Any], key: str, style: Style) -> str:
    cause = name(Cause(word["code"]), style) if "code" in word else ""
    return say(style, key, by=word["by"], cause=cause, text=word["text"]).strip()


def zone_changes(first: datetime, last: datetime, style: Style) -> list[list[Any]]:
    """From when (milliseconds) the reader's clock is how many minutes ahead of UTC, and the letters of the zone.

    Reaches two days beyond both ends, so that an axis may.
    """
    at, end = first - timedelta(days=2), last + timedelta(days=2)
    changes = [_zone_at(at, style)]
    while at < end:
        following = at + timedelta(days=1)
        if _zone_at(following, style)[1:] != changes[-1][1:]:
            changes.append(_zone_at(_turn(at, following, style), style))
        at = following
    return changes


def _turn(before: datetime, after: datetime, style: Style) -> datetime:
    """The minute in which the clock was changed."""
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if _zone_at(middle, style)[1:] == _zone_at(before, style)[1:]:
            before = middle
        else:
            after = middle
    return after.replace(second=0, microsecond=0)


def _zone_at(at: datetime, style: Style) -> list[Any]:
    ahead = local(at, style).utcoffset() or timedelta()
    return [round(at.timestamp() * 1000), ahead // timedelta(minutes=1), zone_name(at, style)]
