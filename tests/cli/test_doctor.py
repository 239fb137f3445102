"""``doctor`` over a sandbox in which one thing after another is wrong: each is found, named, and given its cure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from correlator.categories import gateway_of
from correlator.doctor.model import Code
from correlator.settings import SETTINGS
from sandbox.faults import bad_gateway, refused
from sandbox.nights import fortnight
from sandbox.nights.fortnight import HUB, OSAKA, TOKYO
from sandbox.nights.gateways import SCOPES, diagnostic_setting, resource, resource_id, resources
from sandbox.nights.rows import SUBSCRIPTION, Row
from sandbox.stack import WORKSPACE_ID, Stack
from tests.cli.conftest import Ran, Run
from tests.cli.test_replay import document
from tests.stores.faulty import ODATA, Answer, faulty
from tests.stores.faulty import SECRET as KEY

SECRET = "c2lnbmF0dXJlLW9mLWEtd2ViaG9vaw"
OTHER = "22222222-2222-2222-2222-222222222222"
TEAMS = f"https://prod-1.japaneast.logic.azure.com/workflows/x/triggers/manual/paths/invoke?sig={SECRET}"
SLACK = f"https://hooks.slack.com/services/T0/B0/{SECRET}"
TUNNEL, GATEWAY = "TunnelDiagnosticLog", "GatewayDiagnosticLog"
EVENT = {"Type": "Operation", "TimeGenerated": fortnight.END - timedelta(days=3), "Detail": "composed: all is well"}
GROUP = TOKYO.resource_id.partition("/providers/")[0]
NOWHERE = "https://127.0.0.1:9"

Doctor = Callable[..., dict[str, tuple[str, str]]]
FOUND: list[set[str]] = []
finding = pytest.mark.finding
"""Marks a test, or one of its cases, with the codes that its runs of the command must bring about."""


def case(*values: str, code: Code) -> pytest.ParameterSet:
    """One case of a test over several codes; the code is its last value."""
    return pytest.param(*values, code, marks=finding(code))


def delay(row: Row) -> timedelta:
    """From when a row happened to when it could be read."""
    return datetime.fromisoformat(row["IngestionTime"]) - datetime.fromisoformat(row["TimeGenerated"])


SOUND = [r for r in fortnight.rows() if r["OperationName"] != "TunnelStateUnclear"]
ROWS = [r for r in SOUND if delay(r) < timedelta(minutes=10)]


@pytest.fixture(autouse=True)
def found(request: pytest.FixtureRequest) -> Iterator[set[str]]:
    """The codes that the runs of this test gave. A test that is marked with a finding must have brought it about."""
    codes: set[str] = set()
    FOUND.append(codes)
    yield codes
    FOUND.pop()
    wanted = {code for mark in request.node.iter_markers("finding") for code in mark.args}
    assert wanted <= codes, f"marked with {sorted(wanted - codes)}, which no run of the command gave"


@pytest.fixture
def sound(run: Run, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """An installation in which nothing is wrong, but no row yet."""
    for name, value in {**stack.env, "TEAMS_WEBHOOK_URL": TEAMS, "SLACK_WEBHOOK_URL": SLACK}.items():
        monkeypatch.setenv(name, value)
    stack.set_clock(fortnight.END)
    stack.logs.load(WORKSPACE_ID, [EVENT])
    return stack


@pytest.fixture
def full(sound: Stack) -> Stack:
    """The same with the rows of the composed fortnight."""
    sound.logs.load(WORKSPACE_ID, ROWS)
    return sound


def examined(run: Run, *more: str, **environment: str) -> tuple[Ran, dict[str, Any]]:
    """The document of a run that gave away no secret."""
    ran = run("doctor", "--json", *more, **environment)
    assert SECRET not in ran.out + ran.err
    assert KEY not in ran.out + ran.err
    assert "Traceback" not in ran.err
    said = document(ran._replace(code=0))
    FOUND[-1].update(f["code"] for f in said["findings"])
    return ran, said


@pytest.fixture
def doctor(run: Run) -> Doctor:
    """The findings of a run by code, each with its severity and its subject; the exit code agrees with them."""

    def found(*more: str, **environment: str) -> dict[str, tuple[str, str]]:
        ran, said = examined(run, *more, **environment)
        findings = said["findings"]
        assert ran.code == (1 if any(f["severity"] == "mend" for f in findings) else 0)
        assert [f["severity"] for f in findings] == sorted(f["severity"] for f in findings), "worst first"
        assert all(f["what"] and len(f["what"]) < 400 and "\n" not in f["what"] + f["cure"] for f in findings)
        return {f["code"]: (f["severity"], f["subject"]) for f in findings}

    return found


def test_a_sound_installation(run: Run, full: Stack, doctor: Doctor) -> None:
    """Where nothing is wrong nothing is found, everything is looked at, and the exit code is 0."""
    assert doctor() == {}
    ran, said = examined(run)
    assert (ran.code, said["not_checked"]) == (0, [])
    rows = sum(gateway_of(r["_ResourceId"]) is not None for r in ROWS)
    assert said["looked_at"] == {
        "settings": len(SETTINGS), "channels": 2, "test_messages": 0, "tables": 1, "workspaces": 1, "rows": rows,
        "gateways": 3, "diagnostic_settings": 3, "connections": 9,
    }  # fmt: skip


def test_no_trace_is_left(full: Stack, doctor: Doctor) -> None:
    """The row that is written to try the tables is deleted again, and no chat message is sent unasked."""
    doctor()
    assert [t.name for t in full.tables.list_tables()] == ["state"]
    assert list(full.tables.get_table_client("state").list_entities()) == []
    assert full.receiver.messages == []


# settings


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        case("DOWN_AFTER", f"soon {SECRET}", code=Code.SETTING_UNREADABLE),
        case("TIMEZONE", "Tokyo", code=Code.TIMEZONE_UNKNOWN),
        case("POLL_SCHEDULE", "0 */5 * * * 7", code=Code.SCHEDULE_UNREADABLE),
        case(
            "SLACK_WEBHOOK_URL", f"@Microsoft.KeyVault(SecretUri=https://v.example/{SECRET})", code=Code.VAULT_REFERENCE
        ),
        case("TABLES_CONNECTION_STRING", f"AccountKey={KEY}", code=Code.SETTING_UNREADABLE),
    ],
)
def test_a_setting_that_cannot_be_used(full: Stack, doctor: Doctor, name: str, text: str, code: str) -> None:
    """A setting that cannot be used is named without its value, and hides nothing of the rest."""
    assert doctor(**{name: text}) == {code: ("mend", name)}


def test_all_settings_at_once(run: Run, full: Stack) -> None:
    """Every bad setting is named in one run, each once."""
    _, said = examined(run, TIMEZONE="Tokyo", DOWN_AFTER="soon", WEEKLY_AT="noon", SITES="x")
    assert [f["subject"] for f in said["findings"]] == ["WEEKLY_AT", "TIMEZONE", "DOWN_AFTER", "SITES"]


def test_the_refresh_command(run: Run, full: Stack) -> None:
    """An unresolved Key Vault reference is cured by a role and a command that can be copied from the text."""
    ran = run("doctor", TEAMS_WEBHOOK_URL="@Microsoft.KeyVault(SecretUri=https://v.example/x)")
    assert "Key Vault Secrets User" in " ".join(ran.out.split())
    assert "az rest --method post" in " ".join(ran.out.split())
    assert re.search(r'app>/config/configreferences/appsettings/refresh\?api-version=[\d-]+"', ran.out)


@finding(Code.SETTING_MISSING)
def test_a_missing_setting(full: Stack, doctor: Doctor) -> None:
    """What the app cannot do without is named where it is empty."""
    assert doctor(WORKSPACE_IDS="")["setting-missing"] == ("mend", "WORKSPACE_IDS")


@finding(Code.NO_CHANNEL)
def test_no_channel(full: Stack, doctor: Doctor) -> None:
    """Without any channel nobody is told."""
    assert doctor(TEAMS_WEBHOOK_URL="", SLACK_WEBHOOK_URL="").keys() == {"no-channel"}


# workspaces


@pytest.mark.parametrize("entry", ["law-prod", f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/w", KEY])
@finding(Code.WORKSPACE_NOT_GUID)
def test_a_workspace_that_is_no_guid(run: Run, full: Stack, doctor: Doctor, entry: str) -> None:
    """A workspace's name, its resource id or its key is no workspace id; a key is not repeated."""
    assert doctor(WORKSPACE_IDS=f"{WORKSPACE_ID},{entry}") == {"workspace-not-guid": ("mend", "WORKSPACE_IDS")}


