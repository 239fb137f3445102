"""The pages that people read, and what can be taken out of them to be checked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.infra.reader import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("benchmarks/*.md")])
_FENCE = re.compile(r"^( *)```.*?^ *```$", re.M | re.S)


class Said(NamedTuple):
    """Something a page says, and the line it stands on, as in ``docs/deploy.md:12``."""

    where: str
    text: str


def name_of(page: Path) -> str:
    """The page's path in the repository."""
    return page.relative_to(ROOT).as_posix() if page.is_relative_to(ROOT) else page.name


def text_of(page: Path) -> str:
    """Its text."""
    return page.read_text(encoding="utf-8")


def found(page: Path, pattern: str) -> Iterator[Said]:
    """Each match of a pattern (its first group if it has one), wherever it stands."""
    text = text_of(page)
    for match in re.finditer(pattern, text, re.M):
        line = text.count("\n", 0, match.start()) + 1
        yield Said(f"{name_of(page)}:{line}", match[1] if match.re.groups else match[0])


def code(page: Path) -> Iterator[Said]:
    """What stands between backticks in a sentence."""
    prose = _FENCE.sub(lambda block: "\n" * block[0].count("\n"), text_of(page))
    for match in re.finditer(r"`([^`\n]+)`", prose):
        yield Said(f"{name_of(page)}:{prose.count(chr(10), 0, match.start()) + 1}", match[1])


def commands(page: Path) -> Iterator[Said]:
    """Each command of a page: lines of its blocks, joined where one ends with a backslash, and code in sentences."""
    text = text_of(page)
    for block in _FENCE.finditer(text):
        first = text.count("\n", 0, block.start()) + 1
        lines = re.sub(r"\\\n *", " ", block[0]).splitlines()[1:-1]
        yield from (Said(f"{name_of(page)}:{first}", line.partition(" #")[0].strip()) for line in lines if line.strip())
    yield from code(page)


def anchors(page: Path) -> set[str]:
    """The headings as links name them: lower case, hyphens for spaces, no punctuation; a repeated one is numbered."""
    names: list[str] = []
    for heading in re.findall(r"^#+ (.+)$", _FENCE.sub("", text_of(page)), re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", lambda m: m[1] or "", heading)
        name = re.sub(r"[^\w\- ]", "", plain).strip().lower().replace(" ", "-")
        names.append(f"{name}-{names.count(name)}" if name in names else name)
    return set(names)
