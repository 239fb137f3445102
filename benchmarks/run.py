"""Every measurement in one run: ``python -m benchmarks.run``.

``--json`` prints JSON instead of the table, ``--write`` puts the table into README.md beside this file, ``--rows``
makes the fleet smaller or larger. Only CPU seconds are compared, and only with others of the same run.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.fleet import ROWS
from benchmarks.imports import APP, SDKS
from benchmarks.measure import child

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
STORED = (0, 100_000)
IMPORTS = 7
ROUNDS = (
    ("decode", "correlator", "with_pandas", "with_polars", "with_duckdb", "sdk"),
    ("decode", "correlator", "with_pandas", "with_polars", "with_duckdb", "sdk"),
    ("decode", "correlator", "with_pandas", "with_polars"),
)
"""What is measured in turn; the slow ones less often."""
LINES = {
    "decode": ("`json.loads`, nothing else", ""),
    "correlator": ("correlator", "incidents with cause and id"),
    "with_pandas": ("json + pandas", "tunnel outages only"),
    "with_polars": ("json + polars", "tunnel outages only"),
    "with_duckdb": ("DuckDB, its own JSON reader", "tunnel outages only"),
    "sdk": ("azure-monitor-query 2.0, no network", "the rows, nothing found"),
}


def measure(rows: int, folder: Path) -> dict[str, Any]:
    """All measurements."""
    answer, bytecode = folder / "answer.json", folder / "bytecode"
    say(f"composing a fleet of {rows:,} rows")
    fleet = child("benchmarks.fleet", str(answer), str(rows), bytecode=bytecode)
    fleet["bytes"] = answer.stat().st_size
    chains: dict[str, list[dict[str, Any]]] = {}
    for number, names in enumerate(ROUNDS, 1):
        for name in names:
            say(f"round {number} of {len(ROUNDS)}: {name}")
            chains.setdefault(name, []).append(child("benchmarks.measure", name, str(answer), bytecode=bytecode))
    polls = {}
    for stored in STORED:
        say(f"polls with {stored:,} stored incidents")
        polls[str(stored)] = child("benchmarks.polls", str(stored), bytecode=bytecode)
    return {"machine": machine(), "fleet": fleet, "chains": {n: best(c) for n, c in chains.items()}, "polls": polls,
            "imports": imports(bytecode)}  # fmt: skip


def imports(bytecode: Path) -> dict[str, float]:
    """Median CPU of importing the SDK packages alone and the app, in turns, after a round that warms the bytecode."""
    spent: dict[str, list[float]] = {"sdks": [], "app": []}
    for number in range(IMPORTS + 1):
        say(f"imports, round {number} of {IMPORTS}")
        for what, modules in (("sdks", SDKS), ("app", APP)):
            cpu = child("benchmarks.imports", *modules, bytecode=bytecode)["cpu"]
            if number:
                spent[what].append(cpu)
    return {what: median(times) for what, times in spent.items()}


def best(tries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The least CPU and the largest peak of some tries, which must have found the same."""
    (answer,) = {t["answer"] for t in tries}
    return {"cpu": min(t["cpu"] for t in tries), "peak_mb": max(t["peak_mb"] for t in tries), "answer": answer}


def machine() -> str:
    """What it ran on, as far as it matters to ratios."""
    return f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"


def agreed(chains: dict[str, Any]) -> str:
    """The fingerprint that every chain which finds outages must have found."""
    (answer,) = {c["answer"] for c in chains.values()} - {""}
    return str(answer)


def table(found: dict[str, Any]) -> str:
    """The measurements as Markdown."""
    fleet, chains, spent = found["fleet"], found["chains"], found["imports"]
    loads, sdk = chains["decode"]["cpu"], chains["sdk"]["cpu"]
    outages, _, mark = agreed(chains).partition("-")
    lines = [
        f"{found['machine']}. {fleet['rows']:,} rows of {fleet['gateways']:,} gateways, "
        f"{fleet['bytes'] / 1e6:.1f} MB, {fleet['bytes'] / fleet['rows']:.0f} bytes a row.",
        "",
        "| From the same bytes to … | what comes out | CPU s | × `json.loads` | of the SDK's CPU | peak RSS MB |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for name, (what, result) in LINES.items():
        c = chains[name]
        part = "1" if name == "sdk" else f"1/{sdk / c['cpu']:.1f}"
        numbers = f"{c['cpu']:.2f} | {c['cpu'] / loads:.1f} | {part} | {c['peak_mb']:.0f}"
        lines.append(f"| {what} | {result} | {numbers} |")
    lines += [
        "",
        f"Same answer: {int(outages):,} outages of the active-standby gateways, fingerprint `{mark}`, from every line "
        "that finds outages.",
        "",
        "| One poll | stored incidents | CPU ms | calls |",
        "|---|--:|--:|---|",
    ]
    for kind, what in (("quiet", "nothing new"), ("news", "a maintenance, told and recorded")):
        for stored, poll in found["polls"].items():
            calls = " or ".join(", ".join(f"{n} {name}" for name, n in c.items()) for c in poll[kind]["calls"])
            lines.append(f"| {what} | {int(stored):,} | {poll[kind]['cpu'] * 1000:.2f} | {calls} |")
    lines += [
        "",
        "| Import, fresh process, warm bytecode | CPU ms | × |",
        "|---|--:|--:|",
        f"| the SDK packages alone | {spent['sdks'] * 1000:.0f} | 1.00 |",
        f"| `function_app`, which imports them | {spent['app'] * 1000:.0f} | {spent['app'] / spent['sdks']:.2f} |",
    ]
    return "\n".join(lines)


def write(text: str) -> None:
    """Put the table between the marks of the README."""
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def say(what: str) -> None:
    """Progress, out of the way of the result."""
    print(what, file=sys.stderr, flush=True)


def main() -> None:
    """Measure, check and show."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--write", action="store_true", help="rewrite the table in README.md")
    parser.add_argument("--rows", type=int, default=ROWS, help="rows of the composed fleet (default: %(default)s)")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        found = measure(options.rows, Path(folder))
    agreed(found["chains"])
    text = table(found)
    print(json.dumps(found, indent=1) if options.json else text)
    if options.write:
        write(text)


if __name__ == "__main__":
    main()
