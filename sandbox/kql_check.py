"""What Microsoft's KQL parser says about a query: its faults, and the columns of its result."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from sandbox.node import install
from sandbox.workspace import SCHEMA

_SCRIPT = Path(__file__).with_name("kql_check.cjs")


@dataclass(frozen=True)
class Diagnostic:
    """One remark; `severity` is Error, Warning, Suggestion or Hidden, line and column count from 1."""

    severity: str
    code: str
    message: str
    line: int
    column: int


@dataclass(frozen=True)
class Checked:
    """Remarks on one text, and name -> type of the columns it results in (None where that is not a table)."""

    diagnostics: tuple[Diagnostic, ...]
    columns: dict[str, str] | None

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The remarks for which the service would refuse the query."""
        return tuple(each for each in self.diagnostics if each.severity == "Error")


class _Diagnostic(TypedDict):
    severity: str
    code: str
    message: str
    line: int
    column: int


class _Content(TypedDict):
    diagnostics: list[_Diagnostic]
    columns: list[tuple[str, str]] | None


def check(texts: Mapping[str, str], schema: Mapping[str, Mapping[str, str]] = SCHEMA) -> dict[str, Checked]:
    """Parse and bind each text against `schema` (table -> column -> type). One node process for all of them."""
    packages = install()
    done = subprocess.run(
        [str(packages.node), str(_SCRIPT)],
        input=json.dumps({"schema": schema, "texts": dict(texts)}),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the KQL parser failed: {done.stderr.strip()[-1000:]}")
    return {name: _checked(content) for name, content in json.loads(done.stdout).items()}


def _checked(content: _Content) -> Checked:
    columns = content["columns"]
    diagnostics = tuple(Diagnostic(**each) for each in content["diagnostics"])
    return Checked(diagnostics, None if columns is None else dict(columns))
