"""The app as it is wired: what a run that failed must not forget, and the lines that alerts read."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from correlator.channels import Pace
from correlator.errors import CorrelatorError, SourceUnavailable
from correlator.gateways import Connection, Gateway, GatewayList, Workspace
from correlator.model import Status
from correlator.ports import LogAnswer
from correlator.settings import Settings
from correlator.stores.memory import MemoryTables
from correlator.stores.store import TableStore
from correlator.wiring import App
from correlator.wording import Style
from tests.fakes import Arrival, ScriptedLog
from tests.timeline import MINUTE, clock, gateway, night

SCOPE = "/subscriptions/s"
GW1 = Gateway(
    gateway(), "gw1", "virtualNetworkGateways", False, False, (), (Connection("cn-hq", "/c/hq", ("203.0.113.9",)),)
)
NOBODY_LISTENS = "http://127.0.0.1:9/hook"
ROWS = "16:00 203.0.113.9 up IN_0; 17:00 203.0.113.9 down IN_0 DPD"


class Logs(ScriptedLog):
    """Two workspaces: one with rows, and an empty one. Either may fail."""

    def __init__(self) -> None:
        rows = night(ROWS)
        super().__init__([Arrival(r.at, r.at, r) for r in rows if isinstance(r.at, datetime)], clock("16:05"))
        self.broken: set[str] = set()
        self.shut: set[str] = set()

    def fetch(
        self, workspace: str, mark: datetime | None, since: datetime | None, again: Collection[str] = ()
    ) -> LogAnswer:
        if workspace in self.shut:
            raise SourceUnavailable(f"workspace {workspace}: no permission to query", 403)
        if workspace in self.broken:
            raise SourceUnavailable(f"workspace {workspace}: throttled")
        found = super().fetch(workspace, mark, since, again)
        return found if workspace == "one" else LogAnswer(found.now, [])


class Azure:
    """The gateway list of today."""

    def __init__(self) -> None:
        self.found = GatewayList((GW1,))

    def list_gateways(self, scopes: Collection[str], places: Collection[str] = ()) -> GatewayList:
        return self.found

    def is_there(self, resource_id: str) -> bool | None:
        return False

    def status(self, connection_id: str) -> str | None:
        return None


class Installed:
    """The app over fakes, with one channel that nobody listens to."""

    def __init__(self) -> None:
        self.log, self.azure = Logs(), Azure()
        self.tables = MemoryTables(lambda: self.log.now)
        self.settings = Settings.read(
            {
                "WORKSPACE_IDS": "one,two", "TABLES_ENDPOINT": "https://t.example", "TEAMS_WEBHOOK_URL": NOBODY_LISTENS,
                "ALLOW_PRIVATE_WEBHOOKS": "1", "GATEWAY_SCOPES": SCOPE,
            }
        )  # fmt: skip
        self.start()

    def start(self) -> None:
        """A new process, which remembers nothing but the tables."""
        self.app = App(self.settings, self.log, self.azure, self.tables, pace=Pace(gap=0.0))

    def poll(self, now: datetime) -> None:
        """One run of the timer."""
        self.log.now = now
        self.app.poll()

    def statuses(self) -> list[Status]:
        """Where the incidents of the gateway stand."""
        state = TableStore(self.tables, Style()).gateways("one", [gateway()])[gateway()]
        return [t.incident.status for t in state.tracked]


@pytest.mark.parametrize("broken", ["one", "two"])
@pytest.mark.parametrize("restarts", [False, True])
def test_a_change_of_the_list_counts_until_every_workspace_was_polled(broken: str, restarts: bool) -> None:
    """The poll that learned of a removed gateway fails: the next that works ends its open incident all the same."""
    there = Installed()
    there.poll(clock("16:05"))
    there.poll(clock("17:20"))
    assert there.statuses() == [Status.OPEN]
    there.azure.found = GatewayList()
    there.log.broken = {broken}
    tomorrow = clock("16:10") + timedelta(days=1)
    with pytest.raises(CorrelatorError):
        there.poll(tomorrow)
    if restarts:
        there.start()
    there.log.broken = set()
    there.poll(tomorrow + 5 * MINUTE)
    assert there.statuses() == [Status.REMOVED]
    kept, _ = TableStore(there.tables, Style()).kept_list()
    assert kept
    assert kept.touched == ()


def test_a_welcome_that_nobody_takes_is_a_line(caplog: pytest.LogCaptureFixture) -> None:
    """A dead channel shows in a structured line of the welcome, which the alert for untaken messages reads."""
    caplog.set_level(logging.INFO, "correlator")
    there = Installed()
    there.poll(clock("16:05"))
    lines = [json.loads(r.message) for r in caplog.records if r.message.startswith("{")]
    (welcome,) = (line for line in lines if line["event"] == "welcome")
    assert welcome["sent"] == 0
    assert [failure.partition(":")[0] for failure in welcome["failures"]] == ["teams"]


def test_workspaces_that_are_found_are_polled(caplog: pytest.LogCaptureFixture) -> None:
    """A subscription among the entries: what is found in it is polled; what may not be read fails no run."""
    there = Installed()
    there.azure.found = GatewayList((GW1,), workspaces=tuple(Workspace(f"/w/{n}", n) for n in ("one", "two", "three")))
    there.settings = replace(there.settings, workspace_ids=("/subscriptions/s",))
    there.log.shut = {"three"}
    there.start()
    for minutes in (5, 10):
        there.poll(clock("16:00") + minutes * MINUTE)
    assert there.app.workspaces() == ("one",), "two holds no row of a gateway"
    assert len([r for r in caplog.records if "three" in r.message and r.levelname == "WARNING"]) == 1
    there.start()
    assert there.app.workspaces() == ("one",), "as it was kept"
    there.poll(clock("17:20"))
    assert there.statuses() == [Status.OPEN]


def test_without_any_workspace_a_run_has_failed() -> None:
    """Nothing found is nothing watched, and that must show."""
    there = Installed()
    there.settings = replace(there.settings, workspace_ids=("/subscriptions/s",))
    there.start()
    with pytest.raises(CorrelatorError, match="no workspace was found"):
        there.poll(clock("16:05"))


def test_health_follows_the_schedule() -> None:
    """With a slower schedule a workspace is late after three of its periods, like a gap, and not after half an hour."""
    there = Installed()
    there.settings = replace(there.settings, poll_schedule="0 0 * * * *")
    there.start()
    there.poll(clock("16:00"))
    there.log.now = clock("18:59")
    assert there.app.web().health().status == 200
    there.log.now = clock("19:01")
    assert there.app.web().health().status == 503
