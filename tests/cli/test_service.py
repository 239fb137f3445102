"""``check`` and ``sample`` against a workspace: the answer, its exit code, and a service that says no."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from azure.identity import DefaultAzureCredential

from correlator.gateways import GatewayList, Listed
from correlator.gateways import Workspace as FoundWorkspace
from correlator.stores.store import TableStore
from correlator.stores.table_storage import AzureTables
from correlator.wording import Style
from sandbox.faults import Fault, dropped, forbidden, partial, refused, throttled
from sandbox.nights import fortnight
from sandbox.nights.rows import Gateway
from sandbox.stack import WORKSPACE_ID, Stack
from tests.cli.conftest import Ran, Run
from tests.cli.test_replay import document, in_one_line, process

DAY = "2026-08-{}T{}Z"


@pytest.fixture
def workspace(run: Run, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A workspace with the composed fortnight; the environment signs in to it."""
    for name, value in stack.env.items():
        monkeypatch.setenv(name, value)
    stack.set_clock(fortnight.END)
    stack.logs.load(WORKSPACE_ID, fortnight.rows())
    return stack


def check(run: Run, gateway: str, day: str, first: str, last: str, *more: str) -> Ran:
    """Ask about a time of August 2026."""
    return run("check", "--gateway", gateway, "--from", DAY.format(day, first), "--to", DAY.format(day, last), *more)


ASKED = {
    "yes": ("vgw-tokyo-prod", "21", "17:00", "18:00"),
    "no": ("vgw-tokyo-prod", "20", "02:00", "03:00"),
    "unknown": ("vgw-tokyo-prod", "19", "20:00", "21:00"),
}


@pytest.mark.parametrize("answer", ASKED)
def test_the_answer_as_a_document(run: Run, workspace: Stack, answer: str) -> None:
    """With --json the answer is replay's document with yes, no or unknown, and nothing else on standard output."""
    found = document(check(run, *ASKED[answer], "--json"))
    assert found["answer"] == answer
    assert {"incidents", "notifications", "unreadable", "unmapped_reasons"} < found.keys()
    assert len(found["incidents"]) == 1


