"""One tick of a fleet of quiet workspaces: ``python -m benchmarks.workspaces COUNT`` prints what it took as JSON.

``ask``: the run that asks for the polls. ``polls``: all that it asked for, one after the other.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from typing import Any

from benchmarks.parts import CountedTables, Log, Silent, Watch, minutes
from correlator.fleet import Fleet
from correlator.ports import Channel, Store
from correlator.settings import Settings
from correlator.wiring import App
from correlator.wording import Style


class Told(App):
    """The app with a channel that posts nothing."""

    silent: Any = None

    def dressed(self, style: Style) -> tuple[Store, dict[str, Channel]]:
        """The app's own store, and that channel."""
        store, _ = super().dressed(style)
        return store, {"teams": self.silent}


def settings_of(count: int) -> Settings:
    """So many workspaces, each polled by a message of its own."""
    said: Mapping[str, str] = {
        "WORKSPACE_IDS": ",".join(f"00000000-0000-4000-8000-{n:012d}" for n in range(count)),
        "FAN_OUT_ABOVE": "0", "TABLES_ENDPOINT": "https://tables.invalid", "ALLOW_PRIVATE_WEBHOOKS": "1",
        "TEAMS_WEBHOOK_URL": "http://127.0.0.1:9/hook",
    }  # fmt: skip
    return Settings.read(said)


def done(fleet: Fleet, log: Log, messages: list[str]) -> None:
    """All that is asked for, a moment after it was."""
    log.now += minutes(0.01)
    while messages:
        messages = [left for message in messages for left in fleet.work(message)]


def main() -> None:
    """Two ticks to begin with, then one that is measured."""
    calls: Counter[str] = Counter()
    log = Log(calls)
    app = Told(settings_of(int(sys.argv[1])), log, None, CountedTables(calls, lambda: log.now))
    app.silent = Silent(calls)
    fleet = Fleet(app, wait=lambda _: None)
    for _ in range(2):
        log.now += minutes(5)
        done(fleet, log, fleet.dispatch())
    log.now += minutes(5)
    asking, asked = Watch(calls), list[str]()
    asking.turn(lambda: asked.extend(fleet.dispatch()))
    found = {"workspaces": int(sys.argv[1]), "ask": asking.found()}
    polling = Watch(calls)
    polling.turn(lambda: done(fleet, log, asked))
    print(json.dumps(found | {"polls": polling.found()}))


if __name__ == "__main__":
    main()
