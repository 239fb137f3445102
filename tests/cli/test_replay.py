"""``replay``: the answer alone on standard output, everything else on standard error, and no traceback ever."""

from __future__ import annotations

import csv
import gc
import json
import subprocess
import sys
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from correlator import queries
from correlator.cli.collector import without_collector
from correlator.cli.show import Prose
from sandbox.nights import fortnight
from sandbox.nights.rows import Gateway, Row, at, failover
from sandbox.workspace import Workspace
from tests.cli.conftest import Ran, Run

ROOT = Path(__file__).parent.parent.parent
TOKYO = Gateway("vgw-tokyo-prod")
NAGOYA, SENDAI, FUKUOKA = "203.0.113.10", "203.0.113.20", "203.0.113.30"
ALL = (NAGOYA, SENDAI, FUKUOKA)
UP = [TOKYO.up("08-21 00:12:00", peer, 0) for peer in ALL]
NIGHT: list[Row] = [
    *UP,
    TOKYO.maintenance("08-21 17:12:10", 0),
    *failover(TOKYO, "08-21 17:13:04", ALL, 0, 12),
    TOKYO.maintenance("08-21 17:37:21", 1),
    *failover(TOKYO, "08-21 17:37:59", ALL, 1, 16),
    TOKYO.down("08-21 20:05:33", NAGOYA, 0, "RemotelyTriggered"),
    TOKYO.up("08-21 20:11:48", NAGOYA, 0),
    TOKYO.down("08-21 21:00:00", SENDAI, 0, "Frobnicated"),
    TOKYO.up("08-21 21:02:00", SENDAI, 0),
]  # fmt: skip


def written(folder: Path, rows: list[Row], name: str = "night.jsonl") -> Path:
    """A file of JSON lines."""
    file = folder / name
    file.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return file


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """A night as a file."""
    return written(tmp_path, NIGHT)


def document(ran: Ran) -> dict[str, Any]:
    """Standard output, which is one JSON document and nothing else."""
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_reasons_of_ones_own(run: Run, night: Path) -> None:
    """REASONS is honoured, judged at once and poll by poll, and its reasons are not unknown any more."""
    for how in ([], ["--every", "5m"]):
        found = document(run("replay", night, "--json", *how, REASONS="frobnicated=peer-closed"))
        assert [i["cause"]["code"] for i in found["incidents"]][2] == "remote-closed"
        assert found["unmapped_reasons"] == {}


def test_a_window_of_ones_own(run: Run, night: Path) -> None:
    """MAINTENANCE_WINDOW decides how long after its row maintenance may cut, judged at once and poll by poll."""
    for how in ([], ["--every", "5m"]):
        found = document(run("replay", night, "--json", *how, MAINTENANCE_WINDOW="-0s..30s"))
        assert found["incidents"][0]["cause"]["code"] == "azure-failover"


def test_unknown_operations_are_said(run: Run, tmp_path: Path) -> None:
    """An operation that nobody documented stands in the document and in a remark."""
    odd = {**TOKYO.maintenance("08-21 17:12:10", 0), "OperationName": "NodeStateChanged", "Message": ""}
    ran = run("replay", written(tmp_path, [*NIGHT, odd]), "--json")
    assert document(ran)["unknown_operations"] == {"NodeStateChanged": 1}
    assert "operation not known, 1 times: NodeStateChanged" in ran.err


def in_one_line(ran: Ran) -> str:
    """The one line of an error."""
    assert ran.out == ""
    assert "Traceback" not in ran.err
    (line,) = ran.err.splitlines()
    assert line.startswith("Error: ")
    return line


