"""pandas: the same tunnel outages by group, fill and shift. No causes, no incidents, no ids."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.chains import Span
from benchmarks.fleet import INSTANCES


def run(path: Path) -> Any:
    """A frame of outages."""
    table = json.loads(path.read_bytes())["tables"][0]
    rows = pd.DataFrame(table["rows"], columns=[c["name"] for c in table["columns"]])
    rows = rows[rows["Category"] == "TunnelDiagnosticLog"]
    events = pd.DataFrame(
        {
            "gateway": rows["_ResourceId"].str.lower().astype("category"),
            "peer": rows["remoteIP_s"].astype("category"),
            "at": pd.to_datetime(rows["TimeGenerated"], format="ISO8601", utc=True).dt.floor("us"),
            "up": rows["status_s"] == "Connected",
            "instance": rows["instance_s"].astype("category"),
        }
    ).sort_values(["gateway", "peer", "at", "up"])
    tunnel = events.groupby(["gateway", "peer"], observed=True, sort=False).ngroup()
    any_up = pd.Series(False, index=events.index)
    for name in INSTANCES:
        last_word = events["up"].astype(float).where(events["instance"] == name).groupby(tunnel).ffill()
        any_up |= last_word == 1.0
    was_up = any_up.astype(float).groupby(tunnel).shift(fill_value=1.0) == 1.0
    events["end"] = events["at"].where(any_up).groupby(tunnel).bfill()
    return events[~any_up & was_up]


def outages(result: Any) -> Iterable[Span]:
    """The frame's rows."""
    starts = result["at"].astype("int64") // _units(result["at"])
    ends = [-1 if pd.isna(e) else e.value // 1000 for e in result["end"]]
    return map(Span, result["gateway"], result["peer"], starts.tolist(), ends)


def _units(times: Any) -> int:
    return {"ns": 1000, "us": 1}[times.dt.unit]
