"""Which polls are asked for, in which order, and who is left behind, where each workspace has a run of its own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from correlator.gateways import Listed
from correlator.model import LONG_AGO
from correlator.ports import Head, Standing


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """A poll that is asked for, as a message says it.

    ``at`` is when, by the table service's clock (UTC); ``listed`` when the newest gateway list was read (UTC), None
    where there is none; ``anew`` that the workspace was not polled with it yet.
    """

    workspace: str
    at: datetime
    listed: datetime | None = None
    anew: bool = False

    def text(self) -> str:
        """The message."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def read(cls, text: str | bytes) -> Asked:
        """Raises msgspec.ValidationError or DecodeError for what is no such message."""
        return _MESSAGES.decode(text)

    def is_done(self, head: Head) -> bool:
        """Whether the workspace was polled since: the message came twice, or late."""
        return head.mark is not None and head.mark >= self.at


def ask(standings: Iterable[Standing], at: datetime, listed: Listed | None) -> list[Asked]:
    """A poll of each workspace. Whoever waits longest comes first; whose last poll failed, after all others."""
    in_order = sorted(standings, key=lambda s: (bool(s.failed), s.head.mark or LONG_AGO, s.workspace))
    if listed is None:
        return [Asked(s.workspace, at) for s in in_order]
    return [Asked(s.workspace, at, listed.read_at, not knows(s, listed)) for s in in_order]


def left_behind(standings: Iterable[Standing], now: datetime, longest: timedelta) -> list[Standing]:
    """Those without a good poll for so long that it is a gap to tell of, or without any."""
    return [s for s in standings if s.head.mark is None or now - s.head.mark > longest]


_MESSAGES = msgspec.json.Decoder(Asked)
"""Made while one thread imports this: see ``stores/codec.py``."""


def knows(standing: Standing, listed: Listed) -> bool:
    """Whether a workspace was polled with this gateway list, or a newer one."""
    return standing.listed is not None and standing.listed >= listed.read_at
