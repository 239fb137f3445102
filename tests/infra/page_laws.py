"""What must hold for a page. A law takes one and says what breaks it; no answer means that it holds."""

from __future__ import annotations

import importlib.util
import re
import shlex
from collections.abc import Callable, Iterable
from pathlib import Path

import click

from correlator.cli import commands as program
from correlator.settings import SETTINGS
from tests.infra.pages import Said, anchors, code, commands, found
from tests.infra.reader import INFRA, ROOT, read

PageLaw = Callable[[Path], Iterable[Said]]
PAGE_LAWS: dict[str, PageLaw] = {}

HOST_SETTINGS = {"FUNCTIONS_WORKER_RUNTIME", "AZURE_CLIENT_ID"}
"""Settings of the Functions host and of the Azure SDK that a page may name."""
OF_TOOLS = {"UPDATE_GOLDEN", "UPDATE_SCENARIOS", "BICEP_CHECK", "HYPOTHESIS_PROFILE"}
"""Variables of our own tests that a page may name."""
COMING: set[str] = set()
"""Commands that a page may mention before they are there; their options are checked once they are."""
NAMED_SETTINGS = (
    r"((TEAMS|SLACK|EVENTS)_(WEBHOOK_URL|LANGUAGE)|EVENTS_WEBHOOK_SECRET)_[A-Z0-9](?:[A-Z0-9_]{0,38}[A-Z0-9])?"
)
"""A pattern of the settings of channels with names: those of the table with a name behind them."""
OF_AZURE = {"connectionStatus"}
"""Names in camel case that are Azure's own."""


def page_law(judge: PageLaw) -> PageLaw:
    """Put a function among the laws, under its name."""
    PAGE_LAWS[judge.__name__] = judge
    return judge


@page_law
def links_lead_somewhere(page: Path) -> Iterable[Said]:
    """A relative link names a file that is there, and its anchor a heading of that file."""
    for said in found(page, r"\]\(([^)\s]+)\)"):
        file, _, anchor = said.text.partition("#")
        there = (page.parent / file).resolve() if file else page
        if re.match(r"https?:|mailto:", said.text):
            continue
        if not there.exists() or (anchor and anchor not in anchors(there)):
            yield said


@page_law
def targets_of_make_exist(page: Path) -> Iterable[Said]:
    """A command that begins with make names targets of the Makefile."""
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    for said in commands(page):
        called = re.match(r"(?:[A-Z_]+=\S+ )*make (.+)", said.text)
        if called and [w for w in called[1].split() if "=" not in w and w not in targets]:
            yield said


def _misused(line: str) -> bool:
    """Whether a call names a command of the program that is not there, or an option that the command does not take."""
    words = shlex.split(line.replace("…", "").replace("'", ""))
    command = program.commands.get(words[0]) if words else None
    if isinstance(command, click.Group) and len(words) > 1:
        words, command = words[1:], command.commands.get(words[1])
    if command is None:
        return bool(words) and words[0] not in COMING
    taken = {o for p in command.params if isinstance(p, click.Option) for o in (*p.opts, *p.secondary_opts)}
    return not {w.partition("=")[0] for w in words[1:] if w.startswith("--")} <= taken | {"--help"}


@page_law
def commands_and_options_exist(page: Path) -> Iterable[Said]:
    """A call of the command line names a command, and options that this command takes."""
    for said in commands(page):
        called = re.match(r"python3? -m correlator\b(.*)", said.text)
        if called and _misused(called[1]):
            yield said


@page_law
def modules_that_are_run_exist(page: Path) -> Iterable[Said]:
    """`python -m` of the sandbox or the benchmarks names a module, and options that stand in its source."""
    for said in commands(page):
        called = re.match(r"python3? -m ((?:sandbox|benchmarks)[\w.]*)(.*)", said.text)
        if called and not _runs(called[1], re.findall(r"--[a-z][\w-]*", called[2])):
            yield said


def _runs(module: str, options: Iterable[str]) -> bool:
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        return False
    place = ROOT.joinpath(*module.split("."))
    files = place.rglob("*.py") if place.is_dir() else [place.with_suffix(".py")]
    source = "".join(f.read_text(encoding="utf-8") for f in files if f.is_file())
    return spec is not None and all(f'"{option}"' in source for option in options)


@page_law
def settings_exist(page: Path) -> Iterable[Said]:
    """A name in capitals between backticks is a setting, or one of a few others that are listed above."""
    azd = re.findall(r"\bVPN_\w+", (INFRA / "subscription.parameters.json").read_text(encoding="utf-8"))
    known = {s.name for s in SETTINGS} | HOST_SETTINGS | OF_TOOLS | set(azd)
    for said in code(page):
        is_one = re.fullmatch(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+", said.text)
        if is_one and said.text not in known and not re.fullmatch(NAMED_SETTINGS, said.text):
            yield said


@page_law
def parameters_and_outputs_exist(page: Path) -> Iterable[Said]:
    """A name in camel case between backticks is a parameter, an output, a field or choice of one, or given to `az`."""
    templates = read().values()
    parameters = {p.name for t in templates for p in t.parameters}
    outputs = {o.name for t in templates for o in t.outputs}
    types = (INFRA / "types.bicep").read_text(encoding="utf-8")
    fields = set(re.findall(r"^  @description.*\n  (\w+)\??: ", types, re.M))
    fields |= {choice for line in re.findall(r"^type .*", types, re.M) for choice in re.findall(r"'(\w+)'", line)}
    for said in code(page):
        camel = re.fullmatch(r"[a-z]+(?:[A-Z][a-z0-9]*)+", said.text)
        if camel and said.text not in parameters | outputs | fields | OF_AZURE:
            yield said
    yield from (s for s in found(page, r"--parameters ([a-z]\w*)=") if s.text not in parameters)


@page_law
def outputs_that_commands_need_exist(page: Path) -> Iterable[Said]:
    """What a command reads from a deployment, or leaves open in camel case as in <vaultName>, is an output."""
    outputs = {o.name for o in read()["main.bicep"].outputs}
    for pattern in (r"properties\.outputs\.(\w+)", r"<([a-z]+[A-Z]\w*)>"):
        yield from (said for said in found(page, pattern) if said.text not in outputs)


@page_law
def files_exist(page: Path) -> Iterable[Said]:
    """A path between backticks that begins with a folder of the repository is there; so is a script that is run."""
    folders = {p.name for p in ROOT.iterdir() if p.is_dir()}
    for said in code(page):
        path = re.fullmatch(r"([\w.-]+)/[\w./-]*", said.text)
        if path and path[1] in folders and not (ROOT / said.text).exists():
            yield said
    yield from (s for s in found(page, r"\bsh ([\w/.-]+\.sh)") if not (ROOT / s.text).is_file())


@page_law
def options_of_scripts_exist(page: Path) -> Iterable[Said]:
    """A script of infra is called with options that it takes."""
    for said in commands(page):
        called = re.match(r"sh (infra/[\w-]+\.sh)(.*)", said.text)
        script = ROOT / called[1] if called else None
        if called and script and script.is_file():
            text = script.read_text(encoding="utf-8")
            if [o for o in re.findall(r"--[\w-]+", called[2]) if f"    {o}) " not in text]:
                yield said
