"""The templates against their laws, and mistakes put into each file on purpose: each is caught by the law named here.

What only Azure's types know (a misspelt property, an API version that is not there) is the compiler's to find, or that of
an offline checker which the environment variable BICEP_CHECK points to.
"""
# ruff: noqa: E501  a mistake is one row of a table

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from correlator.settings import SETTINGS, Settings
from tests.infra.laws import LAWS, NOT_SET
from tests.infra.reader import INFRA, ROOT, literal, read

CHECKER = os.environ.get("BICEP_CHECK", "")
FILES = [INFRA / "main.bicep", INFRA / "subscription.bicep", *sorted(INFRA.glob("modules/*.bicep"))]


@pytest.mark.parametrize("name", sorted(LAWS))
def test_the_templates_keep_the_law(name: str) -> None:
    """Each law holds for the templates as they are."""
    assert LAWS[name](read()) == []


MISTAKES = [
    # file, what stands there, what is put in its place, the law that must notice
    ("types.bicep", "acdd72a7-3385-48ef-bd42-f606fba81ae7", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "roles_are_the_expected_list"),
    ("types.bicep", "type channelName = 'teams' | 'slack'", "type channelName = 'teams'", "webhooks_come_from_the_vault"),
    ("types.bicep", "type phone = {", "type phone = [{", "the_grammar_reads_everything"),
    ("main.bicep", "'0 */5 * * * *'", "'*/5 * * * *'", "every_schedule_resolves"),
    ("main.bicep", "'0 */5 * * * *'", "'0 */5 * * * monday-ish'", "every_schedule_resolves"),
    ("main.bicep", "'0 */5 * * * *'", "'0 */10 * * * *'", "the_silence_is_three_periods"),
    ("main.bicep", "param downAfter string = '10m'", "param downAfter string = '1m'", "every_setting_can_be_read"),
    ("main.bicep", "['AzureDiagnostics', 'AzureActivity', 'Operation']", "['AzureDiagnostics', 'SigninLogs']", "the_logs_right_names_its_table"),
    ("main.bicep", "askFor == 'workspaces' ? watched : []", "watched", "logs_are_asked_for_where_a_role_is"),
    ("main.bicep", "askFor == 'workspaces' && (empty(workspaces) ? assignRoles : assignRolesElsewhere)", "empty(workspaces) ? assignRoles : assignRolesElsewhere", "logs_are_asked_for_where_a_role_is"),
    ("main.bicep", "dependsOn: [access, secretAccess,", "dependsOn: [access,", "settings_come_after_roles"),
    ("main.bicep", "secretAccess, gatewayAccess]", "secretAccess]", "settings_come_after_roles"),
    ("main.bicep", "module access 'modules/access.bicep' = if (assignRoles) {", "module access 'modules/access.bicep' = {", "roles_can_be_left_out"),
    ("main.bicep", "'${assign} --role ${roles.monitoringMetricsPublisher} --scope", "'${assign} --role ${roles.reader} --scope", "roles_can_be_left_out"),
    ("main.bicep", "uniqueString(resourceGroup().id, identity.outputs.principalId)", "suffix", "names_survive_down_and_up"),
    ("main.bicep", "param loggedGatewayIds string[] = []", "param loggedGatewayIds string[] = ['/a']", "gateways_log_only_what_is_read"),
    ("main.bicep", "@minLength(1)\nparam alertEmails string[]", "param alertEmails string[] = []", "our_own_alarm_needs_no_webhook"),
    ("main.bicep", "@secure()\nparam teamsWebhookUrl", "param teamsWebhookUrl", "secrets_are_secure"),
    ("main.bicep", "output principalId string = identity.outputs.principalId", "output principalId string = teamsWebhookUrl", "secrets_are_secure"),
    ("main.bicep", "    channels: channels\n", "    channel: channels\n", "modules_get_what_they_take"),
    ("main.bicep", "@description('Tags for everything that is made.')\n", "", "every_parameter_is_described"),
    ("subscription.bicep", "    alertEmails: map(", "    alertMails: map(", "modules_get_what_they_take"),
    ("subscription.bicep", "@secure()\nparam slackWebhookUrl", "param slackWebhookUrl", "secrets_are_secure"),
    ("subscription.bicep", "  tags: { 'azd-env-name': environmentName }\n", "", "the_parts_are_tagged"),
    ("modules/identity.bicep", "@description('Region.')\n", "", "every_parameter_is_described"),
    ("modules/identity.bicep", "  tags: tags\n", "", "the_parts_are_tagged"),
    ("modules/storage.bicep", "allowSharedKeyAccess: false", "allowSharedKeyAccess: true", "values_that_keep_it_shut"),
    ("modules/storage.bicep", "    allowSharedKeyAccess: false\n", "", "values_that_keep_it_shut"),
    ("modules/storage.bicep", "allowBlobPublicAccess: false", "allowBlobPublicAccess: true", "values_that_keep_it_shut"),
    ("modules/storage.bicep", "isVersioningEnabled: true", "isVersioningEnabled: false", "values_that_keep_it_shut"),
    ("modules/storage.bicep", "= account.name", "= account.listKeys().keys[0].value", "no_key_is_asked_for"),
    ("modules/monitoring.bicep", "DisableLocalAuth: true", "DisableLocalAuth: false", "values_that_keep_it_shut"),
    ("modules/monitoring.bicep", "= appInsights.name", "= appInsights.properties.ConnectionString", "secrets_are_secure"),
    ("main.bicep", "> fanOutAbove", ">= fanOutAbove", "queues_are_there_only_where_it_fans_out"),
    ("modules/storage.bicep", "'queueServices' = if (queues)", "'queueServices' =", "queues_are_there_only_where_it_fans_out"),
    ("modules/storage.bicep", "name: 'polls-poison'", "name: 'poison'", "queues_are_there_only_where_it_fans_out"),
    ("modules/access.bicep", "roleAssignments@2022-04-01' = if (queues)", "roleAssignments@2022-04-01' =", "queues_are_there_only_where_it_fans_out"),
    ("modules/function-app.bicep", "fansOut ? { AzureWebJobsStorage__queueServiceUri", "!fansOut ? { AzureWebJobsStorage__queueServiceUri", "queues_are_there_only_where_it_fans_out"),
    ("modules/key-vault.bicep", "enableRbacAuthorization: true", "enableRbacAuthorization: false", "values_that_keep_it_shut"),
    ("modules/key-vault.bicep", "roleAssignments@2022-04-01' = if (assignRoles) {", "roleAssignments@2022-04-01' = {", "roles_can_be_left_out"),
    ("modules/key-vault.bicep", "name: 'slack-webhook-url'", "name: 'slack'", "webhooks_come_from_the_vault"),
    ("modules/key-vault.bicep", "if (contains(namedWebhookUrls, channel))", "if (true)", "webhooks_come_from_the_vault"),
    ("modules/key-vault.bicep", "@secure()\nparam namedWebhookUrls object", "param namedWebhookUrls object", "secrets_are_secure"),
    ("main.bicep", "map(concat(channels, namedChannels)", "map(concat(channels, [])", "webhooks_come_from_the_vault"),
    ("modules/function-app.bicep", "channel => '@Microsoft", "channel => '@Macrosoft", "webhooks_come_from_the_vault"),
    ("modules/secret-access.bicep", "  scope: vault::secret\n", "  scope: vault\n", "roles_are_the_expected_list"),
    ("modules/secret-access.bicep", "// Reason: the app's Key Vault reference", "// The app's Key Vault reference", "every_role_has_its_reason"),
    ("modules/access.bicep", "guid(storage.id, principalId, roles.storageBlobDataOwner)", "guid(storage.id)", "every_role_has_its_reason"),
    ("modules/access.bicep", "principalType: 'Group'", "principalType: 'User'", "roles_are_the_expected_list"),
    ("modules/access.bicep", "  scope: appInsights\n", "", "roles_are_the_expected_list"),
    ("modules/workspace-access.bicep", "    condition: tableCondition\n", "", "the_logs_right_names_its_table"),
    ("modules/workspace-access.bicep", "conditionVersion: '2.0'", "conditionVersion: '1.0'", "the_logs_right_names_its_table"),
    ("modules/gateway-access.bicep", "roles.reader)\n    description", "roles.storageBlobDataOwner)\n    description", "roles_are_the_expected_list"),
    ("modules/gateway-diagnostics.bicep", "'RouteDiagnosticLog'], ikeLogs", "'P2SDiagnosticLog'], ikeLogs", "gateways_log_only_what_is_read"),
    ("modules/gateway-diagnostics.bicep", "    logs: logs\n", "    logs: logs\n    metrics: [{ category: 'AllMetrics', enabled: true }]\n", "gateways_log_only_what_is_read"),
    ("modules/function-app.bicep", "        DOWN_AFTER: downAfter\n", "", "every_setting_is_set"),
    ("modules/function-app.bicep", "requireAuthentication: true", "requireAuthentication: false", "signed_in_addresses_stand_behind_authentication"),
    ("modules/function-app.bicep", "SIGN_IN: signIn ? '1' : '0'", "SIGN_IN: '1'", "signed_in_addresses_stand_behind_authentication"),
    ("modules/function-app.bicep", "    dependsOn: [authentication]\n", "", "signed_in_addresses_stand_behind_authentication"),
    ("modules/function-app.bicep", "'/api/report', '/api/stats'", "'/api/signed-in/report', '/api/stats'", "signed_in_addresses_stand_behind_authentication"),
    ("modules/function-app.bicep", "        DOWN_AFTER: downAfter\n", "        DOWNAFTER: downAfter\n", "every_setting_is_set"),
    ("modules/function-app.bicep", "TIMEZONE: timezone", "TIMEZONE: timezone\n        ALLOW_PRIVATE_WEBHOOKS: '1'", "every_setting_is_set"),
    ("modules/function-app.bicep", "AzureWebJobsStorage__clientId: identityClientId\n", "AzureWebJobsStorage: 'x'\n", "every_setting_is_set"),
    ("modules/function-app.bicep", "        POLL_SCHEDULE: pollSchedule\n", "", "every_schedule_resolves"),
    ("modules/function-app.bicep", "SecretName=teams-webhook-url", "SecretName=slack-webhook-url", "webhooks_come_from_the_vault"),
    ("modules/function-app.bicep", "keyVaultReferenceIdentity: identityId", "keyVaultReferenceIdentity: 'SystemAssigned'", "values_that_keep_it_shut"),
    ("modules/function-app.bicep", "version: '3.13'", "version: '3.11'", "values_that_keep_it_shut"),
    ("modules/function-app.bicep", "name: 'scm'\n    properties: { allow: false }", "name: 'scm'\n    properties: { allow: true }", "values_that_keep_it_shut"),
    ("modules/code.bicep", "@secure()\n", "", "secrets_are_secure"),
    ("modules/code.bicep", "param functionAppName string\n", "param functionAppName string\n\n@description('x')\nparam region string\n", "modules_get_what_they_take"),
    ("modules/workbook.bicep", "  tags: tags\n", "", "the_parts_are_tagged"),
    ("modules/alerts.bicep", "var every = 'PT15M'", "var every = 'PT5M'", "our_own_alarm_needs_no_webhook"),
    ("modules/alerts.bicep", "emailReceivers: [", "webhookReceivers: [", "our_own_alarm_needs_no_webhook"),
    ("modules/alerts.bicep", "    name: 'failing'\n", "    name: 'fails'\n", "our_own_alarm_needs_no_webhook"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "there", "instead", "law"), MISTAKES, ids=lambda v: str(v)[:40].replace("\n", " "))
