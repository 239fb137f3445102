"""The managed identity endpoint under the real credentials."""

from collections.abc import Iterator

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential

from sandbox.identity_service import IdentityService
from sandbox.stack import Stack
from sandbox.tokens import IssuedCredential, TokenIssuer, TokenRefused

SCOPE = "https://storage.azure.com/.default"
AUDIENCE = "https://storage.azure.com"


@pytest.fixture
def identity(issuer: TokenIssuer) -> Iterator[IdentityService]:
    """An identity endpoint of its own."""
    with IdentityService(issuer) as service:
        yield service


@pytest.mark.parametrize("kind", [ManagedIdentityCredential, DefaultAzureCredential])
def test_the_real_credentials_get_a_token(
    identity: IdentityService,
    issuer: TokenIssuer,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[ManagedIdentityCredential | DefaultAzureCredential],
) -> None:
    """Both credentials find the endpoint by the environment and get a token the services accept."""
    for name, value in {**identity.env, "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential"}.items():
        monkeypatch.setenv(name, value)
    issuer.check(kind().get_token(SCOPE).token, AUDIENCE)
    assert identity.requests[0].query["resource"] == AUDIENCE


def test_a_wrong_header_is_refused(identity: IdentityService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the header's value nobody gets a token."""
    for name, value in {**identity.env, "IDENTITY_HEADER": "guess"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ClientAuthenticationError):
        ManagedIdentityCredential().get_token(SCOPE)


@pytest.mark.parametrize(("path", "status"), [("/other", 404), ("/msi/token?api-version=2017-09-01&resource=x", 400)])
def test_other_requests_are_refused(identity: IdentityService, path: str, status: int) -> None:
    """An unknown path or protocol version gets no token."""
    answer = requests.get(identity.url + path, headers={"X-IDENTITY-HEADER": identity.header}, timeout=10)
    assert answer.status_code == status


def test_the_header_is_not_logged(stack: Stack) -> None:
    """The request log of the endpoint holds no credentials."""
    ManagedIdentityCredential().get_token(SCOPE)
    assert "x-identity-header" not in stack.identity.requests[0].headers


def test_a_token_is_for_one_audience_one_time_and_one_issuer(issuer: TokenIssuer) -> None:
    """A token is checked for its signature, then its time, then its audience; a wrong one is refused."""
    good = IssuedCredential(issuer).get_token(SCOPE).token
    issuer.check(good, AUDIENCE)
    expired = IssuedCredential(issuer, lifetime=-1).get_token(SCOPE).token
    for maker, token, audience in (
        (issuer, good, "https://x"),
        (issuer, expired, AUDIENCE),
        (TokenIssuer(), good, AUDIENCE),
    ):
        with pytest.raises(TokenRefused):
            maker.check(token, audience)


@pytest.mark.parametrize("token", ["", "x", "a.b.c"])
def test_what_is_no_token_is_refused(issuer: TokenIssuer, token: str) -> None:
    """Any text that is not a token is refused, not an accident."""
    with pytest.raises(TokenRefused):
        issuer.check(token, AUDIENCE)
