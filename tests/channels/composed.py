"""Composed nights, one for every moment that is told: log rows in, notifications out, through the real pipeline.

Nothing here was recorded from anybody's network; the addresses are those reserved for documentation.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from correlator.categories import read_rows
from correlator.correlate import correlate
from correlator.figures import Known, Wanted
from correlator.gateways import Connection, Gateway, GatewayList
from correlator.incident_json import incident_object
from correlator.model import Cause, CauseChange, Incident, LogRow, Policy, Status, Witness
from correlator.monthly import month_bounds
from correlator.notification import (
    Also,
    Blind,
    CauseSum,
    Gap,
    Mending,
    Missed,
    Moment,
    Notification,
    Parked,
    PollingGap,
    Unwatched,
    Welcome,
)
from correlator.people import Entry, EntryKind, Remark, RemarkKind
from correlator.reports import compile_report
from correlator.sites import Site
from correlator.weekly import label_of, week_bounds
from correlator.wording import Style

GATEWAY = (
    "/subscriptions/11111111-2222-3333-4444-555555555555/resourcegroups/rg-net-prod"
    "/providers/microsoft.network/virtualnetworkgateways/vgw-tokyo-prod"
)
OSAKA, NAGOYA, SENDAI = "203.0.113.10", "203.0.113.20", "198.51.100.7"
SITES = {OSAKA: "osaka-dc1", NAGOYA: "nagoya-plant", SENDAI: "sendai-dr"}
CONTACTS = {
    OSAKA: Site("osaka-dc1", "N-4711-02", "+81 6 5550 0100", "DC network desk", "https://wiki.example.com/osaka-dc1"),
    NAGOYA: Site("nagoya-plant", phone="+81 52 5550 0100"),
}
EN = Style("en", "Asia/Tokyo", SITES, contacts=CONTACTS)
JA = Style("ja", "Asia/Tokyo", SITES, contacts=CONTACTS)
INSTANCE = "GatewayTenantWorker_IN_{}"
SURE_ACTIVE_ACTIVE = Policy(active_active={GATEWAY: True})


def tunnel(at: str, up: bool, instance: int, peer: str = OSAKA, reason: str = "") -> LogRow:
    """A row of TunnelDiagnosticLog; ``at`` is ``HH:MM:SS`` (UTC) of Friday 21 August 2026, or a whole time."""
    status = "Connected" if up else "Disconnected"
    time = _time(at)
    worker = INSTANCE.format(instance)
    return LogRow(time, time, GATEWAY, "TunnelDiagnosticLog", f"Tunnel{status}", "", status, worker, peer, reason)


def gateway(at: str, operation: str, message: str, instance: int | None = None) -> LogRow:
    """A row of GatewayDiagnosticLog."""
    worker = "" if instance is None else INSTANCE.format(instance)
    return LogRow(_time(at), _time(at), GATEWAY, "GatewayDiagnosticLog", operation, message, "", worker, "", "")


def _time(at: str) -> str:
    return at if "T" in at else f"2026-08-21T{at}Z"


def incident_of(rows: Iterable[LogRow], policy: Policy = Policy()) -> Incident:  # noqa: B008
    """The last incident of the rows."""
    log = read_rows(rows).logs[GATEWAY]
    return correlate(log, policy).incidents[-1]


MAINTENANCE_0 = gateway("17:12:10", "HostMaintenanceEvent", "Upgrade gateway started", 0)
MAINTENANCE_1 = gateway("17:37:20", "HostMaintenanceEvent", "Upgrade gateway started", 1)
FIRST_HOP = [tunnel("17:13:04", False, 0, reason="GlobalStandbyChanged"), tunnel("17:13:16", True, 1)]
SECOND_HOP = [tunnel("17:37:59", False, 1), tunnel("17:38:15", True, 0)]


def told(moment: Moment, incident: Incident, number: int = 1, after: int = 5) -> Notification:
    """Told some minutes after the incident ended; for an open one, that many minutes after it began."""
    at = (incident.ended_at or incident.started_at) + timedelta(minutes=after)
    return Notification(moment, at, incident, number)


def opened_unknown() -> Notification:
    incident = replace(incident_of([tunnel("05:41:17", False, 0)]), pending=True)
    return told(Moment.OPENED, incident, after=12)


def opened_redundancy_lost() -> Notification:
    rows = [tunnel("05:00:00", True, 1), tunnel("05:41:17", False, 0, reason="DPD timed out")]
    return told(Moment.OPENED, replace(incident_of(rows, SURE_ACTIVE_ACTIVE), pending=True), after=30)


def opened_all_peers() -> Notification:
    """Three sites at once; one is back already."""
    rows = [tunnel("05:00:00", True, 0, peer) for peer in SITES]
    rows += [tunnel(f"05:41:{17 + n}", False, 0, peer) for n, peer in enumerate(SITES)]
    return told(Moment.OPENED, incident_of([*rows, tunnel("05:44:00", True, 1, OSAKA)]), after=11)


def recovered_maintenance() -> Notification:
    return told(Moment.RECOVERED, incident_of([MAINTENANCE_0, *FIRST_HOP]))


def second_instance() -> Notification:
    return told(Moment.SECOND_INSTANCE, incident_of([MAINTENANCE_0, *FIRST_HOP, MAINTENANCE_1, *SECOND_HOP]), 2)


def recovered_one_of_two() -> Notification:
    rows = [tunnel("17:00:00", True, 1), MAINTENANCE_0, tunnel("17:13:04", False, 0), tunnel("17:14:52", True, 0)]
    return told(Moment.RECOVERED, incident_of(rows, SURE_ACTIVE_ACTIVE))


def recovered_failover() -> Notification:
    rows = [tunnel("17:13:04", False, 0), tunnel("17:13:31", True, 1)]
    return replace(told(Moment.RECOVERED, incident_of(rows)), times=1)


def recovered_failover_again() -> Notification:
    """The third short failover within seven days."""
    return replace(recovered_failover(), why="a short unlogged failover, not the only one within 7 days", times=3)


def recovered_remote_again() -> Notification:
    rows = [tunnel("01:02:40", False, 0, reason="RemotelyTriggered"), tunnel("01:03:14", True, 0)]
    return replace(told(Moment.RECOVERED, incident_of(rows)), times=4)


def still_down() -> Notification:
    """Down for two hours, and nobody has acknowledged it."""
    incident = incident_of([tunnel("05:41:17", False, 0, reason="DPD timed out")])
    return told(Moment.REMINDER, incident, 2, after=120)


def many_at_once() -> Notification:
    """A gateway with ten things to say in one poll: the worst speaks for all."""
    also = [
        Also(f"VPN-20260821-0000{n:02d}", Moment.OPENED if n < 3 else Moment.RECOVERED, 1,
             Status.OPEN if n < 3 else Status.RECOVERED, Cause.REMOTE_UNREACHABLE)
        for n in range(9)
    ]  # fmt: skip
    return replace(opened_all_peers(), also=tuple(also))


def closed_by_a_person() -> Notification:
    incident = incident_of([tunnel("05:41:17", False, 0, reason="DPD timed out")])
    word = Remark(incident.id, incident.started_at + timedelta(hours=3), "kim", RemarkKind.CLOSED, "site given up")
    return told(Moment.REMOVED, replace(incident, status=Status.REMOVED, remarks=(word,)), 2)


def down_after_planned_work() -> Notification:
    start = datetime(2026, 8, 21, 5, tzinfo=UTC)
    work = Entry(EntryKind.PLANNED_WORK, start, start + timedelta(hours=2), GATEWAY, "", "kim", "router firmware")
    incident = incident_of([tunnel("05:41:17", False, 0)], Policy(planned=(work,)))
    return told(Moment.OPENED, replace(incident, planned=(work,)), after=80)


def recovered_remote_closed() -> Notification:
    rows = [tunnel("01:02:40", False, 0, reason="RemotelyTriggered"), tunnel("01:15:14", True, 0)]
    return told(Moment.RECOVERED, incident_of(rows), 2)


def recovered_change() -> Notification:
    rows = [
        gateway("08:30:00", "SetConnectionConfiguration", "Connection cn-osaka was updated"),
        tunnel("08:30:20", False, 0),
        tunnel("08:31:02", True, 0),
    ]
    return told(Moment.RECOVERED, incident_of(rows))


def recovered_switch() -> Notification:
    """Connected on the other instance out of nothing: no outage, a switch of unknown length."""
    rows = [*FIRST_HOP, tunnel("23:10:00", True, 0)]
    return told(Moment.RECOVERED, incident_of(rows))


def reopened() -> Notification:
    rows = [
        tunnel("01:02:40", False, 0, reason="RemotelyTriggered"),
        tunnel("01:15:14", True, 0),
        tunnel("01:40:00", False, 0, reason="RemotelyTriggered"),
    ]
    incident = incident_of(rows)
    return Notification(Moment.REOPENED, incident.started_at + timedelta(minutes=50), incident, 3)


def flapping() -> Notification:
    return told(Moment.FLAPPING, incident_of(_flaps(7)))


def _flaps(times: int) -> list[LogRow]:
    """A drop of 42 seconds every six minutes."""
    starts = [datetime(2026, 8, 21, 1) + timedelta(minutes=6 * n) for n in range(times)]
    down = [tunnel(f"{at:%H:%M}:00", False, 0, reason="DPD timed out") for at in starts]
    return [*down, *(tunnel(f"{at:%H:%M}:42", True, 0) for at in starts)]


def activity(at: str, kind: str, operation: str, status: str, properties: str = "", caller: str = "") -> LogRow:
    """A row of the activity log, as the workspace's table AzureActivity holds it."""
    time = _time(at)
    return LogRow(time, time, GATEWAY, "AzureActivity", operation, properties, status, "", caller, kind)


