"""The page for people who sign in with Entra ID, and the one thing they may do there: say that they look after it.

App Service authentication stands before the app: it asks who somebody is, takes every ``X-MS-CLIENT-PRINCIPAL`` header
off what comes from outside, and puts its own there. Where it does not stand, such a header proves nothing, so these
addresses are not there at all.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from correlator import desk
from correlator.categories import clean
from correlator.errors import StaleWrite
from correlator.incident_json import iso
from correlator.model import Status
from correlator.people import Remark, RemarkKind
from correlator.ports import Answer
from correlator.web import Web, answered, in_json, problem

PRINCIPAL, ORIGIN, SITE = "x-ms-client-principal", "origin", "sec-fetch-site"
LONGEST = 200
"""Characters of a name that are kept."""
NAMES = (
    "preferred_username",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    "name",
)
"""Claims that name a person, the best first."""


class SignedIn(NamedTuple):
    """``address`` is where the page is (``REPORT_URL``), ``""`` where nobody signs in. ``web`` is made when needed."""

    address: str
    web: Callable[[], Web]

    def report(self, headers: Mapping[str, str], asked: Mapping[str, str]) -> Answer:
        """The report page, with a button. 404 without sign-in, 401 without a person."""
        refused, _ = self._person(headers)
        return refused or self.web().report(asked, acknowledge=True)

    def acknowledge(self, headers: Mapping[str, str], incident_id: str) -> Answer:
        """Note who looks after an open incident. 403 if another site sent the request, 409 if it is not open."""
        refused, who = self._person(headers)
        if refused:
            return refused
        if not self._from_our_page(headers):
            return problem(403, "this request does not come from the report page")
        return answered(lambda: _acknowledge(self.web(), incident_id, who))

    def _person(self, headers: Mapping[str, str]) -> tuple[Answer | None, str]:
        if not self.address:
            return problem(404, "people do not sign in here"), ""
        who = person(_header(headers, PRINCIPAL))
        return (None, who) if who else (problem(401, "sign in first"), "")

    def _from_our_page(self, headers: Mapping[str, str]) -> bool:
        """A browser names the site that a POST comes from, and no script can change it. Without the name: refused."""
        ours = urlsplit(self.address)
        return _header(headers, ORIGIN).lower() == f"{ours.scheme}://{ours.netloc}".lower() and _header(
            headers, SITE
        ) in ("", "same-origin")


def person(principal: str) -> str:
    """The name in an ``X-MS-CLIENT-PRINCIPAL`` header (base64 of JSON) of Entra ID, ``""`` if there is none.

    Source: https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities
    """
    try:
        found = json.loads(base64.b64decode(principal, validate=True))
        if found["auth_typ"] != "aad":
            return ""
        claims = {str(c["typ"]): str(c["val"]) for c in found["claims"]}
    except (ValueError, KeyError, TypeError):
        return ""
    return next((name for n in NAMES if (name := clean(claims.get(n, "")).strip()[:LONGEST])), "")


def _acknowledge(web: Web, incident_id: str, who: str) -> Answer:
    found = web.history.one(incident_id)
    if found is None:
        return problem(404, f"there is no incident {incident_id[:40]}")
    if found["status"] != Status.OPEN:
        return problem(409, f"{incident_id} is {found['status']}; only an open incident can be acknowledged")
    remark = Remark(found["id"], desk.now_of(web.store), who, RemarkKind.ACKNOWLEDGED)
    try:
        desk.say(web.store, web.workspaces, remark, found["gateway"]["resource_id"])
    except StaleWrite:
        return problem(503, "it is being polled without a pause; try again in a minute")
    return in_json(200, {"incident": incident_id, "by": who, "at": iso(remark.at)})


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")
