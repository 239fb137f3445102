"""One POST over real HTTP: nothing followed, nothing repeated, and the address never shown."""

from __future__ import annotations

import logging
import socket
import traceback
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from correlator.channels._post import Answer, check_url, post
from correlator.errors import SendFailed

SECRET = "sig-5up3r53cr3t"


def address(server: HTTPServer) -> str:
    return server.url_for(f"/workflows/{SECRET}?sig={SECRET}")


def everything_about(failure: BaseException) -> str:
    """What any log could show of an exception: its text, repr, arguments, traceback, causes and contexts."""
    parts = ["".join(traceback.format_exception(failure))]
    seen: BaseException | None = failure
    while seen:
        parts += [repr(seen), str(seen), repr(seen.args), repr(vars(seen))]
        seen = seen.__cause__ or seen.__context__
    return "\n".join(parts)


def test_the_body_arrives_as_json(httpserver: HTTPServer) -> None:
    """One request with the body as JSON; status and text come back."""
    httpserver.expect_oneshot_request("/hook", method="POST", json={"text": "復旧"}).respond_with_data("ok")
    assert post(httpserver.url_for("/hook"), {"text": "復旧"}, allow_private=True) == Answer(200, "ok", 0.0)


def test_a_redirect_is_not_followed(httpserver: HTTPServer) -> None:
    """The body goes to the configured address or nowhere."""
    httpserver.expect_oneshot_request("/hook").respond_with_data(status=307, headers={"Location": "/other"})
    assert post(httpserver.url_for("/hook"), {}, allow_private=True).status == 307
    assert [request.path for request, _ in httpserver.log] == ["/hook"]


def test_nothing_is_repeated(httpserver: HTTPServer) -> None:
    """A failure is answered once; when to try again is the outbox's business."""
    httpserver.expect_request("/hook").respond_with_data(status=503)
    assert post(httpserver.url_for("/hook"), {}, allow_private=True).status == 503
    assert len(httpserver.log) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("Fri, 21 Aug 2026 17:14:04 GMT", 60.0), ("soon", 0.0), ("-5", 0.0), ("", 0.0)],
)
def test_retry_after_is_read_in_seconds(httpserver: HTTPServer, header: str, seconds: float) -> None:
    """Seconds or a date (counted from the answer's own Date); anything else is no wish."""

    def answer(request: Request) -> Response:
        return Response("", 429, {"Retry-After": header, "Date": "Fri, 21 Aug 2026 17:13:04 GMT"})

    httpserver.expect_request("/hook").respond_with_handler(answer)
    got = post(httpserver.url_for("/hook"), {}, allow_private=True)
    # The server may put its own Date first, so a date is only known to be read as one.
    assert got.retry_after == seconds or (seconds == 60.0 and got.retry_after >= 0.0)


def test_a_long_answer_is_cut(httpserver: HTTPServer) -> None:
    """An answer is read for its first words only."""
    httpserver.expect_request("/hook").respond_with_data("x" * 1_000_000)
    assert len(post(httpserver.url_for("/hook"), {}, allow_private=True).text) <= 2000


def test_private_addresses_are_refused(httpserver: HTTPServer) -> None:
    """A webhook that resolves to this machine or its network is not called."""
    for host in (
        "localhost", "127.0.0.1", "[::1]", "10.0.0.5", "169.254.169.254", "[::ffff:10.0.0.5]", "100.64.0.1",
        "168.63.129.16", "[fec0::5]", "[::10.0.0.5]", "[64:ff9b::a00:5]", "[2002:a00:5::]",
    ):  # fmt: skip
        with pytest.raises(SendFailed, match="private address") as caught:
            post(f"https://{host}:{httpserver.port}/{SECRET}", {})
        assert caught.value.permanent
        assert SECRET not in everything_about(caught.value)
    assert httpserver.log == []


