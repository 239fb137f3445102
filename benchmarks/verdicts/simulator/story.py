"""What happens to one gateway: drops that are planned, and the rows that tell of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random

from benchmarks.verdicts.simulator import policy, rows
from benchmarks.verdicts.simulator.fleet import Gateway, chance
from benchmarks.verdicts.truth import Cause, Row, Sign

BEGIN = datetime.fromisoformat("2026-05-01T00:00:00+00:00")


class Manner(StrEnum):
    """Which rows a drop leaves."""

    BOTH_ROWS = "Disconnected, then Connected"
    SWITCH = "only Connected on the other instance"
    MADE_BEFORE_BROKEN = "Connected on the other instance, then Disconnected on the old"


@dataclass(frozen=True, slots=True)
class Drop:
    """A drop of one tunnel as planned.

    ``instance`` None: wherever the peer's tunnel is (active-standby). ``seconds`` None: it never returns.
    ``moves``: a failover, nothing to do for a tunnel that is on the new instance already.
    """

    at: datetime
    seconds: float | None
    peer: str
    instance: int | None
    cause: Cause
    happened: str
    episode: str
    reason: str
    signs: frozenset[Sign] = frozenset()
    hop: int = 1
    moves: bool = False
    manner: Manner = Manner.BOTH_ROWS
    new_address: str = ""


@dataclass(slots=True)
class Story:
    """One gateway's plan. ``moves``: when the active instance changes. ``marks``: times of its maintenance rows."""

    gateway: Gateway
    rng: Random
    days: float
    active: int = 0
    drops: list[Drop] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    moves: list[datetime] = field(default_factory=list)
    marks: list[datetime] = field(default_factory=list)
    episodes: int = 0

    def episode(self) -> str:
        """A new episode's name."""
        self.episodes += 1
        return f"{self.gateway.resource_id}#{self.episodes}"

    def times(self, figure: policy.Figure) -> list[datetime]:
        """When something of this rate (per 90 days) happens: Poisson."""
        limit, number, product = math.exp(-figure.value * self.days / 90), -1, 1.0
        while product > limit:
            number, product = number + 1, product * self.rng.random()
        return [BEGIN + timedelta(days=self.rng.uniform(0.05, self.days - 0.3)) for _ in range(number)]

    def seconds(self, spread: policy.Spread) -> float:
        """A delay in seconds."""
        return self.rng.lognormvariate(math.log(spread.median), spread.sigma)

    def after(self, at: datetime, low: float, high: float) -> datetime:
        """A time between ``low`` and ``high`` seconds later."""
        return at + timedelta(seconds=self.rng.uniform(low, high))

    def reason(self, *spellings: str) -> str:
        """One of the spellings, or none, as the log gives a reason only if applicable."""
        return "" if chance(self.rng, policy.NO_REASON) else self.rng.choice(spellings)

    def mark(self, at: datetime, instance: int) -> None:
        """A maintenance row."""
        self.marks.append(at)
        self.rows.append(rows.maintenance_row(self.rng, self.gateway, at, instance))

    def activity(self, at: datetime, operation: str, resource: str = "") -> bool:
        """Started and succeeded in the activity log, if it is exported."""
        if self.gateway.habits.activity_log:
            done = self.after(at, policy.OPERATION_LOW.value, policy.OPERATION_HIGH.value)
            self.rows += rows.activity_rows(self.gateway, at, done, f"Microsoft.Network/{operation}", resource)
        return self.gateway.habits.activity_log

    def tunnels(self, peer: str) -> tuple[int | None, ...]:
        """The tunnels that a peer has up at once."""
        return self.gateway.instances(peer) if self.gateway.active_active else (None,)
