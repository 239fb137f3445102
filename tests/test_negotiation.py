"""What IKE and BGP rows say around a drop. The messages are composed of published phrases, not copied from a log."""

from __future__ import annotations

import pytest

from correlator.categories import read_rows
from correlator.correlate import correlate
from correlator.evidence import evidence, not_found
from correlator.model import ChangeKind, Incident, LogRow, Policy
from correlator.negotiation import IKE, read_negotiation
from tests.timeline import ACTIVE_STANDBY, HOUR, MINUTE, WORKER, Watch, clock, gateway, night, verdict

PEER = "203.0.113.10"
UP = f"10:00 {PEER} up IN_0; 10:00 osaka up IN_0; 10:00 kobe up IN_0;"
DROP = f"{UP} 17:13:00 {PEER} down IN_0; 17:13:12 {PEER} up IN_0"
OPEN = f"{UP} 17:13:00 {PEER} down IN_0"
DELETED = "[RECEIVED] Received MM delete"
MISMATCH = "[SEND] Sending Notify Message - Policy Mismatch"
REFUSED = "[SEND] Sending Notify Message - Authentication failed"
SILENT = "[LOCAL] [IkeEvent] SA_NEGOTIATION_FAILED [ErrorMessage] Negotiation timed out [ErrorCode] 0x35ED"


def ike(time: str, event: str, peer: str = PEER) -> LogRow:
    """An IKE row; composed."""
    message = f"SESSION_ID :{{0}} Remote {peer}:500: Local 198.51.100.1:500: {event}"
    at = clock(time)
    return LogRow(at, at, gateway(), IKE, "IKELogEvent", message, "", f"{WORKER}IN_0", "", "")


def bgp(time: str, operation: str = "BgpDisconnectedEvent", message: str = "peer 10.1.2.3") -> LogRow:
    """A row of the route log; its message is composed, for none was published."""
    at = clock(time)
    return LogRow(at, at, gateway(), "RouteDiagnosticLog", operation, message, "", f"{WORKER}IN_0", "", "")


def judged(text: str, *rows: LogRow, rules: Policy = ACTIVE_STANDBY) -> list[Incident]:
    """The incidents of a night with these rows as well."""
    logs = read_rows([*night(text), *rows]).logs
    return [i for log in logs.values() for i in correlate(log, rules).incidents]


def keys(incident: Incident) -> list[str]:
    """The keys of its evidence but for the tunnel's own rows."""
    return [e.key for e in evidence(incident) if e.category != "TunnelDiagnosticLog"]


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (DELETED, ChangeKind.PEER_DELETED),
        ("peer sent a main mode delete (0x0000363d)", ChangeKind.PEER_DELETED),
        (MISMATCH, ChangeKind.POLICIES_DIFFER),
        ("[ErrorCode] 0x362C [ErrorMessage] Policy match error", ChangeKind.POLICIES_DIFFER),
        ("IkeCleanupMMNegotiation called with error 13868", ChangeKind.POLICIES_DIFFER),
        ("[ErrorMessage] Traffic selectors unacceptable", ChangeKind.POLICIES_DIFFER),
        ("NO_PROPOSAL_CHOSEN", ChangeKind.POLICIES_DIFFER),
        (REFUSED, ChangeKind.KEYS_DIFFER),
        ("status IKE authentication credentials are unacceptable", ChangeKind.KEYS_DIFFER),
        (SILENT, ChangeKind.NO_ANSWER),
        ("peer stopped responding (0x363e)", ChangeKind.NO_ANSWER),
        ("[SEND] Sending SA_INIT", None),
        ("[SEND] delete", None),
    ],
)
def test_what_a_row_says(event: str, kind: ChangeKind | None) -> None:
    """Published phrases and codes have a meaning, and what the gateway itself sends is not the peer's doing."""
    told = read_negotiation(ike("17:13:00", event), clock("17:13:00"))
    assert (told and told[1].kind) == kind
    assert told is None or told[0] == PEER


