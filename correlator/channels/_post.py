"""One HTTP POST to an address that is a secret: whoever holds a webhook URL can write into the channel.

So the path and the query never stand in an error, a log line or a repr; redirects are not followed; and nothing is
tried again here, because the outbox keeps the back-off.
"""

import ipaddress
import json
import logging
import socket
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from msgspec import Struct
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from correlator.errors import SendFailed
from correlator.settings.channels import UNRESOLVED, unresolved

ANSWER_LENGTH = 2000
IPV4_INSIDE = [ipaddress.IPv6Network(n) for n in ("::ffff:0:0/96", "::/96", "64:ff9b::/96")]
"""IPv6 addresses that lead to the IPv4 address in their last four bytes: mapped, compatible, NAT64."""
AZURE_HOST = ipaddress.IPv4Address("168.63.129.16")
"""Public by its number, and Azure's own host to whoever runs there.

https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
"""
CONNECTOR = "webhook.office.com"
# urllib3 logs the whole address at DEBUG.
logging.getLogger("urllib3").setLevel(logging.WARNING)


class PrivateAddress(Exception):
    """The other end is no public address."""


class _PublicConnection(HTTPSConnection):
    """Looks at whom it got before a byte is sent: a name may lead elsewhere than when it was checked."""

    def _new_conn(self) -> socket.socket:
        connected = super()._new_conn()
        if not _is_public(str(connected.getpeername()[0])):
            connected.close()
            raise PrivateAddress
        return connected


class _PublicPool(HTTPSConnectionPool):
    ConnectionCls = _PublicConnection


class _PublicOnly(HTTPAdapter):
    """Connections to public addresses. Behind a proxy, whom to reach is the proxy's affair."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"https": _PublicPool}


class Answer(Struct, frozen=True):
    """What came back: HTTP status, the first bytes of the text, and the seconds asked for by Retry-After (or 0.0)."""

    status: int
    text: str
    retry_after: float


def check_url(url: str, allow_private: bool = False) -> str | None:
    """What is wrong with a webhook address, in words that do not repeat it; None if it can be used."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "it is not a URL"
    if parts.scheme != "https" and not (allow_private and parts.scheme == "http"):
        return "it does not start with https://"
    if not host:
        return "it names no host"
    if parts.username or parts.password:
        return "it holds a user name"
    if host == CONNECTOR or host.endswith("." + CONNECTOR):
        return "Office 365 connectors (webhook.office.com) were retired; make a Workflows webhook for the channel"
    return None


def host_of(url: str) -> str:
    """The only part of a webhook address that may be shown."""
    try:
        return urlsplit(url).hostname or "an address without a host"
    except ValueError:
        return "an address that is no URL"


def post(
    url: str,
    body: object,
    *,
    timeout: tuple[float, float] = (5, 10),
    allow_private: bool = False,
    headers: Callable[[bytes], Mapping[str, str]] | None = None,
) -> Answer:
    """Send one JSON body. ``timeout`` is (connect, read) in seconds. Raises SendFailed, never anything else.

    ``headers`` gives more headers for the bytes that are sent.
    """
    if setting := unresolved(url):
        raise SendFailed(f"{setting} {UNRESOLVED}", permanent=True)
    problem = check_url(url, allow_private)
    if problem:
        raise SendFailed(f"{host_of(url)}: {problem}", permanent=True)
    try:
        if not allow_private and _is_private(url):
            raise PrivateAddress
        data = json.dumps(body).encode()
        more = headers(data) if headers else {}
        return _post(url, data, {"Content-Type": "application/json; charset=utf-8", **more}, timeout, allow_private)
    except PrivateAddress:
        failed = SendFailed(f"{host_of(url)} is a private address", permanent=True)
    except Exception as failure:  # any of them may hold the URL, so none of them goes on
        unsent = isinstance(failure, requests.ConnectionError) and not _may_have_arrived(failure)
        failed = SendFailed(f"{host_of(url)} did not answer ({type(failure).__name__})", ambiguous=not unsent)
    # Outside the handler, so that not even __context__ leads back to the URL.
    raise failed


def _post(
    url: str, body: bytes, headers: Mapping[str, str], timeout: tuple[float, float], allow_private: bool
) -> Answer:
    with requests.Session() as session:
        if not allow_private:
            session.mount("https://", _PublicOnly())
        with session.post(
            url,
            data=body,
            headers=headers,
            timeout=timeout,
            allow_redirects=False,
            stream=True,
        ) as response:
            text = response.raw.read1(ANSWER_LENGTH, decode_content=True).decode("utf-8", "replace")
            return Answer(response.status_code, text, _seconds(response.headers))


def _is_private(url: str) -> bool:
    """Whether any address of the host is not a public one (private, loopback, link-local, reserved, multicast)."""
    parts = urlsplit(url)
    found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    return any(not _is_public(str(info[4][0])) for info in found)


def _may_have_arrived(failure: requests.ConnectionError) -> bool:
    """Whether there was a connection at all: without one nothing was sent."""
    reason = getattr(failure.args[0] if failure.args else None, "reason", None)
    return not isinstance(reason, NewConnectionError | ConnectTimeoutError | NameResolutionError)


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    if isinstance(ip, ipaddress.IPv6Address):
        # 6to4, which RFC 7526 retired, leads to any IPv4 address; Python 3.11 calls it public.
        if ip.is_site_local or ip.sixtofour:
            return False
        if any(ip in within for within in IPV4_INSIDE):
            ip = ipaddress.IPv4Address(ip.packed[-4:])
    return ip.is_global and not ip.is_multicast and ip != AZURE_HOST


def _seconds(headers: requests.structures.CaseInsensitiveDict[str]) -> float:
    """Retry-After in seconds; where it is a date, counted from the answer's own Date."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError):
        return 0.0
    return max(0.0, wait.total_seconds())
