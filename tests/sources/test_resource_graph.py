"""What lies under subscriptions and management groups: whole, or failed; what Resource Graph hides is noticed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from correlator.errors import SourceUnavailable
from correlator.gateways import GatewayList, Workspace
from correlator.sources import resource_graph
from correlator.sources._arm import Arm, patient_session
from correlator.sources.resource_graph import ANEW, LEFT, LIMIT_HIT, ResourceGraph
from correlator.sources.resource_manager import ResourceManager
from sandbox.certificate import Certificate, make_certificate
from sandbox.faults import Fault, Reply, bad_gateway, refused, throttled
from sandbox.nights.fortnight import HUB, OSAKA, TOKYO
from sandbox.nights.gateways import SCOPES, resource, resource_id, resources
from sandbox.nights.rows import GROUP, SUBSCRIPTION
from sandbox.resource_manager_service import GRAPH, ResourceManagerService
from sandbox.tokens import IssuedCredential, TokenIssuer

SUBSCRIPTION_ID = f"/subscriptions/{SUBSCRIPTION}"
EMEA = "00000000-0000-0000-0000-0000000000e1"
EMEA_ID = f"/subscriptions/{EMEA}"
ESTATE = "/providers/Microsoft.Management/managementGroups/mg-Estate"
CUSTOMER = "22222222-2222-2222-2222-222222222222"
PARIS = resource_id("virtualNetworkGateways", "vgw-paris", "rg-emea").replace(SUBSCRIPTION, EMEA)


def workspace(name: str, customer: str, subscription: str = SUBSCRIPTION) -> dict[str, Any]:
    """A Log Analytics workspace as ARM shows it."""
    place = f"/subscriptions/{subscription}/resourceGroups/rg-logs/providers/Microsoft.OperationalInsights/workspaces"
    return {
        "id": f"{place}/{name}", "name": name, "type": "Microsoft.OperationalInsights/workspaces",
        "properties": {"customerId": customer},
    }  # fmt: skip


def tagged(thing: dict[str, Any], **tags: str) -> dict[str, Any]:
    """The same with tags."""
    return {**thing, "tags": tags}


LOGS = workspace("law-tokyo", CUSTOMER)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """One certificate for the module."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def running(certificate: Certificate) -> Iterator[tuple[ResourceManagerService, TokenIssuer]]:
    """One service for the module."""
    issuer = TokenIssuer()
    with ResourceManagerService(issuer, certificate) as service:
        service.page_size = 5
        yield service, issuer


