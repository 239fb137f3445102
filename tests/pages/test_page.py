"""The file that is written: what it holds, and that nothing in it can get out."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlator.model import LogRow
from correlator.pages import render
from correlator.pages.log_views import MOST_OF_ONE
from correlator.wording import Style
from correlator.wording.page import page_words, zone_changes
from sandbox import demo
from sandbox.nights import fortnight
from tests.pages.composed import EN, HOSTILE, JA, hostile, hostile_rows, incidents, rows

HERE = Path(render.__code__.co_filename).parent / "report"
DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.S)


def data_of(html: str) -> dict[str, Any]:
    (found,) = DATA.findall(html)
    loaded: dict[str, Any] = json.loads(found)
    return loaded


def test_the_policy_names_the_very_style_and_script_that_are_in_the_page() -> None:
    """Nothing but our own style and script may run, by hash; nothing at all may be fetched."""
    html = render(incidents(), EN, rows())
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy
    said = policy[1].replace("&#39;", "'")
    for tag in ("style", "script"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.S)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in said
    assert said.startswith("default-src 'none'; ")
    assert not re.search(r"""(?:src|href)=["']?https?:""", html)


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=()))
    | st.sampled_from(["</script>", "<!--<script>", "]]>", "\u2028"])
)
@settings(max_examples=60)
def test_no_text_ends_the_data(text: str) -> None:
    """Whatever a log holds, the page has the same elements, and the data is whole JSON."""
    (one, *_) = incidents()
    one["cause"] |= {"summary": text, "not_found": [text]}
    one["outages"][0]["reason"] = text
    one["gateway"]["resource_id"] = f"/subscriptions/x/{text}"
    html = render([one], EN, [r._replace(message=text, gateway=f"/subscriptions/x/{text}") for r in rows()[:20]])
    assert html.count("<script") == 2
    assert html.count("</script>") == 2
    assert len(data_of(html)["incidents"]) == 1


def test_hostile_text_is_no_markup() -> None:
    """In the title, which is the one place with a text from outside, markup stands as text."""
    html = render(hostile(), Style("en", "UTC", {HOSTILE: HOSTILE}), hostile_rows())
    assert "<img" not in html
    assert "\u202e" not in html


@pytest.mark.parametrize(("style", "word"), [(EN, "Whose it was, and why"), (JA, "原因の所在と内訳")])
def test_language(style: Style, word: str) -> None:
    """The page says which language it is in, and speaks it."""
    html = render(incidents(style), style)
    assert f'<html lang="{style.language}">' in html
    assert word in html


def test_a_quiet_page_names_what_was_quiet() -> None:
    """The gateways are those of the rows too, three by name."""
    up = [r for r in rows() if r.status == "Connected"]
    assert "<title>VPN drops of vgw-osaka-prod, vgw-tokyo-prod, vpngw-hub-frankfurt</title>" in render([], EN, up)
    assert "<title>VPN drops</title>" in render([], EN)


def test_the_same_incidents_make_the_same_page() -> None:
    """No clock and no chance is in it: order of incidents and repetition of rows do not matter."""
    assert render(incidents(), EN, rows()) == render(incidents()[::-1], EN, [*rows(), *rows()[::-1]])


def test_what_never_was_is_left_out() -> None:
    """Retracted and absorbed incidents are counted nowhere."""
    one, two, *_ = incidents()
    data = data_of(render([one | {"status": "retracted"}, two], EN))
    assert [i["id"] for i in data["incidents"]] == [two["id"]]


def test_an_older_object_without_the_newer_fields_is_read() -> None:
    """Rows of the table from before `connection_lost` and `kind`: an outage of a lost connection counts whole."""
    (one,) = [i for i in incidents() if i["id"] == "VPN-20260821-GC5HKC"]
    for outage in one["outages"]:
        del outage["connection_lost"], outage["connection_back_at"]
    for evidence in one["cause"]["evidence"]:
        del evidence["kind"]
    (shown,) = data_of(render([one], EN))["incidents"]
    assert [o[7] for o in shown["outages"]] == [True, True]
    assert [o[8] - o[5] for o in shown["outages"]] == [12_000, 16_000]


