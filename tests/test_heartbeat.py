"""The sign of life for a watcher outside: after good polls alone, as safe as a webhook, and never in the way."""

from __future__ import annotations

import logging

import pytest
from msgspec.structs import replace
from pytest_httpserver import HTTPServer

from correlator.errors import CorrelatorError, SettingsError
from correlator.heartbeat import beat
from correlator.wiring import build
from tests.test_settings import GOOD
from tests.test_wiring import Installed
from tests.timeline import clock

SECRET = "5up3r-s3cr3t"


def watched(httpserver: HTTPServer) -> Installed:
    """The app with a watcher."""
    there = Installed()
    there.settings = replace(there.settings, heartbeat_url=httpserver.url_for(f"/{SECRET}"))
    there.start()
    return there


def test_only_a_good_poll_is_a_sign_of_life(httpserver: HTTPServer) -> None:
    """One call after each poll in which every workspace succeeded; none where one failed."""
    httpserver.expect_request(f"/{SECRET}", method="POST").respond_with_data("OK")
    there = watched(httpserver)
    there.poll(clock("16:05"))
    assert len(httpserver.log) == 1
    there.log.broken = {"two"}
    with pytest.raises(CorrelatorError):
        there.poll(clock("16:10"))
    assert len(httpserver.log) == 1
    there.log.broken = set()
    there.poll(clock("16:15"))
    assert len(httpserver.log) == 2


def test_a_watcher_that_fails_is_a_line(httpserver: HTTPServer, caplog: pytest.LogCaptureFixture) -> None:
    """Refused, redirected or not there: the poll is as good as before, and the log names the host alone."""
    there = watched(httpserver)
    httpserver.expect_request(f"/{SECRET}").respond_with_data(status=302, headers={"Location": "/other"})
    there.poll(clock("16:05"))
    assert [r.path for r, _ in httpserver.log] == [f"/{SECRET}"]
    beat(f"http://127.0.0.1:9/{SECRET}", allow_private=True)
    beat(f"https://127.0.0.1:9/{SECRET}", allow_private=False)
    said = [r.getMessage() for r in caplog.records if "heartbeat" in r.getMessage()]
    assert len(said) == 3
    assert said[0] == "heartbeat: localhost answered 302"
    assert "private address" in said[2]
    assert SECRET not in "".join(said)
    assert all(r.levelno <= logging.WARNING for r in caplog.records if "heartbeat" in r.getMessage())


def test_without_a_watcher_nobody_is_called(httpserver: HTTPServer) -> None:
    """The setting is empty by default."""
    there = Installed()
    there.poll(clock("16:05"))
    assert httpserver.log == []


@pytest.mark.parametrize("url", [f"http://watch.example/{SECRET}", "ftp://x", f"https:///{SECRET}"])
def test_an_address_that_cannot_work_is_named_at_the_start(url: str) -> None:
    """The app does not start with it, and does not repeat it."""
    with pytest.raises(SettingsError) as caught:
        build(GOOD | {"HEARTBEAT_URL": url})
    assert "HEARTBEAT_URL" in str(caught.value)
    assert SECRET not in str(caught.value)
