"""Storage queues as the Functions host uses them: base64 text, leases while a function runs, retries, and poison.

What the host does with a message: https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger
and its settings: https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue (host.json).
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.identity import DefaultAzureCredential
from azure.storage.queue import (
    QueueClient,
    QueueMessage,
    QueueServiceClient,
    TextBase64DecodePolicy,
    TextBase64EncodePolicy,
)

POISON = "-poison"
LEASE = 600
"""Seconds for which the host hides a message while its function runs. It renews them; here none runs so long."""
OVERRIDE = "AzureFunctionsJobHost__extensions__queues__"
"""An app setting with this name and a key of host.json behind it goes before host.json."""


class Rules(NamedTuple):
    """What host.json says of queues; the defaults are the host's own. ``pause`` in seconds."""

    batch: int = 16
    tries: int = 5
    pause: int = 0

    @classmethod
    def read(cls, folder: Path, settings: Mapping[str, str]) -> "Rules":
        """Those of the app in a folder, with its app settings."""
        said = json.loads((folder / "host.json").read_text()) if (folder / "host.json").is_file() else {}
        queues = dict(said.get("extensions", {}).get("queues", {}))
        queues |= {key.removeprefix(OVERRIDE): value for key, value in settings.items() if key.startswith(OVERRIDE)}
        hours, minutes, seconds = map(int, queues.get("visibilityTimeout", "00:00:00").split(":"))
        return cls(
            int(queues.get("batchSize", 16)),
            int(queues.get("maxDequeueCount", 5)),
            3600 * hours + 60 * minutes + seconds,
        )


class Queues:
    """The queues behind one connection setting."""

    def __init__(self, service: QueueServiceClient, rules: Rules) -> None:
        self._service, self.rules = service, rules

    @classmethod
    def connected(cls, connection: str, settings: Mapping[str, str], rules: Rules) -> "Queues":
        """By connection string, or by address and identity, as the settings of that name say."""
        if settings.get(connection):
            return cls(QueueServiceClient.from_connection_string(settings[connection]), rules)
        address = settings[f"{connection}__queueServiceUri"]
        return cls(QueueServiceClient(address, credential=DefaultAzureCredential()), rules)

    def put(self, queue: str, texts: Iterable[str]) -> None:
        """Each text as a message; the queue is made if it is missing."""
        client = self._client(queue)
        for text in texts:
            try:
                client.send_message(text)
            except ResourceNotFoundError:
                self._make(client)
                client.send_message(text)

    def take(self, queue: str) -> list[QueueMessage]:
        """A batch of what can be seen, hidden from others from now on; nothing where there is no such queue."""
        try:
            return list(
                self._client(queue).receive_messages(
                    visibility_timeout=LEASE, max_messages=self.rules.batch, messages_per_page=self.rules.batch
                )
            )
        except ResourceNotFoundError:
            return []

    def end(self, queue: str, message: QueueMessage, *, well: bool) -> None:
        """The function came to an end: forget the message, or show it again, or call it poison after the last try."""
        client = self._client(queue)
        if well:
            client.delete_message(message)
        elif queue.endswith(POISON) or (message.dequeue_count or 0) < self.rules.tries:
            client.update_message(message, visibility_timeout=self.rules.pause)
        else:
            self.put(queue + POISON, [message.content])
            client.delete_message(message)

    def waiting(self, queue: str) -> int:
        """About how many messages are there, hidden ones too."""
        try:
            return int(self._client(queue).get_queue_properties().approximate_message_count or 0)
        except ResourceNotFoundError:
            return 0

    def _client(self, queue: str) -> QueueClient:
        policies: dict[str, Any] = {
            "message_encode_policy": TextBase64EncodePolicy(),
            "message_decode_policy": TextBase64DecodePolicy(),
        }
        return self._service.get_queue_client(queue, **policies)

    @staticmethod
    def _make(client: QueueClient) -> None:
        try:
            client.create_queue()
        except ResourceExistsError:
            return
