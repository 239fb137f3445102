"""Rows in, KQL over them out."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.workspace import NotExecutable, QueryRefused, Row, Workspace

NOW = datetime(2026, 8, 21, 18, 0, tzinfo=UTC)


def tunnel_row(minutes_ago: float = 10, **more: object) -> Row:
    """A tunnel row generated some minutes before NOW."""
    row = {"TimeGenerated": NOW - timedelta(minutes=minutes_ago), "Category": "TunnelDiagnosticLog"}
    return {**row, "OperationName": "TunnelDisconnected", "status_s": "Disconnected", **more}


def values(workspace: Workspace, text: str, now: datetime = NOW) -> list[list[object]]:
    """The rows a query results in."""
    return workspace.query(text, now).rows


def test_a_row_is_seen_from_its_ingestion_on(workspace: Workspace) -> None:
    """A row is visible once the clock has reached its IngestionTime, and not a second before."""
    workspace.load([tunnel_row(IngestionTime=(NOW - timedelta(minutes=7)).isoformat())])
    assert values(workspace, "AzureDiagnostics | count", NOW - timedelta(minutes=7, seconds=1)) == [[0]]
    assert values(workspace, "AzureDiagnostics | count", NOW - timedelta(minutes=7)) == [[1]]


def test_ingestion_time_is_the_rows_own(workspace: Workspace) -> None:
    """`ingestion_time()` is the row's IngestionTime, or its TimeGenerated where it has none."""
    workspace.load([tunnel_row(10, IngestionTime=NOW - timedelta(minutes=7)), tunnel_row(5)])
    found = values(workspace, "AzureDiagnostics | extend i = ingestion_time() | project i")
    assert found == [["2026-08-21T17:53:00Z"], ["2026-08-21T17:55:00Z"]]


def test_the_hidden_column_is_never_seen(workspace: Workspace) -> None:
    """Whole rows, also joined ones, have the columns of the table and no other."""
    workspace.load([tunnel_row(ResourceId="/g")])
    both = "AzureDiagnostics | join kind=inner (AzureDiagnostics) on ResourceId"
    for query in ("AzureDiagnostics", both, "AzureDiagnostics | summarize arg_max(TimeGenerated, *) by ResourceId"):
        assert [name for name, _ in workspace.query(query, NOW).columns if "ingest" in name.lower()] == []


def test_now_is_the_clock(workspace: Workspace) -> None:
    """`now()` and `ago()` follow the clock given to the query, not the machine's."""
    assert values(workspace, "print a = now(), b = ago(1h)") == [["2026-08-21T18:00:00Z", "2026-08-21T17:00:00Z"]]


def test_a_table_exists_from_its_first_row_on(workspace: Workspace) -> None:
    """A query over a table nobody has written to is refused as the service refuses it."""
    with pytest.raises(QueryRefused, match="Failed to resolve table or column expression named 'AzureDiagnostics'"):
        workspace.query("AzureDiagnostics | count", NOW)
    with pytest.raises(QueryRefused, match="named 'AzureDiagnostics'"):
        workspace.query("AzureDiagnostics | join (AzureDiagnostics) on ResourceId", NOW)
    workspace.load([tunnel_row()])
    assert values(workspace, "AzureDiagnostics | count") == [[1]]


@pytest.mark.parametrize("empty", ["", None])
def test_a_late_column_exists_from_its_first_value_on(workspace: Workspace, empty: object) -> None:
    """`instance_s` exists once a row with a value came; rows before it then hold ''."""
    workspace.load([tunnel_row(instance_s=empty)])
    with pytest.raises(QueryRefused, match="Failed to resolve column or scalar expression named 'instance_s'"):
        workspace.query("AzureDiagnostics | where instance_s == ''", NOW)
    workspace.load([tunnel_row(instance_s="GatewayTenantWorker_IN_0")])
    assert values(workspace, "AzureDiagnostics | project instance_s") == [[""], ["GatewayTenantWorker_IN_0"]]