def test_maintenance_that_dropped_nothing_is_marked_too() -> None:
    """With rows, every maintenance row has its mark; without, those that are evidence."""
    with_rows, without = (data_of(render(incidents(), EN, r)) for r in (rows(), None))
    marks = {g["name"]: [at for at, _ in g["maintenance"]] for g in with_rows["gateways"]}
    assert len(marks["vgw-tokyo-prod"]) >= 4
    for gateway in without["gateways"]:
        assert {at for at, _ in gateway["maintenance"]} <= set(marks[gateway["name"]])
    assert any(g["maintenance"] for g in without["gateways"])


def test_the_template_engine_is_loaded_when_a_page_is_made() -> None:
    """A poll's cold start does not pay for it."""
    script = "import sys, correlator.pages; sys.exit('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[2], check=False).returncode == 0


@pytest.mark.parametrize("style", [EN, JA], ids=["en", "ja"])
def test_script_and_template_say_nothing_that_the_catalogue_lacks(style: Style) -> None:
    """Every sentence they ask for is given to them, and no sentence of the page is left over."""
    texts = "".join(f.read_text(encoding="utf-8") for f in [*HERE.glob("*.js"), HERE / "report.html"])
    asked = set(
        re.findall(r"""(?:say|count|section|turn|titled)\(?\(["']([a-z][a-z.-]+)["']|words\["([^"]+)"\]""", texts)
    )
    words = page_words(style)
    assert {key for pair in asked for key in pair if key} - words.keys() - {"incidents"} == set()
    built = {"page.title", "page.title.none", "page.sentence", "page.sentence.other", "page.sentence.always"}
    built |= {"page.footer", "page.footer.button", "page.sentence.quiet", "page.order.newest", "page.order.longest"}
    built |= {"page.sentence.nothing", *(key for key in words if key.startswith(("page.people.", "page.event.")))}
    built |= {f"page.zoom.{size}" for size in ("all", "day", "hour")}
    assert {key for key in words if key.startswith("page.") and f'"{key}"' not in texts} == built


def test_what_people_added_stands_beside_the_verdict() -> None:
    """A person's cause, a note, who looks after it and that it was muted; a deed with a text is said once."""
    (one,) = [i for i in incidents() if i["id"] == "VPN-20260821-GC5HKC"]
    word = {"at": "2026-08-22T01:00:00Z", "by": "sato", "text": "The provider confirmed it."}
    note = {"at": "2026-08-22T02:00:00Z", "by": "mori", "text": HOSTILE}
    one |= {"person": word | {"code": "remote-closed", "side": "remote"}, "notes": [word, note], "muted": True}
    one |= {"acknowledged": {"at": "2026-08-22T00:30:00Z", "by": "mori", "text": ""}}
    (shown,) = data_of(render([one], EN))["incidents"]
    assert (shown["cause"], shown["side"]) == ("azure-maintenance", "azure")
    said = [text for _, text in shown["people"]]
    assert said[:3] == [
        "Not all of it was told: a silence or planned work covered it.",
        "mori looks after it.",
        "sato gives another cause: closed by the remote side. The provider confirmed it.",
    ]
    assert len(said) == 4
    assert "\u202e" not in said[3]


def test_the_demo_shows_the_fortnight() -> None:
    """From the objects of the demo's table, with its rows, its time and its readers' settings."""
    html = demo.report_page(incidents(JA), {"MESSAGE_LANGUAGE": "ja"})
    data = data_of(html)
    assert '<html lang="ja">' in html
    assert len(data["incidents"]) == len(fortnight.SCENARIOS)
    assert data["rows"]
    assert data["span"][1] - data["span"][0] == (fortnight.END - fortnight.BEGIN) / timedelta(milliseconds=1)


# The two logs


