"""What the welcome holds, before any channel lays it out."""

from typing import NamedTuple

from correlator.channels._content import title_line
from correlator.notification import Notification, Welcome
from correlator.wording import Style, phrases
from correlator.wording import welcome as words
from correlator.wording.messages import what_happened

GAPS = 8
"""So many of the things that are missing are listed; the command line's doctor knows them all."""


class WelcomeContent(NamedTuple):
    """``causes`` are pairs of cause and amount, empty where no tunnel dropped; ``gaps`` what is missing."""

    title: str
    sentence: str
    period: str
    by_cause: str
    causes: list[tuple[str, str]]
    missing: str
    gaps: list[str]
    hidden: str


def welcome_content(n: Notification, welcome: Welcome, style: Style) -> WelcomeContent:
    """Everything the welcome says."""
    more = len(welcome.gaps) - GAPS
    return WelcomeContent(
        title_line(n, style),
        what_happened(n, style),
        words.welcome_period(welcome, style),
        phrases.say(style, "welcome.by-cause"),
        [words.cause_row(c, style) for c in welcome.causes],
        phrases.say(style, "welcome.missing" if welcome.gaps else "welcome.nothing-missing"),
        [words.gap_text(g, style) for g in welcome.gaps[:GAPS]],
        phrases.say(style, "not-shown", n=more) if more > 0 else "",
    )
