"""What is told beside incidents: the welcome, gaps in watching, weeks and months. Each once, by a poll's clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from hashlib import blake2b
from itertools import chain
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from correlator.delivery import Delivery, Report
from correlator.gaps import KEPT_FOR, blind_seconds, is_kept
from correlator.gateways import GatewayList
from correlator.measures import Span
from correlator.model import Status
from correlator.monthly import month_bounds, month_due
from correlator.notification import Blind, Gap, Mending, Moment, Notification, PollingGap
from correlator.ports import Channel, Head, Notice, Snapshot, Store
from correlator.routes import EVERYWHERE, Routing
from correlator.summary import MonthlyTime, Week, WeeklyTime
from correlator.weekly import LATE, cut, label_of, week_bounds, week_due, week_line
from correlator.welcome import LOOK_BACK, compose

if TYPE_CHECKING:
    from correlator.figures import Known, Wanted

WEEKLY_PARTITION, MONTHLY_PARTITION = "weekly", "monthly"
WELCOME_PARTITION, WATCH_PARTITION, GIVEN_UP_PARTITION = "welcome", "watch", "given-up"
PATIENCE = timedelta(hours=1)
"""How long the welcome waits for workspaces that cannot be read yet: roles take some minutes to settle."""
TOLD_AGAIN = timedelta(days=3)
"""After so long a workspace whose poll is given up is news again."""
HISTORY = timedelta(days=84)
"""How far before its period a report reads: twelve weeks of trend, and outages that began long ago."""


class Greeting(Struct, frozen=True):
    """Whether the welcome was taken, and what this run did for it, if anything."""

    done: bool
    report: Report | None = None


class _Calendar(Struct, frozen=True):
    """One kind of report: its place in the store, its moment, and the period that is due, told or meant."""

    partition: str
    moment: Moment
    due: Callable[[datetime, str], str | None]
    bounds: Callable[[str], Span]


def _calendar(at: WeeklyTime | MonthlyTime, zone: tzinfo) -> _Calendar:
    if isinstance(at, WeeklyTime):
        due = lambda now, told: week_due(now, at, zone, told)  # noqa: E731
        return _Calendar(WEEKLY_PARTITION, Moment.WEEKLY, due, lambda label: week_bounds(label, zone))
    due = lambda now, told: month_due(now, at, zone, told)  # noqa: E731
    return _Calendar(MONTHLY_PARTITION, Moment.MONTHLY, due, lambda label: month_bounds(label, zone))


def summarize(
    workspaces: Sequence[str],
    store: Store,
    channels: Mapping[str, Channel],
    at: WeeklyTime | MonthlyTime,
    zone: tzinfo,
    wanted: Wanted | None = None,
    listed: GatewayList | None = None,
    routing: Routing = EVERYWHERE,
) -> Report:
    """Send the last week's or month's report if it is due, by the last poll's clock. Raises StaleWrite if overtaken.

    A channel all of whose rules say whose gateways they are about gets the report of these gateways.
    """
    calendar = _calendar(at, zone)
    report = Report(calendar.partition)
    before = store.read(calendar.partition)
    heads = store.roster(workspaces).heads
    now = _clock(heads)
    if now is None:
        return report
    report.now = now
    label = calendar.due(now, before.head.week)
    if label:
        start, end = calendar.bounds(label)
        # What ended before anyone watched has nothing to tell.
        told: dict[str, Notification] = {}
        if any(h.watching_since and h.watching_since < end for h in heads):
            known = known_of(workspaces, store, listed, (start, end))
            whose = {c: c if routing.has_gateways_of_its_own(c) else "" for c in channels}
            parts = {owner: _part(known, routing, owner) for owner in whose.values()}
            sums = _compiled(label, (start, end), zone, store.documents, wanted, parts)
            told = {c: Notification(calendar.moment, now, week=sums[owner]) for c, owner in whose.items()}
        before = _tell(told, now, before, replace(before.head, week=label), store, report)
    Delivery(store, channels, now, report).run(before)
    return report


def compile_report(
    label: str,
    period: Span,
    zone: tzinfo,
    documents: Callable[[list[str]], Iterable[dict[str, Any]]],
    wanted: Wanted | None = None,
    known: Known | None = None,
) -> Week:
    """The report of a period (UTC, half open) from the public incident objects, a partition in memory at a time."""
    from correlator.figures import Known

    return _compiled(label, period, zone, documents, wanted, {"": _Part(lambda _: True, known or Known())})[""]


class _Part(Struct, frozen=True):
    """Whether a gateway (folded id) is of a report, and what is known of those that are."""

    owns: Callable[[str], bool]
    known: Known


def _compiled(
    label: str,
    period: Span,
    zone: tzinfo,
    documents: Callable[[list[str]], Iterable[dict[str, Any]]],
    wanted: Wanted | None,
    parts: Mapping[str, _Part],
) -> dict[str, Week]:
    """The reports of all parts: three months of a fleet are read once, however many teams have one of their own."""
    from correlator.figures import Wanted, figures, gather_apart  # once a week: no part of a timer's cold start

    weeks = _weeks(period[0] - HISTORY - LATE, period[1] + LATE)
    every = chain.from_iterable(documents([week]) for week in weeks)
    gathered = gather_apart(every, period, {name: part.owns for name, part in parts.items()})
    measured = {
        name: figures(gathered[name], period, zone, wanted or Wanted(), part.known) for name, part in parts.items()
    }
    return {name: cut(Week(label, *period, gathered[name].lines, measured[name]), zone) for name in parts}


def _part(known: Known, routing: Routing, channel: str) -> _Part:
    """What is known of the gateways that a channel's rules are about; ``""``: of all."""
    if not channel:
        return _Part(lambda _: True, known)

    def owns(gateway: str) -> bool:
        return routing.owns(channel, gateway)

    listed = known.listed
    if listed:
        listed = replace(listed, gateways=tuple(g for g in listed.gateways if owns(g.resource_id)))
    spared = known.spared and {g: n for g, n in known.spared.items() if owns(g)}
    return _Part(owns, known._replace(listed=listed, spared=spared))


