"""Handing over what was committed: claim, send, receipt, for each notice in the outbox.

At least once, in order for each incident and channel. A claim outlives its run, so no two runs send the same notice at
once; a repeat happens only after a crash between a send and its receipt, or after an answer that got lost.

A channel that refuses its address for good is parked: nothing more is sent there until the address is another one, but
for one try a day in case its receiver was mended. What waited for more than a day is told as one message.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec import Struct, field

from correlator.errors import SendFailed, StoreUnavailable
from correlator.folding import NAMED, fold
from correlator.notification import Moment, Notification, Parked, PollingGap
from correlator.patience import LONGEST_PAUSE, PROBE, asked_for, pause_before
from correlator.ports import TABLE, Channel, Held, Notice, Receipt, Snapshot, Store
from correlator.told import newest

log = logging.getLogger("correlator")

LEASE = timedelta(minutes=6)
"""Longer than a run may last (host.json ends it after 4 minutes), so a claim outlives its run and no run is doubted."""


def standing() -> float:
    """A stopwatch that stands still: no time passes in a run that nobody measures."""
    return 0.0


class Sent(NamedTuple):
    """A message that a channel took, and how many seconds after the newest row of what it tells each step came.

    ``side`` and ``cause`` are the verdict that it told, ``""`` where it is about no incident.
    ``row``: the row was in the workspace. ``verdict``: the poll that decided, by the log service's clock.
    ``posted``: the channel had it. None where that is not known.
    """

    incident: str
    moment: str
    channel: str
    row: float | None
    verdict: float | None
    posted: float | None
    side: str = ""
    cause: str = ""


class Report(Struct):
    """What one run did, for its one log line.

    ``repeats_unanswered`` and ``repeats_crashed`` count messages that may have arrived before: earlier tries whose
    answer was lost, or whose run died before it could note the receipt.
    """

    partition: str
    now: datetime | None = None
    rows: int = 0
    unreadable: int = 0
    unmapped_reasons: Counter[str] = field(default_factory=Counter)
    unknown_operations: Counter[str] = field(default_factory=Counter)
    too_late: int = 0
    """Rows that came in since the last poll, but lie before the window that is still folded."""
    maintenance_without_drop: int = 0
    """Maintenance rows of the last seven days that no drop followed, of the gateways that this run looked at."""
    late_newest: float | None = None
    """Seconds from event to arrival of the newest fresh row; None where no row is fresh."""
    late_worst: float | None = None
    """The same of the latest one."""
    gaps: tuple[PollingGap, ...] = ()
    """The times without a good poll that its partition keeps."""
    blind_seconds: float = 0.0
    """How long there was no good poll before this one, if that was a gap to tell of."""
    changed: int = 0
    said: int = 0
    went_down: list[tuple[str, str]] = field(default_factory=list)
    """Incident and gateway of connections that it told of as having no tunnel left."""
    sent: int = 0
    repeats_unanswered: int = 0
    repeats_crashed: int = 0
    folded: int = 0
    """Messages that waited for more than a day and are told as a number instead."""
    failures: Counter[str] = field(default_factory=Counter)
    messages: list[Sent] = field(default_factory=list)
    seconds: float = 0.0
    """How long the run took."""


class Delivery(Struct):
    """One run over one partition's outbox, by the run's own clock (``now``, UTC)."""

    store: Store
    channels: Mapping[str, Channel]
    now: datetime
    report: Report
    elapsed: Callable[[], float] = standing
    """Seconds since ``now``."""
    resting: set[str] = set()
    parked: set[str] = set()
    receipts: list[Receipt] = []

    def run(self, snapshot: Snapshot) -> None:
        """Deliver what is due. A failing channel waits, and delays no other; later news of an incident wait behind."""
        if snapshot.unknown:
            log.warning(
                "%s: a newer version of the app left %d messages of a kind that this one does not know; they wait "
                "until that version's code is brought again: %s",
                self.report.partition, len(snapshot.unknown), ", ".join(snapshot.unknown[:NAMED]),
            )  # fmt: skip
        outbox = self._fold(snapshot.outbox)
        notices = [held.notice for held in outbox]
        self.resting |= {n.channel for n in notices if n.rests_until and n.rests_until > self.now}
        self.parked |= {n.channel for n in notices if self._is_refused(n)}
        ailing = {n.channel for n in notices if n.tries}
        waiting: set[tuple[str, str]] = set()
        # Channels that failed come last: what they cost in time is not taken from the others.
        for held in sorted(outbox, key=lambda h: (h.notice.channel in ailing, h.notice.key)):
            lane = (held.notice.subject, held.notice.channel)
            if lane in waiting or not self._is_due(held.notice) or not self._one(held):
                waiting.add(lane)
        self._file([*snapshot.receipts, *self.receipts])

    def _file(self, receipts: Sequence[Receipt]) -> None:
        """What was said becomes public. Where the table fails, a later run files it."""
        if not receipts:
            return
        try:
            self.store.file(self.report.partition, receipts)
        except StoreUnavailable as failed:
            self.report.failures[f"{TABLE}: {failed}"] += 1
            log.warning("what was said could not be written down yet: %s", failed)

    def _fold(self, outbox: Sequence[Held]) -> list[Held]:
        kept = list(outbox)
        for channel in self.channels:
            folded = fold([h for h in kept if h.notice.channel == channel], self.now)
            if not folded:
                continue
            after = self.store.replace(self.report.partition, folded.gone, folded.before, folded.notice)
            if after:
                self.report.folded += len(folded.gone)
                gone = {h.notice.key for h in (*folded.gone, after)}
                kept = [h for h in kept if h.notice.key not in gone] + [after]
        return kept

    def _is_refused(self, notice: Notice) -> bool:
        """Whether the channel's present address refused this notice for good."""
        channel = self.channels.get(notice.channel)
        return bool(channel and notice.refused_by and notice.refused_by == channel.address)

    def _is_due(self, notice: Notice) -> bool:
        if notice.channel in self.resting or (notice.leased_until and notice.leased_until > self.now):
            return False
        refused = self._is_refused(notice)
        early = bool(notice.next_try and notice.next_try > self.now)
        if notice.channel in self.parked and (early or not refused):
            self.report.failures[f"{notice.channel}: parked, its address refuses everything"] += 1
            return False
        # Another address than the one that refused it need not wait.
        return not early or bool(notice.refused_by and not refused)

    def _one(self, held: Held) -> bool:
        """Claim, hand over, receipt. True if the notice is done with, False if it stays in the outbox."""
        partition, channel = self.report.partition, self.channels.get(held.notice.channel)
        if channel and not channel.turn():
            return False  # this run's time is up
        claimed = self.store.claim(partition, held, self.now + LEASE)
        if claimed is None:
            return False
        notice = claimed.notice
        try:
            self._hand_over(notice)
        except SendFailed as failed:
            self.report.failures[f"{notice.channel}: {failed}"] += 1
            log.warning("%s did not take %s: %s", notice.channel, notice.key, failed)
            self._try_again(claimed, failed)
            return False
        receipt = self._receipt(notice)
        self.store.settle(partition, claimed, receipt)
        if receipt:
            self.receipts.append(receipt)
        self.parked.discard(notice.channel)
        if notice.refused_by:
            self.store.unpark(notice.channel)
        return True

    def _receipt(self, notice: Notice) -> Receipt | None:
        """What is kept of a message that was taken; None for what no channel got."""
        n = notice.notification
        if n is None or notice.channel not in self.channels:
            return None
        at = self.now + timedelta(seconds=self.elapsed())
        incident = n.incident.id if n.incident else ""
        self.report.messages.append(_sent(notice, n, at))
        repeats, folded = notice.unanswered + notice.crashed, n.missed.messages if n.missed else len(n.also)
        how = (notice.tries, repeats, notice.plain, folded)
        return Receipt(notice.key, notice.channel, at, incident, n.moment.value, n.number, *how)

    def _hand_over(self, notice: Notice) -> None:
        if notice.channel == TABLE:
            try:
                self.store.record(notice.incidents)
            except StoreUnavailable as failed:  # the chats are told all the same
                raise SendFailed(str(failed), refused=failed.status in (400, 413)) from None
            return
        channel = self.channels.get(notice.channel)
        if channel is None or notice.notification is None:
            log.warning("channel %s is no longer set up; dropped %s", notice.channel, notice.key)
            return
        render = channel.render_plain if notice.plain else channel.render
        channel.send(render(notice.notification))
        self.report.sent += 1
        self.report.repeats_unanswered += notice.unanswered
        self.report.repeats_crashed += notice.crashed

    def _try_again(self, held: Held, failed: SendFailed) -> None:
        """A refused card is tried again in its simplest form; all else waits longer each time. Nothing is dropped."""
        notice = held.notice._replace(leased_until=None, unanswered=held.notice.unanswered + failed.ambiguous)
        if failed.permanent:
            return self._park(held, notice, failed)
        if failed.refused and not notice.plain:
            return self._postpone(held, notice._replace(plain=True, next_try=self.now))
        if not failed.refused:
            self.resting.add(notice.channel)
        asked = asked_for(failed.retry_after)
        rests_until = self.now + asked if asked else None
        pause = max(pause_before(notice), asked)
        return self._postpone(held, notice._replace(next_try=self.now + pause, rests_until=rests_until))

    def _park(self, held: Held, notice: Notice, failed: SendFailed) -> None:
        """No more tries on this address. The first notice that it refuses says so on every other channel, once."""
        self.resting.add(notice.channel)
        address = self.channels[notice.channel].address
        known = notice.refused_by == address
        parked = notice._replace(refused_by=address, next_try=self.now + PROBE)
        partition = self.report.partition
        if known or not self.store.park(notice.channel, address, f"{partition} {notice.key}"):
            return self._postpone(held, parked)
        told = Notification(Moment.PARKED, self.now, parked=Parked(notice.channel, str(failed)))
        others = [c for c in self.channels if c != notice.channel]
        stamp = f"{self.now:%Y%m%dT%H%M%S%f}-{told.subject}-{address}"
        words = [Notice(f"{stamp}-{other}", other, self.now, told) for other in others]
        self._postpone(held, parked, words)
        line = {"event": "channel-parked", "channel": notice.channel, "address": address, "why": str(failed)}
        return log.error(json.dumps(line))

    def _postpone(self, held: Held, notice: Notice, words: Sequence[Notice] = ()) -> None:
        self.store.postpone(self.report.partition, held, notice, words)


def _sent(notice: Notice, n: Notification, at: datetime) -> Sent:
    begin = newest(n.incident) if n.incident else None

    def after(when: datetime | None) -> float | None:
        return round((when - begin).total_seconds(), 3) if when and begin else None

    delays = after(notice.ingested), after(notice.created), after(at)
    if n.incident is None:
        return Sent("", n.moment.value, notice.channel, *delays)
    cause = n.incident.finding.cause
    return Sent(n.incident.id, n.moment.value, notice.channel, *delays, cause.side.value, cause.value)


__all__ = ["LEASE", "LONGEST_PAUSE", "PROBE", "Delivery", "Report"]
