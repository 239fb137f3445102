"""What was measured, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks import money

LINES = {
    "decode": ("`json.loads`, nothing else", ""),
    "correlator": ("correlator", "incidents with cause and id"),
    "outages_only": ("correlator, as far as the others go", "tunnel outages only"),
    "with_pandas": ("json + pandas", "tunnel outages only"),
    "with_polars": ("json + polars", "tunnel outages only"),
    "with_duckdb": ("DuckDB, its own JSON reader", "tunnel outages only"),
    "sdk": ("azure-monitor-query 2.0, no network", "the rows, nothing found"),
}
WAYS = {
    "loads": "`json.loads`, nothing else",
    "fetch": "correlator: the SDK's client, rows read by itself",
    "sdk": "azure-monitor-query 2.0: its method for queries",
}
CALLS = ("log query", "table read", "table write", "send")
NIGHTS = {
    "quiet": "quiet hour",
    "maintenance": "maintenance night",
    "storm": "storm",
    "backfill": "first poll, 30 days",
}


def whole(found: Mapping[str, Any]) -> str:
    """All tables."""
    parts = [f"{found['machine']}. Load of the machine while it ran: {found['load']}."]
    parts += [chains(of) for of in found["chains"]]
    parts += [fetched(found["fetched"]), stored(found["stored"]), nights(found["nights"])]
    parts += [fleet(found["workspaces"], found["report"]), imports(found["imports"])]
    parts += ["### Money", bills(found)]
    return "\n\n".join(parts)


def _table(head: str, aligned: str, rows: Iterator[str] | Sequence[str]) -> str:
    return "\n".join([head, aligned, *rows])


def agreed(lines: Mapping[str, Any]) -> str:
    """The fingerprint that every chain which finds outages must have found."""
    (answer,) = {c["answer"] for c in lines.values()} - {""}
    return str(answer)


def chains(of: Mapping[str, Any]) -> str:
    """From bytes to incidents."""
    size, lines = of["fleet"], of["lines"]
    loads, sdk = lines["decode"]["cpu"], lines.get("sdk", {}).get("cpu")
    outages, _, mark = agreed(lines).partition("-")

    def row(name: str) -> str:
        c = lines[name]
        part = "" if sdk is None else "1" if name == "sdk" else f"1/{sdk / c['cpu']:.1f}"
        numbers = f"{c['cpu']:.2f} | {c['cpu'] / loads:.1f} | {part} | {c['peak_mb']:,.0f}"
        return f"| {LINES[name][0]} | {LINES[name][1]} | {numbers} |"

    said = (
        f"**{size['rows']:,} rows** of {size['gateways']:,} gateways, {size['bytes'] / 1e6:.1f} MB, "
        f"{size['bytes'] / size['rows']:.0f} bytes a row. Same answer: {int(outages):,} outages of the active-standby "
        f"gateways, fingerprint `{mark}`, from every line that finds outages."
    )
    head = "| From the same bytes to … | what comes out | CPU s | × `json.loads` | of the SDK's CPU | peak RSS MB |"
    return said + "\n\n" + _table(head, "|---|---|--:|--:|--:|--:|", [row(n) for n in LINES if n in lines])


def fetched(found: Mapping[str, Mapping[str, Any]]) -> str:
    """The answer of one poll."""
    head = "| One poll's answer, from the bytes to rows | rows | CPU ms | × `json.loads` | more RSS MB |"
    rows = [
        f"| {what} | {int(size):,} | {by[how]['cpu'] * 1000:.1f} | {by[how]['cpu'] / by['loads']['cpu']:.1f} | "
        f"{by[how]['more_mb']:.0f} |"
        for size, by in found.items()
        for how, what in WAYS.items()
    ]
    return _table(head, "|---|--:|--:|--:|--:|", rows)


def stored(found: Mapping[str, Any]) -> str:
    """One poll over tables that hold nothing, or much."""
    rows = []
    for kind, what in (("quiet", "nothing new"), ("news", "a maintenance, told and recorded")):
        for count, poll in found.items():
            calls = " or ".join(", ".join(f"{n} {name}" for name, n in c.items()) for c in poll[kind]["calls"])
            rows.append(f"| {what} | {int(count):,} | {poll[kind]['cpu'] * 1000:.2f} | {calls} |")
    return _table("| One poll | stored incidents | CPU ms | calls |", "|---|--:|--:|---|", rows)


def _many(count: str, what: str) -> str:
    return f"{int(count):,} {what}{'s' * (count != '1')}"


def _calls(of: Mapping[str, Any]) -> str:
    return " | ".join(f"{of['calls'].get(name, 0):,}" for name in CALLS)


def nights(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Polls of one workspace with many gateways."""
    head = (
        "| One workspace | gateways | rows | log queries | table reads | table writes | messages | CPU s | longest, s "
    )
    rows = [
        f"| {what} | {int(n):,} | {of['rows']:,} | {_calls(of)} | {of['cpu']:.3g} | {of['worst']:.3g} | "
        f"{of['peak_mb']:.0f} |"
        for kind, what in NIGHTS.items()
        for n, of in found[kind].items()
    ]
    return _table(head + "| peak RSS MB |", "|---|" + "--:|" * 9, rows)


