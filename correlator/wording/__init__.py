"""Every word that people read, in their language. Nothing here knows a channel, nothing else holds a sentence.

A language is one file: a table of sentences with the same keys and blanks as ``en.py``, named in ``LANGUAGES``.
"""

from __future__ import annotations

from correlator.wording.answers import answer_sentence, length_text, list_end, no_incident, nothing_found
from correlator.wording.course import course, instant_and_utc
from correlator.wording.messages import (
    also_text,
    headline,
    impact_text,
    next_step,
    state,
    state_text,
    title,
    what_happened,
)
from correlator.wording.phrases import LANGUAGES, Style, name
from correlator.wording.verdicts import evidence_text, key_text, remark_texts, said_before, summary

__all__ = [
    "LANGUAGES",
    "Style",
    "also_text",
    "answer_sentence",
    "course",
    "evidence_text",
    "headline",
    "impact_text",
    "instant_and_utc",
    "key_text",
    "length_text",
    "list_end",
    "name",
    "next_step",
    "no_incident",
    "nothing_found",
    "remark_texts",
    "said_before",
    "state",
    "state_text",
    "summary",
    "title",
    "what_happened",
]