def last_tunnel_falls() -> Notification:
    """One of two was told to be down; now the other fell too."""
    rows = [tunnel("05:00:00", True, 1), tunnel("05:41:17", False, 0, reason="DPD timed out")]
    rows.append(tunnel("06:30:00", False, 1, reason="DPD timed out"))
    return told(Moment.OPENED, incident_of(rows, SURE_ACTIVE_ACTIVE), 2, after=59)


def still_without_redundancy() -> Notification:
    """The daily reminder that one of two tunnels is missing."""
    rows = [tunnel("05:00:00", True, 1), tunnel("05:41:17", False, 0, reason="DPD timed out")]
    return told(Moment.REMINDER, incident_of(rows, SURE_ACTIVE_ACTIVE), 2, after=24 * 60)


def redundancy_back() -> Notification:
    rows = [tunnel("05:00:00", True, 1), tunnel("05:41:17", False, 0, reason="DPD timed out")]
    rows.append(tunnel("07:02:05", True, 0))
    return told(Moment.RECOVERED, incident_of(rows, SURE_ACTIVE_ACTIVE), 2)


def flapping_goes_on() -> Notification:
    """An hour after it was first told: the count."""
    return told(Moment.FLAPPING, incident_of(_flaps(13)), 2)


def flapping_ended() -> Notification:
    """An hour without a drop."""
    return told(Moment.RECOVERED, incident_of(_flaps(13)), 3, after=60)


