"""The settings table: every problem at once, by name, in words, and never a secret."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlator.delivery import Report
from correlator.errors import CorrelatorError, SettingsError
from correlator.settings import SETTINGS, Settings
from correlator.sites import Site
from correlator.summary import BusinessHours, MonthlyTime, WeeklyTime
from correlator.wiring import NEEDED, build, line_of, open_channels, style_of
from tests.fakes import at

SECRET = "c2lnbmF0dXJlLW9mLWEtd2ViaG9vaw"
GOOD = {
    "WORKSPACE_IDS": "11111111-1111-1111-1111-111111111111",
    "TABLES_ENDPOINT": "https://account.table.core.windows.net",
    "TEAMS_WEBHOOK_URL": f"https://prod.logic.azure.com/workflows/x?sig={SECRET}",
}
BAD = {
    "POLL_SCHEDULE": "*/5 * * * *",
    "WEEKLY_AT": "MONDAY 9",
    "TIMEZONE": "Tokyo",
    "MESSAGE_LANGUAGE": "fr",
    "DOWN_AFTER": "soon",
    "SITES": "203.0.113.10",
    "REASONS": "gremlins=blame",
    "MAINTENANCE_WINDOW": "12m",
    "ALLOW_PRIVATE_WEBHOOKS": "maybe",
}
FULL = Site("osaka", "N-123", "+81 6 0000 0000", "network team", "https://wiki.example/osaka?x=1")
SECRETS = [s.name for s in SETTINGS if s.secret]


def _two(first: str, second: str) -> dict[str, Site]:
    return {"203.0.113.10": Site(first), "198.51.100.7": Site(second)}


def problems(environment: dict[str, str], needed: tuple[str, ...] = ()) -> tuple[str, ...]:
    """What is wrong."""
    with pytest.raises(SettingsError) as caught:
        Settings.read(environment, needed)
    assert "\n" not in str(caught.value)
    return caught.value.problems


def test_an_empty_environment_has_every_default() -> None:
    """Unset and empty settings have their defaults, and nothing that is not needed is missing."""
    found = Settings.read({})
    assert found == Settings.read(dict.fromkeys([s.name for s in SETTINGS], " "))
    assert (found.down_after, found.weekly_at, found.timezone) == (timedelta(minutes=10), WeeklyTime(0, 9, 0), "UTC")
    assert (found.message_language, found.allow_private_webhooks, found.workspace_ids) == ("en", False, ())


def test_every_setting_has_a_name_a_help_and_a_readable_default() -> None:
    """Each setting is in capitals, unique, explained, and its own default can be read."""
    names = [s.name for s in SETTINGS]
    assert len(set(names)) == len(names)
    for setting in SETTINGS:
        assert setting.name == setting.name.upper()
        assert len(setting.help) > 10
        setting.read(setting.default)


def test_all_problems_at_once() -> None:
    """Every setting that cannot be read and every one that is missing is named in one error."""
    found = problems(BAD, NEEDED)
    assert len(found) == len(BAD) + len(NEEDED)
    for name in (*BAD, "WORKSPACE_IDS", "TABLES_ENDPOINT or TABLES_CONNECTION_STRING", "TEAMS_WEBHOOK_URL or"):
        assert sum(name in problem for problem in found) == 1, name


@pytest.mark.parametrize("name", BAD)
def test_a_problem_says_the_way_out(name: str) -> None:
    """A value that cannot be read is answered with what can."""
    (problem,) = problems({name: BAD[name]})
    assert problem.startswith(f"{name} cannot be read: give ")


@pytest.mark.parametrize("name", [s.name for s in SETTINGS])
def test_an_unresolved_vault_reference_is_named(name: str) -> None:
    """Azure hands over the reference itself when it cannot resolve it: the setting and the cure are named."""
    reference = f"@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/{SECRET})"
    (problem,) = problems({name: reference})
    assert name in problem
    assert "Key Vault Secrets User" in problem
    assert SECRET not in problem


@pytest.mark.parametrize(
    ("name", "text", "meant"),
    [
        ("WORKSPACE_IDS", " a, b;c\nd  a ,", ("a", "b", "c", "d")),
        ("DOWN_AFTER", "90s", timedelta(seconds=90)),
        ("DOWN_AFTER", " 2 H ", timedelta(hours=2)),
        ("DOWN_AFTER", "0m", timedelta(0)),
        ("DOWN_AFTER", "7d", timedelta(days=7)),
        ("WEEKLY_AT", "fri 7:05", WeeklyTime(4, 7, 5)),
        ("MESSAGE_LANGUAGE", "JA", "ja"),
        ("ALLOW_PRIVATE_WEBHOOKS", "True", True),
        ("SITES", "203.0.113.10=osaka; 198.51.100.7 = n=2;", _two("osaka", "n=2")),
        ("SITES", '{"203.0.113.10": "a", "198.51.100.7": {"name": "n"}}', _two("a", "n")),
        ("SITES", f'{{"192.0.2.7": {json.dumps(FULL._asdict())}}}', {"192.0.2.7": FULL}),
        ("MONTHLY_AT", "7:30", MonthlyTime(7, 30)),
        ("MONTHLY_AT", "OFF", None),
        ("AVAILABILITY_TARGET", "99.9 %", 99.9),
        ("BUSINESS_HOURS", "mon-fri,sun 08:30-24:00", BusinessHours((0, 1, 2, 3, 4, 6), 510, 1440)),
        ("TEAMS_LANGUAGE", "JA", "ja"),
        ("TIMEZONE", "Asia/Tokyo", "Asia/Tokyo"),
        ("REASONS", "Link-Flap 7 = peer silent; x=FAILOVER", (("linkflap", "peer-silent"), ("x", "failover"))),
        ("REASONS", '{"a=b": "peer_closed"}', (("ab", "peer-closed"),)),
        ("MAINTENANCE_WINDOW", "-2m..+1h", (timedelta(minutes=2), timedelta(hours=1))),
        ("MAINTENANCE_WINDOW", "-0s..12m", (timedelta(0), timedelta(minutes=12))),
    ],
)  # fmt: skip
def test_values_are_read(name: str, text: str, meant: Any) -> None:
    """Values are read as people write them."""
    assert getattr(Settings.read({name: text}), name.lower()) == meant


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SITES", '{"203.0.113.10": {"phone": "1"}}'),
        ("SITES", '{"203.0.113.10": {"name": "n", "fax": "1"}}'),
        ("SITES", '{"203.0.113.10": {"name": "n", "runbook": "http://wiki.example/x"}}'),
        ("SITES", '{"203.0.113.10": {"name": "n", "runbook": "https://a:b@wiki.example/x"}}'),
        ("SITES", '{"203.0.113.10": {"name": 7}}'),
        ("SITES", json.dumps({"203.0.113.10": {"name": "n", "circuit": "x" * 81}})),
        ("MONTHLY_AT", "noon"),
        ("MONTHLY_AT", "24:30"),
        ("AVAILABILITY_TARGET", "100"),
        ("AVAILABILITY_TARGET", "0"),
        ("BUSINESS_HOURS", "FRI-MON 09:00-18:00"),
        ("BUSINESS_HOURS", "MON 18:00-09:00"),
        ("EVENTS_WEBHOOK_SECRET", "whsec_c2hvcnQ="),
        ("DOWN_AFTER", "-5m"),
        ("DOWN_AFTER", "10"),
        ("DOWN_AFTER", "1.5h"),
        ("DOWN_AFTER", "99999999999d"),
        ("DOWN_AFTER", "999999999d"),
        ("DOWN_AFTER", "9" * 5000 + "s"),
        ("DOWN_AFTER", "604801s"),
        ("WEEKLY_AT", "MON 24:00"),
        ("WEEKLY_AT", "MON 09:60"),
        ("WEEKLY_AT", "XYZ 09:00"),
        ("TIMEZONE", "../../etc/passwd"),
        ("TIMEZONE", "Asia"),
        ("TIMEZONE", "x" * 5000),
        ("SITES", "{"),
        ("SITES", '{"a": {"b": 1}}'),
        ("SITES", '{"a": [1]}x'),
        ("SITES", '{"a": ' + "[" * 200_000),
        ("REASONS", "gremlins"),
        ("REASONS", "gremlins=unmapped"),
        ("REASONS", "42=failover"),
        ("REASONS", '{"a": 1}'),
        ("MAINTENANCE_WINDOW", "60s..12m"),
        ("MAINTENANCE_WINDOW", "-60s..-12m"),
        ("MAINTENANCE_WINDOW", "-60s..2d"),
        ("POLL_SCHEDULE", "0 */5 * * *"),
        ("POLL_SCHEDULE", "0 */5 * * * FUNDAY"),
    ],
)
def test_values_that_make_no_sense_are_refused(name: str, text: str) -> None:
    """What cannot work later is refused now, as one problem of that setting."""
    (problem,) = problems({name: text})
    assert problem.startswith(f"{name} cannot be read: ")
    assert len(problem) < 200


def test_what_can_be_read_is_read_beside_what_cannot() -> None:
    """One bad value takes its default and hides none of the others; a bad value is not called missing as well."""
    found, wrong = Settings.readable({"TIMEZONE": "Tokyo", "WORKSPACE_IDS": "a", "DOWN_AFTER": "5m"}, ("TIMEZONE",))
    assert (found.timezone, found.workspace_ids, found.down_after) == ("UTC", ("a",), timedelta(minutes=5))
    assert [p.setting for p in wrong] == ["TIMEZONE"]


@given(st.sampled_from([s.name for s in SETTINGS]), st.text(max_size=30))
def test_any_text_is_read_or_refused(name: str, text: str) -> None:
    """Whatever stands in a setting: it is read, or refused by name."""
    found: tuple[str, ...] = ()
    try:
        Settings.read({name: text})
    except SettingsError as refused:
        found = refused.problems
    assert {problem.split()[0] for problem in found} <= {name}


def test_no_secret_is_shown() -> None:
    """A secret's value shows in no repr of the settings."""
    key = "whsec_" + base64.b64encode(SECRET.encode()).decode()
    shown = repr(Settings.read(dict.fromkeys(SECRETS, SECRET) | {"EVENTS_WEBHOOK_SECRET": key}))
    assert SECRET not in shown
    assert key not in shown
    assert len(SECRETS) >= 3


