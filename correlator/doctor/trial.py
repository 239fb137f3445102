"""A harmless message to each channel, through the code that sends the real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from uuid import uuid4

from correlator.channels.events import MONITOR, PREFIX
from correlator.doctor.model import Sent
from correlator.errors import SendFailed
from correlator.ports import Body, Channel
from correlator.settings.channels import kind_of
from correlator.wording import Style
from correlator.wording.phrases import say


def _card(text: str) -> Body:
    body = [{"type": "TextBlock", "text": text, "wrap": True}]
    card = {"type": "AdaptiveCard", "version": "1.2", "fallbackText": text, "body": body}
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "summary": text, "attachments": [{"contentType": kind, "content": card}]}


def _event(text: str) -> Body:
    kind, data = f"{PREFIX}.monitor.test.v1", {"moment": "test", "number": 1, "headline": text}
    return {"specversion": "1.0", "id": uuid4().hex, "source": MONITOR, "type": kind, "data": data}


BODIES: Mapping[str, Callable[[str], Body]] = {"teams": _card, "slack": lambda text: {"text": text}, "events": _event}
"""The simplest body that a channel takes."""


def send_test_messages(channels: Mapping[str, Channel], style: Style) -> Iterator[Sent]:
    """One message to each channel, and what came back."""
    for name, channel in channels.items():
        try:
            channel.send(BODIES[kind_of(name)](say(style, "doctor.test")))
        except SendFailed as failed:
            yield Sent(name, str(failed))
        else:
            yield Sent(name)
