"""Report pages in a headless Chromium. Where there is none, these tests are skipped and say why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from sandbox.screenshots import REPORT, Browser, Page, chromium, find_chromium, visit
from tests.cli.conftest import run

__all__ = ["run"]

Open = Callable[..., AbstractContextManager[Page]]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests that need one."""
    if find_chromium() is None:
        pytest.skip("browser tests were not run: no Chromium")
    with chromium() as running:
        yield running


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Open:
    """Opens a page from disk, as somebody would who was handed the file."""

    def open_it(html: str, *, at: str = "", **options: Any) -> AbstractContextManager[Page]:
        file = tmp_path / "report.html"
        file.write_text(html, encoding="utf-8")
        return visit(file.as_uri() + at, browser=browser, ready=REPORT, **options)

    return open_it
