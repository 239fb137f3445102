"""Builds the page once. Where it cannot be built or shown, its tests are skipped and say why."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.screenshots import PAGE, Browser, chromium, find_chromium

SOURCE = PAGE.parent.parent
SAMPLES = Path(__file__).parent / "samples"


@pytest.fixture(scope="session")
def built_page() -> Path:
    """The page, built from the sources as they are now."""
    npm = shutil.which("npm")
    if npm is None or not (SOURCE / "node_modules").is_dir():
        pytest.skip("page tests were not run: no npm, or `npm ci` was not run in sandbox/page")
    subprocess.run([npm, "run", "--silent", "build"], cwd=SOURCE, check=True, timeout=120)
    return PAGE


@pytest.fixture(scope="session")
def browser(built_page: Path) -> Iterator[Browser]:
    """One browser for all tests that need one."""
    if find_chromium() is None:
        pytest.skip("browser tests were not run: no Chromium")
    with chromium() as running:
        yield running


def sample(name: str) -> list[dict[str, Any]]:
    """The messages of a composed sample."""
    content = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    messages: list[dict[str, Any]] = content["messages"]
    return messages


@pytest.fixture
def recovered() -> list[dict[str, Any]]:
    return sample("recovered")


@pytest.fixture
def weekly() -> list[dict[str, Any]]:
    return sample("weekly")


@pytest.fixture
def hostile() -> list[dict[str, Any]]:
    return sample("hostile")
