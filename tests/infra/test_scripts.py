"""The scripts, run against a stand-in for the Azure command line that writes down what it was asked."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.infra.reader import INFRA, ROOT, literal, read

PRINCIPAL = "22222222-2222-2222-2222-222222222222"
GROUP = "/subscriptions/s1/resourceGroups/rg-vpn-prod"
ELSEWHERE = "/subscriptions/s1/resourceGroups/rg-logs/providers/Microsoft.Authorization/roleAssignments/a1"
GATEWAY = "/subscriptions/s2/resourceGroups/rg-hub/providers/Microsoft.Network/virtualNetworkGateways/vgw-hub"
STAND_IN = """#!/bin/sh
printf '%s\\n' "$*" >>"$ASKED"
case "$*" in
  *"$FAILS"*) echo "refused" >&2; exit 1 ;;
  "group exists"*) echo true ;;
  "group show"*) echo {group} ;;
  "identity list"*) echo {principal} ;;
  "storage account list"*) printf '%s\\n' $ACCOUNTS ;;
  "account show"*) echo s1 ;;
  "resource list"*) printf '%s' "$OTHERS" ;;
  "role assignment list"*"--subscription s1"*) echo {elsewhere} ;;
  "monitor diagnostic-settings list"*) echo vpn-correlator ;;
  "storage table list"*) printf 'incidents\noutages\nmessages\nstate\nAzureFunctionsx\n' ;;
  "storage entity query"*nextrowkey=r2*) echo '{{"items": [2], "nextMarker": {{}}}}' ;;
  "storage entity query"*)
    echo '{{"items": [1], "nextMarker": {{'
    echo '  "nextpartitionkey": "p2",'
    echo '  "nextrowkey": "r2"}}}}' ;;
  "deployment group show"*functionAppName*) echo func-vpn-x ;;
  "deployment group show"*roleCommands*) printf '%s' "$COMMANDS" ;;
  "deployment group what-if"*)
    for given; do
      case $given in @*secrets.json) cat "${{given#@}}" >"$SECRETS" ;; esac
    done ;;
esac
"""
CHANGES = ("delete", "create", "config-zip", "set", "update", "add", "remove")
"""Verbs of az that change something."""


@dataclass(frozen=True)
class Ran:
    """How a script ended, what it said, and what it asked of az."""

    code: int
    said: str
    asked: list[str]

    @property
    def changes(self) -> list[str]:
        """What it asked that changes something."""
        return [a for a in self.asked if any(f" {verb}" in f" {a.split(' --')[0]}" for verb in CHANGES)]


class Shell:
    """Runs a script with the stand-in in front of everything else."""

    def __init__(self, folder: Path) -> None:
        """The stand-in goes into ``folder``."""
        self.folder = folder
        (folder / "bin").mkdir()
        az = folder / "bin" / "az"
        az.write_text(STAND_IN.format(group=GROUP, principal=PRINCIPAL, elsewhere=ELSEWHERE), encoding="utf-8")
        az.chmod(0o755)

    def run(self, script: str, *arguments: str, **environment: str) -> Ran:
        """Run it, with what the stand-in shall answer."""
        asked = self.folder / "asked"
        asked.write_text("", encoding="utf-8")
        answers = {"FAILS": "\1", "OTHERS": "", "ACCOUNTS": "stvpnx", "COMMANDS": "", "SECRETS": str(self.folder / "s")}
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        done = subprocess.run(
            ["sh", str(INFRA / script), *arguments],
            env={"PATH": path, "HOME": str(self.folder), "ASKED": str(asked)} | answers | environment,
            cwd=self.folder, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        return Ran(done.returncode, done.stdout + done.stderr, asked.read_text(encoding="utf-8").splitlines())


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell with a stand-in for az."""
    return Shell(tmp_path)


def uninstall(shell: Shell, *more: str, **answers: str) -> Ran:
    """The script with everything named."""
    given = ["--group", "rg-vpn-prod", "--export", "history", "--subscriptions", "s1 s2", "--gateways", GATEWAY]
    return shell.run("uninstall.sh", *given, *more, **answers)


def test_uninstall_changes_nothing_by_itself(shell: Shell) -> None:
    """Without --yes nothing is changed and nothing is written, and every change is shown."""
    ran = uninstall(shell)
    assert ran.code == 0
    assert ran.changes == []
    assert not (shell.folder / "history").exists()
    for change in (f"az role assignment delete --ids {ELSEWHERE}", f"--resource {GATEWAY}", "az group delete"):
        assert change in ran.said
    assert "Nothing was changed" in ran.said


def test_uninstall_goes_in_order(shell: Shell) -> None:
    """With --yes the history is exported first, then roles and settings elsewhere are removed, the group at last."""
    ran = uninstall(shell, "--yes")
    assert ran.code == 0
    assert [c.split(" --")[0] for c in ran.changes] == [
        "role assignment delete", "monitor diagnostic-settings delete", "group delete",
    ]  # fmt: skip
    last_page = max(i for i, a in enumerate(ran.asked) if a.startswith("storage entity query"))
    assert last_page < ran.asked.index(ran.changes[0])


