"""Every query that ships: right in the eyes of Microsoft's parser, and executed over rows in every shape."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from correlator import queries
from sandbox.graph_engine import COLUMNS, TABLES
from sandbox.kql_check import Checked, check
from sandbox.workspace import LATE_COLUMNS, SCHEMA, Row, Workspace
from tests.fakes import at

pytestmark = pytest.mark.xdist_group("kql")

NOW = at("2026-08-21T18:00:00")
MARK = NOW - timedelta(minutes=5)
SINCE = at("2026-08-19T00:00:00")
GATEWAY = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworkGateways/GW1"
ELSEWHERE = "/subscriptions/s/resourceGroups/elsewhere/providers/Microsoft.Network"
FILES = sorted(p.stem for p in Path(queries.__file__).parent.glob("*.kql"))
GRAPH = ("graph_network", "graph_groups", "graph_subscriptions", "graph_workspaces")
TEXTS = {
    "poll": queries.poll(MARK, SINCE),
    "poll, first run": queries.poll(None, None),
    "poll, moved": queries.poll(MARK, SINCE, (GATEWAY.lower(), ELSEWHERE)),
    "history": queries.history(SINCE, NOW),
    "history, some gateways": queries.history(SINCE, NOW, "89abcdef"),
    "evidence": queries.evidence(GATEWAY, SINCE, NOW),
    "ike": queries.ike([(GATEWAY.lower(), NOW - timedelta(minutes=12), NOW - timedelta(minutes=8))]),
    "sample": queries.sample("TunnelDiagnosticLog"),
    "portal": queries.portal(),
    "seen": queries.text("seen"),
    "reasons": queries.text("reasons"),
    "operations": queries.text("operations"),
    "cap": queries.text("cap"),
    **{name: queries.text(name) for name in GRAPH},
}


SHAPES: dict[str, set[str]] = {"": set(), "Bare": set(LATE_COLUMNS), "Young": {*LATE_COLUMNS, "AdditionalFields"}}
"""A workspace with every column, one without the late ones, one without AdditionalFields too: tables of one schema."""


@pytest.fixture(scope="module")
def checked() -> dict[str, Checked]:
    """All texts in one go, over each shape of the table."""
    schema = {
        f"AzureDiagnostics{shape}": {c: kind for c, kind in SCHEMA["AzureDiagnostics"].items() if c not in lacking}
        for shape, lacking in SHAPES.items()
    } | {"Operation": SCHEMA["Operation"]}
    texts = {
        f"{name}, {shape}".removesuffix(", "): text.replace("AzureDiagnostics", f"AzureDiagnostics{shape}")
        for name, text in TEXTS.items()
        for shape in SHAPES
    }
    graph = dict.fromkeys(TABLES, COLUMNS)
    return check(texts, schema | {"AzureActivity": SCHEMA["AzureActivity"]} | graph)


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    """An empty workspace."""
    made = Workspace("one")
    yield made
    made.close()


def row(minutes_ago: float, late: float = 0, **more: object) -> Row:
    """A tunnel row of GATEWAY; ingested ``late`` minutes after it was generated."""
    generated = NOW - timedelta(minutes=minutes_ago)
    return {
        "TimeGenerated": generated,
        "IngestionTime": generated + timedelta(minutes=late),
        "Category": "TunnelDiagnosticLog",
        "OperationName": "TunnelConnected",
        "status_s": "Connected",
        "_ResourceId": GATEWAY.lower(),
    } | more


def ask(workspace: Workspace, text: str, now: datetime = NOW) -> list[dict[str, Any]]:
    """The rows of an answer, by column, without the clock."""
    answer = workspace.query(text, now)
    names = [name for name, _ in answer.columns]
    found = [dict(zip(names, cells, strict=True)) for cells in answer.rows]
    clocks = [f for f in found if f["Category"] == queries.CLOCK]
    assert [c["TimeGenerated"] for c in clocks] == [f"{now:%Y-%m-%dT%H:%M:%S}Z"]
    assert names == queries.COLUMNS
    assert {type(cell) for cells in answer.rows for cell in cells} == {str}, "or they are read the long way"
    return [f for f in found if f["Category"] != queries.CLOCK]


def test_every_file_is_checked() -> None:
    """A query file that nothing here reads would ship unchecked."""
    assert {name.partition(",")[0] for name in TEXTS} == set(FILES) - {"rows", "clock"}
    assert all(queries.text("rows") in TEXTS[name] for name in ("poll", "history"))


@pytest.mark.parametrize("name", [f"{t}, {shape}".removesuffix(", ") for t in TEXTS for shape in SHAPES])
def test_microsofts_parser_has_nothing_to_say(checked: dict[str, Checked], name: str) -> None:
    """Each text parses and binds without an error or a warning, whichever columns the workspace has."""
    assert [d for d in checked[name].diagnostics if d.severity in ("Error", "Warning")] == []


@pytest.mark.parametrize("name", ["poll", "poll, first run", "history", "ike", "poll, Young", "history, Young"])
def test_the_result_has_the_columns_that_are_read(checked: dict[str, Checked], name: str) -> None:
    """The columns of the result are those that the source reads, times as times and the rest as text."""
    columns = checked[name].columns
    assert columns is not None
    assert list(columns) == queries.COLUMNS
    times = {"TimeGenerated", "Ingested"}
    assert {c: k for c, k in columns.items() if k != "string"} == dict.fromkeys(times, "datetime")


@pytest.mark.parametrize("name", ["poll", "poll, first run", "history", "ike"])
def test_an_empty_workspace_answers_with_the_clock(workspace: Workspace, name: str) -> None:
    """A workspace that never saw a row, not even the table, answers with the clock alone."""
    assert ask(workspace, TEXTS[name]) == []


@pytest.mark.parametrize("name", ["poll", "history", "ike"])
def test_no_row_is_taken_for_the_clock(workspace: Workspace, name: str) -> None:
    """A row of a log that calls itself a clock is no category that is read: the clock stays the only one."""
    workspace.load([row(9, Category=queries.CLOCK, Message="mm delete"), row(9, Message="mm delete")])
    assert all(f["Category"] == "TunnelDiagnosticLog" for f in ask(workspace, TEXTS[name]))


def test_a_quiet_poll_is_the_clock_alone(workspace: Workspace) -> None:
    """With rows in the window and none fresh, nothing comes back but the clock."""
    workspace.load([row(60), row(600)])
    assert ask(workspace, TEXTS["poll"]) == []


def test_a_fresh_row_brings_its_gateways_window(workspace: Workspace) -> None:
    """One fresh row brings every row of that gateway since the window's start less its lead, and of no other."""
    lead = (NOW - (SINCE - queries.LEAD)).total_seconds() / 60
    workspace.load(
        [
            row(1),
            row(300),
            row(lead - 1),
            row(lead + 1),
            row(300, _ResourceId="/g/other"),
            row(2, Category="IKEDiagnosticLog"),
        ]
    )
    assert len(ask(workspace, TEXTS["poll"])) == 3


