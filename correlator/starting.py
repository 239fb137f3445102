"""The settings that the app starts with: an address that Key Vault did not give costs its own channel alone."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping

from msgspec.structs import replace

from correlator.channels import CHANNELS
from correlator.errors import SettingsError
from correlator.settings import (
    NAMED_SETTINGS,
    UNRESOLVED,
    NamedChannel,
    Settings,
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
    waiting = [p for p in problems if p.what == UNRESOLVED and (p.setting in ADDRESSES or _is_of_a_name(p.setting))]
    lost = {p.setting for p in waiting}
    gone = {ADDRESSES[n].lower(): no_address(n) for n in lost & ADDRESSES.keys() if n != SIGNING}
    if SIGNING in lost and settings.events_webhook_url:
        gone["events_webhook_url"] = no_address(SIGNING)
    started = replace(settings, **gone, named=tuple(_lost_with(c, lost) for c in settings.named))
    usable = any(not unresolved(url) for url in started.channels.values())
    stopping = [p for p in problems if p not in waiting] if usable else problems
    if stopping:
        raise SettingsError([str(p) for p in stopping])
    for problem in waiting:
        log.error("%s", problem)
    return started


def _is_of_a_name(setting: str) -> bool:
    return bool(NAMED_SETTINGS.fullmatch(setting)) and "_LANGUAGE_" not in setting


def _lost_with(channel: NamedChannel, lost: Collection[str]) -> NamedChannel:
    """The channel, without its address if that or what signs its events did not resolve: never unsigned instead."""
    mine = [setting_of(channel.name)]
    if kind_of(channel.name) == "events":
        mine.append(setting_of(channel.name, "WEBHOOK_SECRET") if channel.signed_alone else SIGNING)
    why = next((setting for setting in mine if setting in lost), "")
    return channel._replace(url=no_address(why)) if why else channel