def known_of(workspaces: Sequence[str], store: Store, listed: GatewayList | None, period: Span) -> Known:
    """What is known beside the incidents of a period (UTC, half open)."""
    from correlator.figures import Known

    heads = store.roster(workspaces).heads
    since = min((h.watching_since for h in heads if h.watching_since), default=None)
    logging = frozenset(gateway for w in workspaces for gateway in store.watched(w)) if listed else frozenset()
    if since is None:
        return Known(listed, logging)
    spared = Counter[str]()
    for gateway, times in (pair for w in workspaces for pair in store.spared(w).items()):
        spared[gateway] += sum(period[0] <= at < period[1] for at in times)
    blind = blind_seconds((g for h in heads for g in h.gaps), *period)
    return Known(listed, logging, since - LOOK_BACK, blind, spared)


def greet(
    workspaces: Sequence[str],
    failures: Mapping[str, str],
    store: Store,
    channels: Mapping[str, Channel],
    listed: GatewayList | None,
) -> Greeting:
    """Send the welcome once every workspace was polled, or after an hour of patience.

    ``failures`` are the workspaces that could not be polled just now, and why. Raises StaleWrite if overtaken.
    """
    before = store.read(WELCOME_PARTITION)
    if before.etag and before.is_empty:
        return Greeting(done=True)
    heads = {w: s.head for w, s in store.roster(workspaces).standings.items()}
    now = _clock(heads.values())
    if now is None:
        return Greeting(done=False)
    report = Report(WELCOME_PARTITION, now)
    if before.etag is None:
        waiting = [w for w, h in heads.items() if h.mark is None]
        watching = min(h.watching_since for h in heads.values() if h.watching_since)
        if waiting and now < watching + PATIENCE:
            return Greeting(done=False)
        unread = {w: failures.get(w, "") for w in waiting}
        seen = {gateway for w in workspaces for gateway in store.watched(w)}
        lines = [week_line(d) for d in store.documents(_weeks(now - LOOK_BACK, now))]
        told = Notification(Moment.WELCOME, now, welcome=compose(listed, seen, lines, unread, now))
        before = _tell(dict.fromkeys(channels, told), now, before, Head(mark=now), store, report)
    Delivery(store, channels, now, report).run(before)
    return Greeting(store.read(WELCOME_PARTITION).is_empty, report)


