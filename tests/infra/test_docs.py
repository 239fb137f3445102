"""Every page says only what is there: links, commands, options, settings, parameters, outputs and files."""

from __future__ import annotations

import importlib.util
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

import click
import pytest

from correlator.cli import commands as program
from correlator.settings import SETTINGS
from tests.infra.pages import PAGES, Said, anchors, code, commands, found, name_of, text_of
from tests.infra.reader import INFRA, ROOT, read

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
HOST_SETTINGS = {"FUNCTIONS_WORKER_RUNTIME", "AZURE_CLIENT_ID"}
"""Settings of the Functions host and of the Azure SDK that a page may name."""
OF_SCRIPTS = {"PYTHON", "UPDATE_GOLDEN", "BICEP_CHECK", "HYPOTHESIS_PROFILE"}
"""Variables of make, tests and scripts that a page may name."""
COMING = {"doctor"}
"""Commands that a page may mention before they are there; their options are checked once they are."""
FOLDERS = {p.name for p in ROOT.iterdir() if p.is_dir()}
EVERY_PAGE = pytest.mark.parametrize("page", PAGES, ids=name_of)


def wrong(said: Sequence[Said]) -> list[str]:
    """For a reader of the failure: where it stands and what it says."""
    return [f"{each.where}: {each.text}" for each in said]


def test_all_pages_are_read() -> None:
    """The pages are those at the top, in docs and the benchmarks' own."""
    names = {name_of(page) for page in PAGES}
    assert {"README.md", "README.ja.md", "CONTRIBUTING.md", "benchmarks/README.md"} <= names
    assert {"docs/deploy.md", "docs/deploy.ja.md", "docs/operate.md", "docs/limits.md"} <= names


@EVERY_PAGE
def test_every_link_leads_somewhere(page: Path) -> None:
    """A relative link names a file that is there, and its anchor a heading of that file."""

    def leads(target: str) -> bool:
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        return there.exists() and (not anchor or anchor in anchors(there))

    links = [s for s in found(page, r"\]\(([^)\s]+)\)") if not re.match(r"https?:|mailto:", s.text)]
    assert wrong([s for s in links if not leads(s.text)]) == []


@EVERY_PAGE
def test_every_target_of_make_exists(page: Path) -> None:
    """A command that begins with make names targets of the Makefile."""
    targets = set(re.findall(r"^(\w+):", MAKEFILE, re.M))
    called = [s for s in commands(page) if re.match(r"(?:[A-Z_]+=\S+ )*make ", s.text)]
    names = [Said(s.where, w) for s in called for w in s.text.partition("make ")[2].split() if "=" not in w]
    assert wrong([s for s in names if s.text not in targets]) == []


def options_of(command: click.Command) -> set[str]:
    """What a command takes, help included."""
    return {o for p in command.params if isinstance(p, click.Option) for o in (*p.opts, *p.secondary_opts)} | {"--help"}


def misuse(line: str) -> bool:
    """Whether a line calls a command of the program that is not there, or an option that the command does not take."""
    words = shlex.split(line.partition(" -m correlator")[2].replace("…", "").replace("'", ""))
    if not words:
        return False
    command = program.commands.get(words[0])
    if command is None:
        return words[0] not in COMING
    given = {w.partition("=")[0] for w in words[1:] if re.match(r"--\w", w)}
    return not given <= options_of(command)


@EVERY_PAGE
def test_every_command_and_option_exists(page: Path) -> None:
    """A call of the command line names a command, and options that this command takes."""
    called = [s for s in commands(page) if re.match(r"python3? -m correlator\b", s.text)]
    assert wrong([s for s in called if misuse(s.text)]) == []


@EVERY_PAGE
def test_every_module_that_is_run_exists(page: Path) -> None:
    """`python -m` of the sandbox or the benchmarks names a module, and options that stand in its source."""
    for where, line in commands(page):
        called = re.match(r"python3? -m ((?:sandbox|benchmarks)[\w.]*)(.*)", line)
        if not called:
            continue
        spec = importlib.util.find_spec(called[1])
        assert spec, f"{where}: {called[1]}"
        folder = ROOT.joinpath(*called[1].split("."))
        files = folder.rglob("*.py") if folder.is_dir() else [folder.with_suffix(".py")]
        source = "".join(f.read_text(encoding="utf-8") for f in files)
        assert [o for o in re.findall(r"--[a-z][\w-]*", called[2]) if f'"{o}"' not in source] == [], where


