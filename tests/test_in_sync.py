"""What is written down in two places says the same in both."""

from __future__ import annotations

import fnmatch
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from correlator.settings import SETTINGS

ROOT = Path(__file__).parent.parent
SAMPLE = json.loads((ROOT / "local.settings.sample.json").read_text(encoding="utf-8"))["Values"]
HOSTS_OWN = {"FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage"}
"""Settings of the Functions host, not ours."""
EXAMPLES = {"WORKSPACE_IDS", "TABLES_CONNECTION_STRING"}
"""Filled in the sample so that it starts against the local emulator."""
REQUIREMENTS = sorted(ROOT.glob("requirements*.txt")) + sorted(ROOT.glob("*/requirements*.txt"))
PACKAGE = sorted(
    p.relative_to(ROOT).as_posix() for p in (ROOT / "correlator").rglob("*") if "__pycache__" not in p.parts
)


def test_the_sample_file_is_the_settings_table() -> None:
    """The sample file holds exactly the settings of the table, with their defaults."""
    assert SAMPLE.keys() - HOSTS_OWN == {s.name for s in SETTINGS}
    assert {s.name for s in SETTINGS if SAMPLE[s.name] != s.default} == EXAMPLES


def test_the_sample_file_holds_no_secret() -> None:
    """Nobody's address or key stands in the sample file."""
    filled = {s.name: SAMPLE[s.name] for s in SETTINGS if s.secret and SAMPLE[s.name]}
    assert filled == {"TABLES_CONNECTION_STRING": "UseDevelopmentStorage=true"}


