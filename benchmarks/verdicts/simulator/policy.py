"""Every rate, share and delay of the simulator, and where it comes from.

``SOURCED``: a published statement, named in the note. ``COMPOSED``: assumed, because nobody has published it. Rates
are per 90 days. A spread is the median and the sigma of a lognormal.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Origin(StrEnum):
    """Whether a figure is known or assumed."""

    SOURCED = "sourced"
    COMPOSED = "composed"


class Figure(NamedTuple):
    """A rate or a share."""

    value: float
    unit: str
    origin: Origin
    note: str


class Spread(NamedTuple):
    """A lognormal delay in seconds."""

    median: float
    sigma: float
    origin: Origin
    note: str


S, C = Origin.SOURCED, Origin.COMPOSED
HIGHLY_AVAILABLE = "azure-docs vpn-gateway-highlyavailable"
DIAGNOSTICS = "troubleshoot-vpn-with-azure-diagnostics"

# The fleet.
MORE_PEERS = Figure(0.75, "chance of one more peer, 20 at most", C, "geometric, mean near 4")
VIRTUAL_WAN = Figure(
    0.10, "share of gateways", C, "vpnGateways have two active instances (about-active-active-gateways)"
)
ACTIVE_ACTIVE = Figure(0.25, "share of the others", C, "active-standby is the default")
ONE_TUNNEL_PEER = Figure(
    0.10, "share of peers of active-active gateways", C, "one tunnel only: about-active-active-gateways warns of it"
)
SAME_NAME = Figure(0.20, "share of gateways", C, "the name of another gateway, in another resource group")
VNET_PAIR = Figure(0.06, "share of gateways that begin a pair", C, "VNet-to-VNet: each is a peer of the other")
NO_FIRST_ROWS = Figure(0.10, "share of gateways", C, "connected before the log begins")

# The log of a gateway.
ONLY_HOST_EVENT = Figure(
    0.65,
    "share of gateways",
    C,
    "HostMaintenanceEvent, the form of the newer article (2021) and of the documented list",
)
ONLY_UPGRADE_MESSAGE = Figure(
    0.20, "share of gateways", C, "'Upgrade gateway started', the form of the older article (2020); the rest log both"
)
MARKER_INSTANCE = Figure(
    0.70, "share of gateways", C, "the maintenance row names its instance; whether it does is not published"
)
NO_REASON_COLUMN = Figure(
    0.08, "share of gateways", C, "a workspace that never had a row with a reason has no such column"
)
NO_INSTANCE_COLUMN = Figure(0.04, "share of active-standby gateways", C, "instance_s is no base column of the table")
ADDITIONAL_FIELDS = Figure(
    0.10,
    "share of gateways",
    C,
    "with 500 columns values go to AdditionalFields without suffix (AzureDiagnostics reference)",
)
ODD_CASE = Figure(0.15, "share of gateways", C, "ids and operations in another case (azure-docs issues 34912, 40412)")
ONLY_RESOURCE_ID = Figure(0.10, "share of gateways", C, "an export without _ResourceId")
NO_ACTIVITY_LOG = Figure(0.20, "share of gateways", C, "the activity log is not exported to the workspace")
IKE_LOG = Figure(
    0.50, "share of gateways of a VNet-to-VNet pair", C, "IKE rows name the gateway's own address; opt-in for its cost"
)
NO_REASON = Figure(
    0.12, "share of Disconnected rows", C, "the reason is given only if applicable (" + DIAGNOSTICS + ")"
)
PRIMARY_CHANGED_ROW = Figure(
    0.50, "share of failovers", C, "GatewayTenantPrimaryChanged is documented; how often it is logged is not"
)

# Azure.
ROUNDS = Figure(3.0, "rounds", C, "about one a month")
UNLOGGED = Figure(0.20, "share of rounds", C, "both articles: not every maintenance is logged; no share is published")
NO_DROP = Figure(0.10, "share of rounds", C, "only the idle instance is served")
ONE_HOP = Figure(0.12, "share of rounds", C, "one failover, no way back within the day")
LONG_GAP = Figure(
    0.08, "share of rounds of two hops", C, "60 to 110 minutes apart; else 20 to 60: 'tens of minutes' (2020 article)"
)
MARKER_AFTER = Figure(0.03, "share of hops", C, "the maintenance row is up to 60 s younger than the drop")
SLOW_START = Figure(0.15, "share of hops", C, "minutes, not seconds, from row to drop")
START_DELAY = Spread(45, 0.5, C, "from the maintenance row to the drop; not published")
SLOW_START_DELAY = Spread(240, 0.4, C, "the same, slow; not published")
PLANNED = Spread(12.5, 0.15, S, "10 to 15 s: " + HIGHLY_AVAILABLE)
SLOW_PEER = Figure(0.05, "share of peers at a failover", C, "the peer dials again late")
SLOW_PEER_SECONDS = Spread(90, 0.5, C, "such a peer's drop")
UNPLANNED = Spread(100, 0.3, S, "1 to 3 min: " + HIGHLY_AVAILABLE)
INSTANCE_BACK = Spread(75, 0.5, C, "active-active: the served instance's tunnels return when it is back")
NO_DISCONNECTED = Figure(
    0.03, "share of peers at a failover", C, "a switch: only the Connected row of the other instance"
)
MADE_BEFORE_BROKEN = Figure(
    0.02, "share of peers at a failover", C, "Connected on the other instance, then Disconnected on the old"
)
OUTAGE = Spread(420, 0.6, C, "a fault that takes the whole gateway")
INCIDENTS = Figure(0.30, "incidents", C, "platform faults of one gateway")
NO_HEALTH_ROW = Figure(0.25, "share of incidents", C, "no health row reaches the activity log")
ONLY_SERVICE_HEALTH = Figure(0.15, "share of incidents", C, "only a row of the subscription")

# Ours.
RESETS = Figure(0.30, "resets", C, "a reset looks like maintenance (" + DIAGNOSTICS + ")")
RESIZES = Figure(0.20, "resizes or gateway writes that drop every tunnel", C, "")
CONNECTION_CHANGES = Figure(0.60, "connection changes that drop one peer", C, "")
IDLE_CHANGES = Figure(0.80, "changes that drop nothing", C, "every change is logged (" + DIAGNOSTICS + ")")
REMOVALS = Figure(0.04, "connections deleted", C, "")
NO_SET_ROW = Figure(0.15, "share of changes", C, "the Set* row is missing")
OPERATION_LOW, OPERATION_HIGH = Figure(60, "s", C, "shortest operation"), Figure(600, "s", C, "longest operation")
RESET_SECONDS = Spread(25, 0.4, C, "a reset's drop")
CHANGE_SECONDS = Spread(15, 0.6, C, "a policy edit's drop")

# The other side, per peer.
CLOSES = Figure(0.38, "closes by the peer, per peer", C, "some drops a tunnel in all, fewer than maintenance makes")
CRASHES = Figure(0.12, "restarts of the peer, per peer", C, "")
DEAD_PEERS = Figure(0.40, "dead peer detections, per peer", C, "")
PATH_LOSSES = Figure(0.25, "path losses, per peer", C, "")
FAILED_NEGOTIATIONS = Figure(0.08, "failed negotiations, per peer", C, "")
BLIPS = Figure(0.15, "drops of a second, per peer", C, "azure-docs issue 40412 tells of them")
FLAPPING = Figure(0.02, "bursts, per peer", C, "4 to 10 drops, 5 to 15 min apart")
NEW_ADDRESS = Figure(0.03, "changes of address, per peer", C, "peers with DNS names")
SHARED_SITE = Figure(0.80, "drops of two peers at once, per gateway of four and more", C, "two peers, one site")
CLOSE_SECONDS = Spread(60, 1.2, C, "until the peer dials again")
CRASH_SECONDS = Spread(4, 0.6, C, "Azure drops the old SA and takes the new one")
DEAD_SECONDS = Spread(180, 1.1, C, "from detection to return")
BLIP_LOW, BLIP_HIGH = Figure(0.4, "s", C, "shortest blip"), Figure(1.6, "s", C, "longest blip")
BOTH_TUNNELS = Figure(0.75, "share of remote drops of active-active peers", C, "the site goes, so both tunnels go")

# What deceives, per logged round.
CLOSE_IN_ROUND = Figure(0.10, "per logged round", C, "the peer closes while the gateway is served")
DROP_BETWEEN_HOPS = Figure(0.10, "per logged round", C, "the peer is lost between the hops")
DROP_AFTER_ROW = Figure(0.12, "per logged round", C, "the peer is lost 1 to 10 min after a maintenance row")
CHANGE_BEFORE_ROUND = Figure(0.06, "per logged round", C, "a change that drops nothing, 2 to 10 min before")
DEAD_PEER_REASON = Figure(
    0.15,
    "share of peers at a planned failover",
    S,
    "support lists 'DPD timed out' for planned failovers; the share is composed",
)
FOREIGN_INCIDENTS = Figure(
    0.10, "Service Health rows of another service, per gateway", C, "same subscription, same hour as a lost peer"
)

# From the gateway to the workspace.
LATENESS = Spread(
    240,
    0.434,
    C,
    "with the late rows below p50 4, p95 9, p99 41 min; documented is 30 s to 15 min (data-ingestion-time)",
)
LATE_ROWS = Figure(0.02, "share of rows", C, "see above")
LATE_ROW_DELAY = Spread(2460, 0.3, C, "see above")
VERY_LATE_ROWS = Figure(0.10, "share of rows of the late variant", C, "up to 6 hours")
VERY_LATE_HOURS = Figure(6.0, "hours", C, "documented bound is 2 days, after which the time is replaced")
REPEATED_ROWS = Figure(0.01, "share of rows", C, "a user's query ends in distinct *")
REPEATED_DISCONNECTED = Figure(0.01, "share of drops", C, "a second Disconnected row seconds later")