def test_a_gateway_that_is_asked_for_again_counts_as_fresh(workspace: Workspace) -> None:
    """A gateway that moved lately brings the rows of both its ids, though none is fresh; others stay away."""
    there = GATEWAY.lower().replace("/g/", "/elsewhere/")
    workspace.load([row(60), row(40, _ResourceId=there), row(50, _ResourceId="/g/other")])
    text = queries.poll(MARK, SINCE, (GATEWAY.lower(), there, "it's no id"))
    assert {f["Gateway"] for f in ask(workspace, text)} == {GATEWAY.lower(), there}


def test_fresh_is_by_ingestion(workspace: Workspace) -> None:
    """A row is fresh by when it was ingested, not by when it happened; one not ingested yet is not seen."""
    workspace.load([row(600, late=598)])
    assert len(ask(workspace, TEXTS["poll"])) == 1
    assert ask(workspace, TEXTS["poll"], NOW - timedelta(minutes=3)) == []


@pytest.mark.parametrize(("after_mark", "seen"), [(-16, 0), (-15, 1), (-14, 1)])
def test_the_overlap_is_fifteen_minutes(workspace: Workspace, after_mark: int, seen: int) -> None:
    """Rows ingested up to fifteen minutes before the mark still count as fresh."""
    workspace.load([row(5 - after_mark)])
    assert len(ask(workspace, TEXTS["poll"])) == seen


def test_a_first_run_looks_back(workspace: Workspace) -> None:
    """A first poll, which knows no clock, takes all rows of the last thirty days."""
    workspace.load([row(1), row(30 * 24 * 60 - 1), row(30 * 24 * 60 + 1)])
    assert len(ask(workspace, TEXTS["poll, first run"])) == 2


