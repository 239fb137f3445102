"""The small change of every sentence: durations, times, dates, instances, peers, counts, in one reader's language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from functools import lru_cache
from math import ceil
from string import Formatter

from msgspec import Struct
from msgspec.structs import replace

from correlator.sites import Site
from correlator.wording import en, ja

LANGUAGES: Mapping[str, Mapping[str, str]] = {"en": en.WORDS, "ja": ja.WORDS}
NAME_LENGTH = 60
TEXT_LENGTH = 80
PEERS_NAMED = 3
WIDE = "\u3000"
"""The first character that is as wide as a Japanese one."""
UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
_INSTANCE = re.compile(r"_IN_(\d+)$", re.IGNORECASE)


class Style(Struct, frozen=True):
    """How a reader wants it: language (``en``, ``ja``), IANA zone, and site names by peer address."""

    language: str = "en"
    zone: str = "UTC"
    sites: Mapping[str, str] = {}
    connections: Mapping[str, Mapping[str, str]] = {}
    """Gateway -> peer -> the name of its connection, where the gateway list says it."""
    contacts: Mapping[str, Site] = {}
    """Peer -> whom to call, where ``SITES`` says it."""
    report: str = ""
    """Address of the report page, where people can sign in to it."""

    def at(self, gateway: str) -> Style:
        """The style for what is said of one gateway: its connections lend their names to peers that have none."""
        names = self.connections.get(gateway)
        return replace(self, sites={**names, **self.sites}, connections={}) if names else self


def has(style: Style, key: str) -> bool:
    """Whether the catalogue has such a sentence."""
    return key in LANGUAGES[style.language]


def say(style: Style, key: str, **values: object) -> str:
    """The sentence of that key, filled. Values are not read as patterns, whatever they hold."""
    text = ""
    for words, blank, _, _ in Formatter().parse(LANGUAGES[style.language][key]):
        text = _joined(text, words)
        if blank:
            text = _joined(text, str(values[blank]))
    return text


def _joined(left: str, right: str) -> str:
    """Japanese stands apart from Latin letters, ``osaka への``, but not from Japanese, ``大阪への``.

    And a length that ends in 間 needs no second one: ``2時間停止``, ``28秒間停止``.
    """
    if left[-1:] == right[:1] == "間":
        return left + right[1:]
    if left[-1:] == " " and left[-2:-1] >= WIDE and right[:1] >= WIDE:
        return left[:-1] + right
    if right[:1] == " " and right[1:2] >= WIDE and left[-1:] >= WIDE:
        return left + right[1:]
    return left + right


def count(style: Style, key: str, n: int) -> str:
    """``1 drop``, ``2 drops``."""
    return say(style, f"{key}.one" if n == 1 else key, n=n)


def name(code: StrEnum, style: Style) -> str:
    """The words for a Cause, Side, Confidence, Status, Impact or Moment."""
    return say(style, f"{type(code).__name__.lower()}.{code.value}")


def short(text: str, most: int = TEXT_LENGTH) -> str:
    """Text from logs and settings, of bounded length and without control or direction characters."""
    plain = "".join(c if c.isprintable() else " " for c in text[: 4 * most]).strip()
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def sentences(style: Style, parts: Iterable[str]) -> str:
    """Sentences in a row, with the gap that the language puts between them."""
    return say(style, "gap").join(p for p in parts if p)


def duration(seconds: float, style: Style) -> str:
    """The two largest units, cut and never rounded up: ``1 min 48 s``, ``1分48秒``."""
    left = int(seconds)
    if left < 1:
        return say(style, "below-a-second")
    parts: list[str] = []
    for key, size in UNITS:
        n, left = divmod(left, size)
        if n:
            parts.append(say(style, key, n=n))
        if len(parts) == 2 or (parts and not n):
            break
    return say(style, "unit-gap").join(parts)


def for_time(seconds: float, style: Style, *, at_most: bool = False) -> str:
    """``for 28 s``, ``28秒間``."""
    if seconds < 1:
        return say(style, "for.below")
    return say(style, "for", time=length(seconds, style, at_most=at_most))


def length(seconds: float, style: Style, *, at_most: bool) -> str:
    """The duration; ``at most 28 s``, ``最大 28秒`` where it may have been shorter: a bound is cut upwards."""
    if not at_most:
        return duration(seconds, style)
    shown = 3600 if seconds >= 86400 else 60 if seconds >= 3600 else 1
    return say(style, "at-most", time=duration(ceil(seconds / shown) * shown, style))


@lru_cache(maxsize=8)
def _zone(key: str) -> tzinfo:
    from zoneinfo import ZoneInfo

    return ZoneInfo(key)


def local(at: datetime, style: Style) -> datetime:
    """The same instant in the reader's zone."""
    return at.astimezone(_zone(style.zone))


