"""Three functions replaced in the text, everything else left as it is."""

import pytest

from sandbox.kql_rewrite import OtherWorkspace, rewrite

TABLES = {"T": {"a_s", "b"}, "U": {"b"}, "Absent": set[str]()}


def rewritten(text: str) -> str:
    """The text for a workspace named `me`."""
    return rewrite(text, TABLES, lambda name: name == "me")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("T | extend x = column_ifexists('a_s', '')", "T | extend x = ['a_s']"),
        ('T | extend x = columnifexists( "c" , "d" )', 'T | extend x = ("d")'),
        ("T | take 1; U | extend x=column_ifexists('a_s', dynamic({}))", "T | take 1; U | extend x=(dynamic({}))"),
        ("column_ifexists('c', f(')', (1)))", "(f(')', (1)))"),
        ("T|extend column_ifexists('c', column_ifexists('a_s', 1))", "T|extend (['a_s'])"),
        ("T | where ingestion_time() > ago(1h)", "T | where ['$ingested'] > ago(1h)"),
        ("T | where ingestion_time ( )>x", "T | where ['$ingested']>x"),
        ("workspace('me').T | count", "T | count"),
    ],
)
def test_calls_are_replaced(text: str, expected: str) -> None:
    """Each of the three calls becomes what it means in this workspace."""
    assert rewritten(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "T | where Message == 'ingestion_time()'",
        "// column_ifexists('a_s', 1)\nT | count",
        "T | where x == @'C:\\' and y == 'ingestion_time()'",
        "T | project ingestion_time, workspace",
        'T | where x == "it\'s" | where y has \'column_ifexists("c", 1)\'',
    ],
)
def test_everything_else_is_left_alone(text: str) -> None:
    """Text in literals and comments, and names that are no calls, are not touched."""
    assert rewritten(text) == text


def test_another_workspace_is_refused() -> None:
    """A query into a workspace that was not asked must fail, not read the wrong rows."""
    with pytest.raises(OtherWorkspace, match="other"):
        rewritten("workspace('other').T")