@finding(Code.WORKSPACE_NOT_FOUND)
def test_a_workspace_that_is_not_there(full: Stack, doctor: Doctor) -> None:
    """A workspace that does not exist is told apart from one that may not be read."""
    assert doctor(WORKSPACE_IDS=f"{WORKSPACE_ID},{OTHER}") == {"workspace-not-found": ("mend", OTHER)}


@finding(Code.WORKSPACE_FORBIDDEN)
def test_a_workspace_that_may_not_be_read(full: Stack, doctor: Doctor) -> None:
    """A workspace without permission is named for that, and nothing is said of its rows."""
    full.logs.refuse(WORKSPACE_ID)
    assert doctor() == {"workspace-forbidden": ("mend", WORKSPACE_ID)}


@finding(Code.WORKSPACE_FORBIDDEN)
def test_logs_that_are_asked_for_by_resource_group(run: Run, full: Stack, doctor: Doctor) -> None:
    """A resource group stands for what its gateways log to any workspace; the daily cap is then not to be seen."""
    assert doctor(WORKSPACE_IDS=GROUP) == {}
    said = examined(run)[1]
    rows = sum(
        r["_ResourceId"].lower().startswith(f"{GROUP.lower()}/") and gateway_of(r["_ResourceId"]) is not None
        for r in ROWS
    )
    assert (said["looked_at"]["workspaces"], said["looked_at"]["rows"]) == (1, rows)
    assert [line.partition(":")[0] for line in said["not_checked"]] == [f"daily cap of workspace {GROUP.lower()}"]
    full.logs.refuse(GROUP)
    assert doctor() == {"workspace-forbidden": ("mend", GROUP.lower())}
    assert "Reader on the group" in examined(run)[1]["findings"][0]["cure"]


