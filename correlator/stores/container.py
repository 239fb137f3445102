"""A blob container, as little of it as an export needs: one PUT a file, signed with an identity and never with a key.

https://learn.microsoft.com/rest/api/storageservices/put-blob. The function app does not load this.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote, urlsplit

import requests
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError

from correlator.errors import StoreUnavailable, UsageError

VERSION = "2021-12-02"
"""Of the service's protocol: one PUT takes a file of up to 5,000 MiB since 2019-12-12."""
SCOPE = "https://storage.azure.com/.default"
TIMEOUT = (10, 300)
"""Seconds to connect and to wait for the answer."""
CURES = {
    401: "the token was not accepted: sign in to the account's own tenant (az login --tenant)",
    403: "no permission: you need Storage Blob Data Contributor there, and the account's firewall has to let you in",
    404: "there is no such container: the template makes one called exports",
    409: "a blob of that name is there already, and is left as it is",
}


class Container:
    """A container by its address. Raises UsageError for one that is no container's."""

    def __init__(self, address: str, credential: TokenCredential) -> None:
        if not re.fullmatch(r"https://[\w.-]+(:\d+)?(/[\w-]+)?/[a-z0-9$][a-z0-9-]+/?", address):
            raise UsageError(
                "--blob needs a container's address, as in https://<account>.blob.core.windows.net/exports"
            )
        self.address = address.rstrip("/")
        self._credential = credential

    def put(self, name: str, file: Path) -> None:
        """One new blob; one of that name is not replaced. Raises StoreUnavailable."""
        headers = {
            "Authorization": f"Bearer {self._token()}",
            "If-None-Match": "*",
            "x-ms-blob-type": "BlockBlob",
            "x-ms-blob-content-type": "application/gzip",
            "x-ms-version": VERSION,
        }
        status, why = None, ""
        try:
            with file.open("rb") as body:
                address = f"{self.address}/{quote(name)}"
                status = requests.put(
                    address, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False
                ).status_code
        except requests.RequestException as failed:  # its text may hold what was sent
            why = f"did not answer ({type(failed).__name__})"
        if status != requests.codes.created:
            raise StoreUnavailable(f"{self._name(name)}: {why or CURES.get(status or 0, f'HTTP {status}')}", status)

    def _name(self, name: str) -> str:
        return f"{urlsplit(self.address).hostname}, blob {name}"

    def _token(self) -> str:
        try:
            return self._credential.get_token(SCOPE).token
        except AzureError as failed:
            why = (str(failed).strip().splitlines() or ["no reason given"])[0][:300]
        raise StoreUnavailable(f"{urlsplit(self.address).hostname}: could not sign in: {why}")
