from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlator.categories import MESSAGE_LENGTH, Reading, clean, columns_of, gateway_of, moment, read_rows
from correlator.correlate import correlate
from correlator.model import ChangeKind, GatewayChange, LogRow, Policy, TunnelEvent
from tests.timeline import GATEWAY, TUNNEL, clock, gateway, night

AT = clock("17:13:04")
GW1 = gateway()


def tunnel(**fields: str) -> LogRow:
    return LogRow(AT, "", GW1, TUNNEL, "", "", "", "", "", "")._replace(**fields)


def change(**fields: str) -> LogRow:
    return tunnel(category=GATEWAY)._replace(**fields)


def one_event(row: LogRow) -> TunnelEvent | GatewayChange | None:
    logs = read_rows([row]).logs.values()
    events: list[TunnelEvent | GatewayChange] = []
    for log in logs:
        events += [*log.tunnels, *log.changes]
    return events[0] if events else None


@pytest.mark.parametrize(
    ("row", "up"),
    [
        (tunnel(status="Connected"), True),
        (tunnel(status="Disconnected"), False),
        (tunnel(status="DISCONNECTED"), False),
        (tunnel(operation="TunnelConnected"), True),
        (tunnel(operation="TunnelDisconnected"), False),
        (tunnel(status="Disconnected", operation="TunnelConnected"), False),
        (tunnel(status="4", operation="tunneldisconnected"), False),
    ],
)
def test_up_or_down(row: LogRow, up: bool) -> None:
    """The status says whether a tunnel is up; where it is missing the operation does."""
    event = one_event(row)
    assert event
    assert event[1] is up


@pytest.mark.parametrize(
    ("operation", "message", "kind"),
    [
        ("HostMaintenanceEvent", "", ChangeKind.MAINTENANCE),
        ("hostmaintenanceevent", "", ChangeKind.MAINTENANCE),
        (" HostMaintenanceEvent ", "", ChangeKind.MAINTENANCE),
        ("", "Upgrade gateway started", ChangeKind.MAINTENANCE),
        ("SetGatewayConfiguration", "x UPGRADE GATEWAY STARTED y", ChangeKind.MAINTENANCE),
        ("GatewayTenantPrimaryChanged", "", ChangeKind.PRIMARY_CHANGED),
        ("SetGatewayConfiguration", "", ChangeKind.CONFIGURATION),
        ("SetConnectionConfiguration", "", ChangeKind.CONFIGURATION),
        ("GatewayResourceMove", "", ChangeKind.CONFIGURATION),
        ("MigrateCustomerSubscription", "", ChangeKind.CONFIGURATION),
    ],
)
def test_what_happened_to_the_gateway(operation: str, message: str, kind: ChangeKind) -> None:
    """Both published traces of maintenance are one, whatever the operation or the case; Set* rows are ours."""
    event = one_event(change(operation=operation, message=message))
    assert isinstance(event, GatewayChange)
    assert event.kind is kind


@pytest.mark.parametrize(
    "row",
    [
        change(operation="ValidateGatewayConfiguration"),
        change(operation="", message="Upgrade gateway completed"),
        change(category="IKEDiagnosticLog", operation="HostMaintenanceEvent"),
        tunnel(category="RouteDiagnosticLog", status="Disconnected"),
        tunnel(gateway="/subscriptions/s/providers/microsoft.network/azurefirewalls/fw", status="Disconnected"),
    ],
)
def test_what_is_no_business_of_ours(row: LogRow) -> None:
    """Other operations, categories and resources are passed over in silence, not called unreadable."""
    read = read_rows([row])
    assert (read.logs, read.unreadable) == ({}, [])


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (tunnel(status="Connecting"), "neither"),
        (tunnel(), "neither"),
        (tunnel(at="yesterday", status="Connected"), "not a time"),
        (tunnel(at="", status="Connected"), "not a time"),
        (tunnel(gateway="", status="Connected"), "names no resource"),
        (tunnel(gateway=" ", at="", status="Connected"), "not a time"),
        (change(gateway="", operation="HostMaintenanceEvent"), "names no resource"),
    ],
)
def test_rows_that_say_too_little(row: LogRow, why: str) -> None:
    """A row that should be ours but cannot be used is given back with the reason."""
    (unreadable,) = read_rows([row]).unreadable
    assert unreadable.row == row
    assert why in unreadable.why


def test_ids_in_any_case_are_one_gateway() -> None:
    """ResourceId comes in upper case and _ResourceId in lower case: one gateway."""
    rows = [tunnel(gateway=g, status="Connected") for g in (GW1, GW1.upper(), f" {GW1} ")]
    assert list(read_rows(rows).logs) == [GW1]


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("/Subscriptions/S/providers/Microsoft.Network/virtualNetworkGateways/GW",
         "/subscriptions/s/providers/microsoft.network/virtualnetworkgateways/gw"),
        ("/subscriptions/s/providers/microsoft.network/vpngateways/gw",
         "/subscriptions/s/providers/microsoft.network/vpngateways/gw"),
        ("/subscriptions/s/providers/microsoft.network/p2svpngateways/gw", None),
        ("/subscriptions/s/providers/microsoft.network/expressroutegateways/gw", None),
        ("GW", "gw"),
        ("", ""),
    ],
)  # fmt: skip
def test_which_resources_are_gateways(resource: str, expected: str | None) -> None:
    """VPN gateways of both kinds are ours, other resources are not, and a bare name is trusted."""
    assert gateway_of(resource) == expected


