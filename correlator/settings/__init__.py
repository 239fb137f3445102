"""Every setting in one table: name, default, help and how its text is read.

The sample file, the README table and the deployment are checked against this table. Nothing is read at import, and all
problems are reported at once, by name, without showing a value that may be a secret.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Self

from msgspec import Struct

from correlator.errors import SettingsError
from correlator.gateways import is_wide
from correlator.reasons import Vocabulary
from correlator.routes import Route
from correlator.schedule import ncrontab
from correlator.settings import texts
from correlator.settings.channels import (
    CHANNEL_NAMES,
    UNRESOLVED,
    VAULT_REFERENCE,
    NamedChannel,
    channel_of,
    kind_of,
    setting_of,
)
from correlator.sites import Site
from correlator.sites import parse as parse_sites
from correlator.summary import BusinessHours, MonthlyTime, WeeklyTime

MOST_CHANNELS = 80
"""One message to each of them is written in one commit, which takes 100 writes."""
UNSET = "is not set"
VAULT_CURE = (
    "give the app's identity the role Key Vault Secrets User, then refresh the app's references: az rest --method post "
    '--url "https://management.azure.com<resource id of the function app>/config/configreferences/appsettings/refresh'
    '?api-version=2022-03-01"'
)


class Problem(Struct, frozen=True):
    """What is wrong with a setting, and the way out. Shows no value."""

    setting: str
    what: str
    cure: str

    def __str__(self) -> str:
        return f"{self.setting} {self.what}" + (f": {self.cure}" if self.cure else "")


class Setting(Struct, frozen=True):
    """One environment variable. ``read`` raises ValueError with the way out."""

    name: str
    default: str
    help: str
    read: Callable[[str], Any]
    secret: bool = False


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "WORKSPACE_IDS",
        "",
        "Log Analytics workspace (customer) ids to watch, separated by commas; or ids of the gateways' resource "
        "groups, or of subscriptions or management groups: every workspace there",
        texts.places,
    ),
    Setting("TEAMS_WEBHOOK_URL", "", "Teams Workflows webhook; a Key Vault reference in Azure", texts.as_it_is, True),
    Setting("SLACK_WEBHOOK_URL", "", "Slack incoming webhook; a Key Vault reference in Azure", texts.as_it_is, True),
    Setting(
        "EVENTS_WEBHOOK_URL",
        "",
        "Your own receiver of CloudEvents; a Key Vault reference in Azure",
        texts.as_it_is,
        True,
    ),
    Setting(
        "EVENTS_WEBHOOK_SECRET",
        "",
        "What events are signed with (Standard Webhooks): whsec_ and base64; several sign all, for a change of keys",
        texts.keys,
        True,
    ),
    Setting(
        "HEARTBEAT_URL",
        "",
        "Called after polls in which every workspace succeeded, for a watcher outside; a Key Vault reference in Azure",
        texts.as_it_is,
        True,
    ),
    Setting(
        "TABLES_ENDPOINT", "", "Table service URL of the storage account, used with the app's identity", texts.endpoint
    ),
    Setting("TABLES_CONNECTION_STRING", "", "Instead of TABLES_ENDPOINT, for the local emulator", texts.as_it_is, True),
    Setting(
        "LOGS_ENDPOINT",
        "https://api.loganalytics.io",
        "Log query endpoint; other clouds have their own",
        texts.endpoint,
    ),
    Setting(
        "LOGS_AUDIENCE", "https://api.loganalytics.io", "Token audience that belongs to LOGS_ENDPOINT", texts.endpoint
    ),
    Setting(
        "GATEWAY_SCOPES",
        "",
        "Resource ids of management groups, subscriptions, resource groups or gateways to read names and connections "
        "from, separated by commas; needs Reader there",
        texts.words,
    ),
    Setting(
        "ARM_ENDPOINT",
        "https://management.azure.com",
        "Azure Resource Manager; other clouds have their own",
        texts.endpoint,
    ),
    Setting("POLL_SCHEDULE", "0 */5 * * * *", "When to poll: NCRONTAB with six fields, UTC", ncrontab),
    Setting("WEEKLY_AT", "MON 09:00", "When the weekly summary is due, in TIMEZONE", texts.weekly),
    Setting("MONTHLY_AT", "09:00", "When the monthly report is due on the first, in TIMEZONE; or off", texts.monthly),
    Setting("AVAILABILITY_TARGET", "99.95", "Percent that reports measure each connection against", texts.percent),
    Setting(
        "BUSINESS_HOURS",
        "MON-FRI 09:00-18:00",
        "Hours whose lost minutes reports name, in TIMEZONE",
        texts.business_hours,
    ),
    Setting("TIMEZONE", "UTC", "IANA time zone of messages, local columns and the week", texts.zone),
    Setting("MESSAGE_LANGUAGE", "en", "Language of the messages: en or ja", texts.language),
    Setting("TEAMS_LANGUAGE", "", "Language in Teams, where it is not MESSAGE_LANGUAGE", texts.language_or_none),
    Setting("SLACK_LANGUAGE", "", "Language in Slack, where it is not MESSAGE_LANGUAGE", texts.language_or_none),
    Setting(
        "EVENTS_LANGUAGE", "", "Language of events' sentences, where it is not MESSAGE_LANGUAGE", texts.language_or_none
    ),
    Setting("DOWN_AFTER", "10m", "How old an open outage must be before it is told", texts.waiting_time),
    Setting(
        "SITES",
        "",
        "Names for peers: 203.0.113.10=osaka-dc1; 198.51.100.7=nagoya, or a JSON object that also says whom to call",
        parse_sites,
    ),
    Setting(
        "REASONS",
        "",
        "What reasons of disconnects mean, before the app's own list: keyword=meaning pairs with ; or a JSON object",
        texts.reasons,
    ),
    Setting(
        "MAINTENANCE_WINDOW", "-60s..12m", "From when to when around its log row maintenance may cut", texts.window
    ),
    Setting(
        "ROUTES",
        "",
        "Which channel hears of which incidents: teams: azure,unknown; slack: remote site=osaka; teams-emea: "
        "tag=team:emea; default: all of all",
        texts.routes,
    ),
    Setting("KEEP_MONTHS", "13", "How many months incidents, outages, messages and remarks are kept", texts.months),
    Setting(
        "FAN_OUT_ABOVE",
        "20",
        "With more workspaces than this, they are polled by several runs at once, over a queue",
        texts.whole,
    ),
    Setting("QUERIES_AT_ONCE", "5", "How many log queries such runs send at once, all of them together", texts.at_once),
    Setting(
        "SIGN_IN",
        "0",
        "1 where people sign in to the report page; set by the template, with authentication",
        texts.switch,
    ),
    Setting("REPORT_URL", "", "Where people find that page; messages link to it", texts.endpoint),
    Setting("ALLOW_PRIVATE_WEBHOOKS", "0", "1 permits webhooks on http and on private addresses", texts.switch),
)


class Settings(Struct, frozen=True):
    """The settings as values. Secrets do not show in its repr."""

    workspace_ids: tuple[str, ...]
    tables_endpoint: str
    logs_endpoint: str
    logs_audience: str
    gateway_scopes: tuple[str, ...]
    arm_endpoint: str
    poll_schedule: str
    weekly_at: WeeklyTime
    monthly_at: MonthlyTime | None
    availability_target: float
    business_hours: BusinessHours
    timezone: str
    message_language: str
    teams_language: str
    slack_language: str
    events_language: str
    down_after: timedelta
    sites: Mapping[str, Site]
    reasons: Vocabulary
    maintenance_window: tuple[timedelta, timedelta]
    routes: tuple[Route, ...]
    keep_months: int
    fan_out_above: int
    queries_at_once: int
    sign_in: bool
    report_url: str
    allow_private_webhooks: bool
    teams_webhook_url: str
    slack_webhook_url: str
    events_webhook_url: str
    events_webhook_secret: tuple[bytes, ...]
    heartbeat_url: str
    tables_connection_string: str
    named: tuple[NamedChannel, ...] = ()

    @property
    def channels(self) -> dict[str, str]:
        """The address of every channel that has one, by its name: each kind's own, then the named ones."""
        plain = {kind: str(getattr(self, f"{kind}_webhook_url")) for kind in CHANNEL_NAMES}
        return {name: url for name, url in (*plain.items(), *((c.name, c.url) for c in self.named)) if url}

    def language_of(self, channel: str) -> str:
        """The language of a channel: its own, else its kind's, else that of all messages."""
        own = next((c.language for c in self.named if c.name == channel), "")
        return own or str(getattr(self, f"{kind_of(channel)}_language")) or self.message_language

    def secret_of(self, channel: str) -> tuple[bytes, ...]:
        """What its events are signed with."""
        return next((c.secret for c in self.named if c.name == channel and c.secret), self.events_webhook_secret)

    def __repr__(self) -> str:
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(s.name.lower(), getattr(self, s.name.lower())) for s in SETTINGS if not s.secret]

    @property
    def fans_out(self) -> bool:
        """Whether workspaces are polled by several runs, which a queue asks for.

        Where workspaces are found and not named, there may be many tomorrow.
        """
        return _are_many(self.workspace_ids, self.fan_out_above)

    @classmethod
    def read(cls, environment: Mapping[str, str], needed: Collection[str] = ()) -> Self:
        """Read every setting; an unset or empty one has its default. Raises SettingsError with all problems.

        ``needed`` names settings that must not be empty; names joined by ``|`` mean one of them.
        """
        settings, problems = cls.readable(environment, needed)
        if problems:
            raise SettingsError([str(p) for p in problems])
        return settings

    @classmethod
    def readable(cls, environment: Mapping[str, str], needed: Collection[str] = ()) -> tuple[Self, list[Problem]]:
        """As far as they can be read: what cannot has its default and is among the problems."""
        problems: list[Problem] = []
        values = {s.name.lower(): _value(s, environment, problems) for s in SETTINGS}
        named = tuple(_named(environment, problems))
        problems += (_too_many(c) for c in named[MOST_CHANNELS - len(CHANNEL_NAMES) :])
        values["routes"] = tuple(_known_routes(values["routes"], named, problems))
        unread = {p.setting for p in problems}
        there = {setting_of(kind_of(c.name)) for c in named}
        for names in needed:
            if not any(values[n.lower()] or n in unread or n in there for n in names.split("|")):
                problems.append(Problem(names.replace("|", " or "), UNSET, "set it, as README.md says"))
        return cls(**values, named=named), problems


