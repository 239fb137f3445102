"""The Log Analytics query endpoint: the real wire protocol over TLS, in front of workspaces in memory."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime

from sandbox.certificate import Certificate
from sandbox.faults import Reply, forbidden
from sandbox.http_service import HttpService, Request
from sandbox.tokens import TokenIssuer, TokenRefused
from sandbox.wire_format import bad_argument, error, interval
from sandbox.workspace import Answer, NotExecutable, QueryRefused, Row, Workspace

AUDIENCE = "https://api.loganalytics.io"
# by workspace id, or by the resource id of a workspace, whose last part stands for its id here; or by a resource group
_QUERY_PATH = re.compile(
    r"/v1/(?:workspaces|.+/providers/microsoft\.operationalinsights/workspaces)/([^/]+)/query", re.IGNORECASE
)
_GROUP_PATH = re.compile(r"/v1/+(subscriptions/[^/]+/resourcegroups/[^/]+)/query", re.IGNORECASE)


class LogsService(HttpService):
    """Workspaces by id, one clock for all. Asking an id that was never given answers 404."""

    def __init__(
        self, issuer: TokenIssuer, certificate: Certificate, workspace_ids: Iterable[str], audience: str = AUDIENCE
    ) -> None:
        """Empty workspaces with these ids, open to tokens of `issuer` for `audience`; the clock is the real one."""
        super().__init__(certificate)
        self.audience = audience
        self._issuer = issuer
        self._clock: datetime | None = None
        self._workspaces = {name: Workspace(name) for name in workspace_ids}
        self._refused: set[str] = set()
        self._rows: dict[str, list[Row]] = {name: [] for name in self._workspaces}
        self._groups: dict[str, Workspace] = {}

    def refuse(self, place: str) -> None:
        """From now on nobody may read this workspace, or ask for the logs of this resource group.

        A group that is asked for its logs leaves out those in a refused workspace, without a word.
        """
        self._refused.add(place.lower())
        self._forget_groups()

    def load(self, workspace_id: str, rows: Iterable[Row]) -> None:
        """Add rows to a workspace, see `Workspace.load`."""
        loaded = list(rows)
        self._workspaces[workspace_id].load(loaded)
        self._rows[workspace_id] += loaded
        self._forget_groups()

    def clear(self) -> None:
        """Every workspace empty and the real clock again, nothing refused, no faults, no requests: a fresh start."""
        self._clock = None
        self._refused.clear()
        self._forget_groups()
        self.forget()
        for name, old in self._workspaces.items():
            self._workspaces[name], self._rows[name] = Workspace(name), []
            old.close()

    def set_clock(self, moment: datetime | None) -> None:
        """What `now()` is in queries and what is ingested by now; None for the real time."""
        if moment is not None and moment.tzinfo is None:
            raise ValueError("the clock needs a time zone")
        self._clock = moment

    def now(self) -> datetime:
        """The service's clock."""
        return self._clock or datetime.now(UTC)

    def query(self, workspace_id: str, text: str) -> Answer:
        """Execute KQL without the network."""
        return self._workspaces[workspace_id].query(text, self.now())

    def stop(self) -> None:
        """Stop serving and free the rows."""
        super().stop()
        self._forget_groups()
        for workspace in self._workspaces.values():
            workspace.close()

    def answer(self, request: Request) -> Reply:
        """Check the token, find the workspace, run the query."""
        refusal = self._unauthorized(request.headers.get("authorization", ""))
        if refusal:
            return refusal
        workspace = self._asked(request.path) if request.method == "POST" else None
        if workspace is None:
            return Reply.json(404, error("PathNotFoundError", "The requested path does not exist"))
        if workspace.workspace_id.lower() in self._refused:
            return forbidden().change(Reply())
        return self._executed(workspace, request)

    def _asked(self, path: str) -> Workspace | None:
        if found := _GROUP_PATH.fullmatch(path):
            return self._group(f"/{found[1].lower()}")
        named = _QUERY_PATH.fullmatch(path)
        return self._workspaces.get(named[1]) if named else None

    def _group(self, group: str) -> Workspace:
        """What the resources of a group log to any workspace that may be read."""
        if group not in self._groups:
            readable = [rows for name, rows in self._rows.items() if name.lower() not in self._refused]
            made = self._groups[group] = Workspace(group)
            made.load(
                row for rows in readable for row in rows
                if str(row.get("_ResourceId") or "").lower().startswith(f"{group}/")
            )  # fmt: skip
        return self._groups[group]

    def _forget_groups(self) -> None:
        for made in self._groups.values():
            made.close()
        self._groups.clear()

    def _unauthorized(self, authorization: str) -> Reply | None:
        scheme, _, token = authorization.partition(" ")
        if scheme != "Bearer":
            where = {"WWW-Authenticate": 'Bearer authorization_uri="https://login.microsoftonline.com/common"'}
            message = "Authentication failed. The 'Authorization' header is missing."
            return Reply.json(401, error("AuthenticationFailed", message), where)
        try:
            self._issuer.check(token, self.audience)
        except TokenRefused as refused:
            return Reply.json(403, error(refused.code, str(refused)))
        return None

    def _executed(self, workspace: Workspace, request: Request) -> Reply:
        now = self.now()
        try:
            asked = json.loads(request.body)
            within = interval(asked.get("timespan"), now)
            text = asked["query"]
            if asked.get("workspaces"):
                raise NotExecutable("the sandbox reads one workspace at a time")
            answer = workspace.query(text, now, within)
        except (ValueError, KeyError, AttributeError) as wrong:
            return Reply.json(400, bad_argument({"code": "InvalidJsonBody", "message": str(wrong)}))
        except QueryRefused as refused:
            detail = {"code": refused.code, "message": str(refused)}
            said = {"SyntaxError": "A recognition error", "SemanticError": "A semantic error"}[refused.kind]
            message = f"{said} occurred in the query."
            return Reply.json(400, bad_argument({"code": refused.kind, "message": message, "innererror": detail}))
        except NotExecutable as missing:
            return Reply.json(501, error("SandboxCannotExecute", str(missing)))
        return Reply.json(200, _result(answer, request.headers.get("prefer", "")))


def _result(answer: Answer, prefer: str) -> dict[str, object]:
    """The body of a 200, with what the Prefer header asks for beside the table."""
    columns = [{"name": name, "type": kind} for name, kind in answer.columns]
    content: dict[str, object] = {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": answer.rows}]}
    if "include-statistics=true" in prefer:
        content["statistics"] = {"query": {"datasetStatistics": [{"tableRowCount": len(answer.rows)}]}}
    if "include-render=true" in prefer:
        content["render"] = {"visualization": None}
    return content
