"""The benchmark's tables: where they go, and what the money is made of."""

from __future__ import annotations

import pytest

from benchmarks import money
from benchmarks.nights import Night
from benchmarks.run import BEGIN, END, README, SCALE, between_marks
from benchmarks.tables import CALLS

QUIET = {"turns": 12, "cpu": 0.01, "calls": {"log query": 12, "table read": 12, "table write": 12}}
NOTHING = {kind: {"turns": 12, "cpu": 0.0, "calls": {}} for kind in money.NIGHTS}


@pytest.mark.parametrize("page", [README, SCALE], ids=lambda page: page.name)
def test_both_pages_have_the_marks(page: object) -> None:
    """Each page has one pair of marks, and what stands between is replaced whole."""
    text = {README.name: README, SCALE.name: SCALE}[page.name].read_text(encoding="utf-8")  # type: ignore[attr-defined]
    assert (text.count(BEGIN), text.count(END)) == (1, 1)
    again = between_marks(text, "anew")
    assert f"{BEGIN}\nanew\n{END}" in again
    assert between_marks(again, "anew") == again


def test_a_page_without_marks_is_refused() -> None:
    """Nothing is written where it is not known where to."""
    with pytest.raises(SystemExit, match="lacks the marks"):
        between_marks("a page", "text")


def test_a_quiet_installation_costs_cents() -> None:
    """8,640 polls of a read and a write are within the free grants but for tables, locks and telemetry."""
    bill = money.of_gateways(QUIET, NOTHING)
    assert bill.tables == pytest.approx(2 * 8_640 * 0.00036 / 10_000)
    assert (bill.queue, bill.executions, bill.time) == (0, 0, 0)
    assert bill.total == pytest.approx(bill.tables + bill.blobs + bill.telemetry)


def test_a_free_grant_is_taken_off_once() -> None:
    """What is within the grant costs nothing; what is beyond it, its own price."""
    price = money.Price(2.0, 10, "composed", free=100)
    assert (price.of(100), price.of(120)) == (0, 4)


def test_every_price_says_where_it_was_read() -> None:
    """A price without a source is a guess."""
    prices = [value for value in vars(money).values() if isinstance(value, money.Price)]
    assert len(prices) == 7
    assert all(price.source.startswith("https://") for price in prices)


@pytest.mark.parametrize("gateways", [1, 12])
def test_a_night_tells_of_each_gateway_and_grows_with_them(gateways: int) -> None:
    """A storm is told as down and as over, once a gateway; calls grow with gateways and no faster."""
    watch, rows = Night().live("storm", gateways)
    found = watch.found()
    assert rows == 8 * gateways
    assert found["calls"]["send"] == 2 * gateways
    assert set(found["calls"]) == set(CALLS)
    assert found["calls"]["table write"] < 30 + 15 * gateways


def test_a_quiet_hour_is_a_question_a_read_and_a_write_a_poll() -> None:
    """Whatever the number of gateways."""
    watch, _ = Night().live("quiet", 30)
    assert watch.found()["calls"] == {"log query": 12, "table read": 12, "table write": 12}
