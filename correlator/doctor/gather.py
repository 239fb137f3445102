"""Look at everything the settings name. Whatever fails becomes a fact, never an exception."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError
from azure.identity import DefaultAzureCredential

from correlator import watchlist
from correlator.channels import check_url
from correlator.doctor.listing import with_gateways
from correlator.doctor.logs import workspaces
from correlator.doctor.model import Address, Facts, Refusal, Sent, TableProbe
from correlator.doctor.of_settings import is_place
from correlator.doctor.trial import send_test_messages
from correlator.errors import SettingsError, StoreUnavailable
from correlator.settings import Problem, Settings
from correlator.settings.channels import setting_of
from correlator.sources.log_analytics import LogAnalytics
from correlator.sources.resource_manager import ResourceManager
from correlator.stores.tables import STATE, Conflict, Delete, Tables, Upsert
from correlator.wiring import NEEDED, open_channel, open_tables, style_of

PROBE = "doctor"
"""Partition and row of what is written to the state table and deleted again; no workspace is called so."""


class Wanted(NamedTuple):
    """What is done beyond the usual: messages are sent; every connection's state is asked for."""

    test_message: bool = False
    live: bool = False


def gather(environment: Mapping[str, str], wanted: Wanted) -> Facts:
    """Look at settings, channels, tables, workspaces and gateways, one after another."""
    settings, problems = Settings.readable(environment, NEEDED)
    credential = DefaultAzureCredential()
    missed: list[str] = []
    addresses = tuple(_addresses(settings))
    no_identity = _no_identity(settings, credential, missed)
    can_sign = bool(settings.tables_connection_string) or not no_identity
    tables = _open(settings, credential, problems, missed) if can_sign else None
    source = LogAnalytics.at(settings.logs_endpoint, settings.logs_audience, credential)
    ids = [w for w in settings.workspace_ids if is_place(w) and not no_identity]
    places = watchlist.places_of(settings)
    facts = Facts(
        problems=tuple(problems),
        no_identity=no_identity,
        addresses=addresses,
        sent=tuple(_sent(settings, addresses)) if wanted.test_message else (),
        tables=TableProbe(_host(settings), probe(tables)) if tables else None,
        workspace_ids=settings.workspace_ids,
        workspaces=tuple(workspaces(source, ids, missed)),
        places=places,
        scopes=settings.gateway_scopes,
        own_reasons=settings.reasons,
        not_checked=(*missed, *_without_list(settings)),
    )
    if no_identity or not (settings.gateway_scopes or places):
        return facts
    resources = ResourceManager(settings.arm_endpoint, credential)
    return with_gateways(facts, resources, source, wanted.live)


def _no_identity(settings: Settings, credential: TokenCredential, missed: list[str]) -> str:
    """Why there is no token for the log service, or ``""``. It is asked for once, or each service would fail for it."""
    logging.getLogger("azure.identity").setLevel(logging.CRITICAL)  # what it warns of is a finding
    if not (settings.workspace_ids or settings.gateway_scopes or settings.tables_endpoint):
        return ""
    try:
        credential.get_token(f"{settings.logs_audience.rstrip('/')}/.default")
    except AzureError as failed:
        missed.append("workspaces, gateways and tables: there is no identity to ask them with")
        return (str(failed).strip().splitlines() or ["no token could be had"])[0][:300]
    return ""


def _without_list(settings: Settings) -> list[str]:
    if settings.gateway_scopes:
        return []
    return ["gateways, their diagnostic settings and connections: GATEWAY_SCOPES is not set"]


def _addresses(settings: Settings) -> Iterator[Address]:
    for name, url in settings.channels.items():
        problem = check_url(url, settings.allow_private_webhooks) or ""
        yield Address(name, setting_of(name), _host_of(url), problem)


def _host_of(url: str) -> str:
    """The only part of a webhook's address that may be shown."""
    try:
        return urlsplit(url).hostname or "no host"
    except ValueError:
        return "no URL"


def _sent(settings: Settings, addresses: Sequence[Address]) -> Iterator[Sent]:
    """To the channels whose address can take a message: what is wrong with the others is said by their address."""
    style = style_of(settings)
    usable = {
        a.channel: open_channel(a.channel, settings.channels[a.channel], settings, style)
        for a in addresses
        if not a.problem
    }
    return send_test_messages(usable, style)


def _open(settings: Settings, credential: TokenCredential, problems: list[Problem], missed: list[str]) -> Tables | None:
    """The tables, if the settings name any that can be used."""
    if not (settings.tables_endpoint or settings.tables_connection_string):
        missed.append("tables: no setting names a table service")
        return None
    try:
        return open_tables(settings, credential)
    except SettingsError as wrong:
        name, _, what = wrong.problems[0].partition(" ")
        problems.append(Problem(name, *what.split(": ", 1)))
        return None


def _host(settings: Settings) -> str:
    text = settings.tables_endpoint
    return text.split("://", 1)[-1].split("/", 1)[0] if text else "TABLES_CONNECTION_STRING"


def probe(tables: Tables) -> Refusal | None:
    """Write a row to the state table and delete it again; why it could not be done, else None."""
    try:
        tables.write(STATE, PROBE, [Upsert(PROBE, {"Note": "written by doctor, to be deleted"})])
        tables.write(STATE, PROBE, [Delete(PROBE)])
    except StoreUnavailable as refused:
        return Refusal(refused.status, str(refused).removeprefix(f"table {STATE}: "))
    except Conflict:
        return Refusal(None, "the row that was written is gone again: is another doctor running?")
    return None