def test_the_document_has_the_promised_shape(run: Run, night: Path) -> None:
    """With --json the answer is one document with incidents, notifications, unreadable rows and unmapped reasons."""
    ran = run("replay", night, "--json")
    assert ran.code == 0
    found = document(ran)
    assert list(found) == ["incidents", "notifications", "unreadable", "unmapped_reasons", "unknown_operations"]
    assert [i["cause"]["code"] for i in found["incidents"]] == ["azure-maintenance", "remote-closed", "unknown"]
    assert found["unmapped_reasons"] == {"Frobnicated": 1}
    for said in found["notifications"]:
        assert list(said) == ["at", "incident", "moment", "channel", "title"]
    assert {s["channel"] for s in found["notifications"]} == {"teams", "slack", "events"}
    assert len(found["notifications"]) == 3 * len(found["incidents"])


def test_polls_end_where_one_judgement_does(run: Run, night: Path) -> None:
    """Replayed poll by poll, the same incidents come out as from one judgement of everything."""

    def essence(ran: Ran) -> list[dict[str, Any]]:
        return [i | {"cause": i["cause"] | {"pending": None}, "history": None} for i in document(ran)["incidents"]]

    once = run("replay", night, "--json", "--now", "2026-08-21T23:00Z")
    polled = run("replay", night, "--json", "--every", "5m", "--now", "2026-08-21T23:00Z")
    assert essence(once) == essence(polled)


def test_polls_tell_as_they_would_have(run: Run, night: Path) -> None:
    """With --every the notifications are those of a deployed app: when, what, and on both channels in step."""
    found = document(run("replay", night, "--json", "--every", "5m", "--now", "2026-08-21T23:00Z"))
    teams, slack = ([n for n in found["notifications"] if n["channel"] == c] for c in ("teams", "slack"))
    assert [n["moment"] for n in teams] == ["recovered", "second-instance", "recovered", "recovered"]
    assert [{**n, "channel": ""} for n in teams] == [{**n, "channel": ""} for n in slack]
    assert [n["at"] for n in teams] == sorted(n["at"] for n in teams)


def test_now_is_as_of_then(run: Run, night: Path) -> None:
    """With --now rows that were ingested later are not seen, and what was open then is open."""
    found = document(run("replay", night, "--json", "--now", "2026-08-21T17:20Z"))
    assert [i["cause"]["code"] for i in found["incidents"]] == ["azure-maintenance"]
    assert len(found["incidents"][0]["outages"]) == 3
    assert document(run("replay", night, "--json", "--now", "2026-08-20T00:00Z"))["incidents"] == []


def test_a_time_without_a_zone_is_in_timezone(run: Run, night: Path) -> None:
    """A time that names no zone is in TIMEZONE."""
    there = run("replay", night, "--json", "--now", "2026-08-22T02:20", TIMEZONE="Asia/Tokyo")
    assert len(document(there)["incidents"]) == 1


TWO_UP = [TOKYO.up("08-21 15:00:00", NAGOYA, 0), TOKYO.up("08-21 15:00:05", NAGOYA, 1)]
"""An active-active gateway: both instances hold a tunnel for long."""
LATE = [
    *UP,
    *failover(TOKYO, "08-21 17:13:04", (NAGOYA,), 0, 12),
    TOKYO.down("08-21 18:40:00", SENDAI, 0, late=timedelta(hours=3)),
    TOKYO.up("08-21 18:40:12", SENDAI, 1, late=timedelta(hours=3)),
    *failover(TOKYO, "08-21 20:00:00", (FUKUOKA,), 0, 12),
]


def test_what_was_absorbed_shows_with_all(run: Run, tmp_path: Path) -> None:
    """An incident that late rows joined to another is hidden, and shown with --all, naming the one it went into."""
    file = written(tmp_path, LATE)
    arguments = ("replay", file, "--json", "--every", "5m", "--now", "2026-08-22T03:00Z")
    (kept,) = document(run(*arguments))["incidents"]
    everything = document(run(*arguments, "--all"))["incidents"]
    (absorbed,) = [i for i in everything if i["status"] == "absorbed"]
    assert absorbed["absorbed_by"] == kept["id"]
    assert kept in everything