def test_workspaces_that_the_app_found(run: Run, workspace: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an entry stands for every workspace in it, those are asked that the app polls; before that it is said."""
    place = "/subscriptions/00000000-0000-0000-0000-000000000001"
    monkeypatch.setenv("WORKSPACE_IDS", place)
    early = check(run, *ASKED["yes"])
    assert early.code == 2
    assert "the app has found no workspace there yet" in early.err
    found = GatewayList(workspaces=(FoundWorkspace(f"{place}/law", WORKSPACE_ID),))
    tables = AzureTables.at(workspace.azurite.tables_endpoint, DefaultAzureCredential())
    TableStore(tables, Style()).keep_list(Listed(fortnight.END, found, places=(place,)))
    assert check(run, *ASKED["yes"]).code == 0


@pytest.mark.parametrize(("answer", "code"), [("yes", 0), ("no", 1), ("unknown", 3)])
@pytest.mark.parametrize("more", [(), ("--json",)], ids=["text", "json"])
def test_the_answer_is_the_exit_code(run: Run, workspace: Stack, answer: str, code: int, more: tuple[str, ...]) -> None:
    """A script can ask: 0 is yes, 1 is no, 3 is not known, in words or as a document."""
    assert check(run, *ASKED[answer], *more).code == code


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            "yes",
            "Yes: Azure maintenance, confirmed. "
            "Instance 1 at 17:13:04 UTC for 12 s, instance 0 followed 25 min later for 16 s.",
        ),
        (
            "no",
            "No: not Azure maintenance, but closed by the remote side (confirmed by the logs). "
            "At 02:05:33 UTC for 6 min 15 s.",
        ),
        (
            "unknown",
            "Not known: probably Azure failover; no maintenance row fits. "
            "Instance 0 at 20:31:15 UTC for up to 15 s each.",
        ),
    ],
)
def test_the_answer_in_words(run: Run, workspace: Stack, answer: str, said: str) -> None:
    """The first line is the answer; below stand the drop, why it is thought so, and the rows that prove it."""
    ran = check(run, *ASKED[answer])
    assert ran.out.splitlines()[0] == said
    assert "203.0.113.10" in ran.out or "all 3 peers" in ran.out
    assert ran.err == ""


def test_the_report_of_a_drop(run: Run, workspace: Stack) -> None:
    """A drop is told with gateway, length, times in TIMEZONE, rows, what was not checked and would change it, logs."""
    lines = check_in_tokyo(run).out.splitlines()
    assert lines[2].startswith("vgw-tokyo-prod · Sat 22 Aug 2026 · VPN-")
    assert lines[3] == "VPN to 203.0.113.10 was down 2 times, 28 s in all (Azure maintenance)"
    assert lines[4] == "When: 02:13:04 → 02:38:15 JST (17:13:04 → 17:38:15 UTC)"
    assert "Confidence: confirmed by the logs" in lines
    assert any(line.startswith("  02:12:10 JST (17:12:10 UTC)  Gateway log: maintenance on instance") for line in lines)
    unseen = lines[lines.index("Not found or not checked:") :]
    assert any("Not checked: the activity log" in line for line in unseen)
    after = lines[lines.index("What would change it:") + 1]
    assert after == "  - A gateway reset or a change by your team in the activity log."
    assert lines[-1].startswith("Logs: https://portal.azure.com/#blade/")


def check_in_tokyo(run: Run, language: str = "en") -> Ran:
    """The maintenance of the fortnight, for a reader in Tokyo."""
    arguments = ("--gateway", "vgw-tokyo-prod", "--from", "2026-08-22T02:00", "--to", "2026-08-22T03:00")
    return run("check", *arguments, TIMEZONE="Asia/Tokyo", MESSAGE_LANGUAGE=language)


def test_the_report_in_japanese(run: Run, workspace: Stack) -> None:
    """In Japanese every line is Japanese, but for what the log itself says and the link."""
    lines = check_in_tokyo(run, "ja").out.splitlines()
    assert lines[0] == (
        "はい：Azure メンテナンスです（確定）。インスタンス 1 は 02:13:04 JST (17:13:04 UTC) から 12秒間停止、"
        "25分後にインスタンス 0 も 16秒間停止。"
    )
    assert not [line for line in lines if line and line.isascii()]


def test_of_several_incidents_each_has_a_line(run: Run, workspace: Stack) -> None:
    """Where one sentence cannot hold them, each incident stands in a line of its own beneath the answer."""
    asked = ("--gateway", "vgw-tokyo-prod", "--from", DAY.format("20", "00:00"), "--to", DAY.format("21", "23:59"))
    lines = run("check", *asked).out.splitlines()
    assert lines[0] == "Partly: Azure maintenance explains 1 of 2 incidents (confirmed by the logs)."
    assert (
        lines[1] == "  Thu 20 Aug 02:05:33 UTC: VPN to 203.0.113.10 was down for 6 min 15 s (closed by the remote side)"
    )
    assert (
        lines[2] == "  Fri 21 Aug 17:13:04 UTC: VPN to 203.0.113.10 was down 2 times, 28 s in all (Azure maintenance)"
    )
    assert lines[3] == ""


TWIN = Gateway("vgw-tokyo-prod", group="rg-other")


def test_a_name_that_two_gateways_have(run: Run, workspace: Stack) -> None:
    """A name that two resource groups hold is no question yet: one line names both ids, and an id is answered."""
    workspace.logs.load(WORKSPACE_ID, [TWIN.up("08-21 16:30:00", "203.0.113.99", 0)])
    ran = check(run, *ASKED["yes"])
    assert ran.code == 2
    line = in_one_line(ran)
    assert TWIN.resource_id.lower() in line
    assert fortnight.TOKYO.resource_id.lower() in line
    assert check(run, fortnight.TOKYO.resource_id, *ASKED["yes"][1:]).code == 0


def test_check_and_replay_agree(run: Run, workspace: Stack) -> None:
    """What check says of an incident is what replay says of it from a file."""
    (asked,) = document(check(run, *ASKED["yes"], "--json"))["incidents"]
    everything = document(run("replay", fortnight.FILE, "--json"))["incidents"]
    assert {**asked, "cause": _settled(asked)} in [{**i, "cause": _settled(i)} for i in everything]


def _settled(incident: dict[str, Any]) -> dict[str, Any]:
    return {**incident["cause"], "pending": None}


@pytest.mark.parametrize("gateway", ["VGW-Tokyo-Prod", fortnight.TOKYO.resource_id])
def test_a_gateway_by_name_or_id(run: Run, workspace: Stack, gateway: str) -> None:
    """A gateway is found by its name or its resource id, in any case."""
    assert document(check(run, gateway, *ASKED["yes"][1:], "--json"))["answer"] == "yes"


def test_a_gateway_that_logged_nothing(run: Run, workspace: Stack) -> None:
    """A name that no gateway has is answered with the names that are there, on standard error."""
    ran = check(run, "vgw-tokio", *ASKED["yes"][1:])
    assert ran.out.startswith("Not known")
    assert "vgw-tokyo-prod" in ran.err


def test_a_gateway_that_logged_nothing_as_a_document(run: Run, workspace: Stack) -> None:
    """A mistyped name is told on standard error with --json as well."""
    assert "vgw-tokyo-prod" in check(run, "vgw-tokio", *ASKED["yes"][1:], "--json").err


def test_unreadable_rows_are_counted(run: Run, workspace: Stack) -> None:
    """Rows that cannot be read are in check's document as in replay's, by workspace and number, and told in words."""
    asked = ("vgw-tokyo-prod", "29", "00:30", "01:30")
    (bad,) = document(check(run, *asked, "--json"))["unreadable"]
    assert (bad["file"], bad["line"] > 0, bool(bad["why"])) == (WORKSPACE_ID, True, True)
    assert "skipped" in check(run, *asked).err


def test_a_quiet_time_is_not_known(run: Run, workspace: Stack) -> None:
    """A time in which nothing fell is not known to be anything."""
    ran = check(run, "vgw-tokyo-prod", "29", "10:00", "11:00")
    assert ran.out.startswith("Not known")
    assert document(check(run, "vgw-tokyo-prod", "29", "10:00", "11:00", "--json"))["answer"] == "unknown"


def test_a_workspace_can_be_named(run: Run, workspace: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --workspace no setting is needed."""
    monkeypatch.delenv("WORKSPACE_IDS")
    assert document(check(run, *ASKED["yes"], "--json", "--workspace", WORKSPACE_ID))["answer"] == "yes"
    ran = check(run, *ASKED["yes"])
    assert ran.code == 2
    assert "WORKSPACE_IDS" in in_one_line(ran)


@pytest.mark.parametrize(
    ("command", "failure"),
    [
        *(("check", f) for f in ("wrong workspace", "forbidden", "throttled", "cut", "no identity")),
        *(("sample", f) for f in ("wrong workspace", "forbidden", "cut")),
    ],
)
def test_a_service_that_says_no_is_one_line_and_code_4(
    run: Run, workspace: Stack, monkeypatch: pytest.MonkeyPatch, failure: str, command: str
) -> None:
    """A workspace that is not there, forbidden, throttled or cut short, or no identity: one line and code 4."""
    more: tuple[str, ...] = ()
    many = 20  # sample asks for five categories
    match failure:
        case "wrong workspace":
            more = ("--workspace", "law-prod")
        case "forbidden":
            workspace.logs.fail_next(*[forbidden()] * many)
        case "throttled":
            workspace.logs.fail_next(*[throttled(0)] * many)
        case "cut":
            workspace.logs.fail_next(*[partial("Error")] * many)
        case _:
            monkeypatch.setenv("IDENTITY_HEADER", "wrong")
    ran = check(run, *ASKED["yes"], "--json", *more) if command == "check" else run("sample", *more)
    assert ran.code == 4
    line = in_one_line(ran)
    assert len(line) < 450
    assert "wrong" not in line


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (throttled(0), "throttled (429); ask again in a few minutes"),
        (dropped(), "the connection broke before an answer came"),
    ],
    ids=["throttled", "dropped"],
)
def test_what_lasts_is_said_for_a_person(run: Run, workspace: Stack, fault: Fault, said: str) -> None:
    """A person is told what a person can do: there is no next poll here, and no tuple of Python's."""
    workspace.logs.fail_next(*[fault] * 5)
    line = in_one_line(check(run, *ASKED["yes"]))
    assert line == f"Error: workspace {WORKSPACE_ID}: {said}"


