"""Everything under subscriptions and management groups in a few questions, from Azure Resource Graph.

It leaves out in silence what the identity may not read, so the subscriptions that were named are compared with those
that it sees. An answer that is not whole has failed: https://learn.microsoft.com/azure/governance/resource-graph/
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from correlator import queries
from correlator.gateways import Workspace, folded, management_group
from correlator.sources import arm_json
from correlator.sources._arm import Arm, Denied

GRAPH = "/providers/microsoft.resourcegraph/resources"
GRAPH_API = "2022-10-01"
ROWS = 1000
"""On one page, the most there can be."""
PAGES = 300
TOGETHER = 200
"""Subscriptions in one question."""
LONGEST_PAUSE = 10.0
"""Seconds; the quota starts anew every five."""
LIMIT_HIT = "x-ms-tenant-subscription-limit-hit"
LEFT, ANEW = "x-ms-user-quota-remaining", "x-ms-user-quota-resets-after"
INVISIBLE = "Resource Graph does not show it: it is no subscription of this tenant, or the identity needs Reader"


Kept = Callable[[Mapping[str, Any]], dict[str, Any]]
SAME = (
    "connectionType", "vpnType", "activeActive", "gatewayIpAddress", "ipAddress", "fqdn", "ipConfigurations",
    "vpnSiteLinks", "connections",
)  # fmt: skip
"""Columns of graph_network.kql that are called as the properties of a resource."""
ENDS = {"virtualNetworkGateway1": "near", "virtualNetworkGateway2": "far", "localNetworkGateway2": "site"}
"""Property -> the column that holds its id."""


class _Page(Struct, rename={"total": "totalRecords", "truncated": "resultTruncated", "following": "$skipToken"}):
    data: list[dict[str, Any]]
    total: int
    truncated: str = "false"
    following: str | None = None


msgspec.convert({"data": [], "totalRecords": 0}, _Page)
"""Met first while one thread imports this: see ``stores/codec.py``."""


class Network(NamedTuple):
    """What lies in the scopes: resources as ARM shows them, tags by resource group, and subscriptions by name."""

    resources: list[dict[str, Any]]
    tags: dict[str, dict[str, str]]
    subscriptions: dict[str, str]


class ResourceGraph:
    """Questions under one ARM endpoint; ``refuse`` is told of each scope that may not be read, and why."""

    def __init__(
        self, arm: Arm, refuse: Callable[[str, str], None], wait: Callable[[float], None] = time.sleep
    ) -> None:
        self._arm, self._refuse, self._wait = arm, refuse, wait

    def network(self, scopes: Sequence[str]) -> Network:
        """Gateways and what hangs on them, of folded ids of subscriptions and management groups."""
        found = Network([], {}, {})
        for scope in self._visible(scopes, found.subscriptions):
            found.resources.extend(self._whole("graph_network", scope, _as_resource))
            found.tags.update((folded(str(g.get("id"))), arm_json.tags(g)) for g in self._whole("graph_groups", scope))
        return found

    def workspaces(self, scopes: Sequence[str]) -> tuple[Workspace, ...]:
        """The Log Analytics workspaces of these scopes."""
        found: dict[str, Workspace] = {}
        for scope in self._visible(scopes, {}):
            for row in self._whole("graph_workspaces", scope):
                identity, customer = folded(str(row.get("id"))), str(row.get("CustomerId") or "").lower()
                if customer:
                    found[identity] = Workspace(identity, customer)
        return tuple(found[key] for key in sorted(found))

    def _visible(self, scopes: Sequence[str], names: dict[str, str]) -> Iterator[dict[str, list[str]]]:
        """The scopes in which something can be seen, as a question names them. ``names`` gets their subscriptions."""
        for scope in _questions(scopes):
            try:
                rows = self._rows("graph_subscriptions", scope)
            except Denied as denied:
                for text in _ids(scope):
                    self._refuse(text, f"{denied} on {_kind(text)}")
                continue
            seen = {folded(str(row.get("id"))): str(row.get("name") or "") for row in rows}
            for missing in sorted(set(_ids(scope)) - seen.keys()):
                if not management_group(missing):
                    self._refuse(missing, f"{INVISIBLE} on {_kind(missing)}")
            names.update(seen)
            yield scope

    def _whole(self, query: str, scope: Mapping[str, list[str]], kept: Kept = dict) -> list[dict[str, Any]]:
        """All rows of a scope that was just seen: a refusal now is a failure."""
        try:
            return self._rows(query, scope, kept)
        except Denied as denied:
            why = str(denied)
        raise self._arm.failed(f"Resource Graph: {why}")

    def _rows(self, query: str, scope: Mapping[str, list[str]], kept: Kept = dict) -> list[dict[str, Any]]:
        """All pages, of each row what is ``kept``. Raises SourceUnavailable where they are not whole, Denied."""
        found: list[dict[str, Any]] = []
        options: dict[str, Any] = {"resultFormat": "objectArray", "$top": ROWS}
        for _ in range(PAGES):
            page = self._page({"query": queries.text(query), "options": options, **scope})
            found += map(kept, page.data)
            if not page.following:
                break
            options = {**options, "$skipToken": page.following}
        if page.following or len(found) < page.total or page.truncated.lower() == "true":
            raise self._arm.failed(f"Resource Graph gave {len(found)} of {page.total} rows")
        return found

    def _page(self, body: object) -> _Page:
        content, headers = self._arm.posted(GRAPH, GRAPH_API, body)
        if headers.get(LIMIT_HIT, "").lower() == "true":
            raise self._arm.failed("Resource Graph looks into 10,000 subscriptions at most; name narrower scopes")
        if headers.get(LEFT) == "0":
            self._wait(_seconds(headers.get(ANEW, "")))
        try:
            return msgspec.convert(content, _Page)
        except msgspec.ValidationError:
            pass
        raise self._arm.failed("Resource Graph's answer is no list")


def _as_resource(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of graph_network.kql in the shape in which ARM shows a resource, without what is empty."""
    properties = {name: row[name] for name in SAME if row.get(name) not in (None, "", [])}
    properties |= {name: {"id": row[column]} for name, column in ENDS.items() if row.get(column)}
    if row.get("bgpPeeringAddresses"):
        properties["bgpSettings"] = {"bgpPeeringAddresses": row["bgpPeeringAddresses"]}
    return {name: row[name] for name in ("id", "name", "tags") if row.get(name)} | {"properties": properties}


def _questions(scopes: Sequence[str]) -> Iterator[dict[str, list[str]]]:
    """One for each management group, so that a refusal names it; subscriptions together."""
    for name in filter(None, map(management_group, scopes)):
        yield {"managementGroups": [name]}
    subscriptions = [s.rsplit("/", 1)[-1] for s in scopes if not management_group(s)]
    for begin in range(0, len(subscriptions), TOGETHER):
        yield {"subscriptions": subscriptions[begin : begin + TOGETHER]}


def _ids(scope: Mapping[str, list[str]]) -> list[str]:
    groups = [f"/providers/microsoft.management/managementgroups/{name}" for name in scope.get("managementGroups", ())]
    return groups + [f"/subscriptions/{name}" for name in scope.get("subscriptions", ())]


def _kind(scope: str) -> str:
    return "the management group" if management_group(scope) else "the subscription"


def _seconds(text: str) -> float:
    """``00:00:03``: so long until the quota starts anew."""
    try:
        hours, minutes, seconds = (float(part) for part in text.split(":"))
    except ValueError:
        return LONGEST_PAUSE / 2
    return min(3600 * hours + 60 * minutes + seconds, LONGEST_PAUSE)
