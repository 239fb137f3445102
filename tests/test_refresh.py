"""The list read anew: nothing counts as gone that Azure does not say is gone, and found workspaces are tried once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from correlator.activity import ACTIVITY
from correlator.errors import SourceUnavailable
from correlator.gateways import GatewayList, Listed, Refused, Workspace
from correlator.model import LogRow
from correlator.ports import LogAnswer, Span
from correlator.refresh import ASKED, TOO_SLOW, TRIED, read_anew, tried
from correlator.settings import Settings
from correlator.watchlist import is_fresh, workspaces
from tests.test_gateways import HUB, LISTED, NAGOYA, OSAKA, TOKYO, moved
from tests.test_watchlist import Azure
from tests.timeline import clock

NOW = clock("09:00")
SCOPES, PLACES = ("/subscriptions/s",), ("/subscriptions/logs",)
KEPT = Listed(NOW - timedelta(days=1), LISTED, SCOPES, places=PLACES)
ONE, TWO, THREE = (f"{n}1111111-1111-1111-1111-111111111111" for n in range(1, 4))


def place(customer: str) -> Workspace:
    """A workspace that was found."""
    return Workspace(f"/subscriptions/logs/resourcegroups/rg/workspaces/law-{customer[0]}", customer)


def anew(azure: Azure, kept: Listed | None = KEPT, scopes: Sequence[str] = SCOPES) -> Listed:
    """The list as it is then."""
    found = read_anew(kept, azure, scopes, NOW, PLACES)
    assert found
    return found


# Gone


@pytest.mark.parametrize(("there", "gone"), [(False, True), (True, False), (None, False)])
def test_a_gateway_is_gone_when_azure_says_so(there: bool | None, gone: bool) -> None:
    """A list that lacks a gateway is no proof, only "not found" is. What is in doubt stays and is soon asked again."""
    azure = Azure(GatewayList((TOKYO, HUB)))
    azure.there = {OSAKA.resource_id: there}
    found = anew(azure)
    assert (OSAKA.resource_id in found.removed, OSAKA.resource_id in found.touched) == (gone, gone)
    assert [r.scope for r in found.found.refused] == ([] if gone else [OSAKA.resource_id])
    assert is_fresh(found, SCOPES, NOW + timedelta(hours=2), PLACES) is gone
    assert azure.asked == [OSAKA.resource_id]


@pytest.mark.parametrize(("there", "gone"), [(False, True), (True, False), (None, False)])
def test_a_connection_is_gone_when_azure_says_so(there: bool | None, gone: bool) -> None:
    """A gateway that seems to have lost a connection keeps what it had until Azure says that it is gone."""
    fewer = replace(TOKYO, connections=TOKYO.connections[1:])
    azure = Azure(GatewayList((OSAKA, fewer, HUB)))
    azure.there = {NAGOYA.resource_id: there}
    found = anew(azure)
    assert found.found.find(TOKYO.resource_id) == (fewer if gone else TOKYO)
    assert found.touched == ((TOKYO.resource_id,) if gone else ())
    again = anew(azure, found)
    assert again.found.find(TOKYO.resource_id) == (fewer if gone else TOKYO), "and so the next time"


@pytest.mark.parametrize(("there", "moves"), [(False, True), (True, False), (None, False)])
def test_a_gateway_has_moved_when_its_old_id_is_gone(there: bool | None, moves: bool) -> None:
    """Another gateway that bears the name of one that no list shows today: two histories are not taken for one."""
    namesake = moved(OSAKA)
    azure = Azure(GatewayList((TOKYO, HUB, namesake)))
    azure.there = {OSAKA.resource_id: there}
    found = anew(azure)
    assert found.aliases == ({OSAKA.resource_id: namesake.resource_id} if moves else {})
    assert found.removed == ((OSAKA.resource_id,) if moves else ())
    assert azure.asked == [OSAKA.resource_id]


def test_what_was_in_doubt_and_is_back_is_as_listed() -> None:
    """A connection and a gateway that a list lacked for an hour: from the next list on only that list counts."""
    azure = Azure(GatewayList((replace(TOKYO, connections=TOKYO.connections[1:]), HUB)))
    azure.there = {NAGOYA.resource_id: True, OSAKA.resource_id: True}
    doubted = anew(azure)
    fewer = replace(TOKYO, connections=TOKYO.connections[:1])
    azure.found = GatewayList((OSAKA, fewer, HUB))
    azure.asked.clear()
    found = anew(azure, doubted)
    assert found.found == azure.found
    assert azure.asked == [c.resource_id for c in TOKYO.connections[1:]]


def test_a_gateway_in_doubt_is_asked_for_until_it_is_gone() -> None:
    """It stays in the list meanwhile, with its names and whose it is, and its incidents end once it is gone."""
    azure = Azure(GatewayList((TOKYO, HUB)))
    found: Listed | None = KEPT
    for there in (True, None, True):
        azure.there = {OSAKA.resource_id: there}
        found = anew(azure, found)
        assert found.found.find(OSAKA.resource_id) == OSAKA
        assert (found.removed, found.touched) == ((), ())
    azure.there = {OSAKA.resource_id: False}
    found = anew(azure, found)
    assert (found.removed, found.touched, found.found) == ((OSAKA.resource_id,), (OSAKA.resource_id,), azure.found)


def test_connections_of_a_lost_gateway_are_not_asked_for() -> None:
    """With the gateway they went, or they did not."""
    azure = Azure(GatewayList((OSAKA, HUB)))
    anew(azure)
    assert azure.asked == [TOKYO.resource_id]


def test_other_scopes_lose_what_they_no_longer_name() -> None:
    """Scopes that were changed on purpose: what is outside of them is gone from here, without a question."""
    azure = Azure(GatewayList((OSAKA,)))
    azure.there = dict.fromkeys([TOKYO.resource_id, HUB.resource_id], True)
    assert anew(azure, scopes=["/subscriptions/t"]).removed == (TOKYO.resource_id, HUB.resource_id)
    assert azure.asked == []


def test_very_much_at_once_is_not_believed() -> None:
    """Of hundreds of gateways that are missing at once some are asked for, and none of the others is gone."""
    many = tuple(replace(OSAKA, resource_id=f"{OSAKA.resource_id}-{n:03d}", name=f"o-{n}") for n in range(ASKED + 50))
    azure = Azure(GatewayList())
    found = anew(azure, replace(KEPT, found=GatewayList(many)))
    assert len(azure.asked) == len(found.removed) == ASKED
    assert len(found.found.refused) == 50


def test_a_slow_answer_ends_the_asking() -> None:
    """Each answer takes ten seconds: a minute of asking, and whatever is left is in doubt and not gone."""
    many = tuple(replace(OSAKA, resource_id=f"{OSAKA.resource_id}-{n:03d}", name=f"o-{n}") for n in range(20))
    azure = Azure(GatewayList())
    kept = replace(KEPT, found=GatewayList(many))
    found = read_anew(kept, azure, kept.scopes, NOW, kept.places, lambda: 10.0 * len(azure.asked))
    assert found
    assert len(azure.asked) == len(found.removed) == 7
    assert {r.why for r in found.found.refused} == {TOO_SLOW}


def test_a_question_that_fails_leaves_the_old_list() -> None:
    """Whether it is gone cannot be asked: the list as it was, and as old as it was."""

    class Silent(Azure):
        def is_there(self, resource_id: str) -> bool | None:
            raise SourceUnavailable("throttled")

    assert anew(Silent(GatewayList((OSAKA,)))) is KEPT


def test_a_management_group_that_may_not_be_read_hides_everything() -> None:
    """What lies in it cannot be told from ids, so nothing at all is gone."""
    mg = "/providers/microsoft.management/managementgroups/mg"
    azure = Azure(GatewayList(refused=(Refused(mg, "no permission"),)))
    found = anew(azure)
    assert (found.removed, azure.asked) == ((), [])


# Workspaces


@pytest.mark.parametrize(("there", "kept"), [(False, []), (True, [TWO]), (None, [TWO])])
def test_a_workspace_stays_until_it_is_gone(there: bool | None, kept: list[str]) -> None:
    """A workspace that the list lacks is polled on unless Azure says that it is not there."""
    before = replace(KEPT, found=replace(LISTED, workspaces=(place(ONE), place(TWO))))
    azure = Azure(replace(LISTED, workspaces=(place(ONE),)))
    azure.there = {place(TWO).resource_id: there}
    found = anew(azure, before)
    assert workspaces(SETTINGS, found) == (ONE, *kept)


SETTINGS = Settings.read({"WORKSPACE_IDS": f"{PLACES[0]}"})


class Logs:
    """Workspaces with rows, with the activity log alone, or with a failure."""

    def __init__(self) -> None:
        self.answers: dict[str, Sequence[LogRow] | SourceUnavailable] = {}
        self.asked: list[str] = []

    def fetch(
        self, workspace: str, mark: datetime | None, since: datetime | None, again: Collection[str] = ()
    ) -> LogAnswer:
        self.asked.append(workspace)
        answer = self.answers.get(workspace, [row("TunnelDiagnosticLog")])
        if isinstance(answer, SourceUnavailable):
            raise answer
        return LogAnswer(NOW, answer)

    def negotiations(self, workspace: str, spans: Sequence[Span]) -> Sequence[LogRow]:
        """Nobody asks for them here."""
        return []


def row(category: str) -> LogRow:
    """A row of that category."""
    return LogRow(NOW, NOW, OSAKA.resource_id, category, "", "", "", "", "", "")


def found_workspaces(*customers: str) -> Listed:
    """A list that was just read for the first time."""
    return anew(Azure(replace(LISTED, workspaces=tuple(map(place, customers)))), None)


def test_a_found_workspace_is_polled_once_it_was_tried() -> None:
    """Found, asked, and then polled; in the order of the list, and none twice that is named too."""
    listed = found_workspaces(ONE, TWO)
    assert workspaces(SETTINGS, listed) == ()
    logs = Logs()
    assert workspaces(SETTINGS, tried(listed, logs)) == (ONE, TWO)
    assert logs.asked == [ONE, TWO]
    named = Settings.read({"WORKSPACE_IDS": f"{TWO.upper()}, {PLACES[0]}, {THREE}"})
    assert workspaces(named, tried(listed, logs)) == (TWO.upper(), THREE, ONE)
    assert workspaces(named, None) == (TWO.upper(), THREE)


@pytest.mark.parametrize(
    "answer",
    [SourceUnavailable("no permission", 403), SourceUnavailable("no such workspace", 404), [], [row(ACTIVITY)]],
    ids=["forbidden", "not there", "empty", "activity alone"],
)
def test_a_found_workspace_that_gives_nothing_is_left_alone_for_a_day(
    answer: Sequence[LogRow] | SourceUnavailable, caplog: pytest.LogCaptureFixture
) -> None:
    """It is one line in the log and no failing run; the next list tries it again, and not those that are polled."""
    logs = Logs()
    logs.answers = {TWO: answer}
    listed = tried(found_workspaces(ONE, TWO), logs)
    assert (workspaces(SETTINGS, listed), listed.unread) == ((ONE,), (TWO,))
    assert [r.levelname for r in caplog.records if TWO in r.message] == ["WARNING"]
    tomorrow = anew(Azure(listed.found), listed)
    assert (tomorrow.untried, tomorrow.unread) == ((TWO,), ())
    logs.answers = {}
    assert workspaces(SETTINGS, tried(tomorrow, logs)) == (ONE, TWO)


def test_a_failure_is_tried_again_at_once() -> None:
    """A service that throttles says nothing of a workspace."""
    logs = Logs()
    logs.answers = {TWO: SourceUnavailable("throttled (429)", 429)}
    listed = tried(found_workspaces(ONE, TWO), logs)
    assert (listed.untried, listed.unread) == ((TWO,), ())


def test_a_few_at_a_time() -> None:
    """Hundreds of workspaces do not make one run long."""
    many = [f"{n:08d}-1111-1111-1111-111111111111" for n in range(TRIED + 5)]
    logs, listed = Logs(), found_workspaces(*many)
    first = tried(listed, logs)
    assert (len(logs.asked), len(first.untried)) == (TRIED, 5)
    assert len(workspaces(SETTINGS, tried(first, logs))) == len(many)


def test_slow_ones_are_left_for_the_next_run() -> None:
    """Where each takes long, a run ends in time, and keeps what it found."""
    many = [f"{n:08d}-1111-1111-1111-111111111111" for n in range(6)]
    seconds = iter(range(0, 1000, 25))
    logs, listed = Logs(), found_workspaces(*many)
    first = tried(listed, logs, lambda: float(next(seconds)))
    assert (len(logs.asked), len(first.untried)) == (2, 4)
    assert len(workspaces(SETTINGS, first)) == 2
    again = tried(first, logs)
    assert len(workspaces(SETTINGS, again)) == len(many)