def zone_name(at: datetime, style: Style) -> str:
    """``JST``; ``UTC+03`` where the zone has no letters of its own."""
    letters = local(at, style).tzname() or "UTC"
    return f"UTC{letters}" if letters[0] in "+-" else letters


def day(at: datetime, style: Style, key: str = "day") -> str:
    """``Sat 22 Aug 2026`` in the reader's zone; key ``day.short`` leaves the year out."""
    when = local(at, style)
    weekdays, months = say(style, "weekdays").split(), say(style, "months").split()
    return say(style, key, weekday=weekdays[when.weekday()], day=when.day, month=months[when.month - 1], year=when.year)


def clock(at: datetime, style: Style) -> str:
    """``02:13:04`` in the reader's zone."""
    return f"{local(at, style):%H:%M:%S}"


def instant(at: datetime, style: Style) -> str:
    """``02:13:04 JST``."""
    return f"{clock(at, style)} {zone_name(at, style)}"


def day_and_instant(at: datetime, style: Style) -> str:
    """``Sat 22 Aug 02:13:04 JST``."""
    return f"{day(at, style, 'day.short')} {instant(at, style)}"


def span(start: datetime, end: datetime | None, style: Style, shown_day: datetime, unended: str = "still-down") -> str:
    """From when to when, in the reader's zone and in UTC. The date stands beside a time of another day than shown.

    ``unended`` is the key of what is said where there is no end.
    """

    def one(at: datetime, beside: datetime) -> str:
        same = local(at, style).date() == local(beside, style).date()
        return clock(at, style) if same else f"{day(at, style, 'day.short')} {clock(at, style)}"

    until = one(end, start) if end else say(style, unended)
    text = f"{one(start, shown_day)} → {until}" if end else one(start, shown_day)
    text = f"{text} {zone_name(start, style)}"
    if zone_name(start, style) != "UTC":
        utc = f"{start.astimezone(UTC):%H:%M:%S}" + (f" → {end.astimezone(UTC):%H:%M:%S}" if end else "")
        text = f"{text} ({utc} UTC)"
    return text if end else f"{text} → {until}"


def instance(raw: str, style: Style) -> str:
    """``instance 0`` for ``GatewayTenantWorker_IN_0``; another name as it stands."""
    number = _INSTANCE.search(raw)
    if number:
        return say(style, "instance", n=int(number[1][:3]))
    return short(raw, 40) or say(style, "instance.unnamed")


def gateway(resource_id: str, style: Style) -> str:
    """The name of the gateway: the end of its resource id."""
    return short(resource_id.rsplit("/", 1)[-1], TEXT_LENGTH) or say(style, "gateway.unnamed")


def site(peer: str, style: Style) -> str:
    """The site's name if it is known and no other peer bears it, since two lines can end at one site; else ``""``."""
    named = style.sites.get(peer, "")
    return short(named, NAME_LENGTH) if named and list(style.sites.values()).count(named) == 1 else ""


def address(peer: str, style: Style) -> str:
    """``osaka-dc1 (203.0.113.10)``, or the address alone."""
    named = short(style.sites.get(peer, ""), NAME_LENGTH)
    bare = short(peer, NAME_LENGTH) or say(style, "peer.unnamed")
    return say(style, "site", site=named, peer=bare) if named else bare


def place(peer: str, style: Style) -> str:
    """The shortest name that says which peer is meant."""
    return site(peer, style) or address(peer, style)


def places(peers: Sequence[str], of: int, style: Style, *, each: bool = False) -> str:
    """One peer by its name, several by their number; ``of`` is how many the gateway has."""
    if len(peers) == 1:
        return place(peers[0], style)
    key = "peers.each" if each else "peers.all" if len(peers) >= of else "peers"
    return say(style, key, n=len(peers))


def addresses(peers: Sequence[str], style: Style) -> str:
    """At most three peers with their addresses, and how many more."""
    named = say(style, "and").join(address(p, style) for p in peers[:PEERS_NAMED])
    more = len(peers) - PEERS_NAMED
    return named if more <= 0 else say(style, "and-more", listed=named, n=more)
