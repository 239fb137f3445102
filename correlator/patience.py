"""How long a notice waits before its next try: longer each time, not as long as the others, and never for ever."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from correlator.ports import Notice

LONGEST_PAUSE = timedelta(minutes=60)
PROBE = timedelta(days=1)
"""How often an address that refused for good is tried all the same: its receiver may have been mended."""


def pause_before(notice: Notice) -> timedelta:
    """The pause after the notice's latest try: 2, 4, 8 … 60 minutes, less up to a quarter.

    The quarter is drawn from the notice's key and number of tries, so that many notices do not come back as one crowd,
    and the same notice always waits the same.
    """
    longest = min(timedelta(minutes=2 ** min(notice.tries, 6)), LONGEST_PAUSE)
    drawn = hashlib.blake2b(f"{notice.key} {notice.tries}".encode(), digest_size=2).digest()
    return longest * (1 - int.from_bytes(drawn) / 65536 / 4)


def asked_for(retry_after: float) -> timedelta:
    """What a receiver asked for (seconds), up to an hour."""
    return min(timedelta(seconds=retry_after), LONGEST_PAUSE)
