"""Storage under the real table client."""

from collections.abc import Iterator

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, ResourceExistsError
from azure.data.tables import TableServiceClient
from azure.identity import DefaultAzureCredential

from sandbox import ports
from sandbox.azurite import Azurite
from sandbox.stack import Stack
from sandbox.tokens import IssuedCredential, TokenIssuer

ENTITY = {"PartitionKey": "2026-W34", "RowKey": "20260821T171304Z", "Peers": 2}


@pytest.fixture
def tables(stack: Stack) -> Iterator[TableServiceClient]:
    """The real client, with the real credential, set up by the environment alone."""
    with TableServiceClient(stack.env["TABLES_ENDPOINT"], credential=DefaultAzureCredential()) as client:
        yield client


def test_an_entity_is_kept_once(tables: TableServiceClient) -> None:
    """An entity comes back as it was created, and creating it again is a conflict."""
    table = tables.create_table("incidents")
    table.create_entity(ENTITY)
    with pytest.raises(ResourceExistsError):
        table.create_entity(ENTITY)
    assert [dict(entity) for entity in table.list_entities()] == [ENTITY]


def test_each_test_finds_storage_empty(stack: Stack, tables: TableServiceClient) -> None:
    """Clearing the stack deletes every table, and a table of the same name can be made at once."""
    tables.create_table("incidents").create_entity(ENTITY)
    stack.clear()
    assert list(tables.list_tables()) == []
    assert list(tables.create_table("incidents").list_entities()) == []


def test_a_token_for_something_else_is_refused(stack: Stack) -> None:
    """Storage accepts tokens for storage only."""

    class OtherAudience(IssuedCredential):
        def get_token(self, *scopes: str, **_: object) -> AccessToken:
            return super().get_token("https://api.loganalytics.io/.default")

    with (
        TableServiceClient(stack.env["TABLES_ENDPOINT"], credential=OtherAudience(TokenIssuer())) as client,
        pytest.raises(ClientAuthenticationError),
    ):
        list(client.list_tables())


def test_a_port_taken_meanwhile_is_given_up(running_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another process was faster on a port, other ports are tried; a listener that is not ours never counts."""
    taken = int(running_stack.azurite.tables_endpoint.split(":")[2].split("/")[0])
    real = ports.free_ports
    offers = iter([[taken, *real(2)], real(3)])
    monkeypatch.setattr("sandbox.azurite.free_ports", lambda count: next(offers))
    with Azurite() as storage:
        assert str(taken) not in storage.blobs_endpoint
