"""The nouns of the doctor: what was looked at, and what is said about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from correlator.gateways import DiagnosticSetting, GatewayList
from correlator.reasons import Vocabulary
from correlator.settings import Problem


class Severity(StrEnum):
    """``mend``: something does not work, or will not; ``note``: worth knowing."""

    MEND = "mend"
    NOTE = "note"


class Code(StrEnum):
    """What can be found. The codes are public and documented in docs/doctor.md."""

    SETTING_UNREADABLE = "setting-unreadable"
    SETTING_MISSING = "setting-missing"
    VAULT_REFERENCE = "vault-reference"
    TIMEZONE_UNKNOWN = "timezone-unknown"
    SCHEDULE_UNREADABLE = "schedule-unreadable"
    WORKSPACE_NOT_GUID = "workspace-not-guid"
    NOT_SIGNED_IN = "not-signed-in"
    WORKSPACE_NOT_FOUND = "workspace-not-found"
    WORKSPACE_FORBIDDEN = "workspace-forbidden"
    WORKSPACE_UNREACHABLE = "workspace-unreachable"
    TABLES_FORBIDDEN = "tables-forbidden"
    TABLES_UNREACHABLE = "tables-unreachable"
    NO_CHANNEL = "no-channel"
    WEBHOOK_UNUSABLE = "webhook-unusable"
    WEBHOOK_RETIRED = "webhook-retired"
    WEBHOOK_SWAPPED = "webhook-swapped"
    WEBHOOK_HOST_UNKNOWN = "webhook-host-unknown"
    TEST_MESSAGE_REFUSED = "test-message-refused"
    TEST_MESSAGE_ACCEPTED = "test-message-accepted"
    NO_DIAGNOSTICS = "no-diagnostics"
    NO_VPN_ROWS = "no-vpn-rows"
    NO_DROPS = "no-drops"
    TUNNEL_LOG_OFF = "tunnel-log-off"
    GATEWAY_LOG_SILENT = "gateway-log-silent"
    TOLD_TWICE = "told-twice"
    DAILY_CAP = "daily-cap"
    TOO_LATE_ROWS = "too-late-rows"
    LATE_ROWS = "late-rows"
    COLUMNS_ABSENT = "columns-absent"
    COLUMNS_MOVED = "columns-moved"
    UNMAPPED_REASONS = "unmapped-reasons"
    UNKNOWN_OPERATIONS = "unknown-operations"
    LIST_UNREACHABLE = "list-unreachable"
    LIST_REFUSED = "list-refused"
    NO_GATEWAYS = "no-gateways"
    SUBSCRIPTION_INVISIBLE = "subscription-invisible"
    NO_WORKSPACES = "no-workspaces"
    FOUND_UNREAD = "found-unread"
    DIAGNOSTICS_MISSING = "diagnostics-missing"
    DIAGNOSTICS_CATEGORY_OFF = "diagnostics-category-off"
    DIAGNOSTICS_DOUBLED = "diagnostics-doubled"
    SILENT_GATEWAY = "silent-gateway"
    POLICY_BASED = "policy-based"
    CONNECTION_DOWN = "connection-down"


class Finding(NamedTuple):
    """One line of the report, and the cure."""

    code: Code
    severity: Severity
    subject: str
    what: str
    cure: str


def mend(code: Code, subject: str, what: str, cure: str) -> Finding:
    """Something does not work, or will not."""
    return Finding(code, Severity.MEND, subject, what, cure)


def note(code: Code, subject: str, what: str, cure: str) -> Finding:
    """Something worth knowing."""
    return Finding(code, Severity.NOTE, subject, what, cure)


class Refusal(NamedTuple):
    """Why a service gave nothing: its HTTP status (None: no answer), and one line without secrets."""

    status: int | None
    why: str

    @property
    def answered(self) -> bool:
        """Whether the service looked at the question: no right, or no such thing."""
        return self.status in (401, 403, 404)


class Logged(NamedTuple):
    """One gateway's rows of one category in one workspace, 30 days back.

    Times UTC. ``half``, ``most`` and ``latest`` are seconds from TimeGenerated to ingestion: median, 95th percentile,
    maximum. ``statuses`` to ``reasons`` count rows that hold such a value, ``moved`` those that have any of them in
    AdditionalFields.
    """

    gateway: str
    category: str
    rows: int
    first: datetime
    last: datetime
    half: float = 0.0
    most: float = 0.0
    latest: float = 0.0
    statuses: int = 0
    instances: int = 0
    peers: int = 0
    drops: int = 0
    reasons: int = 0
    moved: int = 0


class Cap(NamedTuple):
    """How often the daily cap stopped the collection in 30 days, and when last (UTC)."""

    stops: int
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class Workspace:
    """One watched workspace. ``diagnostics``: it holds any row of AzureDiagnostics. ``cap`` is None if unreadable."""

    id: str
    refused: Refusal | None = None
    diagnostics: bool = False
    logged: tuple[Logged, ...] = ()
    reasons: Mapping[str, int] = field(default_factory=dict)
    operations: Mapping[str, int] = field(default_factory=dict)
    cap: Cap | None = None

    def rows_of(self, category: str) -> dict[str, Logged]:
        """Gateway -> its rows of this category."""
        return {found.gateway: found for found in self.logged if found.category == category}


class Address(NamedTuple):
    """A channel's webhook as far as it may be shown. ``problem`` is why no message can be sent there, or ``""``."""

    channel: str
    setting: str
    host: str
    problem: str = ""


class Sent(NamedTuple):
    """What became of a test message: why it was not taken, or ``""``."""

    channel: str
    refused: str = ""


class TableProbe(NamedTuple):
    """A row written and deleted again in the table service at this host."""

    host: str
    refused: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that was looked at. What could not be is in ``not_checked``, a line each.

    ``diagnostics`` has the diagnostic settings of the gateways (folded id) that may be read, ``statuses`` what Azure
    says of the connections that were asked about. ``listed`` is None where no list was asked for or it failed.
    ``places`` are entries of WORKSPACE_IDS that stand for every workspace in them, and ``found`` those workspaces.
    ``no_identity`` is why no token could be had, or ``""``.
    """

    problems: tuple[Problem, ...] = ()
    no_identity: str = ""
    addresses: tuple[Address, ...] = ()
    sent: tuple[Sent, ...] = ()
    tables: TableProbe | None = None
    workspace_ids: tuple[str, ...] = ()
    workspaces: tuple[Workspace, ...] = ()
    places: tuple[str, ...] = ()
    found: tuple[Workspace, ...] = ()
    scopes: tuple[str, ...] = ()
    listed: GatewayList | None = None
    list_failed: str = ""
    diagnostics: Mapping[str, tuple[DiagnosticSetting, ...]] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    own_reasons: Vocabulary = ()
    not_checked: tuple[str, ...] = ()

    @property
    def readable(self) -> tuple[Workspace, ...]:
        """The workspaces that answered; of those that were found, the ones that hold rows of gateways."""
        named = tuple(w for w in self.workspaces if w.refused is None)
        return named + tuple(w for w in self.found if w.refused is None and w.logged)

    @property
    def nothing_answered(self) -> bool:
        """Whether services were asked and not one of them looked at the question."""
        refusals = [w.refused for w in (*self.workspaces, *self.found)] + ([self.tables.refused] if self.tables else [])
        answers = [r is None or r.answered for r in refusals]
        answers += [self.listed is not None] if self.listed or self.list_failed else []
        answers += [False] if self.no_identity else []
        return bool(answers) and not any(answers)
