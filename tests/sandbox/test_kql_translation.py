"""A translation that is shared by all moments is the one that each of them would get."""

from datetime import UTC, datetime, timedelta

import duckdb_kql
import pytest

from correlator import queries
from sandbox.kql_rewrite import INGESTED, rewrite
from sandbox.kql_translation import translate
from sandbox.workspace import SCHEMA

NOW = datetime(2026, 8, 21, 18, 0, tzinfo=UTC)
COLUMNS = {table: [*columns, INGESTED] for table, columns in SCHEMA.items()}
TEXTS = {
    "poll": lambda now: queries.poll(now - timedelta(minutes=5), now - timedelta(days=3)),
    "the mark at the window's start": lambda now: queries.poll(now + queries.OVERLAP, now + queries.LEAD),
    "first poll": lambda now: queries.poll(None, None),
    "history": lambda now: queries.history(now - timedelta(hours=2), now),
    "in a string": lambda now: f"print x = 'since {queries.literal(now)}', at = now()",
    "no clock": lambda now: f"print x = {queries.literal(now)}",
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_shared_translation_is_the_direct_one(name: str) -> None:
    """At every moment the SQL and its parameters are those of a translation of that very text."""
    schema = tuple((table, tuple(columns)) for table, columns in COLUMNS.items())
    for now in (NOW, NOW + timedelta(days=1, microseconds=7)):
        text = rewrite(TEXTS[name](now), {table: set(columns) for table, columns in COLUMNS.items()}, str.isalnum)
        direct = duckdb_kql.to_sql(text, schema=COLUMNS, query_now=now)
        assert translate(text, schema, now) == (str(direct), direct.parameters)


def test_other_columns_are_another_translation() -> None:
    """The columns of a table are part of the SQL, so a table that has grown is translated anew."""
    text = "T | extend a = 1"
    assert translate(text, (("T", ("a", "b")),), NOW) != translate(text, (("T", ("b", "a")),), NOW)