@pytest.mark.parametrize(
    ("text", "row", "said"),
    [
        (DROP, ike("17:12:59", DELETED), "remote-closed likely peer-closed"),
        (OPEN, ike("17:13:01", DELETED), "remote-closed likely peer-closed"),
        (OPEN, ike("17:13:30", MISMATCH), "negotiation-failed likely negotiation-reason"),
        (OPEN, ike("17:13:30", REFUSED), "negotiation-failed likely negotiation-reason"),
        (OPEN, ike("17:13:30", SILENT), "unknown none nothing-explains-it"),
        # not these: too far, another peer, a reason of its own, Azure's or our own doing
        (OPEN, ike("17:15:01", DELETED), "unknown none nothing-explains-it"),
        (OPEN, ike("17:13:01", DELETED, "203.0.113.99"), "unknown none nothing-explains-it"),
        (f'{OPEN} "DPD timed out"', ike("17:13:01", DELETED), "remote-unreachable likely peer-stopped-answering"),
        (f"17:12 maintenance IN_0; {DROP}", ike("17:13:01", DELETED), "azure-maintenance likely maintenance-row"),
        (f"{OPEN}; 17:14 {PEER} up IN_1", ike("17:13:01", DELETED), "azure-failover likely back-on-the-other-instance"),
    ],
)
def test_a_sign_stands_in_for_a_missing_reason(text: str, row: LogRow, said: str) -> None:
    """Where the log gives no reason and nothing speaks of Azure, an IKE row of that peer makes a cause likely."""
    (found,) = judged(text, row)
    assert verdict(found) == said


def test_a_sign_is_evidence() -> None:
    """The row is listed once, the kind that tells most, also where it changes no verdict; not where all is certain."""
    rows = [ike("17:13:01", SILENT), ike("17:13:05", REFUSED), ike("17:13:10", REFUSED)]
    (found,) = judged(f'{OPEN} "DPD timed out"', *rows)
    assert keys(found) == ["ike-keys-differ"]
    (certain,) = judged(f"{DROP.replace('down IN_0', 'down IN_0 RemotelyTriggered')}", *rows)
    assert (certain.finding.confidence, keys(certain)) == ("confirmed", [])
    assert "ike-log-not-read" not in not_found(found)


def test_a_lost_bgp_session_is_evidence_alone() -> None:
    """It is listed with its peer and how much later it was lost, and changes no verdict."""
    (bare,), (found,) = judged(DROP), judged(DROP, bgp("17:13:03"))
    assert verdict(found) == verdict(bare)
    (line,) = [e for e in evidence(found) if e.key == "bgp-lost"]
    assert (line.peer, line.how_many, line.category) == ("10.1.2.3", 3, "RouteDiagnosticLog")


@pytest.mark.parametrize(
    "row",
    [bgp("17:17:01"), bgp("17:12:40"), bgp("17:13:03", "BgpConnectedEvent"), bgp("17:13:03", "BgpRouteUpdate")],
)
def test_other_bgp_rows_are_none(row: LogRow) -> None:
    """A session lost long after the hold time, or before the drop, or not lost at all, is no evidence of this drop."""
    (found,) = judged(DROP, row)
    assert keys(found) == []


def test_bgp_without_a_tunnel_row_is_no_incident() -> None:
    """A BGP session may fall for reasons of its own."""
    assert judged("", bgp("17:13:03")) == []
    assert judged(UP, bgp("17:13:03")) == []


@pytest.mark.parametrize("late", [0, 7, 40])
def test_many_polls_hear_what_a_replay_hears(late: int) -> None:
    """Over days of polls every drop ends with the IKE and BGP rows that one judgement of all rows gives it."""
    drops = [f"08-{day} 17:13:00 {PEER} down IN_0; 08-{day} 17:13:12 {PEER} up IN_0" for day in range(20, 28)]
    watch = Watch("08-19 10:00 hq up IN_0; 08-19 10:00 kobe up IN_0; 08-19 10:00 osaka up IN_0;" + ";".join(drops))
    for day in range(20, 28, 2):
        rows = ike(f"08-{day} 17:12:59", DELETED), bgp(f"08-{day} 17:13:03")
        watch.rows += [r._replace(ingested=clock(f"08-{day} 17:13:00") + late * MINUTE) for r in rows]
    found: dict[object, object] = {}
    now = clock("08-20 00:30")
    while now < clock("08-29 00:00"):
        watch.poll(now)
        found |= {i.started_at: (i.drops, verdict(i)) for i in watch.known().values()}
        now += HOUR / 2
    logs = read_rows(watch.rows).logs
    at_once = [i for log in logs.values() for i in correlate(log, watch.rules).incidents]
    assert found == {i.started_at: (i.drops, verdict(i)) for i in at_once}
    assert [i.finding.cause for i in at_once] == ["remote-closed", "remote-unreachable"] * 4
