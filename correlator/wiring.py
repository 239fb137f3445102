"""Settings -> the real source, store and channels. The only module that knows them all."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from azure.core.credentials import TokenCredential
from azure.identity import DefaultAzureCredential
from msgspec import Struct

from correlator.channels import CHANNELS, check_url
from correlator.delivery import Report
from correlator.errors import CorrelatorError, SettingsError, StaleWrite
from correlator.model import Policy
from correlator.poll import poll_all, summarize
from correlator.ports import Channel, LogSource, Store
from correlator.settings import Settings
from correlator.sources.log_analytics import LogAnalytics
from correlator.stores.store import TableStore
from correlator.stores.table_storage import AzureTables
from correlator.wording import Style

log = logging.getLogger("correlator")
NEEDED = ("WORKSPACE_IDS", "TABLES_ENDPOINT|TABLES_CONNECTION_STRING", "TEAMS_WEBHOOK_URL|SLACK_WEBHOOK_URL")


class App(Struct, frozen=True):
    """Everything connected, ready to run."""

    settings: Settings
    source: LogSource
    store: Store
    channels: Mapping[str, Channel]
    policy: Policy

    def poll(self) -> None:
        """Poll every workspace. Raises CorrelatorError at the end if one failed, so that the run shows as failed."""
        reports, failures = poll_all(self.settings.workspace_ids, self.source, self.store, self.channels, self.policy)
        for report in reports:
            log.info("%s", line_of("poll", report))
        # The loser of a race dropped its work on purpose: the winner did it.
        real = [f for f in failures if not isinstance(f, StaleWrite)]
        if real:
            raise CorrelatorError("; ".join(str(f) for f in real))

    def summarize(self) -> None:
        """Send the weekly summary if it is due."""
        settings = self.settings
        zone, at = ZoneInfo(settings.timezone), settings.weekly_at
        try:
            report = summarize(settings.workspace_ids, self.store, self.channels, at, zone)
        except StaleWrite as lost:
            log.info("weekly summary: %s", lost)
            return
        log.info("%s", line_of("weekly_summary", report))


def build(environment: Mapping[str, str]) -> App:
    """Read the settings and make the clients; no request is sent. Raises SettingsError with every problem."""
    settings = Settings.read(environment, NEEDED)
    style = style_of(settings)
    credential = DefaultAzureCredential()
    return App(
        settings,
        LogAnalytics.at(settings.logs_endpoint, settings.logs_audience, credential),
        TableStore(open_tables(settings, credential), style),
        open_channels(settings, style),
        policy_of(settings),
    )


def style_of(settings: Settings) -> Style:
    """How messages and public rows are worded."""
    return Style(settings.message_language, settings.timezone, settings.sites)


def policy_of(settings: Settings) -> Policy:
    """The time windows, as far as settings change them."""
    return Policy(down_after=settings.down_after)


def open_tables(settings: Settings, credential: TokenCredential) -> AzureTables:
    """Table Storage, by identity unless a connection string is given. Raises SettingsError."""
    try:
        if settings.tables_connection_string:
            return AzureTables.from_connection_string(settings.tables_connection_string)
        return AzureTables.at(settings.tables_endpoint, credential)
    except ValueError:  # its text may hold the key
        name = "TABLES_CONNECTION_STRING" if settings.tables_connection_string else "TABLES_ENDPOINT"
        raise SettingsError([f"{name} cannot be used: it is not of the form that the storage account shows"]) from None


def open_channels(settings: Settings, style: Style) -> dict[str, Channel]:
    """The channels whose address is set. Raises SettingsError for addresses that cannot work."""
    urls = {name: getattr(settings, setting.lower()) for name, (setting, _) in CHANNELS.items()}
    problems = [
        f"{CHANNELS[name][0]}: {problem}"
        for name, url in urls.items()
        if url and (problem := check_url(url, settings.allow_private_webhooks))
    ]
    if problems:
        raise SettingsError(problems)
    return {name: CHANNELS[name][1](url, style, settings.allow_private_webhooks) for name, url in urls.items() if url}


def line_of(what: str, report: Report) -> str:
    """One structured line a run, for alerts and workbooks to query."""
    fields = {slot: getattr(report, slot) for slot in Report.__struct_fields__}
    fields = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in fields.items()}
    return json.dumps({"event": what} | fields, ensure_ascii=False)