def test_column_ifexists_meets_the_schema_of_the_moment(workspace: Workspace) -> None:
    """`column_ifexists` gives its default before the column exists and the column afterwards."""
    query = "AzureDiagnostics | project x = column_ifexists('remoteIP_s', 'none')"
    workspace.load([tunnel_row()])
    assert values(workspace, query) == [["none"]]
    workspace.load([tunnel_row(remoteIP_s="203.0.113.7")])
    assert values(workspace, query) == [[""], ["203.0.113.7"]]


def test_a_value_may_live_in_additional_fields(workspace: Workspace) -> None:
    """A value is read from its column, else from AdditionalFields, be that an object or JSON text."""
    query = """AzureDiagnostics
        | extend af = todynamic(tostring(column_ifexists('AdditionalFields', dynamic({}))))
        | extend instance = coalesce(column_ifexists('instance_s', ''), tostring(af.instance))
        | project instance"""
    workspace.load([tunnel_row(AdditionalFields={"instance": "a"}), tunnel_row(AdditionalFields='{"instance": "b"}')])
    workspace.load([tunnel_row()])
    assert values(workspace, query) == [["a"], ["b"], [""]]
    workspace.load([tunnel_row(instance_s="c")])
    assert values(workspace, query) == [["a"], ["b"], [""], ["c"]]


def test_strings_are_never_null(workspace: Workspace) -> None:
    """A string without a value is '', also where a union leaves it out; an unset moment or dynamic is null."""
    workspace.load([tunnel_row()])
    found = workspace.query("union (print Kind = 'now'), (AzureDiagnostics | project Kind = Message, Resource)", NOW)
    assert found.rows == [["now", ""], ["", ""]]
    assert values(workspace, "AzureDiagnostics | project AdditionalFields") == [[None]]


def test_result_types_are_named_as_kusto_names_them(workspace: Workspace) -> None:
    """Columns carry Kusto types, and cells their JSON form: dynamic as text, timespan as d.hh:mm:ss."""
    query = "print s='a', n=1, r=1.5, b=true, d=datetime(2026-08-21 17:00:00.5), t=1d+2h+30s, j=dynamic({'k': [1]})"
    found = workspace.query(query, NOW)
    assert dict(found.columns) == {
        "s": "string", "n": "long", "r": "real", "b": "bool", "d": "datetime", "t": "timespan", "j": "dynamic",
    }  # fmt: skip
    assert found.rows == [["a", 1, 1.5, True, "2026-08-21T17:00:00.500000Z", "1.02:00:30", '{"k":[1]}']]


def test_both_tables_in_one_query(workspace: Workspace) -> None:
    """`Type` sends a row to its table, and column_ifexists asks the table named last before it."""
    workspace.load([tunnel_row(instance_s="i"), {**tunnel_row(), "Type": "AzureActivity", "status_s": None}])
    query = """union (AzureDiagnostics | project x = column_ifexists('instance_s', 'none')),
                     (AzureActivity | project x = column_ifexists('instance_s', 'none'))"""
    assert values(workspace, query) == [["i"], ["none"]]


def test_the_request_interval_limits_time_generated(workspace: Workspace) -> None:
    """The interval given beside the query is ANDed to TimeGenerated: from its start, up to before its end."""
    workspace.load([tunnel_row(30), tunnel_row(20), tunnel_row(10)])
    within = (NOW - timedelta(minutes=30), NOW - timedelta(minutes=10))
    assert workspace.query("AzureDiagnostics | count", NOW, within).rows == [[2]]


def test_moments_keep_their_zone(workspace: Workspace) -> None:
    """A moment with an offset is stored as UTC, one without is UTC, and seven decimals are read."""
    for text in ("2026-08-21T19:00:00+02:00", "2026-08-21T17:00:00", "2026-08-21T17:00:00.0000000Z"):
        workspace.load([tunnel_row(TimeGenerated=text)])
    assert values(workspace, "AzureDiagnostics | distinct TimeGenerated") == [["2026-08-21T17:00:00Z"]]