def fleet(ticks: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    """Many workspaces, and the week's report of many gateways."""
    head = "| Many quiet workspaces, one tick | log queries | table reads | table writes | messages | CPU s |"
    rows = [
        f"| {what}, {_many(n, 'workspace')} | {_calls(tick[part])} | {tick[part]['cpu']:.3g} |"
        for n, tick in ticks.items()
        for part, what in (("ask", "the run that asks"), ("polls", "all the polls"))
    ]
    week = (
        f"The week's report of {report['gateways']:,} gateways, over thirteen weeks of incidents: "
        f"{report['cpu']:.1f} s of CPU with their composing, {report['more_mb']:.0f} MB more, "
        f"{report['kept_bytes'] / 1024:.0f} KiB kept."
    )
    return _table(head, "|---|" + "--:|" * 5, rows) + "\n\n" + week


def imports(spent: Mapping[str, Sequence[float]]) -> str:
    """A cold start's own part."""
    head = "| Import, fresh process, warm bytecode | least, CPU ms | × | middle, CPU ms | × |"
    names = {"sdks": "an empty function: the SDK packages alone", "app": "`function_app`, which imports them"}
    rows = [
        f"| {name} | "
        + " | ".join(f"{cpu * 1000:.0f} | {cpu / sdk:.2f}" for cpu, sdk in zip(spent[what], spent["sdks"], strict=True))
        + " |"
        for what, name in names.items()
    ]
    return _table(head, "|---|--:|--:|--:|--:|", rows)


def bills(found: Mapping[str, Any]) -> str:
    """Dollars a month."""
    quiet, wild = found["nights"]["quiet"], found["nights"]
    priced: dict[str, money.Bill] = {}
    for n in quiet:
        night = {kind: wild[kind][n] for kind in money.NIGHTS}
        priced[f"1 workspace, {_many(n, 'gateway')}"] = money.of_gateways(quiet[n], night)
    rounds = []
    for n, tick in found["workspaces"].items():
        if int(n) > 1:
            priced[f"{int(n):,} quiet workspaces"] = money.of_workspaces(tick)
            rounds.append(f"{money.round_of(tick):.0f} s for {int(n):,}")
    head = "| US dollars a month | tables | queue | runs | time | blobs | telemetry | log queries | sum |"
    rows = [
        f"| {what} | {' | '.join(f'{part:,.2f}' for part in bill)} | 0 | **{bill.total:,.2f}** |"
        for what, bill in priced.items()
    ]
    return _table(head, "|---|" + "--:|" * 8, rows) + "\n\n" + _assumed(rounds) + "\n\n" + _prices()


def _assumed(rounds: Sequence[str]) -> str:
    return (
        f"Counted: the calls. Assumed: a log query lasts {money.ANSWER:.0f} s, a table call {money.CALL * 1000:.0f} "
        f"ms, a message {money.POST} s; a small instance needs {money.CPU:.0f} times this machine's CPU; the smallest "
        f"instance, {money.SIZE} GB; a poll every five minutes; each month one night in which every gateway is "
        f"serviced, and a quarter of a storm; {money.LEASES:,} blob operations for the timers' locks, and 12 kB of "
        f"telemetry a run, 2 kB for each poll more that it does. Many workspaces: one instance, {money.MESSAGES} "
        f"messages a tick, {money.SHARE:.0f} s a run, {money.AT_ONCE} questions at once, so a round lasts "
        f"{', '.join(rounds)}; what is longer than five minutes does not fit, and is priced as "
        "if it ran all the time. Not in it: alerts, the vault, what the gateways' own logs cost to take in."
    )


def _prices() -> str:
    prices = {
        "runs": money.EXECUTIONS,
        "time, GB-s": money.GB_SECONDS,
        "tables": money.TABLE_CALLS,
        "queue": money.QUEUE_CALLS,
        "blobs": money.BLOB_CALLS,
        "telemetry": money.TELEMETRY,
        "log queries": money.LOG_QUERIES,
    }
    rows = [f"| {what} | {p.dollars:.6f} | {p.per:,.0f} | {p.free:,.0f} | {p.source} |" for what, p in prices.items()]
    return _table(
        "| list price | US dollars | for | free a month | read where and when |", "|---|--:|--:|--:|---|", rows
    )
