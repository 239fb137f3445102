"""The public incident object."""

from __future__ import annotations

import json
import random
from datetime import timedelta, timezone
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from correlator.incident_json import gateway_name, gateway_object, history, incident_object, iso
from correlator.model import Cause, CauseChange, Confidence, Incident, Status
from correlator.people import Remark, RemarkKind
from correlator.wording import Style
from tests.timeline import ACTIVE_ACTIVE, ACTIVE_STANDBY, clock, gateway, incidents

STYLE = Style()
MAINTENANCE = """
    17:12:10     maintenance IN_0
    17:13:04  hq down IN_0  "GlobalStandbyChanged"
    17:13:16  hq up   IN_1
    17:37:59  hq down IN_1
    17:38:15  hq up   IN_0
"""


def one(rows: str) -> Incident:
    (found,) = incidents(rows, ACTIVE_STANDBY)
    return found


def test_what_people_did() -> None:
    """The logs' verdict stays, a person's stands beside it; deeds are in the history, words in the notes."""
    incident = one("17:13 hq down IN_0 DPD; 17:58 hq up IN_0")
    words = (
        Remark(incident.id, clock("17:30"), "kim", RemarkKind.ACKNOWLEDGED),
        Remark(incident.id, clock("18:30"), "lee", RemarkKind.RECLASSIFIED, "we pulled the plug", "planned-work"),
    )
    found = incident_object(replace(incident, remarks=words, reminders=(clock("17:43"),)), STYLE)
    assert found["cause"]["code"] == "remote-unreachable"
    assert found["acknowledged"] == {"at": "2026-08-21T17:30:00Z", "by": "kim", "text": ""}
    assert found["person"] == {
        "code": "planned-work", "side": "own-change", "by": "lee", "at": "2026-08-21T18:30:00Z",
        "text": "we pulled the plug",
    }  # fmt: skip
    assert [e["event"] for e in found["history"]] == ["opened", "acknowledged", "reminder", "recovered", "reclassified"]
    assert [n["by"] for n in found["notes"]] == ["lee"]


def test_the_object_of_the_readme_night() -> None:
    """The object has the documented names and values, and nothing in it that JSON does not know."""
    found = incident_object(one(MAINTENANCE), STYLE)
    assert json.loads(json.dumps(found)) == found
    cause = found.pop("cause")
    assert found == {
        "id": one(MAINTENANCE).id,
        "status": "recovered",
        "started_at": "2026-08-21T17:13:04Z",
        "ended_at": "2026-08-21T17:38:15Z",
        "downtime_seconds": 28.0,
        "connection_downtime_seconds": 28.0,
        "connection_down": False,
        "impact": "connection-down",
        "gateway": {"resource_id": gateway(), "name": "gw1", "type": "virtualNetworkGateways"},
        "outages": [
            {"remote_ip": "hq", "instance_down": "GatewayTenantWorker_IN_0", "instance_up": "GatewayTenantWorker_IN_1",
             "started_at": "2026-08-21T17:13:04Z", "ended_at": "2026-08-21T17:13:16Z", "duration_seconds": 12.0,
             "open": False, "connection_lost": True, "connection_back_at": "2026-08-21T17:13:16Z",
             "reason": "GlobalStandbyChanged"},
            {"remote_ip": "hq", "instance_down": "GatewayTenantWorker_IN_1", "instance_up": "GatewayTenantWorker_IN_0",
             "started_at": "2026-08-21T17:37:59Z", "ended_at": "2026-08-21T17:38:15Z", "duration_seconds": 16.0,
             "open": False, "connection_lost": True, "connection_back_at": "2026-08-21T17:38:15Z", "reason": ""},
        ],
        "flapping": False,
        "history": [
            {"at": "2026-08-21T17:13:04Z", "event": "opened", "cause": "azure-maintenance"},
            {"at": "2026-08-21T17:37:59Z", "event": "second-instance", "cause": "azure-maintenance"},
            {"at": "2026-08-21T17:38:15Z", "event": "recovered", "cause": "azure-maintenance"},
        ],
        "remarks": [],
    }  # fmt: skip
    said = {k: cause[k] for k in ("code", "side", "confidence", "pending", "rule")}
    assert said == {
        "code": "azure-maintenance", "side": "azure", "confidence": "confirmed", "pending": False,
        "rule": "maintenance-row",
    }  # fmt: skip
    assert set(cause) - set(said) == {"summary", "evidence", "not_found", "would_change"}
    assert cause["evidence"][0]["at"] == "2026-08-21T17:12:10Z"
    assert cause["evidence"][0]["category"] == "GatewayDiagnosticLog"


