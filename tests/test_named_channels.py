"""Several teams: channels with names of their own, which hear of the gateways that are theirs."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from correlator.errors import SettingsError
from correlator.gateways import GatewayList
from correlator.model import Facet, GatewayState, Impact, Side
from correlator.notification import Moment, Notification
from correlator.ports import Head
from correlator.reports import summarize
from correlator.routes import Routing, parse
from correlator.settings import Settings
from correlator.settings.channels import NamedChannel, kind_of, setting_of
from correlator.stores.memory import MemoryTables
from correlator.stores.store import TableStore
from correlator.stores.tables import INCIDENTS
from correlator.summary import WeeklyTime
from correlator.wiring import NEEDED, open_channels, style_of
from correlator.wording import Style
from tests.fakes import Chat
from tests.test_gateways import LISTED, OSAKA, TOKYO
from tests.test_wiring import GW1, Installed
from tests.timeline import clock, incidents

KINDS = ("teams", "slack", "events")
URL = "https://chat.example/hook"
(INCIDENT,) = incidents("17:13 hq down IN_0 DPD; 17:58 hq up IN_0")
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
CHATS = ("teams", "teams-emea", "slack-net")
WHOSE = (Facet(Side.AZURE, Impact.CONNECTION_DOWN),)


def read(**environment: str) -> Settings:
    """The settings with these."""
    return Settings.read(environment)


# Settings


def test_a_name_makes_a_channel() -> None:
    """Each address beside the plain one is a channel; its name is in lower case, with hyphens."""
    settings = read(
        TEAMS_WEBHOOK_URL=URL, TEAMS_WEBHOOK_URL_EMEA_NORTH=f"{URL}/1", SLACK_WEBHOOK_URL_NET=f"{URL}/2",
        EVENTS_WEBHOOK_URL_2=f"{URL}/3", SLACK_WEBHOOK_URL_EMPTY=" ", TEAMS_WEBHOOK_URL_="x", TEAMS_WEBHOOK_URL_a="x",
    )  # fmt: skip
    assert settings.channels == {
        "teams": URL, "events-2": f"{URL}/3", "slack-net": f"{URL}/2", "teams-emea-north": f"{URL}/1",
    }  # fmt: skip


def test_settings_and_channels_name_each_other() -> None:
    """From a channel's name one comes to its settings."""
    assert [setting_of(c) for c in ("teams", "teams-emea-north")] == [
        "TEAMS_WEBHOOK_URL", "TEAMS_WEBHOOK_URL_EMEA_NORTH",
    ]  # fmt: skip
    assert setting_of("slack-net", "LANGUAGE") == "SLACK_LANGUAGE_NET"
    assert [kind_of(c) for c in ("teams", "events-2")] == ["teams", "events"]


def test_a_language_of_its_own() -> None:
    """A named channel speaks its own language, else that of its kind, else that of all messages."""
    settings = read(
        TEAMS_WEBHOOK_URL_JP=URL, TEAMS_WEBHOOK_URL_EMEA=URL, TEAMS_LANGUAGE_JP="ja", SLACK_WEBHOOK_URL_NET=URL,
        SLACK_LANGUAGE="ja", EVENTS_WEBHOOK_URL_A=URL,
    )  # fmt: skip
    spoken = {c: settings.language_of(c) for c in settings.channels}
    assert spoken == {"teams-jp": "ja", "teams-emea": "en", "slack-net": "ja", "events-a": "en"}
    opened = open_channels(settings, style_of(settings))
    assert {c: channel.name for c, channel in opened.items()} == {c: c for c in spoken}


def test_a_secret_of_its_own() -> None:
    """Events for one receiver are signed with its own secret where it has one."""
    one, other = (f"whsec_{letter * 32}" for letter in "ab")
    settings = read(
        EVENTS_WEBHOOK_URL_A=URL, EVENTS_WEBHOOK_URL_B=URL, EVENTS_WEBHOOK_SECRET=one, EVENTS_WEBHOOK_SECRET_B=other
    )
    assert settings.secret_of("events-a") == read(EVENTS_WEBHOOK_SECRET=one).events_webhook_secret
    assert settings.secret_of("events-b") == read(EVENTS_WEBHOOK_SECRET=other).events_webhook_secret


def test_no_more_channels_than_one_commit_takes() -> None:
    """One message to each is one commit, so what is too much is refused at start and not when there is news."""
    many = {f"TEAMS_WEBHOOK_URL_{n:02d}": URL for n in range(77)}
    assert len(read(**many).channels) == 77
    with pytest.raises(SettingsError, match="^TEAMS_WEBHOOK_URL_77 is one channel too many: set at most 80"):
        read(**many, TEAMS_WEBHOOK_URL_77=URL)


