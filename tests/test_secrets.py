"""A webhook's address is a secret: whatever goes wrong, it shows in no log line, failure, table or repr."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from correlator.channels import Events, Slack, Teams
from correlator.errors import CorrelatorError, SettingsError
from correlator.poll import poll
from correlator.stores.memory import MemoryTables
from correlator.stores.store import TableStore
from correlator.wiring import line_of
from correlator.wording import Style
from tests.channels.test_post import closed_port, everything_about
from tests.fakes import ScriptedLog
from tests.test_poll import MAINTENANCE, POLICY, UP, WS, when

PATH, SIGNATURE = "workflows-5ecret-path", "5ecret-signature"
SECRETS = (PATH, SIGNATURE)


def address(server: HTTPServer) -> str:
    return server.url_for(f"/{PATH}/invoke?sig={SIGNATURE}")


def answering(status: int, body: str = "", **headers: str) -> Callable[[HTTPServer], str]:
    def begin(server: HTTPServer) -> str:
        server.expect_request(f"/{PATH}/invoke").respond_with_data(body, status=status, headers=headers)
        return address(server)

    return begin


def dropping(server: HTTPServer) -> str:
    def drop(_: object) -> Response:
        raise ConnectionResetError

    server.expect_request(f"/{PATH}/invoke").respond_with_handler(drop)
    return address(server)


def refusing(_: HTTPServer) -> str:
    return f"http://127.0.0.1:{closed_port()}/{PATH}/invoke?sig={SIGNATURE}"


def unknown(_: HTTPServer) -> str:
    return f"https://no-such-host.invalid/{PATH}/invoke?sig={SIGNATURE}"


def plain(server: HTTPServer) -> str:
    """TLS is asked of a server that speaks none."""
    return address(server).replace("http://", "https://")


FAULTS = {
    "400 that repeats the address": answering(400, f"bad request to /{PATH}/invoke?sig={SIGNATURE}"),
    "401": answering(401),
    "404": answering(404, f"no workflow {PATH}"),
    "410": answering(410),
    "413": answering(413),
    "429": answering(429, **{"Retry-After": "30"}),
    "500 that repeats the address": answering(500, f"<html>{PATH} {SIGNATURE}</html>"),
    "302": answering(302, Location=f"https://elsewhere.example/{PATH}?sig={SIGNATURE}"),
    "dropped": dropping,
    "refused": refusing,
    "unknown host": unknown,
    "no TLS": plain,
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", [Teams, Slack, Events])
def test_no_fault_shows_the_address(
    fault: str, kind: type[Teams] | type[Slack] | type[Events], httpserver: HTTPServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Logs at every level, the poll's line, the tables and every repr are free of path and query, over a day."""
    caplog.set_level(logging.DEBUG)
    channel = kind(FAULTS[fault](httpserver), Style(), allow_private=True)
    other = kind(address(httpserver) + "-other", Style(), allow_private=True)
    log, tables = ScriptedLog([*UP, *MAINTENANCE], when("00:30:00")), MemoryTables()
    store = TableStore(tables, Style())
    lines: list[str] = []
    for time in ("00:30:00", "17:20:00", "17:30:00", "18:40:00"):
        log.now = when(time)
        report = poll(WS, log, store, {channel.name: channel, "other": other}, POLICY)
        lines += [line_of("poll", report), repr(report)]
    seen = "\n".join(
        [
            *lines,
            repr(channel),
            channel.address,
            repr(store.read(WS)),
            repr(tables._rows),
            *(r.getMessage() for r in caplog.records if not r.name.startswith("werkzeug")),
            *(str(r.exc_info) for r in caplog.records),
        ]
    )
    assert not [secret for secret in SECRETS if secret in seen]
    assert report.failures or httpserver.log, "the fault was met"


@pytest.mark.parametrize("fault", FAULTS)
def test_no_failure_leads_to_the_address(fault: str, httpserver: HTTPServer) -> None:
    """The exception itself, its arguments, its causes and its traceback hold no more than the host."""
    channel = Slack(FAULTS[fault](httpserver), Style(), allow_private=True)
    with pytest.raises(CorrelatorError) as caught:
        channel.send({})
    assert not [secret for secret in SECRETS if secret in everything_about(caught.value)]


@pytest.mark.parametrize(
    "url", ["http://{0}", "https://u:{0}@host/{0}", "https://[{0}", "https://x.webhook.office.com/{0}"]
)
def test_no_settings_error_shows_the_address(url: str) -> None:
    """An address that cannot be used is named by its setting."""
    with pytest.raises(SettingsError) as caught:
        Teams(url.format(SIGNATURE), Style())
    assert SIGNATURE not in everything_about(caught.value)


def test_the_fingerprint_tells_addresses_apart_and_nothing_else() -> None:
    """Two addresses differ, one is always the same, and eight digits of a hash lead back to none."""
    one, two = (Slack(f"https://hooks.slack.com/{n}", Style()).address for n in "ab")
    assert one == Slack("https://hooks.slack.com/a", Style()).address
    assert one != two
    assert len(one) == 8