def test_messages_are_written_as_they_would_be_posted(run: Run, night: Path, tmp_path: Path) -> None:
    """Each message is one file, in order, named by channel, moment and incident, holding the body alone."""
    ran = run("replay", night, "--json", "--messages", tmp_path / "deep" / "out")
    said = document(ran)["notifications"]
    files = sorted((tmp_path / "deep" / "out").iterdir())
    assert [f.name for f in files] == [
        f"{n:03d}-{s['channel']}-{s['moment']}-{s['incident']}.json" for n, s in enumerate(said, 1)
    ]
    for file, notification in zip(files, said, strict=True):
        body = json.loads(file.read_text(encoding="utf-8"))
        assert {"teams": "attachments", "slack": "blocks", "events": "specversion"}[notification["channel"]] in body
    assert f"Wrote {len(said)} messages to " in ran.err


def test_language_and_names_are_honoured(run: Run, night: Path) -> None:
    """MESSAGE_LANGUAGE, TIMEZONE and SITES are used where they are set."""
    plain = document(run("replay", night, "--json"))
    japanese = document(run("replay", night, "--json", MESSAGE_LANGUAGE="ja", SITES=f"{NAGOYA}=名古屋工場"))
    assert plain["notifications"][0]["title"] != japanese["notifications"][0]["title"]
    assert any("名古屋工場" in n["title"] + json.dumps(japanese, ensure_ascii=False) for n in japanese["notifications"])
    assert [i["id"] for i in plain["incidents"]] == [i["id"] for i in japanese["incidents"]]


def test_a_wrong_setting_is_named(run: Run, night: Path) -> None:
    """A setting that cannot be read stops the command with its name."""
    ran = run("replay", night, TIMEZONE="Tokyo")
    assert ran.code == 2
    assert "TIMEZONE" in in_one_line(ran)


def test_unreadable_rows_are_counted_and_no_failure(run: Run, tmp_path: Path) -> None:
    """Rows that cannot be read are counted with file, line and why, and the command has still answered."""
    file = written(tmp_path, [*NIGHT, NIGHT[0] | {"status_s": "Sideways", "OperationName": ""}])
    with file.open("a", encoding="utf-8") as more:
        more.write("not json\n")
    ran = run("replay", file, "--json")
    assert ran.code == 0
    bad = document(ran)["unreadable"]
    assert [(b["file"], b["line"]) for b in sorted(bad, key=lambda b: int(b["line"]))] == [
        (str(file), len(NIGHT) + 1), (str(file), len(NIGHT) + 2),
    ]  # fmt: skip
    assert all(b["why"] for b in bad)
    assert "skipped" in ran.err


def test_many_unreadable_rows_are_not_all_printed(run: Run, tmp_path: Path) -> None:
    """Of many unreadable rows a few are printed and the rest counted; the document has them all."""
    file = tmp_path / "bad.jsonl"
    file.write_text("{}\n" * 500, encoding="utf-8")
    ran = run("replay", file, "--json")
    assert ran.code == 0
    assert len(document(ran)["unreadable"]) == 500
    assert len(ran.err.splitlines()) < 15
    assert "490 more" in ran.err


BAD, OTHER = {"a": 1}, {"Category": "IKEDiagnosticLog", "TimeGenerated": "2026-08-21T17:00:00Z", "_ResourceId": "/x"}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([BAD, BAD], "no row could be read. Skipped: 2 rows, most often because: it has no Category"),
        ([OTHER], "no row of the tunnel log was there."),
        ([OTHER, BAD], "no row of the tunnel log was there. Skipped: 1 row, most often because: it has no Category"),
        ([UP[0] | {"TimeGenerated": "yesterday"}], "no row could be read. Skipped: 1 row, most often because: Time"),
        ([TOKYO.maintenance("08-21 17:12:10", 0)], "no row of the tunnel log was there."),
    ],
    ids=["unreadable", "another log", "both", "no time", "no tunnels"],
)
def test_what_could_not_be_read_is_no_calm(run: Run, tmp_path: Path, rows: list[Row], said: str) -> None:
    """Where no row of the tunnel log could be read, nobody is told that no drop was found, and it stays answered."""
    ran = run("replay", written(tmp_path, rows))
    assert ran.code == 0
    assert said in ran.out
    assert "No drop" not in ran.out


