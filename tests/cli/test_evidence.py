"""``evidence``: a folder that can be handed on, and that gives the verdict again."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from correlator.cli.dossier import escaped, markdown, page
from correlator.incident_json import incident_object
from correlator.stores.store import TableStore
from correlator.wording import Style
from sandbox.nights import fortnight as night
from sandbox.stack import WORKSPACE_ID, Stack
from tests.cli.conftest import Run
from tests.cli.test_incidents import fortnight
from tests.cli.test_replay import document, in_one_line

FILES = {"summary.md", "summary.html", "incident.json", "query.kql", "rows.csv"}


@pytest.fixture
def deployed(run: Run, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """The composed fortnight in the workspace and in the tables."""
    from azure.identity import DefaultAzureCredential

    from correlator.stores.table_storage import AzureTables

    for name, value in stack.env.items():
        monkeypatch.setenv(name, value)
    stack.set_clock(night.END)
    stack.logs.load(WORKSPACE_ID, night.rows())
    TableStore(AzureTables.at(stack.azurite.tables_endpoint, DefaultAzureCredential()), Style()).record(fortnight())
    return stack


def test_the_folder_gives_the_verdict_again(run: Run, deployed: Stack, tmp_path: Path) -> None:
    """Rows, query, verdict and page lie side by side, and a replay of the rows says what the table says."""
    for one in fortnight():
        ran = run("evidence", one.id, "--out", tmp_path / one.id)
        assert (ran.code, ran.out) == (0, "")
        assert {f.name for f in (tmp_path / one.id).iterdir()} == FILES
        kept = json.loads((tmp_path / one.id / "incident.json").read_text())
        assert kept == document(run("show", one.id, "--json"))
        again = document(run("replay", tmp_path / one.id / "rows.csv", "--json"))["incidents"]
        found = next(d for d in again if d["id"] == one.id)
        assert [found["cause"][k] for k in ("code", "side")] == [kept["cause"][k] for k in ("code", "side")]
        assert [o["started_at"] for o in found["outages"]] == [o["started_at"] for o in kept["outages"]]
        assert [o["ended_at"] for o in found["outages"]] == [o["ended_at"] for o in kept["outages"]]


def test_the_page_says_what_it_rests_on(run: Run, deployed: Stack, tmp_path: Path) -> None:
    """The summary has the verdict, every outage, times in both zones, and what logs cannot show."""
    (one,) = [i for i in fortnight() if i.id.startswith("VPN-20260821")]
    run("evidence", one.id, "--out", tmp_path, TIMEZONE="Asia/Tokyo")
    text = (tmp_path / "summary.md").read_text()
    for words in ("azure-maintenance", "2026-08-21 17:13:04 UTC (2026-08-22 02:13:04 Asia/Tokyo)", "203.0.113.10",
                  "What the logs cannot show", "rows.csv"):  # fmt: skip
        assert words in text
    html = (tmp_path / "summary.html").read_text()
    assert "<table>" in html
    assert "<script" not in html


def test_a_month_is_a_folder_of_folders(run: Run, deployed: Stack, tmp_path: Path) -> None:
    """Every incident that began in the month has its folder, and a list names them."""
    ran = run("evidence", "--month", "2026-08", "--out", tmp_path)
    assert ran.code == 0
    with (tmp_path / "incidents.csv").open(encoding="utf-8-sig") as listed:
        ids = [line["id"] for line in csv.DictReader(listed)]
    assert ids == [i.id for i in sorted(fortnight(), key=lambda i: i.started_at)]
    assert {f.name for f in tmp_path.iterdir() if f.is_dir()} == set(ids)


def test_rows_that_cannot_be_had_are_said(run: Run, deployed: Stack, tmp_path: Path) -> None:
    """Without a workspace, or with one that is empty, the page says why there are no rows; the rest is there."""
    one = fortnight()[0]
    run("evidence", one.id, "--out", tmp_path / "unset", WORKSPACE_IDS="")
    deployed.logs.clear()
    run("evidence", one.id, "--out", tmp_path / "empty", WORKSPACE_IDS=WORKSPACE_ID)
    for name, why in (("unset", "WORKSPACE\\_IDS is not set"), ("empty", "no longer holds any")):
        assert {f.name for f in (tmp_path / name).iterdir()} == FILES - {"rows.csv"}
        assert why in (tmp_path / name / "summary.md").read_text()


@pytest.mark.parametrize(
    ("asked", "said"),
    [((), "--month"), (("VPN-20260821-AAAAAA", "--month", "2026-08"), "--month"), (("--month", "August"), "2026-08")],
)
def test_what_is_asked_must_be_clear(run: Run, tmp_path: Path, asked: tuple[str, ...], said: str) -> None:
    """An id or a month, and one of them: else one line says how it goes."""
    ran = run("evidence", *asked, "--out", tmp_path)
    assert ran.code == 2
    assert said in in_one_line(ran)


@given(st.text(min_size=1, max_size=80))
def test_log_text_is_never_markup(text: str) -> None:
    """Whatever a log row says, rendered it reads as it was written, and nothing in it becomes an element."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    reader = MarkdownIt("commonmark").enable("table")
    (paragraph,) = [t for t in reader.parse(f"- x {escaped(text)}") if t.type == "inline"]
    kinds = {child.type for child in paragraph.children or []}
    assert kinds <= {"text", "text_special"}
    assert "".join(child.content for child in paragraph.children or []) == f"x {plain}".strip()


NAMED = st.text(alphabet="aZ0é_-./:() |`*<&\n\\", min_size=1, max_size=30)


@given(NAMED, NAMED, NAMED)
def test_ids_and_addresses_are_copied_as_they_are(name: str, peer: str, site: str) -> None:
    """From the source where they are what such names are made of, else from the page; they are never markup."""
    found = incident_object(fortnight()[0], Style())
    found["gateway"] |= {"name": name, "resource_id": f"/subscriptions/s_1/resourcegroups/{name}"}
    found["outages"] = [found["outages"][0] | {"remote_ip": peer}]
    text = markdown(found, "", Style(sites={peer: site}))
    html = page("x", text, "en")
    assert html.count("<h1>") == 1
    assert html.count("<table>") == 2
    assert re.search("<(a|em|strong|img|del|pre|h3)\\b", html) is None


def test_an_id_is_no_escaped_text() -> None:
    """Underscores of an id have no backslash, in the heading and in the tables; a site's name stands by its address."""
    found = incident_object(fortnight()[0], Style())
    gateway, peer = "/subscriptions/s/resourcegroups/rg_(a)/vgw_1", found["outages"][0]["remote_ip"]
    found["gateway"] |= {"name": "vgw_1", "resource_id": gateway}
    text = markdown(found, "", Style(sites={peer: "hq_1"}))
    assert text.startswith(f"# {found['id']} · `vgw_1`\n")
    assert f"| Gateway | `{gateway}` |" in text
    assert f"| `hq_1 ({peer})` |" in text
    assert f"<code>{gateway}</code>" in page("x", text, "en")


HOSTILE = ["# head", "- list", "1. one", "+ x", "=== x", "<b>", "<script>x</script>", "[a](http://b)", "a | b", "`c`"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    """Markup at the beginning of a line, HTML and links of a log row show as written on both pages."""
    found = incident_object(fortnight()[0], Style())
    found["cause"]["evidence"][0]["text"] = text
    found["outages"][0]["reason"] = text
    found["remarks"] = [text]
    html = page("x", markdown(found, "", Style()), "en")
    shown = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert html.count(shown) == 3
    assert html.count("<h1>") == 1
    assert "<script" not in html
    assert "<a " not in html