@pytest.mark.parametrize(
    ("resource", "kind", "brings"),
    [
        (GATEWAY, "Administrative", True),
        (GATEWAY.replace("virtualNetworkGateways/GW1", "connections/cn"), "Administrative", True),
        (
            GATEWAY.replace("/g/", "/elsewhere/").replace("virtualNetworkGateways/GW1", "connections/cn"),
            "Administrative",
            False,
        ),
        (GATEWAY.replace("GW1", "GW11"), "Administrative", False),
        ("/subscriptions/s/providers/Microsoft.ResourceHealth/events/e", "ServiceHealth", True),
        ("/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a", "Administrative", False),
    ],
)
def test_fresh_activity_brings_the_gateways_in_its_scope(
    workspace: Workspace, resource: str, kind: str, brings: bool
) -> None:
    """A fresh row of the activity log is news for its gateway, its group's gateways, or the whole subscription's."""
    fresh = NOW - timedelta(minutes=2)
    activity = {
        "Type": "AzureActivity", "TimeGenerated": fresh, "IngestionTime": fresh, "CategoryValue": kind,
        "OperationNameValue": "MICROSOFT.NETWORK/X/WRITE", "ActivityStatusValue": "Start", "SubscriptionId": "S",
        "_ResourceId": resource.lower(), "Caller": "someone", "Properties": "{}",
    }  # fmt: skip
    workspace.load([row(60), activity])
    found = ask(workspace, TEXTS["poll"])
    assert [f["Category"] for f in found if f["Category"] != "AzureActivity"] == ["TunnelDiagnosticLog"] * brings
    there = [f["Gateway"] for f in found if f["Category"] == "AzureActivity" and not f["OperationName"]]
    proved = ["/subscriptions/s"] if kind == "Administrative" else []
    assert not brings or there == proved, "resets would stand in the administrative category alone"


def test_late_columns_may_be_missing(workspace: Workspace) -> None:
    """In a workspace where no row ever named an instance, a peer or a reason these are empty, not an error."""
    workspace.load([row(1)])
    (found,) = ask(workspace, TEXTS["poll"])
    assert (found["Instance"], found["Peer"], found["Reason"], found["Status"]) == ("", "", "", "Connected")


def test_late_columns_are_read_once_there(workspace: Workspace) -> None:
    """Once such columns exist their values come through, and rows without them stay empty."""
    workspace.load([row(1, instance_s="IN_0", remoteIP_s="203.0.113.10", stateChangeReason_s="DPD timed out"), row(2)])
    assert sorted((f["Instance"], f["Peer"], f["Reason"]) for f in ask(workspace, TEXTS["poll"])) == [
        ("", "", ""),
        ("IN_0", "203.0.113.10", "DPD timed out"),
    ]


@pytest.mark.parametrize("as_text", [False, True])
def test_values_may_sit_in_additional_fields(workspace: Workspace, as_text: bool) -> None:
    """In a full workspace values stand in AdditionalFields without their suffix, beside rows that have columns."""
    more = '{"instance": "IN_1", "remoteIP": "203.0.113.7", "stateChangeReason": "x", "status": "Disconnected"}'
    fields: object = more if as_text else json.loads(more)
    workspace.load([row(1, AdditionalFields=fields, status_s=""), row(2, remoteIP_s="203.0.113.8")])
    spilled, usual = sorted(ask(workspace, TEXTS["poll"]), key=lambda f: str(f["Peer"]))
    assert (spilled["Instance"], spilled["Peer"], spilled["Reason"], spilled["Status"]) == (
        "IN_1",
        "203.0.113.7",
        "x",
        "Disconnected",
    )
    assert (usual["Peer"], usual["Status"]) == ("203.0.113.8", "Connected")


def test_one_gateway_in_any_case(workspace: Workspace) -> None:
    """ResourceId in capitals, _ResourceId in small letters, blanks around: one gateway, folded and trimmed."""
    workspace.load(
        [
            row(1),
            row(100, _ResourceId="", ResourceId=GATEWAY.upper()),
            row(200, _ResourceId=f"  {GATEWAY} "),
            row(300, ResourceId="/something/else"),
        ]
    )
    assert {f["Gateway"] for f in ask(workspace, TEXTS["poll"])} == {GATEWAY.lower()}
    assert len(ask(workspace, TEXTS["poll"])) == 4


