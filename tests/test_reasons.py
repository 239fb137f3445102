from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlator.reasons import KEYWORDS, NAMES, Meaning, line, meaning

FAILOVER, CLOSED, SILENT = Meaning.FAILOVER, Meaning.PEER_CLOSED, Meaning.UNREACHABLE
CONFIGURATION, NEGOTIATION = Meaning.CONFIGURATION, Meaning.NEGOTIATION


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("GlobalStandbyChanged", FAILOVER),
        ("GlobalStandby", FAILOVER),
        ("GlobalStandby change (failover)", FAILOVER),
        ("StandbyChanged", FAILOVER),
        ("Standby changed", FAILOVER),
        ("Locally Triggered", FAILOVER),
        ("RemotelyTriggered", CLOSED),
        ("RemoteTriggered", CLOSED),
        ("RemoteCrashTriggered", CLOSED),
        ("Received MM delete", CLOSED),
        ("peer sent a main mode delete (0x0000363d)", CLOSED),
        ("IKE SA deleted before establishment completed", CLOSED),
        ("DPD timed out", SILENT),
        ("Main mode SA assumed to be invalid because peer stopped responding", SILENT),
        ("Negotiation timed out", SILENT),
        ("Pre-shared Key Changed", CONFIGURATION),
        ("DhGroup changed", CONFIGURATION),
        ("EncryptionType changed", CONFIGURATION),
        ("IkeIntegrity changed", CONFIGURATION),
        ("PfsGroup changed", CONFIGURATION),
        ("SALifetimeSeconds changed", CONFIGURATION),
        ("SALifeKilloBytes changed", CONFIGURATION),
        ("SALifeKiloBytes changed", CONFIGURATION),
        ("UseNarrowTrafficSelectors changed", CONFIGURATION),
        ("NarrowTSEnabled changed", CONFIGURATION),
        ("TunnelRemoved", CONFIGURATION),
        ("IKE authentication credentials are unacceptable", NEGOTIATION),
        ("Policy match error", NEGOTIATION),
        ("Invalid payload received", NEGOTIATION),
        ("Error processing Notify payload", NEGOTIATION),
        ("Error processing KE payload", NEGOTIATION),
        ("Require configuration payload missing", NEGOTIATION),
        ("Traffic selectors unacceptable", NEGOTIATION),
        ("ServiceTriggered", Meaning.UNSAID),
        ("DataTriggered", Meaning.UNSAID),
        ("UserTriggered", Meaning.UNSAID),
        ("Idle timeout", Meaning.UNKNOWN),
        ("Unknown", Meaning.UNKNOWN),
        ("", Meaning.UNSAID),
        (" - 0", Meaning.UNSAID),
        ("The moon was full", Meaning.UNMAPPED),
    ],
)
def test_what_a_reason_means(reason: str, expected: Meaning) -> None:
    """The published vocabulary has its published meaning; what nobody published is not guessed at."""
    assert meaning(reason) is expected


@given(st.sampled_from(KEYWORDS), st.data())
def test_spelling_does_not_matter(entry: tuple[str, Meaning], data: st.DataObject) -> None:
    """Case, spaces, digits and punctuation inside a reason change nothing."""
    keyword, _ = entry
    written = "".join(
        data.draw(st.sampled_from(["", " ", "-", "_", "36", "."])) + data.draw(st.sampled_from([c, c.upper()]))
        for c in keyword
    )
    assert meaning(written) is meaning(keyword)


def test_every_keyword_can_be_reached() -> None:
    """No keyword is hidden behind an earlier one that means something else."""
    assert [(k, meaning(k)) for k, _ in KEYWORDS] == list(KEYWORDS)


def test_a_customers_lines_are_asked_first() -> None:
    """Own lines are asked before ours, the first that matches wins, and what they do not name is as before."""
    own = (line("gremlins", "peer-closed"), line("DPD!", "Unknown"), line("grem", "failover"))
    told = [meaning(r, own) for r in ("Gremlins at 5", "dpd timed out", "Grem", "StandbyChanged", "Pixies", "")]
    assert told == [CLOSED, Meaning.UNKNOWN, FAILOVER, FAILOVER, Meaning.UNMAPPED, Meaning.UNSAID]
    assert meaning("Gremlins at 5") is Meaning.UNMAPPED


@pytest.mark.parametrize("name", NAMES)
def test_every_meaning_can_be_named(name: str) -> None:
    """A meaning is named in any case, with blanks or hyphens."""
    assert line("x", name.replace("-", " ").upper()) == ("x", Meaning(name))
