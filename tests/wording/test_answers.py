"""The answer to "was it Azure maintenance?" is as sure as the verdicts are, and no surer."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from correlator.cli.check import verdict
from correlator.model import Cause, Confidence, Finding, Incident
from correlator.wording.answers import answer_sentence
from tests.channels.composed import EN, JA, incident_of, tunnel

OVER = incident_of([tunnel("05:41:17", False, 0), tunnel("05:42:00", True, 0)])
OPEN = incident_of([tunnel("05:41:17", False, 0)])
SURE, LIKELY, NONE = Confidence.CONFIRMED, Confidence.LIKELY, Confidence.NONE


def found(cause: Cause, confidence: Confidence, of: Incident = OVER) -> Incident:
    """An incident with this verdict."""
    return replace(of, finding=Finding(cause, confidence, "maintenance-row"))


YES, MAYBE = found(Cause.AZURE_MAINTENANCE, SURE), found(Cause.AZURE_MAINTENANCE, LIKELY)
MAYBE_OPEN = found(Cause.AZURE_MAINTENANCE, LIKELY, OPEN)
REMOTE, MAYBE_REMOTE = found(Cause.REMOTE_CLOSED, SURE), found(Cause.REMOTE_UNREACHABLE, LIKELY)
FAILOVER, NOBODY = found(Cause.AZURE_FAILOVER, LIKELY), found(Cause.UNKNOWN, NONE)


@pytest.mark.parametrize(
    ("incidents", "answer", "sentence"),
    [
        ([YES], "yes", "Yes: Azure maintenance, confirmed."),
        ([YES, YES], "yes", "Yes: Azure maintenance, confirmed."),
        ([MAYBE], "yes", "Probably: Azure maintenance (likely); a maintenance row was logged close to the drop, "
         "but not all signs agree."),
        ([YES, MAYBE_OPEN], "yes", "Probably: Azure maintenance (likely); the tunnel is not back yet, "
         "and how it comes back will tell."),
        ([YES, REMOTE], "yes", "Partly: Azure maintenance explains 1 of 2 incidents (confirmed by the logs)."),
        ([MAYBE, YES, NOBODY], "yes", "Partly: Azure maintenance explains 2 of 3 incidents (likely)."),
        ([REMOTE], "no", "No: not Azure maintenance, but closed by the remote side (confirmed by the logs)."),
        ([MAYBE_REMOTE], "no", "Probably not: no answer from the remote side (likely)."),
        ([REMOTE, REMOTE], "no", "No: Azure maintenance explains none of 2 incidents."),
        ([REMOTE, MAYBE_REMOTE], "no", "Probably not: as far as the logs tell, Azure maintenance explains none of "
         "2 incidents."),
        ([FAILOVER], "unknown", "Not known: probably Azure failover; no maintenance row fits."),
        ([NOBODY], "unknown", "Not known: cause unknown; no maintenance row fits."),
        ([REMOTE, NOBODY], "unknown", "Not known: no maintenance row fits, but it is not ruled out for all of "
         "2 incidents."),
    ],
)  # fmt: skip
def test_the_answer_says_how_sure_it_is(incidents: list[Incident], answer: str, sentence: str) -> None:
    """A likely verdict is no flat yes or no, and a mixture is told as one, while the code stays yes, no or unknown."""
    assert verdict(incidents) == answer
    assert answer_sentence(answer, incidents, EN) == sentence
    assert not answer_sentence(answer, incidents, JA).isascii()
