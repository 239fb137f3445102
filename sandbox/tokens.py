"""Access tokens: minted by the identity endpoint, checked by the services, signed with a key of this process."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass, field

from azure.core.credentials import AccessToken

TENANT = "00000000-0000-0000-0000-000000000001"


class TokenRefused(Exception):
    """The token does not open this service; `code` is what Log Analytics calls the reason."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class TokenIssuer:
    """Signs and checks JSON Web Tokens (HS256). Each issuer has its own key: a token from elsewhere is refused."""

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def mint(self, audience: str, lifetime: int = 3600) -> tuple[str, int]:
        """A token for `audience` and the moment it expires (Unix seconds); `lifetime` in seconds may be negative."""
        now = int(time.time())
        claims = {
            "aud": audience.rstrip("/"),
            "iss": f"https://sts.windows.net/{TENANT}/",
            "iat": now - 5,
            "nbf": now - 5,
            "exp": now + lifetime,
            "tid": TENANT,
            "oid": "sandbox-identity",
            "ver": "1.0",
        }
        signed = f"{_encode({'alg': 'HS256', 'typ': 'JWT'})}.{_encode(claims)}"
        return f"{signed}.{self._signature(signed)}", now + lifetime

    def check(self, token: str, audience: str) -> None:
        """Raise TokenRefused unless this issuer made the token for `audience` and it has not expired."""
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature, self._signature(signed)):
            raise TokenRefused("InvalidAuthenticationToken", "The access token is invalid.")
        claims = _decode(signed.partition(".")[2])
        if int(str(claims["exp"])) <= time.time():
            raise TokenRefused("InvalidAuthenticationToken", "The access token has expired.")
        if claims["aud"] != audience.rstrip("/"):
            message = f"The access token has been obtained from wrong audience or resource '{claims['aud']}'."
            raise TokenRefused("InvalidAuthenticationTokenAudience", message)

    def _signature(self, signed: str) -> str:
        return _base64(hmac.new(self.key, signed.encode(), hashlib.sha256).digest())


@dataclass(frozen=True)
class IssuedCredential:
    """A credential for Azure's client libraries with tokens straight from an issuer, without the identity endpoint."""

    issuer: TokenIssuer
    lifetime: int = 3600

    def get_token(self, *scopes: str, **_: object) -> AccessToken:
        """Mint a token for the resource of the first scope."""
        return AccessToken(*self.issuer.mint(scopes[0].removesuffix("/.default"), self.lifetime))


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _encode(content: object) -> str:
    return _base64(json.dumps(content, separators=(",", ":")).encode())


def _decode(text: str) -> dict[str, object]:
    content: dict[str, object] = json.loads(base64.urlsafe_b64decode(text + "=="))
    return content
