"""Whether a deployment fans out, and what is asked for in which order."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlator.dispatch import MOST, RUNS, Asked, ask, knows, left_behind, messages, read, text_of
from correlator.gateways import GatewayList, Listed
from correlator.ports import Head, Standing
from correlator.settings import SETTINGS, Settings, fans_out
from tests.fakes import at

NOW = at("2026-08-21T17:00:00")
MINUTE = timedelta(minutes=1)
LIST = Listed(NOW - 60 * MINUTE, GatewayList())


def workspaces(count: int) -> str:
    """So many, as WORKSPACE_IDS names them."""
    return ",".join(f"11111111-1111-1111-1111-{n:012d}" for n in range(count))


def stands(name: str, minutes_ago: int | None, failed: str = "") -> Standing:
    """A workspace whose last good poll was so long ago."""
    return Standing(name, Head(mark=None if minutes_ago is None else NOW - minutes_ago * MINUTE), failed=failed)


@pytest.mark.parametrize(
    ("count", "setting", "expected"),
    [(20, "", False), (21, "", True), (1, "0", True), (0, "0", False), (3, "3", False), (4, "3", True)],
)
def test_more_workspaces_than_the_setting_fan_out(count: int, setting: str, expected: bool) -> None:
    """Above FAN_OUT_ABOVE (20) workspaces are polled over the queue; at it and below it none is."""
    environment = {"WORKSPACE_IDS": workspaces(count), "FAN_OUT_ABOVE": setting}
    assert fans_out(environment) is expected
    assert Settings.read(environment).fans_out is expected


def test_a_workspace_that_is_named_twice_counts_once() -> None:
    """What is polled is counted, not what is written."""
    assert not fans_out({"WORKSPACE_IDS": f"{workspaces(20)},{workspaces(20)}"})


@given(st.dictionaries(st.sampled_from([s.name for s in SETTINGS]), st.text(max_size=40)))
def test_asking_never_raises(environment: dict[str, str]) -> None:
    """It is asked when the app is indexed: a setting that cannot be read must not take every function away."""
    assert fans_out(environment) in (True, False)


def test_whoever_waits_longest_is_asked_for_first() -> None:
    """Never polled, then by age; those that failed come after all others, by age too, and nobody is left out."""
    found = [
        stands("young", 5), stands("failing", 90, "throttled"), stands("new", None), stands("old", 30),
        stands("new and failing", None, "no permission"),
    ]  # fmt: skip
    asked = [a.workspace for a in ask(found, NOW, None)]
    assert asked == ["new", "old", "young", "new and failing", "failing"]


@given(st.lists(st.tuples(st.text(min_size=1), st.none() | st.integers(0, 99)), unique_by=lambda pair: pair[0]))
def test_everyone_is_asked_for_once(found: list[tuple[str, int | None]]) -> None:
    """A poll of each workspace, whatever became of its last one; the text says the same to whoever reads it."""
    asked = ask([stands(*each) for each in found], NOW, LIST)
    assert sorted(a.workspace for a in asked) == sorted(name for name, _ in found)
    assert sorted(one for m in messages(asked) for one in [a.workspace for a in read(m)]) == sorted(
        name for name, _ in found
    )
    assert read(text_of(asked)) == asked or not asked


@pytest.mark.parametrize(
    ("count", "runs"), [(1, 1), (24, 24), (RUNS, RUNS), (RUNS + 1, RUNS), (1000, RUNS), (5000, 50)]
)
def test_many_workspaces_share_messages(count: int, runs: int) -> None:
    """No more messages than one instance takes, each within the queue's 48 KiB; who waits longest is first in one."""
    long = "/subscriptions/00000000-0000-4000-8000-000000000000/resourcegroups/"
    asked = ask([stands(f"{long}{n:0>90}", 5000 - n) for n in range(count)], NOW, LIST)
    sent = messages(asked)
    assert len(sent) == runs
    assert [read(m)[0] for m in sent] == asked[:runs]
    assert max(len(m) for m in sent) < 48 * 1024
    assert max(len(read(m)) for m in sent) <= MOST


def test_a_poll_that_was_done_since_is_not_done_again() -> None:
    """A message that comes twice or late asks for nothing once the workspace was polled after it was sent."""
    asked = Asked("one", NOW)
    assert not asked.is_done(Head())
    assert not asked.is_done(Head(mark=NOW - timedelta(seconds=1)))
    assert asked.is_done(Head(mark=NOW))
    assert asked.is_done(Head(mark=NOW + MINUTE))


def test_a_message_of_somebody_else_is_refused() -> None:
    """What is no message of ours is an error, and no poll of a workspace without a name."""
    for text in ("", "hello", "{}", '{"workspace": 1, "at": "now"}', b"\xff"):
        with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
            read(text)


def test_a_new_gateway_list_counts_until_a_workspace_was_polled_with_it() -> None:
    """A workspace is told to look at what the list changed until it was polled with that list, or with a newer one."""
    before, after = LIST.read_at - MINUTE, LIST.read_at + MINUTE
    found = [
        Standing("a"),
        Standing("b", listed=before),
        Standing("c", listed=LIST.read_at),
        Standing("d", listed=after),
    ]
    assert [knows(s, LIST) for s in found] == [False, False, True, True]
    assert [(a.workspace, a.anew, a.listed) for a in ask(found, NOW, LIST)] == [
        ("a", True, LIST.read_at), ("b", True, LIST.read_at), ("c", False, LIST.read_at), ("d", False, LIST.read_at),
    ]  # fmt: skip
    assert not any(a.anew for a in ask(found, NOW, None))


def test_who_is_left_behind() -> None:
    """A workspace without a good poll for as long as is a gap to tell of, and one without any."""
    found = [stands("fine", 30), stands("late", 31), stands("never", None)]
    assert [s.workspace for s in left_behind(found, NOW, timedelta(minutes=30))] == ["late", "never"]
