"""The settings that the app starts with: an address that Key Vault did not give costs its own channel alone."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec.structs import replace

from correlator.channels import CHANNELS
from correlator.errors import SettingsError
from correlator.settings import Settings
from correlator.settings.channels import (
    UNRESOLVED,
    NamedChannel,
    channel_of,
    kind_of,
    no_address,
    setting_of,
    unresolved,
)

log = logging.getLogger("correlator")
HEARTBEAT, SIGNING = "HEARTBEAT_URL", "EVENTS_WEBHOOK_SECRET"
ADDRESSES = {setting: setting for setting, _ in CHANNELS.values()} | {
    HEARTBEAT: HEARTBEAT,
    SIGNING: "EVENTS_WEBHOOK_URL",
}
"""Settings that need not stop the app if they did not resolve -> the address to which nothing is sent then."""


def startable(environment: Mapping[str, str], needed: Collection[str]) -> Settings:
    """Read every setting. Raises SettingsError with all problems that stop the app.

    A channel whose address is an unresolved Key Vault reference starts as one that refuses everything: it is parked,
    which the others say, and what waits for it goes out once it resolves. Where no other channel is left, nobody could
    be told, and the app does not start.
    """
    settings, problems = Settings.readable(environment, needed)
    waiting = [p for p in problems if p.what == UNRESOLVED and _address_of(p.setting)]
    there = {setting_of(name): url for name, url in settings.channels.items()}
    named = [p.setting for p in waiting if _address_of(p.setting) == p.setting or _address_of(p.setting) in there]
    gone = {str(_address_of(name)): no_address(name) for name in named}
    plain = {setting.lower(): url for setting, url in gone.items() if setting in ADDRESSES}
    keys_lost = any(p.setting == SIGNING for p in waiting)
    started = replace(settings, **plain, named=tuple(_named(settings.named, gone, keys_lost)))
    usable = any(not unresolved(url) for url in started.channels.values())
    stopping = [p for p in problems if p not in waiting] if usable else problems
    if stopping:
        raise SettingsError([str(p) for p in stopping])
    for problem in waiting:
        log.error("%s", problem)
    return started


def _address_of(setting: str) -> str | None:
    """The address to which nothing is sent while this setting does not resolve; None where the app needs it."""
    kind, signing, name = setting.partition("_WEBHOOK_SECRET_")
    address = f"{kind}_WEBHOOK_URL_{name}" if signing else setting
    return ADDRESSES.get(setting) or (address if channel_of(address) else None)


def _named(channels: Iterable[NamedChannel], gone: Mapping[str, str], keys_lost: bool) -> Iterator[NamedChannel]:
    """Channels with names; events that are signed with what did not resolve are not sent unsigned."""
    for channel in channels:
        shared = keys_lost and kind_of(channel.name) == "events" and not channel.secret
        address = no_address(SIGNING) if shared else channel.url
        yield replace(channel, url=gone.get(setting_of(channel.name), address))
