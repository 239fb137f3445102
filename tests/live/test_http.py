"""The HTTP routes through Microsoft's worker library, over the emulator: what is answered is what the page promises."""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import jsonschema
import pytest
from referencing import Registry, Resource

from correlator.ports import Head
from correlator.stores.store import TableStore
from correlator.stores.table_storage import AzureTables
from correlator.wording import Style
from sandbox.functions_host import FunctionsHost, HttpAnswer
from sandbox.stack import WORKSPACE_ID, Stack
from tests.cli.test_incidents import fortnight

pytestmark = pytest.mark.skipif(sys.version_info < (3, 13), reason="azure-functions-runtime needs Python 3.13")
ROOT = Path(__file__).parent.parent.parent
OPENAPI = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
INCIDENT = json.loads((ROOT / "docs" / "incident.schema.json").read_text(encoding="utf-8"))
SCHEMAS: Registry[Any] = Registry().with_resources(
    [("openapi.json", Resource.opaque(OPENAPI)), ("incident.schema.json", Resource.from_contents(INCIDENT))]
)
AUGUST = {"since": "2026-08-01", "until": "2026-09-30"}


@pytest.fixture(scope="module")
def store(running_stack: Stack) -> Iterator[TableStore]:
    """The composed fortnight in the tables of the emulator."""
    from azure.identity import DefaultAzureCredential

    with patch.dict(os.environ, running_stack.env):
        running_stack.clear()
        made = TableStore(AzureTables.at(running_stack.azurite.tables_endpoint, DefaultAzureCredential()), Style())
        made.record(fortnight())
        yield made


@pytest.fixture(scope="module")
def host(running_stack: Stack, store: TableStore) -> Iterator[FunctionsHost]:
    """The real app in the stand-in host."""
    with FunctionsHost(ROOT, running_stack.env) as opened:
        yield opened


def ask(host: FunctionsHost, name: str, query: Mapping[str, str] | None = None, **route: str) -> HttpAnswer:
    """One request, its answer held against the page."""
    answer = host.run_http(name, query=query or {}, route=route)
    path = "/" + host.functions[name].trigger("httpTrigger")["route"]
    content = OPENAPI["paths"][path]["get"]["responses"][str(answer.status)]["content"]
    kind = {k.lower(): v for k, v in answer.headers.items()}["content-type"].split(";")[0]
    assert kind in content
    if kind == "application/json":
        schema = json.loads(json.dumps(content[kind]["schema"]).replace('"#/', '"openapi.json#/'))
        jsonschema.Draft202012Validator(schema, registry=SCHEMAS).validate(json.loads(answer.body))
    return answer


def found(answer: HttpAnswer) -> dict[str, Any]:
    """The body of an answer."""
    loaded: dict[str, Any] = json.loads(answer.body)
    return loaded


def test_the_page_names_exactly_the_routes(host: FunctionsHost) -> None:
    """Paths, methods and the key of every route are those that the library indexed."""
    routes = [f.trigger("httpTrigger") for f in host.functions.values() if f.bindings[0]["type"] == "httpTrigger"]
    assert {f"/{r['route']}": sorted(m.lower() for m in r["methods"]) for r in routes} == {
        path: sorted(methods) for path, methods in OPENAPI["paths"].items()
    }
    of_people = {r["route"] for r in routes if r["authLevel"].lower() != "function"}
    assert of_people == {r["route"] for r in routes if r["route"].startswith("signed-in/")}


def test_nobody_signs_in_here(host: FunctionsHost) -> None:
    """The routes for people are not there in an app without authentication, whatever a request claims."""
    claimed = base64.b64encode(b'{"auth_typ": "aad", "claims": [{"typ": "name", "val": "Ana"}]}').decode()
    headers = {"X-MS-CLIENT-PRINCIPAL": claimed, "Origin": "https://func-vpn.example.net"}
    assert host.run_http("signed_in_report", headers=headers).status == 404
    assert host.run_http("acknowledge", "POST", route={"id": fortnight()[0].id}, headers=headers).status == 404


def test_incidents_are_what_the_table_holds(host: FunctionsHost) -> None:
    """All of a time, filtered by any column that the page names."""
    every = found(ask(host, "incidents", AUGUST))["incidents"]
    assert {d["id"] for d in every} == {i.id for i in fortnight()}
    azure = found(ask(host, "incidents", AUGUST | {"side": "azure"}))["incidents"]
    assert azure == [d for d in every if d["cause"]["side"] == "azure"]
    for one in every:
        assert found(ask(host, "incident", id=one["id"])) == one


