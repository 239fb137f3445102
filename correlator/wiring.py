"""Settings -> the real source, store and channels. The only module that knows them all."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from azure.core.credentials import TokenCredential
from azure.identity import DefaultAzureCredential
from msgspec import Struct, field
from msgspec.structs import replace

from correlator.channels import CHANNELS, Events, Pace, Slack, Teams, check_url
from correlator.delivery import Report
from correlator.errors import CorrelatorError, SettingsError, SourceUnavailable, StaleWrite, StoreUnavailable
from correlator.gaps import tell_after
from correlator.gateways import Listed
from correlator.model import Policy
from correlator.notification import PollingGap
from correlator.poll import Aside, poll_all
from correlator.ports import Channel, GatewaySource, LogSource, Standing, Store
from correlator.reports import confess, greet, summarize
from correlator.routes import Routing
from correlator.schedule import longest_pause
from correlator.settings import Settings
from correlator.settings.channels import kind_of, setting_of, unresolved
from correlator.sites import names
from correlator.sources.log_analytics import LogAnalytics
from correlator.starting import startable
from correlator.stores.store import TableStore
from correlator.stores.table_storage import AzureTables
from correlator.stores.tables import Tables
from correlator.summary import MonthlyTime, WeeklyTime
from correlator.watchlist import Asking, has_left, informed, is_fresh, not_polled, places_of, workspaces
from correlator.wording import Style

if TYPE_CHECKING:
    from correlator.figures import Wanted
    from correlator.signed_in import SignedIn
    from correlator.web import Web

log = logging.getLogger("correlator")
CHANNEL_SETTINGS = "|".join(setting for setting, _ in CHANNELS.values())
NEEDED = ("WORKSPACE_IDS", "TABLES_ENDPOINT|TABLES_CONNECTION_STRING", CHANNEL_SETTINGS)
NOTHING_FOUND = "WORKSPACE_IDS: no workspace was found that can be polled; doctor says why"
SHOWN = 50
"""Messages in one line: a line that is too long is cut by what keeps it, and then cannot be read."""


class App(Struct):
    """Everything connected, ready to run, and what this process remembers between its runs."""

    settings: Settings
    source: LogSource
    resources: GatewaySource | None
    tables: Tables
    listed: Listed | None = None
    greeted: bool = False
    confessed: bool = False
    clock: datetime | None = None
    pace: Pace = field(default_factory=Pace)

    def poll(self) -> None:
        """Poll every workspace. Raises CorrelatorError at the end if one failed, so that the run shows as failed."""
        before, listed = self.current_list()
        touched = listed.touched if listed else ()
        store, channels = self.dressed(style_of(self.settings, listed))
        settings, policy = self.settings, informed(policy_of(self.settings), listed)
        asking = Asking(self.resources, listed) if self.resources and listed else None
        aside = Aside(touched, asking, self.routing(listed), perf_counter)
        watched = workspaces(settings, listed)
        reports, failures = poll_all(watched, self.source, store, channels, policy, aside)
        if listed and touched and not failures:
            listed = replace(listed, touched=())
        if listed and listed is not before:
            store.keep_list(listed)
        self.listed = listed
        for report in reports:
            tell_of(report)
        self.clock = max((r.now for r in reports if r.now), default=self.clock)
        if any(r.blind_seconds for r in reports) or not self.confessed:
            self.confess(store, channels, {r.partition: r.gaps for r in reports})
        self.greet(store, channels, {w: str(f) for w, f in failures.items()})
        # The loser of a race dropped its work on purpose: the winner did it.
        real = [f for f in failures.values() if not isinstance(f, StaleWrite)]
        if not watched:
            raise SourceUnavailable(NOTHING_FOUND)
        if real:
            raise CorrelatorError("; ".join(str(f) for f in real))
        if settings.heartbeat_url:
            from correlator.heartbeat import beat

            beat(settings.heartbeat_url, settings.allow_private_webhooks)

    def summarize(self) -> None:
        """Send the weekly summary and the monthly report if they are due."""
        settings = self.settings
        if self.listed is None:
            self.listed, _ = self._store().kept_list()
        store, channels = self.dressed(style_of(self.settings, self.listed))
        self._summarize("weekly_summary", settings.weekly_at, store, channels)
        if settings.monthly_at:
            self._summarize("monthly_summary", settings.monthly_at, store, channels)

    def _summarize(
        self, what: str, at: WeeklyTime | MonthlyTime, store: Store, channels: Mapping[str, Channel]
    ) -> None:
        from zoneinfo import ZoneInfo

        settings, listed = self.settings, self.listed.found if self.listed else None
        zone, wanted = ZoneInfo(settings.timezone), wanted_of(settings)
        try:
            routing = self.routing(self.listed)
            report = summarize(self.workspaces(), store, channels, at, zone, wanted, listed, routing)
        except StaleWrite as lost:
            log.info("%s: %s", what, lost)
            return
        log.info("%s", line_of(what, report))

    def housekeep(self) -> None:
        """Delete what is older than the time to keep, a bounded number of rows. Storage that fails is a log line."""
        from correlator.stores.housekeeping import in_turn, months_before

        store = self._store()
        try:
            listed, now = store.kept_list()
            before = months_before(now, self.settings.keep_months)
            purged = Counter(store.purge(before))
            gone = {*listed.removed, *listed.aliases} if listed else set()
            for workspace in in_turn(workspaces(self.settings, listed), len(gone), now):
                purged["gateways"] += store.purge_gateways(workspace, sorted(gone), before)
        except StoreUnavailable as refused:
            log.warning("housekeeping: %s", refused)
            return
        if +purged:
            log.info(json.dumps({"event": "housekeeping", "before": before.isoformat(), "purged": dict(+purged)}))

    def wind_up(self) -> None:
        """Work off what workspaces left behind that are polled no longer. What fails is a line in the log."""
        settings, store = self.settings, self._store()
        try:
            listed = store.kept_list()[0] if places_of(settings) else None
            polled, known = workspaces(settings, listed), store.noted()
            noted = {w.lower() for w in known}
            for workspace in polled:
                if workspace.lower() not in noted:  # as after an upgrade; else its first poll did
                    store.note(Standing(workspace))
        except CorrelatorError as refused:
            log.warning("workspaces that are no longer watched: %s", refused)
            return
        left = not_polled(known, polled)
        if not left:
            return
        from correlator.unwatched import Round

        listed = listed or self._known_list()
        store, channels = self.dressed(style_of(settings, listed))
        policy = informed(policy_of(settings), listed)
        gone = partial(has_left, settings=settings, listed=listed, longest=policy.blind_after)
        for report in Round(store, channels, policy, self.routing(listed), polled, gone).run(left, perf_counter):
            log.info("%s", line_of("wind_up", report))

    def opened(self) -> tuple[Store, dict[str, Channel]]:
        """Store and channels for a run beside the polls."""
        return self.dressed(style_of(self.settings, self._known_list()))

    def web(self) -> Web:
        """What is answered over HTTP; its modules are no part of a timer's cold start."""
        from correlator.stores.history import History
        from correlator.web import Web

        listed = self._list_of_now() if places_of(self.settings) else self._known_list()
        style = style_of(self.settings, listed)
        late_after = policy_of(self.settings).blind_after
        return Web(self._store(style), History(self.tables), workspaces(self.settings, listed), style, late_after)

    def signed_in(self) -> SignedIn:
        """What is answered to people who signed in; nothing at all where they cannot."""
        from correlator.signed_in import SignedIn

        return SignedIn(self.settings.report_url if self.settings.sign_in else "", self.web)

    def routing(self, listed: Listed | None) -> Routing:
        """Who hears of what, by the names of sites and by the list's tags and subscriptions."""
        return Routing(self.settings.routes, names(self.settings.sites), listed.found if listed else None)

    def workspaces(self) -> tuple[str, ...]:
        """What is polled now, by the list that is known."""
        return workspaces(self.settings, self._known_list() if places_of(self.settings) else None)

    def _known_list(self) -> Listed | None:
        """The gateway list as it was last kept, for its names; without them an answer is still an answer."""
        if self.listed is None:
            try:
                self.listed, _ = self._store().kept_list()
            except StoreUnavailable as refused:
                log.info("names of connections: %s", refused)
        return self.listed

    def _list_of_now(self) -> Listed | None:
        """As another process may have kept it since: what is found comes and goes, and this one may answer for days."""
        try:
            return self._store().kept_list()[0]
        except StoreUnavailable as refused:
            log.info("the gateway list: %s", refused)
            return self.listed

    def current_list(self) -> tuple[Listed | None, Listed | None]:
        """The gateway list as it was and as it is. In a process that has a fresh one, nothing is read."""
        scopes, places = self.settings.gateway_scopes, places_of(self.settings)
        if self.resources is None:
            return self.listed, self.listed
        kept, clock = self.listed, self.clock
        if clock is None or not is_fresh(kept, scopes, clock, places):
            kept, clock = self._store().kept_list()
        if is_fresh(kept, scopes, clock, places) and not (kept and kept.untried):
            return kept, kept
        from correlator.refresh import read_anew, tried  # once a day, and until every found workspace was asked

        fresh = is_fresh(kept, scopes, clock, places)
        listed = kept if fresh else read_anew(kept, self.resources, scopes, clock, places, perf_counter)
        return kept, tried(listed, self.source, perf_counter) if listed and listed.untried else listed

    def greet(self, store: Store, channels: Mapping[str, Channel], failures: Mapping[str, str]) -> None:
        """Say hello, once every workspace was polled or has failed for long."""
        if self.greeted:
            return
        found = self.listed.found if self.listed else None
        try:
            greeting = greet(self.workspaces(), failures, store, channels, found)
        except StaleWrite as lost:
            log.info("welcome: %s", lost)
            return
        self.greeted = greeting.done
        if greeting.report:
            log.info("%s", line_of("welcome", greeting.report))

    def confess(self, store: Store, channels: Mapping[str, Channel], gaps: Mapping[str, Sequence[PollingGap]]) -> None:
        """Where a poll found a gap before it, and once in each process, for one that died before it could tell."""
        if self.clock is None:
            return
        self.confessed = False
        try:
            told = confess(gaps, self.workspaces(), store, channels, self.clock)
        except StaleWrite as lost:
            log.info("gaps in watching: %s", lost)
            return
        self.confessed = told.done
        if told.report:
            log.info("%s", line_of("watch", told.report))

    def dressed(self, style: Style) -> tuple[Store, dict[str, Channel]]:
        """Store and channels in these words, with the time of a run before them."""
        return self._store(style), open_channels(self.settings, style, self.pace.anew())

    def _store(self, style: Style | None = None) -> Store:
        return TableStore(self.tables, style or style_of(self.settings), fleet=self.settings.fans_out)


