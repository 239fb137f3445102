"""What is true of a simulated night, and what somebody says of it: the nouns of the benchmark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

Row = dict[str, Any]
"""One row as an export of AzureDiagnostics or AzureActivity holds it."""


class Side(StrEnum):
    """Whose a drop was."""

    AZURE = "azure"
    OWN_CHANGE = "own-change"
    REMOTE = "remote"
    UNKNOWN = "unknown"


class Cause(StrEnum):
    """The published cause codes; ``planned-work`` is missing, because only people enter planned work."""

    AZURE_MAINTENANCE = "azure-maintenance"
    AZURE_FAILOVER = "azure-failover"
    AZURE_INCIDENT = "azure-incident"
    GATEWAY_RESET = "gateway-reset"
    CONFIGURATION_CHANGE = "configuration-change"
    REMOTE_CLOSED = "remote-closed"
    REMOTE_UNREACHABLE = "remote-unreachable"
    NEGOTIATION_FAILED = "negotiation-failed"
    UNKNOWN = "unknown"


SIDES: Mapping[Cause, Side] = {
    Cause.AZURE_MAINTENANCE: Side.AZURE,
    Cause.AZURE_FAILOVER: Side.AZURE,
    Cause.AZURE_INCIDENT: Side.AZURE,
    Cause.GATEWAY_RESET: Side.OWN_CHANGE,
    Cause.CONFIGURATION_CHANGE: Side.OWN_CHANGE,
    Cause.REMOTE_CLOSED: Side.REMOTE,
    Cause.REMOTE_UNREACHABLE: Side.REMOTE,
    Cause.NEGOTIATION_FAILED: Side.UNKNOWN,
    Cause.UNKNOWN: Side.UNKNOWN,
}


class Sign(StrEnum):
    """What the log shows of a cause beside the tunnel's own rows."""

    MAINTENANCE_ROW = "maintenance row"
    SET_ROW = "Set* row"
    ACTIVITY_ROW = "activity row"
    RESOURCE_HEALTH = "Resource Health row"
    SERVICE_HEALTH = "Service Health row"
    OWN_ADDRESS = "IKE row with the peer gateway's address"


class TunnelKey(NamedTuple):
    """What identifies a drop: folded resource id, peer address, instance number (None: not in the log), first row."""

    gateway: str
    peer: str
    instance: int | None
    started_at: datetime


@dataclass(frozen=True, slots=True)
class TrueOutage:
    """One tunnel outage that happened and whose Disconnected row is in the log.

    ``ended_at`` is the time of the closing Connected row, None where no such row of this peer exists. ``cause`` is
    the best answer the log allows, ``happened`` what really happened, ``accepted`` every answer that counts as
    right, ``why`` says why there are several. ``contested``: within 30 minutes of a maintenance row of this gateway,
    and not caused by it.
    """

    key: TunnelKey
    ended_at: datetime | None
    instance_up: int | None
    cause: Cause
    accepted: frozenset[Cause]
    why: str
    happened: str
    episode: str
    hop: int
    logged: bool
    contested: bool

    @property
    def sides(self) -> frozenset[Side]:
        """The sides of the accepted causes."""
        return frozenset(SIDES[cause] for cause in self.accepted)

    def right(self, cause: str) -> bool:
        """Whether this cause code is one of the accepted ones."""
        return cause in self.accepted

    def side_right(self, cause: str, side: str) -> bool:
        """Whether the side is right; an honest ``unknown`` is right only where the log cannot tell."""
        return self.right(cause) if cause == Cause.UNKNOWN else side in self.sides


@dataclass(frozen=True, slots=True)
class SaidOutage:
    """One outage that an answer names, with its verdict. ``incident``: which outages belong together."""

    key: TunnelKey
    ended_at: datetime | None
    cause: str
    side: str
    incident: str


@dataclass(frozen=True, slots=True)
class Night:
    """Rows and what is true of them."""

    rows: tuple[Row, ...]
    outages: tuple[TrueOutage, ...]
