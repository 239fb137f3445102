"""Handing over what was committed: claim, send, receipt, for each notice in the outbox.

At least once, in order for each incident and channel. A claim outlives its run, so no two runs send the same notice at
once; a repeat happens only after a crash between a send and its receipt, or after an answer that got lost.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct, field

from correlator.errors import SendFailed, StoreUnavailable
from correlator.ports import TABLE, Channel, Held, Notice, Snapshot, Store

log = logging.getLogger("correlator")

LEASE = timedelta(minutes=6)
"""Longer than a run may last (host.json ends it after 4 minutes), so a claim outlives its run and no run is doubted."""
LONGEST_PAUSE = timedelta(minutes=60)


class Report(Struct):
    """What one run did, for its one log line. ``repeats`` counts messages that may have arrived before."""

    partition: str
    now: datetime | None = None
    rows: int = 0
    unreadable: int = 0
    unmapped_reasons: Counter[str] = field(default_factory=Counter)
    unknown_operations: Counter[str] = field(default_factory=Counter)
    too_late: int = 0
    """Rows that came in since the last poll, but lie before the window that is still folded."""
    changed: int = 0
    said: int = 0
    went_down: list[tuple[str, str]] = field(default_factory=list)
    """Incident and gateway of connections that it told of as having no tunnel left."""
    sent: int = 0
    repeats: int = 0
    failures: Counter[str] = field(default_factory=Counter)


class Delivery(Struct):
    """One run over one partition's outbox, by the run's own clock (``now``, UTC)."""

    store: Store
    channels: Mapping[str, Channel]
    now: datetime
    report: Report
    resting: set[str] = set()

    def run(self, snapshot: Snapshot) -> None:
        """Deliver what is due. A failing channel waits, and delays no other; later news of an incident wait behind."""
        waiting: set[tuple[str, str]] = set()
        for held in sorted(snapshot.outbox):
            notice = held.notice
            lane = (notice.subject, notice.channel)
            not_yet = max(notice.leased_until or self.now, notice.next_try or self.now) > self.now
            blocked = lane in waiting or notice.channel in self.resting or not_yet
            if blocked or not self._one(held):
                waiting.add(lane)

    def _one(self, held: Held) -> bool:
        """Claim, hand over, receipt. True if the notice is done with, False if it stays in the outbox."""
        partition = self.report.partition
        claimed = self.store.claim(partition, held, self.now + LEASE)
        if claimed is None:
            return False
        notice = claimed.notice
        # A try without a receipt may have reached the channel all the same: this one may be a repeat.
        self.report.repeats += notice.channel != TABLE and notice.tries > 1
        try:
            self._hand_over(notice)
        except SendFailed as failed:
            self.report.failures[f"{notice.channel}: {failed}"] += 1
            log.warning("%s did not take %s: %s", notice.channel, notice.key, failed)
            self._try_again(claimed, failed)
            return False
        self.store.settle(partition, claimed)
        return True

    def _hand_over(self, notice: Notice) -> None:
        if notice.channel == TABLE:
            try:
                self.store.record(notice.incidents)
            except StoreUnavailable as refused:  # the chats are told all the same
                raise SendFailed(str(refused)) from None
            return
        channel = self.channels.get(notice.channel)
        if channel is None or notice.notification is None:
            log.warning("channel %s is no longer set up; dropped %s", notice.channel, notice.key)
            return
        render = channel.render_plain if notice.plain else channel.render
        channel.send(render(notice.notification))
        self.report.sent += 1

    def _try_again(self, held: Held, failed: SendFailed) -> None:
        """A refused card is tried again in its simplest form; all else waits longer each time. Nothing is dropped."""
        notice = held.notice._replace(leased_until=None)
        longer = min(timedelta(minutes=2 ** min(notice.tries, 6)), LONGEST_PAUSE)
        pause = LONGEST_PAUSE if failed.permanent else longer
        if failed.refused and not notice.plain:
            notice, pause = notice._replace(plain=True), timedelta(0)
        else:
            self.resting.add(notice.channel)
        asked = min(timedelta(seconds=failed.retry_after), LONGEST_PAUSE)
        self.store.postpone(self.report.partition, held, notice._replace(next_try=self.now + max(pause, asked)))
