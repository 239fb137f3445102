"""The sandbox's Azure Resource Manager, asked as any client would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sandbox.certificate import Certificate
from sandbox.faults import throttled
from sandbox.nights.gateways import SCOPES, SITES_GROUP, diagnostic_setting, resource, resource_id, resources
from sandbox.nights.rows import GROUP, SUBSCRIPTION
from sandbox.resource_manager_service import GRAPH, ResourceManagerService
from sandbox.tokens import TokenIssuer

SUBSCRIPTION_ID = f"/subscriptions/{SUBSCRIPTION}"
CONNECTIONS = f"{SCOPES[0]}/providers/Microsoft.Network/connections"
CONNECTION = resource_id("connections", "tokyo-to-nagoya")


@pytest.fixture
def service(issuer: TokenIssuer, certificate: Certificate) -> Iterator[ResourceManagerService]:
    """A service of its own with the composed gateways."""
    with ResourceManagerService(issuer, certificate) as made:
        yield made


class Client:
    """GETs with a good token."""

    def __init__(self, service: ResourceManagerService, issuer: TokenIssuer, certificate: Certificate) -> None:
        self.service, self.verify = service, str(certificate.cert)
        self.token = issuer.mint(service.audience)[0]

    def get(self, path: str, **query: str) -> requests.Response:
        """One answer; a path without a host is the service's own."""
        url = path if path.startswith("https") else self.service.url + path
        asked = {} if "?" in path else {"api-version": "2024-05-01", **query}
        bearer = {"Authorization": f"Bearer {self.token}"}
        return requests.get(url, params=asked, headers=bearer, verify=self.verify, timeout=10)

    def ask(self, query: str, **scope: list[str]) -> requests.Response:
        """One question to Resource Graph."""
        return self.page(query, "", scope)

    def page(self, query: str, token: str, scope: dict[str, list[str]]) -> requests.Response:
        """One page of its answer."""
        body = {"query": query, "options": {"$top": 1000, **({"$skipToken": token} if token else {})}, **scope}
        bearer, version = {"Authorization": f"Bearer {self.token}"}, {"api-version": "2022-10-01"}
        return requests.post(
            self.service.url + GRAPH, params=version, json=body, headers=bearer, verify=self.verify, timeout=10
        )

    def graph(self, query: str, **scope: list[str]) -> list[dict[str, Any]]:
        """All pages of its answer."""
        found: list[dict[str, Any]] = []
        page: dict[str, Any] = {"$skipToken": ""}
        while "$skipToken" in page:
            page = self.page(query, page["$skipToken"], scope).json()
            found += page["data"]
        assert len(found) == page["totalRecords"]
        return found

    def every(self, path: str, **query: str) -> list[dict[str, Any]]:
        """All pages."""
        page = self.get(path, **query).json()
        found: list[dict[str, Any]] = page["value"]
        while "nextLink" in page:
            page = self.get(page["nextLink"]).json()
            found += page["value"]
        return found


@pytest.fixture
def client(service: ResourceManagerService, issuer: TokenIssuer, certificate: Certificate) -> Client:
    """A client with a token for the service."""
    return Client(service, issuer, certificate)


def test_a_list_in_pages(service: ResourceManagerService, client: Client) -> None:
    """A list comes in pages of two, each thing once, in any case of the path, without the status of a connection."""
    found = client.every(CONNECTIONS)
    assert len(found) == len({f["id"] for f in found}) == sum(r["type"].endswith("/connections") for r in resources())
    assert found == client.every(CONNECTIONS.upper())
    assert len(client.get(CONNECTIONS).json()["value"]) == service.page_size
    assert not any("connectionStatus" in f["properties"] for f in found)


def test_the_connections_of_one_gateway(client: Client) -> None:
    """A gateway's own list holds the connections that begin there."""
    found = client.every(f"{resource_id('virtualNetworkGateways', 'vgw-osaka-prod')}/connections")
    assert {f["name"] for f in found} == {"osaka-to-tokyo", "osaka-to-kobe", "osaka-to-kyoto"}


def test_a_question_to_resource_graph(service: ResourceManagerService, client: Client) -> None:
    """KQL is executed over what may be read of the subscriptions that were named, in pages, with values as JSON."""
    query = (
        "resources | where type =~ 'microsoft.network/localnetworkgateways' | project id, properties | order by id asc"
    )
    found = client.graph(query, subscriptions=[SUBSCRIPTION])
    assert len(found) == sum(r["type"].endswith("/localNetworkGateways") for r in resources()) > service.page_size
    assert all(f["properties"]["gatewayIpAddress"] for f in found)
    service.refuse(f"{SUBSCRIPTION_ID}/resourcegroups/{SITES_GROUP}")
    assert {f["id"].split("/")[4] for f in client.graph(query, subscriptions=[SUBSCRIPTION])} == {GROUP}