def test_pages_follow_each_other_without_a_gap(host: FunctionsHost) -> None:
    """Page after page, each incident comes once, in the order of the whole."""
    every = found(ask(host, "incidents", AUGUST))["incidents"]
    seen: list[dict[str, Any]] = []
    after = {"after": ""}
    while after:
        page = found(ask(host, "incidents", AUGUST | after | {"limit": "3"}))
        assert len(page["incidents"]) <= 3
        seen += page["incidents"]
        after = {"after": page["next"]} if "next" in page else {}
    assert seen == every


def test_csv_for_who_wants_sheets(host: FunctionsHost) -> None:
    """format=csv gives one line an incident, or a group."""
    answer = ask(host, "incidents", AUGUST | {"format": "csv"})
    assert len(list(csv.DictReader(io.StringIO(answer.body.decode())))) == len(fortnight())
    assert b"azure-maintenance" in ask(host, "stats", AUGUST | {"format": "csv"}).body


def test_stats_agree_with_the_incidents(host: FunctionsHost) -> None:
    """The total of the sums is the sum over the incidents."""
    every = found(ask(host, "incidents", AUGUST))["incidents"]
    total = found(ask(host, "stats", AUGUST | {"by": "gateway,cause"}))["total"]
    assert total["incidents"] == len(every)
    assert total["downtime_seconds"] == pytest.approx(sum(d["downtime_seconds"] for d in every))


@pytest.mark.parametrize(
    ("name", "asked", "said"),
    [
        ("incidents", {"side": "mars"}, "azure, own-change, remote, unknown"),
        ("incidents", {"since": "yesterday"}, "2026-08-21T17:00"),
        ("incidents", {"limit": "0"}, "limit must be a number from 1 to 1000"),
        ("incidents", {"format": "xml"}, "json or csv"),
        ("incidents", {"since": "2020-01-01"}, "400 days"),
        ("stats", {"by": "colour"}, "cause, side, gateway"),
        ("stats", {"days": "-1"}, "days must be a number"),
    ],
)
def test_what_cannot_be_read_is_said(host: FunctionsHost, name: str, asked: dict[str, str], said: str) -> None:
    """A parameter that cannot be used is answered with 400 and the way out."""
    answer = ask(host, name, asked)
    assert answer.status == 400
    assert said in found(answer)["error"]


def test_the_report_page_of_a_time(host: FunctionsHost) -> None:
    """The page holds every incident of the time, and may ask no other place for anything."""
    page = ask(host, "report", AUGUST).body.decode()
    assert all(i.id in page for i in fortnight())
    assert "Content-Security-Policy" in page


def test_an_id_that_is_not_there(host: FunctionsHost) -> None:
    """404, and the id as it was given, cut short."""
    answer = ask(host, "incident", id="VPN-20260821-" + "A" * 500)
    assert answer.status == 404
    assert len(answer.body) < 200


def test_health_tells_an_uptime_checker(host: FunctionsHost, store: TableStore) -> None:
    """503 before the first poll and when the last is old, 200 in between; by the storage's own clock."""
    assert ask(host, "health").status == 503
    clock = store.read(WORKSPACE_ID).clock
    etag = store.commit(WORKSPACE_ID, None, Head(mark=clock), [], [])
    well = ask(host, "health")
    assert (well.status, found(well)["status"]) == (200, "ok")
    store.commit(WORKSPACE_ID, etag, Head(mark=clock - timedelta(hours=1)), [], [])
    late = ask(host, "health")
    assert (late.status, found(late)["status"]) == (503, "late")
    assert found(late)["workspaces"][0]["lag_seconds"] >= 3600
    text = late.body.decode()
    assert "http" not in text


def test_storage_that_fails_is_no_traceback(host: FunctionsHost, running_stack: Stack) -> None:
    """While storage cannot be read the answer is 503 and names no table, key or role."""
    from correlator.errors import StoreUnavailable

    with patch.object(AzureTables, "query", side_effect=StoreUnavailable("table state: no permission", 403)):
        for name in ("incidents", "stats", "health"):
            answer = ask(host, name)
            assert answer.status == 503
            assert b"permission" not in answer.body