def test_one_named_channel_is_a_channel() -> None:
    """Who has named channels alone needs no plain one."""
    there = {"WORKSPACE_IDS": SUBSCRIPTION, "TABLES_ENDPOINT": "https://t.example"}
    assert Settings.read({**there, "SLACK_WEBHOOK_URL_NET": URL}, NEEDED)
    with pytest.raises(SettingsError, match="is not set"):
        Settings.read(there, NEEDED)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"TEAMS_WEBHOOK_URL_EMEA": "@Microsoft.KeyVault(SecretName=s3cr3t)"}, "TEAMS_WEBHOOK_URL_EMEA is a Key Vault"),
        ({"TEAMS_WEBHOOK_URL_EMEA": URL, "TEAMS_LANGUAGE_EMEA": "fr"}, "TEAMS_LANGUAGE_EMEA cannot be read"),
        ({"EVENTS_WEBHOOK_URL_A": URL, "EVENTS_WEBHOOK_SECRET_A": "s3cr3t"}, "EVENTS_WEBHOOK_SECRET_A cannot be read"),
        (
            {"ROUTES": "teams-emea: azure"},
            "ROUTES has a rule for teams-emea, which has no address: set TEAMS_WEBHOOK_URL",
        ),
    ],
)
def test_what_is_wrong_is_named(environment: dict[str, str], said: str) -> None:
    """A problem of a named channel names its own setting, and no secret."""
    with pytest.raises(SettingsError) as caught:
        Settings.read(environment)
    assert said in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


def test_an_address_that_cannot_work_names_its_setting() -> None:
    """As for a plain one."""
    settings = read(TEAMS_WEBHOOK_URL_EMEA="http://10.0.0.1/hook")
    with pytest.raises(SettingsError, match="TEAMS_WEBHOOK_URL_EMEA"):
        open_channels(settings, style_of(settings))


def test_no_secret_is_shown() -> None:
    """Neither repr nor a table of settings shows the address of a named channel."""
    settings = read(TEAMS_WEBHOOK_URL_EMEA=f"{URL}/s3cr3t")
    assert "s3cr3t" not in repr(settings)
    assert settings.named == (NamedChannel("teams-emea", f"{URL}/s3cr3t"),)


# Routes


def told(gateway: str) -> Notification:
    """News of a gateway."""
    return Notification(Moment.OPENED, clock("18:10"), replace(INCIDENT, gateway=gateway), facets=WHOSE)


def listed() -> GatewayList:
    """Tokyo is EMEA's and has a cost centre, Osaka has no tag; both lie in a subscription with a name."""
    tagged = replace(TOKYO, tags=("cost center:42", "team:emea"))
    return GatewayList((OSAKA, tagged), subscriptions={"/subscriptions/s": "Network Prod"})


@pytest.mark.parametrize(
    ("text", "gateway", "expected"),
    [
        ("teams-emea: tag=team:emea; slack-net: tag=team:net", TOKYO, ["teams", "teams-emea"]),
        ("teams-emea: tag=team:emea; slack-net: tag=team:net", OSAKA, ["teams"]),
        ("teams-emea: tag=Team:EMEA,team:apac", TOKYO, ["teams", "teams-emea", "slack-net"]),
        ("teams-emea: tag=team:emea tag=cost:1; slack-net: azure", TOKYO, ["teams", "slack-net"]),
        ('teams-emea: tag=team:emea tag="cost center:42"; slack-net: remote', TOKYO, ["teams", "teams-emea"]),
        ("teams-emea: tag=team:emea remote; slack-net: azure", TOKYO, ["teams", "slack-net"]),
        ("teams-emea: subscription=s; slack-net: remote", OSAKA, ["teams", "teams-emea"]),
        ("teams-emea: subscription=/subscriptions/S; slack-net: remote", OSAKA, ["teams", "teams-emea"]),
        ('teams-emea: subscription="network prod"; slack-net: remote', OSAKA, ["teams", "teams-emea"]),
        ("teams-emea: subscription=other; slack-net: remote", OSAKA, ["teams"]),
        ("teams: remote; teams-emea: tag=team:emea; slack-net: remote", OSAKA, list(CHATS)),  # nowhere is everywhere
        ("teams-emea: tag=team:emea; teams-emea: tag=team:net; slack-net: remote", TOKYO, ["teams", "teams-emea"]),
    ],
)
def test_whose_gateway_it_is(text: str, gateway: object, expected: list[str]) -> None:
    """Tags and subscriptions choose the channels; what no rule sends anywhere goes everywhere."""
    assert isinstance(gateway, type(TOKYO))
    routing = Routing(parse(text, KINDS), {}, listed())
    assert routing.recipients(told(gateway.resource_id), CHATS) == expected