def confess(
    gaps: Mapping[str, Sequence[PollingGap]],
    workspaces: Sequence[str],
    store: Store,
    channels: Mapping[str, Channel],
    now: datetime,
) -> Greeting:
    """Tell of the times without a good poll that were not told yet: one message for all workspaces.

    ``gaps`` by workspace, as far as they are at hand; of the others they are read. Raises StaleWrite if overtaken.
    """
    before = store.read(WATCH_PARTITION)
    unread = [w for w in workspaces if w not in gaps]
    others = store.roster(unread).standings if unread else {}
    kept = {w: gaps[w] if w in gaps else others[w].head.gaps for w in workspaces}
    told, older = before.head.noted, before.head.mark
    # Until when each was told. They come to notice one by one: what is told of one may end after another's gap.
    until = {w: told.get(w) if told else older for w in workspaces}
    young = {w: [g for g in kept[w] if is_kept(g, now)] for w in workspaces}
    news = sorted({g for w in workspaces for g in young[w] if (at := until[w]) is None or g.until > at})
    if not news and before.is_empty:
        return Greeting(done=True)
    report = Report(WATCH_PARTITION, now)
    if news:
        blind = Notification(Moment.BLIND, now, blind=Blind(tuple(news), _begun_in(news, store)))
        # Also of those that are not polled just now: they may come back, with the gaps that were told.
        noted = {w: at for w, at in told.items() if at > now - KEPT_FOR}
        noted |= {w: max(g.until for g in found) for w, found in young.items() if found}
        head = replace(before.head, mark=max(g.until for g in news), noted=noted)
        before = _tell(dict.fromkeys(channels, blind), now, before, head, store, report)
    Delivery(store, channels, now, report).run(before)
    return Greeting(store.read(WATCH_PARTITION).is_empty, report)


def give_up(workspaces: Collection[str], store: Store, channels: Mapping[str, Channel], now: datetime) -> Report:
    """Tell of workspaces whose poll the queue gave up: all in one message, each once. Raises StaleWrite if overtaken.

    One that is still given up after three days is told of again.
    """
    before = store.read(GIVEN_UP_PARTITION)
    report = Report(GIVEN_UP_PARTITION, now)
    known = {w: at for w, at in before.head.noted.items() if now - at < TOLD_AGAIN}
    news = [w for w in workspaces if w not in known]
    if news:
        told = Notification(Moment.MENDING, now, mending=Mending(tuple(Gap("poll-given-up", w) for w in news)))
        head = replace(before.head, noted=known | dict.fromkeys(news, now))
        before = _tell(dict.fromkeys(channels, told), now, before, head, store, report)
    Delivery(store, channels, now, report).run(before)
    return report


def _begun_in(gaps: Sequence[PollingGap], store: Store) -> int:
    """How many incidents began in these times, by the public table: it was written before."""
    since, until = min(g.since for g in gaps), max(g.until for g in gaps)
    found = [d for d in store.documents(_weeks(since, until)) if not Status(d["status"]).withdrawn]
    starts = [datetime.fromisoformat(d["started_at"]) for d in found]
    return sum(any(g.since < start <= g.until for g in gaps) for start in starts)


def _clock(heads: Iterable[Head]) -> datetime | None:
    """The time of the newest poll."""
    return max((h.mark for h in heads if h.mark), default=None)


def _tell(
    told: Mapping[str, Notification], now: datetime, before: Snapshot, head: Head, store: Store, report: Report
) -> Snapshot:
    """Commit what is to be told to each channel, together with the note that it was; the outbox as it is then."""
    # The store's clock has seconds, and by its key a message is on record: each telling ends another state of the head.
    which = blake2b(f"{report.partition} {before.etag}".encode(), digest_size=4).hexdigest()
    stamp = f"{now:%Y%m%dT%H%M%S%f}-{which}"
    notices = [Notice(f"{stamp}-{n.subject}-{channel}", channel, now, n) for channel, n in told.items()]
    store.commit(report.partition, before.etag, head, [], notices)
    report.said = 1 if told else 0
    return store.read(report.partition)


def _weeks(first: datetime, last: datetime) -> list[str]:
    """The partitions from one time to another, and one more before: late rows may have moved a start."""
    days = (last - first).days + 8
    return list(dict.fromkeys(label_of((last - timedelta(days=n)).astimezone(UTC).date()) for n in range(days)))
