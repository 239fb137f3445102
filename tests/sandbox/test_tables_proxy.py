"""The way to the tables on which answers go wrong: true answers pass, and each fault is what storage would do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from correlator.stores.table_storage import AzureTables
from correlator.stores.tables import STATE, Conflict, Insert, Replace
from sandbox.certificate import Certificate
from sandbox.stack import Stack
from sandbox.tables_proxy import TablesProxy, empty_page, not_modified_by_us
from sandbox.tokens import IssuedCredential, TokenIssuer


@pytest.fixture
def proxy(stack: Stack) -> Iterator[TablesProxy]:
    certificate = Certificate(stack.certificate_file, stack.certificate_file.with_name("key.pem"))
    with TablesProxy(stack.azurite.tables_endpoint, certificate) as made:
        yield made


@pytest.fixture
def tables(proxy: TablesProxy, stack: Stack) -> AzureTables:
    """The app's own client, by way of the proxy."""
    return AzureTables.at(proxy.endpoint, IssuedCredential(TokenIssuer()))


def test_true_answers_pass(tables: AzureTables) -> None:
    """Rows go in and come out, and a condition that does not hold is a conflict."""
    (tag,) = tables.write(STATE, "p", [Insert("a", {"N": 1})])
    tables.write(STATE, "p", [Replace("a", {"N": 2}, tag)])
    with pytest.raises(Conflict):
        tables.write(STATE, "p", [Replace("a", {"N": 3}, tag)])
    assert [e.properties["N"] for e in tables.query(STATE, "p", "", "~")[0]] == [2]


def test_a_page_may_be_empty_and_not_the_last(tables: AzureTables, proxy: TablesProxy) -> None:
    """Rows behind an empty page are found, with one request more."""
    tables.write(STATE, "p", [Insert("a", {"N": 1})])
    proxy.forget()
    proxy.fail_next(empty_page())
    assert [e.row for e in tables.query(STATE, "p", "", "~")[0]] == ["a"]
    assert len(proxy.requests) == 2


def test_a_conflict_is_one(tables: AzureTables, proxy: TablesProxy) -> None:
    """What the service calls a condition that does not hold is a conflict to the app."""
    (tag,) = tables.write(STATE, "p", [Insert("a", {"N": 1})])
    proxy.fail_next(not_modified_by_us())
    with pytest.raises(Conflict):
        tables.write(STATE, "p", [Replace("a", {"N": 2}, tag)])


def test_the_clock_may_be_off(tables: AzureTables, proxy: TablesProxy) -> None:
    """The service's clock is that of its answers, as far off as it is set."""
    tables.write(STATE, "p", [Insert("a", {"N": 1})])
    _, now = tables.query(STATE, "p", "", "~")
    proxy.clock_off = timedelta(days=400)
    _, later = tables.query(STATE, "p", "", "~")
    assert timedelta(days=399) < later - now < timedelta(days=401)
