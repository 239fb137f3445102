"""Every setting in one table: name, default, help and how its text is read.

The sample file, the README table and the deployment are checked against this table. Nothing is read at import, and all
problems are reported at once, by name, without showing a value that may be a secret.
"""

import base64
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Self

from msgspec import Struct

from correlator.errors import SettingsError
from correlator.gateways import folded, is_group, is_wide
from correlator.reasons import Vocabulary, line
from correlator.routes import Route, parse
from correlator.schedule import ncrontab
from correlator.sites import Site, pairs
from correlator.sites import parse as parse_sites
from correlator.summary import BusinessHours, MonthlyTime, WeeklyTime

DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
LANGUAGES = ("en", "ja")
CHANNEL_NAMES = ("teams", "slack", "events")
_NAMED = re.compile(r"(TEAMS|SLACK|EVENTS)_WEBHOOK_URL_([A-Z0-9](?:[A-Z0-9_]{0,38}[A-Z0-9])?)")
MOST_CHANNELS = 80
"""One message to each of them is written in one commit, which takes 100 writes."""
TEN_YEARS = timedelta(days=3650)
"""Longer than anybody asks for, and so short that it can be added to any time of a row."""
WIDEST = timedelta(days=1)
"""A maintenance row says nothing of what happens a day from it."""
FEWEST_MONTHS = 4
"""Reports look back over a quarter."""
VAULT_REFERENCE = "@microsoft.keyvault("
UNSET = "is not set"
UNRESOLVED = "is a Key Vault reference that did not resolve"
VAULT_CURE = (
    "give the app's identity the role Key Vault Secrets User, then refresh the app's references: az rest --method post "
    '--url "https://management.azure.com<resource id of the function app>/config/configreferences/appsettings/refresh'
    '?api-version=2022-03-01"'
)


def no_address(setting: str) -> str:
    """Stands for an address that cannot be used since this setting did not resolve; the reference shows nowhere."""
    return VAULT_REFERENCE + setting


def unresolved(address: str) -> str:
    """The setting for whose sake there is no address, ``""`` where there is one."""
    return address.removeprefix(VAULT_REFERENCE) if address.startswith(VAULT_REFERENCE) else ""


class Problem(Struct, frozen=True):
    """What is wrong with a setting, and the way out. Shows no value."""

    setting: str
    what: str
    cure: str

    def __str__(self) -> str:
        return f"{self.setting} {self.what}" + (f": {self.cure}" if self.cure else "")


class NamedChannel(Struct, frozen=True):
    """A further channel of a kind: ``TEAMS_WEBHOOK_URL_EMEA`` makes ``teams-emea``. An empty language is its kind's.

    The address is empty where it could not be read: the rules for the channel hold all the same.
    """

    name: str
    url: str
    language: str = ""
    secret: tuple[bytes, ...] = ()


def kind_of(channel: str) -> str:
    """teams, slack or events."""
    return channel.partition("-")[0]


def setting_of(channel: str, what: str = "WEBHOOK_URL") -> str:
    """The setting of a channel: ``TEAMS_WEBHOOK_URL``, ``TEAMS_WEBHOOK_URL_EMEA``."""
    kind, _, name = channel.partition("-")
    return "_".join(filter(None, (kind.upper(), what, name.replace("-", "_").upper())))


def channel_of(setting: str) -> str:
    """The named channel of which this setting is the address, ``""`` where it is none."""
    found = _NAMED.fullmatch(setting)
    return f"{found[1]}-{found[2].replace('_', '-')}".lower() if found else ""


class Setting(Struct, frozen=True):
    """One environment variable. ``read`` raises ValueError with the way out."""

    name: str
    default: str
    help: str
    read: Callable[[str], Any]
    secret: bool = False


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(w for w in re.split(r"[\s,;]+", text) if w))


def _places(text: str) -> tuple[str, ...]:
    """Workspaces, and resource groups as they are compared: each names a partition of the state. Wider ids alike."""
    found = {folded(w): folded(w) if is_group(w) or is_wide(w) else w for w in reversed(_words(text))}
    return tuple(reversed(found.values()))


def _text(text: str) -> str:
    return text


def _endpoint(text: str) -> str:
    if text and not re.fullmatch(r"https://[\w.-]+(:\d+)?(/[\w./-]*)?", text):
        raise ValueError("give an address that begins with https:// and names a host")
    return text


def duration(text: str, longest: timedelta = TEN_YEARS) -> timedelta:
    """``30s``, ``10m``, ``2h`` or ``1d``. Raises ValueError."""
    found = re.fullmatch(r"(\d{1,18})\s*([smhd])", text.strip().lower())
    if not found:
        raise ValueError("give a number and a unit, as in 30s, 10m, 2h or 1d")
    seconds = int(found[1]) * UNITS[found[2]]
    if seconds > longest.total_seconds():
        raise ValueError(f"give at most {longest.days}d")
    return timedelta(seconds=seconds)


