"""Nights that a network engineer can read: a few lines of text become log rows, incidents and messages.

One line (or one part between semicolons) is one row. In brackets what may be left out::

    [gw1] [08-21] 17:12:10    maintenance [IN_0] ["a message"]     also: upgrade, config, primary
    [gw1] [08-21] 17:12:10    activity | reset | write | fault | …    the activity log; also ["a caller"]
    [gw1] [08-21] 17:13:04 hq down [IN_0] ["a reason"]
    [gw1] [08-21] 17:13:16 hq up [IN_1] [late 40m]                 late: how long after its time the row can be seen

Left out, the gateway is gw1 and the day is 08-21 of 2026. A gateway named vwan… is a Virtual WAN gateway. ``-`` is a
peer that the row does not name. ``#`` begins a comment.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from msgspec.structs import astuple

from correlator.categories import read_rows
from correlator.correlate import correlate
from correlator.model import GatewayState, Incident, LogRow, Outage, Policy
from correlator.notification import Notification
from correlator.outages import find_outages
from correlator.people import NOBODY as NOBODY_SAID
from correlator.settings.texts import duration
from correlator.track import NOBODY, Step, advance, window_start
from correlator.watchlist import Asking

POLICY = Policy()
ID = "/subscriptions/s/resourcegroups/rg/providers/microsoft.network/{}/{}"
TUNNEL, GATEWAY = "TunnelDiagnosticLog", "GatewayDiagnosticLog"
WORKER = "GatewayTenantWorker_"
CHANGES = {
    "maintenance": ("HostMaintenanceEvent", ""),
    "upgrade": ("", "Upgrade gateway started"),
    "config": ("SetConnectionConfiguration", ""),
    "primary": ("GatewayTenantPrimaryChanged", ""),
}
OUTSIDE = {
    "activity": ("Administrative", "MICROSOFT.STORAGE/STORAGEACCOUNTS/WRITE", "Start", ""),
    "reset": ("Administrative", "MICROSOFT.NETWORK/VIRTUALNETWORKGATEWAYS/RESET/ACTION", "Start", ""),
    "write": ("Administrative", "MICROSOFT.NETWORK/VIRTUALNETWORKGATEWAYS/WRITE", "Start", ""),
    "connectionwrite": ("Administrative", "MICROSOFT.NETWORK/CONNECTIONS/WRITE", "Start", ""),
    "fault": (
        "ResourceHealth", "Microsoft.Resourcehealth/healthevent/Activated/action", "Active",
        '{"cause": "PlatformInitiated", "currentHealthStatus": "Unavailable", "title": "Unavailable"}',
    ),
    "servicefault": (
        "ServiceHealth", "Microsoft.ServiceHealth/incident/action", "Active",
        '{"incidentType": "Incident", "service": "VPN Gateway", "title": "Connectivity"}',
    ),
}  # fmt: skip
STATES = {"up": "Connected", "down": "Disconnected"}


def gateway(name: str = "gw1") -> str:
    """The resource id behind a short name."""
    return ID.format("vpngateways" if name.startswith("vwan") else "virtualnetworkgateways", name)


def clock(text: str) -> datetime:
    """``08-21 17:13:04`` (day and seconds may be left out) as a time of 2026, UTC."""
    day, _, time = text.rpartition(" ")
    return datetime.fromisoformat(f"2026-{day or '08-21'}T{time}").replace(tzinfo=UTC)


def night(text: str) -> list[LogRow]:
    """The rows of a night."""
    lines = (shlex.split(part, comments=True) for line in text.splitlines() for part in line.split(";"))
    return [_row(words) for words in lines if words]


def _row(words: list[str]) -> LogRow:
    name = words.pop(0) if re.fullmatch(r"(gw|vwan)\w*", words[0]) else "gw1"
    day = words.pop(0) if re.fullmatch(r"\d\d-\d\d", words[0]) else "08-21"
    at = clock(f"{day} {words.pop(0)}")
    seen = at + duration(words.pop()) if "late" in words else at
    words = [w for w in words if w != "late"]
    peer = "" if words[0] in {**CHANGES, **OUTSIDE} else words.pop(0).replace("-", "")
    what = words.pop(0)
    instance = WORKER + words.pop(0) if words and words[0].startswith("IN_") else ""
    said = words.pop(0) if words else ""
    assert not words, f"what is {words}?"
    if what in OUTSIDE:
        kind, operation, status, properties = OUTSIDE[what]
        return LogRow(at, seen, gateway(name), "AzureActivity", operation, properties, status, "", said, kind)
    if what in CHANGES:
        operation, message = CHANGES[what]
        return LogRow(at, seen, gateway(name), GATEWAY, operation, said or message, "", instance, "", "")
    return LogRow(at, seen, gateway(name), TUNNEL, "", "", STATES[what], instance, peer, said)


def policy(modes: str = "") -> Policy:
    """The default policy, with ``gw1=active-active gw2=active-standby`` given."""
    given = (part.split("=") for part in modes.split())
    return Policy(active_active={gateway(name): mode == "active-active" for name, mode in given})


ACTIVE_ACTIVE, ACTIVE_STANDBY = policy("gw1=active-active"), policy("gw1=active-standby")


def incidents(text: str, rules: Policy = POLICY) -> list[Incident]:
    """What one replay of the whole night says."""
    logs = read_rows(night(text), rules.addresses).logs
    return [i for _, log in sorted(logs.items()) for i in correlate(log, rules).incidents]


def outages(text: str, mode: bool | None = None) -> list[str]:
    """The outages of a night with one gateway, in words."""
    (log,) = read_rows(night(text)).logs.values()
    return [outage_in_words(o) for o in find_outages(log.tunnels, None, mode).outages]


def verdicts(text: str, rules: Policy = POLICY) -> list[str]:
    """``cause confidence rule`` of each incident."""
    return [verdict(i) for i in incidents(text, rules)]


def verdict(incident: Incident) -> str:
    """``cause confidence rule``."""
    return " ".join(astuple(incident.finding))


def outage_in_words(o: Outage) -> str:
    """``hq 17:13:04 IN_0>IN_1 12s``; "redundancy" where another instance held the connection."""
    down, up = o.instance_down.removeprefix(WORKER) or "-", o.instance_up.removeprefix(WORKER) or "-"
    if o.switch:
        return f"{o.peer or '-'} {o.start:%H:%M:%S} switch {down}>{up}"
    length = f"{down}>{up} {(o.end - o.start).total_seconds():g}s" if o.end else f"{down} open"
    return f"{o.peer or '-'} {o.start:%H:%M:%S} {length}{'' if o.cut else ' redundancy'}"


def story(found: Iterable[Incident]) -> list[list[str]]:
    """Each incident as the list of its outages and switches, in words."""
    return [[outage_in_words(d.outage) for d in i.drops] for i in found]


class Watch:
    """Polls over a night: rows become visible when they should, state is kept, messages are heard."""

    def __init__(self, text: str, rules: Policy = POLICY, asking: Asking | None = None) -> None:
        self.rows = night(text)
        self.asking = asking
        self.rules = rules
        self.people = NOBODY_SAID
        self.states: dict[str, GatewayState] = {}
        self.due: dict[str, datetime] = {}
        self.mark: datetime | None = None
        self.letters: dict[str, str] = {}
        self.heard: list[str] = []

    def add(self, text: str) -> None:
        """More rows, seen by the next poll that their time allows."""
        self.rows += night(text)

    def poll(self, now: datetime) -> dict[str, Step]:
        """One poll: every gateway with rows not seen before, and every gateway with something due."""
        since = window_start(self.mark or now)
        visible = [r for r in self.rows if _seen(r) <= now]
        fresh = {r.gateway for r in visible if self.mark is None or _seen(r) > self.mark}
        logs = read_rows([r for r in visible if r.gateway in fresh], self.rules.addresses).logs
        due = {g for g, at in self.due.items() if at <= now}
        steps = {}
        for name in sorted(logs.keys() | due):
            state = self.states.get(name, GatewayState(name))
            log = logs.get(name)
            first = self.mark is None
            heard = self.asking.witnesses(state, now, self.rules) if self.asking else NOBODY
            step = advance(state, log, since, now, self.rules, first_run=first, witnesses=heard, people=self.people)
            steps[name] = step
            self.states[name] = step.state
            self.due.pop(name, None)
            if step.due:
                self.due[name] = step.due
            self.heard += [self._in_words(n) for n in step.notifications]
        self.mark = now
        return steps

    def until(self, end: str, every: str = "5m", start: str = "") -> list[str]:
        """Poll on to ``end``; what was heard on the way, as ``17:25 A recovered azure-maintenance``."""
        now = clock(start) if start else (self.mark or clock(end)) + duration(every)
        before = len(self.heard)
        while now <= clock(end):
            self.poll(now)
            now += duration(every)
        return self.heard[before:]

    def known(self, name: str = "gw1") -> dict[str, Incident]:
        """The incidents that are kept of a gateway, by letter."""
        state = self.states.get(gateway(name))
        return {self._letter(t.incident.id): t.incident for t in (state.tracked if state else ())}

    def _letter(self, incident_id: str) -> str:
        return self.letters.setdefault(incident_id, chr(ord("A") + len(self.letters)))

    def _in_words(self, n: Notification) -> str:
        assert n.incident
        return f"{n.at:%H:%M} {self._letter(n.subject)} {n.moment.value} {n.incident.finding.cause.value}"


def _seen(row: LogRow) -> datetime:
    assert isinstance(row.ingested, datetime)
    return row.ingested


def heard(text: str, start: str, end: str, every: str = "5m", rules: Policy = POLICY) -> list[str]:
    """The messages of a night. The poll at ``start`` is the first run."""
    watch = Watch(text, rules)
    watch.poll(clock(start))
    return watch.until(end, every)


SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