def test_what_is_not_known_may_be_anybodys() -> None:
    """A gateway that the list does not hold, or no list: a rule about tags lets it pass, one about an id does not."""
    tags = parse("teams-emea: tag=team:emea; slack-net: tag=team:net", KINDS)
    for known in (None, GatewayList()):
        assert Routing(tags, {}, known).recipients(told(TOKYO.resource_id), CHATS) == list(CHATS)
    names = parse(f"teams-emea: subscription=Network; slack-net: subscription={SUBSCRIPTION}", KINDS)
    assert Routing(names, {}, LISTED).recipients(told(TOKYO.resource_id), CHATS) == ["teams", "teams-emea"]


@pytest.mark.parametrize(
    "text", ["teams: tag=team", "teams: tag=", "teams: subscription=", "teams: owner=x", "teams-: azure"]
)
def test_what_is_no_rule(text: str) -> None:
    """A tag without a value, a condition that nobody knows, a channel without a name."""
    with pytest.raises(ValueError, match=r"tag=key:value|begins with a channel"):
        parse(text, KINDS)


# Together


def test_each_team_has_its_own_messages_and_its_own_week() -> None:
    """Two teams: each hears of its own gateways, and its weekly summary is about these alone."""
    there = Installed()
    elsewhere = replace(OSAKA, tags=("team:net",))
    there.azure.found = GatewayList((replace(GW1, tags=("team:emea",)), elsewhere))
    there.settings = Settings.read(
        {
            "WORKSPACE_IDS": "one,two", "TABLES_ENDPOINT": "https://t.example", "ALLOW_PRIVATE_WEBHOOKS": "1",
            "GATEWAY_SCOPES": "/subscriptions/s", "MONTHLY_AT": "off", "TEAMS_WEBHOOK_URL": "http://127.0.0.1:9/all",
            "TEAMS_WEBHOOK_URL_EMEA": "http://127.0.0.1:9/emea", "SLACK_WEBHOOK_URL_NET": "http://127.0.0.1:9/net",
            "ROUTES": "teams-emea: tag=team:emea; slack-net: tag=team:net",
        }
    )  # fmt: skip
    there.start()
    there.poll(clock("16:05"))
    there.poll(clock("17:20"))
    store, channels = there.app.opened()
    waiting = [h.notice for h in store.read("one").outbox]
    assert {n.channel for n in waiting if n.notification and n.notification.incident} == {"teams", "teams-emea"}
    there.poll(clock("17:20") + timedelta(days=7))
    two = store.read("two")
    store.commit("two", two.etag, two.head, [GatewayState(OSAKA.resource_id, spared=(clock("17:00"),))], [])
    there.app.summarize()
    weeks = {
        h.notice.channel: h.notice.notification.week
        for h in store.read("weekly").outbox
        if h.notice.notification and h.notice.notification.week
    }
    assert {c: w.figures.gateways for c, w in weeks.items() if w.figures} == {
        "teams": 2,
        "teams-emea": 1,
        "slack-net": 1,
    }
    assert {c: w.figures.maintenance_without_drop for c, w in weeks.items() if w.figures} == {
        "teams": 1,
        "teams-emea": 0,
        "slack-net": 1,
    }
    assert {c: len(w.incidents) for c, w in weeks.items()} == {"teams": 1, "teams-emea": 1, "slack-net": 0}
    assert set(channels) == set(CHATS)
    assert isinstance(there.tables, MemoryTables)


class Counted(MemoryTables):
    """Counts how often each week of incidents is read."""

    def __init__(self) -> None:
        super().__init__()
        self.weeks: Counter[str] = Counter()

    def query(self, table: str, partition: str, *rest: Any) -> Any:
        self.weeks[partition] += table == INCIDENTS
        return super().query(table, partition, *rest)


def test_incidents_are_read_once_for_all_teams() -> None:
    """Three months of a fleet take their time: as many teams as there are have their reports from one reading."""
    tables, chats = Counted(), {f"teams-{n}": Chat(f"teams-{n}") for n in range(12)}
    store = TableStore(tables, Style())
    store.commit("one", None, Head(mark=clock("09:05") + timedelta(days=7), watching_since=clock("00:00")), [], [])
    routes = parse("; ".join(f"{c}: tag=team:{c}" for c in chats), KINDS)
    summarize(["one"], store, chats, WeeklyTime(0, 9, 0), UTC, routing=Routing(routes))
    assert [len(c.said) for c in chats.values()] == [1] * 12
    assert max(tables.weeks.values()) == 1
