"""What a report measures, over nights that can be checked by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from correlator.figures import Known, Wanted, figures, gather
from correlator.gateways import Connection, Gateway, GatewayList
from correlator.incident_json import incident_object
from correlator.model import GatewayState
from correlator.ports import Head
from correlator.reports import compile_report, known_of
from correlator.stores.memory import MemoryTables
from correlator.stores.store import TableStore
from correlator.summary import BusinessHours, Figures, Moved
from correlator.weekly import week_bounds
from correlator.wording import Style
from tests.timeline import POLICY, incidents

UTC_ZONE, TOKYO = ZoneInfo("UTC"), ZoneInfo("Asia/Tokyo")
WEEK = week_bounds("2026-W34", UTC_ZONE)
WEEK_SECONDS = 7 * 86400
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def documents(text: str, **changed: Any) -> list[dict[str, Any]]:
    return [{**incident_object(i, Style()), **changed} for i in incidents(text, POLICY)]


def measured(found: list[dict[str, Any]], known: Known = Known(since=LONG_AGO), **wanted: Any) -> Figures:  # noqa: B008
    return figures(gather(found, WEEK), WEEK, UTC_ZONE, Wanted(**wanted), known)


def listed(peers: tuple[str, ...], *, active_active: bool = False, gateway: str = "") -> GatewayList:
    connections = tuple(Connection(f"cn-{p}", f"/c/{p}", (p,)) for p in peers)
    return GatewayList((Gateway(gateway, "vgw", "virtualNetworkGateways", active_active, False, (), connections),))


def gateway_of(found: list[dict[str, Any]]) -> str:
    return str(found[0]["gateway"]["resource_id"])


HQ_TEN_MINUTES = "08-19 12:00 hq down IN_0 RemotelyTriggered; 08-19 12:10 hq up IN_0"


def test_availability_is_over_all_connections_of_the_list() -> None:
    """Ten minutes of one of four connections are a quarter of ten minutes of the week; the list gives the four."""
    found = documents(HQ_TEN_MINUTES)
    known = Known(
        listed((found[0]["outages"][0]["remote_ip"], "a", "b", "c"), gateway=gateway_of(found)), since=LONG_AGO
    )
    got = measured(found, known)
    assert (got.connections, got.listed, got.hit_count, got.seconds) == (4, True, 1, 600.0)
    assert got.availability == pytest.approx(100 * (1 - 600 / WEEK_SECONDS / 4))
    assert got.without_maintenance == got.availability


def test_without_the_list_the_peers_seen_are_the_denominator() -> None:
    """A peer that fell weeks ago counts as a connection too, and it is said that they are only those seen."""
    got = measured(documents(f"08-01 12:00 osaka down; 08-01 12:01 osaka up; {HQ_TEN_MINUTES}"))
    assert (got.connections, got.listed, got.hit_count) == (2, False, 1)


def test_maintenance_counts_in_one_figure_and_not_in_the_other() -> None:
    """Twelve seconds of maintenance lower the availability, and not the one without maintenance."""
    got = measured(
        documents(
            """
            08-19 11:59:30 maintenance IN_0
            08-19 12:00 hq down IN_0 GlobalStandbyChanged; 08-19 12:00:12 hq up IN_1
            """
        )
    )
    assert got.hit[0].maintenance_seconds == got.hit[0].seconds == 12.0
    assert got.availability < got.without_maintenance == 100.0


def test_what_lies_outside_the_week_does_not_count() -> None:
    """An outage from Sunday into Monday counts with its part of Monday, and is no drop of the week."""
    got = measured(documents("08-16 23:50 hq down IN_0; 08-17 00:10 hq up IN_0"))
    assert (got.seconds, got.hit[0].drops) == (600.0, 0)
    got = measured(documents("08-23 23:50 hq down IN_0; 08-24 00:10 hq up IN_0"))
    assert (got.seconds, got.hit[0].drops) == (600.0, 1)


def test_what_is_still_down_counts_to_the_end_and_is_to_be_looked_at() -> None:
    """It lasts to the end of the period and stands among what is to be done, unless somebody looks after it."""
    found = documents("08-23 23:00 hq down IN_0")
    got = measured(found)
    assert (got.seconds, got.open_count, len(got.open)) == (3600.0, 1, 1)
    assert measured([{**found[0], "acknowledged": {"by": "kim"}}]).open_count == 0


def test_what_began_after_the_period_is_not_among_its_things_to_do() -> None:
    """A preview of an old week says nothing of what is down since."""
    assert measured(documents("08-25 10:00 hq down IN_0")).open_count == 0


@pytest.mark.parametrize("status", ["removed", "retracted", "absorbed"])
def test_what_has_no_known_end_or_never_was_counts_for_nothing(status: str) -> None:
    """A tunnel that is gone from Azure, or was closed by a person, is not down to the end of all weeks."""
    assert measured(documents("08-19 23:00 hq down IN_0", status=status)).seconds == 0.0


def test_business_hours_are_the_customers() -> None:
    """Wednesday 08:55 to 09:10 in Tokyo has ten minutes in 09:00-18:00; at the week-end there are none."""
    found = documents(
        "08-18 23:55 hq down IN_0; 08-19 00:10 hq up IN_0; 08-22 03:00 hq down IN_0; 08-22 03:10 hq up IN_0"
    )
    period = week_bounds("2026-W34", TOKYO)
    got = figures(gather(found, period), period, TOKYO, Wanted(), Known())
    assert (got.seconds, got.business_seconds) == (1500.0, 600.0)
    nights = Wanted(hours=BusinessHours((2,), 0, 540))
    assert figures(gather(found, period), period, TOKYO, nights, Known()).business_seconds == 300.0


def test_redundancy_that_was_lost_is_told_apart_from_traffic_that_stopped() -> None:
    """One of two tunnels down for ten minutes: no time without a path, ten minutes without redundancy."""
    got = measured(
        documents("08-17 01:00 hq up IN_0; 08-17 01:00 hq up IN_1; 08-19 12:00 hq down IN_0; 08-19 12:10 hq up IN_0")
    )
    assert (got.seconds, got.unprotected_seconds, got.availability) == (0.0, 600.0, 100.0)


def test_the_week_before_and_the_trend_are_only_told_where_history_holds_them() -> None:
    """Two drops last week, one in this: known only if history reaches back to then."""
    text = (
        "08-11 12:00 hq down IN_0; 08-11 12:01 hq up IN_0; 08-13 12:00 hq down IN_0; 08-13 12:01 hq up IN_0;"
        + HQ_TEN_MINUTES
    )
    got = measured(documents(text))
    assert got.before == Moved(2, 120.0)
    assert got.trend == (0,) * 10 + (2, 1)
    got = measured(documents(text), Known(since=WEEK[0] - timedelta(days=3)))
    assert (got.before, got.trend) == (None, (1,))
    assert measured(documents(text), Known()).before is None


def test_what_nobody_knows_is_counted_and_named() -> None:
    """Drops of unknown cause, and reasons that the vocabulary does not know, its own lines included."""
    found = documents("08-19 12:00 hq down IN_0 LinkFlap; 08-19 12:00:01 hq up IN_0")
    got = measured(found)
    assert (got.unknown_drops, got.unmapped) == (1, ("LinkFlap",))
    assert measured(found, reasons=(("linkflap", "peer-silent"),)).unmapped == ()


def test_coverage_is_said_where_it_is_known_and_blind_time_is_never_invented() -> None:
    """Without a list nobody knows how many gateways there are; without a record nobody knows what was not polled."""
    known = Known(listed(("a",), gateway="/g"), frozenset(), LONG_AGO)
    assert (measured([], known).gateways, measured([], known).logging) == (1, 0)
    assert (measured([]).gateways, measured([]).logging, measured([]).blind_seconds) == (None, None, None)


def test_a_suggestion_comes_where_it_would_have_helped() -> None:
    """An active-standby gateway cut by maintenance in business hours; a tunnel that drops every eight hours."""
    found = documents(
        """
        08-19 11:59:30 maintenance IN_0
        08-19 12:00 hq down IN_0 GlobalStandbyChanged; 08-19 12:00:12 hq up IN_1
        """
    )
    single = Known(listed(("hq",), gateway=gateway_of(found)), since=LONG_AGO)
    double = Known(listed(("hq",), active_active=True, gateway=gateway_of(found)), since=LONG_AGO)
    assert [s.key for s in measured(found, single).suggestions] == ["active-active", "maintenance-window"]
    assert [s.key for s in measured(found, double).suggestions] == ["maintenance-window"]
    times = [f"08-{18 + n // 3} {8 * (n % 3):02d}" for n in range(5)]
    regular = "; ".join(f"{at}:00 hq down IN_0; {at}:01 hq up IN_0" for at in times)
    assert [(s.key, s.every) for s in measured(documents(regular)).suggestions] == [("lifetime", 28800.0)]


def test_reading_stays_within_the_partitions_of_the_time() -> None:
    """A week's report asks for whole weeks, one at a time: its own, one after it, and thirteen before it."""
    asked: list[list[str]] = []
    compile_report("2026-W34", WEEK, UTC_ZONE, lambda weeks: asked.append(weeks) or [])  # type: ignore[func-returns-value]
    weeks = [week for (week,) in asked]
    assert len(weeks) == len(set(weeks)) <= 16
    assert {"2026-W22", "2026-W34", "2026-W35"} <= set(weeks)
    assert "2026-W38" not in weeks