def test_text_survives(workspace: Workspace) -> None:
    """Quotes, line breaks, backslashes and any script come back as they went in."""
    text = 'it\'s "so"\n\\ メンテナンス 🔧'
    workspace.load([tunnel_row(Message=text)])
    assert values(workspace, "AzureDiagnostics | project Message") == [[text]]


@pytest.mark.parametrize("row", [{"Type": "Heartbeat"}, {"Nonsense": "x"}])
def test_unknown_names_are_refused(workspace: Workspace, row: Row) -> None:
    """A row for an unknown table, or with a column Azure would not make, is the caller's mistake."""
    with pytest.raises(ValueError, match=r"Heartbeat|Nonsense"):
        workspace.load([{**tunnel_row(), **row}])


def test_faulty_kql_is_told_from_kql_the_engine_lacks(workspace: Workspace) -> None:
    """A mistake is the query's (SYN or SEM number); what only the local engine lacks says so instead."""
    workspace.load([tunnel_row()])
    with pytest.raises(QueryRefused) as syntax:
        workspace.query("AzureDiagnostics | where (", NOW)
    with pytest.raises(QueryRefused) as meaning:
        workspace.query("AzureDiagnostics | where Message > 5", NOW)
    assert (syntax.value.code, meaning.value.code) == ("SYN0002", "SEM0100")
    with pytest.raises(NotExecutable):
        workspace.query("AzureDiagnostics | make-series n = count() on TimeGenerated step 1h", NOW)


POLL = """let mark = datetime(2026-08-21T17:40:00Z);
let since = now() - 3d;
let diag = union isfuzzy=true
    (datatable(TimeGenerated: datetime, Ingested: datetime, Gateway: string, Status: string, Peer: string)[]),
    (AzureDiagnostics
    | where TimeGenerated > since and Category in ('GatewayDiagnosticLog', 'TunnelDiagnosticLog')
    | extend af = todynamic(tostring(column_ifexists('AdditionalFields', dynamic({}))))
    | extend Ingested = ingestion_time(), Gateway = tolower(trim(@'\\s+', coalesce(_ResourceId, ResourceId)))
    | extend Peer = column_ifexists('remoteIP_s', '')
    | extend Peer = iff(isempty(Peer), tostring(af.remoteIP), Peer)
    | project TimeGenerated, Ingested, Gateway, Status = status_s, Peer);
let fresh = diag | where Ingested >= mark - 15m | distinct Gateway;
union (print Kind = 'now', PolledAt = now()), (diag | where Gateway in (fresh) | extend Kind = 'row', PolledAt = now())
| project Kind, PolledAt, Gateway, Peer"""


def test_a_poll_over_an_empty_workspace_is_the_clock_alone(workspace: Workspace) -> None:
    """With the table missing, a fuzzy union with a typed empty leg still answers."""
    assert values(workspace, POLL) == [["now", "2026-08-21T18:00:00Z", "", ""]]


def test_a_poll_holds_the_window_of_fresh_gateways_only(workspace: Workspace) -> None:
    """Once a gateway has a fresh row, all its rows come; a quiet gateway's do not; a resource id is trimmed."""
    workspace.load(
        [
            tunnel_row(300, ResourceId="/G/ONE", AdditionalFields={"remoteIP": "203.0.113.7"}),
            tunnel_row(10, _ResourceId=" /g/one "),
            tunnel_row(300, ResourceId="/G/TWO"),
        ]
    )
    rows = values(workspace, POLL)
    assert [row[0] for row in rows] == ["now", "row", "row"]
    assert [row[2:] for row in rows[1:]] == [["/g/one", "203.0.113.7"], ["/g/one", ""]]