def _named(environment: Mapping[str, str], problems: list[Problem]) -> Iterator[NamedChannel]:
    """The channels beside the one of each kind, in the order of their settings."""
    for setting in sorted(environment):
        name = channel_of(setting)
        if not name or not environment[setting].strip():
            continue
        url = _value(Setting(setting, "", "", texts.as_it_is), environment, problems)
        spoken = Setting(setting_of(name, "LANGUAGE"), "", "", texts.language_or_none)
        secret = Setting(setting_of(name, "WEBHOOK_SECRET"), "", "", texts.keys)
        language, keys = (_value(s, environment, problems) for s in (spoken, secret))
        yield NamedChannel(name, url, language, keys)


def _too_many(channel: NamedChannel) -> Problem:
    return Problem(setting_of(channel.name), "is one channel too many", f"set at most {MOST_CHANNELS} of all kinds")


def _known_routes(routes: Iterable[Route], named: Iterable[NamedChannel], problems: list[Problem]) -> Iterator[Route]:
    """The rules of channels that can exist; one for a named channel without an address is a slip."""
    known = {*CHANNEL_NAMES, *(c.name for c in named)}
    unread = {p.setting for p in problems}
    for route in routes:
        if route.channel in known or setting_of(route.channel) in unread:
            yield route
        else:
            cure = f"set {setting_of(route.channel)}, or name another channel"
            problems.append(Problem("ROUTES", f"has a rule for {route.channel}, which has no address", cure))


def fans_out(environment: Mapping[str, str]) -> bool:
    """Whether a deployment with these settings fans out. Never raises: what cannot be read has its default.

    Asked when the app is indexed, since a function that reads a queue is there or is not: so no other setting is read.
    """
    found = {s.name: _value(s, environment, []) for s in SETTINGS if s.name in ("WORKSPACE_IDS", "FAN_OUT_ABOVE")}
    return _are_many(found["WORKSPACE_IDS"], found["FAN_OUT_ABOVE"])


def _are_many(workspaces: Collection[str], most: int) -> bool:
    return len(workspaces) > most or any(map(is_wide, workspaces))


def _value(setting: Setting, environment: Mapping[str, str], problems: list[Problem]) -> Any:
    text = environment.get(setting.name, "").strip() or setting.default
    try:
        if not text.lower().startswith(VAULT_REFERENCE):
            return setting.read(text)
        problems.append(Problem(setting.name, UNRESOLVED, VAULT_CURE))
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError) as problem:
        why = "it is no valid JSON" if isinstance(problem, json.JSONDecodeError) else str(problem)
        problems.append(Problem(setting.name, "cannot be read", why))
    return setting.read(setting.default)
