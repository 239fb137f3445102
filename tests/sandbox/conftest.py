"""Fixtures of the sandbox's own tests."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from azure.identity import DefaultAzureCredential
from azure.monitor.query import LogsQueryClient

from sandbox.certificate import Certificate, make_certificate
from sandbox.logs_service import LogsService
from sandbox.stack import Stack
from sandbox.tokens import TokenIssuer
from sandbox.workspace import Workspace
from tests.sandbox.fixtures import running_stack, stack

__all__ = ["certificate", "client", "issuer", "logs", "running_stack", "stack", "workspace"]

NOW = datetime(2026, 8, 21, 18, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """One certificate for all services of the run."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def issuer() -> TokenIssuer:
    """A fresh key."""
    return TokenIssuer()


@pytest.fixture
def logs(issuer: TokenIssuer, certificate: Certificate) -> Iterator[LogsService]:
    """A log service of its own with two empty workspaces, at NOW."""
    with LogsService(issuer, certificate, ["one", "two"]) as service:
        service.set_clock(NOW)
        yield service


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    """An empty workspace."""
    made = Workspace("one")
    yield made
    made.close()


@pytest.fixture
def client(stack: Stack) -> Iterator[LogsQueryClient]:
    """The real client, with the real credential, set up by the environment alone."""
    with LogsQueryClient(DefaultAzureCredential(), endpoint=stack.logs.url, audience=stack.logs.audience) as made:
        yield made