def test_history_is_every_gateway_between_two_times(workspace: Workspace) -> None:
    """A question about the past gets all gateways' rows of that time, both ends included, fresh or not."""
    text = queries.history(NOW - timedelta(minutes=60), NOW - timedelta(minutes=10))
    workspace.load([row(9.9), row(10), row(30, _ResourceId="/g/other"), row(60), row(60.1)])
    assert {f["Gateway"] for f in ask(workspace, text)} == {GATEWAY.lower(), "/g/other"}
    assert len(ask(workspace, text)) == 3


def test_ike_is_asked_around_a_drop(workspace: Workspace) -> None:
    """Of the gateways and times that were asked for, the IKE rows that hold one of the phrases; ends included."""
    said = {"Category": "IKEDiagnosticLog", "OperationName": "IKELogEvent", "status_s": ""}
    deleted: dict[str, Any] = said | {"Message": "Remote 203.0.113.10:500: Local 198.51.100.1:500: Received MM delete"}
    idle: dict[str, Any] = said | {"Message": "Remote 203.0.113.10:500: Local 198.51.100.1:500: [SEND] DPD"}
    workspace.load([row(n, **deleted) for n in (7, 8, 10, 12, 13)])
    workspace.load([row(10, **idle), row(10, **deleted | {"_ResourceId": "/g/other"}), row(10, Message="mm delete")])
    found = ask(workspace, TEXTS["ike"])
    assert sorted(f["TimeGenerated"] for f in found) == [f"2026-08-21T17:{n}:00Z" for n in (48, 50, 52)]
    assert {f["Gateway"] for f in found} == {GATEWAY.lower()}


def test_bgp_sessions_lost_are_read_and_no_other_route_rows(workspace: Workspace) -> None:
    """Of the route log only lost sessions come, in any case."""
    route = {"Category": "RouteDiagnosticLog", "status_s": ""}
    names = ("BgpDisconnectedEvent", "BGPDISCONNECTEDEVENT", "BgpConnectedEvent", "BgpRouteUpdate")
    rows: list[dict[str, Any]] = [route | {"OperationName": name} for name in names]
    workspace.load([row(1, **one) for one in rows])
    assert len(ask(workspace, TEXTS["poll"])) == 2


def test_a_sample_has_every_column(workspace: Workspace) -> None:
    """A sample holds the newest fifty rows of its category with every column of the table, whatever it is called."""
    workspace.load([row(n, Level=f"{n}", CustomerColumn_s="x") for n in range(60)])
    workspace.load([row(1, Category="GatewayDiagnosticLog")])
    answer = workspace.query(TEXTS["sample"], NOW)
    names = [name for name, _ in answer.columns]
    assert "CustomerColumn_s" in names
    assert [r[names.index("Level")] for r in answer.rows] == [str(n) for n in range(50)]


def test_the_portals_query_reads_as_a_story(workspace: Workspace) -> None:
    """What a message's link opens runs as it stands: the rows of a gateway oldest first, without remarks of ours."""
    assert "//" not in queries.portal()
    workspace.load([row(1, remoteIP_s="203.0.113.10"), row(5), row(3, Category="IKEDiagnosticLog")])
    answer = workspace.query(queries.portal(), NOW)
    times = [r[0] for r in answer.rows]
    assert len(times) == 3
    assert times == sorted(map(str, times))


@pytest.mark.parametrize("text", ["x' | union AzureActivity //", "a\\", "a'\n", "'"])
def test_a_category_cannot_break_out(text: str) -> None:
    """A category's name goes into the query as letters and digits alone."""
    first = queries.sample(text).splitlines()[0]
    assert first == f"let category = '{''.join(c for c in text if c.isalnum())}';"


def test_times_are_literal_to_the_microsecond() -> None:
    """A time in a query is written with its fraction and zone, so that no row falls between two polls."""
    assert queries.literal(at("2026-08-21T17:13:04.000001")) == "datetime(2026-08-21T17:13:04.000001Z)"


def test_times_of_any_zone_are_literal_in_utc() -> None:
    """A time that is not in UTC is written as the same instant."""
    assert queries.literal(datetime.fromisoformat("2026-08-21T19:00:00+02:00")) == (
        "datetime(2026-08-21T17:00:00.000000Z)"
    )


