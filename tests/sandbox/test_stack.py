"""All parts together, and their end."""

import socket
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
import requests

from sandbox.faults import refused
from sandbox.stack import WORKSPACE_ID, Stack

NAMES = """IDENTITY_ENDPOINT IDENTITY_HEADER AZURE_TOKEN_CREDENTIALS REQUESTS_CA_BUNDLE LOGS_ENDPOINT LOGS_AUDIENCE
    ARM_ENDPOINT GATEWAY_SCOPES TABLES_ENDPOINT TEAMS_WEBHOOK_URL SLACK_WEBHOOK_URL WORKSPACE_IDS
    ALLOW_PRIVATE_WEBHOOKS POLL_SCHEDULE WEEKLY_AT AzureWebJobsStorage__queueServiceUri"""


def addresses(stack: Stack) -> list[tuple[str, int]]:
    """Host and port of everything the stack listens on."""
    parts = (stack.logs, stack.resources, stack.identity, stack.receiver)
    storage = stack.azurite
    urls = [*(part.url for part in parts), storage.tables_endpoint, storage.blobs_endpoint, storage.queues_endpoint]
    return [(str(urlsplit(url).hostname), urlsplit(url).port or 0) for url in urls]


def test_the_environment_is_complete(running_stack: Stack) -> None:
    """Exactly the documented variables are set, and none is empty."""
    assert set(running_stack.env) == set(NAMES.split())
    assert all(running_stack.env.values())


def test_everything_listens_on_this_machine_below_the_outgoing_ports(running_stack: Stack) -> None:
    """All parts listen on 127.0.0.1, each on its own port below 32768."""
    found = addresses(running_stack)
    assert {host for host, _ in found} == {"127.0.0.1"}
    assert len({port for _, port in found}) == len(found)
    assert all(port < 32768 for _, port in found)


def test_nothing_is_left_after_an_error() -> None:
    """An error inside the block ends every part, the child process in good order, and removes the temporary files."""
    with pytest.raises(KeyError), Stack() as stack:
        found, certificate, child = addresses(stack), stack.certificate_file, stack.azurite.child
        raise KeyError
    assert not certificate.exists()
    assert child
    assert child.returncode == 0
    for address in found:
        with socket.socket() as probe:
            assert probe.connect_ex(address) != 0


def test_clearing_forgets_everything(stack: Stack) -> None:
    """After clear there are no rows, no set clock, no messages, no requests and no faults waiting."""
    long_ago = datetime(2001, 1, 1, tzinfo=UTC)
    stack.set_clock(long_ago)
    stack.logs.load(WORKSPACE_ID, [{"TimeGenerated": long_ago}])
    requests.post(stack.env["TEAMS_WEBHOOK_URL"], json={}, timeout=10)
    stack.receiver.fail_next(refused(500))
    stack.clear()
    assert stack.logs.now() > long_ago
    assert stack.logs.query(WORKSPACE_ID, "union isfuzzy=true (datatable(a: string)[]), AzureDiagnostics").rows == []
    assert (stack.receiver.messages, stack.receiver.requests) == ([], [])
    assert requests.post(stack.env["SLACK_WEBHOOK_URL"], json={}, timeout=10).status_code == 200
