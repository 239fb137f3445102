"""The doctor's rules over facts alone: what proves that something is wrong, and what only looks like it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from correlator.doctor.model import Cap, Code, Facts, Logged, Refusal, Severity, TableProbe, Workspace
from correlator.doctor.of_logs import LATE, TOO_LATE, _span
from correlator.doctor.rules import examine
from correlator.gateways import Connection, DiagnosticSetting, Gateway, GatewayList, Refused
from correlator.settings import Problem
from tests.fakes import at

NOW = at("2026-08-31T00:00:00")
TUNNEL, GATEWAY = "TunnelDiagnosticLog", "GatewayDiagnosticLog"
ONE = "/subscriptions/s/resourcegroups/g/providers/microsoft.network/virtualnetworkgateways/vgw-one"
CONNECTION = Connection("to-site", f"{ONE}/c", ("203.0.113.10",))


def logged(category: str = TUNNEL, gateway: str = ONE, days: float = 20, until: float = 0, **more: float) -> Logged:
    """Rows of a gateway from ``days`` to ``until`` days ago, with every column."""
    there = {"statuses": 9, "instances": 9, "peers": 9, "drops": 4, "reasons": 4} | more
    first, last = (NOW - timedelta(days=d) for d in (days, until))
    return Logged(gateway, category, 9, first, last, **there)  # type: ignore[arg-type]


def workspace(*rows: Logged, name: str = "one", **more: object) -> Workspace:
    """A workspace that answered."""
    return Workspace(name, diagnostics=bool(rows), logged=rows, **more)  # type: ignore[arg-type]


def listed(policy_based: bool = False, *refused: Refused) -> GatewayList:
    """A list of one gateway with one connection."""
    gateway = Gateway(ONE, "vgw-one", "virtualNetworkGateways", False, policy_based, (), (CONNECTION,))
    return GatewayList((gateway,), refused)


def setting(*categories: str, to: str = "/w/law") -> tuple[DiagnosticSetting, ...]:
    """One diagnostic setting."""
    return (DiagnosticSetting("all", to, frozenset(categories)),)


def codes(facts: Facts) -> set[str]:
    """What is found."""
    return {f.code.value for f in examine(facts)}


BOTH = (logged(), logged(GATEWAY))


def test_nothing_is_found_in_nothing() -> None:
    """Without facts there are no findings, and no service failed to answer."""
    assert examine(Facts()) == []
    assert not Facts().nothing_answered


def test_the_worst_comes_first() -> None:
    """What is to be mended stands before every note, and each keeps the order in which things have to work."""
    facts = Facts(
        problems=(Problem("TIMEZONE", "cannot be read", "give an IANA name"),),
        workspaces=(workspace(*BOTH, cap=Cap(1), reasons={"flux": 1}),),
        listed=listed(policy_based=True),
        diagnostics={ONE: setting("allLogs") * 2},
    )
    found = examine(facts)
    assert [f.code for f in found] == [
        Code.TIMEZONE_UNKNOWN, Code.DAILY_CAP,
        Code.DIAGNOSTICS_DOUBLED, Code.POLICY_BASED, Code.UNMAPPED_REASONS,
    ]  # fmt: skip
    assert [f.severity for f in found] == [Severity.MEND] * 2 + [Severity.NOTE] * 3


@pytest.mark.parametrize(
    ("settings", "status", "code"),
    [
        (setting(TUNNEL, GATEWAY), None, "no-drops"),
        (setting("allLogs"), "Connected", "no-drops"),
        (setting("allLogs"), "NotConnected", "no-diagnostics"),
        (setting("allLogs", to=""), "Connected", "no-diagnostics"),
        (setting(GATEWAY), "Connected", "no-diagnostics"),
        ((), "Connected", "no-diagnostics"),
        (None, "Connected", "no-drops"),
        (None, "Unknown", "no-diagnostics"),
        (None, None, "no-diagnostics"),
    ],
)
def test_no_rows_and_no_drops(settings: tuple[DiagnosticSetting, ...] | None, status: str | None, code: str) -> None:
    """No row means no drop only where a setting sends the tunnels' rows, or none can be read and all is connected."""
    facts = Facts(
        workspaces=(workspace(),),
        listed=listed(),
        diagnostics={} if settings is None else {ONE: settings},
        statuses={CONNECTION.resource_id: status} if status else {},
    )
    assert codes(facts) & {"no-drops", "no-diagnostics"} == {code}


