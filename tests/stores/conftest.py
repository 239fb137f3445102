"""Each backend of tables, for the suites that both must pass."""

from __future__ import annotations

import pytest
from azure.identity import DefaultAzureCredential

from correlator.stores.memory import MemoryTables
from correlator.stores.table_storage import AzureTables
from correlator.stores.tables import Tables
from sandbox.stack import Stack


@pytest.fixture(params=["memory", "azurite"])
def tables(request: pytest.FixtureRequest) -> Tables:
    """Each backend, empty."""
    if request.param == "memory":
        return MemoryTables()
    stack: Stack = request.getfixturevalue("stack")
    return AzureTables.at(stack.azurite.tables_endpoint, DefaultAzureCredential())
