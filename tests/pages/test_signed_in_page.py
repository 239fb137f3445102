"""The report page of people who signed in, as Chromium gets it from the app's own address: it has a button."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from correlator.wording import Style
from sandbox.screenshots import REPORT, Browser, Page, visit
from tests.pages.test_report_in_a_browser import AXE, FAULTS, FINDINGS, text
from tests.test_signed_in import ANA, Office

PAGE = "/api/signed-in/report"
ASKED = {"since": "2026-08-01", "until": "2026-09-30"}
BUTTON = "document.querySelector('#detail button')"
PRESSED = f"""new Promise((done) => {{
  {BUTTON}.click();
  const look = () => (document.querySelector('#detail p[role=status] button') ? setTimeout(look, 5) : done());
  look();
}})"""


class Site:
    """The app's two addresses of people, on a port of this machine; each request bears authentication's header."""

    def __init__(self, server: HTTPServer, language: str = "en") -> None:
        self.office = Office(server.url_for(PAGE), Style(language))
        self.address = server.url_for(PAGE)
        self.posts: list[str] = []
        server.expect_request(PAGE).respond_with_handler(self._page)
        server.expect_request(f"/api/signed-in/incidents/{self.office.open.id}/acknowledge").respond_with_handler(
            self._acknowledge
        )

    def _page(self, request: Request) -> Response:
        answer = self.office.page.report(ANA, ASKED)
        return Response(answer.body, answer.status, content_type=answer.kind)

    def _acknowledge(self, request: Request) -> Response:
        self.posts.append(request.method)
        answer = self.office.page.acknowledge(ANA | dict(request.headers), self.office.open.id)
        return Response(answer.body, answer.status)


@contextmanager
def on_the_open_one(site: Site, browser: Browser, width: int = 1280, dark: bool = False) -> Iterator[Page]:
    at = f"{site.address}#{site.office.open.id}"
    with visit(at, width=width, dark=dark, browser=browser, ready=REPORT) as page:
        yield page


@pytest.mark.parametrize(("width", "dark", "language"), [(1280, False, "en"), (320, True, "ja")])
def test_axe_finds_nothing_on_the_page_with_the_button(
    httpserver: HTTPServer, browser: Browser, width: int, dark: bool, language: str
) -> None:
    """The button can be found by everybody, and the foot of the page says what it sends."""
    if not AXE.is_file():
        pytest.skip("axe was not run: `npm ci` was not run in sandbox/page")
    with on_the_open_one(Site(httpserver, language), browser, width, dark) as page:
        assert page.evaluate(f"{BUTTON}.innerText") in text(page, "footer")
        page.evaluate(AXE.read_text(encoding="utf-8"))
        assert page.evaluate(FINDINGS) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_button_sends_one_request_and_says_what_came_of_it(httpserver: HTTPServer, browser: Browser) -> None:
    """Nothing is asked of the server but the page, until the button is pressed; then the name stands in the table."""
    site = Site(httpserver)
    with on_the_open_one(site, browser) as page:
        assert site.posts == []
        page.evaluate(PRESSED)
        assert text(page, "#detail p[role=status]") == "Noted. Reminders end with the next poll."
        assert [e for e in page.events if e["method"] in FAULTS] == []
    assert site.posts == ["POST"]
    assert site.office.words == [(site.office.open.id, "acknowledged", "ana@example.com")]


def test_a_refusal_is_said(httpserver: HTTPServer, browser: Browser) -> None:
    """Where the session has ended or the incident is over, the page says that nothing was noted."""
    site = Site(httpserver)
    with on_the_open_one(site, browser) as page:
        httpserver.clear()
        page.evaluate(PRESSED)
        assert text(page, "#detail p[role=status]").startswith("Not noted.")
    assert site.office.words == []
