"""What the reason on a Disconnected row means: a table, for the vocabulary of the customer's log is not documented.

Keywords are matched inside the reason after case folding and with everything but letters dropped, because spellings
vary. The meanings follow Microsoft's public support content on tunnel state changes; what matches nothing is UNMAPPED,
counted and shown, and never guessed at.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache


class Meaning(StrEnum):
    """What a reason says about who ended the tunnel."""

    FAILOVER = "failover"
    PEER_CLOSED = "peer closed"
    UNREACHABLE = "peer silent"
    CONFIGURATION = "configuration"
    NEGOTIATION = "negotiation"
    UNSAID = "unsaid"
    UNKNOWN = "unknown"
    UNMAPPED = "unmapped"


KEYWORDS: tuple[tuple[str, Meaning], ...] = (
    ("globalstandby", Meaning.FAILOVER),
    ("standbychange", Meaning.FAILOVER),
    ("locallytriggered", Meaning.FAILOVER),  # listed by support with planned failovers; a customer's reset looks alike
    ("remotelytriggered", Meaning.PEER_CLOSED),
    ("remotetriggered", Meaning.PEER_CLOSED),
    ("remotecrash", Meaning.PEER_CLOSED),
    ("mmdelete", Meaning.PEER_CLOSED),
    ("mainmodedelete", Meaning.PEER_CLOSED),
    ("ikesadeletedbeforeestablishment", Meaning.PEER_CLOSED),
    ("stoppedresponding", Meaning.UNREACHABLE),
    ("dpd", Meaning.UNREACHABLE),
    ("timedout", Meaning.UNREACHABLE),
    ("presharedkeychanged", Meaning.CONFIGURATION),
    ("dhgroupchanged", Meaning.CONFIGURATION),
    ("encryptiontypechanged", Meaning.CONFIGURATION),
    ("ikeintegritychanged", Meaning.CONFIGURATION),
    ("pfsgroupchanged", Meaning.CONFIGURATION),
    ("salifetimesecondschanged", Meaning.CONFIGURATION),
    ("salifekil", Meaning.CONFIGURATION),  # both spellings of kilobytes occur
    ("trafficselectorschanged", Meaning.CONFIGURATION),
    ("narrowtsenabledchanged", Meaning.CONFIGURATION),
    ("tunnelremoved", Meaning.CONFIGURATION),
    ("credentialsareunacceptable", Meaning.NEGOTIATION),
    ("policymatch", Meaning.NEGOTIATION),
    ("invalidpayload", Meaning.NEGOTIATION),
    ("errorprocessing", Meaning.NEGOTIATION),
    ("configurationpayloadmissing", Meaning.NEGOTIATION),
    ("trafficselectorsunacceptable", Meaning.NEGOTIATION),
    ("idletimeout", Meaning.UNKNOWN),  # by design on policy-based gateways, nobody's fault
    ("servicetriggered", Meaning.UNSAID),  # these three only say who dialled
    ("datatriggered", Meaning.UNSAID),
    ("usertriggered", Meaning.UNSAID),
    ("unknown", Meaning.UNKNOWN),
)


@lru_cache(maxsize=4096)
def meaning(reason: str) -> Meaning:
    """The meaning of a reason text; UNSAID for an empty one, UNMAPPED for one that no keyword knows."""
    folded = "".join(c for c in reason.casefold() if c.isalpha())
    if not folded:
        return Meaning.UNSAID
    return next((m for keyword, m in KEYWORDS if keyword in folded), Meaning.UNMAPPED)
