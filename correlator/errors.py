"""What can go wrong beyond an odd row.

CorrelatorError
|- SettingsError      the settings are not usable; names every problem at once
|- UsageError         the command line, a file or a time cannot be used as given
|- ServiceFailed      a service gave nothing; holds its HTTP status, where there was an answer
|  |- SourceUnavailable  the log query failed or was cut short; nothing moves, the next poll repeats it
|  |  |- CutShort        … in part: asking for less may help
|  |  `- NoTurn          it was not asked, for others are asking; the next poll is the retry
|  `- StoreUnavailable   table storage failed or refused; nothing is said that was not committed
|- StateTooNew        newer code wrote the state; this one leaves it alone
|- StaleWrite         somebody else committed first; this run drops its work
`- SendFailed         a channel did not take a message; says whether trying again can help

Unreadable rows, repeats and unmatched reconnects are no errors: they are values and are counted.
"""

from __future__ import annotations

from collections.abc import Sequence


class CorrelatorError(Exception):
    """Everything this product raises on purpose. Its text is one line for a person, without secrets."""


class SettingsError(CorrelatorError):
    """One or more settings are missing or wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


class UsageError(CorrelatorError):
    """What the user gave cannot be used; the text names it and the way out."""


class ServiceFailed(CorrelatorError):
    """A service refused, failed or was unreachable; ``status`` is its HTTP status, None where there was no answer."""

    def __init__(self, why: str, status: int | None = None) -> None:
        self.status = status
        super().__init__(why)


class SourceUnavailable(ServiceFailed):
    """The log service refused, failed, was unreachable, or answered in part (design law 7)."""


class CutShort(SourceUnavailable):
    """The service gave only a part of the answer, as when it is too large."""


class NoTurn(SourceUnavailable):
    """As many questions are being asked as the service takes at once: this one was not."""


class StoreUnavailable(ServiceFailed):
    """Table storage refused, failed or was unreachable."""


class StateTooNew(CorrelatorError):
    """What is kept was written in a schema that this code does not know: it was rolled back."""


class StaleWrite(CorrelatorError):
    """The state changed under this run: the loser of a race drops its work."""


class SendFailed(CorrelatorError):
    """A channel did not take a message.

    ``refused``: the body was not accepted and a simpler one may be. ``permanent``: the address is dead or forbidden.
    ``ambiguous``: it may have arrived all the same. ``retry_after``: seconds the receiver asked us to wait, 0.0 if it
    did not say.
    """

    def __init__(
        self,
        why: str,
        *,
        refused: bool = False,
        permanent: bool = False,
        ambiguous: bool = False,
        retry_after: float = 0.0,
    ) -> None:
        self.refused = refused
        self.permanent = permanent
        self.ambiguous = ambiguous
        self.retry_after = retry_after
        super().__init__(why)
