"""How an incident went, in one sentence: instances, times, lengths."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from correlator.model import LogRow
from correlator.wording import Style
from correlator.wording.course import course
from tests.channels.composed import EN, JA, MAINTENANCE_0, NAGOYA, gateway, incident_of, tunnel

NOW = datetime(2026, 8, 21, 18, 0, tzinfo=UTC)
FIRST = [MAINTENANCE_0, tunnel("17:13:04", False, 0), tunnel("17:13:16", True, 1)]
MAINTENANCE_1 = gateway("17:37:21", "HostMaintenanceEvent", "Upgrade gateway started", 1)
BOTH = [*FIRST, MAINTENANCE_1, tunnel("17:37:59", False, 1), tunnel("17:38:15", True, 0)]
SECOND_OPEN = BOTH[:-1]
OTHER_PEER_TOO = [*FIRST, tunnel("17:13:06", False, 0, NAGOYA), tunnel("17:13:14", True, 1, NAGOYA)]
PEER = [tunnel("05:41:17", False, 0, reason="RemotelyTriggered"), tunnel("05:42:00", True, 0)]
PEER_OPEN = PEER[:1]
BOUNDED = [PEER[0], tunnel("05:51:17", False, 0), tunnel("05:51:47", True, 0)]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (BOTH, "Instance 0 at 02:13:04 JST (17:13:04 UTC) for 12 s, instance 1 followed 25 min later for 16 s."),
        (SECOND_OPEN, "Instance 0 at 02:13:04 JST (17:13:04 UTC) for 12 s, instance 1 followed 25 min later, "
         "still down."),
        (OTHER_PEER_TOO, "Instance 0 at 02:13:04 JST (17:13:04 UTC) for 12 s."),
        (PEER, "At 14:41:17 JST (05:41:17 UTC) for 43 s."),
        (BOUNDED, "At 14:41:17 JST (05:41:17 UTC) for at most 10 min 30 s."),
        (PEER_OPEN, "At 14:41:17 JST (05:41:17 UTC), still down."),
    ],
)  # fmt: skip
def test_the_course_of_an_incident(rows: list[LogRow], said: str) -> None:
    """Instances by name where Azure visited them, else time and length alone; what is open is still down."""
    incident = incident_of(rows)
    assert course(incident, NOW, EN) == said
    assert "UTC" in course(incident, NOW, JA)


def test_a_reader_in_utc_reads_each_time_once() -> None:
    """In UTC no time is said twice."""
    assert course(incident_of(PEER), NOW, Style("en", "UTC")) == "At 05:41:17 UTC for 43 s."