def log_of(data: dict[str, Any], name: str) -> tuple[list[Any], int]:
    (found,) = [i for i in data["incidents"] if i["id"] == name]
    return [(data["rows"][n], bool(rests)) for n, rests in found["rows"]], found["rows_omitted"]


def test_the_rows_of_the_verdict_are_marked() -> None:
    """Of the night that the README tells, all rows are there in order of time, and those of the evidence are marked."""
    shown, omitted = log_of(data_of(render(incidents(), EN, rows())), "VPN-20260821-GC5HKC")
    assert [(r[0], r[3], rests) for r, rests in shown] == [
        (0, "", True), (1, "nagoya-plant", True), (1, "nagoya-plant", True),
        (0, "", True), (1, "nagoya-plant", True), (1, "nagoya-plant", True),
    ]  # fmt: skip
    assert omitted == 0
    assert shown[0][0][4] == "Upgrade gateway started"


def test_the_rows_are_bounded_and_what_is_left_out_is_said() -> None:
    """Of a noisy hour the rows of the verdict stay, then the earliest; the others are counted."""
    down = next(r for r in rows() if r.at == "2026-08-21T17:13:04.000Z")
    noise = [
        down._replace(at=f"2026-08-21T17:{10 + n // 60:02d}:{n % 60:02d}.5Z", peer="192.0.2.99") for n in range(500)
    ]
    shown, omitted = log_of(data_of(render(incidents(), EN, [*rows(), *noise])), "VPN-20260821-GC5HKC")
    assert (len(shown), omitted) == (MOST_OF_ONE, 506 - MOST_OF_ONE)
    assert sum(rests for _, rests in shown) == 6
    assert [r[1] for r, _ in shown] == sorted(r[1] for r, _ in shown)


def test_without_rows_there_are_none() -> None:
    """A page from the table alone knows that it has no rows, which is another thing than an empty log."""
    assert data_of(render(incidents(), EN))["rows"] is None
    assert data_of(render(incidents(), EN, []))["rows"] == []


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (None, "page.sentence.nothing"),
        ([], "list.no-tunnel-row"),
        ([r for r in rows() if r.category == "GatewayDiagnosticLog"], "list.no-tunnel-row"),
        ([r for r in rows() if r.status == "Connected"][:7], ""),
    ],
)
def test_no_drop_is_said_only_where_one_could_have_been_found(log: list[LogRow] | None, said: str) -> None:
    """Without a row of the tunnel log nothing is known of drops; without rows and times nothing at all."""
    assert data_of(render([], EN, log))["nothing"] == said


# Times


def test_the_span_is_what_was_looked_at() -> None:
    """As asked, else as far as rows and incidents reach."""
    since, until = datetime(2026, 8, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)
    assert data_of(render(incidents(), EN, None, since, until))["span"] == [
        round(t.timestamp() * 1000) for t in (since, until)
    ]
    first, last = data_of(render(incidents(), EN, rows()))["span"]
    assert (first, last) == (1786925520000, 1788133877000)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "Asia/Tokyo", "UTC", "America/St_Johns"])
def test_the_clock_of_the_page_is_the_clock_of_the_zone(zone: str) -> None:
    """At every hour of a year the table of changes says what the zone database says."""
    first = datetime(2026, 1, 1, tzinfo=UTC)
    changes = zone_changes(first, first + timedelta(days=365), Style(zone=zone))
    for hour in range(365 * 24):
        at = first + timedelta(hours=hour)
        _, minutes, _ = [c for c in changes if c[0] <= at.timestamp() * 1000][-1]
        assert timedelta(minutes=minutes) == at.astimezone(ZoneInfo(zone)).utcoffset()


def test_a_row_without_a_gateway_or_a_time_is_no_trouble() -> None:
    """Rows that cannot be read are passed over."""
    odd = LogRow("no time", "", "", "TunnelDiagnosticLog", "", "", "", "", "", "")
    assert data_of(render(incidents(), EN, [odd, *rows()]))["incidents"]