def test_a_mistake_is_caught(file: str, there: str, instead: str, law: str) -> None:
    """A mistake in a template is caught by the law that names it."""
    text = (INFRA / file).read_text(encoding="utf-8")
    assert there in text, "the mistake can no longer be made: put it where the text is now"
    assert LAWS[law](read({file: text.replace(there, instead, 1)})) != []


def test_every_template_and_every_law_is_tried() -> None:
    """There is a mistake for every file and for every law."""
    assert {m[0] for m in MISTAKES} == set(read())
    assert {m[3] for m in MISTAKES} == set(LAWS)


def test_the_defaults_make_an_app_that_starts() -> None:
    """What the templates set by default is read by the app's own settings without a problem."""
    defaults = {p.name: literal(p.default) or "" for p in read()["main.bicep"].parameters}
    environment = {
        "POLL_SCHEDULE": defaults["pollSchedule"],
        "WEEKLY_AT": defaults["weeklyAt"],
        "TIMEZONE": defaults["timezone"],
        "MESSAGE_LANGUAGE": defaults["messageLanguage"],
        "DOWN_AFTER": defaults["downAfter"],
        "MAINTENANCE_WINDOW": defaults["maintenanceWindow"],
        "ROUTES": defaults["routes"],
        "SITES": json.dumps({"203.0.113.10": "osaka-dc1"}),
        "WORKSPACE_IDS": "11111111-1111-1111-1111-111111111111",
    }
    assert Settings.read(environment).sites["203.0.113.10"].name == "osaka-dc1"
    assert {s.name for s in SETTINGS} >= NOT_SET