def test_uninstall_exports_every_page(shell: Shell) -> None:
    """An export goes on until the service names no further page, for every public table that is there."""
    uninstall(shell, "--yes")
    pages = sorted(p.name for p in (shell.folder / "history").iterdir())
    assert pages == [f"{t}-{n}.json" for t in ("incidents", "messages", "outages") for n in (1, 2)]
    second = json.loads((shell.folder / "history" / "incidents-2.json").read_text(encoding="utf-8"))
    assert second["items"] == [2]


@pytest.mark.parametrize(
    "fails",
    [
        "storage table list",
        "storage entity query",
        "role assignment list",
        "role assignment delete",
        "diagnostic-settings list",
    ],
)
def test_uninstall_stops_at_the_first_failure(shell: Shell, fails: str) -> None:
    """If the history cannot be read, or what lies elsewhere cannot be found or removed, the group is not deleted."""
    ran = uninstall(shell, "--yes", FAILS=fails)
    assert ran.code != 0
    assert not [c for c in ran.changes if c.startswith("group delete")]


def test_uninstall_leaves_a_shared_group_alone(shell: Shell) -> None:
    """A group that holds something else, or more than one installation, is not deleted, nor is anything before it."""
    for answers in (
        {"OTHERS": f"{GROUP}/providers/Microsoft.Sql/servers/x"},
        {"ACCOUNTS": "stvpna stvpnb"},
        {"ACCOUNTS": ""},
    ):
        ran = uninstall(shell, "--yes", **answers)
        assert ran.code == 1
        assert ran.changes == []


def test_uninstall_wants_to_know_about_the_history(shell: Shell) -> None:
    """Without a place for the history, or the word that it may go, nothing is even asked."""
    ran = shell.run("uninstall.sh", "--group", "rg-vpn-prod", "--yes")
    assert ran.code == 2
    assert ran.asked == []
    assert shell.run("uninstall.sh", "--group", "rg-vpn-prod", "--skip-export").code == 0


def test_uninstall_knows_our_names() -> None:
    """The script finds the identity, the account, the setting and the tag by the names that the templates give."""
    script = (INFRA / "uninstall.sh").read_text(encoding="utf-8")
    templates = read()
    setting = literal(templates["types.bicep"].variables["diagnosticSettingName"].body)
    assert f"setting={setting}\n" in script
    main = templates["main.bicep"].source
    for name in ("'id-vpn-", "'stvpn"):
        assert name in main
        assert name in script
    assert "azd-env-name" in main
    assert "azd-env-name" in script


def test_deploy_only_shows_by_itself(shell: Shell) -> None:
    """Without --yes a deployment is only described."""
    ran = shell.run("deploy.sh", "--group", "rg-vpn-prod")
    assert ran.code == 0
    assert [a.split(" --")[0] for a in ran.asked] == ["group exists", "deployment group what-if"]
    assert ran.changes == []


def test_deploy_puts_no_secret_on_a_command_line(shell: Shell) -> None:
    """A webhook address reaches az in a file, is on no command line and in no output, and the file is gone after."""
    address = "https://example.com/hook?sig=s3cret"
    ran = shell.run("deploy.sh", "--group", "rg-vpn-prod", TEAMS_WEBHOOK_URL=address)
    given = json.loads((shell.folder / "s").read_text(encoding="utf-8"))["parameters"]
    others = {"slackWebhookUrl", "eventsWebhookUrl", "eventsWebhookSecret", "heartbeatUrl"}
    assert given == {"teamsWebhookUrl": {"value": address}} | {name: {"value": ""} for name in others}
    assert "s3cret" not in ran.said + "".join(ran.asked)
    (file,) = [w[1:] for w in ran.asked[-1].split() if w.endswith("secrets.json")]
    assert not Path(file).exists()
    assert shell.run("deploy.sh", "--group", "rg-vpn-prod", TEAMS_WEBHOOK_URL='a"b').code == 2


def test_deploy_shows_before_it_changes(shell: Shell) -> None:
    """With --yes what would change is shown first, then it is deployed, then the code, then what an owner must run."""
    ran = shell.run("deploy.sh", "--group", "rg-vpn-prod", "--yes", COMMANDS="az role assignment create x")
    assert ran.code == 0, ran.said
    assert [c.split(" --")[0] for c in ran.changes] == [
        "deployment group create",
        "functionapp deployment source config-zip",
    ]
    assert ran.asked.index(ran.changes[0]) > [a.split(" --")[0] for a in ran.asked].index("deployment group what-if")
    assert "az role assignment create x" in ran.said


@pytest.mark.parametrize("script", ["deploy.sh", "uninstall.sh", "package.sh"])
def test_a_script_explains_itself(shell: Shell, script: str) -> None:
    """Called wrongly, a script says how it is called and does nothing."""
    ran = shell.run(script, "--unknown", "x", "y")
    assert ran.code == 2
    assert f"Usage: sh infra/{script}" in ran.said
    assert ran.asked == []


def test_the_package_holds_what_azure_needs(shell: Shell) -> None:
    """The zip holds the host's files, the requirements and the package, and nothing else."""
    if subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, check=False).returncode:
        pytest.skip("no git here")
    ran = shell.run("package.sh", "release.zip")
    assert ran.code == 0, ran.said
    names = zipfile.ZipFile(shell.folder / "release.zip").namelist()
    assert {n.split("/")[0] for n in names} == {"correlator", "function_app.py", "host.json", "requirements.txt"}
    assert "correlator/queries/poll.kql" in names
