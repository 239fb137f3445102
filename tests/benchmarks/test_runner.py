"""The runner: incident objects become answers, misses become timelines, figures become a table and JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.verdicts.__main__ import main
from benchmarks.verdicts.baselines import article, page
from benchmarks.verdicts.misses import Fault, fault, kinds, timeline
from benchmarks.verdicts.product import NoAnswer, ask, said_outages
from benchmarks.verdicts.report import ARTICLE, OURS, PAGE, Report, as_json, show
from benchmarks.verdicts.score import Pair, match
from benchmarks.verdicts.seeds import head, seeds
from benchmarks.verdicts.simulator import simulate
from benchmarks.verdicts.truth import SIDES, Cause, SaidOutage

NIGHT = simulate(21, 4, 60)
PERFECT = [SaidOutage(o.key, o.ended_at, o.cause, SIDES[o.cause], o.episode) for o in NIGHT.outages]


def test_an_incident_object_becomes_one_answer_an_outage() -> None:
    """Every outage takes its incident's cause and id; null peer, instance and end are kept as not known."""
    incident = {
        "id": "VPN-1",
        "gateway": {"resource_id": "/g"},
        "cause": {"code": "unknown", "side": "unknown"},
        "outages": [
            {"remote_ip": "203.0.113.1", "instance_down": "GatewayTenantWorker_IN_1",
             "started_at": "2026-05-01T00:00:00.250Z", "ended_at": "2026-05-01T00:00:01Z"},
            {"remote_ip": None, "instance_down": None, "started_at": "2026-05-01T00:00:00Z", "ended_at": None},
        ],
    }  # fmt: skip
    first, second = said_outages([incident])
    assert (first.key.instance, first.incident, first.cause) == (1, "VPN-1", "unknown")
    assert first.ended_at is not None
    assert first.key.started_at.microsecond == 250_000
    assert (second.key.peer, second.key.instance, second.ended_at) == ("", None, None)


def test_the_product_is_asked_through_its_command_line() -> None:
    """Rows go in, outages with verdicts come out; what cannot be answered is one line."""
    said = ask(NIGHT.rows)
    assert len(said) > 0.9 * len(NIGHT.outages)
    assert {one.cause for one in said} <= {*map(str, Cause), "planned-work"}
    with pytest.raises(NoAnswer, match=r"^[^\n]+$"):
        ask(NIGHT.rows, every="soon")


def test_each_fault_has_a_kind_and_a_timeline() -> None:
    """Missed, invented, a wrong cause, a wrong end: each is named, and its timeline shows the rows of the peer."""
    first, second, third, *rest = PERFECT
    wrong = replace(second, cause=Cause.GATEWAY_RESET, side=SIDES[Cause.GATEWAY_RESET])
    said = [wrong, replace(third, ended_at=None), *rest, replace(first, key=first.key._replace(peer="192.0.2.99"))]
    faulty = [pair for pair in match(0, NIGHT.outages, said) if fault(pair)]
    assert {fault(pair) for pair in faulty} == set(Fault)
    assert sum(count for _, count in kinds(faulty)) == len(faulty) == 4
    for pair in faulty:
        lines = timeline(pair, NIGHT.rows)
        assert any(line.startswith("  > ") for line in lines) == (fault(pair) is not Fault.INVENTED)


def test_seeds_follow_from_the_commit() -> None:
    """Another commit names other nights; the same commit the same; outside a repository there is no commit."""
    assert seeds("a", 5) == seeds("a", 5)
    assert not set(seeds("a", 5)) & set(seeds("b", 5))
    assert head(Path("/")) == ""


def _report() -> Report:
    answers: dict[str, list[Pair]] = {
        OURS: match(21, NIGHT.outages, PERFECT),
        ARTICLE: match(21, NIGHT.outages, article(NIGHT.rows)),
        PAGE: match(21, NIGHT.outages, page(NIGHT.rows)),
    }
    return Report((21,), 4, 60, answers, answers[OURS])


def test_the_table_and_the_json_say_the_same() -> None:
    """Every measure stands in the table and in the JSON, beside both rules done by hand."""
    text, document = StringIO(), json.loads(json.dumps(as_json(_report())))
    show(_report(), Console(file=text, width=140))
    names = [figure["name"] for figure in document["figures"][OURS]]
    assert all(name in text.getvalue() for name in names)
    assert set(document["figures"]) == {OURS, ARTICLE, PAGE}
    assert document["misses"] == {}


def test_one_command_answers(capsys: pytest.CaptureFixture[str]) -> None:
    """A small run prints one JSON document on standard output."""
    main(["--seed", "21", "--gateways", "2", "--days", "20", "--json"])
    assert json.loads(capsys.readouterr().out)["seeds"] == [21]
