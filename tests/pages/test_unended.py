"""What the report page shows of incidents without an end: one that is open goes on, of the others nobody knows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from correlator.figures import figures, gather
from correlator.measures import Span
from correlator.pages import render
from correlator.stats import By, stats
from correlator.wording import Style
from correlator.wording.phrases import duration, gateway, place
from sandbox.screenshots import Page
from tests.pages.composed import EN, JA, UNENDED, unended
from tests.pages.conftest import Open
from tests.pages.test_report_in_a_browser import CELLS, SET, text

CLOSED, STILL_DOWN, UNWATCHED = UNENDED
TOKYO = ZoneInfo("Asia/Tokyo")
PERIOD: Span = (datetime(2026, 8, 17, tzinfo=UTC), datetime(2026, 8, 31, tzinfo=UTC))
INK = """(() => {
  const drops = document.getElementById('drops'), { width, height } = drops;
  const { data } = drops.getContext('2d').getImageData(0, 0, width, height), columns = new Set();
  for (let n = 0; n < data.length; n += 4) {
    const [red, green, blue] = data.slice(n, n + 3);
    if (data[n + 3] > 200 && Math.max(red, green, blue) - Math.min(red, green, blue) > 40) columns.add((n / 4) % width);
  }
  return [Math.min(...columns), Math.max(...columns), width];
})()"""
"""From which column to which the timeline bears a colour of a side, and how many columns there are."""
TITLES = """(() => {
  const drops = document.getElementById('drops'), box = drops.getBoundingClientRect(), titles = new Set();
  for (let y = 0; y < box.height; y += 5) for (let x = 0; x < box.width; x += 3) {
    drops.dispatchEvent(new MouseEvent('mousemove', { clientX: box.x + x, clientY: box.y + y }));
    titles.add(drops.title);
  }
  return [...titles];
})()"""
LINES = "[...document.querySelectorAll('{}')].map((e) => e.innerText)"


def one(name: str, style: Style = EN) -> dict[str, Any]:
    (found,) = [i for i in unended(style) if i["id"] == name]
    return found


def drawn(found: dict[str, Any], **more: Any) -> str:
    """A page of that incident alone, without the maintenance that its evidence names: nothing else bears a colour."""
    found["cause"]["evidence"] = []
    return render([found | more], EN, None, *PERIOD)


def zoomed(page: Page, n: int) -> tuple[int, int, int]:
    page.evaluate(f"document.querySelectorAll('#zoom button')[{n}].click()")
    first, last, width = page.evaluate(INK)
    return first, last, width


def test_what_is_open_reaches_the_edge(opened: Open) -> None:
    """From its start to the end of the time looked at."""
    with opened(drawn(one(STILL_DOWN)), width=1280) as page:
        first, last, width = zoomed(page, 0)
    assert first < 0.7 * width
    assert last >= width - 10


@pytest.mark.parametrize("width", [1280, 760, 320])
@pytest.mark.parametrize("name", [CLOSED, UNWATCHED])
def test_an_end_that_nobody_knows_is_a_few_dashes(opened: Open, name: str, width: int) -> None:
    """As long at every zoom, so that they are no length of time, and told apart from a drop that came back."""
    with opened(drawn(one(name)), width=width) as page:
        lengths = [last - first for first, last, _ in (zoomed(page, n) for n in range(3))]
    assert all(25 <= length <= 40 for length in lengths)
    assert max(lengths) - min(lengths) <= 6  # drops of one incident stand further apart the closer one looks


def test_a_short_drop_has_no_dashes(opened: Open) -> None:
    """The same drop with its end is its symbol alone."""
    found = one(CLOSED)
    (outage,) = found["outages"]
    back = "2026-08-20T02:11:48Z"
    outage |= {"ended_at": back, "connection_back_at": back, "open": False}
    with opened(drawn(found, status="recovered", ended_at=back), width=1280) as page:
        first, last, _ = zoomed(page, 0)
    assert last - first < 15


@pytest.mark.parametrize(
    ("style", "said", "states"),
    [
        (EN, "end not known", [("Removed", "connection down"), ("No longer watched", "redundancy lost")]),
        (JA, "終了時刻は不明", [("削除済み", "接続断"), ("監視終了", "冗長性の喪失")]),
    ],
    ids=["en", "ja"],
)
def test_words_say_the_same(opened: Open, style: Style, said: str, states: list[tuple[str, str]]) -> None:
    """In the list, which a screen reader reads, at the pointer, in the legend and in the facts; no fact twice."""
    found, stand = unended(style), dict(zip((CLOSED, UNWATCHED), states, strict=True))
    with opened(render(found, style, None, *PERIOD), width=1280) as page:
        listed = {i["id"]: text(page, f"#option-{i['id']} .long") for i in found}
        titles = page.evaluate(TITLES)
        legend = page.evaluate(LINES.format("#legend li"))
        facts = {}
        for name in UNENDED:
            page.evaluate(f"document.getElementById('option-{name}').click()")
            facts[name] = page.evaluate(LINES.format(".facts li"))
    assert {name: long for name, long in listed.items() if said in long} == {
        name: f"{status} · {said}" for name, (status, _) in stand.items()
    }
    assert sum(title.endswith(f" · {said}") for title in titles) == len(states)
    assert sum(said.lower() in line.lower() for line in legend) == 1
    for name, (status, impact) in stand.items():
        assert facts[name][0].endswith(f"→ {said}")
        assert facts[name][-2:] == [status, impact]
    assert all(len(set(lines)) == len(lines) for lines in facts.values())
    assert not any(said in line for line in facts[STILL_DOWN])


def test_the_legend_explains_only_what_is_there(opened: Open) -> None:
    """Without such an incident it has no dashes to explain."""
    with opened(drawn(one(STILL_DOWN)), width=1280) as page:
        assert "End not known" not in text(page, "#legend")


def test_sums_are_those_of_the_command_line_and_the_reports(opened: Open) -> None:
    """No time is counted for what has no known end, neither by cause nor as lost availability."""
    found = unended()
    total = stats(found, [By.CAUSE], TOKYO).total
    of_connections = {
        f"{place(c.peer, EN)} {gateway(c.gateway, EN)}": c.seconds
        for c in figures(gather(found, PERIOD), PERIOD, TOKYO).hit
    }
    with opened(render(found, EN, None, *PERIOD), width=1280) as page:
        *_, sums = page.evaluate(CELLS.format("#causes"))
        available = page.evaluate(CELLS.format("#availability"))
        sentence = text(page, "#sentence")
    assert sums[2:] == [str(total.incidents), str(total.drops), duration(total.connection_downtime_seconds, EN)]
    assert {row[0]: row[3] for row in available} == {
        connection: duration(seconds, EN) if seconds else "0 s" for connection, seconds in of_connections.items()
    }
    assert sentence.endswith(
        "Not over yet, and not in that time: 2 incidents. End not known, and not in that time: 2 incidents."
    )


def test_a_path_that_was_lost_is_not_called_always_there(opened: Open) -> None:
    """Where the one incident has no known end, no time is counted, and yet there was not always a VPN path."""
    with opened(drawn(one(CLOSED)), width=1280) as page:
        said = text(page, "#sentence")
    assert said == (
        "1 incident in 14 d: 0 s without a VPN path, none of it Azure maintenance. "
        "End not known, and not in that time: 1 incident."
    )


def test_a_time_after_the_start_does_not_show_it(opened: Open) -> None:
    """Whether it was still down then is not known; what is open is shown up to the end."""
    with opened(render(unended(), EN, None, *PERIOD), width=1280) as page:
        page.evaluate(SET.format("from", "2026-08-29T00:00"))
        shown = page.evaluate("[...document.querySelectorAll('#list [role=option]')].map((o) => o.dataset.id)")
    assert STILL_DOWN in shown
    assert not {CLOSED, UNWATCHED} & set(shown)
