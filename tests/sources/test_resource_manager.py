"""The gateway list over the sandbox's ARM: whole, or failed in one line; what may not be read is part of the answer."""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import DefaultAzureCredential

from correlator.errors import SourceUnavailable
from correlator.gateways import Connection, GatewayList, Refused
from correlator.settings import Settings
from correlator.sources._arm import LONGEST_WAIT, PAGES, TRIES, patient_session
from correlator.sources.resource_manager import ResourceManager
from sandbox.certificate import Certificate, make_certificate
from sandbox.faults import Fault, Reply, bad_gateway, dropped, refused, throttled, truncated
from sandbox.http_service import HttpService, Request
from sandbox.nights.fortnight import HUB, KOBE, NAGOYA, OSAKA, TOKYO, WIEN
from sandbox.nights.gateways import (
    COMPOSED_KEY,
    HUB_ADDRESSES,
    OSAKA_ADDRESSES,
    SCOPES,
    SITES_GROUP,
    TOKYO_ADDRESS,
    WIEN_NAME,
    diagnostic_setting,
    resource,
    resource_id,
    resources,
)
from sandbox.nights.rows import GROUP, SUBSCRIPTION
from sandbox.resource_manager_service import GRAPH, ResourceManagerService
from sandbox.stack import Stack
from sandbox.tokens import IssuedCredential, TokenIssuer

SUBSCRIPTION_ID = f"/subscriptions/{SUBSCRIPTION}"
GROUP_ID = f"{SUBSCRIPTION_ID}/resourcegroups/{GROUP}"
SITES_ID = f"{SUBSCRIPTION_ID}/resourcegroups/{SITES_GROUP}"
LOCAL_GATEWAYS = "providers/microsoft.network/localnetworkgateways"
OTHER = resource(resource_id("virtualNetworkGateways", "other", "rg-other"), gatewayType="Vpn")
TO_NAGOYA = resource_id("connections", "tokyo-to-nagoya")


@pytest.fixture(scope="module")
def issuer() -> TokenIssuer:
    """One key for the module."""
    return TokenIssuer()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """One certificate for the module."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def running(issuer: TokenIssuer, certificate: Certificate) -> Iterator[ResourceManagerService]:
    """One service for the module, trusted by nobody yet."""
    with ResourceManagerService(issuer, certificate) as service:
        yield service


@pytest.fixture
def service(
    running: ResourceManagerService, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> ResourceManagerService:
    """The composed gateways, trusted, with nothing refused and no fault queued."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.cert))
    running.clear()
    return running


@pytest.fixture
def source(service: ResourceManagerService, issuer: TokenIssuer) -> ResourceManager:
    """The source, with the pauses between tries cut to nothing."""
    return ResourceManager(service.url, IssuedCredential(issuer), patient_session(pause=0))


def names(listed: GatewayList) -> list[str]:
    """The gateways by name."""
    return sorted(g.name for g in listed.gateways)


def peers(listed: GatewayList, gateway: str) -> dict[str, tuple[str, ...]]:
    """Connection -> peers of a gateway."""
    found = listed.find(gateway)
    assert found
    return {c.name: c.peers for c in found.connections}


ALL = sorted(g.name for g in (TOKYO, OSAKA, HUB))


# The list


def test_the_composed_gateways(source: ResourceManager) -> None:
    """Names, modes, own addresses, connections and peers come from pages, sites of another group and far gateways."""
    found = source.list_gateways(SCOPES)
    assert (names(found), found.refused) == (ALL, ())
    assert found.active_active == {
        OSAKA.resource_id.lower(): True, TOKYO.resource_id.lower(): False, HUB.resource_id.lower(): True,
    }  # fmt: skip
    assert peers(found, TOKYO.resource_id) == {
        "tokyo-to-fukuoka": ("203.0.113.30",), "tokyo-to-nagoya": (NAGOYA,), "tokyo-to-osaka": OSAKA_ADDRESSES,
        "tokyo-to-sendai": ("203.0.113.20",),
    }  # fmt: skip
    assert peers(found, HUB.resource_id) == {"to-berlin": ("192.0.2.33",), "to-wien": (WIEN, WIEN_NAME)}
    assert found.connection_of(OSAKA.resource_id, KOBE) == Connection(
        "osaka-to-kobe", resource_id("connections", "osaka-to-kobe").lower(), (KOBE,)
    )
    far = found.connection_of(OSAKA.resource_id, TOKYO_ADDRESS)
    assert far
    assert far.peer_gateway == found.addresses[TOKYO_ADDRESS]
    assert [g.addresses for g in found.gateways if g.kind == "vpnGateways"] == [HUB_ADDRESSES]


