"""An estate of two subscriptions under one management group: found, polled and told to its teams by the real parts."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from correlator.fleet import Fleet
from correlator.wiring import App, build
from sandbox.nights.fortnight import TOKYO
from sandbox.nights.gateways import resources
from sandbox.nights.rows import SUBSCRIPTION, Gateway, at, failover
from sandbox.stack import WORKSPACE_ID, Stack

ESTATE = "/providers/Microsoft.Management/managementGroups/mg-estate"
SHUT = "22222222-2222-2222-2222-222222222222"
GATEWAY = Gateway("vgw-tokyo-prod")
NAGOYA, SENDAI = "203.0.113.10", "203.0.113.20"
BEFORE = [GATEWAY.up("08-21 00:12:00", peer, 1) for peer in (NAGOYA, SENDAI)]
DROP = [GATEWAY.upgrade("08-21 17:12:10", 1), *failover(GATEWAY, "08-21 17:13:04", (NAGOYA, SENDAI), 1, 12)]


def workspace(customer: str) -> dict[str, Any]:
    """A Log Analytics workspace as ARM shows it."""
    kind = "Microsoft.OperationalInsights/workspaces"
    identity = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-logs/providers/{kind}/law-{customer[:4]}"
    return {"id": identity, "name": identity[-8:], "type": kind, "properties": {"customerId": customer}}


@pytest.fixture
def app(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> App:
    """The app over an estate whose Tokyo gateway is EMEA's; one of its workspaces may not be read."""
    tagged = [r | {"tags": {"Team": "EMEA"}} if r["id"] == TOKYO.resource_id else r for r in resources()]
    stack.resources.load([*tagged, workspace(WORKSPACE_ID), workspace(SHUT)])
    stack.resources.put_under("mg-estate", SUBSCRIPTION)
    environment = {
        **stack.env, "WORKSPACE_IDS": ESTATE, "GATEWAY_SCOPES": ESTATE,
        "TEAMS_WEBHOOK_URL_EMEA": f"{stack.receiver.url}/teams-emea",
        "SLACK_WEBHOOK_URL_NET": f"{stack.receiver.url}/slack-net",
        "ROUTES": "teams-emea: tag=team:emea; slack-net: tag=team:net; slack: remote; teams: remote",
    }  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stack.logs.load(WORKSPACE_ID, BEFORE)
    stack.set_clock(at("08-21 16:00:00"))
    return build(environment)


def polled(app: App) -> None:
    """One tick of the timer, and the run of each workspace that it asks for."""
    fleet = Fleet(app)
    for message in fleet.dispatch():
        fleet.work(message)


def test_an_estate_is_found_polled_and_told(stack: Stack, app: App, caplog: pytest.LogCaptureFixture) -> None:
    """Gateways, names, tags and workspaces come from one management group; a drop goes to the team of its tag alone."""
    caplog.set_level(logging.INFO, "correlator")
    polled(app)
    assert app.workspaces() == (WORKSPACE_ID,)
    alone = [r.message for r in caplog.records if SHUT in r.message]
    assert len(alone) == 1, "one line, and no failing run"
    stack.receiver.clear()
    stack.logs.load(WORKSPACE_ID, DROP)
    stack.set_clock(at("08-21 17:30:00"))
    polled(app)
    heard = {
        p: [json.dumps(b) for b in stack.receiver.bodies(f"/{p}")]
        for p in ("teams", "slack", "teams-emea", "slack-net")
    }
    told = {p: [b for b in bodies if "VPN-2026" in b] for p, bodies in heard.items()}
    assert [p for p, bodies in told.items() if bodies] == ["teams-emea"]
    assert "tokyo-to-nagoya" in told["teams-emea"][0], "its connection has a name"
    assert {r.method for r in stack.resources.requests} == {"POST"}, "nothing is listed by group"
    stack.resources.forget()
    again = build({**stack.env, "WORKSPACE_IDS": ESTATE, "GATEWAY_SCOPES": ESTATE})
    polled(again)
    assert stack.resources.requests == [], "the next process has the list, and the workspaces with it"
    assert again.workspaces() == (WORKSPACE_ID,)