def test_the_parameters_files_fit() -> None:
    """The parameters files give what has no default, name no other parameter, and hold no secret."""
    templates = read()
    for name in ("main", "subscription"):
        content = json.loads((INFRA / f"{name}.parameters.json").read_text(encoding="utf-8"))["parameters"]
        takes = {p.name: p for p in templates[f"{name}.bicep"].parameters}
        assert content.keys() <= takes.keys()
        assert {n for n, p in takes.items() if p.default is None} <= content.keys()
        secrets = [content[n]["value"] for n, p in takes.items() if p.has("secure") and n in content]
        assert [s for s in secrets if not re.fullmatch(r"\$\{VPN_\w+=\}", s)] == []


def test_the_linter_is_strict() -> None:
    """Every rule of the linter fails the build, but for one that would age on its own and one that only guesses."""
    rules = json.loads((INFRA / "bicepconfig.json").read_text(encoding="utf-8"))["analyzers"]["core"]["rules"]
    assert {name for name, rule in rules.items() if rule["level"] != "error"} == {
        "use-recent-api-versions",
        "use-resource-id-functions",
    }
    assert {"outputs-should-not-contain-secrets", "no-unused-params", "no-hardcoded-env-urls"} <= rules.keys()


def test_azd_finds_what_it_names() -> None:
    """azure.yaml names the wrapper and the tag by which azd finds the app."""
    text = (ROOT / "azure.yaml").read_text(encoding="utf-8")
    module = re.search(r"^  module: (\w+)$", text, re.M)
    service = re.search(r"^services:\n  (\w+):$", text, re.M)
    assert module
    assert (INFRA / f"{module[1]}.bicep").is_file()
    assert service
    assert f"'azd-service-name': '{service[1]}'" in read()["main.bicep"].source


