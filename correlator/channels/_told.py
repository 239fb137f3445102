"""What a message about the monitor itself holds, before any channel lays it out."""

from typing import NamedTuple

from correlator.channels._content import title_line
from correlator.notification import Notification
from correlator.wording import Style
from correlator.wording.delivery import blind_lines, mending_lines, missed_lines, parked_lines, unwatched_lines
from correlator.wording.messages import what_happened


class DeliveryContent(NamedTuple):
    """State and sentence, when, and a few lines of what to do."""

    title: str
    sentence: str
    period: str
    lines: list[str]


def delivery_content(n: Notification, style: Style) -> DeliveryContent | None:
    """None for a message about anything else."""
    if n.parked:
        return DeliveryContent(title_line(n, style), what_happened(n, style), *parked_lines(n, n.parked, style))
    if n.missed:
        return DeliveryContent(title_line(n, style), what_happened(n, style), *missed_lines(n.missed, style))
    if n.mending:
        return DeliveryContent(title_line(n, style), what_happened(n, style), *mending_lines(n, n.mending, style))
    if n.unwatched:
        return DeliveryContent(title_line(n, style), what_happened(n, style), *unwatched_lines(n, n.unwatched, style))
    if n.blind:
        return DeliveryContent(title_line(n, style), what_happened(n, style), *blind_lines(n.blind, style))
    return None