def test_scopes_of_resource_graph(service: ResourceManagerService, client: Client) -> None:
    """A management group holds its subscriptions; what is not eligible is left out, and none at all is refused."""
    query = "resourcecontainers | where type =~ 'microsoft.resources/subscriptions' | project id, name"
    service.put_under("mg-one", SUBSCRIPTION, "nobody's")
    service.describe({"id": SUBSCRIPTION_ID, "name": "Network"})
    assert client.graph(query, managementGroups=["MG-ONE"]) == [{"id": SUBSCRIPTION_ID, "name": "Network"}]
    assert client.graph(query, subscriptions=[SUBSCRIPTION, "nobody's"]) == [{"id": SUBSCRIPTION_ID, "name": "Network"}]
    service.show_in_part(SUBSCRIPTION)
    assert client.graph(query, subscriptions=[SUBSCRIPTION]) == []
    refused = [
        client.ask(query, **scope) for scope in ({"subscriptions": ["nobody's"]}, {"managementGroups": ["mg-2"]})
    ]
    assert [(r.status_code, r.json()["error"]["code"]) for r in refused] == [(400, "BadRequest"), (403, "AccessDenied")]
    assert client.ask("resources | wher", subscriptions=[SUBSCRIPTION]).json()["error"]["code"] == "InvalidQuery"


@pytest.mark.parametrize("name", ["tokyo-to-nagoya", "to-wien"])
def test_the_status_of_a_connection(service: ResourceManagerService, client: Client, name: str) -> None:
    """A connection asked alone says its status, which can be set; anything else has none."""
    hub = resource_id("vpnGateways", "vpngw-hub-frankfurt")
    path = CONNECTION if name == "tokyo-to-nagoya" else f"{hub}/vpnConnections/{name}"
    assert client.get(path).json()["properties"]["connectionStatus"] == "Connected"
    service.set_status(path.upper(), "NotConnected")
    assert client.get(path).json()["properties"]["connectionStatus"] == "NotConnected"
    assert "connectionStatus" not in client.get(hub).json()["properties"]


def test_what_is_not_there(client: Client) -> None:
    """Unknown resources and groups answer 404 with ARM's kind of error."""
    for path in (f"{CONNECTION}-2", f"{SCOPES[0]}-2/providers/Microsoft.Network/connections"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ResourceNotFound")


def test_what_is_refused(service: ResourceManagerService, client: Client) -> None:
    """A refused scope answers 403 with all that lies in it, is left out above, and hides nothing beside it."""
    service.refuse(SCOPES[0].upper())
    assert {client.get(p).status_code for p in (CONNECTIONS, CONNECTION)} == {403}
    assert {f["id"].split("/")[4] for f in client.graph("resources | project id", subscriptions=[SUBSCRIPTION])} == {
        SITES_GROUP
    }
    service.load([resource(f"{SCOPES[0]}-2/providers/Microsoft.Network/connections/c")])
    assert client.get(f"{SCOPES[0]}-2/providers/Microsoft.Network/connections").status_code == 200


def test_diagnostic_settings(service: ResourceManagerService, client: Client) -> None:
    """A resource has one setting that sends all logs until it is given others; nothing has none."""
    path = f"{resource_id('virtualNetworkGateways', 'vgw-osaka-prod')}/providers/Microsoft.Insights/diagnosticSettings"
    assert [s["name"] for s in client.every(path)] == ["all-logs"]
    gateway = path.partition("/providers/Microsoft.Insights")[0]
    service.set_diagnostics(gateway, diagnostic_setting(gateway, "one", "A", off=("B",), workspace=""))
    (found,) = client.every(path)
    assert [(log["category"], log["enabled"]) for log in found["properties"]["logs"]] == [("A", True), ("B", False)]
    assert "workspaceId" not in found["properties"]
    assert client.get(path.replace("osaka", "nowhere")).status_code == 404


def test_only_its_own_tokens(service: ResourceManagerService, client: Client, issuer: TokenIssuer) -> None:
    """A token for another audience, of another issuer or none at all answers 401."""
    for token in (issuer.mint("https://api.loganalytics.io")[0], TokenIssuer().mint(service.audience)[0], ""):
        client.token = token
        assert client.get(CONNECTION).status_code == 401


def test_a_version_is_asked_for(service: ResourceManagerService, client: Client) -> None:
    """Without api-version the answer is 400."""
    assert client.get(f"{CONNECTION}?x=1").json()["error"]["code"] == "MissingApiVersionParameter"


def test_faults_and_a_fresh_start(service: ResourceManagerService, client: Client) -> None:
    """Faults are met by path, and after clear everything is as at the start."""
    service.fail_next(throttled(1), path=SUBSCRIPTION_ID)
    assert client.get(CONNECTION).status_code == 429
    service.refuse(SUBSCRIPTION_ID)
    service.set_status(CONNECTION, "Unknown")
    service.load([])
    service.fail_next(throttled(1))
    service.clear()
    assert client.get(CONNECTION).json()["properties"]["connectionStatus"] == "Connected"
    assert len(service.requests) == 1