def test_the_readme_names_every_setting() -> None:
    """Every setting stands in the README's table or in docs, with its default."""
    texts = [p.read_text(encoding="utf-8") for p in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")] if p.is_file()]
    missing = [s.name for s in SETTINGS if not any(f"`{s.name}`" in t for t in texts)]
    assert missing == []


# What is sent to Azure


def ignored(path: str) -> bool:
    """Whether .funcignore leaves a path out: names, ``*`` patterns and folders, as that file uses them."""
    patterns = [p for p in (ROOT / ".funcignore").read_text(encoding="utf-8").splitlines() if p and p[0] != "#"]
    assert not [p for p in patterns if p.startswith("!") or "/" in p.rstrip("/")], "a pattern this test cannot read"
    parts = path.split("/")
    return any(
        fnmatch.fnmatch(part, pattern.rstrip("/"))
        for pattern in patterns
        for part in (parts[:-1] if pattern.endswith("/") else parts)
    )


@pytest.mark.parametrize("path", ["function_app.py", "host.json", "requirements.txt"])
def test_what_azure_needs_is_sent(path: str) -> None:
    """The app's entry, the host's settings and its requirements are there and are sent."""
    assert (ROOT / path).is_file()
    assert not ignored(path)


def test_the_whole_package_is_sent() -> None:
    """Every file of the package is sent: its code, its queries and whatever stands beside them."""
    assert any(p.endswith(".kql") for p in PACKAGE)
    assert [p for p in PACKAGE if ignored(p)] == []


@pytest.mark.parametrize(
    "path",
    [
        "tests/test_laws.py", "sandbox/stack.py", "sandbox/node_modules/azurite/package.json", "docs/x.md",
        "infra/main.bicep", "benchmarks/run.py", ".venv/3.13/bin/python", ".git/config", ".github/workflows/ci.yml",
        "local.settings.json", "local.settings.sample.json", "README.md", "Makefile", "pyproject.toml",
        "requirements-dev.txt", "requirements-cli.txt", "correlator/__pycache__/poll.cpython-313.pyc",
    ],
)  # fmt: skip
def test_what_azure_does_not_need_stays_here(path: str) -> None:
    """Tests, the sandbox, papers, secrets of a developer and tools are not sent."""
    assert ignored(path)


def test_everything_at_the_top_is_sent_or_not_on_purpose() -> None:
    """Of what lies at the top, only the package and the three files of the app are sent."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("no git here")
    sent = {p.split("/")[0] for p in listed.stdout.splitlines() if not ignored(p)}
    assert sent == {"correlator", "function_app.py", "host.json", "requirements.txt"}


def test_the_function_needs_no_package_of_the_command_line() -> None:
    """What the function imports stands in requirements.txt, and what only the command line needs does not."""
    run_time = names_in(ROOT / "requirements.txt")
    assert {"click", "rich"}.isdisjoint(run_time)
    imported = {
        m[1].split(".")[0]
        for p in [ROOT / "function_app.py", *(ROOT / "correlator").rglob("*.py")]
        if "cli" not in p.parts
        for m in re.finditer(r"^(?:from|import) ([\w.]+)", p.read_text(encoding="utf-8"), re.M)
    }
    assert "msgspec" in imported
    for module, package in {"requests": "requests", "msgspec": "msgspec", "jinja2": "jinja2"}.items():
        assert module not in imported or package in run_time


# Pins


def lines_of(file: Path) -> list[str]:
    """The requirements of a file, without comments and without references to other files."""
    lines = (line.partition("#")[0].strip() for line in file.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("-r ")]


def names_in(file: Path) -> set[str]:
    """The packages of a file."""
    return {re.split(r"[=<>~! ]", line)[0].lower() for line in lines_of(file)}


@pytest.mark.parametrize("file", REQUIREMENTS, ids=lambda f: f.relative_to(ROOT).as_posix())
def test_every_requirement_is_pinned(file: Path) -> None:
    """Every requirement names one exact version, and no file names an index, a path or an address."""
    pinned = re.compile(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.+-]*(?: ; python_version (?:<|>=) \"3\.\d+\")?")
    assert [line for line in lines_of(file) if not pinned.fullmatch(line)] == []
    assert "://" not in file.read_text(encoding="utf-8")


def test_no_package_is_pinned_twice() -> None:
    """One package has one version in all files, apart from those that depend on the Python."""
    versions: dict[str, set[str]] = {}
    for file in ROOT.glob("requirements*.txt"):
        for line in lines_of(file):
            if ";" not in line:
                name, _, version = line.partition("==")
                versions.setdefault(name.lower(), set()).add(version)
    assert {n: v for n, v in versions.items() if len(v) > 1} == {}


@pytest.mark.parametrize("file", ["sandbox/package-lock.json", "sandbox/page/package-lock.json"])
def test_lock_files_name_no_registry(file: str) -> None:
    """A lock file pins by version and checksum, and leaves the registry to whoever installs."""
    content = json.loads((ROOT / file).read_text(encoding="utf-8"))
    packages = {name: p for name, p in content["packages"].items() if name}
    assert [name for name, p in packages.items() if "resolved" in p] == []
    assert [name for name, p in packages.items() if not re.match(r"sha512-", p.get("integrity", ""))] == []


# Layers


def test_every_module_has_its_layer() -> None:
    """Each module of the package stands in exactly one layer of the arrow line, and no layer is empty."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (line,) = [c for c in contracts if c["type"] == "layers"]
    placed = [name.strip() for layer in line["layers"] for name in layer.split("|")]
    there = {p.stem for p in (ROOT / "correlator").iterdir() if p.suffix == ".py" or (p / "__init__.py").is_file()} - {
        "__init__",
        "__main__",
    }
    assert sorted(placed) == sorted(there)
    assert line["exhaustive"]


def test_pure_modules_are_under_contract() -> None:
    """Every module below the ports is either under the contract of purity or a folder of words."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (line,) = [c for c in contracts if c["type"] == "layers"]
    (pure,) = [c for c in contracts if "story" in c["name"]]
    below = [n.strip() for layer in line["layers"][line["layers"].index("track") :] for n in layer.split("|")]
    missing = {f"correlator.{n}" for n in below} - set(pure["source_modules"])
    assert missing <= {"correlator.ports", "correlator.wording", "correlator.settings", "correlator.errors"}


def test_the_map_names_every_module_and_the_arrow_line_is_the_contract() -> None:
    """ARCHITECTURE.md names each module of the product, and draws the very layers that the import contract holds."""
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    modules = {p.name for p in (ROOT / "correlator").glob("[a-z]*.py")}
    assert {m for m in modules if f"`{m}`" not in page} == set()
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(c["layers"] for c in contracts if c["type"] == "layers")
    drawn = page.split("## The arrow line")[1].split("```")[1]
    assert " ".join(drawn.split()) == " -> ".join(layers)