def test_what_the_portals_query_gives_can_be_replayed(run: Run, tmp_path: Path) -> None:
    """The rows behind the Logs link, saved from the portal as CSV, give the verdicts of the rows themselves."""
    workspace = Workspace("one")
    try:
        workspace.load(NIGHT)
        answer = workspace.query(queries.portal(), at("08-22 12:00:00"))
    finally:
        workspace.close()
    names = [name for name, _ in answer.columns]
    assert names[0] == "ResourceId"
    with (tmp_path / "query_data.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([[f"{n} [UTC]" if n == "TimeGenerated" else n for n in names], *answer.rows])
    exported = document(run("replay", tmp_path / "query_data.csv", "--json"))
    direct = document(run("replay", written(tmp_path, NIGHT), "--json"))
    assert [essence(i) for i in exported["incidents"]] == [essence(i) for i in direct["incidents"]]
    assert exported["unreadable"] == []


def essence(incident: dict[str, Any]) -> dict[str, Any]:
    """What does not depend on when rows were seen."""
    return incident | {"cause": incident["cause"] | {"pending": None, "summary": None, "would_change": None}}


def test_a_cut_answer_is_said(run: Run, tmp_path: Path) -> None:
    """An API answer with an error beside its tables is judged, and a note says that rows may be missing."""
    names = list(NIGHT[0])
    table = {"columns": [{"name": n} for n in names], "rows": [[r.get(n) for n in names] for r in NIGHT]}
    file = tmp_path / "answer.json"
    file.write_text(json.dumps({"tables": [table], "error": {"code": "PartialError", "message": "too many"}}))
    ran = run("replay", file, "--json")
    assert document(ran)["incidents"]
    assert "cut short, so rows may be missing: too many" in ran.err


STANDING = {
    "down for 12 s": failover(TOKYO, "08-21 17:13:04", (NAGOYA,), 0, 12),
    "still down": [TOKYO.down("08-21 17:13:04", NAGOYA, 0)],
    "1 of 2 tunnels down": [*TWO_UP, TOKYO.down("08-21 17:13:04", NAGOYA, 0)],
    "without redundancy for 5 min": [
        *TWO_UP, TOKYO.down("08-21 17:13:04", NAGOYA, 0), TOKYO.up("08-21 17:18:04", NAGOYA, 0),
    ],
    "down for 1 min": [  # both tunnels overlap for a minute of the five
        *TWO_UP, TOKYO.down("08-21 17:13:04", NAGOYA, 0), TOKYO.down("08-21 17:17:04", NAGOYA, 1),
        TOKYO.up("08-21 17:18:04", NAGOYA, 0), TOKYO.up("08-21 17:18:04", NAGOYA, 1),
    ],
}  # fmt: skip


@pytest.mark.parametrize("said", STANDING)
def test_how_long_traffic_stopped(run: Run, tmp_path: Path, said: str) -> None:
    """The list tells how long traffic stopped; a tunnel beside which another held is lost redundancy, never "down"."""
    ran = run("replay", written(tmp_path, [*UP, *STANDING[said]]))
    assert ran.out.splitlines()[0].endswith(f"  {said}")


def test_the_list_is_in_the_readers_language(run: Run, night: Path) -> None:
    """With MESSAGE_LANGUAGE=ja no line of the list is English but the ids."""
    lines = run("replay", night, MESSAGE_LANGUAGE="ja").out.splitlines()
    assert {line.strip()[:4] for line in lines if line and line.isascii()} == {"VPN-"}
    assert lines[0].endswith("34秒間停止")


def test_one_incident_is_one(run: Run, tmp_path: Path) -> None:
    """One incident is not "1 incidents"."""
    ran = run("replay", written(tmp_path, [*UP, *failover(TOKYO, "08-21 17:13:04", (NAGOYA,), 0, 12)]))
    assert ran.out.splitlines()[-1] == "1 incident. Times in UTC."


def test_a_pipe_gets_words_alone(run: Run, night: Path) -> None:
    """What goes into a pipe has no padding at the end of its lines, and notes come without blank lines before them."""
    for more in ((), ("--every", "5m")):
        ran = run("replay", night, *more)
        assert [line for line in ran.out.splitlines() if line != line.rstrip()] == []
        assert ran.err.splitlines()[0].startswith("reason not known")


def test_help_is_laid_out(run: Run) -> None:
    """The examples of the help stand a line each, and no mark of the layout is printed."""
    said = run("replay", "--help").out
    assert "  python -m correlator replay export.json\n  python -m" in said
    for command in ("check", "replay", "sample"):
        assert "\\b" not in run(command, "--help").out
        assert "\b" not in run(command, "--help").out


def test_nothing_happened(run: Run, tmp_path: Path) -> None:
    """A file of rows in which nothing fell is an answer, in words and as a document."""
    file = written(tmp_path, UP)
    for more in ((), ("--every", "1h")):
        ran = run("replay", file, *more)
        assert (ran.code, ran.out.strip()) == (0, "No drop was found.")
    assert document(run("replay", file, "--json"))["incidents"] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("--every", "0s"),
        ("--every", "5"),
        ("--every", "-5m"),
        ("--now", "yesterday"),
        ("--now", "2026-13-01"),
        ("--dates", "ymd"),
        ("--nonsense",),
        ("--every", "99999999999d"),
        ("--now", "0001-01-01T00:00+14:00"),
        ("--now", "9999-12-31T23:59Z"),
        ("--now", "-999999999d"),
    ],
    ids=" ".join,
)
def test_bad_usage_is_one_line_and_code_2(run: Run, night: Path, arguments: tuple[str, ...]) -> None:
    """An option that makes no sense ends with code 2 and one line that names it."""
    ran = run("replay", night, *arguments)
    assert ran.code == 2
    assert any(a in in_one_line(ran) for a in arguments)


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"\xff\xfe{\x00}", b"[{]", b"a,b\n1,2\n"],
    ids=["empty", "words", "half of UTF-16", "half", "other csv"],
)
def test_a_bad_file_is_one_line_and_code_2(run: Run, tmp_path: Path, content: bytes) -> None:
    """A file that cannot be used ends with code 2 and one line that names it, with --json too."""
    file = tmp_path / "bad"
    file.write_bytes(content)
    for more in ((), ("--json",), ("--every", "5m")):
        ran = run("replay", file, *more)
        assert ran.code == 2
        assert str(file) in in_one_line(ran)


