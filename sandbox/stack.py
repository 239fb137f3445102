"""All of it at once: identity, logs, storage and receiver, and the environment under which the real app uses them."""

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueServiceClient

from sandbox.azurite import Azurite
from sandbox.certificate import make_certificate
from sandbox.identity_service import IdentityService
from sandbox.logs_service import LogsService
from sandbox.nights.gateways import SCOPES
from sandbox.receiver import Receiver
from sandbox.resource_manager_service import ResourceManagerService
from sandbox.tokens import IssuedCredential, TokenIssuer

WORKSPACE_ID = "11111111-1111-1111-1111-111111111111"


class Stack:
    """A small Azure, up between `with Stack() as stack:` and the end of the block, whatever happens inside.

    `logs`, `resources`, `identity`, `azurite` and `receiver` are the parts, `tables` and `queues` are clients of
    its storage; `env` is what sets the app's clients on them.
    """

    logs: LogsService
    resources: ResourceManagerService
    identity: IdentityService
    azurite: Azurite
    receiver: Receiver
    certificate_file: Path
    tables: TableServiceClient
    queues: QueueServiceClient

    def __init__(self, workspace_ids: Sequence[str] = (WORKSPACE_ID,)) -> None:
        """Nothing starts yet. The workspaces will be empty."""
        self.workspace_ids = tuple(workspace_ids)
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as starting:  # undoes a start that fails half way
            certificate = make_certificate(Path(starting.enter_context(tempfile.TemporaryDirectory())))
            issuer = TokenIssuer()
            self.certificate_file = certificate.cert
            self.azurite = starting.enter_context(Azurite(certificate))
            self.identity = starting.enter_context(IdentityService(issuer))
            self.logs = starting.enter_context(LogsService(issuer, certificate, self.workspace_ids))
            self.resources = starting.enter_context(ResourceManagerService(issuer, certificate))
            self.receiver = starting.enter_context(Receiver())
            self.receiver.clock = self.logs.now
            self.tables = starting.enter_context(self._table_client(issuer))
            self.queues = starting.enter_context(self._queue_client(issuer))
            self._closing = starting.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    def _table_client(self, issuer: TokenIssuer) -> TableServiceClient:
        trusted = str(self.certificate_file)
        credential = IssuedCredential(issuer)
        return TableServiceClient(self.azurite.tables_endpoint, credential=credential, connection_verify=trusted)

    def _queue_client(self, issuer: TokenIssuer) -> QueueServiceClient:
        trusted = str(self.certificate_file)
        credential = IssuedCredential(issuer)
        return QueueServiceClient(self.azurite.queues_endpoint, credential=credential, connection_verify=trusted)

    @property
    def env(self) -> dict[str, str]:
        """Environment variables: the only difference between this and Azure."""
        return {
            **self.identity.env,
            "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
            "REQUESTS_CA_BUNDLE": str(self.certificate_file),
            "LOGS_ENDPOINT": self.logs.url,
            "LOGS_AUDIENCE": self.logs.audience,
            "ARM_ENDPOINT": self.resources.url,
            "GATEWAY_SCOPES": ",".join(SCOPES),
            "TABLES_ENDPOINT": self.azurite.tables_endpoint,
            "AzureWebJobsStorage__queueServiceUri": self.azurite.queues_endpoint,
            "TEAMS_WEBHOOK_URL": f"{self.receiver.url}/teams",
            "SLACK_WEBHOOK_URL": f"{self.receiver.url}/slack",
            "WORKSPACE_IDS": ",".join(self.workspace_ids),
            "ALLOW_PRIVATE_WEBHOOKS": "1",
            "POLL_SCHEDULE": "0 */5 * * * *",
            "WEEKLY_AT": "MON 09:00",
        }

    def set_clock(self, moment: datetime | None) -> None:
        """The log service's clock, see `LogsService.set_clock`."""
        self.logs.set_clock(moment)

    def clear(self) -> None:
        """Forget rows, messages, requests, faults, the set clock, tables and queues; the gateways come back."""
        self.logs.clear()
        self.resources.clear()
        self.identity.forget()
        self.receiver.clear()
        for table in self.tables.list_tables():
            self.tables.delete_table(table.name)
        for queue in self.queues.list_queues():
            self.queues.delete_queue(queue.name)
