"""What cannot be reached or may not be used: workspaces, tables, and the gateway list."""

from __future__ import annotations

from collections.abc import Iterator

from correlator.doctor.model import Code, Facts, Finding, mend, note
from correlator.gateways import Refused, is_group, is_wide, management_group

NETWORK = "look at LOGS_ENDPOINT, LOGS_AUDIENCE and the way out of this network"


def identity(facts: Facts) -> Iterator[Finding]:
    """Without an identity nothing of Azure can be asked."""
    if facts.no_identity:
        cure = "sign in: az login, with --tenant where the workspace is another tenant's"
        yield mend(Code.NOT_SIGNED_IN, "sign-in", facts.no_identity, cure)


def workspace_access(facts: Facts) -> Iterator[Finding]:
    """Workspaces that are not there, may not be queried or did not answer."""
    for workspace in facts.workspaces:
        match workspace.refused:
            case None:
                continue
            case (404, _):
                what, cure = "there is no such workspace", "the Workspace ID on the workspace's overview"
                if is_group(workspace.id):
                    what, cure = "there is no such resource group", "the group's resource id"
                yield mend(
                    Code.WORKSPACE_NOT_FOUND, workspace.id, what, f"compare WORKSPACE_IDS with {cure}, and the tenant"
                )
            case (401 | 403, _):
                role = "Reader on the group" if is_group(workspace.id) else "Log Analytics Data Reader on the workspace"
                cure = f"give the identity {role}; a new role takes minutes"
                yield mend(Code.WORKSPACE_FORBIDDEN, workspace.id, "may not be queried", cure)
            case (_, why):
                yield mend(Code.WORKSPACE_UNREACHABLE, workspace.id, why, NETWORK)


def table_access(facts: Facts) -> Iterator[Finding]:
    """A table service that refused a row, or did not answer."""
    probe = facts.tables
    if probe is None or probe.refused is None:
        return
    if probe.refused.status in (401, 403):
        cure = "give the identity Storage Table Data Contributor on the account; being Owner is not enough"
        yield mend(Code.TABLES_FORBIDDEN, probe.host, "no row may be written", cure)
    else:
        cure = "look at TABLES_ENDPOINT and at the network rules of the storage account"
        yield mend(Code.TABLES_UNREACHABLE, probe.host, probe.refused.why, cure)


def list_access(facts: Facts) -> Iterator[Finding]:
    """A gateway list that failed, or what of it was refused."""
    if facts.list_failed:
        cure = "look at ARM_ENDPOINT and at the way out of this network; until then the app uses its last list"
        yield mend(Code.LIST_UNREACHABLE, "gateway list", facts.list_failed, cure)
    for refused in facts.listed.refused if facts.listed else ():
        if is_wide(refused.scope):
            yield _invisible(refused)
            continue
        why, _, way_out = refused.why.partition(": ")
        cure = way_out or "give the identity Reader there, or take it out of GATEWAY_SCOPES"
        yield mend(Code.LIST_REFUSED, refused.scope, f"cannot be listed: {why}", cure)


def _invisible(refused: Refused) -> Finding:
    """A subscription or management group of which nothing, or not everything, can be seen."""
    kind = "management group" if management_group(refused.scope) else "subscription"
    cure = f"give the identity Reader on the {kind}, or at a management group above; Resource Graph needs no role more"
    what = f"cannot be seen as a whole, so nothing of it counts as gone: {refused.why}"
    return mend(Code.SUBSCRIPTION_INVISIBLE, refused.scope, what, cure)


def found_workspaces(facts: Facts) -> Iterator[Finding]:
    """What was found, or not, in entries of WORKSPACE_IDS that stand for every workspace in them."""
    if facts.places and facts.listed and not facts.listed.workspaces:
        cure = "name the subscription or management group of the workspaces; the identity needs Reader there"
        yield mend(Code.NO_WORKSPACES, "WORKSPACE_IDS", "no workspace lies in the scopes that it names", cure)
    for workspace in facts.found:
        if workspace.refused:
            cure = "give the identity Log Analytics Data Reader there, if gateways log to it; else nothing to do"
            what = f"was found and gives nothing, so it is left alone for a day: {workspace.refused.why}"
            yield note(Code.FOUND_UNREAD, workspace.id, what, cure)
        elif not workspace.logged:
            what = "was found and holds no row of a VPN gateway, so it is left alone for a day"
            cure = "nothing to do; name it by its id if a gateway begins to log there and a day is too long"
            yield note(Code.FOUND_UNREAD, workspace.id, what, cure)