def test_a_workspace_that_is_named_wrong(run: Run, workspace: Stack) -> None:
    """Who named a workspace with --workspace is not told about a setting."""
    line = in_one_line(check(run, *ASKED["yes"], "--workspace", "law-prod"))
    assert "GUID" in line
    assert "WORKSPACE_IDS" not in line


def test_nobody_is_signed_in(workspace: Stack, tmp_path: Path) -> None:
    """Without a sign-in one line says what to run, and the SDK's paragraphs are not printed."""
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LOGS_ENDPOINT": workspace.logs.url}
    env |= {"LOGS_AUDIENCE": workspace.logs.audience, "AZURE_TOKEN_CREDENTIALS": "dev"}
    command = ["check", "--gateway", "x", "--from", "-2h", "--to", "-1h", "--workspace", WORKSPACE_ID]
    done = process(*command, env=env, capture_output=True)
    assert done.returncode == 4
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith(f"Error: workspace {WORKSPACE_ID}: could not sign in: run az login")


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-08-21T18:00Z", "2026-08-21T17:00Z"),
        ("-1h", "-2h"),
        ("noon", "-1h"),
        ("-1h", "-x"),
        ("-99999999d", "-1h"),
        ("-1h", "9999-12-31T23:59:59Z"),
    ],
)
def test_times_that_make_no_sense(run: Run, workspace: Stack, first: str, last: str) -> None:
    """Times that are none, or the wrong way round, end with code 2 and one line, and nothing is asked."""
    ran = run("check", "--gateway", "x", "--from", first, "--to", last)
    assert ran.code == 2
    in_one_line(ran)
    assert workspace.logs.requests == []


