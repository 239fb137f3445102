"""The names of channels and of their settings, and an address that could not be had.

``teams`` has ``TEAMS_WEBHOOK_URL``, and ``TEAMS_WEBHOOK_URL_EMEA`` makes ``teams-emea``.
"""

import re

from msgspec import Struct

CHANNEL_NAMES = ("teams", "slack", "events")
_NAMED = re.compile(r"(TEAMS|SLACK|EVENTS)_WEBHOOK_URL_([A-Z0-9](?:[A-Z0-9_]{0,38}[A-Z0-9])?)")
VAULT_REFERENCE = "@microsoft.keyvault("
UNRESOLVED = "is a Key Vault reference that did not resolve"


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


def no_address(setting: str) -> str:
    """Stands for an address that cannot be used since this setting did not resolve; the reference shows nowhere."""
    return VAULT_REFERENCE + setting


def unresolved(address: str) -> str:
    """The setting for whose sake there is no address, ``""`` where there is one."""
    return address.removeprefix(VAULT_REFERENCE) if address.startswith(VAULT_REFERENCE) else ""
