"""The addresses for people who sign in: shut unless all that guards them stands, and a name behind every word."""

from __future__ import annotations

import base64
import json
from types import ModuleType

import pytest

from correlator.channels import slack, teams
from correlator.model import Status
from correlator.people import week_of
from correlator.ports import Answer
from correlator.settings import Settings
from correlator.signed_in import SignedIn, person
from correlator.stores.history import History
from correlator.stores.memory import MemoryTables
from correlator.stores.store import TableStore
from correlator.web import Web
from correlator.wiring import behind_sign_in, style_of
from correlator.wording import Style
from tests.channels.composed import NIGHTS
from tests.channels.test_formats import strings
from tests.cli.test_incidents import fortnight

PAGE = "https://func-vpn.example.net/api/signed-in/report"
OWN = {"Origin": "https://func-vpn.example.net", "Sec-Fetch-Site": "same-origin"}


def principal(**claims: str) -> str:
    """The header as authentication writes it."""
    found = {"auth_typ": "aad", "claims": [{"typ": t, "val": v} for t, v in claims.items()]}
    return base64.b64encode(json.dumps(found).encode()).decode()


ANA = {"X-MS-CLIENT-PRINCIPAL": principal(name="Ana", preferred_username="ana@example.com")}


class Office:
    """An account that holds the composed fortnight, one incident of which is open, and the page over it."""

    def __init__(self, address: str = PAGE, style: Style = Style()) -> None:  # noqa: B008
        tables = MemoryTables()
        self.store = TableStore(tables, Style())
        self.store.record(fortnight())
        self.over = fortnight()[0]
        (self.open,) = (i for i in fortnight() if i.status is Status.OPEN)
        self.web = Web(self.store, History(tables), (), style)
        self.page = SignedIn(address, lambda: self.web)

    def acknowledge(self, headers: dict[str, str], incident_id: str = "") -> Answer:
        """One request of the button."""
        return self.page.acknowledge(headers, incident_id or self.open.id)

    @property
    def words(self) -> list[tuple[str, str, str]]:
        """Incident, what was done with it, and who, as the tables say."""
        said = self.store.people([week_of(self.open.id) or ""], ending_after=self.store.kept_list()[1]).remarks
        return [(r.incident, r.kind.value, r.who) for remarks in said.values() for r in remarks]


def test_without_sign_in_nothing_is_there() -> None:
    """Whatever a request claims, both addresses are 404 where nobody signs in, and no table is read."""
    shut = SignedIn("", lambda: pytest.fail("a table was opened"))
    assert shut.report(ANA, {}).status == 404
    assert shut.acknowledge(ANA | OWN, "VPN-20260821-7F3K2M").status == 404


@pytest.mark.parametrize("environment", [{}, {"WEBSITE_AUTH_ENABLED": ""}, {"WEBSITE_AUTH_ENABLED": "False"}])
def test_the_setting_alone_opens_nothing(environment: dict[str, str]) -> None:
    """SIGN_IN counts only while the platform says that its authentication stands before the app; links likewise."""
    asked = Settings.read({"SIGN_IN": "1", "REPORT_URL": PAGE}, ())
    shut = behind_sign_in(asked, environment)
    assert (shut.sign_in, style_of(shut).report) == (False, "")
    opened = behind_sign_in(asked, {"WEBSITE_AUTH_ENABLED": "True"})
    assert (opened.sign_in, style_of(opened).report) == (True, PAGE)
    off = behind_sign_in(Settings.read({"REPORT_URL": PAGE}, ()), {"WEBSITE_AUTH_ENABLED": "True"})
    assert (off.sign_in, off.report_url) == (False, "")


@pytest.mark.parametrize("channel", [teams, slack], ids=["teams", "slack"])
def test_only_with_sign_in_do_cards_link_to_the_page(channel: ModuleType) -> None:
    """A link that nobody could open is not on a card; with sign-in it leads to this very incident."""
    told = NIGHTS["recovered_maintenance"]()
    assert told.incident
    asked = {"SIGN_IN": "1", "REPORT_URL": PAGE}
    stands = {"WEBSITE_AUTH_ENABLED": "True"}
    for given, environment, linked in (
        (asked, stands, True),
        (asked, {}, False),
        ({"REPORT_URL": PAGE}, stands, False),
        ({"SIGN_IN": "1"}, stands, False),
    ):
        style = style_of(behind_sign_in(Settings.read(given, ()), environment))
        links = [text for text in strings(channel.render(told, style)) if text.startswith(PAGE)]
        assert links == ([f"{PAGE}#{told.incident.id}"] if linked else [])


@pytest.mark.parametrize(
    "header",
    [
        "", "-", "e30=", "bm90IGpzb24=", "W10=", "bnVsbA==",
        principal(), principal(name="  "), principal(oid="1234"),
        base64.b64encode(b'{"auth_typ": "github", "claims": [{"typ": "name", "val": "Ana"}]}').decode(),
        base64.b64encode(b'{"auth_typ": "aad", "claims": [1]}').decode(),
    ],
)  # fmt: skip
def test_who_cannot_be_named_is_nobody(header: str) -> None:
    """A header that is missing, broken, of another provider or without a name is 401, and no traceback."""
    office = Office()
    assert person(header) == ""
    assert office.page.report({"x-ms-client-principal": header}, {}).status == 401
    assert office.acknowledge({"x-ms-client-principal": header} | OWN).status == 401
    assert office.words == []


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"Origin": "null"},
        {"Origin": "https://evil.example.net"},
        {"Origin": "https://func-vpn.example.net.evil.example"},
        {"Origin": "http://func-vpn.example.net"},
        {"Origin": OWN["Origin"], "Sec-Fetch-Site": "cross-site"},
        {"Origin": OWN["Origin"], "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "same-origin"},
    ],
)
def test_another_site_cannot_press_the_button(sent: dict[str, str]) -> None:
    """A POST that does not come from our own page is refused, whoever is signed in, and leaves no word."""
    office = Office()
    assert office.acknowledge(ANA | sent).status == 403
    assert office.words == []


def test_the_name_is_recorded() -> None:
    """Who pressed the button stands in the table, by the name that signs in rather than the one that is shown."""
    office = Office()
    answer = office.acknowledge(ANA | OWN)
    assert (answer.status, json.loads(answer.body)["by"]) == (200, "ana@example.com")
    assert office.words == [(office.open.id, "acknowledged", "ana@example.com")]


def test_a_name_is_short_and_plain() -> None:
    """A name is cleaned and cut like any text from outside."""
    assert person(principal(name="A\u202eB\n" + "x" * 500)).startswith("A B xx")
    assert len(person(principal(name="x" * 500))) == 200


def test_only_an_open_incident_can_be_acknowledged() -> None:
    """What is over is 409, what is not there 404, whatever the id looks like."""
    office = Office()
    assert office.acknowledge(ANA | OWN, office.over.id).status == 409
    assert office.acknowledge(ANA | OWN, "VPN-20260821-ZZZZZZ").status == 404
    assert office.acknowledge(ANA | OWN, "../" * 50).status == 404


def test_the_button_is_there_only_for_people() -> None:
    """The page of people may send to its own origin; the one for a key holds no button and may send nothing."""
    office = Office()
    asked = {"since": "2026-08-01", "until": "2026-09-30"}
    theirs, keyed = office.page.report(ANA, asked).body, office.web.report(asked).body
    assert '"acknowledge":true' in theirs
    assert "connect-src &#39;self&#39;" in theirs or "connect-src 'self'" in theirs
    assert '"acknowledge":false' in keyed
    assert "connect-src" not in keyed
