"""Messages kept in order, and what can go wrong on the way."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from sandbox.faults import answer_lost, dropped, refused, slow_to_accept, slow_to_answer, throttled
from sandbox.receiver import Receiver


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    """A receiver whose page is not built."""
    with Receiver(tmp_path / "dist") as service:
        yield service


def post(receiver: Receiver, path: str, body: object, timeout: float = 10) -> requests.Response:
    """Send a message."""
    return requests.post(receiver.url + path, json=body, timeout=timeout)


@pytest.mark.parametrize(("path", "status", "text"), [("/teams", 202, ""), ("/slack", 200, "ok"), ("/events", 200, "")])
def test_each_path_answers_as_its_service(receiver: Receiver, path: str, status: int, text: str) -> None:
    """Teams says 202 and nothing, Slack 200 and ok."""
    answer = post(receiver, path, {"n": 1})
    assert (answer.status_code, answer.text) == (status, text)
    assert receiver.bodies(path) == [{"n": 1}]


def test_messages_keep_their_order(receiver: Receiver) -> None:
    """All messages are numbered in order of arrival, whatever their path, and readable over HTTP."""
    for path in ("/slack", "/teams", "/slack"):
        post(receiver, path, {"to": path})
    shown = requests.get(f"{receiver.url}/messages.json", timeout=10).json()
    assert [(each["n"], each["channel"]) for each in shown] == [(1, "slack"), (2, "teams"), (3, "slack")]
    assert all(set(each) == {"n", "channel", "at", "body"} for each in shown)
    assert shown[1]["body"] == {"to": "/teams"}


def test_a_message_keeps_the_time_of_the_show(receiver: Receiver) -> None:
    """A message bears the time of the clock that the receiver was given, not the machine's."""
    receiver.clock = lambda: datetime(2026, 8, 21, 17, 13, 4, tzinfo=UTC)
    post(receiver, "/teams", {})
    (shown,) = requests.get(f"{receiver.url}/messages.json", timeout=10).json()
    assert shown["at"] == "2026-08-21T17:13:04+00:00"


def test_an_unknown_path_is_404_and_keeps_nothing(receiver: Receiver) -> None:
    """A webhook that is not there receives nothing."""
    assert post(receiver, "/other", {}).status_code == 404
    assert receiver.messages == []


def test_a_body_that_is_not_json_is_kept_as_text(receiver: Receiver) -> None:
    """Whatever is sent is kept."""
    requests.post(f"{receiver.url}/events", data="plain ✓".encode(), timeout=10)
    assert receiver.bodies("/events") == ["plain ✓"]


def test_a_refused_message_is_not_kept(receiver: Receiver) -> None:
    """A refusal means not delivered; the next message is."""
    receiver.fail_next(throttled(retry_after=7), refused(500))
    assert post(receiver, "/teams", 1).headers["Retry-After"] == "7"
    assert post(receiver, "/teams", 2).status_code == 500
    assert post(receiver, "/teams", 3).status_code == 202
    assert receiver.bodies("/teams") == [3]


def test_faults_are_queued_by_path(receiver: Receiver) -> None:
    """A fault queued for one path waits for it and leaves the others alone."""
    receiver.fail_next(refused(503), path="/slack")
    assert post(receiver, "/teams", 1).status_code == 202
    assert post(receiver, "/slack", 2).status_code == 503


def test_a_lost_answer_is_not_a_lost_message(receiver: Receiver) -> None:
    """A dropped connection loses the message; a lost answer does not, though the sender cannot tell them apart."""
    receiver.fail_next(dropped(), answer_lost())
    for body in (1, 2):
        with pytest.raises(requests.ConnectionError):
            post(receiver, "/teams", body)
    assert receiver.bodies("/teams") == [2]


def test_a_slow_answer_has_received(receiver: Receiver) -> None:
    """The sender gives up; slow to answer has kept the message by then, slow to accept has not."""
    receiver.fail_next(slow_to_answer(60), slow_to_accept(60))
    for body in (1, 2):
        with pytest.raises(requests.ReadTimeout):
            post(receiver, "/teams", body, timeout=0.2)
    assert receiver.bodies("/teams") == [1]


def test_incidents_come_from_the_hook(receiver: Receiver) -> None:
    """/incidents.json is whatever the hook reads at that moment; nothing without one."""
    assert requests.get(f"{receiver.url}/incidents.json", timeout=10).json() == []
    receiver.incidents = lambda: [{"id": "a"}]
    assert requests.get(f"{receiver.url}/incidents.json", timeout=10).json() == [{"id": "a"}]


def test_the_report_comes_from_its_hook(receiver: Receiver) -> None:
    """/report is the page that the hook makes, not found without one."""
    receiver.report = lambda: "<h1>所在</h1>"
    answer = requests.get(f"{receiver.url}/report", timeout=10)
    assert (answer.text, answer.headers["Content-Type"]) == ("<h1>所在</h1>", "text/html; charset=utf-8")


def test_a_page_not_built_says_so(receiver: Receiver) -> None:
    """Without the built page there is a plain sentence instead of an error."""
    answer = requests.get(receiver.url, timeout=10)
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "not built" in answer.text


def test_the_page_is_served_and_nothing_beside_it(tmp_path: Path) -> None:
    """Files of the page's folder are served with their type; a path out of it is not."""
    (tmp_path / "secret").write_text("no")
    page = tmp_path / "dist"
    page.mkdir()
    (page / "index.html").write_text("<p>hello")
    (page / "page.js").write_text("1")
    with Receiver(page) as receiver:
        assert requests.get(receiver.url, timeout=10).text == "<p>hello"
        assert "javascript" in requests.get(f"{receiver.url}/page.js", timeout=10).headers["Content-Type"]
        for path in ("/%2e%2e/secret", "/missing", f"/{tmp_path}/secret"):
            assert requests.get(receiver.url + path, timeout=10).status_code == 404
