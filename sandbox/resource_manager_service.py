"""Azure Resource Manager, as far as VPN gateways go: lists, single resources, Resource Graph, and refusals by scope."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlencode

from sandbox.certificate import Certificate
from sandbox.faults import Reply
from sandbox.graph_engine import GraphEngine, GraphRefused
from sandbox.http_service import HttpService, Request
from sandbox.nights.gateways import diagnostic_setting, resources
from sandbox.tokens import TokenIssuer, TokenRefused

Resource = dict[str, Any]
GRAPH = "/providers/microsoft.resourcegraph/resources"
SUBSCRIPTIONS = "microsoft.resources/subscriptions"
_LIST = re.compile(r"(/subscriptions/[^/]+/resourcegroups/[^/]+)/providers/microsoft\.network/\w+")
_OF_GATEWAY = re.compile(r"(/subscriptions/.+/virtualnetworkgateways/[^/]+)/connections")
_DIAGNOSTICS = re.compile(r"(/subscriptions/.+)/providers/microsoft\.insights/diagnosticsettings")


class ResourceManagerService(HttpService):
    """Serves resources from memory to tokens made for its own address. Ids match in any case.

    `page_size` is small so that every list of some length has pages.
    """

    page_size = 2

    def __init__(self, issuer: TokenIssuer, certificate: Certificate) -> None:
        """The composed gateways, all connected."""
        super().__init__(certificate)
        self.audience = self.url
        self._issuer = issuer
        self._engine = GraphEngine()
        self.clear()

    def clear(self) -> None:
        """The composed gateways again, all connected, nothing refused, all logs sent, no faults."""
        self.forget()
        self.load(resources())
        self._refused: set[str] = set()
        self._statuses: dict[str, str] = {}
        self._diagnostics: dict[str, list[Resource]] = {}
        self._groups: dict[str, list[str]] = {}
        self._containers: list[Resource] = []
        self._unseen: set[str] = set()

    def stop(self) -> None:
        """Stop serving, and free the engine."""
        super().stop()
        self._engine.close()

    def load(self, loaded: Iterable[Resource]) -> None:
        """Replace everything there is; each resource as a list would hold it."""
        self._resources = list(loaded)

    def refuse(self, *scopes: str) -> None:
        """Nothing at or below these paths may be read; a subscription's list leaves it out."""
        self._refused |= {scope.lower().rstrip("/") for scope in scopes}

    def put_under(self, management_group: str, *subscriptions: str) -> None:
        """A management group over these subscriptions, given by their GUIDs."""
        self._groups[management_group.lower()] = [s.lower() for s in subscriptions]

    def describe(self, *containers: Resource) -> None:
        """Subscriptions and resource groups with names and tags of their own; others have those of their ids."""
        self._containers += containers

    def show_in_part(self, subscription: str) -> None:
        """The identity may read something in this subscription (a GUID), and not all of it."""
        self._unseen.add(subscription.lower())

    def set_status(self, connection_id: str, status: str) -> None:
        """What `connectionStatus` of a connection is from now on."""
        self._statuses[connection_id.lower()] = status

    def set_diagnostics(self, resource_id: str, *settings: Resource) -> None:
        """The diagnostic settings of a resource from now on; until then it has one that sends all logs."""
        self._diagnostics[resource_id.lower()] = list(settings)

    def answer(self, request: Request) -> Reply:
        """Check the token, the version and the right to read, then list or show."""
        path = request.path.lower().rstrip("/")
        refusal = self._unauthorized(request.headers.get("authorization", ""))
        if refusal:
            return refusal
        if not request.query.get("api-version"):
            return _error(400, "MissingApiVersionParameter", "The api-version query parameter is required.")
        if request.method == "POST" and path == GRAPH:
            return self._graph(json.loads(request.body))
        if request.method != "GET":
            return _error(405, "MethodNotAllowed", "Nothing is written here.")
        if self._is_refused(path):
            message = f"The client 'sandbox-identity' does not have authorization to read '{request.path}'."
            return _error(403, "AuthorizationFailed", message)
        listed = self._listed(path)
        return self._page(request, listed) if listed is not None else self._shown(path)

    def _unauthorized(self, authorization: str) -> Reply | None:
        scheme, _, token = authorization.partition(" ")
        if scheme != "Bearer":
            return _error(401, "AuthenticationFailed", "The 'Authorization' header is missing.")
        try:
            self._issuer.check(token, self.audience)
        except TokenRefused as refused:
            return _error(401, refused.code, str(refused))
        return None

    def _is_refused(self, path: str) -> bool:
        return any(f"{path}/".startswith(f"{scope}/") for scope in self._refused)

    def _graph(self, asked: dict[str, Any]) -> Reply:
        """Of the scopes that are named: what may be read, and not a word of the rest."""
        groups = [name.lower() for name in asked.get("managementGroups", ())]
        for name in groups:
            if name not in self._groups or self._is_refused(f"/providers/microsoft.management/managementgroups/{name}"):
                return _error(403, "AccessDenied", "Access is denied to the requested resource.")
        named = {s.lower() for s in asked.get("subscriptions", ())} | {s for n in groups for s in self._groups[n]}
        eligible = {s for s in named if any(self._seen_of(s))}
        if not eligible:
            return _error(400, "BadRequest", "There must be at least one subscription that is eligible.")
        try:
            found = self._engine.rows(
                asked["query"], [r for s in eligible for r in self._seen_of(s)], list(self._seen_containers(eligible))
            )
        except GraphRefused as refused:
            return _error(400, "InvalidQuery", str(refused))
        options = asked.get("options", {})
        start = int(options.get("$skipToken", "0"))
        end = start + min(options.get("$top", 100), self.page_size)
        content = {"totalRecords": len(found), "count": len(found[start:end]), "data": found[start:end], "facets": []}
        if end < len(found):
            content["$skipToken"] = str(end)
        return Reply.json(200, {**content, "resultTruncated": "false"})

    def _seen_of(self, subscription: str) -> Iterator[Resource]:
        return (r for r in self._below(f"/subscriptions/{subscription}/") if not self._is_refused(r["id"].lower()))

    def _seen_containers(self, subscriptions: set[str]) -> Iterator[Resource]:
        described = {c["id"].lower(): c for c in self._containers}
        for subscription in sorted(subscriptions - self._unseen):
            container = {"id": f"/subscriptions/{subscription}", "name": subscription}
            yield {**container, "type": SUBSCRIPTIONS, **described.get(container["id"], {})}
        for group in sorted({"/".join(r["id"].split("/")[:5]) for s in subscriptions for r in self._seen_of(s)}):
            container = {"id": group, "name": group.rsplit("/", 1)[-1]}
            yield {**container, "type": f"{SUBSCRIPTIONS}/resourcegroups", **described.get(group.lower(), {})}

    def _listed(self, path: str) -> list[Resource] | None:
        """The resources of a list, None where the path names no list."""
        if gateway := _OF_GATEWAY.fullmatch(path):
            return [r for r in self._below("") if _owner(r) == gateway[1]]
        if (diagnosed := _DIAGNOSTICS.fullmatch(path)) and any(self._below(diagnosed[1])):
            return self._diagnostics.get(diagnosed[1], [diagnostic_setting(diagnosed[1], "all-logs")])
        if (group := _LIST.fullmatch(path)) and any(self._below(f"{group[1]}/")):
            return list(self._below(f"{path}/"))
        return None

    def _below(self, prefix: str) -> Iterator[Resource]:
        return (r for r in self._resources if r["id"].lower().startswith(prefix))

    def _page(self, request: Request, listed: list[Resource]) -> Reply:
        start = int(request.query.get("$skiptoken", "0"))
        content: dict[str, object] = {"value": listed[start : start + self.page_size]}
        if start + self.page_size < len(listed):
            query = urlencode({**request.query, "$skiptoken": start + self.page_size})
            content["nextLink"] = f"{self.url}{request.path}?{query}"
        return Reply.json(200, content)

    def _shown(self, path: str) -> Reply:
        inner = [c for r in self._resources for c in r["properties"].get("connections", [])]
        for found in (*self._resources, *inner):
            if found["id"].lower() == path:
                return Reply.json(200, self._with_status(found))
        return _error(404, "ResourceNotFound", f"The resource '{path}' was not found.")

    def _with_status(self, found: Resource) -> Resource:
        """As the real service: a connection's status is shown to who asks for it alone, and in no list."""
        if not re.search(r"/(vpn)?connections/[^/]+$", found["id"].lower()):
            return found
        status = self._statuses.get(found["id"].lower(), "Connected")
        return {**found, "properties": {**found["properties"], "connectionStatus": status}}


def _owner(connection: Resource) -> str:
    return str(connection["properties"].get("virtualNetworkGateway1", {}).get("id", "")).lower()


def _error(status: int, code: str, message: str) -> Reply:
    return Reply.json(status, {"error": {"code": code, "message": message}})