def test_a_file_without_a_row_says_so(run: Run, tmp_path: Path) -> None:
    """Of an empty file it is said that it is empty, and of text that is JSON not that it is none."""
    for content, why in (("", "is empty"), (" \n", "is empty"), ('"hello"', "holds no rows")):
        (file := tmp_path / "odd.json").write_text(content)
        assert why in in_one_line(run("replay", file))


@pytest.mark.parametrize("width", range(12, 78, 3))
def test_a_japanese_line_is_filled(width: int) -> None:
    """Japanese has no blanks to break at: a line goes on to its end, and none begins with a mark that may not."""
    said = "192.0.2.44 との IKE ネゴシエーションに失敗しました。キーまたは「ポリシー」の不一致（DPD）、経路。"
    lines = [line.plain for line in Prose(said).wrap(Console(), width)]
    assert "".join(lines).replace(" ", "") == said.replace(" ", "")
    for line, following in pairwise(lines):
        assert width - 12 <= cell_len(line) <= width
        assert following[0] not in "、。」）ー"
        assert line[-1] not in "「（"


def test_no_line_of_a_japanese_list_is_too_long(run: Run, night: Path) -> None:
    """80 columns hold every line, and lines of sentences take most of them."""
    lines = run("replay", night, MESSAGE_LANGUAGE="ja").out.splitlines()
    assert 70 < max(map(cell_len, lines)) <= 80