@pytest.fixture
def service(
    running: tuple[ResourceManagerService, TokenIssuer], certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> ResourceManagerService:
    """Two subscriptions under one management group."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.cert))
    made = running[0]
    made.clear()
    made.load([*resources(), tagged(resource(PARIS, gatewayType="Vpn"), Team="EMEA"), LOGS])
    made.put_under("mg-estate", SUBSCRIPTION, EMEA)
    return made


@pytest.fixture
def source(running: tuple[ResourceManagerService, TokenIssuer], service: ResourceManagerService) -> ResourceManager:
    """The source, with the pauses between tries cut to nothing."""
    return ResourceManager(service.url, IssuedCredential(running[1]), patient_session(pause=0))


def names(listed: GatewayList) -> list[str]:
    """The gateways by name."""
    return sorted(g.name for g in listed.gateways)


def answered(**changed: object) -> Fault:
    """The answer with other values in it."""
    return Fault(lambda r: replace(r, body=json.dumps({**json.loads(r.body), **changed}).encode()), handled=True)


def with_headers(**headers: str) -> Fault:
    """The answer with more headers."""
    return Fault(lambda r: replace(r, headers={**r.headers, **headers}), handled=True)


ALL = sorted([TOKYO.name, OSAKA.name, HUB.name, "vgw-paris"])


def test_a_management_group_is_its_subscriptions(source: ResourceManager) -> None:
    """A management group in any case, or all of its subscriptions: the same gateways with the same connections."""
    found = source.list_gateways([ESTATE.upper()])
    assert (names(found), found.refused) == (ALL, ())
    assert found == source.list_gateways([SUBSCRIPTION_ID, EMEA_ID.upper()])
    by_group = source.list_gateways(SCOPES)
    assert [g for g in found.gateways if g.name != "vgw-paris"] == list(by_group.gateways)


def test_questions_do_not_grow_with_groups_or_connections(
    service: ResourceManagerService, source: ResourceManager
) -> None:
    """Hundreds of gateways in as many resource groups: three questions and their pages, and nothing else is asked."""
    service.page_size = 1000
    try:
        groups = [f"rg-{n}" for n in range(300)]
        service.load(
            [resource(resource_id("virtualNetworkGateways", f"vgw-{g}", g), gatewayType="Vpn") for g in groups]
        )
        service.requests.clear()
        assert len(source.list_gateways([ESTATE]).gateways) == len(groups)
        assert [r.path for r in service.requests] == [GRAPH] * 3
    finally:
        service.page_size = 5


def test_a_public_address_of_a_gateway(service: ResourceManagerService, source: ResourceManager) -> None:
    """A gateway that lists no tunnel address has that of its public IP resource, without a question more."""
    pip = resource_id("publicIPAddresses", "pip-paris", "rg-emea").replace(SUBSCRIPTION, EMEA)
    attached = {"id": f"{PARIS}/ipConfigurations/default"}
    service.load([
        resource(PARIS, gatewayType="Vpn", ipConfigurations=[{"properties": {"publicIPAddress": {"id": pip}}}]),
        resource(pip, ipAddress="203.0.113.77", ipConfiguration=attached),
        resource(pip + "-of-a-vm", ipAddress="203.0.113.78", ipConfiguration={"id": "/x/networkInterfaces/nic"}),
    ])  # fmt: skip
    service.requests.clear()
    found = source.list_gateways([EMEA_ID])
    assert [g.addresses for g in found.gateways] == [("203.0.113.77",)]
    assert {r.path for r in service.requests} == {GRAPH}


def test_tags_and_names(service: ResourceManagerService, source: ResourceManager) -> None:
    """A gateway has its own tags and those of its group that it has not; subscriptions have their names."""
    kind = "microsoft.resources/subscriptions"
    group = {"id": f"{EMEA_ID}/resourceGroups/rg-emea", "name": "rg-emea", "type": f"{kind}/resourcegroups"}
    service.describe(tagged(group, team="network", Cost="42"), {"id": EMEA_ID, "name": "EMEA Network", "type": kind})
    found = source.list_gateways([ESTATE])
    paris = found.find(PARIS)
    assert paris
    assert paris.tags == ("cost:42", "team:emea")
    assert found.subscriptions == {EMEA_ID: "EMEA Network", SUBSCRIPTION_ID: SUBSCRIPTION}


# Workspaces


def test_workspaces_are_found(service: ResourceManagerService, source: ResourceManager) -> None:
    """Every workspace of the places, by its customer id; one that has none cannot be asked."""
    paris = workspace("law-paris", "ABCDEF00-2222-2222-2222-222222222222", EMEA)
    service.load([LOGS, paris, workspace("law-being-made", "")])
    found = source.list_gateways([], [ESTATE]).workspaces
    assert set(found) == {
        Workspace(LOGS["id"].lower(), CUSTOMER),
        Workspace(paris["id"].lower(), "abcdef00-2222-2222-2222-222222222222"),
    }
    assert [w.customer_id for w in source.list_gateways([], [SUBSCRIPTION_ID]).workspaces] == [CUSTOMER]


def test_without_a_place_no_workspace_is_looked_for(service: ResourceManagerService, source: ResourceManager) -> None:
    """Workspace ids and resource groups among the entries are no places, and nothing is asked for their sake."""
    assert source.list_gateways([], [CUSTOMER, SCOPES[0]]).workspaces == ()
    assert service.requests == []


# What may not be read


@pytest.mark.parametrize("scope", [ESTATE.lower(), EMEA_ID])
def test_a_scope_that_may_not_be_read(service: ResourceManagerService, source: ResourceManager, scope: str) -> None:
    """It is refused with the way out; what lies in it is hidden, so that nothing of it is gone; others are read."""
    service.refuse(scope)
    found = source.list_gateways([scope, SCOPES[0]])
    (told,) = found.refused
    assert told.scope == scope
    assert "Reader on the" in told.why
    assert names(found) == sorted([TOKYO.name, OSAKA.name, HUB.name])
    assert found.hides(PARIS)
    assert source.list_gateways([], [scope]).refused == found.refused


def test_a_subscription_that_is_left_out_in_silence(service: ResourceManagerService, source: ResourceManager) -> None:
    """Of two subscriptions one may be read: Resource Graph says nothing of the other, and the list does."""
    service.refuse(EMEA_ID)
    found = source.list_gateways([SUBSCRIPTION_ID, EMEA_ID])
    assert [r.scope for r in found.refused] == [EMEA_ID]
    assert "does not show it" in found.refused[0].why
    assert found.hides(PARIS)
    assert not found.hides(TOKYO.resource_id)


@pytest.mark.parametrize(
    ("fault", "there"),
    [(None, True), (refused(404, {"error": {"code": "ResourceNotFound"}}), False),
     (refused(404, {"error": {"code": "ResourceGroupNotFound"}}), False),
     (refused(404, {"error": {"code": "SubscriptionNotFound"}}), None), (refused(404, "<html>"), None),
     (refused(404, {"error": ["ResourceNotFound"]}), None), (refused(403), None), (refused(400), None)],
)  # fmt: skip
@pytest.mark.parametrize("thing", [PARIS, LOGS["id"]])
def test_whether_something_is_there(
    service: ResourceManagerService, source: ResourceManager, fault: Fault | None, there: bool | None, thing: str
) -> None:
    """Only a plain word that the resource is not there makes it gone; a missing right tells nothing."""
    if fault:
        service.fail_next(fault)
    assert source.is_there(thing) is there
    assert service.requests[-1].path == thing.lower()


def test_a_service_that_fails_tells_nothing(service: ResourceManagerService, source: ResourceManager) -> None:
    """A failure is no answer."""
    service.fail_next(*[bad_gateway()] * 3)
    with pytest.raises(SourceUnavailable):
        source.is_there(PARIS)


# Not whole


@pytest.mark.parametrize(
    "fault",
    [
        answered(**{"$skipToken": None}),
        answered(totalRecords=99, **{"$skipToken": ""}),
        answered(resultTruncated="true", **{"$skipToken": ""}),
        answered(data={"columns": [], "rows": []}),
        answered(data=[7]),
        Fault(lambda _: Reply.json(200, {"data": [], "count": 0})),
        with_headers(**{LIMIT_HIT: "true"}),
    ],
    ids=["a page is missing", "rows are missing", "truncated", "a table", "no objects", "no total", "too wide"],
)
def test_an_answer_that_is_not_whole_has_failed(
    service: ResourceManagerService, source: ResourceManager, fault: Fault
) -> None:
    """Half of a list would look like gateways that are gone."""
    service.fail_next(answered(), fault, path=GRAPH)
    with pytest.raises(SourceUnavailable, match=r"^Azure Resource Manager at 127\.0\.0\.1: [^\n]+$"):
        source.list_gateways([ESTATE])


@pytest.mark.parametrize("fault", [refused(403), refused(400), throttled(0), bad_gateway()])
def test_a_refusal_in_the_middle_is_a_failure(
    service: ResourceManagerService, source: ResourceManager, fault: Fault
) -> None:
    """A scope that was just seen and is refused now is not a scope without gateways."""
    service.fail_next(answered(), *[fault] * 3, path=GRAPH)
    with pytest.raises(SourceUnavailable):
        source.list_gateways([ESTATE])


def test_a_passing_failure_is_tried_again(service: ResourceManagerService, source: ResourceManager) -> None:
    """A question that was throttled or lost on the way is asked again: it changes nothing."""
    service.fail_next(throttled(0), bad_gateway(), path=GRAPH)
    assert names(source.list_gateways([ESTATE])) == ALL


def test_pages_without_end(
    service: ResourceManagerService, source: ResourceManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list that always has one more page ends after a bounded number of them."""
    monkeypatch.setattr(resource_graph, "PAGES", 4)
    service.fail_next(*[answered(**{"$skipToken": "0"})] * 9, path=GRAPH)
    with pytest.raises(SourceUnavailable, match="rows"):
        source.list_gateways([ESTATE])
    assert len(service.requests) == 4


@pytest.mark.parametrize(("said", "pause"), [("00:00:03", 3.0), ("00:05:00", 10.0), ("soon", 5.0)])
def test_the_quota_is_kept(
    service: ResourceManagerService, running: tuple[ResourceManagerService, TokenIssuer], said: str, pause: float
) -> None:
    """When the quota is spent the next question waits until it starts anew, and never long."""
    waits: list[float] = []
    arm = Arm(service.url, IssuedCredential(running[1]), patient_session(pause=0))
    service.fail_next(with_headers(**{LEFT: "0", ANEW: said}), with_headers(**{LEFT: "7", ANEW: said}), path=GRAPH)
    ResourceGraph(arm, lambda scope, why: None, waits.append).workspaces([SUBSCRIPTION_ID])
    assert waits == [pause]


def test_subscriptions_are_asked_for_together(
    service: ResourceManagerService, source: ResourceManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many subscriptions are one question, very many are some."""
    source.list_gateways([], [SUBSCRIPTION_ID, EMEA_ID])
    assert all(b'"subscriptions": ["' in r.body and b"managementGroups" not in r.body for r in service.requests)
    together = len(service.requests)
    monkeypatch.setattr(resource_graph, "TOGETHER", 1)
    source.list_gateways([], [SUBSCRIPTION_ID, EMEA_ID])
    assert len(service.requests) == together + 4


def test_the_group_of_the_composed_gateways() -> None:
    """The scopes of these tests are those of the sandbox."""
    assert (f"{SUBSCRIPTION_ID}/resourceGroups/{GROUP}",) == SCOPES
