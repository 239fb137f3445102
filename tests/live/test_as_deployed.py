"""The app as a deployment leaves it: the packages of requirements.txt, the settings of the templates, nothing else.

Part of `make verify`: an environment is made anew, which takes half a minute and a package index.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import cronsim
import pytest

from sandbox import functions_host
from sandbox.nights.rows import at
from sandbox.stack import WORKSPACE_ID, Stack
from tests.infra.reader import INFRA, Template, read
from tests.infra.values import default_settings
from tests.test_in_sync import lines_of

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "requirements.txt"
ON_AZURE = (3, 13)
HOST = """
import json, sys
from pathlib import Path
from functions_host import FunctionsHost
with FunctionsHost(Path.cwd(), json.load(sys.stdin)) as host:
    host.run_timer("poll")
"""
pytestmark = [
    pytest.mark.verify,
    pytest.mark.skipif(sys.version_info[:2] != ON_AZURE, reason="not run: Azure runs the app on Python 3.13"),
]


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that holds what requirements.txt names and nothing else."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(REQUIREMENTS)]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return python


@pytest.fixture(scope="module")
def app_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that a release holds, as they are here."""
    folder = tmp_path_factory.mktemp("app")
    names = (INFRA / "package.sh").read_text(encoding="utf-8").rpartition(" HEAD ")[2].split()
    for name in names:
        here, there = ROOT / name, folder / name
        shutil.copytree(here, there) if here.is_dir() else shutil.copy(here, there)
    return folder


@pytest.fixture(scope="module")
def host_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stand-in for the Functions host, with the one package it needs itself; the app's folder holds neither."""
    folder = tmp_path_factory.mktemp("host")
    shutil.copy(functions_host.__file__, folder)
    shutil.copytree(Path(cronsim.__file__).parent, folder / "cronsim")
    return folder


def settings_on(stack: Stack, templates: Mapping[str, Template]) -> dict[str, str]:
    """What Bicep gives the app by default, with endpoints and identity of this machine instead of Azure's."""
    there = stack.env
    given = {
        "identityClientId": "22222222-2222-2222-2222-222222222222",
        "appInsights": {"properties": {"ConnectionString": "InstrumentationKey=00000000-0000-0000-0000-000000000000"}},
        "blobEndpoint": "https://127.0.0.1:1/",
        "tableEndpoint": there["TABLES_ENDPOINT"],
        "workspaceIds": [WORKSPACE_ID],
        "resourceGroupIds": [],
        "fansOut": False,
        "vaultName": "kv-vpn-here",
        "signIn": False,
        "logsEndpoint": there["LOGS_ENDPOINT"],
        "logsAudience": there["LOGS_AUDIENCE"],
        "armEndpoint": there["ARM_ENDPOINT"],
    }
    made = default_settings(templates, given)
    read_from_vault = {name: there[name] for name, text in made.items() if text.startswith("@Microsoft.KeyVault(")}
    return {
        **made,
        **read_from_vault,
        **stack.identity.env,
        "REQUESTS_CA_BUNDLE": there["REQUESTS_CA_BUNDLE"],
        "ALLOW_PRIVATE_WEBHOOKS": "1",
    }


def poll(python: Path, app: Path, host: Path, settings: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Fire the poll timer in a process of its own that has these settings and no other variable."""
    return subprocess.run(
        [str(python), "-c", HOST],
        cwd=app,
        env={"PYTHONPATH": str(host)},
        input=json.dumps(settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_only_what_is_pinned_is_installed(bare_python: Path) -> None:
    """Installing requirements.txt brings the packages that it names, each in that version, and no other."""
    show = [str(bare_python), "-m", "pip", "freeze", "--disable-pip-version-check"]
    found = subprocess.run(show, capture_output=True, text=True, check=True).stdout.lower().splitlines()
    pinned = {
        line.partition(" ;")[0].lower() for line in lines_of(REQUIREMENTS) if 'python_version < "3.13"' not in line
    }
    assert {re.sub(r"[-_.]+", "-", line) for line in found} == {re.sub(r"[-_.]+", "-", line) for line in pinned}


def test_a_deployment_by_default_says_hello(
    stack: Stack, bare_python: Path, app_folder: Path, host_folder: Path
) -> None:
    """The packages of requirements.txt and the settings of the templates are all that the first message needs."""
    stack.set_clock(at("08-21 16:00:00"))
    done = poll(bare_python, app_folder, host_folder, settings_on(stack, read()))
    assert done.returncode == 0, done.stderr
    (hello,) = stack.receiver.bodies("/teams")
    assert "Watching 0 gateways" in str(hello)
    assert stack.receiver.bodies("/slack") == []


LEFT_OUT = {
    "POLL_SCHEDULE": "'%POLL_SCHEDULE%' does not resolve to a value",
    "WORKSPACE_IDS": "WORKSPACE_IDS is not set",
    "TABLES_ENDPOINT": "TABLES_ENDPOINT or TABLES_CONNECTION_STRING is not set",
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_a_setting_that_bicep_forgets_is_missed(
    name: str, stack: Stack, bare_python: Path, app_folder: Path, host_folder: Path
) -> None:
    """A setting that the app needs and the templates do not give stops the poll, and nobody is greeted."""
    source = read()["modules/function-app.bicep"].source
    without, count = re.subn(rf"^ +{name}: .+\n", "", source, flags=re.M)
    assert count == 1
    settings = settings_on(stack, read({"modules/function-app.bicep": without}))
    done = poll(bare_python, app_folder, host_folder, settings)
    assert done.returncode != 0
    assert LEFT_OUT[name] in done.stderr
    assert stack.receiver.bodies("/teams") == []


def test_a_package_that_is_not_named_is_missed(
    stack: Stack, bare_python: Path, app_folder: Path, host_folder: Path, tmp_path: Path
) -> None:
    """A package that only this machine's tools bring cannot be imported there."""
    copy = tmp_path / "app"
    shutil.copytree(app_folder, copy)
    entry = copy / "function_app.py"
    entry.write_text("import click\n" + entry.read_text(encoding="utf-8"), encoding="utf-8")
    done = poll(bare_python, copy, host_folder, settings_on(stack, read()))
    assert done.returncode != 0
    assert "No module named 'click'" in done.stderr
