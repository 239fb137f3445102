"""Every KQL text that ships: files beside this one, with the parameters put in front as let statements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from correlator.negotiation import PHRASES
from correlator.welcome import LOOK_BACK

OVERLAP = timedelta(minutes=15)
"""ingestion_time() is approximate and a row may become visible minutes after it; less loses rows (measured)."""
MOMENT = timedelta(microseconds=1)
"""The tables begin after ``reach``; a question about the past holds both its ends."""
LEAD = timedelta(hours=6)
"""Rows before the window are evidence for what happens at its start."""
FIRST_LOOK_BACK = LOOK_BACK
"""The first poll reads what the welcome sums up."""
COLUMNS = [
    "TimeGenerated",
    "Ingested",
    "Gateway",
    "Category",
    "OperationName",
    "Message",
    "Status",
    "Instance",
    "Peer",
    "Reason",
]
"""What rows for a verdict are asked for with, in the order of LogRow's fields."""
CLOCK = "clock"
"""The category of the row that is none: its time is the service's ``now()``."""
HEX = "0123456789abcdef"


@cache
def text(name: str) -> str:
    """The text of a query file without its comments, which the service need not read."""
    lines = Path(__file__).with_name(f"{name}.kql").read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("//"))


def poll(mark: datetime | None, since: datetime | None, again: Iterable[str] = ()) -> str:
    """The poll's query, going on from ``mark`` with the window from ``since``; None for both on a first run.

    The gateways in ``again`` (folded ids) count as fresh.
    """
    if mark is None or since is None:
        hours = int(FIRST_LOOK_BACK.total_seconds() // 3600)
        head = f"let fresh_since = now() - {hours}h;\nlet reach = now() - {hours}h;\n"
    else:
        head = f"let fresh_since = {literal(mark - OVERLAP)};\nlet reach = {literal(since - LEAD)};\n"
    wanted = ", ".join(f"'{gateway}'" for gateway in again if "'" not in gateway and "\\" not in gateway)
    head += f"let again = datatable(Scope: string)[{wanted}];\n"
    # Rows may be stamped up to a day ahead (the service's documentation).
    return head + "let until = now() + 1d;\n" + text("clock") + text("rows") + text("poll")


def history(start: datetime, end: datetime, digits: str = HEX) -> str:
    """The rows of a time range: of all gateways, or of those the hash of whose id begins with one of these digits."""
    bounds = f"let reach = {literal(start - MOMENT)};\nlet until = {literal(end)};\n"
    found = bounds + text("clock") + text("rows") + text("history")
    if digits == HEX:
        return found
    wanted = ", ".join(f"'{digit}'" for digit in digits)
    return f"{found}| where Category == '{CLOCK}' or substring(hash_md5(Gateway), 0, 1) in ({wanted})\n"


def evidence(gateway: str, start: datetime, end: datetime) -> str:
    """One gateway's rows of a time range, as an export. Only what a resource id can hold goes into the text."""
    named = "".join(c for c in gateway.lower() if c.isalnum() or c in "/._-()")
    head = f"let gateway = '{named}';\nlet reach = {literal(start - MOMENT)};\nlet until = {literal(end)};\n"
    return head + text("rows") + text("evidence")


def ike(spans: Sequence[tuple[str, datetime, datetime]]) -> str:
    """IKE rows of some gateways (folded id, from, to; at least one)."""
    lines = ",\n".join(f"    '{_plain(name)}', {literal(begin)}, {literal(end)}" for name, begin, end in spans)
    reach, until = min(begin for _, begin, _ in spans), max(end for *_, end in spans)
    head = f"let spans = datatable(Gateway: string, Begin: datetime, End: datetime)[\n{lines}];\n"
    bounds = f"let reach = {literal(reach)};\nlet until = {literal(until)};\nlet phrases = @'{PHRASES}';\n"
    return head + bounds + text("clock") + text("ike")


def _plain(resource_id: str) -> str:
    """A resource id without what could end the text that it stands in."""
    return "".join(c for c in resource_id if c.isprintable() and c not in "'\\")


def sample(category: str) -> str:
    """A few rows of one category with every column they have."""
    quoted = "".join(c for c in category if c.isalnum())
    return f"let category = '{quoted}';\n" + text("sample")


def portal() -> str:
    """What the Logs link of a message opens."""
    return text("portal").rstrip("\n")


def literal(at: datetime) -> str:
    """A KQL datetime, which is in UTC."""
    return f"datetime({at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z)"