def absorbed() -> Notification:
    """Late rows joined two incidents; the one that was told as down goes on as part of the other."""
    incident = incident_of([tunnel("05:41:17", False, 0, reason="DPD timed out")])
    merged = replace(incident, status=Status.ABSORBED, absorbed_by="VPN-20260821-7F3K2M")
    return told(Moment.ABSORBED, merged, 2)


def recovered_reset() -> Notification:
    reset = "MICROSOFT.NETWORK/VIRTUALNETWORKGATEWAYS/RESET/ACTION"
    rows = [
        activity("08:29:40", "Administrative", reset, "Start", caller="kim"),
        tunnel("08:30:20", False, 0),
        tunnel("08:31:02", True, 1),
    ]
    return told(Moment.RECOVERED, incident_of(rows))


def azure_fault() -> Notification:
    """Resource Health names a fault of the platform."""
    said = '{"cause": "PlatformInitiated", "currentHealthStatus": "Unavailable", "title": "Unavailable"}'
    rows = [
        activity("05:43:00", "ResourceHealth", "Microsoft.Resourcehealth/healthevent/Activated/action", "Active", said),
        *(tunnel("05:41:17", False, 0, peer) for peer in SITES),
    ]
    return told(Moment.OPENED, incident_of(rows), after=10)