def test_a_name_that_leads_elsewhere_when_it_is_called_is_refused(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is public when it is checked and private when it is called gets no byte (DNS rebinding)."""
    public = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("1.1.1.1", 443))]
    asked: list[str] = []
    real = socket.getaddrinfo

    def rebinding(host: str, *rest: Any, **more: Any) -> Any:
        asked.append(host)
        return public if len(asked) == 1 else real("127.0.0.1", *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with socket.create_server(("127.0.0.1", 0)) as inside:
        with pytest.raises(SendFailed, match="private address") as caught:
            post(f"https://hooks.example.com:{inside.getsockname()[1]}/{SECRET}", {}, timeout=(1, 1))
        taken, _ = inside.accept()
        with taken:
            assert taken.recv(1) == b"", "a byte was sent to a private address"
    assert len(asked) == 2
    assert caught.value.permanent
    assert SECRET not in everything_about(caught.value)


def test_only_what_was_sent_may_have_arrived() -> None:
    """A connection that never came about cannot have delivered; one without an answer can."""
    with pytest.raises(SendFailed) as refused:
        post(f"http://127.0.0.1:{closed_port()}/", {}, allow_private=True)
    assert not refused.value.ambiguous
    with pytest.raises(SendFailed) as unknown:
        post("https://no-such-host.invalid/", {}, allow_private=True)
    assert not unknown.value.ambiguous
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(SendFailed) as hanging:
        post(f"http://127.0.0.1:{silent.getsockname()[1]}/", {}, timeout=(1, 0.1), allow_private=True)
    assert hanging.value.ambiguous


def test_plain_http_is_refused() -> None:
    """A secret address is not sent in the clear."""
    with pytest.raises(SendFailed) as caught:
        post(f"http://hooks.example.com/{SECRET}", {})
    assert caught.value.permanent
    assert SECRET not in everything_about(caught.value)


def test_a_silent_receiver_is_given_up() -> None:
    """No answer in time is a failure that may pass; the run is not held up by a receiver that hangs."""
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(SendFailed, match="did not answer") as caught:
        post(f"http://127.0.0.1:{silent.getsockname()[1]}/{SECRET}", {}, timeout=(1, 0.1), allow_private=True)
    assert not caught.value.permanent
    assert not caught.value.refused
    assert SECRET not in everything_about(caught.value)


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "127.0.0.1:{port}:9", "no-such-host.invalid", "x" * 70 + ".com"])
def test_no_failure_shows_the_path_or_the_query(host: str, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the exception, nor anything it leads back to, nor any log line holds more than the host."""
    caplog.set_level(logging.DEBUG)
    url = f"https://{host.format(port=closed_port())}/workflows/{SECRET}?sig={SECRET}"
    with pytest.raises(SendFailed) as caught:
        post(url, {}, timeout=(2, 2), allow_private=True)
    assert SECRET not in everything_about(caught.value)
    assert SECRET not in caplog.text


def test_no_log_line_shows_the_address(httpserver: HTTPServer, caplog: pytest.LogCaptureFixture) -> None:
    """The HTTP library would log every address at DEBUG."""
    caplog.set_level(logging.DEBUG)
    httpserver.expect_request(f"/workflows/{SECRET}").respond_with_data(status=404)
    assert post(address(httpserver), {}, allow_private=True).status == 404
    logged = [r for r in caplog.records if not r.name.startswith("werkzeug")]
    assert not any(SECRET in r.getMessage() for r in logged)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://prod-01.japaneast.logic.azure.com:443/workflows/1/triggers/manual/paths/invoke?sig=x", None),
        ("https://default1.aa.environment.api.powerplatform.com:443/powerautomate/x?sig=y", None),
        ("https://hooks.slack.com/services/T/B/x", None),
        ("https://relay.contoso.example/hook", None),
        ("https://contoso.webhook.office.com/webhookb2/x", "retired"),
        ("https://webhook.office.com/x", "retired"),
        ("http://hooks.slack.com/services/T/B/x", "https"),
        ("hooks.slack.com/services", "https"),
        ("https:///x", "no host"),
        ("https://[", "not a URL"),
        ("https://a:b@hooks.slack.com/x", "user name"),
        ("", "https"),
    ],
)
def test_an_address_is_checked_before_it_is_used(url: str, problem: str | None) -> None:
    """What cannot work is named at start; an unknown https host is fine, since hosts of webhooks change."""
    found = check_url(url)
    assert found is None if problem is None else found and problem in found and "webhookb2" not in found
