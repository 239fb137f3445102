"""How often, how long, whose: sums over public incident objects, grouped as one asks.

An incident's times are unions over its overlapping outages; sums over several incidents add them up. Grouped by tunnel,
an incident counts once for each peer that it touched, with that peer's own time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from correlator.errors import UsageError
from correlator.measures import united_seconds
from correlator.model import Status
from correlator.weekly import label_of


class By(StrEnum):
    """What sums can be grouped by. A gateway is its resource id, since names collide; a tunnel is that and its peer.

    Weeks, days and months are those of the reader's zone.
    """

    CAUSE = "cause"
    SIDE = "side"
    GATEWAY = "gateway"
    TUNNEL = "tunnel"
    IMPACT = "impact"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Sum(NamedTuple):
    """One line. Durations in seconds, over what has ended; ``open`` counts incidents that have not."""

    of: tuple[str, ...]
    incidents: int = 0
    drops: int = 0
    downtime_seconds: float = 0.0
    connection_downtime_seconds: float = 0.0
    longest_seconds: float = 0.0
    open: int = 0
    judged: int = 0
    """Incidents on whose cause a person has spoken, and …"""
    agreed: int = 0
    """… those where the logs' verdict named the same side."""

    def plus(self, part: Part) -> Sum:
        """With one more incident, or one peer's part of it."""
        return Sum(
            self.of,
            self.incidents + 1,
            self.drops + part.drops,
            self.downtime_seconds + part.downtime_seconds,
            self.connection_downtime_seconds + part.connection_downtime_seconds,
            max(self.longest_seconds, part.downtime_seconds),
            self.open + part.open,
            self.judged + part.judged,
            self.agreed + part.agreed,
        )


class Part(NamedTuple):
    """What one incident adds to a line."""

    drops: int
    downtime_seconds: float
    connection_downtime_seconds: float
    open: bool
    judged: bool
    agreed: bool


class Stats(NamedTuple):
    """The lines, and all incidents in one."""

    by: tuple[By, ...]
    lines: tuple[Sum, ...]
    total: Sum


def groups(text: str) -> tuple[By, ...]:
    """``cause,week`` as the groups it names, in the order given. Raises UsageError."""
    names = [n.strip().lower() for n in text.split(",") if n.strip()]
    if not names or not set(names) <= set(By):
        raise UsageError(f"{text[:80]} is none of {', '.join(By)}, nor a list of them")
    return tuple(dict.fromkeys(By(n) for n in names))


def stats(documents: Iterable[Mapping[str, Any]], by: Sequence[By], zone: ZoneInfo) -> Stats:
    """Sum up incident objects; those that never were, or live on in another, do not count.

    Times come in their order, all else the longest time without a VPN path first.
    """
    lines: dict[tuple[str, ...], Sum] = {}
    total = Sum(())
    for document in documents:
        if Status(document["status"]).withdrawn:
            continue
        total = total.plus(_whole(document))
        for peer, part in _parts(document) if By.TUNNEL in by else [("", _whole(document))]:
            of = tuple(_value(document, one, peer, zone) for one in by)
            lines[of] = lines.get(of, Sum(of)).plus(part)
    in_time = bool(by) and by[0] in (By.DAY, By.WEEK, By.MONTH)
    return Stats(tuple(by), tuple(sorted(lines.values(), key=lambda s: s.of if in_time else _longest_first(s))), total)


def _longest_first(line: Sum) -> tuple[Any, ...]:
    return (-line.connection_downtime_seconds, -line.downtime_seconds, -line.incidents, line.of)


def _value(document: Mapping[str, Any], by: By, peer: str, zone: ZoneInfo) -> str:
    started = datetime.fromisoformat(document["started_at"]).astimezone(zone)
    match by:
        case By.CAUSE:
            return str(document["cause"]["code"])
        case By.SIDE:
            return str(document["cause"]["side"])
        case By.GATEWAY:
            return str(document["gateway"]["resource_id"])
        case By.TUNNEL:
            return f"{document['gateway']['resource_id']} {peer or '-'}"
        case By.IMPACT:
            return str(document["impact"])
        case By.DAY:
            return f"{started:%Y-%m-%d}"
        case By.MONTH:
            return f"{started:%Y-%m}"
        case By.WEEK:
            return label_of(started.date())


def _whole(document: Mapping[str, Any]) -> Part:
    return Part(
        len(document["outages"]) + document.get("outages_omitted", 0),
        document["downtime_seconds"],
        document["connection_downtime_seconds"],
        document["status"] == Status.OPEN,
        *_judged(document),
    )


def _judged(document: Mapping[str, Any]) -> tuple[bool, bool]:
    """Whether a person has said whose it was, and whether the verdict had it right: what precision is in the field."""
    person = document.get("person")
    return bool(person), bool(person and person["side"] == document["cause"]["side"])


def _parts(document: Mapping[str, Any]) -> list[tuple[str, Part]]:
    """The incident, peer by peer."""
    of_peer: dict[str, list[Mapping[str, Any]]] = {}
    for outage in document["outages"]:
        of_peer.setdefault(outage["remote_ip"] or "", []).append(outage)
    return [(peer, _of_peer(outages, *_judged(document))) for peer, outages in of_peer.items()]


def _of_peer(outages: Sequence[Mapping[str, Any]], judged: bool, agreed: bool) -> Part:
    return Part(
        len(outages),
        united_seconds(_spans(outages, "ended_at")),
        united_seconds(_spans(outages, "connection_back_at")),
        any(o["open"] for o in outages),
        judged,
        agreed,
    )


def _spans(outages: Sequence[Mapping[str, Any]], end: str) -> list[tuple[datetime, datetime]]:
    """From each start to that end, where there is one."""
    return [(datetime.fromisoformat(o["started_at"]), datetime.fromisoformat(o[end])) for o in outages if o.get(end)]