@pytest.mark.parametrize(
    "scopes",
    [
        [SUBSCRIPTION_ID],
        [f" {GROUP_ID.upper()}// "],
        [SUBSCRIPTION_ID, GROUP_ID, TOKYO.resource_id],
        [TOKYO.resource_id, OSAKA.resource_id.upper(), HUB.resource_id],
    ],
    ids=["subscription", "a group in capitals", "overlapping", "single gateways"],
)
def test_every_kind_of_scope_gives_the_same(source: ResourceManager, scopes: list[str]) -> None:
    """However the same gateways are named, the list is the same, and nothing stands in it twice."""
    found, expected = source.list_gateways(scopes), source.list_gateways(SCOPES)
    assert (found.gateways, found.refused) == (expected.gateways, ())


def test_a_single_gateway_is_alone(service: ResourceManagerService, source: ResourceManager) -> None:
    """A gateway named alone is read without its group, and a far gateway that was not named is not listed."""
    found = source.list_gateways([TOKYO.resource_id])
    assert names(found) == [TOKYO.name]
    assert peers(found, TOKYO.resource_id)["tokyo-to-osaka"] == OSAKA_ADDRESSES


def test_nothing_to_read(service: ResourceManagerService, source: ResourceManager) -> None:
    """Without scopes nothing is asked, and the list is empty."""
    assert source.list_gateways([]) == GatewayList()
    assert service.requests == []


def test_calls_grow_with_groups_and_not_with_connections(
    service: ResourceManagerService, source: ResourceManager
) -> None:
    """Hundreds of connections in one group cost no call more than one."""

    def asked() -> int:
        service.requests.clear()
        source.list_gateways(SCOPES)
        return len({r.path for r in service.requests})

    few = asked()
    service.page_size = 500
    try:
        service.load(resources() + [
            resource(
                resource_id("connections", f"more-{n}"), connectionType="IPsec",
                virtualNetworkGateway1={"id": TOKYO.resource_id},
                localNetworkGateway2={"id": resource_id("localNetworkGateways", f"site-{n}", SITES_GROUP)},
            )
            for n in range(300)
        ])  # fmt: skip
        assert asked() == few <= 6 * 2
        assert len(service.requests) == few
    finally:
        del service.page_size


def test_each_question_has_the_version_of_its_service(service: ResourceManagerService, source: ResourceManager) -> None:
    """Resource Graph is another service than the network's resources, and has its version."""
    source.list_gateways([SUBSCRIPTION_ID, GROUP_ID])
    versions = {(r.path.endswith("/resources"), r.query["api-version"]) for r in service.requests}
    assert versions == {(True, "2022-10-01"), (False, "2024-05-01")}


def test_a_far_gateway_of_another_group(service: ResourceManagerService, source: ResourceManager) -> None:
    """A far gateway that lists no tunnel address lends that of its public IP resource; one that is gone lends none.

    No list is read twice for their sake, and neither of them is listed.
    """
    address = resource_id("publicIPAddresses", "pip-far", "rg-far")
    far, gone = resource_id("virtualNetworkGateways", "far", "rg-far"), resource_id("virtualNetworkGateways", "gone")
    ends = {"to-far": far, "to-gone": gone}
    service.load([
        *(r for r in resources() if r["id"] == TOKYO.resource_id),
        *(resource(resource_id("connections", name), connectionType="Vnet2Vnet", virtualNetworkGateway2={"id": end},
                   virtualNetworkGateway1={"id": TOKYO.resource_id}) for name, end in ends.items()),
        resource(far, gatewayType="Vpn", ipConfigurations=[{"properties": {"publicIPAddress": {"id": address}}}]),
        resource(address, ipAddress="198.51.100.77"),
    ])  # fmt: skip
    found = source.list_gateways(SCOPES)
    assert (names(found), found.refused) == ([TOKYO.name], ())
    assert peers(found, TOKYO.resource_id) == {"to-far": ("198.51.100.77",), "to-gone": ()}
    asked = [(r.path, r.query.get("$skiptoken")) for r in service.requests]
    assert len(asked) == len(set(asked))


# Refused

PATHS = {SUBSCRIPTION_ID: GRAPH}
"""Where a scope is asked for that is not asked for itself."""


