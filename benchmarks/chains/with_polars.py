"""polars: the same tunnel outages by window expressions. No causes, no incidents, no ids."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.chains import Span
from benchmarks.fleet import INSTANCES

TUNNEL = ("gateway", "peer")


def run(path: Path) -> Any:
    """A frame of outages."""
    table = json.loads(path.read_bytes())["tables"][0]
    rows = pl.DataFrame(
        table["rows"], schema=dict.fromkeys((c["name"] for c in table["columns"]), pl.String), orient="row"
    )
    up, instance = pl.col("up"), pl.col("instance")
    last_words = [pl.when(instance == n).then(up).forward_fill().over(TUNNEL).fill_null(False) for n in INSTANCES]
    return (
        rows.lazy()
        .filter(pl.col("Category") == "TunnelDiagnosticLog")
        .select(
            pl.col("_ResourceId").str.to_lowercase().alias("gateway"),
            pl.col("remoteIP_s").alias("peer"),
            pl.col("TimeGenerated")
            .str.slice(0, 26)
            .str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us")
            .alias("at"),
            (pl.col("status_s") == "Connected").alias("up"),
            pl.col("instance_s").alias("instance"),
        )
        .sort([*TUNNEL, "at", "up"])
        .with_columns(any_up=last_words[0] | last_words[1])
        .with_columns(
            was_up=pl.col("any_up").shift(1).over(TUNNEL).fill_null(True),
            end=pl.when("any_up").then("at").backward_fill().over(TUNNEL),
        )
        .filter(~pl.col("any_up") & pl.col("was_up"))
        .select("gateway", "peer", pl.col("at").to_physical(), pl.col("end").to_physical().fill_null(-1))
        .collect()
    )


def outages(result: Any) -> Iterable[Span]:
    """The frame's rows."""
    return (Span(*row) for row in result.iter_rows())
