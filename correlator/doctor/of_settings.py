"""What is wrong with the settings, and with the addresses of the channels."""

from __future__ import annotations

import re
from collections.abc import Iterator

from correlator.channels import CHANNELS
from correlator.doctor.model import Code, Facts, Finding, mend, note
from correlator.gateways import is_group, is_wide
from correlator.settings import UNSET, Problem
from correlator.settings.channels import UNRESOLVED, kind_of
from correlator.wiring import NEEDED

CHANNEL_SETTINGS = " or ".join(setting for setting, _ in CHANNELS.values())
HOSTS = {
    "teams": (".logic.azure.com", ".api.powerplatform.com", ".logic.azure.us", ".api.powerplatform.us"),
    "slack": ("hooks.slack.com", "hooks.slack-gov.com"),
}
"""Where webhooks of a channel live: Teams Workflows in its older and newer form, and the government clouds'."""
RETIRED = ("webhook.office.com", ".webhook.office.com", "outlook.office.com", "outlook.office365.com")
"""Hosts of the Office 365 connectors, which Microsoft has retired."""
MADE_BY = {
    "teams": "make one in Teams: the channel's menu, Workflows, “When a Teams webhook request is received”",
    "slack": "make one in Slack: an app with Incoming Webhooks, added to the channel",
    "events": "give the https address of a receiver of yours, as docs/messages.md says",
}
_NAME = re.compile(r"[a-z0-9-]{4,40}", re.IGNORECASE)
_GUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


def is_place(text: str) -> bool:
    """Whether logs can be asked for there: a workspace (customer) id, or a resource group."""
    return bool(_GUID.fullmatch(text)) or is_group(text)


def unreadable_settings(facts: Facts) -> Iterator[Finding]:
    """Every setting that cannot be read, by name; Azure hands over a Key Vault reference that it could not resolve."""
    codes = {"TIMEZONE": Code.TIMEZONE_UNKNOWN, "POLL_SCHEDULE": Code.SCHEDULE_UNREADABLE}
    for problem in facts.problems:
        if problem.what == UNRESOLVED:
            yield mend(Code.VAULT_REFERENCE, problem.setting, problem.what, problem.cure)
        elif not _is_missing(problem):
            code = codes.get(problem.setting, Code.SETTING_UNREADABLE)
            yield mend(code, problem.setting, problem.what, problem.cure)


def missing_settings(facts: Facts) -> Iterator[Finding]:
    """Settings that the app needs and that are empty; without any channel nobody is told anything."""
    for problem in filter(_is_missing, facts.problems):
        if problem.setting == CHANNEL_SETTINGS:
            yield mend(
                Code.NO_CHANNEL, problem.setting, "no channel is set, so nobody is told", "set a webhook address"
            )
        else:
            yield mend(Code.SETTING_MISSING, problem.setting, problem.what, problem.cure)


def _is_missing(problem: Problem) -> bool:
    return problem.setting in {names.replace("|", " or ") for names in NEEDED} and problem.what == UNSET


def workspace_ids(facts: Facts) -> Iterator[Finding]:
    """A workspace's name or resource id where its customer id belongs."""
    for n, workspace in enumerate(facts.workspace_ids, 1):
        if not (is_place(workspace) or is_wide(workspace)):
            # A workspace's key stands beside its id in the portal, so only what reads as a name is repeated.
            shown = f" ({workspace})" if _NAME.fullmatch(workspace) else ""
            cure = (
                "take the Workspace ID, a GUID, from the workspace's overview; or the id of a resource group, "
                "subscription or management group"
            )
            yield mend(Code.WORKSPACE_NOT_GUID, "WORKSPACE_IDS", f"entry {n}{shown} is no workspace id", cure)


def webhooks(facts: Facts) -> Iterator[Finding]:
    """An address that can take no message, or that is none of the channel's known ones."""
    for address in facts.addresses:
        known = next((name for name, hosts in HOSTS.items() if _is_one_of(address.host, hosts)), "")
        subject, cure = f"{address.setting} ({address.host})", MADE_BY[kind_of(address.channel)]
        if _is_one_of(address.host, RETIRED):
            yield mend(Code.WEBHOOK_RETIRED, subject, "is an Office 365 connector, and these were retired", cure)
        elif address.problem:
            yield mend(Code.WEBHOOK_UNUSABLE, subject, address.problem, cure)
        elif known and known != kind_of(address.channel):
            yield mend(Code.WEBHOOK_SWAPPED, subject, f"is an address of {known.capitalize()}", cure)
        elif not known and kind_of(address.channel) in HOSTS:
            what = f"is no known host of {kind_of(address.channel).capitalize()} webhooks"
            yield note(Code.WEBHOOK_HOST_UNKNOWN, subject, what, f"if it is no relay of yours, {cure}")


def _is_one_of(host: str, hosts: tuple[str, ...]) -> bool:
    return any(host.endswith(known) if known.startswith(".") else host == known for known in hosts)


def sent_messages(facts: Facts) -> Iterator[Finding]:
    """What came back for a test message."""
    for sent in facts.sent:
        if sent.refused:
            cure = f"look whether the webhook still exists; if not, {MADE_BY[kind_of(sent.channel)]}"
            yield mend(Code.TEST_MESSAGE_REFUSED, sent.channel, f"the test message was not taken: {sent.refused}", cure)
        else:
            cure = "look whether it arrived: that it was accepted does not prove it"
            yield note(Code.TEST_MESSAGE_ACCEPTED, sent.channel, "the test message was accepted", cure)
