"""Microsoft's parser over texts."""

import pytest

from sandbox.kql_check import Checked, check
from sandbox.workspace import LATE_COLUMNS, SCHEMA
from tests.sandbox.test_workspace import POLL

TEXTS = {
    "good": "AzureDiagnostics | where TimeGenerated > ago(1h) | project TimeGenerated, instance_s, n = strlen(Message)",
    "unknown column": "AzureDiagnostics\n| where Nonsense == 1",
    "unknown table": "Nonsense | count",
    "syntax": "AzureDiagnostics | where (",
    "workspace": "workspace('x').AzureActivity | project Caller, nonsense",
    "poll": POLL,
}


@pytest.fixture(scope="module")
def checked() -> dict[str, Checked]:
    """All texts in one go."""
    return check(TEXTS)


def test_a_good_query_has_no_remark_and_typed_columns(checked: dict[str, Checked]) -> None:
    """A query without fault has no errors, and its result columns are known with their types."""
    assert checked["good"].diagnostics == ()
    assert checked["good"].columns == {"TimeGenerated": "datetime", "instance_s": "string", "n": "long"}


@pytest.mark.parametrize(
    ("name", "code", "line"),
    [("unknown column", "KS142", 2), ("unknown table", "KS204", 1), ("syntax", "KS006", 1), ("workspace", "KS142", 1)],
)
def test_a_fault_is_found_in_its_place(checked: dict[str, Checked], name: str, code: str, line: int) -> None:
    """A fault has the parser's code and the line it is on."""
    assert (code, line) in {(each.code, each.line) for each in checked[name].errors}


def test_positions_survive_the_workspace_function(checked: dict[str, Checked]) -> None:
    """workspace('x'). is not a fault, and does not shift what comes after it."""
    (fault,) = checked["workspace"].errors
    assert TEXTS["workspace"][fault.column - 1 :] == "nonsense"


def test_what_the_sandbox_executes_the_parser_accepts(checked: dict[str, Checked]) -> None:
    """The poll-like query of the workspace tests is valid to Microsoft's parser as well."""
    assert checked["poll"].errors == ()
    assert checked["poll"].columns == {"Kind": "string", "PolledAt": "datetime", "Gateway": "string", "Peer": "string"}


def test_the_schema_has_the_late_columns() -> None:
    """Queries may name the late columns, so the schema they are checked against has them."""
    assert SCHEMA["AzureDiagnostics"].keys() >= LATE_COLUMNS
