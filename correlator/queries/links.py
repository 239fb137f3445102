"""Links into the Azure portal: the gateway, its health, and its logs with query and time range filled in."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from correlator import queries

PORTAL = "https://portal.azure.com"
AROUND = timedelta(minutes=10)
LONGEST = 300
_RESOURCE_ID = re.compile(r"/subscriptions/[\w.()/-]+")


def links(resource_id: str, start: datetime, end: datetime) -> dict[str, str]:
    """``logs``, ``gateway`` and ``health`` -> URL; empty for an id that is not one of Azure."""
    parts = link_parts(resource_id)
    return parts | {"logs": parts["logs"] + _timespan(start - AROUND, end + AROUND)} if parts else {}


def link_parts(resource_id: str) -> dict[str, str]:
    """The same for many times of one gateway: ``logs`` ends where ``start/end`` of the time range, quoted, goes on."""
    if len(resource_id) > LONGEST or not _RESOURCE_ID.fullmatch(resource_id):
        return {}
    resource = f"{PORTAL}/#resource{quote(resource_id, safe='/-_.~()')}"
    return {
        "logs": _logs(resource_id),
        "gateway": f"{resource}/overview",
        "health": f"{resource}/resourceHealth",
    }


def _logs(resource_id: str) -> str:
    """The format of the portal's own share link: gzip, base64, quoted. The gateway is the scope, so no filter on it."""
    import gzip

    query = quote(base64.b64encode(gzip.compress(queries.portal().encode(), mtime=0)).decode(), safe="")
    return (
        f"{PORTAL}/#blade/Microsoft_Azure_Monitoring_Logs/LogsBlade/resourceId/{quote(resource_id, safe='')}"
        f"/source/LogsBlade.AnalyticsShareLinkToQuery/q/{query}/timespan/"
    )


def _timespan(start: datetime, end: datetime) -> str:
    return quote("/".join(f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}" for at in (start, end)), safe="")
