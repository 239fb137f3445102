"""The two rules done by hand: how they pair, and what they say."""

from __future__ import annotations

from benchmarks.verdicts.baselines import article, page
from benchmarks.verdicts.truth import Cause, Row

ID = "/SUBSCRIPTIONS/00000000-0000-0000-0000-000000000001/RESOURCEGROUPS/RG-{}/VGW"


def tunnel(at: str, status: str, instance: int, group: str = "A") -> Row:
    return {"TimeGenerated": f"2026-05-01T{at}Z", "Type": "AzureDiagnostics", "Category": "TunnelDiagnosticLog",
            "Resource": "VGW", "ResourceId": ID.format(group), "status_s": status, "remoteIP_s": "203.0.113.1",
            "instance_s": f"GatewayTenantWorker_IN_{instance}"}  # fmt: skip


def upgrade(at: str, group: str = "A") -> Row:
    return {"TimeGenerated": f"2026-05-01T{at}Z", "Category": "GatewayDiagnosticLog", "Resource": "VGW",
            "ResourceId": ID.format(group), "Message": "Upgrade gateway started"}  # fmt: skip


FAILOVER = [tunnel("10:00:00", "Disconnected", 0), tunnel("10:00:12", "Connected", 1)]


def test_the_page_pairs_a_failover_and_calls_it_azure() -> None:
    """Back on the other instance is an Azure failover of the true length; repetition and order do not matter."""
    (said,) = page([*reversed(FAILOVER), FAILOVER[0]])
    assert said.cause == Cause.AZURE_FAILOVER
    assert said.ended_at is not None
    assert (said.ended_at - said.key.started_at).total_seconds() == 12


def test_the_page_calls_the_same_instance_remote() -> None:
    """Back on the same instance is the peer or the path, in both modes."""
    rows = [tunnel(f"10:00:0{2 * i + j}", s, j) for i, s in enumerate(("Disconnected", "Connected")) for j in (0, 1)]
    assert [one.cause for one in page(rows)] == [Cause.REMOTE_UNREACHABLE] * 2


def test_the_article_leaves_a_failover_open() -> None:
    """Paired by instance, a failover has no end; without a message it is looked for on premises."""
    (said,) = article(FAILOVER)
    assert (said.ended_at, said.cause) == (None, Cause.REMOTE_UNREACHABLE)


def test_the_article_goes_by_the_name_and_half_an_hour() -> None:
    """A message of that name within 30 minutes is maintenance, whatever the resource group."""
    assert article([*FAILOVER, upgrade("10:30:00", "B")])[0].cause == Cause.AZURE_MAINTENANCE
    assert article([*FAILOVER, upgrade("10:30:01")])[0].cause == Cause.REMOTE_UNREACHABLE