def test_files_that_are_no_files(run: Run, tmp_path: Path) -> None:
    """A file that is missing, a folder, or none at all ends with code 2 and one line."""
    for arguments in ((tmp_path / "absent",), (tmp_path,), ()):
        ran = run("replay", *arguments)
        assert ran.code == 2
        in_one_line(ran)


def test_a_folder_that_cannot_be_made(run: Run, night: Path) -> None:
    """A folder for messages that cannot be made ends with code 2 and one line."""
    ran = run("replay", night, "--messages", night / "out")
    assert ran.code == 2
    in_one_line(ran)


@pytest.mark.parametrize("more", [(), ("--every", "5m")], ids=" ".join)
def test_a_message_that_cannot_be_written(run: Run, night: Path, tmp_path: Path, more: tuple[str, ...]) -> None:
    """A message file that cannot be written ends with code 2 and one line."""
    (tmp_path / "out").mkdir()
    first = document(run("replay", night, "--json", *more))["notifications"][0]
    (tmp_path / "out" / f"001-{first['channel']}-{first['moment']}-{first['incident']}.json").mkdir()
    ran = run("replay", night, "--messages", tmp_path / "out", *more)
    assert ran.code == 2
    assert "cannot be written" in in_one_line(ran)


@pytest.mark.parametrize("was_on", [True, False])
def test_the_collector_rests_for_a_command_alone(run: Run, night: Path, was_on: bool) -> None:
    """While rows are judged the garbage collector is off; after that it is as it was, after a failure too."""
    (gc.enable if was_on else gc.disable)()
    try:
        with without_collector():
            assert not gc.isenabled()
        assert gc.isenabled() == was_on
        for more in ((), ("--now", "yesterday")):
            run("replay", night, *more)
            assert gc.isenabled() == was_on
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("time", "every"),
    [
        ("9999-12-31T23:59:59Z", ""),
        ("9999-12-31T23:59:59Z", "--every=24h"),
        ("0001-01-01T00:00:00Z", ""),
        ("0001-01-01T00:00:00Z", "--every=24h"),
        ("1900-01-01T00:00:00Z", ""),
        ("1900-01-01T00:00:00Z", "--every=24h"),
    ],
)
def test_one_row_of_another_age_spoils_nothing(run: Run, tmp_path: Path, time: str, every: str) -> None:
    """A row at either end of the calendar is read or counted, and the night is told as it was."""
    odd = TOKYO.down("08-21 17:00:00", "192.0.2.1", 0) | {"TimeGenerated": time}
    ran = run("replay", written(tmp_path, [*NIGHT, odd]), "--json", *filter(None, [every]))
    assert ran.code == 0
    assert "azure-maintenance" in [i["cause"]["code"] for i in document(ran)["incidents"]]


def test_the_table_reads_well_in_80_columns(run: Run, tmp_path: Path) -> None:
    """In 80 columns no line is longer, and each incident's id, gateway, cause and day can be read whole."""
    file = written(tmp_path, fortnight.rows())
    found = document(run("replay", file, "--json"))["incidents"]
    ran = run("replay", file)
    assert max(map(len, ran.out.splitlines())) <= 80
    words = set(ran.out.replace(",", " ").split())
    for incident in found:
        assert {
            incident["id"],
            incident["gateway"]["name"],
            incident["cause"]["code"],
            incident["started_at"][:10],
        } <= words
        assert incident["cause"]["summary"].split()[-1].strip(",") in words
    assert "Times in UTC" in ran.out


def test_hostile_text_is_only_text(run: Run, tmp_path: Path) -> None:
    """Markup, escape codes and control characters in a log are printed as text or not at all."""
    reason = "[bold red]x[/] \x1b[31mred\x1b[0m \x07 \u202e"
    file = written(
        tmp_path, [*UP, TOKYO.down("08-21 20:00:00", NAGOYA, 0, reason), TOKYO.up("08-21 20:10:00", NAGOYA, 0)]
    )
    for more in ((), ("--json",)):
        ran = run("replay", file, *more)
        assert ran.code == 0
        assert not {"\x1b", "\x07", "\u202e"} & set(ran.out + ran.err)
    assert "[bold red]" in run("replay", file).err


