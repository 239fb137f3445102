"""The settings that the app starts with: an address that Key Vault did not give costs its own channel alone."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping

from msgspec.structs import replace

from correlator.channels import CHANNELS
from correlator.errors import SettingsError
from correlator.settings import UNRESOLVED, Settings, no_address

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
    waiting = [p for p in problems if p.what == UNRESOLVED and p.setting in ADDRESSES]
    named = [p.setting for p in waiting if p.setting != SIGNING or settings.events_webhook_url]
    gone = {ADDRESSES[name].lower(): no_address(name) for name in named}
    channels = {setting.lower() for setting, _ in CHANNELS.values()}
    usable = any(getattr(settings, channel) for channel in channels - gone.keys())
    stopping = [p for p in problems if p not in waiting] if usable else problems
    if stopping:
        raise SettingsError([str(p) for p in stopping])
    for problem in waiting:
        log.error("%s", problem)
    return replace(settings, **gone)