TIMES = st.integers(0, 14 * 24 * 60)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(["hq", "osaka", "kobe"]), TIMES, st.integers(1, 3000)), max_size=6))
def test_figures_stay_within_their_bounds(drops: list[tuple[str, int, int]]) -> None:
    """Whatever fell when: no time is longer than the week, every share is between 0 and 100, maintenance only helps."""
    start = datetime(2026, 8, 12, tzinfo=UTC)
    text = ""
    for peer, minute, length in drops:
        down, up = start + timedelta(minutes=minute), start + timedelta(minutes=minute + length)
        text += f"{down:%m-%d %H:%M} {peer} down IN_0; {up:%m-%d %H:%M} {peer} up IN_0;"
    got = measured(documents(text) if text else [])
    assert 0 <= got.business_seconds <= got.seconds <= WEEK_SECONDS
    assert 0 <= got.availability <= got.without_maintenance <= 100
    assert all(0 <= c.maintenance_seconds <= c.seconds <= WEEK_SECONDS and c.unprotected_seconds >= 0 for c in got.hit)


def test_maintenance_that_nobody_noticed_is_counted_from_the_state() -> None:
    """Rows of the period that no drop followed, of all gateways and workspaces; unknown before the first poll."""
    store = TableStore(MemoryTables(), Style())
    assert known_of(["w1", "w2"], store, None, WEEK).spared is None
    times = ["2026-08-16T23:59:59", "2026-08-17T00:00:00", "2026-08-23T23:59:59", "2026-08-24T00:00:00"]
    spared = tuple(datetime.fromisoformat(at).replace(tzinfo=UTC) for at in times)
    for workspace in ("w1", "w2"):
        states = [GatewayState(f"/{workspace}/gw{n}", spared=spared) for n in range(3)]
        store.commit(workspace, None, Head(mark=WEEK[1], watching_since=LONG_AGO), states, [])
    known = known_of(["w1", "w2"], store, None, WEEK)
    assert known.spared == {f"/{w}/gw{n}": 2 for w in ("w1", "w2") for n in range(3)}
    assert measured([], known).maintenance_without_drop == 12
