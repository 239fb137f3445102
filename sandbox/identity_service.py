"""The managed identity endpoint App Service gives its apps (IDENTITY_ENDPOINT, IDENTITY_HEADER)."""

import hmac
import secrets

from sandbox.faults import Reply
from sandbox.http_service import HttpService, Request
from sandbox.tokens import TokenIssuer

PATH = "/msi/token"
API_VERSION = "2019-08-01"


class IdentityService(HttpService):
    """Hands out tokens for any resource to whoever knows the header value, over plain HTTP as App Service does."""

    def __init__(self, issuer: TokenIssuer, lifetime: int = 3600) -> None:
        """`lifetime` of the tokens in seconds."""
        super().__init__()
        self.issuer = issuer
        self.lifetime = lifetime
        self.header = secrets.token_hex(16)

    @property
    def env(self) -> dict[str, str]:
        """The environment by which ManagedIdentityCredential finds this endpoint."""
        return {"IDENTITY_ENDPOINT": self.url + PATH, "IDENTITY_HEADER": self.header}

    def answer(self, request: Request) -> Reply:
        """A token for the query parameter `resource`."""
        if request.path != PATH:
            return _refusal(404, "no such path")
        if not hmac.compare_digest(request.headers.get("x-identity-header", ""), self.header):
            return _refusal(401, "the X-IDENTITY-HEADER is missing or wrong")
        resource = request.query.get("resource")
        if request.query.get("api-version") != API_VERSION or not resource:
            return _refusal(400, f"needs api-version={API_VERSION} and a resource")
        token, expires = self.issuer.mint(resource, self.lifetime)
        content = {"access_token": token, "expires_on": str(expires), "resource": resource, "token_type": "Bearer"}
        return Reply.json(200, content)


def _refusal(status: int, message: str) -> Reply:
    return Reply.json(status, {"statusCode": status, "message": message})