def test_an_open_outage_without_names() -> None:
    """What is not known is null: the end, the length, the peer, the instances."""
    found = incident_object(one("17:13 - down"), STYLE)
    assert (found["status"], found["ended_at"], found["downtime_seconds"]) == ("open", None, 0.0)
    assert found["outages"] == [
        {"remote_ip": None, "instance_down": None, "instance_up": None, "started_at": "2026-08-21T17:13:00Z",
         "ended_at": None, "duration_seconds": None, "open": True, "connection_lost": True, "connection_back_at": None,
         "reason": ""},
    ]  # fmt: skip


def test_a_length_that_is_only_bounded() -> None:
    """An outage whose return has no row says so, and its incident too; no other object has the field."""
    (bounded,) = incidents("10:00 hq up IN_0; 12:00 hq down IN_0; 15:00 hq down IN_0; 15:00:30 hq up IN_0")
    (exact,) = incidents("10:00 hq up IN_0; 12:00 hq down IN_0; 15:00:30 hq up IN_0")
    found = incident_object(bounded, Style())
    SCHEMA.validate(found)
    assert found["at_most"] is found["outages"][0]["at_most"] is True
    assert "at_most" not in json.dumps(incident_object(exact, Style()))


def test_a_switch_has_no_outages_and_a_remark() -> None:
    """A switch of unknown length: empty outages, a remark, and no impact that the log could show."""
    *_, switch = incidents("09:00 hq down IN_1; 09:00:10 hq up IN_0; 17:13 hq up IN_1")
    found = incident_object(switch, STYLE)
    assert (found["outages"], found["impact"], found["status"]) == ([], "none", "recovered")
    assert (found["started_at"], found["ended_at"]) == ("2026-08-21T17:13:00Z", "2026-08-21T17:13:00Z")
    assert len(found["remarks"]) == 1


def test_absorbed_says_by_whom() -> None:
    """Only an absorbed incident says where it went."""
    whole = one(MAINTENANCE)
    gone = incident_object(replace(whole, status=Status.ABSORBED, absorbed_by="VPN-20260821-ABCDEF"), STYLE)
    assert gone["absorbed_by"] == "VPN-20260821-ABCDEF"
    assert "absorbed_by" not in incident_object(whole, STYLE)


@pytest.mark.parametrize(
    ("rows", "events"),
    [
        ("17:13 hq down IN_0", ["opened 17:13"]),
        ("17:13 hq down IN_0; 17:14 hq up IN_0", ["opened 17:13", "recovered 17:14"]),
        (MAINTENANCE, ["opened 17:13", "second-instance 17:37", "recovered 17:38"]),
        # back to the first instance is no second instance
        ("12:00 hq down IN_0; 12:01 hq up IN_1; 12:30 hq down IN_1; 12:31 hq up IN_0; 13:00 hq down IN_0;"
         "13:01 hq up IN_1",
         ["opened 12:00", "second-instance 12:30", "reopened 13:00", "recovered 13:01"]),
        ("12:00 hq down IN_0 DPD; 12:01 hq up IN_0; 12:30 hq down IN_0 DPD", ["opened 12:00", "reopened 12:30"]),
        # a drop while another one is open is no return
        ("12:00 hq down IN_0 StandbyChanged; 12:00:01 osaka down IN_0 StandbyChanged; 12:01 hq up IN_1;"
         "12:01 osaka up IN_1",
         ["opened 12:00", "recovered 12:01"]),
        ("; ".join(f"12:{n}0 hq down IN_0 DPD; 12:{n}1 hq up IN_0" for n in range(4)),
         ["opened 12:00", "reopened 12:10", "reopened 12:20", "flapping 12:30", "reopened 12:30", "recovered 12:31"]),
    ],
)  # fmt: skip
def test_the_history(rows: str, events: list[str]) -> None:
    """What happened, by the rows' own times, oldest first."""
    assert [f"{e['event']} {e['at'][11:16]}" for e in history(one(rows))] == events


