"""Which polls are asked for over the queue, in which order and by which messages, and who is left behind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from correlator.gateways import Listed
from correlator.model import LONG_AGO
from correlator.ports import Head, Standing

RUNS = 32
"""So many messages a tick: what one instance takes at once (``batchSize`` of host.json), so none has to be added."""
MOST = 100
"""Workspaces of one message; the queue takes 48 KiB."""


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """A poll that is asked for.

    ``at`` is when, by the table service's clock (UTC); ``listed`` when the newest gateway list was read (UTC), None
    where there is none; ``anew`` that the workspace was not polled with it yet.
    """

    workspace: str
    at: datetime
    listed: datetime | None = None
    anew: bool = False

    def is_done(self, head: Head) -> bool:
        """Whether the workspace was polled since: the message came twice, or late."""
        return head.mark is not None and head.mark >= self.at


def ask(standings: Iterable[Standing], at: datetime, listed: Listed | None) -> list[Asked]:
    """A poll of each workspace. Whoever waits longest comes first; whose last poll failed, after all others."""
    in_order = sorted(standings, key=lambda s: (bool(s.failed), s.head.mark or LONG_AGO, s.workspace))
    if listed is None:
        return [Asked(s.workspace, at) for s in in_order]
    return [Asked(s.workspace, at, listed.read_at, not knows(s, listed)) for s in in_order]


def messages(asked: Sequence[Asked]) -> list[str]:
    """Messages that ask for all of these: who comes first is first in one of them."""
    count = max(min(RUNS, len(asked)), -(-len(asked) // MOST))
    return [text_of(asked[n::count]) for n in range(count)]


def text_of(asked: Sequence[Asked]) -> str:
    """The message that asks for these, one after the other."""
    return msgspec.json.encode(asked[0] if len(asked) == 1 else asked).decode()


def read(text: str | bytes) -> list[Asked]:
    """What a message asks for. Raises msgspec.ValidationError or DecodeError for what is no such message."""
    asked = _MESSAGES.decode(text)
    return [asked] if isinstance(asked, Asked) else asked


def left_behind(standings: Iterable[Standing], now: datetime, longest: timedelta) -> list[Standing]:
    """Those without a good poll for so long that it is a gap to tell of, or without any."""
    return [s for s in standings if s.head.mark is None or now - s.head.mark > longest]


_MESSAGES: msgspec.json.Decoder[Asked | list[Asked]] = msgspec.json.Decoder(Asked | list[Asked])
"""Made while one thread imports this: see ``stores/codec.py``."""


def knows(standing: Standing, listed: Listed) -> bool:
    """Whether a workspace was polled with this gateway list, or a newer one."""
    return standing.listed is not None and standing.listed >= listed.read_at
