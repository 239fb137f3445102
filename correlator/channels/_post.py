"""One HTTP POST to an address that is a secret: whoever holds a webhook URL can write into the channel.

So the path and the query never stand in an error, a log line or a repr; redirects are not followed; and nothing is
tried again here, because the outbox keeps the back-off.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import socket
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import urlsplit

import requests

from correlator.errors import SendFailed

ANSWER_LENGTH = 2000
CONNECTOR = "webhook.office.com"
# urllib3 logs the whole address at DEBUG.
logging.getLogger("urllib3").setLevel(logging.WARNING)


class Answer(NamedTuple):
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


def post(url: str, body: object, *, timeout: tuple[float, float] = (5, 10), allow_private: bool = False) -> Answer:
    """Send one JSON body. ``timeout`` is (connect, read) in seconds. Raises SendFailed, never anything else."""
    problem = check_url(url, allow_private)
    if problem:
        raise SendFailed(f"{host_of(url)}: {problem}", permanent=True)
    try:
        private = not allow_private and _is_private(url)
        answer = None if private else _post(url, json.dumps(body).encode(), timeout)
    except Exception as failure:  # any of them may hold the URL, so none of them goes on
        why = type(failure).__name__
    else:
        if answer:
            return answer
        raise SendFailed(f"{host_of(url)} is a private address", permanent=True)
    # Outside the handler, so that not even __context__ leads back to the URL.
    raise SendFailed(f"{host_of(url)} did not answer ({why})")


def _post(url: str, body: bytes, timeout: tuple[float, float]) -> Answer:
    with requests.post(
        url,
        data=body,
        headers={"Content-Type": "application/json; charset=utf-8"},
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


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return ip.is_global and not ip.is_multicast


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
