"""Once a day, what the doctor would find that was not there before: told once, in one message.

Only what happens to an installation after it was set up: a cap that is reached, a diagnostic setting that vanished,
rows that come ever later. The rules are the doctor's own. A finding counts as gone when it was not seen for some days,
so that a question that failed once does not have it told again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from correlator.delivery import Delivery, Report
from correlator.doctor.gather import Wanted, gather
from correlator.doctor.model import Code, Finding, Severity
from correlator.doctor.rules import examine
from correlator.errors import StaleWrite
from correlator.incident_json import gateway_name
from correlator.notification import Gap, Mending, Moment, Notification
from correlator.ports import Channel, Head, Notice, Snapshot, Store
from correlator.wiring import App, line_of

log = logging.getLogger("correlator")
PARTITION = "self-check"
EVERY = timedelta(hours=23, minutes=30)
"""A day, less half an hour: an hourly run is never exactly on time."""
A_PART_EVERY = timedelta(minutes=50)
"""With many workspaces: an hour, less what an hourly run may be early."""
GONE_AFTER = timedelta(days=3)
TOLD = (
    Code.VAULT_REFERENCE,
    Code.DAILY_CAP,
    Code.DIAGNOSTICS_MISSING,
    Code.DIAGNOSTICS_CATEGORY_OFF,
    Code.TUNNEL_LOG_OFF,
    Code.GATEWAY_LOG_SILENT,
    Code.SILENT_GATEWAY,
    Code.TOO_LATE_ROWS,
    Code.LATE_ROWS,
    Code.UNMAPPED_REASONS,
    Code.UNKNOWN_OPERATIONS,
)
"""What can begin after the installation; the sentences are those of ``mend.…`` in wording."""


def run(app: App, environment: Mapping[str, str]) -> None:
    """The daily check, if it is due by the last poll's clock. Never raises: what fails is a line in the log."""
    try:
        _run(app, environment)
    except StaleWrite as lost:
        log.info("self check: %s", lost)
    except Exception as failed:  # the doctor looks at all that can be broken, and this must not stop the summary
        log.warning(
            "self check: %s: %s", type(failed).__name__, str(failed).splitlines()[0][:200] if str(failed) else ""
        )


def _run(app: App, environment: Mapping[str, str]) -> None:
    store, channels = app.opened()
    before = store.read(PARTITION)
    ids: Sequence[str] = app.workspaces()
    now = max((h.mark for h in store.roster(ids).heads if h.mark), default=None)
    if now is None:
        return
    report = Report(PARTITION, now)
    many = len(ids) > app.settings.fan_out_above  # a few that were found are looked at whole
    if is_due(before.head, now, A_PART_EVERY if many else EVERY):
        ids = of_hour(ids, now) if many else ids
        found = _found({**environment, **of_fleet(ids)} if many else environment, ids, store) if ids else []
        before = note(found, before, store, channels, report, now)
    elif before.is_empty:
        return
    Delivery(store, channels, now, report).run(before)
    log.info("%s", line_of("self_check", report))


def _found(environment: Mapping[str, str], workspaces: Sequence[str], store: Store) -> list[Finding]:
    watched = {gateway_name(g) for w in workspaces for g in store.watched(w)}
    return worth_telling(examine(gather(environment, Wanted())), watched)


def is_due(head: Head, now: datetime, every: timedelta = EVERY) -> bool:
    """Whether the last check (the head's mark) was a day ago; of a fleet, the last part of it an hour."""
    return head.mark is None or now - head.mark >= every


def of_hour(workspaces: Sequence[str], now: datetime) -> Sequence[str]:
    """Of many workspaces a 24th, by the hour (UTC): each asks several questions, and a run ends after 4 minutes."""
    return sorted(workspaces)[now.hour :: 24]


def of_fleet(workspaces: Sequence[str]) -> dict[str, str]:
    """The settings of a check of these workspaces alone. Beside a part of them a listed gateway would look silent."""
    return {"WORKSPACE_IDS": ",".join(workspaces), "GATEWAY_SCOPES": ""}


def worth_telling(found: Sequence[Finding], watched: Collection[str]) -> list[Finding]:
    """Of the doctor's findings those that can begin later; of silent gateways those that logged before."""
    ours = [f for f in found if f.code in TOLD]
    return [f for f in ours if f.code is not Code.SILENT_GATEWAY or f.subject.lower() in watched]


def note(
    found: Sequence[Finding],
    before: Snapshot,
    store: Store,
    channels: Mapping[str, Channel],
    report: Report,
    now: datetime,
) -> Snapshot:
    """Commit what was found, with a message of what is new; the partition as it is then. Raises StaleWrite.

    On the first day what is only worth knowing is how things are, and no news.
    """
    known, seen = before.head.noted, {_key(f): now for f in found}
    since = before.head.watching_since or before.head.mark or now
    first = now - since < EVERY
    news = [f for f in found if _key(f) not in known and (f.severity is Severity.MEND or not first)]
    kept = {key: at for key, at in (dict(known) | seen).items() if now - at < GONE_AFTER}
    gone = sorted(known.keys() - kept.keys())
    if gone:
        log.info("%s", json.dumps({"event": "mended", "findings": gone}, ensure_ascii=False))
    mending = Mending(tuple(dict.fromkeys(Gap(f.code.value, f.subject) for f in news)))
    told = Notification(Moment.MENDING, now, mending=mending) if news else None
    stamp = f"{now:%Y%m%dT%H%M%S%f}"
    notices = [Notice(f"{stamp}-{told.subject}-{channel}", channel, now, told) for channel in channels if told]
    store.commit(PARTITION, before.etag, Head(mark=now, watching_since=since, noted=kept), [], notices)
    report.said = 1 if told else 0
    return store.read(PARTITION)


def _key(finding: Finding) -> str:
    return f"{finding.code} {finding.subject}"