def build(environment: Mapping[str, str]) -> App:
    """Read the settings and make the clients; no request is sent. Raises SettingsError with every problem."""
    settings = behind_sign_in(startable(environment, NEEDED), environment)
    credential = DefaultAzureCredential()
    open_channels(settings, style_of(settings))
    heartbeat = settings.heartbeat_url
    problem = check_url(heartbeat, settings.allow_private_webhooks) if heartbeat else None
    if problem and not unresolved(heartbeat):
        raise SettingsError([f"HEARTBEAT_URL: {problem}"])
    return App(
        settings,
        LogAnalytics.at(settings.logs_endpoint, settings.logs_audience, credential),
        _resource_manager(settings, credential) if settings.gateway_scopes or places_of(settings) else None,
        open_tables(settings, credential),
    )


def behind_sign_in(settings: Settings, environment: Mapping[str, str]) -> Settings:
    """Without sign-in where App Service authentication does not stand before the app: then its header can be forged.

    ``WEBSITE_AUTH_ENABLED`` is the platform's own word, read-only:
    https://learn.microsoft.com/azure/app-service/reference-app-settings
    """
    stands = environment.get("WEBSITE_AUTH_ENABLED", "").lower() in ("true", "1")
    return settings if settings.sign_in and stands else replace(settings, sign_in=False, report_url="")