def test_what_a_resource_group_hides(run: Run, full: Stack, doctor: Doctor) -> None:
    """A workspace that resources' readers may not read hides its rows without a word: the cure says where to look."""
    full.logs.refuse(WORKSPACE_ID)
    assert doctor(WORKSPACE_IDS=GROUP) == {"no-drops": ("note", GROUP.lower())}
    assert "access control mode" in examined(run)[1]["findings"][0]["cure"]


@finding(Code.WORKSPACE_UNREACHABLE)
def test_a_workspace_that_does_not_answer(full: Stack, doctor: Doctor) -> None:
    """A workspace behind a broken proxy is unreachable, which is neither wrong nor forbidden."""
    full.logs.fail_next(*[bad_gateway()] * 3)
    assert doctor() == {"workspace-unreachable": ("mend", WORKSPACE_ID)}


@finding(Code.NO_DIAGNOSTICS)
def test_an_empty_workspace(sound: Stack, doctor: Doctor) -> None:
    """A workspace without the table, and nothing that would say that all is well: nothing is collected."""
    assert doctor(GATEWAY_SCOPES="") == {"no-diagnostics": ("mend", WORKSPACE_ID)}


@finding(Code.NO_VPN_ROWS)
def test_a_workspace_of_other_resources(sound: Stack, doctor: Doctor) -> None:
    """Rows of other resources do not make a VPN gateway's logs, whatever their category is called."""
    other = {**ROWS[0], "Category": "AuditEvent"}
    vault = {**ROWS[0], "_ResourceId": "/subscriptions/s/resourcegroups/g/providers/microsoft.keyvault/vaults/v"}
    sound.logs.load(WORKSPACE_ID, [other, vault])
    assert doctor(GATEWAY_SCOPES="") == {"no-vpn-rows": ("mend", WORKSPACE_ID)}


@finding(Code.NO_DROPS)
def test_a_quiet_month(sound: Stack, doctor: Doctor) -> None:
    """No row, but all listed gateways send their logs and are connected: most likely no tunnel dropped."""
    assert doctor() == {"no-drops": ("note", WORKSPACE_ID)}


def test_a_quiet_month_with_other_categories(sound: Stack, doctor: Doctor) -> None:
    """Rows of other categories of gateways that send their tunnels' rows too: no tunnel dropped."""
    sound.logs.load(WORKSPACE_ID, [r for r in ROWS if r["Category"] == GATEWAY])
    found = doctor()
    assert found.pop("silent-gateway") == ("note", HUB.name)
    assert found == {"no-drops": ("note", WORKSPACE_ID)}


def test_a_silent_month_that_is_not_quiet(sound: Stack, doctor: Doctor) -> None:
    """No row although Azure says that a connection is down: the logs are not collected."""
    sound.resources.set_status(resource_id("connections", "tokyo-to-nagoya"), "NotConnected")
    assert doctor() == {
        "no-diagnostics": ("mend", WORKSPACE_ID),
        "connection-down": ("note", f"{TOKYO.name}/tokyo-to-nagoya"),
    }


@finding(Code.TUNNEL_LOG_OFF)
def test_a_tunnel_log_that_is_off(sound: Stack, doctor: Doctor) -> None:
    """Rows of the gateway log and none of the tunnel log, and no word from its diagnostic setting."""
    sound.logs.load(WORKSPACE_ID, [TOKYO.maintenance("08-21 17:12:10", 0)])
    assert doctor(GATEWAY_SCOPES="") == {"tunnel-log-off": ("mend", TOKYO.name)}


