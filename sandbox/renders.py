"""`make renders`: the pictures in `docs/renders`, from the messages that the demo's fortnight really brings forth."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from sandbox import demo
from sandbox.palette import shrunk
from sandbox.prepare import prepare
from sandbox.screenshots import REPORT, Browser, chromium, shoot, visit
from sandbox.stack import Stack

FOLDER = Path(__file__).parents[1] / "docs" / "renders"
CARD, PHONE, PAGE = 760, 320, 1280
SCALE = 1.25


def main() -> None:
    """Play the fortnight once in each language and photograph it."""
    prepare()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for language in ("en", "ja"):
        with Stack() as stack:
            demo.play(stack, Console(stderr=True), {"MESSAGE_LANGUAGE": language})
            messages = [m.shown() for m in stack.receiver.messages]
            incidents = list(demo.incidents(stack))
        _pictures(language, messages, incidents)
    for file in FOLDER.glob("*.png"):
        file.write_bytes(shrunk(file.read_bytes()))


def _pictures(language: str, messages: list[dict[str, object]], incidents: list[dict[str, Any]]) -> None:
    with chromium() as browser:
        for channel in ("teams", "slack"):
            mine = [m for m in messages if m["channel"] == channel]
            for name, message in _chosen(mine).items():
                picture = FOLDER / f"{channel}-{name}.{language}.png"
                shoot([message], picture, width=CARD, scale=SCALE, browser=browser)
        phone = _chosen([m for m in messages if m["channel"] == "teams"])["maintenance"]
        shoot([phone], FOLDER / f"teams-maintenance-phone.{language}.png", width=PHONE, scale=SCALE, browser=browser)
        _reports(language, incidents, browser)
        if language == "en":
            shoot(messages[:4], FOLDER / "page.png", width=PAGE, incidents=incidents, scale=1.0, browser=browser)


def _reports(language: str, incidents: list[dict[str, Any]], browser: Browser) -> None:
    """The report page, on a README's width by day and by night, looking at the maintenance of the readme's message."""
    chosen = next(i for i in incidents if i["started_at"].startswith("2026-08-21T17:13:04"))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.html"
        file.write_text(demo.report_page(incidents, {"MESSAGE_LANGUAGE": language}), encoding="utf-8")
        for name, dark in (("report", False), ("report-dark", True)):
            address = f"{file.as_uri()}#{chosen['id']}"
            with visit(address, width=PAGE, dark=dark, browser=browser, ready=REPORT) as page:
                (FOLDER / f"{name}.{language}.png").write_bytes(page.picture(1.0))


def _chosen(messages: list[dict[str, object]]) -> Mapping[str, dict[str, object]]:
    """By their place in the fortnight: what the table of `sandbox/nights/fortnight.py` lets happen, in order."""
    weekly = [m for m in messages if "2026-W" in str(m["body"])]
    alerts = [m for m in messages if m not in weekly]
    return {"welcome": alerts[0], "maintenance": alerts[1], "still-down": alerts[-1], "weekly": weekly[0]}


if __name__ == "__main__":
    main()
