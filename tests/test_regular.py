"""Drops at one distance get a remark, and many polls see the same rule as one replay."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from correlator.evidence import regular_every, remarks
from correlator.model import Incident
from correlator.regular import Start, last_starts, regular
from correlator.wording import Style
from correlator.wording.verdicts import remark_texts
from tests.timeline import HOUR, Watch, clock, incidents


def days(*times: str) -> str:
    """A tunnel up since the day before, then a drop of ten seconds at each of these times."""
    drops = (f"{t}:00 hq down IN_0; {t}:10 hq up IN_0" for t in times)
    return "\n".join(["08-19 10:00 hq up IN_0; 08-19 10:00 osaka up IN_0", *drops])


EIGHT = ("08-21 01:00", "08-21 09:00", "08-21 17:01", "08-22 01:01", "08-22 09:00")


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (EIGHT, [0, 0, 0, 8 * 3600, 8 * 3600]),
        (("08-21 01:00", "08-21 09:00", "08-21 17:00"), [0, 0, 0]),
        (("08-21 01:00", "08-21 09:00", "08-21 17:10", "08-22 01:10"), [0, 0, 0, 0]),
        (("08-21 01:00", "08-21 09:00", "08-21 12:00", "08-21 17:00", "08-22 01:00"), [0] * 5),
        (tuple(f"08-21 01:{n:02}" for n in (0, 9, 18, 27)), [0]),
        (tuple(f"08-2{n} 01:00" for n in (0, 1, 2, 3)), [0, 0, 0, 24 * 3600]),
        (("08-20 01:00", "08-22 01:00", "08-24 01:00", "08-26 01:00"), [0] * 4),
    ],
)
def test_which_drops_are_regular(times: tuple[str, ...], said: list[float]) -> None:
    """The fourth drop at one distance and those after it; not flapping, not every other day, not roughly so."""
    assert [regular_every(i) for i in incidents(days(*times))] == said


def test_another_tunnels_drops_do_not_count() -> None:
    """Each tunnel is asked for itself: drops of another peer neither make a rule nor break one."""
    mixed = days(*EIGHT) + "\n08-21 12:00 osaka down IN_0; 08-21 12:05 osaka up IN_0"
    assert max(regular_every(i) for i in incidents(mixed)) == 8 * 3600
    two = "\n".join(
        f"{t} {p} down IN_0; {t}:10 {p} up IN_0" for t, p in zip(EIGHT[:4], ("hq", "osaka", "hq", "osaka"), strict=True)
    )
    assert not any(map(regular_every, incidents(two)))


def known(watch: Watch) -> list[Incident]:
    """What polls ended in, without what only polls know."""
    return [replace(i, rev=1, pending=False) for i in watch.known().values()]


@pytest.mark.parametrize("late", ["", " late 40h"])
def test_many_polls_see_what_a_replay_sees(late: str) -> None:
    """Over ten days of drops, of which polls keep no more than three, each one's remark is that of a replay."""
    times = [clock("08-20 01:00") + n * 8 * HOUR for n in range(30)]
    told = [f"{t:%m-%d %H:%M}" for t in times]
    text = days(*told).replace("08-22 01:00:00 hq down IN_0", f"08-22 01:00:00 hq down IN_0{late}")
    watch = Watch(text)
    found: dict[object, float] = {}
    now = clock("08-20 00:30")
    while now < clock("08-31 00:00"):
        watch.poll(now)
        found |= {i.started_at: regular_every(i) for i in watch.known().values()}
        now += timedelta(hours=1)
    assert found == {i.started_at: regular_every(i) for i in incidents(text)}
    assert len(watch.known()) < 15, "most of the ten days is forgotten"


def test_it_is_said_in_words() -> None:
    """The remark names the distance, in either language."""
    last = incidents(days(*EIGHT))[-1]
    assert remarks(last) == ["regular-drops"]
    (english,), (japanese,) = (remark_texts(last, Style(language)) for language in ("en", "ja"))
    assert "every 8 h (the last four)" in english
    assert japanese.startswith("8時間ごとに")


def test_what_is_kept_is_enough() -> None:
    """Of each tunnel the last three starts are kept, whatever the order and repetition."""
    starts: list[Start] = [(clock("00:00") + n * HOUR, peer, "IN_0") for n in range(6) for peer in ("a", "b")]
    kept = last_starts([*starts[::-1], *starts])
    assert kept == tuple(starts[-6:])
    assert regular([], kept) == {}