def keys_do_not_match() -> Notification:
    return told(Moment.OPENED, incident_of([tunnel("05:41:17", False, 0, reason="Policy match error")]), after=11)


def storm() -> Notification:
    """Two hundred tunnels of one gateway fall at once, one of which is back."""
    peers = [OSAKA, *(f"198.51.100.{n}" for n in range(1, 200))]
    rows = [tunnel(f"05:41:{n % 40:02d}", False, 0, peer) for n, peer in enumerate(peers)]
    return told(Moment.OPENED, incident_of([*rows, tunnel("05:44:00", True, 1, peers[-1])]), after=11)


def monthly_quiet() -> Notification:
    """A month without a drop is told too."""
    return _report("2026-09", EARLIER_ROWS, KNOWN)


def cause_changed() -> Notification:
    incident = incident_of([MAINTENANCE_0, *FIRST_HOP])
    change = CauseChange(incident.started_at, Cause.AZURE_MAINTENANCE)
    incident = replace(incident, first_cause=Cause.REMOTE_UNREACHABLE, changes_of_mind=(change,))
    return told(Moment.CAUSE_CHANGED, incident, 2)


def retracted() -> Notification:
    incident = incident_of([tunnel("05:41:17", False, 0)])
    return told(Moment.RETRACTED, replace(incident, status=Status.RETRACTED), 2)


WEEK_ROWS = [
    # Monday: the plant's device hangs up
    tunnel("2026-08-17T01:02:40Z", False, 0, NAGOYA, "RemotelyTriggered"),
    tunnel("2026-08-17T01:15:14Z", True, 0, NAGOYA),
    # Tuesday night: maintenance, both instances in turn
    gateway("2026-08-18T17:12:10Z", "HostMaintenanceEvent", "Upgrade gateway started", 0),
    *(tunnel("2026-08-18T17:13:04Z", False, 0, p, "GlobalStandbyChanged") for p in SITES),
    *(tunnel("2026-08-18T17:13:16Z", True, 1, p) for p in SITES),
    gateway("2026-08-18T17:37:20Z", "HostMaintenanceEvent", "Upgrade gateway started", 1),
    *(tunnel("2026-08-18T17:37:59Z", False, 1, p) for p in SITES),
    *(tunnel("2026-08-18T17:38:15Z", True, 0, p) for p in SITES),
    # Thursday: a change of ours
    gateway("2026-08-20T01:30:00Z", "SetConnectionConfiguration", "Connection cn-sendai was updated"),
    tunnel("2026-08-20T01:30:20Z", False, 0, SENDAI),
    tunnel("2026-08-20T01:31:02Z", True, 0, SENDAI),
    # Friday: a reason that nobody knows
    tunnel("2026-08-21T03:00:00Z", False, 0, OSAKA, "LinkFlap 7"),
    tunnel("2026-08-21T03:00:01.400Z", True, 0, OSAKA),
    # Sunday: still down
    tunnel("2026-08-23T06:00:00Z", False, 0, SENDAI, "DPD timed out"),
]
MAINTENANCE_ROWS = [
    gateway("2026-08-18T17:12:10Z", "HostMaintenanceEvent", "Upgrade gateway started", 0),
    tunnel("2026-08-18T17:13:04Z", False, 0, OSAKA, "GlobalStandbyChanged"),
    tunnel("2026-08-18T17:13:32Z", True, 1, OSAKA),
]
EARLIER_ROWS = [
    tunnel("2026-08-05T01:00:00Z", False, 0, OSAKA, "DPD timed out"),
    tunnel("2026-08-05T01:20:00Z", True, 0, OSAKA),
    tunnel("2026-08-12T01:00:00Z", False, 0, OSAKA, "DPD timed out"),
    tunnel("2026-08-12T01:01:00Z", True, 0, OSAKA),
]
JST = ZoneInfo("Asia/Tokyo")
LISTED = GatewayList(
    (
        Gateway(GATEWAY, "vgw-tokyo-prod", "virtualNetworkGateways", False, False, (),
                tuple(Connection(f"cn-{name}", f"/c/{name}", (peer,)) for peer, name in SITES.items())),
        Gateway(GATEWAY.replace("tokyo", "kyoto"), "vgw-kyoto-prod", "virtualNetworkGateways", True, False, (),
                (Connection("cn-kobe", "/c/kobe", ("198.51.100.90",)),)),
    )
)  # fmt: skip
KNOWN = Known(LISTED, frozenset({GATEWAY}), datetime(2026, 5, 1, tzinfo=UTC), 1980.0, {GATEWAY: 2})