def _resource_manager(settings: Settings, credential: TokenCredential) -> GatewaySource:
    from correlator.sources.resource_manager import ResourceManager

    return ResourceManager(settings.arm_endpoint, credential)


def style_of(settings: Settings, listed: Listed | None = None) -> Style:
    """How messages and public rows are worded. A name in SITES goes before the name of the connection."""
    connections = listed.found.connection_names if listed else {}
    sites = settings.sites
    return Style(settings.message_language, settings.timezone, names(sites), connections, sites, settings.report_url)


def policy_of(settings: Settings) -> Policy:
    """The time windows, as far as settings change them."""
    before, after = settings.maintenance_window
    return Policy(
        down_after=settings.down_after,
        blind_after=tell_after(longest_pause(settings.poll_schedule)),
        reasons=settings.reasons,
        maintenance_before=before,
        maintenance_after=after,
    )


def wanted_of(settings: Settings) -> Wanted:
    """What reports are measured against."""
    from correlator.figures import Wanted

    return Wanted(settings.availability_target, settings.business_hours, settings.reasons)


def open_tables(settings: Settings, credential: TokenCredential) -> AzureTables:
    """Table Storage, by identity unless a connection string is given. Raises SettingsError."""
    try:
        if settings.tables_connection_string:
            return AzureTables.from_connection_string(settings.tables_connection_string)
        return AzureTables.at(settings.tables_endpoint, credential)
    except ValueError:  # its text may hold the key
        name = "TABLES_CONNECTION_STRING" if settings.tables_connection_string else "TABLES_ENDPOINT"
        raise SettingsError([f"{name} cannot be used: it is not of the form that the storage account shows"]) from None