def test_the_fortnight_is_told_as_it_was_composed(run: Run, tmp_path: Path) -> None:
    """Every scenario of the composed fortnight gets the verdict it was composed for."""
    found = document(run("replay", written(tmp_path, fortnight.rows()), "--json"))["incidents"]
    for scenario in fortnight.SCENARIOS:
        mine = [
            i for i in found
            if i["gateway"]["name"] == scenario.gateway.name
            and scenario.first <= datetime.fromisoformat(i["started_at"]) < scenario.last
        ]  # fmt: skip
        said = " + ".join(
            f"{i['cause']['code']} {i['cause']['confidence']} {i['status']} {i['impact']} {len(i['outages'])}"
            for i in mine
        )
        assert said == scenario.expected, scenario.name


def test_the_fortnights_file_is_its_rows() -> None:
    """The file of the fortnight that is shipped is what its program writes."""
    assert fortnight.FILE.read_text(encoding="utf-8") == fortnight.text()
    assert at("08-17 00:00:00") == fortnight.BEGIN


def process(*arguments: str, **streams: Any) -> subprocess.CompletedProcess[bytes]:
    """A real process, from the root, as the README says."""
    command = [sys.executable, "-m", "correlator", *arguments]
    return subprocess.run(command, cwd=ROOT, check=False, timeout=60, **streams)


def test_a_process_with_a_closed_input(night: Path) -> None:
    """As a process with its input closed and its output a pipe the answer is one document, and errors are empty."""
    done = process("replay", str(night), "--json", stdin=subprocess.DEVNULL, capture_output=True)
    assert done.returncode == 0
    assert json.loads(done.stdout)["incidents"]
    assert b"Traceback" not in done.stderr


def test_help_needs_nothing(run: Run) -> None:
    """Every command explains itself, and asking for help is no failure."""
    for command in ((), ("check",), ("replay",), ("sample",)):
        ran = run(*command, "--help")
        assert ran.code == 0
        assert ran.out.startswith("Usage: ")
        assert max(map(len, ran.out.splitlines())) <= 100


# The report page


def page_data(file: Path) -> dict[str, Any]:
    """What a report page was given to draw."""
    text = file.read_text(encoding="utf-8")
    start = text.index('id="data">') + len('id="data">')
    found: dict[str, Any] = json.loads(text[start : text.index("</script>", start)])
    return found


@pytest.mark.parametrize("arguments", [[], ["--every", "15m"]])
def test_html_writes_the_page_of_the_same_incidents(
    run: Run, night: Path, tmp_path: Path, arguments: list[str]
) -> None:
    """The page holds what the document holds, in the language and zone of the settings, and the rows beside it."""
    page = tmp_path / "report.html"
    ran = run("replay", night, "--json", "--html", page, *arguments, MESSAGE_LANGUAGE="ja", TIMEZONE="Asia/Tokyo")
    assert ran.code == 0
    data = page_data(page)
    assert {i["id"] for i in data["incidents"]} == {i["id"] for i in document(ran)["incidents"]}
    assert '<html lang="ja">' in page.read_text(encoding="utf-8")
    assert data["zone"][0][1:] == [540, "JST"]
    assert data["rows"]


def test_html_holds_no_row_that_was_not_there_yet(run: Run, night: Path, tmp_path: Path) -> None:
    """With --now, rows that arrived later are no part of the page, and its time ends then."""
    page = tmp_path / "report.html"
    run("replay", night, "--html", page, "--now", "2026-08-21T17:30Z")
    data = page_data(page)
    last = datetime.fromisoformat("2026-08-21T17:30Z").timestamp() * 1000
    assert data["span"][1] == last
    assert max(row[1] for row in data["rows"]) < last


def test_html_that_cannot_be_written_is_said_in_one_line(run: Run, night: Path, tmp_path: Path) -> None:
    """A folder that is not there is named."""
    assert "nowhere" in in_one_line(run("replay", night, "--html", tmp_path / "nowhere" / "report.html"))