@pytest.mark.parametrize(
    "url",
    [
        f"http://h/{SECRET}",
        f"https://u:{SECRET}@h/",
        SECRET,
        f"https://x.webhook.office.com/{SECRET}",
        f"https://[{SECRET}",
        f"https:///{SECRET}",
    ],
)
def test_a_webhook_that_cannot_work_is_refused_at_start(url: str) -> None:
    """An address that can never take a message is refused when the app is built, without being repeated."""
    with pytest.raises(SettingsError) as caught:
        build(GOOD | {"TEAMS_WEBHOOK_URL": url, "SLACK_WEBHOOK_URL": url})
    assert len(caught.value.problems) == 2
    assert "TEAMS_WEBHOOK_URL" in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"TABLES_CONNECTION_STRING": f"AccountKey={SECRET}"}, id="a connection string without an account"),
        pytest.param({"TABLES_CONNECTION_STRING": SECRET}, id="a key alone"),
        pytest.param({"TABLES_CONNECTION_STRING": f"AccountName=a;AccountKey={SECRET}!;x"}, id="broken"),
        pytest.param({"TABLES_ENDPOINT": "account"}, id="a name alone"),
        pytest.param({"TABLES_ENDPOINT": "https://"}, id="no host"),
        pytest.param({"LOGS_ENDPOINT": "not a url"}, id="logs"),
    ],
)
def test_storage_settings_that_cannot_work_are_named(environment: dict[str, str]) -> None:
    """A storage or log address that can never work is named by its setting when the app is built, without its value."""
    with pytest.raises(SettingsError) as caught:
        build(GOOD | environment)
    assert next(iter(environment)) in str(caught.value)
    assert SECRET not in str(caught.value)