@pytest.mark.parametrize(
    "written",
    [
        "2026-08-21T17:13:04Z",
        "2026-08-21T17:13:04",
        "2026-08-21 17:13:04+00:00",
        "2026-08-22T02:13:04+09:00",
        "2026-08-21T17:13:04.0000000Z",
        datetime(2026, 8, 21, 17, 13, 4),
        datetime(2026, 8, 22, 2, 13, 4, tzinfo=timezone(timedelta(hours=9))),
    ],
)
def test_times_are_utc(written: str | datetime) -> None:
    """However a time is written it is read as UTC, and one without a zone is UTC already."""
    found = moment(written)
    assert found == AT
    assert found.tzinfo is UTC


def test_a_reason_on_a_connected_row_is_dropped() -> None:
    """A reason on a Connected row only says who dialled."""
    up = one_event(tunnel(status="Connected", reason="RemotelyTriggered"))
    down = one_event(tunnel(status="Disconnected", reason="RemotelyTriggered"))
    assert up
    assert down
    assert (up[-1], down[-1]) == ("", "RemotelyTriggered")


def test_unmapped_reasons_are_counted() -> None:
    """Reasons that no keyword knows are counted by their text, others and empty ones are not."""
    read = read_rows(
        night("""
        17:00 hq down IN_0 "Gremlins"; 17:01 hq down IN_0 "Gremlins"; 17:02 hq down IN_0 "Pixies"
        17:03 hq down IN_0 "DPD timed out"; 17:04 hq down IN_0; 17:05 hq up IN_0 "Gremlins"
    """)
    )
    assert read.unmapped_reasons == {"Gremlins": 2, "Pixies": 1}


def test_own_reasons_are_not_unmapped() -> None:
    """What a customer's own line explains is not counted among the unknown."""
    rows = night('17:00 hq down IN_0 "Gremlins"; 17:02 hq down IN_0 "Pixies"')
    assert read_rows(rows, own_reasons=(("gremlins", "peer-closed"),)).unmapped_reasons == {"Pixies": 1}


def test_unknown_operations_are_counted() -> None:
    """Operations that nobody documented are counted by name; documented ones in any case are not, nor known phrases."""
    rows = [change(operation="NodeStateChanged"), change(operation="hostmaintenanceevent"), change(operation="")]
    rows += [
        change(operation="Odd", message="Upgrade gateway started"),
        change(operation="ValidateGatewayConfiguration"),
    ]
    rows += [tunnel(status="Connected", operation="TunnelHummed"), tunnel(status="Connected")]
    assert read_rows(rows).unknown_operations == {"NodeStateChanged": 1, "TunnelHummed": 1}


def test_log_text_is_harmless() -> None:
    """Control and direction characters never reach a chat, and no text is endless."""
    assert clean("a\nb\x00c\u202ed\u2066") == "a b c d"
    assert clean("x" * 1000) == "x" * MESSAGE_LENGTH + "…"
    assert clean("x" * MESSAGE_LENGTH) == "x" * MESSAGE_LENGTH


texts = st.text(max_size=20)
times = st.one_of(texts, st.datetimes().map(str), st.datetimes(timezones=st.just(UTC)))
anything = st.builds(
    LogRow, times, times, st.one_of(texts, st.just(GW1)), st.one_of(texts, st.sampled_from([TUNNEL, GATEWAY])),
    st.one_of(texts, st.just("HostMaintenanceEvent")), texts, st.one_of(texts, st.sampled_from(["Connected"])),
    texts, texts, texts,
)  # fmt: skip


@given(st.lists(anything, max_size=10))
def test_no_row_can_raise(rows: list[LogRow]) -> None:
    """Whatever a row holds, reading it never raises, and what it is not is counted once at most."""
    read = read_rows(rows)
    events = sum(len(log.tunnels) + len(log.changes) for log in read.logs.values())
    assert events + len(read.unreadable) <= len(rows)


@pytest.mark.parametrize("written", ["0001-01-01T00:00:00+09:00", "9999-12-31T23:59:59-09:00"])
def test_times_at_the_edge_of_the_calendar(written: str) -> None:
    """A time that cannot be told in UTC is no time."""
    assert moment(written) is None


@pytest.mark.parametrize("written", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_the_zero_time_of_other_systems(written: str) -> None:
    """An export with the smallest or largest time of .NET in a row is one odd row, not the end of the run."""
    rows = [tunnel(at=written, status="Disconnected"), change(operation="HostMaintenanceEvent")]
    read = read_rows(rows)
    assert all(correlate(log, Policy()).incidents is not None for log in read.logs.values())


def test_what_says_nothing_of_a_tunnel_is_not_remembered() -> None:
    """Messages of routes and of IKE are all different and outnumber all others: reading them takes no room for long."""
    reading, kinds = Reading(), [("RouteDiagnosticLog", "BgpRouteUpdate"), ("IKEDiagnosticLog", "")]

    def read(first: int, last: int) -> None:
        messages = (f"{n} {'x' * 500}" for n in range(first, last))
        rows = (LogRow(AT, "", GW1, *kinds[n % 2], text, "", "", "", "") for n, text in enumerate(messages))
        for columns in columns_of(rows):
            reading.take(columns)

    read(0, 10_000)
    tracemalloc.start()
    read(10_000, 30_000)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 2_000_000, "a fifth of their text"
    assert reading.done().logs == {}
