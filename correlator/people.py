"""What people add: remarks on incidents, silences and planned work. Kept apart, and never written by the projection.

The nouns are plain words and times (UTC), so that they read the same after every change of rules.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ID = r"VPN-(\d{4})(\d{2})(\d{2})-[0-9A-Z]{6}"


class RemarkKind(StrEnum):
    """What somebody did with an incident."""

    ACKNOWLEDGED = "acknowledged"
    NOTE = "note"
    RECLASSIFIED = "reclassified"
    CLOSED = "closed"


class Remark(NamedTuple):
    """Somebody's word on an incident. ``cause`` is a cause code, and set where it was reclassified."""

    incident: str
    at: datetime
    who: str
    kind: RemarkKind
    text: str = ""
    cause: str = ""


class EntryKind(StrEnum):
    """A silence only mutes; planned work is also the cause of the drops that begin in it."""

    SILENCE = "silence"
    PLANNED_WORK = "planned-work"


class Entry(NamedTuple):
    """A time for which somebody has spoken. An empty ``gateway`` (folded resource id) or ``peer`` means every one."""

    kind: EntryKind
    start: datetime
    end: datetime
    gateway: str
    peer: str
    who: str
    why: str

    @property
    def id(self) -> str:
        """Six characters by which it is removed: the same entry, made twice, is one."""
        digest = hashlib.blake2b(repr(tuple(map(str, self))).encode(), digest_size=4).digest()
        number = int.from_bytes(digest)
        return "".join(LETTERS[number >> shift & 31] for shift in range(0, 30, 5))

    def covers(self, gateway: str, peer: str, at: datetime) -> bool:
        """Whether it speaks of this tunnel at this time; its end no longer belongs to it."""
        return self.names(gateway, peer) and self.start <= at < self.end

    def names(self, gateway: str, peer: str) -> bool:
        """Whether it speaks of this tunnel at all."""
        return self.gateway in ("", gateway) and self.peer in ("", peer)


class People(Struct, frozen=True):
    """All that people have said of what is looked at."""

    remarks: Mapping[str, tuple[Remark, ...]] = {}
    """Incident id -> its remarks, oldest first."""
    entries: tuple[Entry, ...] = ()

    def planned(self, gateway: str) -> tuple[Entry, ...]:
        """The planned work that may explain drops of this gateway."""
        return tuple(e for e in self.entries if e.kind is EntryKind.PLANNED_WORK and e.gateway in ("", gateway))


NOBODY = People()


def muted_until(entries: Iterable[Entry], gateway: str, peers: Iterable[str], now: datetime) -> datetime | None:
    """Until when nothing is said of these peers; None unless every one of them is covered now."""
    mine = [e for e in entries if e.gateway in ("", gateway)]
    ends = [max((e.end for e in mine if e.covers(gateway, peer, now)), default=None) for peer in peers]
    return None if not ends or None in ends else min(end for end in ends if end)


def all_within(entries: Sequence[Entry], gateway: str, spans: Iterable[tuple[str, datetime, datetime]]) -> bool:
    """Whether each of these drops (peer, start, end) began and ended within one entry that covers it."""
    return all(any(e.covers(gateway, peer, start) and end <= e.end for e in entries) for peer, start, end in spans)


def plain(text: str) -> str:
    """What somebody wrote, on one line and without control or direction characters: it will stand in chats."""
    return "".join(c if c.isprintable() else " " for c in text).strip()


def latest(remarks: Iterable[Remark], kind: RemarkKind) -> Remark | None:
    """The newest remark of a kind."""
    return max((r for r in remarks if r.kind is kind), key=lambda r: r.at, default=None)


def week_of(incident_id: str) -> str | None:
    """The partition in which an incident and its remarks lie, which its id tells; None for a text that is no id."""
    found = re.fullmatch(_ID, incident_id)
    try:
        year, week, _ = date(*map(int, found.groups())).isocalendar() if found else (0, 0, 0)
    except ValueError:
        return None
    return f"{year}-W{week:02d}" if found else None