def test_the_app_is_built_without_a_request() -> None:
    """Good settings make an app at once, and its repr and its lines hold no secret."""
    app = build(GOOD | {"SLACK_WEBHOOK_URL": f"https://hooks.slack.com/services/T/B/{SECRET}"})
    channels = open_channels(app.settings, style_of(app.settings))
    assert set(channels) == {"teams", "slack"}
    assert SECRET not in repr(app) + repr(channels) + repr(app.settings)


def test_a_run_is_one_line_of_json() -> None:
    """What a run did is one line of JSON for alerts to query, with times as text and every count."""
    report = Report("ws", now=at("2026-08-21T18:00:00"), rows=3)
    report.failures["teams: x\ny"] += 2
    line = line_of("poll", report)
    assert "\n" not in line
    assert json.loads(line) == {
        "event": "poll", "partition": "ws", "now": "2026-08-21T18:00:00+00:00", "rows": 3, "unreadable": 0,
        "unmapped_reasons": {}, "unknown_operations": {},
        "too_late": 0, "maintenance_without_drop": 0,
        "blind_seconds": 0.0, "changed": 0, "said": 0, "went_down": [], "sent": 0,
        "repeats_unanswered": 0, "repeats_crashed": 0, "folded": 0,
        "failures": {"teams: x\ny": 2}, "late_newest": None, "late_worst": None, "messages": [], "seconds": 0.0,
    }  # fmt: skip


def test_errors_are_of_one_family() -> None:
    """Every error that is raised on purpose can be caught as one."""
    assert issubclass(SettingsError, CorrelatorError)