def test_a_fault_on_the_other_instance_is_no_second_instance() -> None:
    """Only what is Azure's visits the second instance; the far end's trouble merely returns."""
    rows = "10:00 osaka up IN_0; 12:00 hq down IN_0 DPD; 12:01 hq up IN_0; 12:30 hq down IN_1 DPD; 12:31 hq up IN_1"
    (found,) = incidents(rows, ACTIVE_ACTIVE)
    assert [e["event"] for e in history(found)] == ["opened", "reopened", "recovered"]


def test_the_history_of_a_change_of_mind() -> None:
    """It was opened with what was thought first, and says when the verdict changed and to what."""
    found = replace(
        one("17:13 hq down IN_0; 17:14 hq up IN_1"),
        first_cause=Cause.UNKNOWN,
        changes_of_mind=(CauseChange(clock("17:14"), Cause.AZURE_FAILOVER),),
    )
    assert [(e["event"], e["cause"]) for e in history(found)] == [
        ("opened", "unknown"),
        ("cause-changed", "azure-failover"),
        ("recovered", "azure-failover"),
    ]
    taken_back = replace(found, status=Status.RETRACTED)
    assert [e["event"] for e in history(taken_back)] == ["opened", "retracted", "cause-changed"]


def test_the_history_says_that_a_confirmed_verdict_became_less_sure() -> None:
    """The same cause, no longer confirmed, is a line of the history with how sure it still was."""
    change = CauseChange(clock("17:14"), Cause.AZURE_FAILOVER, Confidence.LIKELY)
    found = replace(one("17:13 hq down IN_0; 17:14 hq up IN_1"), changes_of_mind=(change,))
    assert history(found)[1] == {
        "at": "2026-08-21T17:14:00Z",
        "event": "cause-changed",
        "cause": "azure-failover",
        "confidence": "likely",
    }


def test_a_change_of_mind_kept_by_an_older_version_is_read() -> None:
    """What was kept before it could say how sure it still was: two values, and nothing had fallen."""
    kept = msgspec.json.decode(b'["2026-08-21T17:14:00Z", "unknown"]', type=CauseChange)
    assert kept == CauseChange(clock("17:14"), Cause.UNKNOWN)


def test_times_keep_their_fractions() -> None:
    """Times are ISO 8601 in UTC with a Z, fractions kept."""
    (found,) = incidents("17:13:04.125 hq down IN_0; 17:13:16 hq up IN_1")
    assert incident_object(found, STYLE)["started_at"] == "2026-08-21T17:13:04.125000Z"
    assert incident_object(found, STYLE)["downtime_seconds"] == 11.875
    assert iso(None) is None


@pytest.mark.parametrize(
    ("resource", "name", "kind"),
    [
        (gateway("gw1"), "gw1", "virtualNetworkGateways"),
        (gateway("vwan1"), "vwan1", "vpnGateways"),
        ("vgw-tokyo", "vgw-tokyo", "virtualNetworkGateways"),
        (gateway("gw1") + "/", "gw1", "virtualNetworkGateways"),
    ],
)
def test_the_gateway(resource: str, name: str, kind: str) -> None:
    """The folded resource id, its last part and its type."""
    assert gateway_object(resource) == {"resource_id": resource, "name": name, "type": kind}
    assert gateway_name(resource) == name


def test_times_are_never_local() -> None:
    """All times of a story are UTC, so an object never shows another zone."""
    assert iso(clock("17:13").astimezone(timezone(timedelta(0)))) == "2026-08-21T17:13:00Z"


SCHEMA = Draft202012Validator(
    json.loads((Path(__file__).parent.parent / "docs" / "incident.schema.json").read_text(encoding="utf-8"))
)


@settings(max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(["en", "ja"]))
def test_every_object_keeps_the_schema(chance: random.Random, language: str) -> None:
    """Whatever the night, each incident's object satisfies the published schema, in every language."""
    rows = []
    for _ in range(20):
        time = f"{chance.randrange(10, 20)}:{chance.randrange(60):02d}"
        peer, instance = chance.choice(["hq", "osaka", "-"]), chance.choice(["IN_0", "IN_1", ""])
        change = f"{chance.choice(['maintenance', 'config', 'primary'])} {instance}"
        tunnel = f"{peer} {chance.choice(['up', 'down', 'down'])} {instance} {chance.choice(['', 'DPD', 'Odd'])}"
        rows.append(f"{time} {chance.choice([change, tunnel, tunnel, tunnel])}")
    for found in incidents("\n".join(rows)):
        SCHEMA.validate(incident_object(found, Style(language)))