@pytest.mark.skipif(not Path(CHECKER).is_file(), reason="not run: BICEP_CHECK names no offline type checker")
def test_the_types_fit() -> None:
    """Every property, value and API version is one that Azure's published types know."""
    done = subprocess.run([sys.executable, CHECKER, *map(str, FILES)], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "clean", done.stdout + done.stderr


TYPE_MISTAKES = [
    ("modules/identity.bicep", "userAssignedIdentities@2024-11-30", "userAssignedIdentities@2024-12-31"),
    ("modules/storage.bicep", "allowSharedKeyAccess", "allowSharedKeyAcces"),
    ("modules/monitoring.bicep", "retentionInDays: retentionInDays", "retentionInDays: true"),
    ("modules/key-vault.bicep", "sku: { family: 'A', name: 'standard' }", "sku: { family: 'A', name: 'basic' }"),
    ("modules/secret-access.bicep", "principalType: 'ServicePrincipal'", "principalType: 'Robot'"),
    ("modules/access.bicep", "    principalId: readersGroupId\n", ""),
    ("modules/workspace-access.bicep", "conditionVersion:", "conditionsVersion:"),
    ("modules/gateway-access.bicep", "principalType: 'ServicePrincipal'", "principalType: 'Robot'"),
    ("modules/gateway-diagnostics.bicep", "    logs: logs\n", "    log: logs\n"),
    ("modules/function-app.bicep", "httpsOnly: true", "httpsOnly: 'true'"),
    ("modules/code.bicep", "parent: app", "parent: application"),
    ("modules/alerts.bicep", "operator: 'GreaterThan'\n", "operator: 'MoreThan'\n"),
    ("modules/workbook.bicep", "kind: 'shared'", "kind: 'common'"),
    ("main.bicep", "identity.outputs.clientId", "identity.outputs.clientID"),
    ("subscription.bicep", "resourceGroups@2025-04-01", "resourceGroups@2025-04-02"),
]


@pytest.mark.skipif(not Path(CHECKER).is_file(), reason="not run: BICEP_CHECK names no offline type checker")
@pytest.mark.parametrize(("file", "there", "instead"), TYPE_MISTAKES, ids=[m[0] for m in TYPE_MISTAKES])
def test_a_mistake_of_type_is_caught(file: str, there: str, instead: str, tmp_path: Path) -> None:
    """A mistake that only Azure's types know is caught in every file."""
    for source in [INFRA / "types.bicep", *FILES]:
        copy = tmp_path / source.relative_to(INFRA)
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert there in text
    (tmp_path / file).write_text(text.replace(there, instead, 1), encoding="utf-8")
    done = subprocess.run([sys.executable, CHECKER, str(tmp_path / file)], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