@pytest.mark.parametrize(
    ("scope", "status"),
    [(SUBSCRIPTION_ID, 400), (SUBSCRIPTION_ID, 403), (GROUP_ID, 401), (GROUP_ID, 403), (GROUP_ID, 400),
     (TOKYO.resource_id.lower(), 404), (TOKYO.resource_id.lower(), 403)],
)  # fmt: skip
def test_one_scope_that_is_refused(
    service: ResourceManagerService, source: ResourceManager, scope: str, status: int
) -> None:
    """A scope that cannot be read is one line with the way out, once, and the others are read."""
    body = {"error": {"code": "AuthorizationFailed", "message": f"the key is {COMPOSED_KEY}"}}
    service.load([*resources(), OTHER])
    service.fail_next(*[refused(status, body)] * (1 if scope == SUBSCRIPTION_ID else 3), path=PATHS.get(scope, scope))
    found = source.list_gateways([scope, OTHER["id"]])
    (told,) = found.refused
    assert told.scope == scope
    assert re.fullmatch(r"[^\n]*Reader on the (subscription|resource group|gateway)", told.why)
    assert COMPOSED_KEY not in told.why
    assert names(found) == ["other"]


def test_one_group_of_a_subscription(service: ResourceManagerService, source: ResourceManager) -> None:
    """Rights on one group only: its gateways are read, and the subscription counts as refused, so that none is gone."""
    service.load([*resources(), OTHER])
    service.refuse(GROUP_ID)
    service.show_in_part(SUBSCRIPTION)
    found = source.list_gateways([SUBSCRIPTION_ID])
    assert (names(found), [r.scope for r in found.refused]) == (["other"], [SUBSCRIPTION_ID])
    assert found.hides(TOKYO.resource_id)


def test_sites_that_may_not_be_read(service: ResourceManagerService, source: ResourceManager) -> None:
    """Without a right on the group of the sites the peers are empty, and that is said once for the whole group."""
    service.refuse(SITES_ID)
    found = source.list_gateways(SCOPES)
    (told,) = found.refused
    assert told.scope == f"{SITES_ID}/{LOCAL_GATEWAYS}"
    assert "Reader on the resource group" in told.why
    assert peers(found, OSAKA.resource_id) == {
        "osaka-to-kobe": (), "osaka-to-kyoto": (), "osaka-to-tokyo": (TOKYO_ADDRESS,),
    }  # fmt: skip
    assert not found.hides(OSAKA.resource_id)


def test_a_scope_that_is_none(service: ResourceManagerService, source: ResourceManager) -> None:
    """A scope that is no id is told in one line with what the setting takes, and nothing is asked for its sake."""
    found = source.list_gateways(["vgw-tokyo\nprod", "../.."])
    assert [(r.scope, "copy the id" in r.why) for r in found.refused] == [("../..", True), ("vgw-tokyo prod", True)]
    assert service.requests == []


# Failures


@pytest.mark.parametrize(
    ("fault", "times"),
    [(throttled(0), TRIES - 1), (throttled(), 1), (bad_gateway(), 2), (dropped(), 1), (refused(503, "<html>"), 1)],
    ids=["429 Retry-After", "429", "502 page", "dropped", "503"],
)
def test_what_passes_is_tried_again(
    service: ResourceManagerService, source: ResourceManager, fault: Fault, times: int
) -> None:
    """A failure that passes within the tries is not seen: the answer is the same as without it."""
    service.fail_next(*[fault] * times)
    assert source.list_gateways(SCOPES) == source.list_gateways(SCOPES)
    service.fail_next(*[fault] * times)
    assert source.status(TO_NAGOYA) == "Connected"


def test_retry_after_is_kept_to_within_bounds() -> None:
    """The wait that is asked for is kept, but none is longer than ten seconds."""
    retry = patient_session().get_adapter("https://x").max_retries  # type: ignore[attr-defined]
    assert [retry.parse_retry_after(t) for t in ("3", "86400")] == [3, LONGEST_WAIT]
    assert (retry.total, retry.backoff_max, retry.is_retry("PUT", 503)) == (TRIES - 1, LONGEST_WAIT, False)


def answered(content: object) -> Fault:
    """The service answers 200 with this JSON instead of its own."""
    return Fault(lambda _: Reply.json(200, content))


