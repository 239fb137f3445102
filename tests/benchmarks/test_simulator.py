"""The simulated nights: the same by seed, rows and truth agree, nothing shared with the product."""

from __future__ import annotations

import ast
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from statistics import quantiles

import pytest

import benchmarks.verdicts
from benchmarks.verdicts.simulator import policy, simulate
from benchmarks.verdicts.simulator.policy import Figure, Origin, Spread
from benchmarks.verdicts.truth import Cause, Night, Row, Side, TrueOutage

PACKAGE = Path(benchmarks.verdicts.__file__).parent


@pytest.fixture(scope="module")
def night() -> Night:
    return simulate(7, 30)


def _time(row: Row) -> datetime:
    return datetime.fromisoformat(row["TimeGenerated"])


def _gateway(row: Row) -> str:
    return str(row.get("_ResourceId") or row["ResourceId"]).lower()


def _value(row: Row, name: str) -> str:
    return str(row.get(f"{name}_s") or json.loads(row.get("AdditionalFields", "{}")).get(name, ""))


def _tunnel_rows(night: Night) -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in night.rows:
        if row.get("Category") == "TunnelDiagnosticLog":
            found[_gateway(row), _value(row, "remoteIP")].append(row)
    return found


def _instance(row: Row) -> int | None:
    name = _value(row, "instance")
    return int(name[-1]) if name else None


def test_the_same_seed_gives_the_same_night() -> None:
    """Same arguments, same night, to the last byte; another seed gives another."""
    assert simulate(3, 6, 30) == simulate(3, 6, 30)
    assert json.dumps(simulate(3, 6, 30).rows) != json.dumps(simulate(4, 6, 30).rows)


def test_every_true_outage_has_its_rows(night: Night) -> None:
    """An outage begins at a Disconnected row and ends at a Connected row of its peer, and none lies between."""
    rows = _tunnel_rows(night)
    assert len(night.outages) > 500
    for outage in night.outages:
        of_peer = rows[outage.key.gateway, outage.key.peer]
        assert _has(of_peer, outage.key.started_at, outage.key.instance, "Disconnected")
        if outage.ended_at is not None:
            assert _has(of_peer, outage.ended_at, outage.instance_up, "Connected")
            assert not [r for r in of_peer if r["status_s"] == "Connected" and _between(r, outage)]


def _has(rows: list[Row], at: datetime, instance: int | None, status: str) -> bool:
    return any(_time(r) == at and _instance(r) == instance and r["status_s"] == status for r in rows)


def _between(row: Row, outage: TrueOutage) -> bool:
    """Of the same instance, after the start and before the end."""
    end = outage.ended_at or outage.key.started_at
    return outage.key.started_at < _time(row) < end and _instance(row) in {outage.key.instance, outage.instance_up}


def test_every_disconnected_row_is_explained(night: Night) -> None:
    """A Disconnected row begins a true outage, repeats one, or follows a Connected row of the other instance."""
    starts = {outage.key for outage in night.outages}
    begun = {(key.gateway, key.peer, key.started_at) for key in starts}
    running = [(o.key.gateway, o.key.peer, o.key.started_at, o.ended_at) for o in night.outages if o.ended_at]
    for (gateway, peer), rows in _tunnel_rows(night).items():
        spans = [(begin, end) for g, p, begin, end in running if (g, p) == (gateway, peer)]
        for row in rows:
            at = _time(row)
            if row["status_s"] == "Disconnected" and (gateway, peer, at) not in begun:
                made_first = [r for r in rows if r["status_s"] == "Connected" and _just_before(r, at)]
                assert made_first or any(begin < at < end for begin, end in spans), row


def _just_before(row: Row, at: datetime) -> bool:
    return timedelta(0) < at - _time(row) < timedelta(seconds=3)


def test_the_label_is_accepted_and_a_wider_set_says_why(night: Night) -> None:
    """The label is one of the accepted causes; more than one comes with a reason."""
    for outage in night.outages:
        assert outage.cause in outage.accepted
        assert len(outage.accepted) == 1 or outage.why
        assert outage.side_right(outage.cause, str(Side.UNKNOWN)) or outage.cause is not Cause.UNKNOWN