@finding(Code.GATEWAY_LOG_SILENT)
def test_a_gateway_log_that_is_silent(sound: Stack, doctor: Doctor) -> None:
    """Rows of the tunnel log and none of the gateway log may be a quiet time, and are a note."""
    sound.logs.load(WORKSPACE_ID, [TOKYO.up("08-21 17:12:10", fortnight.NAGOYA, 0)])
    assert doctor(GATEWAY_SCOPES="") == {"gateway-log-silent": ("note", TOKYO.name)}


@finding(Code.TOLD_TWICE)
def test_a_gateway_that_logs_twice(run: Run, doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway that logs to two watched workspaces at the same time is told twice; one that moved is not."""
    with Stack((WORKSPACE_ID, OTHER)) as two:
        for name, value in {**two.env, "TEAMS_WEBHOOK_URL": TEAMS, "SLACK_WEBHOOK_URL": ""}.items():
            monkeypatch.setenv(name, value)
        two.set_clock(fortnight.END)
        rows = sorted(ROWS, key=lambda r: str(r["TimeGenerated"]))
        two.logs.load(WORKSPACE_ID, [EVENT, *rows])
        of_tokyo = [r for r in rows if r["Resource"] == TOKYO.name.upper()]
        two.logs.load(OTHER, [EVENT, *of_tokyo])
        assert doctor() == {"told-twice": ("mend", TOKYO.name)}
        half = len(of_tokyo) // 2
        two.logs.clear()
        two.set_clock(fortnight.END)
        two.logs.load(WORKSPACE_ID, [EVENT, *of_tokyo[:half]])
        two.logs.load(OTHER, [EVENT, *of_tokyo[half:]])
        assert "told-twice" not in doctor()


@finding(Code.DAILY_CAP)
def test_a_daily_cap(run: Run, full: Stack, doctor: Doctor) -> None:
    """A cap that stopped the collection is named with how often and when last."""
    stop = "Data collection stopped due to daily limit of free data reached. Ingestion status = OverQuota"
    full.logs.load(WORKSPACE_ID, [{**EVENT, "Detail": stop}])
    assert doctor() == {"daily-cap": ("mend", WORKSPACE_ID)}
    assert f"{EVENT['TimeGenerated']:%Y-%m-%d}" in run("doctor").out


@finding(Code.LATE_ROWS)
def test_late_rows(sound: Stack, doctor: Doctor) -> None:
    """Rows that mostly come later than ten minutes are a note, by gateway."""
    sound.logs.load(WORKSPACE_ID, SOUND)
    assert doctor() == {"late-rows": ("note", OSAKA.name)}


@finding(Code.TOO_LATE_ROWS)
def test_rows_that_come_too_late(full: Stack, doctor: Doctor) -> None:
    """A row that came later than the app looks back is something to mend."""
    full.logs.load(WORKSPACE_ID, [HUB.up("08-20 17:12:10", fortnight.BERLIN, 0, timedelta(days=2, minutes=1))])
    assert doctor() == {"too-late-rows": ("mend", HUB.name)}


@finding(Code.COLUMNS_ABSENT)
def test_columns_that_are_not_there(run: Run, sound: Stack, doctor: Doctor) -> None:
    """Tunnel rows without instance or peer are named by their columns; a reason is not missed where nothing fell."""
    kept = [{k: v for k, v in r.items() if k not in ("instance_s", "remoteIP_s", "stateChangeReason_s")} for r in ROWS]
    up = [r for r in kept if r.get("status_s") != "Disconnected"]
    sound.logs.load(WORKSPACE_ID, up)
    assert doctor() == {"columns-absent": ("note", WORKSPACE_ID)}
    (found,) = examined(run)[1]["findings"]
    assert "instance_s, remoteIP_s" in found["what"]
    assert "stateChangeReason_s" not in found["what"]
    sound.logs.load(WORKSPACE_ID, kept)
    assert "stateChangeReason_s" in examined(run)[1]["findings"][0]["what"]


@finding(Code.COLUMNS_MOVED)
def test_columns_that_moved(full: Stack, doctor: Doctor) -> None:
    """Values in AdditionalFields are a note: they are read there too."""
    moved = {**TOKYO.up("08-21 17:12:10", "", 0), "AdditionalFields": json.dumps({"remoteIP": fortnight.NAGOYA})}
    full.logs.load(WORKSPACE_ID, [moved])
    assert doctor() == {"columns-moved": ("note", WORKSPACE_ID)}


@finding(Code.UNMAPPED_REASONS)
def test_reasons_without_a_meaning(run: Run, full: Stack, doctor: Doctor) -> None:
    """Reasons that no keyword knows are shown with how often they stand there."""
    odd = [TOKYO.down(f"08-21 17:1{n}:10", fortnight.NAGOYA, 0, "Flux \u202ecapacitor") for n in range(3)]
    full.logs.load(WORKSPACE_ID, odd)
    assert doctor() == {"unmapped-reasons": ("note", WORKSPACE_ID)}
    (found,) = examined(run)[1]["findings"]
    assert "Flux  capacitor (3)" in found["what"]
    _, said = examined(run, REASONS="flux=peer-silent")
    assert said["findings"] == []


@finding(Code.UNKNOWN_OPERATIONS)
def test_operations_that_nobody_documented(run: Run, full: Stack, doctor: Doctor) -> None:
    """Unknown operations of our categories are a note, shown with how often they stand there."""
    odd = {**TOKYO.maintenance("08-21 17:12:10", 0), "OperationName": "NodeStateChanged", "Message": ""}
    full.logs.load(WORKSPACE_ID, [odd])
    assert doctor() == {"unknown-operations": ("note", WORKSPACE_ID)}
    (found,) = examined(run)[1]["findings"]
    assert "NodeStateChanged (1)" in found["what"]


# gateways


@finding(Code.LIST_UNREACHABLE)
def test_a_list_that_fails(full: Stack, doctor: Doctor) -> None:
    """A list that failed is something to mend, and hides nothing of the logs."""
    full.resources.fail_next(*[bad_gateway()] * 3)
    assert doctor()["list-unreachable"] == ("mend", "gateway list")


@finding(Code.LIST_REFUSED)
def test_a_list_that_is_refused(run: Run, full: Stack, doctor: Doctor) -> None:
    """What may not be listed is named with the role that is needed."""
    full.resources.refuse(SCOPES[0])
    severity, scope = doctor()["list-refused"]
    assert (severity, scope) == ("mend", SCOPES[0].lower())
    found = next(f for f in examined(run)[1]["findings"] if f["code"] == "list-refused")
    assert "Reader" in found["cure"]


@finding(Code.NO_GATEWAYS)
def test_a_scope_without_gateways(full: Stack, doctor: Doctor) -> None:
    """A scope that may be read and holds no gateway is most likely the wrong one."""
    full.resources.load([resource(resource_id("localNetworkGateways", "nagoya"), gatewayIpAddress="192.0.2.9")])
    assert doctor()["no-gateways"] == ("mend", "GATEWAY_SCOPES")


SUBSCRIPTION_ID = f"/subscriptions/{SUBSCRIPTION}"
ESTATE = "/providers/Microsoft.Management/managementGroups/mg-estate"


def workspace(customer: str) -> dict[str, Any]:
    """A Log Analytics workspace as ARM shows it."""
    kind = "Microsoft.OperationalInsights/workspaces"
    identity = f"{SUBSCRIPTION_ID}/resourceGroups/rg-logs/providers/{kind}/law-{customer[:4]}"
    return {"id": identity, "name": identity[-8:], "type": kind, "properties": {"customerId": customer}}


@finding(Code.SUBSCRIPTION_INVISIBLE)
def test_a_subscription_that_cannot_be_seen(run: Run, full: Stack, doctor: Doctor) -> None:
    """A management group without a right on it, and a subscription of which only a part may be read."""
    assert doctor(GATEWAY_SCOPES=ESTATE)["subscription-invisible"] == ("mend", ESTATE.lower())
    full.resources.show_in_part(SUBSCRIPTION)
    assert doctor(GATEWAY_SCOPES=SUBSCRIPTION_ID)["subscription-invisible"] == ("mend", SUBSCRIPTION_ID)
    (found,) = [
        f for f in examined(run, GATEWAY_SCOPES=SUBSCRIPTION_ID)[1]["findings"] if f["code"] == "subscription-invisible"
    ]
    assert "Reader" in found["cure"]


@finding(Code.NO_WORKSPACES)
def test_a_place_without_workspaces(full: Stack, doctor: Doctor) -> None:
    """A subscription that may be read and holds no workspace is most likely the wrong one."""
    assert doctor(WORKSPACE_IDS=SUBSCRIPTION_ID)["no-workspaces"] == ("mend", "WORKSPACE_IDS")


@finding(Code.FOUND_UNREAD)
def test_workspaces_that_were_found(full: Stack, doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that holds rows is looked into like a named one; one that gives nothing is worth a note, no more."""
    full.resources.put_under("mg-estate", SUBSCRIPTION)
    full.resources.load([*resources(), workspace(WORKSPACE_ID)])
    assert doctor(WORKSPACE_IDS=ESTATE) == doctor()
    full.resources.load([*resources(), workspace(WORKSPACE_ID), workspace(OTHER)])
    assert doctor(WORKSPACE_IDS=ESTATE)["found-unread"] == ("note", OTHER)


@pytest.mark.parametrize("settings", [[], [diagnostic_setting(TOKYO.resource_id, "archive", workspace="")]])
@finding(Code.DIAGNOSTICS_MISSING)
def test_no_diagnostic_setting(full: Stack, doctor: Doctor, settings: list[dict[str, Any]]) -> None:
    """A gateway without a diagnostic setting, or with one that sends to no workspace."""
    full.resources.set_diagnostics(TOKYO.resource_id, *settings)
    assert doctor() == {"diagnostics-missing": ("mend", TOKYO.name)}


@pytest.mark.parametrize(
    "setting",
    [
        diagnostic_setting(TOKYO.resource_id, "some", GATEWAY),
        diagnostic_setting(TOKYO.resource_id, "some", GATEWAY, off=(TUNNEL,)),
    ],
)
@finding(Code.DIAGNOSTICS_CATEGORY_OFF)
def test_a_category_that_is_off(run: Run, full: Stack, doctor: Doctor, setting: dict[str, Any]) -> None:
    """A diagnostic setting without one of our categories is named with the category."""
    full.resources.set_diagnostics(TOKYO.resource_id, setting)
    assert doctor() == {"diagnostics-category-off": ("mend", TOKYO.name)}
    (found,) = examined(run)[1]["findings"]
    assert TUNNEL in found["cure"]
    assert GATEWAY not in found["cure"]


@finding(Code.DIAGNOSTICS_DOUBLED)
def test_two_settings_that_share_the_categories(full: Stack, doctor: Doctor) -> None:
    """Categories may come from two settings; sent by both they are a note."""
    one, two = (diagnostic_setting(TOKYO.resource_id, c, c) for c in (GATEWAY, TUNNEL))
    full.resources.set_diagnostics(TOKYO.resource_id, one, two)
    assert doctor() == {}
    three = diagnostic_setting(TOKYO.resource_id, "all", workspace="law-of-the-platform")
    full.resources.set_diagnostics(TOKYO.resource_id, one, two, three)
    assert doctor() == {"diagnostics-doubled": ("note", TOKYO.name)}


@pytest.mark.parametrize(("status", "severity"), [("Connected", "note"), ("NotConnected", "mend")])
@finding(Code.SILENT_GATEWAY)
def test_a_silent_gateway(sound: Stack, doctor: Doctor, status: str, severity: str) -> None:
    """A listed gateway of which no row came: a note while it is connected, else something to mend."""
    sound.logs.load(WORKSPACE_ID, [r for r in ROWS if r["Resource"] != HUB.name.upper()])
    sound.resources.set_status(f"{HUB.resource_id}/vpnConnections/to-berlin", status)
    found = doctor()
    found.pop("connection-down", None)
    assert found == {"silent-gateway": (severity, HUB.name)}


@finding(Code.POLICY_BASED)
def test_a_policy_based_gateway(full: Stack, doctor: Doctor) -> None:
    """A policy-based gateway logs no tunnels, and is not called silent for it."""
    express = resource_id("virtualNetworkGateways", "vgw-old")
    old = resource(express, gatewayType="Vpn", vpnType="PolicyBased")
    full.resources.load([*resources(), old])
    assert doctor() == {"policy-based": ("note", "vgw-old")}


@finding(Code.CONNECTION_DOWN)
def test_a_connection_that_is_down(full: Stack, doctor: Doctor) -> None:
    """With --live the state of every connection is asked for; without it, not of gateways that log."""
    full.resources.set_status(resource_id("connections", "osaka-to-kobe"), "Connecting")
    assert doctor() == {}
    assert doctor("--live") == {"connection-down": ("note", "vgw-osaka-prod/osaka-to-kobe")}


# tables and channels


@finding(Code.TABLES_FORBIDDEN)
def test_tables_that_are_forbidden(run: Run, full: Stack, doctor: Doctor) -> None:
    """A table service that does not let us write names the role, and no key."""
    with faulty(
        Answer(403, ODATA.format("AuthorizationPermissionMismatch", "This request is not authorized."))
    ) as service:
        wrong = {"TABLES_CONNECTION_STRING": service.connection_string, "TABLES_ENDPOINT": ""}
        assert doctor(**wrong) == {"tables-forbidden": ("mend", "TABLES_CONNECTION_STRING")}
        ran, said = examined(run)
    assert "Storage Table Data Contributor" in said["findings"][0]["cure"]
    assert KEY not in ran.out + ran.err


@finding(Code.TABLES_UNREACHABLE)
def test_tables_that_do_not_answer(full: Stack, doctor: Doctor) -> None:
    """A table service that cannot be reached is named by its host."""
    assert doctor(TABLES_ENDPOINT=f"{NOWHERE}/x") == {"tables-unreachable": ("mend", "127.0.0.1:9")}


@pytest.mark.parametrize(
    ("url", "severity", "code"),
    [
        case(f"https://example.webhook.office.com/webhookb2/{SECRET}", "mend", code=Code.WEBHOOK_RETIRED),
        case(f"https://outlook.office.com/webhook/{SECRET}", "mend", code=Code.WEBHOOK_RETIRED),
        case(SLACK, "mend", code=Code.WEBHOOK_SWAPPED),
        case(f"https://relay.example/{SECRET}", "note", code=Code.WEBHOOK_HOST_UNKNOWN),
        case(f"https://logic.azure.com.example/{SECRET}", "note", code=Code.WEBHOOK_HOST_UNKNOWN),
        case(f"http://prod-1.japaneast.logic.azure.com/{SECRET}", "mend", code=Code.WEBHOOK_UNUSABLE),
        case(SECRET, "mend", code=Code.WEBHOOK_UNUSABLE),
        case(f"https://[{SECRET}", "mend", code=Code.WEBHOOK_UNUSABLE),
    ],
)
def test_a_webhook_that_is_wrong(full: Stack, doctor: Doctor, url: str, severity: str, code: str) -> None:
    """An address that takes no message, or one that nobody knows, is named by setting and host alone."""
    found = doctor(TEAMS_WEBHOOK_URL=url, ALLOW_PRIVATE_WEBHOOKS="0")
    assert {code: found[code][0] for code in found} == {code: severity}
    assert found[code][1].startswith("TEAMS_WEBHOOK_URL (")


@finding(Code.WEBHOOK_SWAPPED)
def test_a_webhook_of_a_channel_with_a_name(full: Stack, doctor: Doctor) -> None:
    """A channel with a name is looked at like the others, under the name of its own setting."""
    severity, subject = doctor(TEAMS_WEBHOOK_URL_EMEA=SLACK)["webhook-swapped"]
    assert (severity, subject) == ("mend", "TEAMS_WEBHOOK_URL_EMEA (hooks.slack.com)")
    assert "webhook-swapped" not in doctor(TEAMS_WEBHOOK_URL_EMEA=TEAMS)


@pytest.mark.parametrize(
    "url",
    [
        f"https://default0.0a.environment.api.powerplatform.com:443/powerautomate/automations/direct/x?sig={SECRET}",
        f"https://PROD-01.japaneast.logic.azure.com:443/workflows/x?sig={SECRET}",
    ],
)
def test_webhooks_of_today(full: Stack, doctor: Doctor, url: str) -> None:
    """Both forms of a Workflows address are known."""
    assert doctor(TEAMS_WEBHOOK_URL=url) == {}


@finding(Code.TEST_MESSAGE_ACCEPTED)
def test_a_test_message(full: Stack, doctor: Doctor) -> None:
    """A test message goes to each channel in the reader's language; that it was accepted is a note, not a proof."""
    urls = {"TEAMS_WEBHOOK_URL": f"{full.receiver.url}/teams", "SLACK_WEBHOOK_URL": f"{full.receiver.url}/slack"}
    found = doctor("--test-message", MESSAGE_LANGUAGE="ja", **urls)
    assert found["test-message-accepted"][0] == "note"
    assert {m.path for m in full.receiver.messages} == {"/teams", "/slack"}
    assert all("テストメッセージ" in json.dumps(m.body, ensure_ascii=False) for m in full.receiver.messages)


@finding(Code.TEST_MESSAGE_REFUSED, Code.TEST_MESSAGE_ACCEPTED)
def test_a_test_message_that_is_refused(full: Stack, doctor: Doctor) -> None:
    """What a channel answers to a test message is told; the others get theirs."""
    urls = {"TEAMS_WEBHOOK_URL": f"{full.receiver.url}/teams", "SLACK_WEBHOOK_URL": f"{full.receiver.url}/slack"}
    full.receiver.fail_next(refused(404, "no_service"), path="/slack")
    found = doctor("--test-message", **urls)
    assert found["test-message-refused"] == ("mend", "slack")
    assert found["test-message-accepted"] == ("note", "teams")


# what cannot be looked at


def test_what_is_not_checked(run: Run, full: Stack) -> None:
    """What may not be looked at is said, and is no error: gateways, their settings, the cap."""
    full.logs.clear()
    full.set_clock(fortnight.END)
    full.logs.load(WORKSPACE_ID, ROWS)
    full.resources.refuse(f"{TOKYO.resource_id}/providers/microsoft.insights")
    ran, said = examined(run)
    assert (ran.code, said["findings"]) == (0, [])
    cap, setting = said["not_checked"]
    assert "daily cap" in cap
    assert f"diagnostic setting of {TOKYO.name}" in setting
    assert "Reader" in setting
    ran, said = examined(run, GATEWAY_SCOPES="")
    assert ran.code == 0
    assert any("GATEWAY_SCOPES is not set" in line for line in said["not_checked"])
    assert "not checked: " in run("doctor").out


def test_no_service_answers(run: Run, full: Stack) -> None:
    """Only where no service at all answered is the exit code 4, and the findings are still there."""
    nowhere = {"LOGS_ENDPOINT": NOWHERE, "ARM_ENDPOINT": NOWHERE, "TABLES_ENDPOINT": f"{NOWHERE}/x"}
    ran, said = examined(run, **nowhere)
    assert ran.code == 4
    assert {f["code"] for f in said["findings"]} == {"workspace-unreachable", "tables-unreachable", "list-unreachable"}


@finding(Code.NOT_SIGNED_IN)
def test_nobody_is_signed_in(run: Run, full: Stack, caplog: pytest.LogCaptureFixture) -> None:
    """Without an identity that is the one finding; nothing is asked, and the library's own words are not shown."""
    ran, said = examined(run, IDENTITY_HEADER=SECRET)
    assert (ran.code, ran.err) == (4, "")
    assert [f["code"] for f in said["findings"]] == ["not-signed-in"]
    assert said["findings"][0]["cure"].startswith("sign in: az login")
    assert full.logs.requests == full.resources.requests == []
    assert caplog.records == []


def test_a_key_needs_no_identity(run: Run, full: Stack) -> None:
    """Tables that are reached by their key are tried without an identity too, and then something has answered."""
    with faulty(Answer(204)) as service:
        wrong = {"TABLES_CONNECTION_STRING": service.connection_string, "IDENTITY_HEADER": SECRET}
        ran, said = examined(run, **wrong)
    assert (ran.code, said["looked_at"]["tables"]) == (1, 1)


def test_nothing_is_set(run: Run) -> None:
    """A first run without any setting says what to set, and is no failure of a service."""
    ran, said = examined(run)
    assert ran.code == 1
    assert {f["code"] for f in said["findings"]} == {"setting-missing", "no-channel"}


def test_in_words(run: Run, full: Stack) -> None:
    """In words: a line for each finding, its cure beneath, 80 columns wide, and a summary as the last line."""
    ran = run("doctor", TIMEZONE="Tokyo")
    lines = ran.out.splitlines()
    assert (ran.code, ran.err) == (1, "")
    assert lines[0] == "mend  TIMEZONE: cannot be read (timezone-unknown)"
    assert lines[1].startswith("      → give an IANA name")
    assert all(len(line) <= 80 for line in lines)
    assert lines[-1].startswith("1 to mend, ")
    assert "1 workspace, 3 gateways" in lines[-1]
    assert run("doctor", TIMEZONE="UTC").out.splitlines()[-1].startswith("Nothing to mend, 0 notes, 0 not checked")


def test_bad_usage(run: Run) -> None:
    """An option that does not exist is bad usage."""
    assert run("doctor", "--cure").code == 2


# the page


PAGE = Path(__file__).parents[2] / "docs" / "doctor.md"


def test_every_code_is_documented() -> None:
    """The page explains every code once, in the order of the codes, and no code that does not exist."""
    table = re.findall(r"^\| `([a-z-]+)` \| [^|]+ \| [^|]+ \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert table == [code.value for code in Code]


def marked(test: object) -> Iterator[Code]:
    """The codes with which a test and its cases are marked."""
    for mark in getattr(test, "pytestmark", ()):
        if mark.name == "finding":
            yield from mark.args
        elif mark.name == "parametrize":
            cases = (c for c in mark.args[1] if isinstance(c, pytest.ParameterSet))
            yield from (code for c in cases for m in c.marks for code in getattr(m, "args", ()))


def test_every_finding_is_brought_about() -> None:
    """Each code has a test that brings it about through the sandbox; ``found`` holds the test to its word."""
    tests = [thing for name, thing in globals().items() if name.startswith("test_")]
    assert {code for test in tests for code in marked(test)} == set(Code)
