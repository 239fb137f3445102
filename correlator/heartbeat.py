"""A sign of life for a watcher outside Azure: it rings when the sign stays away, whatever took this app down."""

from __future__ import annotations

import logging

from correlator.channels import host_of, post
from correlator.errors import SendFailed

log = logging.getLogger("correlator")
PATIENCE = (3.0, 5.0)
"""Seconds to connect and to read: a watcher that is slow must not hold up the next poll."""


def beat(url: str, allow_private: bool) -> None:
    """One POST of an empty object, as safe as a webhook's. What goes wrong is a line in the log and nothing more."""
    try:
        answer = post(url, {}, timeout=PATIENCE, allow_private=allow_private)
    except SendFailed as failed:
        log.warning("heartbeat: %s", failed)
        return
    if not 200 <= answer.status < 300:
        log.warning("heartbeat: %s answered %s", host_of(url), answer.status)
