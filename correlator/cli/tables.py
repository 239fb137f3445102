"""The tables for a person at a keyboard: opened from the settings, with whatever they are signed in with."""

from __future__ import annotations

import getpass
import logging
import os
from typing import NamedTuple

from azure.identity import DefaultAzureCredential

from correlator.ports import Store
from correlator.settings import Settings
from correlator.stores.store import TableStore
from correlator.wiring import open_tables, style_of

WHERE = "TABLES_ENDPOINT|TABLES_CONNECTION_STRING"


class Desk(NamedTuple):
    """The store, the workspaces whose polls look into it, and the reader's zone (IANA)."""

    store: Store
    workspaces: tuple[str, ...]
    zone: str


def open_desk(*, workspaces: bool = False) -> Desk:
    """The tables that the environment's settings name. Raises SettingsError, also where no workspace is named."""
    settings = Settings.read(os.environ, (WHERE, "WORKSPACE_IDS") if workspaces else (WHERE,))
    # Every credential that was tried in vain writes its paragraph; ours is the one line that helps.
    logging.getLogger("azure.identity").setLevel(logging.CRITICAL)
    store = TableStore(open_tables(settings, DefaultAzureCredential()), style_of(settings))
    return Desk(store, settings.workspace_ids, settings.timezone)


def user() -> str:
    """Who is at the keyboard, where nobody says otherwise."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without a name for its user
        return "somebody"
