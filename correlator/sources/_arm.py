"""Questions to Azure Resource Manager: signed in, tried again, page by page, and nothing is ever written.

ARM may send the shared keys of connections along, and errors of the HTTP library hold the token, so neither an answer's
body nor such an error ever stands in an exception.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

import requests
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from correlator.errors import SourceUnavailable
from correlator.sources import arm_json

NETWORK_API = "2024-05-01"
"""Of Microsoft.Network, stable: the version of the examples that arm_json names."""
DIAGNOSTICS_API = "2021-05-01-preview"
"""Of Microsoft.Insights/diagnosticSettings, the newest there is.
https://learn.microsoft.com/rest/api/monitor/diagnostic-settings/list"""
PAGES = 50
TIMEOUT = (5, 15)
"""Seconds to connect, and to wait for an answer."""
TRIES = 3
LONGEST_WAIT = 10
"""Seconds between two tries, whatever Retry-After asks for."""
PASSING = (429, 500, 502, 503, 504)
OURS = (400, 401, 403, 404, 409)
"""Answers about the one thing that was asked for; any other failure is the service's."""


class Denied(Exception):
    """This one thing cannot be read; the text says why and that the identity needs Reader, to be ended by "on …".

    ``code`` is the service's own word for it, as in ResourceNotFound, or ``""``.
    """

    def __init__(self, why: str, status: int = 0, code: str = "") -> None:
        self.status, self.code = status, code
        super().__init__(why)


class Answered(NamedTuple):
    """What came back: the JSON, and the headers by their names in any case."""

    content: object
    headers: Mapping[str, str]


class _Bearer(requests.auth.AuthBase):
    """As an auth object, so that no .netrc of the machine takes the header's place."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def patient_session(pause: float = 0.5) -> requests.Session:
    """A session that tries each question three times; ``pause`` in seconds grows from try to try."""
    retry = Retry(
        total=TRIES - 1,
        status_forcelist=PASSING,
        allowed_methods=("GET", "POST"),  # what is posted here are questions
        backoff_factor=pause,
        backoff_max=LONGEST_WAIT,
        retry_after_max=LONGEST_WAIT,
        raise_on_status=False,
    )
    session = requests.Session()
    session.mount("https://", HTTPAdapter(max_retries=retry))
    return session


class Arm:
    """One endpoint and one identity."""

    def __init__(self, endpoint: str, credential: TokenCredential, session: requests.Session) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._name = f"Azure Resource Manager at {urlsplit(endpoint).hostname}"
        self._credential = credential
        self._session = session

    def one(self, resource_id: str) -> object:
        """One network resource. Raises SourceUnavailable, Denied."""
        return self._json(self._endpoint + resource_id, {"api-version": NETWORK_API})

    def shown(self, resource_id: str, version: str) -> object:
        """One resource of any service, in that version. Raises SourceUnavailable, Denied."""
        return self._json(self._endpoint + resource_id, {"api-version": version})

    def posted(self, path: str, version: str, body: object) -> Answered:
        """The answer to a question that is too long for an address. Raises SourceUnavailable, Denied."""
        return self._asked("POST", self._endpoint + path, {"api-version": version}, body)

    def failed(self, why: str) -> SourceUnavailable:
        """An error that names the service."""
        return SourceUnavailable(f"{self._name}: {why}")

    def listed(self, path: str, **query: str) -> list[object]:
        """All pages of a list. Raises SourceUnavailable, also where not all pages can be had; Denied."""
        found: list[object] = []
        address = self._endpoint + path
        asked: Mapping[str, str] | None = {"api-version": NETWORK_API} | query
        for _ in range(PAGES):
            page = arm_json.page(self._json(address, asked))
            if page is None:
                raise SourceUnavailable(f"{self._name}: the answer is no list")
            values, following = page
            found += values
            if not following:
                return found
            if _origin(following) != _origin(self._endpoint):
                raise SourceUnavailable(f"{self._name}: the list goes on at another host, which was not followed")
            address, asked = following, None
        raise SourceUnavailable(f"{self._name}: a list has more than {PAGES} pages; name narrower GATEWAY_SCOPES")

    def _json(self, address: str, query: Mapping[str, str] | None) -> object:
        return self._asked("GET", address, query, None).content

    def _asked(self, method: str, address: str, query: Mapping[str, str] | None, body: object) -> Answered:
        status, content, headers = self._answer(method, address, query, body)
        if status in OURS:
            raise Denied(_way_out(status), status, _code(content))
        if status != requests.codes.ok:
            raise SourceUnavailable(f"{self._name}: {'throttled (429)' if status == 429 else f'HTTP {status}'}")
        try:
            return Answered(json.loads(content), headers)
        except (ValueError, RecursionError):
            pass
        # Outside the handlers here and below, so that not even __context__ leads back to a body or a token.
        raise SourceUnavailable(f"{self._name}: the answer was no JSON (a proxy's page?)")

    def _answer(
        self, method: str, address: str, query: Mapping[str, str] | None, body: object
    ) -> tuple[int, bytes, Mapping[str, str]]:
        auth = _Bearer(self._token())
        try:
            with self._session.request(
                method, address, params=query, json=body, auth=auth, timeout=TIMEOUT, allow_redirects=False
            ) as response:
                return response.status_code, response.content, response.headers
        except Exception as failure:  # any of them may hold the token, so none of them goes on
            why = type(failure).__name__
        raise SourceUnavailable(f"{self._name} did not answer ({why})")

    def _token(self) -> str:
        try:
            return self._credential.get_token(f"{self._endpoint}/.default").token
        except AzureError as failed:
            why = (str(failed).strip().splitlines() or ["no reason given"])[0][:300]
        raise SourceUnavailable(f"{self._name}: could not sign in: {why}")


def _origin(address: str) -> tuple[str, str | None, int]:
    """What must stay the same from page to page; a port may be written out or not."""
    try:
        parts = urlsplit(address)
        return parts.scheme, parts.hostname, parts.port or 443
    except ValueError:
        return "", None, 0


def _code(content: bytes) -> str:
    """The service's word for an error; nothing else of its body is looked at."""
    try:
        code = json.loads(content)["error"]["code"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return ""
    return code if isinstance(code, str) and code.isalnum() else ""


def _way_out(status: int) -> str:
    match status:
        case 401:
            return "the token was not accepted; check ARM_ENDPOINT and the tenant: the identity needs Reader"
        case 403:
            return "no permission to read: the identity needs Reader"
        case 404:
            return "not found: it was moved or deleted, or the identity needs Reader"
        case _:
            return f"HTTP {status}: the id may be wrong, or the identity needs Reader"
