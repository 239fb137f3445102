"""The page that ``weekly --html`` writes, as Chromium shows it from disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from correlator.channels._week import week_content
from correlator.cli.week_page import days_of, page
from correlator.cli.weekly import ROWS
from correlator.notification import Notification
from correlator.wording import Style
from sandbox.screenshots import Browser, visit
from tests.channels.composed import EN, JA, NIGHTS, OSAKA
from tests.pages.test_report_in_a_browser import AXE, FAULTS, FINDINGS

REPORTS = [name for name in NIGHTS if name.startswith(("weekly", "monthly"))]
HOSTILE = "</style><img src=//e.example onerror=alert(1)>"


def drawn(told: Notification, style: Style) -> str:
    assert told.week
    return page(week_content(told, told.week, style, ROWS), style.language)


@pytest.mark.parametrize(("width", "dark"), [(1100, False), (320, True)])
@pytest.mark.parametrize("style", [EN, JA], ids=["en", "ja"])
@pytest.mark.parametrize("name", REPORTS)
def test_axe_finds_nothing_and_nothing_overflows(
    browser: Browser, tmp_path: Path, name: str, style: Style, width: int, dark: bool
) -> None:
    """Every report opens from disk with no request and no fault, on a desk by day and on a phone by night."""
    if not AXE.is_file():
        pytest.skip("axe was not run: `npm ci` was not run in sandbox/page")
    file = tmp_path / "week.html"
    file.write_text(drawn(NIGHTS[name](), style), encoding="utf-8")
    with visit(file.as_uri(), width=width, dark=dark, browser=browser, ready="document.title") as opened:
        asked = [e["params"]["request"]["url"] for e in opened.events if e["method"] == "Network.requestWillBeSent"]
        assert {url.partition(":")[0] for url in asked} <= {"file", "data"}
        assert [e for e in opened.events if e["method"] in FAULTS] == []
        opened.evaluate(AXE.read_text(encoding="utf-8"))
        assert opened.evaluate(FINDINGS) == []
        assert opened.evaluate("document.documentElement.scrollWidth") <= width


def test_names_are_text() -> None:
    """A site's name that is markup is shown and not obeyed; the page has no script."""
    found = drawn(NIGHTS["weekly"](), Style("en", "UTC", {OSAKA: HOSTILE}))
    assert "&lt;/style&gt;" in found
    assert found.count("</style>") == 1
    assert "<script" not in found
    assert "<img" not in found


def test_the_bars_are_the_drops() -> None:
    """Each day's parts add up to its total, and the longest line to the whole width."""
    told = NIGHTS["weekly"]()
    assert told.week
    chart = week_content(told, told.week, EN, ROWS).chart
    assert chart
    days = days_of(chart)
    assert [sum(b.drops for b in day.bars) for day in days] == chart.totals == [day.total for day in days]
    assert max(sum(b.width for b in day.bars) for day in days) == pytest.approx(100, abs=0.05)
