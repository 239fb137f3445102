"""The settings that the app starts with: an address that Key Vault did not give costs its own channel alone."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping

from msgspec.structs import replace

from correlator.channels import CHANNELS
from correlator.errors import SettingsError
from correlator.settings import UNRESOLVED, UNRESOLVED_ADDRESS, Settings

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
    unresolved = [p for p in problems if p.what == UNRESOLVED and p.setting in ADDRESSES]
    settings = replace(settings, **{ADDRESSES[p.setting].lower(): UNRESOLVED_ADDRESS for p in unresolved})
    usable = any(getattr(settings, s.lower()) not in ("", UNRESOLVED_ADDRESS) for s, _ in CHANNELS.values())
    stopping = [p for p in problems if p not in unresolved] if usable else problems
    if stopping:
        raise SettingsError([str(p) for p in stopping])
    for problem in unresolved:
        log.error("%s", problem)
    return settings
