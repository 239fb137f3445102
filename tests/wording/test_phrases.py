"""Durations, times, places and counts read as a native reader expects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlator.wording import Style, phrases

EN = Style("en", "Asia/Tokyo", {"203.0.113.10": "osaka-dc1", "203.0.113.20": "twin", "203.0.113.21": "twin"})
JA = Style("ja", "Asia/Tokyo", {"203.0.113.10": "大阪"})
AT = datetime(2026, 8, 21, 17, 13, 4, 400000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "english", "japanese"),
    [
        (0.4, "less than 1 s", "1秒未満"),
        (12, "12 s", "12秒"),
        (108.9, "1 min 48 s", "1分48秒"),
        (120, "2 min", "2分"),
        (3600, "1 h", "1時間"),
        (3605, "1 h", "1時間"),
        (7384, "2 h 3 min", "2時間3分"),
        (2 * 86400 + 3 * 3600 + 59, "2 d 3 h", "2日3時間"),
    ],
)
def test_a_duration_is_cut_to_two_units(seconds: float, english: str, japanese: str) -> None:
    """The two largest units are said, and a duration is never rounded up."""
    assert phrases.duration(seconds, EN) == english
    assert phrases.duration(seconds, JA) == japanese


def test_a_span_is_given_in_the_readers_zone_and_in_utc() -> None:
    """Times are compared with device logs: seconds, one zone, and UTC."""
    end = AT + timedelta(seconds=12)
    assert phrases.span(AT, end, EN, AT) == "02:13:04 → 02:13:16 JST (17:13:04 → 17:13:16 UTC)"
    assert phrases.span(AT, None, JA, AT) == "02:13:04 JST (17:13:04 UTC) → 停止中"
    assert phrases.span(AT, end, Style(), AT) == "17:13:04 → 17:13:16 UTC"


def test_a_span_over_midnight_names_the_days() -> None:
    """A time of another day than the one shown above it has its date beside it."""
    late = datetime(2026, 8, 21, 14, 59, 50, tzinfo=UTC)
    text = phrases.span(late, late + timedelta(seconds=20), EN, late)
    assert text == "23:59:50 → Sat 22 Aug 00:00:10 JST (14:59:50 → 15:00:10 UTC)"
    assert phrases.span(AT, AT, EN, late).startswith("Sat 22 Aug 02:13:04 → 02:13:04")


def test_a_zone_without_letters_is_named_by_its_offset() -> None:
    """``+03`` alone would be taken for a part of the time."""
    assert phrases.instant(AT, Style("en", "Europe/Istanbul")) == "20:13:04 UTC+03"


def test_days_are_written_as_the_language_does() -> None:
    """Dates follow the order and the names of the language, in the reader's zone."""
    assert phrases.day(AT, EN) == "Sat 22 Aug 2026"
    assert phrases.day(AT, JA) == "2026年8月22日(土)"


def test_a_site_that_two_peers_share_is_named_with_the_address() -> None:
    """Two lines can end at one site: its name alone would say that both are down."""
    assert phrases.place("203.0.113.10", EN) == "osaka-dc1"
    assert phrases.place("203.0.113.20", EN) == "twin (203.0.113.20)"
    assert phrases.place("198.51.100.7", EN) == "198.51.100.7"


def test_instances_are_numbered_and_other_names_kept() -> None:
    """``instance 0`` is said of the name that Azure gives, any other name stands as it is."""
    assert phrases.instance("GatewayTenantWorker_IN_0", EN) == "instance 0"
    assert phrases.instance("worker-a", EN) == "worker-a"
    assert phrases.instance("", EN) == "an instance"


def test_many_peers_are_counted() -> None:
    """At most three are listed, the rest is counted; "all" is said only of all that the gateway has."""
    peers = [f"198.51.100.{n}" for n in range(5)]
    assert phrases.addresses(peers, Style()) == "198.51.100.0, 198.51.100.1, 198.51.100.2 and 2 more"
    assert phrases.places(peers, 9, Style()) == "5 peers"
    assert phrases.places(peers, 5, Style()) == "all 5 peers"
    assert phrases.places(peers, 5, Style(), each=True) == "each of 5 peers"


def test_japanese_is_spaced_from_latin_letters_only() -> None:
    """A space parts Japanese from Latin letters, and never Japanese from Japanese."""
    assert phrases.say(JA, "switched", where="大阪") == "大阪への VPN が別のインスタンスに切り替わりました"
    assert phrases.say(JA, "switched", where="osaka").startswith("osaka への")


@given(st.text(max_size=500), st.integers(1, 80))
def test_text_from_outside_is_short_and_printable(text: str, most: int) -> None:
    """Control and direction characters never get through, and no length is unbounded."""
    short = phrases.short(text, most)
    assert len(short) <= most
    assert short.isprintable()


def test_a_japanese_length_ends_in_one_kan() -> None:
    """Two hours are 2時間, for two hours is 2時間 as well, and for 28 seconds is 28秒間."""
    style = Style("ja")
    assert phrases.for_time(7200, style) == "2時間"
    assert phrases.for_time(28, style) == "28秒間"
    assert "間間" not in phrases.say(style, "cut.is", where="osaka", for_time=phrases.for_time(7200, style))


def test_a_bound_is_never_cut_below_what_it_bounds() -> None:
    """Where the true length may be shorter, the one said is no shorter than the log's."""
    assert [phrases.length(s, EN, at_most=True) for s in (43.2, 3599, 10830, 90061)] == [
        "at most 44 s",
        "at most 59 min 59 s",
        "at most 3 h 1 min",
        "at most 1 d 2 h",
    ]
    assert phrases.length(10830, JA, at_most=True) == "最大 3時間1分"
    assert phrases.length(10830, EN, at_most=False) == "3 h"