def test_logged_maintenance_has_its_row_near(night: Night) -> None:
    """A drop of a logged maintenance of this gateway lies within half an hour of a maintenance row of this gateway."""
    marks: dict[str, list[datetime]] = defaultdict(list)
    for row in night.rows:
        operation, message = str(row.get("OperationName", "")), str(row.get("Message", ""))
        if operation.lower() == "hostmaintenanceevent" or "upgrade gateway started" in message.lower():
            marks[_gateway(row)].append(_time(row))
    for outage in night.outages:
        near = any(abs(mark - outage.key.started_at) <= timedelta(minutes=30) for mark in marks[outage.key.gateway])
        if outage.happened == "logged maintenance":
            assert near
        if outage.contested:
            assert near
            assert outage.happened != "logged maintenance"


def test_what_makes_it_hard_is_in_it() -> None:
    """Every cause, every deception and every oddity of the log occurs within a few seeds."""
    nights = [simulate(seed, 60) for seed in (1, 2, 3)]
    outages = [outage for night in nights for outage in night.outages]
    rows = [row for night in nights for row in night.rows]
    assert {outage.cause for outage in outages} == set(Cause)
    assert sum(outage.contested for outage in outages) > 50
    assert {outage.hop for outage in outages} == {1, 2}
    assert any(outage.ended_at is None and outage.instance_up is None for outage in outages)
    assert any(outage.happened.startswith("other gateway") for outage in outages)
    assert any("AdditionalFields" in row for row in rows)
    assert any("_ResourceId" not in row for row in rows)
    assert {"Administrative", "ResourceHealth", "ServiceHealth"} <= {row.get("CategoryValue") for row in rows}
    assert any("/VPNGATEWAYS/" in str(row.get("ResourceId", "")) for row in rows)


def test_lateness_is_as_stated() -> None:
    """Rows arrive p50 4, p95 9, p99 41 minutes late; in the late variant up to six hours."""
    usual, late = (
        quantiles(
            [
                (datetime.fromisoformat(row["IngestionTime"]) - _time(row)).total_seconds() / 60
                for row in simulate(5, 60, very_late=very_late).rows
            ],
            n=100,
        )
        for very_late in (False, True)
    )
    assert usual[49] == pytest.approx(4, abs=0.5)
    assert usual[94] == pytest.approx(9, abs=1.5)
    assert usual[98] == pytest.approx(41, abs=12)
    assert 180 < late[94] < 360


def test_every_figure_says_where_it_comes_from() -> None:
    """The policy table holds figures with an origin, and the others modules hold none of them again."""
    figures = [value for value in vars(policy).values() if isinstance(value, Figure | Spread)]
    assert len(figures) > 50
    assert {figure.origin for figure in figures} == set(Origin)
    assert all(figure.note for figure in figures if figure.origin is Origin.SOURCED)


def test_nothing_is_shared_with_the_product() -> None:
    """No module of the benchmark imports the product, in whatever form an import is written."""
    for path in PACKAGE.rglob("*.py"):
        assert "correlator" not in {name.split(".")[0] for name in _imports(ast.parse(path.read_text()))}, path


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_without_instances_every_drop_can_be_read() -> None:
    """A log without instance names never holds a reconnect before its disconnect: nobody could tell that it is up."""
    without = set()
    for seed in range(6):
        night = simulate(seed, 60)
        begun = {(o.key.gateway, o.key.peer, o.key.started_at) for o in night.outages}
        spans = [(o.key.gateway, o.key.peer, o.key.started_at, o.ended_at) for o in night.outages if o.ended_at]
        for (gateway, peer), rows in _tunnel_rows(night).items():
            for row in rows:
                if row["status_s"] == "Disconnected" and _instance(row) is None:
                    without.add((seed, gateway))
                    repeated = any(g == gateway and p == peer and b < _time(row) < e for g, p, b, e in spans)
                    assert (gateway, peer, _time(row)) in begun or repeated
    assert len(without) > 5
