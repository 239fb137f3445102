"""The incident tables for a person at a keyboard: by the settings, signed in with `az login`."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from correlator.asked import Question
from correlator.asked import question as read_question
from correlator.cli import show
from correlator.errors import UsageError
from correlator.people import week_of
from correlator.settings import Settings
from correlator.stores.history import History
from correlator.stores.tables import Tables
from correlator.wording import Style

NEEDED = ("TABLES_ENDPOINT|TABLES_CONNECTION_STRING",)


def opened() -> tuple[History, Style]:
    """The tables, and how their reader wants it, names from the gateway list among it. Raises SettingsError."""
    from correlator import wiring
    from correlator.stores.store import TableStore

    tables, chosen = open_tables(), show.style()
    listed, _ = TableStore(tables, chosen).kept_list()
    return History(tables), wiring.style_of(Settings.read(os.environ), listed)


def open_tables() -> Tables:
    """The storage account that the settings name. Raises SettingsError."""
    from azure.identity import DefaultAzureCredential

    from correlator import wiring

    # Every credential that was tried in vain writes its paragraph; ours is the one line that helps.
    logging.getLogger("azure.identity").setLevel(logging.CRITICAL)
    return wiring.open_tables(Settings.read(os.environ, NEEDED), DefaultAzureCredential())


def workspaces(settings: Settings) -> tuple[str, ...]:
    """What the app polls; of entries that stand for many workspaces, by its list. Raises SettingsError, UsageError."""
    from correlator import watchlist
    from correlator.stores.store import TableStore

    if not watchlist.places_of(settings):
        return settings.workspace_ids
    listed, _ = TableStore(open_tables(), Style()).kept_list()
    found = watchlist.workspaces(settings, listed)
    if not found:
        raise UsageError("WORKSPACE_IDS: the app has found no workspace there yet; `doctor` says why, or give its id")
    return found


def incident(history: History, incident_id: str) -> dict[str, Any]:
    """The incident of that id. Raises UsageError where there is none."""
    found = history.one(incident_id)
    if found is None and week_of(incident_id.strip().upper()) is None:
        raise UsageError(f"{incident_id} is no incident id: give one as in VPN-20260821-7F3K2M")
    if found is None:
        raise UsageError(f"no incident {incident_id} in the table: `incidents` lists them")
    return found


def question(days: int, **asked: str | None) -> Question:
    """What the options ask. Raises UsageError."""
    return read_question({k: v for k, v in asked.items() if v}, days, show.style().zone, show.now())


def oldest_first(documents: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Incidents in the order in which they began."""
    return sorted(documents, key=lambda d: (datetime.fromisoformat(d["started_at"]), d["id"]))