def open_channels(settings: Settings, style: Style, pace: Pace | None = None) -> dict[str, Channel]:
    """The channels whose address is set. Raises SettingsError for addresses that cannot work."""
    problems = [
        f"{setting_of(name)}: {problem}"
        for name, url in settings.channels.items()
        if not unresolved(url) and (problem := check_url(url, settings.allow_private_webhooks))
    ]
    if problems:
        raise SettingsError(problems)
    return {name: open_channel(name, url, settings, style, pace) for name, url in settings.channels.items()}


def open_channel(name: str, url: str, settings: Settings, style: Style, pace: Pace | None = None) -> Channel:
    """A channel in its own language. Raises SettingsError for an address that cannot work."""
    style = replace(style, language=settings.language_of(name))
    kind, private = kind_of(name), settings.allow_private_webhooks
    if kind == Events.name:
        channel: Events | Teams | Slack = Events(url, style, private, pace, settings.secret_of(name))
    else:
        channel = CHANNELS[kind][1](url, style, private, pace)
    channel.name, channel.setting = name, setting_of(name)
    return channel


def tell_of(report: Report) -> None:
    """The lines of a poll that alerts read."""
    log.info("%s", line_of("poll", report))
    for incident, gateway in report.went_down:
        log.warning(json.dumps({"event": "connection-down", "incident": incident, "gateway": gateway}))


def line_of(what: str, report: Report) -> str:
    """One structured line a run, for alerts and workbooks to query."""
    fields = {slot: getattr(report, slot) for slot in Report.__struct_fields__ if slot != "gaps"}
    fields = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in fields.items()}
    fields["messages"] = [sent._asdict() for sent in report.messages[:SHOWN]]
    return json.dumps({"event": what} | fields, ensure_ascii=False)
