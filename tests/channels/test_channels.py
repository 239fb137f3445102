"""What an answer means: done, another body, another time, or never again. Told apart for the outbox."""

from __future__ import annotations

import pytest
from pytest_httpserver import HTTPServer

from correlator.channels import CHANNELS, Slack, Teams
from correlator.errors import SendFailed, SettingsError
from tests.channels.composed import EN, NIGHTS

REFUSED, PERMANENT, TRANSIENT = "refused", "permanent", "transient"
TEAMS = [(400, REFUSED), (413, REFUSED), (401, PERMANENT), (403, PERMANENT), (404, PERMANENT), (410, PERMANENT)]
TEAMS += [(302, TRANSIENT), (408, TRANSIENT), (429, TRANSIENT), (500, TRANSIENT), (503, TRANSIENT)]
SLACK = [
    (400, "invalid_blocks", REFUSED),
    (400, "invalid_payload", REFUSED),
    (400, "something new", REFUSED),
    (413, "", REFUSED),
    (400, "invalid_token", PERMANENT),
    (401, "", PERMANENT),
    (403, "invalid_token", PERMANENT),
    (403, "action_prohibited", PERMANENT),
    (404, "no_service", PERMANENT),
    (404, "channel_not_found", PERMANENT),
    (410, "channel_is_archived", PERMANENT),
    (429, "", TRANSIENT),
    (500, "rollup_error", TRANSIENT),
]


def kind(failure: SendFailed) -> str:
    assert not (failure.refused and failure.permanent)
    return REFUSED if failure.refused else PERMANENT if failure.permanent else TRANSIENT


@pytest.mark.parametrize("name", CHANNELS)
@pytest.mark.parametrize("status", [200, 202])
def test_any_2xx_is_done(name: str, status: int, httpserver: HTTPServer) -> None:
    """Teams says 202, some flows 200, Slack 200: all mean accepted. Exactly one request is made."""
    httpserver.expect_request("/hook").respond_with_data("ok", status=status)
    channel = CHANNELS[name][1](httpserver.url_for("/hook"), EN, True)
    channel.send(channel.render(NIGHTS["recovered_maintenance"]()))
    assert len(httpserver.log) == 1


@pytest.mark.parametrize(("status", "expected"), TEAMS)
def test_teams_answers(status: int, expected: str, httpserver: HTTPServer) -> None:
    """Each answer of a Workflows webhook is told apart by what can help."""
    httpserver.expect_request("/hook").respond_with_data("", status=status, headers={"Retry-After": "9"})
    with pytest.raises(SendFailed) as caught:
        Teams(httpserver.url_for("/hook"), EN, True).send({})
    assert kind(caught.value) == expected
    assert caught.value.retry_after == 9.0
    assert str(caught.value) == f"Teams at localhost answered {status}"


@pytest.mark.parametrize(("status", "word", "expected"), SLACK)
def test_slack_answers(status: int, word: str, expected: str, httpserver: HTTPServer) -> None:
    """Slack's own word for the problem goes before the status, and is shown where it is one."""
    httpserver.expect_request("/hook").respond_with_data(word, status=status)
    with pytest.raises(SendFailed) as caught:
        Slack(httpserver.url_for("/hook"), EN, True).send({})
    assert kind(caught.value) == expected
    assert (word in str(caught.value)) is (" " not in word)


@pytest.mark.parametrize("name", CHANNELS)
def test_the_address_does_not_show(name: str, httpserver: HTTPServer) -> None:
    """Neither repr nor the failure of a channel holds its path or query."""
    channel = CHANNELS[name][1](httpserver.url_for("/s3cr3t?sig=s3cr3t"), EN, True)
    httpserver.expect_request("/s3cr3t").respond_with_data("s3cr3t", status=500)
    with pytest.raises(SendFailed) as caught:
        channel.send({})
    assert "s3cr3t" not in repr(channel) + repr(caught.value) + str(caught.value)


@pytest.mark.parametrize("name", CHANNELS)
def test_a_retired_connector_is_refused_at_start(name: str) -> None:
    """Office 365 connectors are gone: the setting is named, the way out is told, the address is not shown."""
    setting, make = CHANNELS[name]
    with pytest.raises(SettingsError, match=f"{setting}: .*Workflows") as caught:
        make("https://contoso.webhook.office.com/webhookb2/s3cr3t", EN)
    assert "s3cr3t" not in str(caught.value)
