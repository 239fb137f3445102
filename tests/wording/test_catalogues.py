"""The catalogues are whole: every language can say everything that any code, rule or key asks for."""

from __future__ import annotations

from string import Formatter

import pytest
from msgspec.structs import replace

from correlator import causes
from correlator.evidence import Evidence
from correlator.model import Cause, Confidence, Finding, Impact, Side, Status
from correlator.notification import Moment
from correlator.wording import LANGUAGES, Style, name
from correlator.wording.verdicts import evidence_text, key_text, summary
from tests.channels.composed import OSAKA, incident_of, tunnel

KEYS = (
    "no-maintenance-row",
    "no-configuration-row",
    "activity-log-not-read",
    "operations-not-read",
    "late-rows",
    "how-it-comes-back",
    "a-reset-or-change",
    "a-maintenance-row",
    "a-word-from-the-peer",
    "the-peer-did-not-close",
    "no-change-was-made",
    "switch-of-unknown-length",
    "flapping",
    "planned-work-entered",
    "muted",
    "closed",
    "workspace-left",
    "regular-drops",
    "ike-log-not-read",
)
EVIDENCE_KEYS = (
    "planned-row",
    "maintenance-row",
    "configuration-row",
    "primary-changed-row",
    "other-instance-row",
    "all-peers-at-once",
    "lost-on-both-instances",
    "switched",
    "disconnected",
    "connected-same",
    "connected-other",
    "ike-peer-deleted",
    "ike-policies-differ",
    "ike-keys-differ",
    "ike-no-answer",
    "bgp-lost",
)
NAMED_RULES = (
    "planned-work",
    "maintenance-at-the-other-end",
    "reset-before-drop",
    "platform-fault",
    "service-fault",
    "peer-closed",
    "configuration-reason",
    "change-before-drop",
    "maintenance-row",
    "back-on-the-other-instance",
    "switch-without-a-drop",
    "all-peers-at-once",
    "standby-reason",
    "negotiation-reason",
    "lost-on-both-instances",
    "peer-stopped-answering",
    "back-on-the-same-instance",
    "nothing-explains-it",
)
STYLES = [Style(language) for language in LANGUAGES]


def blanks(text: str) -> set[str]:
    return {blank for _, blank, _, _ in Formatter().parse(text) if blank}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_keys(language: str) -> None:
    """A sentence that exists in English exists in every language, and none is left over."""
    assert set(LANGUAGES[language]) == set(LANGUAGES["en"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_has_the_same_blanks(language: str) -> None:
    """A translation neither loses a figure nor asks for one that nobody gives."""
    english = LANGUAGES["en"]
    odd = {k: t for k, t in LANGUAGES[language].items() if blanks(t) != blanks(english[k])}
    # "all", "each of" and "one" differ by grammar in the singular only where a language has one.
    assert odd == {}


@pytest.mark.parametrize("style", STYLES, ids=lambda s: s.language)
def test_every_code_has_a_name(style: Style) -> None:
    """Every public code has words, and no two codes of a kind share them where it would mislead."""
    for kind in (Cause, Side, Confidence, Status, Impact, Moment):
        words = [name(code, style) for code in kind]
        assert all(words)
        assert len(set(words)) == len(words)


@pytest.mark.parametrize("style", STYLES, ids=lambda s: s.language)
def test_every_key_of_the_evidence_has_a_sentence(style: Style) -> None:
    """No key that the verdict may carry is without words."""
    at = incident_of([tunnel("05:41:17", False, 0)]).started_at
    assert all(key_text(key, style) for key in KEYS)
    for key in EVIDENCE_KEYS:
        assert evidence_text(Evidence(at, "TunnelDiagnosticLog", key, "x_IN_0", OSAKA, "why", 7), style)


@pytest.mark.parametrize("style", STYLES, ids=lambda s: s.language)
@pytest.mark.parametrize("cause", Cause)
@pytest.mark.parametrize("confidence", Confidence)
def test_a_rule_without_a_sentence_still_has_its_cause_named(
    cause: Cause, confidence: Confidence, style: Style
) -> None:
    """A rule added to ``causes`` before its sentence is written is told in plain words."""
    incident = incident_of([tunnel("05:41:17", False, 0), tunnel("05:42:00", True, 0)])
    new = Finding(cause, confidence, "a-rule-of-tomorrow")
    text = summary(replace(incident, finding=new), style)
    assert confidence is Confidence.NONE or name(cause, style) in text


@pytest.mark.parametrize("style", STYLES, ids=lambda s: s.language)
def test_every_rule_has_sentences_of_its_own(style: Style) -> None:
    """The rules of today are told by their own sentence, for each confidence that they can give."""
    # One function speaks of a failover with and without a drop, one of the health of the gateway and of the service;
    # planned work is no rule over log rows.
    assert len(NAMED_RULES) == len(causes.RULES) + 3
    for rule in NAMED_RULES:
        assert any(key.startswith(f"because.{rule}.") for key in LANGUAGES[style.language])
