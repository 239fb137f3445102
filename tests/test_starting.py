"""What an address that Key Vault did not give costs: its own channel, and never the app."""

from __future__ import annotations

import json
import logging

import pytest
from msgspec.structs import replace

from correlator.channels import Pace
from correlator.errors import SendFailed, SettingsError
from correlator.heartbeat import beat
from correlator.notification import Moment, Notification, Parked
from correlator.settings.channels import UNRESOLVED, no_address
from correlator.starting import startable
from correlator.wiring import NEEDED, App, build, open_channels
from correlator.wording import LANGUAGES, Style
from tests.test_wiring import NOBODY_LISTENS, Installed
from tests.timeline import clock

SECRET = "kv-secret-name"
REFERENCE = f"@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/{SECRET})"
SOUND = {
    "WORKSPACE_IDS": "one,two",
    "TABLES_ENDPOINT": "https://t.example",
    "TEAMS_WEBHOOK_URL": NOBODY_LISTENS,
    "ALLOW_PRIVATE_WEBHOOKS": "1",
}


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("SLACK_WEBHOOK_URL", "slack_webhook_url"),
        ("EVENTS_WEBHOOK_URL", "events_webhook_url"),
        ("EVENTS_WEBHOOK_SECRET", "events_webhook_url"),
        ("HEARTBEAT_URL", "heartbeat_url"),
    ],
)
def test_the_app_starts_without_one_address(name: str, address: str, caplog: pytest.LogCaptureFixture) -> None:
    """The setting is named as an unresolved reference in the log, what it says shows nowhere, and the app starts.

    Without its keys no event goes out: an unsigned one would be refused, or worse, believed.
    """
    given = SOUND | {"EVENTS_WEBHOOK_URL": "https://events.example/hook", name: REFERENCE}
    settings = build(given).settings
    assert getattr(settings, address) == no_address(name)
    (line,) = (r.getMessage() for r in caplog.records if r.levelno == logging.ERROR)
    assert line.startswith(f"{name} {UNRESOLVED}")
    assert SECRET not in line + repr(settings) + repr(open_channels(settings, Style()))


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("EVENTS_WEBHOOK_URL_A", {"events-a"}),
        ("EVENTS_WEBHOOK_SECRET_A", {"events-a"}),
        ("EVENTS_WEBHOOK_SECRET", {"events-b"}),  # events-a has keys of its own
    ],
)
def test_channels_with_names_start_alike(name: str, lost: set[str]) -> None:
    """Each costs itself alone, keeps its rules, language and place, and is never unsigned instead of signed."""
    hook, keys = "https://events.example/hook", "whsec_" + "a" * 32
    given = SOUND | {
        "EVENTS_WEBHOOK_URL_A": hook, "EVENTS_WEBHOOK_URL_B": hook, "EVENTS_WEBHOOK_SECRET": keys,
        "EVENTS_WEBHOOK_SECRET_A": keys, "EVENTS_LANGUAGE_A": "ja", "ROUTES": "events-a: azure; events-b: remote",
    }  # fmt: skip
    settings = startable(given | {name: REFERENCE}, NEEDED)
    assert {c for c, url in settings.channels.items() if url != hook and c != "teams"} == lost
    assert [settings.channels[c] for c in lost] == [no_address(name)]
    assert ([r.channel for r in settings.routes], settings.language_of("events-a")) == (["events-a", "events-b"], "ja")
    assert open_channels(settings, Style()).keys() == {"teams", "events-a", "events-b"}


def test_keys_without_an_address_make_no_channel() -> None:
    """Where nobody takes events, their keys matter to nobody."""
    assert startable(SOUND | {"EVENTS_WEBHOOK_SECRET": REFERENCE}, NEEDED).events_webhook_url == ""


@pytest.mark.parametrize("name", ["TEAMS_WEBHOOK_URL", "TABLES_ENDPOINT", "WORKSPACE_IDS", "DOWN_AFTER"])
def test_nothing_starts_without_what_it_needs(name: str) -> None:
    """The only channel, or a setting that is no address: the app stops with a line that names it."""
    with pytest.raises(SettingsError) as caught:
        startable(SOUND | {name: REFERENCE}, NEEDED)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{name} {UNRESOLVED}")
    assert SECRET not in problem


def test_such_a_channel_is_parked_and_un_parked(caplog: pytest.LogCaptureFixture) -> None:
    """It counts as an address that refuses everything: one line, once. A real one is another address."""
    caplog.set_level(logging.INFO, "correlator")
    there = Installed()
    there.settings = replace(there.settings, slack_webhook_url=no_address("SLACK_WEBHOOK_URL"))
    there.app = App(there.settings, there.log, there.azure, there.tables, pace=Pace(gap=0.0))
    for minute in ("16:05", "16:10", "16:15"):
        there.poll(clock(minute))
    lines = [json.loads(r.getMessage()) for r in caplog.records if r.getMessage().startswith("{")]
    (parked,) = (line for line in lines if line["event"] == "channel-parked")
    assert (parked["channel"], parked["why"]) == ("slack", f"SLACK_WEBHOOK_URL {UNRESOLVED}")
    unresolved = open_channels(there.settings, Style())["slack"]
    mended = open_channels(replace(there.settings, slack_webhook_url=NOBODY_LISTENS), Style())["slack"]
    assert parked["address"] == unresolved.address != mended.address
    with pytest.raises(SendFailed) as failed:
        unresolved.send({})
    assert failed.value.permanent


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_other_channels_say_what_to_do(language: str) -> None:
    """The cure is the vault's, and not a new webhook."""
    told = Notification(Moment.PARKED, clock("16:05"), parked=Parked("events", f"EVENTS_WEBHOOK_SECRET {UNRESOLVED}"))
    settings = startable(SOUND, NEEDED)
    body = json.dumps(open_channels(settings, Style(language))["teams"].render(told), ensure_ascii=False)
    assert "Key Vault Secrets User" in body
    assert "EVENTS_WEBHOOK_SECRET" in body
    assert "EVENTS_WEBHOOK_URL" not in body


def test_no_sign_of_life_is_a_line(caplog: pytest.LogCaptureFixture) -> None:
    """Without the watcher's address nothing is called, and polls go on: the watcher rings."""
    beat(no_address("HEARTBEAT_URL"), False)
    assert f"heartbeat: HEARTBEAT_URL {UNRESOLVED}" in caplog.text
