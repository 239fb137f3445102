"""``incidents``, ``show`` and ``stats`` over the real table protocol: what is printed is what the table holds."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from azure.identity import DefaultAzureCredential
from jsonschema import Draft202012Validator

from correlator.categories import read_rows
from correlator.correlate import correlate
from correlator.csv_text import cell
from correlator.model import Incident, Policy
from correlator.ports import Receipt
from correlator.sources.export import read_files
from correlator.stores.store import TableStore
from correlator.stores.table_storage import AzureTables
from correlator.wording import Style
from sandbox.stack import Stack
from tests.cli.conftest import Ran, Run
from tests.cli.test_replay import document, in_one_line

ROOT = Path(__file__).parent.parent.parent
NIGHTS = ROOT / "sandbox" / "nights" / "fortnight.jsonl"
ALL = ("--since", "2026-08-01", "--until", "2026-09-30")


def fortnight() -> list[Incident]:
    """Every incident of the composed fortnight, as one replay finds them."""
    logs = read_rows(read_files([NIGHTS]).rows).logs
    return [i for _, log in sorted(logs.items()) for i in correlate(log, Policy()).incidents]


def told() -> Iterator[Receipt]:
    """Each incident was told on two channels, a minute apart."""
    for one in fortnight():
        for channel, minutes in (("teams", 20), ("slack", 21)):
            at = one.started_at.replace(microsecond=0) + timedelta(minutes=minutes)
            yield Receipt(f"{one.id}-{channel}", channel, at, one.id, "recovered", 1, 1, 0, False)


@pytest.fixture(scope="module")
def kept(running_stack: Stack) -> Iterator[dict[str, str]]:
    """The fortnight in the tables of the emulator; the settings that lead there."""
    with patch.dict(os.environ, running_stack.env):
        running_stack.clear()
        tables = AzureTables.at(running_stack.azurite.tables_endpoint, DefaultAzureCredential())
        store = TableStore(tables, Style())
        store.record(fortnight())
        store.file("ws", list(told()))
        yield running_stack.env


def listed(run: Run, kept: dict[str, str], *asked: str) -> list[dict[str, Any]]:
    """The incidents that a question finds."""
    found: list[dict[str, Any]] = document(run("incidents", *ALL, *asked, "--json", **kept))["incidents"]
    return found


def lines(ran: Ran) -> list[dict[str, str]]:
    """Standard output, which is CSV and nothing else."""
    return list(csv.DictReader(io.StringIO(ran.out)))


def test_every_incident_is_listed_as_the_object_that_it_is(run: Run, kept: dict[str, str]) -> None:
    """--json gives the public objects, oldest first, each valid by the schema; nothing withdrawn is among them."""
    found = listed(run, kept)
    schema = Draft202012Validator(json.loads((ROOT / "docs" / "incident.schema.json").read_text()))
    for one in found:
        schema.validate(one)
    assert [d["started_at"] for d in found] == sorted(d["started_at"] for d in found)
    assert {d["id"] for d in found} == {i.id for i in fortnight() if not i.status.withdrawn}


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        (("--side", "azure"), lambda d: d["cause"]["side"] == "azure"),
        (("--cause", "remote-closed"), lambda d: d["cause"]["code"] == "remote-closed"),
        (("--gateway", "VGW-Tokyo-prod"), lambda d: d["gateway"]["name"] == "vgw-tokyo-prod"),
        (("--status", "open"), lambda d: d["status"] == "open"),
        (("--gateway", "vgw-tokyo-prod", "--side", "remote"), lambda d: d["cause"]["side"] == "remote"),
    ],
)
def test_filters_leave_what_they_name(run: Run, kept: dict[str, str], asked: tuple[str, ...], holds: Any) -> None:
    """A filter finds every incident that it names, and no other."""
    every = listed(run, kept)
    wanted = [d["id"] for d in every if holds(d) and ("--gateway" not in asked or "tokyo" in d["gateway"]["name"])]
    assert wanted
    assert [d["id"] for d in listed(run, kept, *asked)] == wanted


def test_a_gateway_may_be_named_by_its_resource_id(run: Run, kept: dict[str, str]) -> None:
    """The id that the portal shows, whatever its case, means the same gateway as its name."""
    one = listed(run, kept)[0]["gateway"]
    by_id = listed(run, kept, "--gateway", one["resource_id"].upper())
    assert by_id == listed(run, kept, "--gateway", one["name"])


def test_the_time_asked_for_is_half_open(run: Run, kept: dict[str, str]) -> None:
    """An incident that begins at the very end of a time belongs to the next one."""
    first, second = listed(run, kept)[:2]
    edge = ("incidents", "--since", first["started_at"], "--until", second["started_at"], "--json")
    assert [d["id"] for d in document(run(*edge, **kept))["incidents"]] == [first["id"]]


def test_the_list_reads_well_in_eighty_columns(run: Run, kept: dict[str, str]) -> None:
    """No line is wider than the terminal, every id stands whole, and times stand in the zone and in UTC."""
    ran = run("incidents", *ALL, TIMEZONE="Asia/Tokyo", **kept)
    assert max(map(len, ran.out.splitlines())) <= 80
    assert all(d["id"] in ran.out for d in listed(run, kept))
    assert "2026-08-22 02:13:04" in ran.out
    assert "2026-08-21 17:13:04Z" in ran.out


def test_an_export_is_a_folder_of_its_own(run: Run, kept: dict[str, str], tmp_path: Path) -> None:
    """Every table in a file, a row a line, in a new folder; --json says where and how many."""
    done = document(run("export", "--out", tmp_path / "history", "--json", **kept))
    folder = Path(done["folder"])
    assert folder.parent == tmp_path / "history"
    assert {p.name for p in folder.iterdir()} == {f"{table}.jsonl.gz" for table in done["rows"]}
    with gzip.open(folder / "incidents.jsonl.gz", "rt", encoding="utf-8") as file:
        found = [json.loads(line) for line in file]
    assert len(found) == done["rows"]["incidents"] == len(fortnight())
    assert {row["Id"] for row in found} == {i.id for i in fortnight()}


def test_an_export_that_cannot_be_written_says_where(run: Run, kept: dict[str, str], tmp_path: Path) -> None:
    """A file in the way is named in one line; exit code 2."""
    (tmp_path / "history").write_text("")
    ran = run("export", "--out", tmp_path / "history" / "deeper", **kept)
    assert ran.code == 2
    assert "history" in in_one_line(ran)


def test_show_gives_the_object_as_it_was_recorded(run: Run, kept: dict[str, str]) -> None:
    """`show ID --json` is the very object of the list; as CSV its outages, one a line."""
    for one in listed(run, kept):
        assert document(run("show", one["id"], "--json", **kept)) == one
        rows = lines(run("show", one["id"].lower(), "--csv", **kept))
        assert [r["started_at"] for r in rows] == [o["started_at"] for o in one["outages"]]


def test_show_as_a_page_holds_all_that_an_engineer_asks(run: Run, kept: dict[str, str]) -> None:
    """Verdict with its side and how sure, the rows it rests on, what was not found, every outage, in 80 columns.

    But for the resource id, which is one line however long, so that it can be copied.
    """
    one = next(d for d in listed(run, kept) if d["cause"]["code"] == "azure-maintenance")
    ran = run("show", one["id"], COLUMNS="80", **kept)
    assert [line for line in ran.out.splitlines() if len(line) > 80] == [one["gateway"]["resource_id"]]
    for word in (one["id"], "Azure platform", "confirmed", "instance 0", "What would change it", "Recovered"):
        assert word in ran.out
    started = datetime.fromisoformat(one["started_at"])
    teams, slack = (f"{started + timedelta(minutes=m):%H:%M:%S} UTC" for m in (20, 21))
    assert f"Recovered · teams {teams}, slack {slack}" in ran.out


@pytest.mark.parametrize("asked", ["VPN-20260821-ZZZZZZ", "VPN-20269921-AAAAAA", "2026", "' or true"])
def test_an_id_that_is_not_there_is_said_in_one_line(run: Run, kept: dict[str, str], asked: str) -> None:
    """An unknown id, or no id at all, names itself and the way out; exit code 2."""
    ran = run("show", asked, **kept)
    assert ran.code == 2
    assert asked in in_one_line(ran)


def test_without_a_table_the_setting_is_named(run: Run) -> None:
    """No storage account in the settings: one line names the settings that lead to it."""
    ran = run("incidents")
    assert ran.code == 2
    assert "TABLES_ENDPOINT or TABLES_CONNECTION_STRING" in in_one_line(ran)


@pytest.mark.parametrize("by", ["cause", "side", "gateway", "impact", "day", "week", "month", "gateway,cause"])
def test_stats_agree_with_a_sum_over_the_table(run: Run, kept: dict[str, str], by: str) -> None:
    """Whatever the groups, their figures add up to the total, and the total is the sum over the listed incidents."""
    found = document(run("stats", *ALL, "--by", by, "--json", **kept))
    every = listed(run, kept)
    total = found["total"]
    assert total["incidents"] == len(every)
    assert total["drops"] == sum(len(d["outages"]) for d in every)
    for figure in ("downtime_seconds", "connection_downtime_seconds"):
        assert total[figure] == pytest.approx(sum(d[figure] for d in every))
        assert total[figure] == pytest.approx(sum(r[figure] for r in found["rows"]))
    assert total["incidents"] == sum(r["incidents"] for r in found["rows"])


def test_stats_by_tunnel_give_each_peer_its_own_time(run: Run, kept: dict[str, str]) -> None:
    """Drops by tunnel add up to all drops, and no tunnel was down for longer than its outages lasted."""
    rows = document(run("stats", *ALL, "--by", "tunnel", "--json", **kept))["rows"]
    every = listed(run, kept)
    for row in rows:
        mine = [
            o
            for d in every
            for o in d["outages"]
            if d["gateway"]["resource_id"] == row["gateway_id"] and o["remote_ip"] == row["remote_ip"]
        ]
        assert row["drops"] == len(mine)
        assert row["connection_downtime_seconds"] <= row["downtime_seconds"] + 1e-6
        assert row["downtime_seconds"] <= sum(o["duration_seconds"] or 0 for o in mine) + 1e-6
    assert sum(r["drops"] for r in rows) == sum(len(d["outages"]) for d in every)


def test_stats_say_how_often_how_long_and_whose(run: Run, kept: dict[str, str]) -> None:
    """The first line answers; below stands one line a cause, in 80 columns; CSV holds the same lines."""
    ran = run("stats", *ALL, **kept)
    found = document(run("stats", *ALL, "--json", **kept))
    assert f"{found['total']['incidents']} incidents with {found['total']['drops']} drops" in ran.out.splitlines()[0]
    assert "Azure maintenance" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    assert [r["cause"] for r in lines(run("stats", *ALL, "--csv", **kept))] == [r["cause"] for r in found["rows"]]


def test_a_person_who_knows_better_is_counted(run: Run, kept: dict[str, str]) -> None:
    """A word on an incident, however old, stands beside the verdict, and says how often the verdicts are right."""
    first, second = [d for d in listed(run, kept) if d["cause"]["side"] == "azure"][:2]
    run("reclassify", first["id"], "remote-closed", "--by", "the carrier", **kept)
    run("reclassify", second["id"], second["cause"]["code"], "--by", "the carrier", **kept)
    total = document(run("stats", *ALL, "--json", **kept))["total"]
    assert (total["judged"], total["agreed"]) == (2, 1)
    assert "People judged 2 of them; on 1 the verdict" in " ".join(run("stats", *ALL, **kept).out.split())
    again = next(d for d in listed(run, kept) if d["id"] == first["id"])
    assert (again["cause"], again["person"]["code"]) == (first["cause"], "remote-closed")


def test_a_group_that_does_not_exist_is_refused(run: Run, kept: dict[str, str]) -> None:
    """One line names the groups that there are."""
    ran = run("stats", "--by", "colour", **kept)
    assert ran.code == 2
    assert "cause, side, gateway, tunnel" in in_one_line(ran)


def test_nothing_in_that_time_is_no_error(run: Run, kept: dict[str, str]) -> None:
    """An empty time is answered, not refused."""
    empty = ("--since", "2025-01-01", "--until", "2025-01-31")
    assert document(run("incidents", *empty, "--json", **kept)) == {"incidents": []}
    assert "no incident in the table" in run("incidents", *empty, **kept).out
    assert "no incident in the table" in run("stats", *empty, **kept).out


def test_a_spreadsheet_runs_nothing_of_it() -> None:
    """Text that a spreadsheet would take for a formula begins with an apostrophe; numbers stay numbers."""
    assert [cell(v) for v in ("＝1+1", "＋1", "－2", "＠SUM(A1)", "\n=1")] == [
        "'＝1+1", "'＋1", "'－2", "'＠SUM(A1)", "'\n=1",
    ]  # fmt: skip
    assert [cell(v) for v in ("=1+1", "+1", "-2", "@SUM(A1)", "\t=1", "a=1", -2.5, None, True)] == [
        "'=1+1", "'+1", "'-2", "'@SUM(A1)", "'\t=1", "a=1", -2.5, "", "true",
    ]  # fmt: skip