@pytest.mark.parametrize(
    ("rows", "settings", "found"),
    [
        (BOTH, None, set()),
        ((logged(GATEWAY),), None, {"tunnel-log-off"}),
        ((logged("IKEDiagnosticLog"),), None, {"tunnel-log-off"}),
        ((logged(),), None, {"gateway-log-silent"}),
        ((logged(),), setting("allLogs"), set()),
        ((logged(GATEWAY),), setting("allLogs"), {"no-drops"}),
        ((logged(GATEWAY),), setting(GATEWAY), {"diagnostics-category-off"}),
    ],
)
def test_a_silent_category(
    rows: tuple[Logged, ...], settings: tuple[DiagnosticSetting, ...] | None, found: set[str]
) -> None:
    """Rows can only suggest that a category is off; where the setting can be read, it alone decides."""
    diagnostics = {} if settings is None else {ONE: settings}
    assert codes(Facts(workspaces=(workspace(*rows),), listed=listed(), diagnostics=diagnostics)) == found


@pytest.mark.parametrize(
    ("second", "twice"),
    [
        (logged(days=10), True),
        (logged(days=25, until=21), False),
        (logged(GATEWAY), False),
        (logged(gateway=ONE + "2"), False),
    ],
)
def test_told_twice(second: Logged, twice: bool) -> None:
    """Twice is: tunnels of one gateway, in two watched workspaces, at the same time."""
    facts = Facts(workspaces=(workspace(*BOTH), workspace(second, name="two")))
    assert ("told-twice" in codes(facts)) == twice


@pytest.mark.parametrize(
    ("most", "latest", "found"),
    [
        (LATE, LATE, set()),
        (LATE + 1, LATE + 1, {"late-rows"}),
        (0, TOO_LATE, set()),
        (0, TOO_LATE + 1, {"too-late-rows"}),
        (TOO_LATE, TOO_LATE + 1, {"too-late-rows"}),
    ],
)
def test_lateness(most: float, latest: float, found: set[str]) -> None:
    """Late is by what most rows take, too late by the latest; one line for both categories."""
    rows = (logged(most=most, latest=latest), logged(GATEWAY, most=most, latest=latest))
    assert codes(Facts(workspaces=(workspace(*rows),))) == found


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (3599, "60 min"), (3600, "1 h"), (5400, "1.5 h"), (172860, "2 days")],
)
def test_spans(seconds: float, text: str) -> None:
    """A span is said in the unit that a person would take."""
    assert _span(seconds) == text


def test_a_refused_part_of_the_list() -> None:
    """What was refused is said with why and the way out, in two parts."""
    why = "no permission to read: the identity needs Reader on the resource group"
    refused = Refused("/subscriptions/s/resourcegroups/rg", why)
    (found,) = [f for f in examine(Facts(listed=GatewayList((), (refused,)))) if f.code is Code.LIST_REFUSED]
    assert found.what == "cannot be listed: no permission to read"
    assert found.cure == "the identity needs Reader on the resource group"


@pytest.mark.parametrize(
    ("statuses", "listed_too", "nothing"),
    [
        ((None, None), None, True),
        ((None, 503), None, True),
        ((None, 403), None, False),
        ((404, None), None, False),
        ((None, None), True, False),
        ((None, None), False, True),
    ],
)
def test_nothing_answered(statuses: tuple[int | None, int | None], listed_too: bool | None, nothing: bool) -> None:
    """A service that says no has answered; one that is down has not."""
    one, two = (Refusal(status, "x") for status in statuses)
    facts = Facts(
        workspaces=(Workspace("one", one),),
        tables=TableProbe("host", two),
        listed=GatewayList() if listed_too else None,
        list_failed="x" if listed_too is False else "",
    )
    assert facts.nothing_answered == nothing