@EVERY_PAGE
def test_every_setting_exists(page: Path) -> None:
    """A name in capitals between backticks is a setting, or one of a few of others."""
    azd = set(re.findall(r"\bVPN_\w+", (INFRA / "subscription.parameters.json").read_text(encoding="utf-8")))
    known = {s.name for s in SETTINGS} | HOST_SETTINGS | OF_SCRIPTS | azd
    named = [s for s in code(page) if re.fullmatch(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+", s.text)]
    assert wrong([s for s in named if s.text not in known]) == []


@pytest.mark.parametrize("page", [p for p in PAGES if p.parent.name == "docs"], ids=name_of)
def test_every_parameter_exists(page: Path) -> None:
    """A name in camel case between backticks is a parameter of a template or an output of one; likewise in commands."""
    templates = read().values()
    parameters = {p.name for t in templates for p in t.parameters}
    outputs = {o.name for t in templates for o in t.outputs}
    fields = set(re.findall(r"^  @description.*\n  (\w+)\??: ", (INFRA / "types.bicep").read_text(encoding="utf-8"), re.M))
    named = [s for s in code(page) if re.fullmatch(r"[a-z]+(?:[A-Z][a-z0-9]*)+", s.text)]
    known = parameters | outputs | fields | {"connectionStatus"}
    assert wrong([s for s in named if s.text not in known]) == []
    given = [s for s in found(page, r"--parameters ([a-z]\w*)=")]
    assert wrong([s for s in given if s.text not in parameters]) == []


@EVERY_PAGE
def test_every_output_that_a_command_needs_exists(page: Path) -> None:
    """A command reads outputs that main.bicep has, and stands open for no other: <camelCase> is an output."""
    outputs = {o.name for o in read()["main.bicep"].outputs}
    lines = [s for s in commands(page) if "az " in s.text]
    asked = [Said(s.where, n) for s in lines for n in re.findall(r"outputs\.(\w+)|<([a-z]+[A-Z]\w*)>", s.text) for n in n if n]
    assert wrong([s for s in asked if s.text not in outputs]) == []


@EVERY_PAGE
def test_every_file_that_is_named_exists(page: Path) -> None:
    """A path between backticks that begins with a folder of the repository, or a script that a command runs, is there."""
    paths = [s for s in code(page) if re.fullmatch(r"[\w.-]+/[\w./-]*", s.text) and s.text.partition("/")[0] in FOLDERS]
    scripts = [Said(s.where, f) for s in commands(page) for f in re.findall(r"\bsh (infra/[\w-]+\.sh)", s.text)]
    made = {"sandbox/page/dist"}
    assert wrong([s for s in [*paths, *scripts] if s.text not in made and not (ROOT / s.text).exists()]) == []


@EVERY_PAGE
def test_every_option_of_a_script_exists(page: Path) -> None:
    """A script of infra is called with options that it takes."""
    for where, line in commands(page):
        called = re.match(r"sh (infra/[\w-]+\.sh)(.*)", line)
        if called and (ROOT / called[1]).is_file():
            text = (ROOT / called[1]).read_text(encoding="utf-8")
            assert [o for o in re.findall(r"--[\w-]+", called[2]) if f"    {o}) " not in text] == [], where


# Two languages


def table_of_settings(page: Path) -> list[tuple[str, str]]:
    """Name and default of each row of the settings table, in its order."""
    table = text_of(page).partition("<!-- settings -->")[2].partition("<!-- /settings -->")[0]
    cells = [[c.strip() for c in line.split("|")[1:3]] for line in table.splitlines() if line.startswith("| `")]
    return [(name.strip("`"), default.strip("`")) for name, default in cells]


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_the_settings_table_is_that_of_the_code(name: str) -> None:
    """Both READMEs list every setting, in the order of the code, with its default."""
    assert table_of_settings(ROOT / name) == [(s.name, s.default) for s in SETTINGS]


PAIRS = [("README.md", "README.ja.md"), ("docs/deploy.md", "docs/deploy.ja.md")]
IN_STEP = pytest.mark.parametrize(("english", "japanese"), PAIRS, ids=[p[0] for p in PAIRS])


@IN_STEP
def test_translations_link_each_other(english: str, japanese: str) -> None:
    """Each page links its translation."""
    for here, there in ((english, japanese), (japanese, english)):
        assert f"]({Path(there).name})" in text_of(ROOT / here)


@IN_STEP
def test_translations_are_in_step(english: str, japanese: str) -> None:
    """A translation has the sections, the table rows and the commands of the English page, in the same order."""
    one, other = ROOT / english, ROOT / japanese
    shapes = [[len(h.text) for h in found(page, r"^(#+) ")] for page in (one, other)]
    assert shapes[0] == shapes[1]
    names = [[s.text for s in found(page, r"^\| ([`…*][^|]*) \|")] for page in (one, other)]
    assert [n for n in names[0] if "`" in n] == [n for n in names[1] if "`" in n]
    assert [s.text for s in found(one, r"^\|")].__len__() == [s.text for s in found(other, r"^\|")].__len__()
    blocks = [re.findall(r"^```\n(.*?)^```$", text_of(page), re.M | re.S) for page in (one, other)]
    plain = [[re.sub(r" +#.*$", "", b, flags=re.M) for b in each] for each in blocks]
    assert plain[0] == plain[1]
