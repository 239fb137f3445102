"""Channels. A new one is a file that lays out its messages, a class in ``webhooks`` and a name in this file."""

from __future__ import annotations

from collections.abc import Mapping

from correlator.channels._pace import Pace
from correlator.channels._post import check_url, host_of, post
from correlator.channels.webhooks import Events, Slack, Teams
from correlator.ports import Channel

CHANNELS: Mapping[str, tuple[str, type[Teams] | type[Slack] | type[Events]]] = {
    c.name: (c.setting, c) for c in (Teams, Slack, Events)
}
"""Channel name -> the setting that holds its address, and its class."""

__all__ = ["CHANNELS", "Channel", "Events", "Pace", "Slack", "Teams", "check_url", "host_of", "post"]
