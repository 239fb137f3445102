"""IKE row -> what it says of a drop: the peer took the tunnel down, keys or policies differ, nobody answers.

The phrases are those of Microsoft's troubleshooting pages and error list. A row counts only for the peer that it names
("Remote a.b.c.d:500"), and only close to a drop: where a tunnel does not come up, the gateway tries again every few
seconds, and says the same each time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from correlator.model import ChangeKind, GatewayChange, LogRow, Outage
from correlator.reasons import Meaning

IKE = "IKEDiagnosticLog"
AROUND = timedelta(minutes=2)
PEER = r"\bRemote ([0-9a-f.:]+):\d+"
SIGNS: tuple[tuple[str, ChangeKind], ...] = (
    (r"received (?:mm|main mode) delete|peer sent a main mode delete|0x(?:0000)?363d\b", ChangeKind.PEER_DELETED),
    (
        r"policy.?mis.?match|policy match error|no.?proposal.?chosen|traffic selectors unacceptable"
        r"|0x(?:0000)?(?:362c|3601|36af)\b|\b(?:13868|13825|13999)\b",
        ChangeKind.POLICIES_DIFFER,
    ),
    (r"authentication failed|credentials are unacceptable|0x(?:0000)?35e9\b|\b13801\b", ChangeKind.KEYS_DIFFER),
    (r"negotiation timed out|peer stopped responding|0x(?:0000)?(?:35ed|363e)\b|\b13805\b", ChangeKind.NO_ANSWER),
)
"""What tells more stands first: of several rows around a drop the first kind found is its evidence."""
PHRASES = "(?i)" + "|".join(pattern for pattern, _ in SIGNS)
"""One expression for the query, which need not bring the many rows that say none of this."""
MEANS = {
    ChangeKind.PEER_DELETED: Meaning.PEER_CLOSED,
    ChangeKind.POLICIES_DIFFER: Meaning.NEGOTIATION,
    ChangeKind.KEYS_DIFFER: Meaning.NEGOTIATION,
}
"""What a sign says in place of a reason that is missing. Silence says nothing: it follows every kind of drop."""
_RANK = {kind: n for n, (_, kind) in enumerate(SIGNS)}


def read_negotiation(row: LogRow, at: datetime) -> tuple[str, GatewayChange] | None:
    """The peer that an IKE row speaks of, and what it says; None where it says nothing about a drop."""
    peer = re.search(PEER, row.message)
    kind = next((kind for pattern, kind in SIGNS if re.search(pattern, row.message, re.IGNORECASE)), None)
    if peer is None or kind is None:
        return None
    return peer[1], GatewayChange(at, kind, row.instance, IKE, row.operation, row.message)


def signs_near(outages: Sequence[Outage], told: Mapping[str, Sequence[GatewayChange]]) -> dict[int, GatewayChange]:
    """Place in ``outages`` -> the row around its start that tells most, the nearest of its kind."""
    found: dict[int, GatewayChange] = {}
    for n, outage in enumerate(outages):
        near = [c for c in told.get(outage.peer, ()) if abs(c.at - outage.start) <= AROUND]
        if near:
            found[n] = min(near, key=lambda c: (_RANK[c.kind], abs(c.at - outage.start), c))
    return found