def test_a_sample_promises_no_more_than_it_holds(run: Run) -> None:
    """The help calls nothing safe: it asks to read the file first."""
    said = " ".join(run("sample", "--help").out.split())
    assert "safe" not in said
    assert "read the file before you share it" in said


def test_a_sample_names_nobody(run: Run, workspace: Stack, tmp_path: Path) -> None:
    """A sample is one file of rows of each category, without a gateway's, group's or peer's name."""
    ran = run("sample", "--out", tmp_path / "out.jsonl")
    assert (ran.code, ran.out) == (0, "")
    shared = (tmp_path / "out.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in shared.splitlines()]
    assert {r["Category"] for r in rows} == {
        "TunnelDiagnosticLog", "GatewayDiagnosticLog", "IKEDiagnosticLog", "RouteDiagnosticLog", "P2SDiagnosticLog",
    }  # fmt: skip
    for secret in ("vgw-tokyo-prod", "vgw-osaka-prod", "rg-composed-sample", "192.0.2.44"):
        assert secret not in shared.lower()
    assert "sample" in ran.err or "out.jsonl" in ran.err


def test_a_sample_can_be_replayed(run: Run, workspace: Stack, tmp_path: Path) -> None:
    """What a sample holds can be read by replay without a row that cannot be read but those that could not before."""
    run("sample", "--out", tmp_path / "out.jsonl")
    found = document(run("replay", tmp_path / "out.jsonl", "--json"))
    assert len(found["unreadable"]) == 1
    assert len(found["incidents"]) > 5


def test_a_sample_of_an_empty_workspace(run: Run, workspace: Stack, tmp_path: Path) -> None:
    """A workspace without any rows is said to hold none yet, in plain words, and no file is written."""
    workspace.logs.clear()
    ran = run("sample")
    assert ran.code == 0
    assert "No rows yet" in ran.err
    assert "400" not in ran.err
    assert list(tmp_path.glob("*.jsonl")) == []


def test_a_workspace_without_the_table(run: Run, workspace: Stack) -> None:
    """A service that does not know the table is told as a workspace without rows, not by its HTTP status."""
    inner = {"code": "SemanticError", "message": "Failed to resolve table or column expression 'AzureDiagnostics'"}
    answer = {"error": {"code": "BadArgumentError", "message": "invalid properties", "innererror": inner}}
    workspace.logs.fail_next(*[refused(400, answer)] * 5)
    ran = run("sample")
    assert "no rows yet" in in_one_line(ran)
    assert "400" not in ran.err


def test_a_refused_category_is_said(run: Run, workspace: Stack) -> None:
    """A category that was refused is told in a line, though others were written."""
    workspace.logs.fail_next(partial("Error"))
    ran = run("sample")
    assert ran.code == 0
    (line,) = [line for line in ran.err.splitlines() if "cut short" in line]
    assert line.startswith("GatewayDiagnosticLog: ")
    assert "TunnelDiagnosticLog: 50 rows" in ran.err


def test_a_sample_that_cannot_be_written(run: Run, workspace: Stack, tmp_path: Path) -> None:
    """A file that cannot be written ends with code 2 and one line."""
    ran = run("sample", "--out", tmp_path / "absent" / "out.jsonl")
    assert ran.code == 2
    assert "out.jsonl cannot be written" in ran.err
    assert "Traceback" not in ran.err
