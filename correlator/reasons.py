"""What the reason on a Disconnected row means: a table, for the vocabulary of the customer's log is not documented.

Keywords are matched inside the reason after case folding and with everything but letters dropped, because spellings
vary. The meanings follow Microsoft's public support content on tunnel state changes; what matches nothing is UNMAPPED,
counted and shown, and never guessed at. A customer adds lines by the setting REASONS; they go before ours.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

Vocabulary = tuple[tuple[str, str], ...]
"""Folded keyword -> meaning, the first that matches wins."""


class Meaning(StrEnum):
    """What a reason says about who ended the tunnel."""

    FAILOVER = "failover"
    PEER_CLOSED = "peer-closed"
    UNREACHABLE = "peer-silent"
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


NAMES = tuple(m.value for m in Meaning if m is not Meaning.UNMAPPED)
"""What a line of one's own may say."""


@lru_cache(maxsize=4096)
def meaning(reason: str, own: Vocabulary = ()) -> Meaning:
    """The meaning of a reason text; UNSAID for an empty one, UNMAPPED for one that no keyword knows.

    ``own`` are the customer's lines, asked before ours.
    """
    folded = fold(reason)
    if not folded:
        return Meaning.UNSAID
    said = next((m for keyword, m in own if keyword in folded), None)
    return Meaning(said) if said else next((m for keyword, m in KEYWORDS if keyword in folded), Meaning.UNMAPPED)


def fold(text: str) -> str:
    """A reason or keyword as they are compared: letters alone, case folded."""
    return "".join(c for c in text.casefold() if c.isalpha())


def line(keyword: str, said: str) -> tuple[str, Meaning]:
    """One line of a customer's own vocabulary. Raises ValueError with the way out."""
    name = "-".join(said.replace("_", " ").replace("-", " ").split()).lower()
    if not fold(keyword):
        raise ValueError("a keyword needs letters, for nothing else of a reason is compared")
    if name not in NAMES:
        raise ValueError(f"give one of the meanings {', '.join(NAMES)}")
    return fold(keyword), Meaning(name)
