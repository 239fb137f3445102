"""What an answer got wrong: which kinds, how often, and the rows round a single one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from benchmarks.verdicts.score import Pair
from benchmarks.verdicts.truth import Row, TunnelKey

BEFORE, AFTER = timedelta(minutes=20), timedelta(minutes=10)
ACTIVITY = timedelta(minutes=60)
MOST_OTHERS = 12
MINE, OTHER, GATEWAY = "  > ", "  | ", "    "
"""Before a row of the peer in question, of another peer, of the gateway."""


class Fault(StrEnum):
    """How an answer can be wrong."""

    MISSED = "missed"
    INVENTED = "invented"
    CAUSE = "cause"
    END = "end"


def fault(pair: Pair) -> Fault | None:
    """What is wrong with a pair; a wrong cause before a wrong end."""
    if pair.true is None:
        return Fault.INVENTED
    if pair.said is None:
        return Fault.MISSED
    if not pair.true.right(pair.said.cause):
        return Fault.CAUSE
    return Fault.END if pair.true.ended_at and pair.true.ended_at != pair.said.ended_at else None


def kind(pair: Pair) -> str:
    """One line that says what happened and what was said instead."""
    wrong, true, said = fault(pair), pair.true, pair.said
    if true is None:
        return f"{wrong}: {said.cause if said else ''}"
    near = ", near a maintenance row" if true.contested else ""
    told = f" ({true.cause}) called {said.cause}" if wrong is Fault.CAUSE and said else ""
    return f"{wrong}: {true.happened}{told}{near}"


def kinds(pairs: Iterable[Pair]) -> list[tuple[str, int]]:
    """The kinds of wrong answers, the most frequent first."""
    return Counter(kind(pair) for pair in pairs if fault(pair)).most_common()


def timeline(pair: Pair, rows: Sequence[Row]) -> list[str]:
    """What was true, what was said, and the rows of the gateway round it, in the order of time."""
    key = pair.true.key if pair.true else pair.said.key if pair.said else None
    if key is None:
        return []
    begin, end = key.started_at - BEFORE, _last(pair, key) + AFTER
    near = {_line(row, key) for row in rows if _concerns(row, key, begin, end)}
    others = sorted(line for line in near if line.startswith(OTHER))
    shown = sorted(near - set(others[MOST_OTHERS:]), key=lambda line: line[len(OTHER) :])
    left = len(others) - MOST_OTHERS
    return [*_facts(pair, key), *shown, *([f"    … and {left} more of other peers"] if left > 0 else [])]


def _last(pair: Pair, key: TunnelKey) -> datetime:
    """The true end, as far as two hours after the start."""
    ended = pair.true.ended_at if pair.true else None
    return min(ended or key.started_at, key.started_at + timedelta(hours=2))


def _facts(pair: Pair, key: TunnelKey) -> list[str]:
    lines = [f"{kind(pair)}  [seed {pair.night}]", f"  {key.gateway}", f"  peer {key.peer}, instance {key.instance}"]
    if pair.true:
        right = " or ".join(sorted(pair.true.accepted)) + (f" ({pair.true.why})" if pair.true.why else "")
        lines.append(
            f"  true: {key.started_at:%F %T.%f} to {pair.true.ended_at or 'never'}, hop {pair.true.hop}: {right}"
        )
    if pair.said:
        lines.append(f"  said: to {pair.said.ended_at or 'open'}: {pair.said.cause}, {pair.said.incident}")
    return lines


def _concerns(row: Row, key: TunnelKey, begin: datetime, end: datetime) -> bool:
    """Rows of the gateway; of the activity log those of its resource group and of the subscription, an hour round."""
    at, owner = datetime.fromisoformat(row["TimeGenerated"]), _owner(row)
    if row["Type"] == "AzureActivity":
        group, subscription = key.gateway.split("/providers/")[0], key.gateway.split("/resourcegroups/")[0]
        return begin - ACTIVITY <= at <= end + ACTIVITY and (owner.startswith(group) or owner == subscription)
    return owner == key.gateway and begin <= at <= end


def _owner(row: Row) -> str:
    return str(row.get("_ResourceId") or row.get("ResourceId", "")).lower()


def _line(row: Row, key: TunnelKey) -> str:
    fields = json.loads(row.get("AdditionalFields", "{}"))

    def cell(name: str) -> str:
        return str(row.get(f"{name}_s") or fields.get(name, ""))

    if row["Type"] == "AzureActivity":
        properties = json.loads(row["Properties"])
        about = properties.get("cause") or properties.get("service") or row["ActivityStatusValue"]
        return (
            f"{GATEWAY}{row['TimeGenerated']}  {row['OperationNameValue']} {about} on {_owner(row).rsplit('/', 1)[-1]}"
        )
    mark = GATEWAY if not cell("remoteIP") else MINE if cell("remoteIP") == key.peer else OTHER
    told = " ".join(filter(None, (row["OperationName"], cell("instance")[-4:], cell("remoteIP"), row["Message"])))
    return f"{mark}{row['TimeGenerated']}  {told}  {cell('stateChangeReason')}".rstrip()
