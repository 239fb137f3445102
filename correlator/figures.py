"""Incident objects -> the figures of a period: availability, time without redundancy, what changed, what to do.

Times are united for each connection (a gateway and a peer of it) and cut off at the ends of the period, so an outage
that began before it counts with the part that lies in it. What is not over lasts to the end of the period; what a
person closed or the gateway list dropped has no known end and counts for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any, NamedTuple

from correlator.gateways import GatewayList
from correlator.measures import Span, united_seconds
from correlator.model import Cause, Outage, Side, Status
from correlator.reasons import Meaning, Vocabulary, meaning
from correlator.regular import regular
from correlator.summary import BusinessHours, ConnectionSum, Figures, Moved, Suggestion, WeekLine
from correlator.weekly import week_line

NAMED, UNMAPPED, STILL, SUGGESTED = 20, 5, 3, 50
Still = tuple[str, str, datetime]
DAY = timedelta(days=1)


class Wanted(NamedTuple):
    """What a report is measured against, by the settings."""

    target: float = 99.95
    hours: BusinessHours = BusinessHours((0, 1, 2, 3, 4), 540, 1080)
    reasons: Vocabulary = ()


class Known(NamedTuple):
    """What is known beside the incidents.

    ``logging`` are the gateways of which the logs hold rows, ``since`` is when history begins, ``blind_seconds`` how
    long nothing was polled, ``spared`` how many maintenance rows of each gateway no drop followed (None: not recorded).
    """

    listed: GatewayList | None = None
    logging: frozenset[str] = frozenset()
    since: datetime | None = None
    blind_seconds: float | None = None
    spared: Mapping[str, int] | None = None


class Down(NamedTuple):
    """One tunnel outage as the figures need it; ``end`` and ``back`` (the connection's) lie in the period or end it."""

    gateway: str
    peer: str
    instance: str
    start: datetime
    end: datetime
    lost: bool
    back: datetime
    cause: Cause
    reason: str

    @property
    def connection(self) -> tuple[str, str]:
        """The gateway and the peer."""
        return self.gateway, self.peer


USUAL, NOTHING = Wanted(), Known()


class Gathered(NamedTuple):
    """What a report needs of three months of incidents: those that began in its period, what fell, what is still down.

    ``still`` holds gateway, peer and start (UTC) of what nobody looks after, the oldest first.
    """

    lines: tuple[WeekLine, ...]
    downs: list[Down]
    still: list[Still]


def gather(documents: Iterable[Mapping[str, Any]], period: Span) -> Gathered:
    """Read each document once and keep little of it: those of a fleet do not fit into memory together."""
    return gather_apart(documents, period, {"": lambda _: True})[""]


def gather_apart(
    documents: Iterable[Mapping[str, Any]], period: Span, owners: Mapping[str, Callable[[str], bool]]
) -> dict[str, Gathered]:
    """The same for several owners in one reading: by name, whether a gateway (folded id) is theirs."""
    found = {name: Gathered((), [], []) for name in owners}
    lines: dict[str, list[WeekLine]] = {name: [] for name in owners}
    texts: dict[str, str] = {}
    for document in documents:
        if Status(document["status"]).withdrawn:
            continue
        line, downs, still = week_line(document), list(_downs(document, period[1], texts)), _still_open(document)
        for name in [name for name, owns in owners.items() if owns(line.gateway)]:
            if period[0] <= line.started_at < period[1]:
                lines[name].append(line)
            found[name].downs.extend(downs)
            found[name].still.extend(still)
    return {
        name: Gathered(tuple(sorted(lines[name])), one.downs, sorted(one.still, key=lambda still: still[2]))
        for name, one in found.items()
    }


def figures(gathered: Gathered, period: Span, zone: tzinfo, wanted: Wanted = USUAL, known: Known = NOTHING) -> Figures:
    """The figures of a period (UTC, half open)."""
    every = gathered.downs
    within = [d for d in every if d.start < period[1] and max(d.end, d.back) > period[0]]
    begun = [d for d in within if d.start >= period[0]]
    hit = _connections(within, period)
    all_of_them, are_listed = _denominator(known.listed, every)
    lost = _clipped(map(_lost, within), period)
    length = (period[1] - period[0]).total_seconds()
    still = [one for one in gathered.still if one[2] < period[1]]
    suggestions = tuple(_suggestions(begun, every, period, zone, wanted, known.listed))
    return Figures(
        connections=len(all_of_them | {c[:2] for c in hit}),
        listed=are_listed,
        hit=tuple(hit[:NAMED]),
        hit_count=len(hit),
        availability=_availability(sum(c.seconds for c in hit), len(all_of_them | {c[:2] for c in hit}), length),
        without_maintenance=_availability(
            sum(c.seconds - c.maintenance_seconds for c in hit), len(all_of_them | {c[:2] for c in hit}), length
        ),
        target=wanted.target,
        below_target=sum(_availability(c.seconds, 1, length) < wanted.target for c in hit),
        month_to_date=_month_to_date(every, all_of_them, period, zone),
        seconds=united_seconds(lost),
        unprotected_seconds=sum(c.unprotected_seconds for c in hit),
        business_seconds=_in_hours(lost, wanted.hours, zone),
        before=_before(every, period, known.since),
        trend=_trend(every, period, known.since),
        unknown_drops=sum(d.cause.side is Side.UNKNOWN for d in begun),
        unmapped=_unmapped(begun, wanted.reasons),
        blind_seconds=known.blind_seconds,
        gateways=_watched(known.listed),
        logging=_logging(known),
        open_count=len(still),
        open=tuple(still[:STILL]),
        suggestions=suggestions[:SUGGESTED],
        more_suggestions=len(suggestions[SUGGESTED:]),
        muted=sum(line.muted for line in gathered.lines),
        maintenance_without_drop=None if known.spared is None else sum(known.spared.values()),
    )


def _downs(document: Mapping[str, Any], until: datetime, texts: dict[str, str]) -> Iterator[Down]:
    """``texts`` makes one of texts that are alike: an id of 150 characters would be kept with each outage."""

    def same(text: str) -> str:
        return texts.setdefault(text, text)

    status = Status(document["status"])
    gateway, cause = same(document["gateway"]["resource_id"]), Cause(document["cause"]["code"])
    for o in document["outages"]:
        start = datetime.fromisoformat(o["started_at"])
        # Nothing tells when what is gone or was given up ended.
        end = _time(o["ended_at"]) or (start if status is Status.REMOVED else until)
        lost = bool(o.get("connection_lost", True))
        back = (_time(o.get("connection_back_at")) or end) if lost else start
        peer, instance, reason = same(o["remote_ip"] or ""), same(o["instance_down"] or ""), same(o["reason"])
        yield Down(gateway, peer, instance, start, end, lost, back, cause, reason)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _lost(d: Down) -> Span:
    return d.start, d.back


def _down(d: Down) -> Span:
    return d.start, d.end


def _clipped(spans: Iterable[Span], period: Span) -> list[Span]:
    found = ((max(start, period[0]), min(end, period[1])) for start, end in spans)
    return [(start, end) for start, end in found if start < end]


def _connections(within: Sequence[Down], period: Span) -> list[ConnectionSum]:
    """Every connection that fell, the longest without a path first."""
    of: dict[tuple[str, str], list[Down]] = {}
    for d in within:
        of.setdefault(d.connection, []).append(d)
    found = [_connection(*key, downs, period) for key, downs in of.items()]
    return sorted(found, key=lambda c: (-c.seconds, -c.unprotected_seconds, -c.drops, c.gateway, c.peer))


def _connection(gateway: str, peer: str, downs: Sequence[Down], period: Span) -> ConnectionSum:
    lost = united_seconds(_clipped(map(_lost, downs), period))
    others = united_seconds(_clipped((_lost(d) for d in downs if d.cause is not Cause.AZURE_MAINTENANCE), period))
    any_down = united_seconds(_clipped((span(d) for d in downs for span in (_lost, _down)), period))
    return ConnectionSum(gateway, peer, sum(d.start >= period[0] for d in downs), lost, lost - others, any_down - lost)


def _availability(seconds: float, connections: int, length: float) -> float:
    """Percent of the time of all connections, at most 100."""
    whole = connections * length
    return 100.0 * (1 - seconds / whole) if whole else 100.0


def _denominator(listed: GatewayList | None, every: Iterable[Down]) -> tuple[set[tuple[str, str]], bool]:
    """All connections by the gateway list; without one, all that were seen to fall in three months."""
    if listed and listed.gateways:
        pairs = [(g.resource_id, p) for g in listed.gateways for c in g.connections for p in (c.peers or (c.name,))]
        return set(pairs), True
    return {d.connection for d in every}, False


def _month_to_date(every: Sequence[Down], connections: set[tuple[str, str]], period: Span, zone: tzinfo) -> float:
    last = (period[1] - timedelta(microseconds=1)).astimezone(zone).date()
    month = (datetime.combine(last.replace(day=1), time(), tzinfo=zone).astimezone(UTC), period[1])
    hit = _connections([d for d in every if d.start < month[1] and d.back > month[0]], month)
    known = connections | {c[:2] for c in hit}
    return _availability(sum(c.seconds for c in hit), len(known), (month[1] - month[0]).total_seconds())


def _in_hours(spans: Sequence[Span], hours: BusinessHours, zone: tzinfo) -> float:
    """Seconds of these times that lie in business hours."""
    found: list[Span] = []
    for start, end in spans:
        day = start.astimezone(zone).date()
        while day <= end.astimezone(zone).date():
            if day.weekday() in hours.weekdays:
                midnight = datetime.combine(day, time(), tzinfo=zone)
                opened = tuple((midnight + timedelta(minutes=m)).astimezone(UTC) for m in (hours.opens, hours.closes))
                found += _clipped([(start, end)], (opened[0], opened[1]))
            day += DAY
    return united_seconds(found)


def _before(every: Sequence[Down], period: Span, since: datetime | None) -> Moved | None:
    """Drops and seconds of the period before, of the same length; None where history does not reach so far."""
    start = period[0] - (period[1] - period[0])
    if since is None or start < since:
        return None
    earlier = (start, period[0])
    drops = sum(start <= d.start < period[0] for d in every)
    return Moved(drops, united_seconds(_clipped(map(_lost, every), earlier)))


def _trend(every: Sequence[Down], period: Span, since: datetime | None) -> tuple[int, ...]:
    """Drops of each seven days, oldest first, up to twelve that history holds, the last ones up to the period's end."""
    ends = [period[1] - n * 7 * DAY for n in range(12)]
    known = [e for e in ends if since is not None and e - 7 * DAY >= since] or ends[:1]
    return tuple(sum(e - 7 * DAY <= d.start < e for d in every) for e in reversed(known))


def _unmapped(begun: Iterable[Down], own: Vocabulary) -> tuple[str, ...]:
    """Reasons that nobody knows, most frequent first."""
    times: dict[str, int] = {}
    for d in begun:
        if d.reason and meaning(d.reason, own) is Meaning.UNMAPPED:
            times[d.reason] = times.get(d.reason, 0) + 1
    return tuple(sorted(times, key=lambda r: (-times[r], r))[:UNMAPPED])


def _watched(listed: GatewayList | None) -> int | None:
    """How many gateways could log tunnels at all."""
    return len([g for g in listed.gateways if not g.policy_based]) if listed and listed.gateways else None


def _logging(known: Known) -> int | None:
    if not known.listed or not known.listed.gateways:
        return None
    return sum(g.resource_id in known.logging for g in known.listed.gateways if not g.policy_based)


def _still_open(d: Mapping[str, Any]) -> list[Still]:
    """What of it is down and nobody looks after."""
    if d["status"] != Status.OPEN or d.get("acknowledged"):
        return []
    gateway, opened = d["gateway"]["resource_id"], [o for o in d["outages"] if o["open"]]
    return [(gateway, o["remote_ip"] or "", datetime.fromisoformat(o["started_at"])) for o in opened]


def _suggestions(
    begun: Sequence[Down],
    every: Sequence[Down],
    period: Span,
    zone: tzinfo,
    wanted: Wanted,
    listed: GatewayList | None,
) -> Iterator[Suggestion]:
    """What would have helped: a second active instance, a window for maintenance, another lifetime."""
    azure = [d for d in begun if d.lost and d.cause in (Cause.AZURE_MAINTENANCE, Cause.AZURE_FAILOVER)]
    single = {g.resource_id for g in listed.gateways if not g.active_active and not g.policy_based} if listed else set()
    for gateway in sorted({d.gateway for d in azure} & single):
        yield Suggestion("active-active", gateway)
    planned = [d for d in azure if d.cause is Cause.AZURE_MAINTENANCE]
    for gateway in sorted({d.gateway for d in planned if _in_hours([_lost(d)], wanted.hours, zone)}):
        yield Suggestion("maintenance-window", gateway)
    yield from _lifetimes(every, period)


def _lifetimes(every: Sequence[Down], period: Span) -> Iterator[Suggestion]:
    of_gateway: dict[str, list[Down]] = {}
    for d in sorted(every, key=lambda d: d.start):
        of_gateway.setdefault(d.gateway, []).append(d)
    for gateway, downs in sorted(of_gateway.items()):
        outages = [Outage(d.start, d.peer, d.instance) for d in downs]
        found = {downs[n].peer: every_so for n, every_so in regular(outages, ()).items() if downs[n].start >= period[0]}
        yield from (Suggestion("lifetime", gateway, peer, seconds) for peer, seconds in sorted(found.items()))