def weekly() -> Notification:
    """A week with something of every side, one tunnel still down, and a quiet gateway that logs nothing."""
    return _report("2026-W34", EARLIER_ROWS + WEEK_ROWS, KNOWN)


def weekly_maintenance() -> Notification:
    """One maintenance and nothing else, by night; no gateway list."""
    return _report("2026-W34", MAINTENANCE_ROWS, Known(since=datetime(2026, 8, 1, tzinfo=UTC)))


def weekly_quiet() -> Notification:
    """A quiet week is told too."""
    return _report("2026-W34", EARLIER_ROWS, KNOWN)


def monthly() -> Notification:
    """August, told on the first of September."""
    return _report("2026-08", EARLIER_ROWS + WEEK_ROWS, KNOWN)


def weekly_of_two_hundred() -> Notification:
    """Two hundred tunnels of which every one fell in a maintenance, and four drops of one of them every eight hours."""
    peers = [f"198.51.100.{n}" for n in range(200)]
    rows = [gateway("2026-08-18T17:12:10Z", "HostMaintenanceEvent", "Upgrade gateway started", 0)]
    rows += [
        tunnel(f"2026-08-18T17:13:{n % 40:02d}Z", False, 0, p, "GlobalStandbyChanged") for n, p in enumerate(peers)
    ]
    rows += [tunnel("2026-08-18T17:13:50Z", True, 1, p) for p in peers]
    for n in range(4):
        rows += [
            tunnel(f"2026-08-{19 + n // 3}T{8 * n % 24:02d}:00:00Z", False, 1, peers[7]),
            tunnel(f"2026-08-{19 + n // 3}T{8 * n % 24:02d}:00:30Z", True, 1, peers[7]),
        ]
    return _report("2026-W34", rows, KNOWN)


def _week(document: dict[str, Any]) -> str:
    """The partition of the table that would hold it."""
    return label_of(datetime.fromisoformat(document["started_at"]).date())


def _report(label: str, rows: list[LogRow], known: Known) -> Notification:
    documents = [incident_object(i, EN) for i in correlate(read_rows(rows).logs[GATEWAY], Policy()).incidents]
    month = "W" not in label
    period = month_bounds(label, JST) if month else week_bounds(label, JST)
    week = compile_report(
        label, period, JST, lambda weeks: [d for d in documents if _week(d) in weeks], Wanted(), known
    )
    return Notification(Moment.MONTHLY if month else Moment.WEEKLY, period[1] + timedelta(hours=9), week=week)


def removed() -> Notification:
    incident = incident_of([tunnel("05:41:17", False, 0, reason="DPD timed out")])
    return told(Moment.REMOVED, replace(incident, status=Status.REMOVED), 2)


def still_down_with_a_witness() -> Notification:
    incident = incident_of([tunnel("05:41:17", False, 0, reason="DPD timed out")])
    asked = Witness(incident.started_at + timedelta(minutes=15), "cn-osaka-primary", "NotConnected")
    return told(Moment.CAUSE_CHANGED, replace(incident, witnesses=(asked,)), 2)


def welcome() -> Notification:
    """Last month had something of most causes, and not everything is set up."""
    causes = (
        CauseSum(Cause.AZURE_MAINTENANCE, 2, 8, 89.0),
        CauseSum(Cause.REMOTE_CLOSED, 1, 1, 754.0),
        CauseSum(Cause.UNKNOWN, 3, 3, 0.0),
    )
    gaps = (
        Gap("unread", "11111111-1111-1111-1111-111111111111", "no permission to query; the identity needs a role"),
        Gap("silent", "vgw-kyoto-test"),
        Gap("open-for-long", "1"),
        Gap("refused", "/subscriptions/22222222-2222-2222-2222-222222222222", "needs Reader on the subscription"),
        Gap("policy-based", "vgw-old"),
    )
    return _welcome(causes, gaps)


