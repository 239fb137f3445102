"""The tables for a person at a keyboard: opened from the settings, with whatever they are signed in with."""

from __future__ import annotations

import getpass
import os
from typing import NamedTuple

from correlator.cli.kept import NEEDED, open_tables
from correlator.cli.kept import workspaces as polled
from correlator.errors import UsageError
from correlator.people import plain
from correlator.ports import Store
from correlator.settings import Settings
from correlator.stores.history import History

LONGEST = 1000
"""Characters of a text, which stands in every message of an incident."""


class Desk(NamedTuple):
    """The store, the public tables, the workspaces whose polls look into it, and the reader's zone (IANA)."""

    store: Store
    history: History
    workspaces: tuple[str, ...]
    zone: str


def open_desk(*, workspaces: bool = False) -> Desk:
    """The tables that the environment's settings name. Raises SettingsError, also where no workspace is named."""
    from correlator.stores.store import TableStore
    from correlator.wiring import style_of

    settings = Settings.read(os.environ, (*NEEDED, "WORKSPACE_IDS") if workspaces else NEEDED)
    tables = open_tables()
    watched = polled(settings) if workspaces else settings.workspace_ids
    return Desk(TableStore(tables, style_of(settings)), History(tables), watched, settings.timezone)


def written(what: str, text: str) -> str:
    """What somebody wrote, on one line. Raises UsageError for more than messages, and 64 KiB of a column, can hold."""
    if len(text) > LONGEST:
        raise UsageError(f"{what} has {len(text)} characters; give at most {LONGEST}")
    return plain(text)


def user() -> str:
    """Who is at the keyboard, where nobody says otherwise."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without a name for its user
        return "somebody"
