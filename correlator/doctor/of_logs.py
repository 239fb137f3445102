"""What the logs of the last 30 days say about how they are collected."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from correlator.categories import clean, is_unknown
from correlator.doctor.model import Code, Facts, Finding, Logged, Workspace, mend, note
from correlator.doctor.of_gateways import is_quiet, sends, silent
from correlator.gateways import is_group
from correlator.incident_json import gateway_name
from correlator.reasons import Meaning, meaning
from correlator.track import LATEST

TUNNEL, GATEWAY = "TunnelDiagnosticLog", "GatewayDiagnosticLog"
OURS = (TUNNEL, GATEWAY)
LATE, TOO_LATE = 600.0, LATEST.total_seconds()
"""Seconds. Most rows come within 10 minutes; later than the latter they are not looked back for."""
SHOWN = 5
SWITCH_ON = f"switch on {GATEWAY} and {TUNNEL} in the diagnostic setting of each gateway, to this workspace"


def empty_workspaces(facts: Facts) -> Iterator[Finding]:
    """A workspace without a row of ours: nothing is sent there, or nothing happened."""
    for workspace in facts.readable:
        expected = [g.resource_id for g in silent(facts)]
        if workspace.rows_of(TUNNEL):
            continue
        if workspace.logged:
            if all(sends(facts, gateway, TUNNEL) for gateway in {found.gateway for found in workspace.logged}):
                yield _no_drops(workspace, "its gateways log and send their tunnels' rows")
        elif expected and all(is_quiet(facts, gateway) for gateway in expected):
            yield _no_drops(workspace, f"{len(expected)} listed gateways are on and connected")
        elif workspace.diagnostics:
            what = "no row of a VPN gateway in 30 days, only of other resources"
            yield mend(Code.NO_VPN_ROWS, workspace.id, what, SWITCH_ON)
        else:
            what = "AzureDiagnostics has no row in 30 days, or is not there at all"
            yield mend(Code.NO_DIAGNOSTICS, workspace.id, what, f"is it the right workspace? Then {SWITCH_ON}")


def _no_drops(workspace: Workspace, proof: str) -> Finding:
    what = f"no row of a tunnel in 30 days, but {proof}: most likely no tunnel dropped"
    cure = "nothing to do, if the diagnostic settings name this workspace"
    if is_group(workspace.id):
        cure = (
            "nothing to do, if their workspace's access control mode lets resources' readers in: else rows stay hidden"
        )
    return note(Code.NO_DROPS, workspace.id, what, cure)


def silent_categories(facts: Facts) -> Iterator[Finding]:
    """A gateway of which rows come, but none of one category, and whose diagnostic setting is not known."""
    categories: dict[str, set[str]] = defaultdict(set)
    for _, found in _logged(facts):
        categories[found.gateway].add(found.category)
    for gateway, seen in sorted(categories.items()):
        if gateway in facts.diagnostics:
            continue
        if TUNNEL not in seen:
            what = f"logs {', '.join(sorted(seen))}, but no row of {TUNNEL} in 30 days"
            yield mend(
                Code.TUNNEL_LOG_OFF, gateway_name(gateway), what, f"switch on {TUNNEL}; without it no drop shows"
            )
        elif GATEWAY not in seen:
            what = f"no row of {GATEWAY} in 30 days: it is off, or there was no maintenance"
            cure = f"look whether {GATEWAY} is on; without it no maintenance shows"
            yield note(Code.GATEWAY_LOG_SILENT, gateway_name(gateway), what, cure)


def told_twice(facts: Facts) -> Iterator[Finding]:
    """A gateway whose tunnels are logged to two watched workspaces at the same time."""
    places: dict[str, list[tuple[str, Logged]]] = defaultdict(list)
    for workspace, found in _logged(facts):
        if found.category == TUNNEL:
            places[found.gateway].append((workspace.id, found))
    for gateway, rows in sorted(places.items()):
        if len(rows) > 1 and max(r.first for _, r in rows) < min(r.last for _, r in rows):
            where = ", ".join(workspace for workspace, _ in rows)
            what = f"logs its tunnels to {len(rows)} watched workspaces, so each drop is told twice: {where}"
            cure = "keep one of them in WORKSPACE_IDS, or one diagnostic setting"
            yield mend(Code.TOLD_TWICE, gateway_name(gateway), what, cure)


def daily_cap(facts: Facts) -> Iterator[Finding]:
    """A workspace that stopped to collect when its daily cap was reached: drops of that time are missing."""
    for workspace in facts.readable:
        if workspace.cap and workspace.cap.stops:
            last = f", last at {workspace.cap.last:%Y-%m-%d %H:%M} UTC" if workspace.cap.last else ""
            what = f"the daily cap stopped the collection in the last 30 days ({workspace.cap.stops} events{last})"
            yield mend(
                Code.DAILY_CAP, workspace.id, what, "raise the cap, or find what fills the workspace: Usage table"
            )


def late_rows(facts: Facts) -> Iterator[Finding]:
    """Rows that come later than usual, or later than the app looks back; one line a gateway, of its worst category."""
    worst: dict[str, Logged] = {}
    for _, found in _logged(facts):
        if found.category in OURS:
            worst[found.gateway] = max(found, worst.get(found.gateway, found), key=lambda r: (r.latest, r.most))
    for gateway, rows in sorted(worst.items()):
        times = f"half within {_span(rows.half)}, 95 % within {_span(rows.most)}, the latest {_span(rows.latest)}"
        what = f"rows of {rows.category} come late: {times}"
        if rows.latest > TOO_LATE:
            cure = "ask Azure support: rows later than two days are not taken into account any more"
            yield mend(Code.TOO_LATE_ROWS, gateway_name(gateway), what, cure)
        elif rows.most > LATE:
            yield note(
                Code.LATE_ROWS, gateway_name(gateway), what, "messages come later by as much; nothing to mend here"
            )


def columns(facts: Facts) -> Iterator[Finding]:
    """Columns of tunnel rows that hold nothing, or whose values moved into AdditionalFields in a full workspace."""
    for workspace in facts.readable:
        rows = workspace.rows_of(TUNNEL).values()
        absent = [name for name, there in _columns(rows) if not there]
        if rows and absent:
            what = f"tunnel rows without a value in {', '.join(absent)}"
            cure = "share what they hold instead: python -m correlator sample"
            yield note(Code.COLUMNS_ABSENT, workspace.id, what, cure)
        moved = sum(r.moved for r in workspace.logged if r.category in OURS)
        if moved:
            what = f"{moved} rows keep values in AdditionalFields, since AzureDiagnostics is full (500 columns)"
            yield note(Code.COLUMNS_MOVED, workspace.id, what, "nothing to do: they are read there too")


def _columns(rows: Iterable[Logged]) -> list[tuple[str, bool]]:
    """A reason is only expected where a tunnel went down."""
    there = list(rows)
    return [
        ("status_s", any(r.statuses for r in there)),
        ("instance_s", any(r.instances for r in there)),
        ("remoteIP_s", any(r.peers for r in there)),
        ("stateChangeReason_s", any(r.reasons for r in there) or not any(r.drops for r in there)),
    ]


def unmapped_reasons(facts: Facts) -> Iterator[Finding]:
    """Reasons that no keyword knows: they are counted, shown, and not guessed at."""
    for workspace in facts.readable:
        unknown: Counter[str] = Counter()
        for reason, times in workspace.reasons.items():
            if meaning(reason, facts.own_reasons) is Meaning.UNMAPPED:
                unknown[clean(reason)] += times
        if unknown:
            what = f"{len(unknown)} reasons are not known to the vocabulary: {_most(unknown)}"
            cure = "say what they mean in REASONS, or share them"
            yield note(Code.UNMAPPED_REASONS, workspace.id, what, cure)


def unknown_operations(facts: Facts) -> Iterator[Finding]:
    """Operations of our categories that no documentation names: their rows are passed over."""
    for workspace in facts.readable:
        unknown = Counter({clean(name): n for name, n in workspace.operations.items() if is_unknown(name)})
        if unknown:
            what = f"{len(unknown)} operations are not known, and their rows are passed over: {_most(unknown)}"
            cure = "share them: python -m correlator sample"
            yield note(Code.UNKNOWN_OPERATIONS, workspace.id, what, cure)


def _most(counted: Counter[str]) -> str:
    named = ", ".join(f"{text[:60]} ({times})" for text, times in counted.most_common(SHOWN))
    return named + (f" and {len(counted) - SHOWN} more" if len(counted) > SHOWN else "")


def _logged(facts: Facts) -> Iterator[tuple[Workspace, Logged]]:
    return ((workspace, found) for workspace in facts.readable for found in workspace.logged)


def _span(seconds: float) -> str:
    """``45 s``, ``12 min``, ``3.5 h``, ``2.1 days``."""
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size or (unit == "h" and seconds >= size):
            return f"{seconds / size:.1f}".removesuffix(".0") + f" {unit}"
    return f"{seconds:.0f} s"
