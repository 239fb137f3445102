"""Every message that there is fits its place: no element of a card or block is wider inside than outside."""

from __future__ import annotations

import pytest

from sandbox.screenshots import Browser, open_page, visit
from tests import gallery
from tests.channels.composed import NIGHTS


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [gallery.DESK, gallery.PHONE])
@pytest.mark.parametrize("language", gallery.STYLES)
def test_nothing_overflows(language: str, width: int, dark: bool, browser: Browser) -> None:
    """At a desk's and a phone's width, by day and by night, in both languages, on every channel."""
    found = gallery.messages(gallery.STYLES[language])
    with open_page(found, width=width, dark=dark, browser=browser) as page:
        assert page.overflow() == []
        text = page.text()
    assert "could not be drawn" not in text
    assert all(name.replace("_", " ") in text for name in NIGHTS)


def test_the_gallery_draws_them_without_any_network(browser: Browser, tmp_path: object) -> None:
    """The one file shows all in frames of its own, and asks nobody for anything."""
    from pathlib import Path

    file = Path(str(tmp_path)) / "gallery.html"
    file.write_text(gallery.page(), encoding="utf-8")
    drawn = """new Promise((resolve) => {
      const look = () => {
        const frames = [...document.querySelectorAll("iframe")];
        const done = frames.length === 4 && frames.every((f) => f.height > 2000);
        return done ? resolve() : setTimeout(look, 50);
      };
      look();
    })"""
    with visit(file.as_uri(), width=1280, browser=browser, ready=drawn) as page:
        cards = page.evaluate('document.querySelector("iframe").contentDocument.querySelectorAll(".teams-card").length')
        assert cards == len(NIGHTS)
        asked = [e["params"]["request"]["url"] for e in page.events if e["method"] == "Network.requestWillBeSent"]
        assert {url.split(":")[0] for url in asked} <= {"file", "data", "about", "blob"}