PAGE_OF_A_PROXY = refused(502, f"<html>\n<body>{COMPOSED_KEY}</body></html>", {"Retry-After": "0"})
LASTING = {
    "throttled": ([throttled(0)] * TRIES, "throttled"),
    "502 page": ([PAGE_OF_A_PROXY] * TRIES, "502"),
    "dropped": ([dropped()] * TRIES, "did not answer"),
    "redirected": ([refused(302, "", {"Location": f"https://elsewhere.example/{COMPOSED_KEY}"})], "302"),
    "teapot": ([refused(418, COMPOSED_KEY)], "418"),
    "a page": ([refused(200, f"<html>{COMPOSED_KEY}")], "no JSON"),
    "truncated": ([truncated()], "no JSON"),
    "deep": ([refused(200, "[" * 100_000)], "no JSON"),
    "a bad wait": ([refused(429, "", {"Retry-After": "soon"})], "did not answer"),
    "null": ([answered(None)], "no list"),
    "an error": ([answered({"error": {"message": COMPOSED_KEY}})], "no list"),
    "no list": ([answered({"value": {"id": COMPOSED_KEY}})], "no list"),
}


@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_is_said_in_one_line(
    service: ResourceManagerService, source: ResourceManager, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A failure that lasts fails the whole list, since half of it would look like gateways that are gone."""
    caplog.set_level(logging.DEBUG)
    faults, said = LASTING[name]
    # In the middle: the first list of the group has been read by then.
    service.fail_next(*faults, path=f"{GROUP_ID}/providers/microsoft.network/connections")
    with pytest.raises(SourceUnavailable) as caught:
        source.list_gateways(SCOPES)
    assert re.fullmatch(r"Azure Resource Manager at 127\.0\.0\.1\W[^\n]{5,200}", str(caught.value))
    assert said in str(caught.value)
    assert_no_secret(caught.value, caplog)


def assert_no_secret(error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    """Neither a key nor a token in the error, in what led to it, or in the log."""
    told = "".join(traceback.format_exception(error)) + caplog.text
    assert COMPOSED_KEY not in told
    assert "Bearer" not in told
    assert "eyJ" not in told
    assert error.__context__ is None
    assert error.__cause__ is None


def test_what_works_leaves_no_key_anywhere(source: ResourceManager, caplog: pytest.LogCaptureFixture) -> None:
    """A list that was read, its repr and the log hold no key and no token."""
    caplog.set_level(logging.DEBUG)
    told = repr(source.list_gateways(SCOPES)) + repr(vars(source)) + caplog.text
    assert COMPOSED_KEY not in told
    assert "eyJ" not in told


class Elsewhere(HttpService):
    """A host that a list must not lead to."""

    def answer(self, request: Request) -> Reply:
        return Reply.json(200, {"value": []})


def leading_to(link: object) -> Fault:
    """A page of a list that says where the next one is."""
    return Fault(lambda r: replace(r, body=json.dumps({**json.loads(r.body), "nextLink": link}).encode()), handled=True)


@pytest.mark.parametrize("form", ["{elsewhere}/next", "https://127.0.0.1@{host}/next", "/next", "https://[", "ftp://x"])
def test_pages_at_another_host_are_not_followed(
    service: ResourceManagerService, source: ResourceManager, form: str
) -> None:
    """The token goes to no other host, and a list that goes on there has failed."""
    with Elsewhere() as elsewhere:
        host = elsewhere.url.partition("//")[2]
        service.fail_next(leading_to(form.format(elsewhere=elsewhere.url, host=host)))
        with pytest.raises(SourceUnavailable, match="at another host"):
            source.list_gateways(SCOPES)
        assert elsewhere.requests == []


def test_redirects_are_not_followed(service: ResourceManagerService, source: ResourceManager) -> None:
    """An answer that leads elsewhere is a failure, and nobody is asked there."""
    with Elsewhere() as elsewhere:
        service.fail_next(refused(307, "", {"Location": elsewhere.url}))
        with pytest.raises(SourceUnavailable, match="307"):
            source.list_gateways(SCOPES)
        assert elsewhere.requests == []


def test_pages_without_end(service: ResourceManagerService, source: ResourceManager) -> None:
    """A list that leads back to itself ends after a bounded number of pages."""
    again = leading_to(f"{service.url}{GROUP_ID}/providers/microsoft.network/vpngateways?api-version=x")
    service.fail_next(*[again] * (PAGES + 1))
    with pytest.raises(SourceUnavailable, match=f"more than {PAGES} pages"):
        source.list_gateways(SCOPES)
    assert len(service.requests) == PAGES


def test_nobody_is_there(issuer: TokenIssuer, service: ResourceManagerService) -> None:
    """Unreachable is one line with the host, after a bounded number of tries."""
    closed = ResourceManager("https://127.0.0.1:9", IssuedCredential(issuer), patient_session(pause=0))
    with pytest.raises(SourceUnavailable, match=r"at 127\.0\.0\.1 did not answer \(ConnectionError\)"):
        closed.list_gateways(SCOPES)


class NoIdentity:
    """A credential that cannot sign in."""

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        raise ClientAuthenticationError("no identity here\nTrace: SECRET")


def test_nobody_to_sign_in_with(service: ResourceManagerService) -> None:
    """Without an identity one line says that signing in failed, and nothing is asked."""
    source = ResourceManager(service.url, NoIdentity())
    with pytest.raises(SourceUnavailable, match=r"could not sign in: no identity here$"):
        source.list_gateways(SCOPES)
    assert service.requests == []


def test_a_netrc_of_the_machine_is_not_used(
    service: ResourceManagerService, source: ResourceManager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password that the machine has for the host does not take the token's place."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert names(source.list_gateways(SCOPES)) == ALL


# Status


def test_the_status_of_a_connection(service: ResourceManagerService, source: ResourceManager) -> None:
    """Classic and Virtual WAN connections say how they are, each asked alone, by an id in any case."""
    wan = f"{HUB.resource_id}/vpnConnections/to-wien"
    service.set_status(TO_NAGOYA, "NotConnected")
    service.set_status(wan, "Connecting")
    assert [source.status(i) for i in (TO_NAGOYA, TO_NAGOYA.upper(), wan)] == ["NotConnected"] * 2 + ["Connecting"]
    assert len(service.requests) == 3


@pytest.mark.parametrize("fault", [refused(403), refused(404), answered({"properties": []}), answered(None)])
def test_a_status_that_is_not_known(service: ResourceManagerService, source: ResourceManager, fault: Fault) -> None:
    """A connection that may not be read, is gone or says nothing has no status."""
    service.fail_next(fault)
    assert source.status(TO_NAGOYA) is None


def test_a_status_of_what_is_no_connection(service: ResourceManagerService, source: ResourceManager) -> None:
    """Nothing but a connection is asked for."""
    assert source.status(f"{TO_NAGOYA}/sharedkey") is None
    assert source.status(TOKYO.resource_id) is None
    assert service.requests == []


def test_a_status_that_fails(service: ResourceManagerService, source: ResourceManager) -> None:
    """A service that fails is told from a connection without a status."""
    service.fail_next(*[throttled(0)] * TRIES)
    with pytest.raises(SourceUnavailable, match="throttled"):
        source.status(TO_NAGOYA)


def test_with_the_settings_and_the_real_credential(stack: Stack) -> None:
    """The settings of the sandbox lead the real credential to the list: the token is for ARM and for nobody else."""
    settings = Settings.read(stack.env)
    source = ResourceManager(f"{settings.arm_endpoint}/", DefaultAzureCredential())
    assert names(source.list_gateways(settings.gateway_scopes)) == ALL
    assert {r.query["resource"] for r in stack.identity.requests} == {settings.arm_endpoint}


# Diagnostic settings


def test_the_diagnostic_settings_of_a_gateway(source: ResourceManager, service: ResourceManagerService) -> None:
    """All pages of a gateway's settings, asked with the version of their own service."""
    gateway = TOKYO.resource_id
    service.set_diagnostics(gateway, *(diagnostic_setting(gateway, f"s{n}", "TunnelDiagnosticLog") for n in range(3)))
    found = source.diagnostic_settings(gateway)
    assert not isinstance(found, Refused)
    assert [s.name for s in found] == ["s0", "s1", "s2"]
    assert service.requests[-1].query["api-version"] == "2021-05-01-preview"


def test_diagnostic_settings_that_may_not_be_read(source: ResourceManager, service: ResourceManagerService) -> None:
    """Without the right the answer says so and how to get it; a service that fails is another thing."""
    service.refuse(TOKYO.resource_id)
    found = source.diagnostic_settings(TOKYO.resource_id)
    assert isinstance(found, Refused)
    assert "Reader" in found.why
    service.fail_next(*[bad_gateway()] * TRIES)
    with pytest.raises(SourceUnavailable):
        source.diagnostic_settings(TOKYO.resource_id)
