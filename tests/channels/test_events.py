"""Events: valid CloudEvents 1.0, signed as Standard Webhooks says, short enough to be forwarded, one id a message."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from msgspec.structs import replace
from pytest_httpserver import HTTPServer

from correlator.channels import Events, events
from correlator.errors import SendFailed
from correlator.model import Incident
from correlator.notification import Moment, Notification
from correlator.settings import Settings
from correlator.wording import Style
from tests.channels.composed import EN, JA, NIGHTS
from tests.channels.test_sizes import START, STYLES, incidents

TEXT = {"type": "string", "minLength": 1}
_CLOUD_EVENT = {
    "type": "object",
    "required": ["specversion", "id", "source", "type"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": TEXT,
        "source": TEXT | {"format": "uri-reference"},
        "type": TEXT,
        "subject": TEXT,
        "time": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"},
        "datacontenttype": {"const": "application/json"},
        "dataschema": TEXT | {"format": "uri"},
        "data": {"type": "object", "required": ["moment", "number"]},
    },
    "propertyNames": {"pattern": "^[a-z0-9]{1,20}$"},
}
"""Structured mode, by the specification (cloudevents/spec, v1.0): attribute names are lower-case letters and digits."""
_INCIDENT = json.loads((Path(__file__).parents[2] / "docs" / "incident.schema.json").read_text(encoding="utf-8"))
CLOUD_EVENT, INCIDENT = Draft202012Validator(_CLOUD_EVENT), Draft202012Validator(_INCIDENT)
KEYS = (b"k" * 32, b"l" * 24)
SECRETS = " ".join(f"whsec_{base64.b64encode(key).decode()}" for key in KEYS)


def verified(headers: Any, body: bytes, key: bytes, now: float) -> Any:
    """The event, as a receiver takes it by the Standard Webhooks specification; raises AssertionError."""
    assert abs(now - int(headers["webhook-timestamp"])) < 300, "too old or too new"
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given_here = [v.split(",", 1) for v in headers["webhook-signature"].split(" ")]
    assert any(version == "v1" and hmac.compare_digest(value, expected) for version, value in given_here)
    return json.loads(body)


def now() -> float:
    return time.time()  # noqa: TID251  a receiver has a clock


@pytest.mark.parametrize("style", [EN, JA], ids=["en", "ja"])
@pytest.mark.parametrize("night", NIGHTS)
def test_every_moment_is_a_valid_cloud_event(night: str, style: Style) -> None:
    """Each is valid by the specification; what tells of an incident holds the public incident object."""
    n = NIGHTS[night]()
    for event in (events.render(n, style), events.render_plain(n, style)):
        CLOUD_EVENT.validate(event)
        assert event["data"]["moment"] == n.moment.value
        if n.incident:
            told = {k: v for k, v in event["data"].items() if k not in ("moment", "number", "headline", "also")}
            INCIDENT.validate(told)
            assert event["subject"] == told["id"]


def test_a_message_has_one_id_and_no_other_has_it() -> None:
    """Rendered again for another try it is the same; of all composed nights and their updates no two share one."""
    n = NIGHTS["recovered_maintenance"]()
    others = [replace(n, number=2), replace(n, at=n.at + timedelta(seconds=1)), replace(n, moment=Moment.REOPENED)]
    others += [make() for name, make in NIGHTS.items() if "parked" in name or "missed" in name or "w" in name[:1]]
    ids = [events.render(told, EN)["id"] for told in (n, *others)]
    assert ids == [events.render_plain(told, JA)["id"] for told in (n, *others)]
    assert len(set(ids)) == len({o.subject for o in others[3:]}) + 4
    assert not any("." in i for i in ids)


def test_every_key_signs(httpserver: HTTPServer) -> None:
    """While keys are changed, a receiver with either of them can verify; a body that was touched it refuses."""
    httpserver.expect_request("/hook").respond_with_data("")
    channel = Events(httpserver.url_for("/hook"), EN, True, keys=KEYS)
    event = channel.render(NIGHTS["recovered_maintenance"]())
    channel.send(event)
    ((request, _),) = httpserver.log
    assert request.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert request.headers["webhook-id"] == event["id"]
    for key in KEYS:
        assert verified(request.headers, request.data, key, now()) == event
        with pytest.raises(AssertionError):
            verified(request.headers, request.data + b" ", key, now())
    with pytest.raises(AssertionError):
        verified(request.headers, request.data, b"m" * 32, now())


def test_a_message_that_waited_is_signed_for_the_time_of_its_try(httpserver: HTTPServer) -> None:
    """The composed night is long ago, and a receiver that refuses what is older than five minutes takes it."""
    httpserver.expect_request("/hook").respond_with_data("")
    channel = Events(httpserver.url_for("/hook"), EN, True, keys=KEYS)
    for _ in range(2):
        channel.send(channel.render(NIGHTS["still_down"]()))
    (first, _), (second, _) = httpserver.log
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    verified(second.headers, second.data, KEYS[0], now())
    with pytest.raises(AssertionError, match="too old"):
        verified(second.headers, second.data, KEYS[0], now() + 600)


def test_the_code_of_the_docs_verifies(httpserver: HTTPServer) -> None:
    """What docs/messages.md tells receivers to run takes an event as it was sent, and no other."""
    page = (Path(__file__).parents[2] / "docs" / "messages.md").read_text(encoding="utf-8")
    told: dict[str, Any] = {}
    exec(page.partition("```python\n")[2].partition("```")[0], told)
    httpserver.expect_request("/hook").respond_with_data("")
    channel = Events(httpserver.url_for("/hook"), EN, True, keys=KEYS)
    channel.send(channel.render(NIGHTS["recovered_maintenance"]()))
    ((request, _),) = httpserver.log
    for secret in SECRETS.split():
        assert told["verify"](request.headers, request.data, secret)
        assert not told["verify"](request.headers, request.data + b" ", secret)
    stranger = "whsec_" + base64.b64encode(b"m" * 32).decode()
    assert not told["verify"](request.headers, request.data, stranger)


def test_the_signature_is_the_one_of_the_specification() -> None:
    """The example of the specification's reference libraries, digit for digit."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    found = events.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, [key])
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_without_keys_nothing_is_signed_and_nothing_shows_a_key(httpserver: HTTPServer) -> None:
    """The signature is absent; neither repr nor a failure holds a key or the address."""
    httpserver.expect_request("/hook").respond_with_data("", status=500)
    url = httpserver.url_for("/hook")
    with pytest.raises(SendFailed) as caught:
        Events(url, EN, True).send({"id": "x"})
    assert "webhook-signature" not in httpserver.log[0][0].headers
    signed = Events(url, EN, True, keys=KEYS)
    shown = repr(signed) + str(caught.value) + repr(Settings.read({"EVENTS_WEBHOOK_SECRET": SECRETS}))
    assert "/hook" not in shown
    assert "kkkk" not in shown
    assert not any(secret[6:] in shown for secret in SECRETS.split())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(incidents(), STYLES)
def test_any_event_is_short_and_says_what_it_leaves_out(made: tuple[Incident, dict[str, str]], language: str) -> None:
    """At most 20,000 bytes whatever the log holds; outages that are left out are counted, and the verdict stays."""
    incident, sites = made
    n = Notification(Moment.RECOVERED, START + timedelta(hours=2), incident, 3)
    event = events.render(n, Style(language, "Asia/Tokyo", sites))
    assert events.size(event) <= events.LIMIT
    CLOUD_EVENT.validate(event)
    data = event["data"]
    assert len(data["outages"]) + data.get("outages_omitted", 0) == len(incident.outages)
    assert data["cause"]["code"] == incident.finding.cause.value
    assert events.size(events.render_plain(n, Style(language, "Asia/Tokyo", sites))) <= events.LIMIT