def table(workspace: Workspace, name: str) -> list[dict[str, Any]]:
    """The rows of a doctor's query, by column."""
    answer = workspace.query(TEXTS[name], NOW)
    names = [column for column, _ in answer.columns]
    return [dict(zip(names, cells, strict=True)) for cells in answer.rows]


@pytest.mark.parametrize("name", ["seen", "reasons", "operations", "cap"])
def test_the_doctor_asks_an_empty_workspace(workspace: Workspace, name: str) -> None:
    """A workspace without any table answers the doctor with no row at all, which is not an error."""
    assert table(workspace, name) == []


def test_what_was_seen_of_a_gateway(workspace: Workspace) -> None:
    """Rows of 30 days by gateway and category, first and last, lateness in seconds, and which values there are."""
    other = GATEWAY.lower().replace("gw1", "gw2")
    workspace.load([row(n, late=n, remoteIP_s="203.0.113.10") for n in range(1, 101)])
    workspace.load([row(5, _ResourceId="", ResourceId=f" {GATEWAY.upper()} "), row(31 * 24 * 60), row(5, Category="X")])
    workspace.load([row(7, _ResourceId=other, status_s="", AdditionalFields={"status": "Disconnected"})])
    workspace.load([row(8, _ResourceId="/subscriptions/s/providers/microsoft.keyvault/vaults/v")])
    found = {f["Gateway"]: f for f in table(workspace, "seen")}
    assert set(found) == {"", GATEWAY.lower(), other}
    one, two = found[GATEWAY.lower()], found[other]
    assert (one["Rows"], one["Peers"], one["Instances"], one["Moved"]) == (101, 100, 0, 0)
    assert (one["First"], one["Last"]) == ("2026-08-21T16:20:00Z", "2026-08-21T17:59:00Z")
    assert (one["Latest"], round(one["Half"], -2), round(one["Most"], -2)) == (6000, 3000, 5700)
    assert (two["Statuses"], two["Drops"], two["Moved"]) == (1, 1, 1)


def test_a_table_of_others(workspace: Workspace) -> None:
    """Rows of others alone are one row that names no gateway."""
    workspace.load([row(8, Category="AuditEvent") for _ in range(3)])
    (found,) = table(workspace, "seen")
    assert (found["Gateway"], found["Category"], found["Rows"]) == ("", "", 1)


def test_reasons_of_disconnects(workspace: Workspace) -> None:
    """Reasons are counted where a tunnel went down, wherever they stand; one that only says who dialled is not."""
    down: dict[str, Any] = {
        "status_s": "Disconnected",
        "OperationName": "TunnelDisconnected",
        "stateChangeReason_s": "DPD timed out",
    }
    workspace.load([row(1, **down), row(2, **down), row(3, stateChangeReason_s="ServiceTriggered")])
    workspace.load([row(4, **down | {"stateChangeReason_s": "", "AdditionalFields": {"stateChangeReason": "moved"}})])
    workspace.load([row(31 * 24 * 60, **down)])
    assert table(workspace, "reasons") == [{"Reason": "DPD timed out", "Rows": 2}, {"Reason": "moved", "Rows": 1}]


def test_operations_are_counted(workspace: Workspace) -> None:
    """Operations of the gateways' own categories of 30 days are counted, but for rows that their message explains."""
    gateway: dict[str, Any] = {"Category": "GatewayDiagnosticLog", "OperationName": "Odd"}
    workspace.load([row(1), row(2), row(3, **gateway), row(31 * 24 * 60), row(4, Category="X")])
    workspace.load([row(5, **gateway, Message="Upgrade gateway started")])
    found = {f["Operation"]: f["Rows"] for f in table(workspace, "operations")}
    assert found == {"TunnelConnected": 2, "Odd": 1}


def test_a_cap_that_was_never_met(workspace: Workspace) -> None:
    """Where Operation can be read the answer is one row, and 0 means that no cap was met; older events do not count."""
    stop = {"Type": "Operation", "Detail": "Data collection stopped. Ingestion status = OverQuota"}
    workspace.load([{**stop, "TimeGenerated": NOW - timedelta(days=31)}])
    assert table(workspace, "cap") == [{"Stops": 0, "Last": None}]
    workspace.load([{**stop, "TimeGenerated": NOW - timedelta(days=2)}])
    assert table(workspace, "cap") == [{"Stops": 1, "Last": "2026-08-19T18:00:00Z"}]