def _waiting(text: str) -> timedelta:
    return duration(text, timedelta(days=7))


def zone(text: str) -> str:
    """The name of an IANA time zone. Raises ValueError."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("give an IANA name, as in Asia/Tokyo or Europe/Berlin") from None


def _language(text: str) -> str:
    if text.lower() not in LANGUAGES:
        raise ValueError(f"give one of {', '.join(LANGUAGES)}")
    return text.lower()


def _weekly(text: str) -> WeeklyTime:
    found = re.fullmatch(r"([A-Z]{3})\s+(\d{1,2}):(\d{2})", text.strip().upper())
    if not found or found[1] not in DAYS or int(found[2]) > 23 or int(found[3]) > 59:
        raise ValueError("give a weekday and a time, as in MON 09:00")
    return WeeklyTime(DAYS.index(found[1]), int(found[2]), int(found[3]))


def _language_or_none(text: str) -> str:
    return _language(text) if text else ""


def _monthly(text: str) -> MonthlyTime | None:
    """``09:00`` on the first of the month, or ``off``."""
    if text.lower() == "off":
        return None
    return MonthlyTime(*_clock(text, "give a time, as in 09:00, or off"))


def _clock(text: str, cure: str) -> tuple[int, int]:
    found = re.fullmatch(r"([01]?\d|2[0-4]):([0-5]\d)", text.strip())
    if not found or (found[1] == "24" and found[2] != "00"):
        raise ValueError(cure)
    return int(found[1]), int(found[2])


def _hours(text: str) -> BusinessHours:
    """``MON-FRI 09:00-18:00``; days may be a list of days and ranges."""
    cure = "give days and hours, as in MON-FRI 09:00-18:00"
    found = re.fullmatch(r"([A-Z,-]+)\s+([\d:]+)-([\d:]+)", text.strip().upper())
    days: set[int] = set()
    for part in found[1].split(",") if found else []:
        first, _, last = part.partition("-")
        if first not in DAYS or (last or first) not in DAYS or DAYS.index(last or first) < DAYS.index(first):
            raise ValueError(cure)
        days |= set(range(DAYS.index(first), DAYS.index(last or first) + 1))
    opens, closes = (_clock(t, cure) for t in (found[2], found[3])) if found else ((0, 0), (0, 0))
    if opens >= closes:
        raise ValueError(cure)
    return BusinessHours(tuple(sorted(days)), 60 * opens[0] + opens[1], 60 * closes[0] + closes[1])


def _percent(text: str) -> float:
    found = re.fullmatch(r"(\d{1,2}(?:\.\d{1,4})?)\s*%?", text.strip())
    if not found or not float(found[1]):
        raise ValueError("give a percentage below 100, as in 99.95")
    return float(found[1])


def _keys(text: str) -> tuple[bytes, ...]:
    """``whsec_`` and base64 of 24 to 64 bytes each, as Standard Webhooks has them. The values do not show in errors."""
    return tuple(_key(word) for word in _words(text))


def _key(word: str) -> bytes:
    try:
        key = base64.b64decode(word.removeprefix("whsec_"), validate=True)
    except ValueError:
        key = b""
    if not (word.startswith("whsec_") and 24 <= len(key) <= 64):
        raise ValueError("give whsec_ and 24 to 64 bytes in base64, as in whsec_$(openssl rand -base64 32)")
    return key


def _reasons(text: str) -> Vocabulary:
    """``link flap=peer-silent; admin clear=peer-closed`` or the same as a JSON object."""
    found = json.loads(text).items() if text.strip().startswith("{") else pairs(text, "keyword=meaning")
    return tuple(line(keyword, said) for keyword, said in found)


def window(text: str) -> tuple[timedelta, timedelta]:
    """``-60s..12m``: how long before and after. Raises ValueError."""
    found = re.fullmatch(r"-([^.]+)\.\.\+?([^.]+)", text.strip())
    if not found:
        raise ValueError("give the time before and after, as in -60s..12m")
    return duration(found[1], WIDEST), duration(found[2], WIDEST)


def _routes(text: str) -> tuple[Route, ...]:
    return parse(text, CHANNEL_NAMES)


def _months(text: str) -> int:
    if not re.fullmatch(r"\d{1,3}", text.strip()) or not FEWEST_MONTHS <= int(text) <= 120:
        raise ValueError(f"give a number of months from {FEWEST_MONTHS} to 120")
    return int(text)


def _whole(text: str) -> int:
    if not re.fullmatch(r"\d{1,6}", text.strip()):
        raise ValueError("give a whole number, as in 20")
    return int(text)


def _at_once(text: str) -> int:
    if not re.fullmatch(r"\d{1,3}", text.strip()) or int(text) < 1:
        raise ValueError("give a whole number from 1 to 999")
    return int(text)


def _switch(text: str) -> bool:
    if text.lower() not in ("0", "1", "true", "false"):
        raise ValueError("give 0 or 1")
    return text.lower() in ("1", "true")


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "WORKSPACE_IDS",
        "",
        "Log Analytics workspace (customer) ids to watch, separated by commas; or ids of the gateways' resource "
        "groups, or of subscriptions or management groups: every workspace there",
        _places,
    ),
    Setting("TEAMS_WEBHOOK_URL", "", "Teams Workflows webhook; a Key Vault reference in Azure", _text, True),
    Setting("SLACK_WEBHOOK_URL", "", "Slack incoming webhook; a Key Vault reference in Azure", _text, True),
    Setting("EVENTS_WEBHOOK_URL", "", "Your own receiver of CloudEvents; a Key Vault reference in Azure", _text, True),
    Setting(
        "EVENTS_WEBHOOK_SECRET",
        "",
        "What events are signed with (Standard Webhooks): whsec_ and base64; several sign all, for a change of keys",
        _keys,
        True,
    ),
    Setting(
        "HEARTBEAT_URL",
        "",
        "Called after polls in which every workspace succeeded, for a watcher outside; a Key Vault reference in Azure",
        _text,
        True,
    ),
    Setting("TABLES_ENDPOINT", "", "Table service URL of the storage account, used with the app's identity", _endpoint),
    Setting("TABLES_CONNECTION_STRING", "", "Instead of TABLES_ENDPOINT, for the local emulator", _text, True),
    Setting(
        "LOGS_ENDPOINT", "https://api.loganalytics.io", "Log query endpoint; other clouds have their own", _endpoint
    ),
    Setting("LOGS_AUDIENCE", "https://api.loganalytics.io", "Token audience that belongs to LOGS_ENDPOINT", _endpoint),
    Setting(
        "GATEWAY_SCOPES",
        "",
        "Resource ids of management groups, subscriptions, resource groups or gateways to read names and connections "
        "from, separated by commas; needs Reader there",
        _words,
    ),
    Setting(
        "ARM_ENDPOINT", "https://management.azure.com", "Azure Resource Manager; other clouds have their own", _endpoint
    ),
    Setting("POLL_SCHEDULE", "0 */5 * * * *", "When to poll: NCRONTAB with six fields, UTC", ncrontab),
    Setting("WEEKLY_AT", "MON 09:00", "When the weekly summary is due, in TIMEZONE", _weekly),
    Setting("MONTHLY_AT", "09:00", "When the monthly report is due on the first, in TIMEZONE; or off", _monthly),
    Setting("AVAILABILITY_TARGET", "99.95", "Percent that reports measure each connection against", _percent),
    Setting("BUSINESS_HOURS", "MON-FRI 09:00-18:00", "Hours whose lost minutes reports name, in TIMEZONE", _hours),
    Setting("TIMEZONE", "UTC", "IANA time zone of messages, local columns and the week", zone),
    Setting("MESSAGE_LANGUAGE", "en", "Language of the messages: en or ja", _language),
    Setting("TEAMS_LANGUAGE", "", "Language in Teams, where it is not MESSAGE_LANGUAGE", _language_or_none),
    Setting("SLACK_LANGUAGE", "", "Language in Slack, where it is not MESSAGE_LANGUAGE", _language_or_none),
    Setting(
        "EVENTS_LANGUAGE", "", "Language of events' sentences, where it is not MESSAGE_LANGUAGE", _language_or_none
    ),
    Setting("DOWN_AFTER", "10m", "How old an open outage must be before it is told", _waiting),
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
        _reasons,
    ),
    Setting("MAINTENANCE_WINDOW", "-60s..12m", "From when to when around its log row maintenance may cut", window),
    Setting(
        "ROUTES",
        "",
        "Which channel hears of which incidents: teams: azure,unknown; slack: remote site=osaka; teams-emea: "
        "tag=team:emea; default: all of all",
        _routes,
    ),
    Setting("KEEP_MONTHS", "13", "How many months incidents, outages, messages and remarks are kept", _months),
    Setting(
        "FAN_OUT_ABOVE",
        "20",
        "With more workspaces than this, they are polled by several runs at once, over a queue",
        _whole,
    ),
    Setting("QUERIES_AT_ONCE", "5", "How many log queries such runs send at once, all of them together", _at_once),
    Setting(
        "SIGN_IN", "0", "1 where people sign in to the report page; set by the template, with authentication", _switch
    ),
    Setting("REPORT_URL", "", "Where people find that page; messages link to it", _endpoint),
    Setting("ALLOW_PRIVATE_WEBHOOKS", "0", "1 permits webhooks on http and on private addresses", _switch),
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
        url = _value(Setting(setting, "", "", _text), environment, problems)
        spoken = Setting(setting_of(name, "LANGUAGE"), "", "", _language_or_none)
        secret = Setting(setting_of(name, "WEBHOOK_SECRET"), "", "", _keys)
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
