"""Every page says only what is there, and the two languages say the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from correlator.delivery import Report, Sent
from correlator.settings import SETTINGS
from correlator.wiring import line_of
from tests.infra.page_laws import PAGE_LAWS
from tests.infra.pages import PAGES, code, commands, found, name_of, text_of
from tests.infra.reader import ROOT


def test_all_pages_are_read() -> None:
    """The pages are those at the top, those in docs and those of the benchmarks."""
    names = {name_of(page) for page in PAGES}
    assert {"README.md", "README.ja.md", "CONTRIBUTING.md", "benchmarks/README.md"} <= names
    assert {"docs/deploy.md", "docs/deploy.ja.md", "docs/operate.md", "docs/limits.md"} <= names


@pytest.mark.parametrize("law", PAGE_LAWS)
@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_law_holds(page: Path, law: str) -> None:
    """Links, commands, options, settings, parameters, outputs and files that a page names are there."""
    assert [f"{said.where}: {said.text}" for said in PAGE_LAWS[law](page)] == []


MISTAKES = [
    ("links_lead_somewhere", "[there](nowhere.md)"),
    ("links_lead_somewhere", "# Here\n\n[there](#there)"),
    ("targets_of_make_exist", "`make coffee`"),
    ("targets_of_make_exist", "```\nPYTHON=python3.12 make test coffee\n```"),
    ("commands_and_options_exist", "```\npython -m correlator guess\n```"),
    ("commands_and_options_exist", "1. So:\n\n   ```\n   python -m correlator check \\\n     --gateways vgw\n   ```"),
    ("modules_that_are_run_exist", "`python -m sandbox.nothing`"),
    ("modules_that_are_run_exist", "`python -m benchmarks.nothing.more`"),
    ("modules_that_are_run_exist", "`python -m benchmarks.verdicts --guess`"),
    ("settings_exist", "Set `POLL_SECONDS`."),
    ("parameters_and_outputs_exist", "Set `pollSeconds`."),
    ("parameters_and_outputs_exist", "`az deployment group create --parameters pollSeconds=300`"),
    ("outputs_that_commands_need_exist", "```\naz functionapp show --name <appName>\n```"),
    ("outputs_that_commands_need_exist", "`az deployment group show --query properties.outputs.appName.value`"),
    ("files_exist", "See `infra/nothing.bicep`."),
    ("files_exist", "```\nsh infra/nothing.sh\n```"),
    ("options_of_scripts_exist", "```\nsh infra/deploy.sh --now\n```"),
]


@pytest.mark.parametrize(("law", "text"), MISTAKES)
def test_a_mistake_is_caught(law: str, text: str, tmp_path: Path) -> None:
    """Each law finds what it is there for, and says where."""
    page = tmp_path / "page.md"
    page.write_text(f"{text}\n", encoding="utf-8")
    assert [said.where.partition(":")[0] for said in PAGE_LAWS[law](page)] == ["page.md"]


def test_every_law_has_its_mistake() -> None:
    """No law is there that was never seen to fail."""
    assert {law for law, _ in MISTAKES} == PAGE_LAWS.keys()


def test_the_pages_give_the_laws_something_to_judge() -> None:
    """Commands are found in blocks, in lists and in sentences; a page read wrongly would pass every law."""
    lines = {said.text for page in PAGES for said in commands(page)}
    assert {"make demo", "python -m correlator doctor"} <= lines
    assert "az functionapp restart --resource-group rg-vpn-prod --name <functionAppName>" in lines
    assert "POLL_SCHEDULE" in {said.text for page in PAGES for said in code(page)}


# Two languages


def settings_of(page: Path) -> list[tuple[str, str]]:
    """Name and default of each row of the settings table, in its order."""
    table = text_of(page).partition("<!-- settings -->")[2].partition("<!-- /settings -->")[0]
    cells = [[c.strip() for c in line.split("|")[1:3]] for line in table.splitlines() if line.startswith("| `")]
    return [(name.strip("`"), default.strip("`")) for name, default in cells]


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_the_settings_table_is_that_of_the_code(name: str) -> None:
    """Both READMEs list every setting, in the order of the code, with its default."""
    assert settings_of(ROOT / name) == [(s.name, s.default) for s in SETTINGS]


PAIRS = [("README.md", "README.ja.md"), ("docs/deploy.md", "docs/deploy.ja.md")]
IN_STEP = pytest.mark.parametrize(("english", "japanese"), PAIRS, ids=[p[0] for p in PAIRS])


@IN_STEP
def test_translations_link_each_other(english: str, japanese: str) -> None:
    """Each page links its translation."""
    for here, there in ((english, japanese), (japanese, english)):
        assert f"]({Path(there).name})" in text_of(ROOT / here)


@IN_STEP
def test_translations_are_in_step(english: str, japanese: str) -> None:
    """A translation has the sections, the rows and the commands of the English page, in the same order."""
    one, other = ROOT / english, ROOT / japanese
    assert [h.text for h in found(one, r"^(#+) ")] == [h.text for h in found(other, r"^(#+) ")]
    assert first_cells(one) == first_cells(other)
    assert blocks(one) == blocks(other)


def first_cells(page: Path) -> list[list[str]]:
    """Of each row of a table, the code in its first cell."""
    return [re.findall(r"`([^`]+)`", row.text) for row in found(page, r"^\|([^|]*)\|")]


def blocks(page: Path) -> list[str]:
    """The blocks of commands, without comments at the ends of lines."""
    return [re.sub(r" +#.*$", "", b, flags=re.M) for b in re.findall(r"^```\n(.*?)^```$", text_of(page), re.M | re.S)]


def test_every_field_of_the_polls_line_is_explained() -> None:
    """The page on running it has a row for each field of a run's line, and for no other."""
    line = json.loads(line_of("poll", Report("ws")))
    section = text_of(ROOT / "docs" / "operate.md").split("## The poll's line")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", section, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"\w+", row)} == set(line)
    of_each = json.loads(line_of("poll", Report("ws", messages=[Sent("", "", "", None, None, None)])))["messages"][0]
    assert set(of_each) <= set(re.findall(r"`(\w+)`", section))