def welcome_quiet() -> Notification:
    return _welcome((), ())


def welcome_empty() -> Notification:
    return _welcome((), (Gap("no-rows"), Gap("no-list")), connections=None)


def _welcome(causes: tuple[CauseSum, ...], gaps: tuple[Gap, ...], connections: int | None = 7) -> Notification:
    until = datetime(2026, 8, 21, 17, 20, tzinfo=UTC)
    found = Welcome(3 if connections else 0, connections, until - timedelta(days=30), until, causes, gaps)
    return Notification(Moment.WELCOME, until, welcome=found)


def channel_parked() -> Notification:
    why = "Slack at hooks.slack.com answered 404 no_service"
    return Notification(Moment.PARKED, datetime(2026, 8, 21, 17, 20, tzinfo=UTC), parked=Parked("slack", why))


def missed() -> Notification:
    """Two days without the channel: three messages of two incidents, and eleven of more than are named."""
    until = datetime(2026, 8, 21, 17, 20, tzinfo=UTC)
    ids = ("VPN-20260819-7F3K2M", "VPN-20260820-Q2WX8D", "2026-W33")
    return Notification(Moment.MISSED, until, missed=Missed(14, until - timedelta(days=2), until, ids, 8))


def blind() -> Notification:
    """Three hours without a poll in one workspace and a little more in the other; two incidents began meanwhile."""
    until = datetime(2026, 8, 21, 17, 20, tzinfo=UTC)
    gaps = (PollingGap(until - timedelta(hours=3, minutes=5), until), PollingGap(until - timedelta(hours=3), until))
    return Notification(Moment.BLIND, until, blind=Blind(gaps, 2))


def blind_quiet() -> Notification:
    """An hour without a poll, in which nothing happened."""
    until = datetime(2026, 8, 21, 17, 20, tzinfo=UTC)
    return Notification(Moment.BLIND, until, blind=Blind((PollingGap(until - timedelta(hours=1), until),), 0))


def mending() -> Notification:
    """The daily check found a cap, a gateway whose logging was switched off in part, and reasons nobody knows."""
    found = (
        Gap("daily-cap", "11111111-2222-3333-4444-555555555555"),
        Gap("diagnostics-category-off", "vgw-tokyo-prod"),
        Gap("unmapped-reasons", "11111111-2222-3333-4444-555555555555"),
    )
    return Notification(Moment.MENDING, datetime(2026, 8, 21, 17, 20, tzinfo=UTC), mending=Mending(found))


def unwatched() -> Notification:
    """A workspace was taken out of the settings while two of its tunnels were down."""
    found = Unwatched("11111111-2222-3333-4444-555555555555", 2)
    return Notification(Moment.UNWATCHED, datetime(2026, 8, 21, 17, 20, tzinfo=UTC), unwatched=found)


NIGHTS = {
    make.__name__: make
    for make in (
        opened_unknown,
        opened_redundancy_lost,
        opened_all_peers,
        recovered_maintenance,
        second_instance,
        recovered_one_of_two,
        recovered_failover,
        recovered_failover_again,
        recovered_remote_again,
        still_down,
        last_tunnel_falls,
        still_without_redundancy,
        redundancy_back,
        azure_fault,
        keys_do_not_match,
        storm,
        many_at_once,
        closed_by_a_person,
        down_after_planned_work,
        recovered_remote_closed,
        recovered_change,
        recovered_reset,
        recovered_switch,
        reopened,
        flapping,
        flapping_goes_on,
        flapping_ended,
        cause_changed,
        retracted,
        absorbed,
        removed,
        still_down_with_a_witness,
        welcome,
        welcome_quiet,
        welcome_empty,
        weekly,
        weekly_maintenance,
        weekly_quiet,
        weekly_of_two_hundred,
        monthly,
        monthly_quiet,
        channel_parked,
        missed,
        mending,
        blind,
        blind_quiet,
        unwatched,
    )
}
