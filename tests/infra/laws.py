"""What must hold for the templates. A law takes them all and says what breaks it; no answer means that it holds."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from cronsim import CronSim, CronSimError

from correlator import queries
from correlator.channels import CHANNELS
from correlator.settings import SETTINGS
from tests.fakes import at as moment
from tests.infra.reader import ROOT, Declared, Node, Template, Templates, at, literal, properties, text_of

Law = Callable[[Templates], list[str]]
LAWS: dict[str, Law] = {}

APP = "modules/function-app.bicep"
ROLE = "Microsoft.Authorization/roleAssignments"
ROLES = {
    "storageBlobDataOwner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "storageTableDataContributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
    "storageQueueDataContributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "storageTableDataReader": "76199698-9eea-4c19-bc75-cec21354c6b6",
    "monitoringMetricsPublisher": "3913510d-42f4-4e42-8a64-420c390055eb",
    "keyVaultSecretsUser": "4633458b-17de-408a-b874-0445c86b69e6",
    "logAnalyticsDataReader": "3b03c2da-16b3-4a49-8834-0f8130efdd3b",
    "reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
}
"""Name in types.bicep -> id of the built-in role."""
ASSIGNED = {
    ("modules/access.bicep", "storageBlobDataOwner", "storage", "ServicePrincipal"),
    ("modules/access.bicep", "storageTableDataContributor", "storage", "ServicePrincipal"),
    ("modules/access.bicep", "storageQueueDataContributor", "storage", "ServicePrincipal"),
    ("modules/access.bicep", "monitoringMetricsPublisher", "appInsights", "ServicePrincipal"),
    ("modules/access.bicep", "storageTableDataReader", "storage", "Group"),
    ("modules/key-vault.bicep", "keyVaultSecretsUser", "vault", "ServicePrincipal"),
    ("modules/secret-access.bicep", "keyVaultSecretsUser", "vault::secret", "ServicePrincipal"),
    ("modules/workspace-access.bicep", "logAnalyticsDataReader", "workspace", "ServicePrincipal"),
    ("modules/gateway-access.bicep", "reader", "", "ServicePrincipal"),
}
"""File, role, scope (empty: the resource group of the module), kind of principal. Nothing else is assigned."""
NOT_SET = {"TABLES_CONNECTION_STRING", "ALLOW_PRIVATE_WEBHOOKS"}
"""Settings that a deployment must not set: a key, and a door for tests. docs/deploy.md says so."""
HOSTS_OWN = {
    "AzureWebJobsStorage__credential", "AzureWebJobsStorage__clientId", "AzureWebJobsStorage__blobServiceUri",
    "AzureWebJobsStorage__tableServiceUri", "AzureWebJobsStorage__queueServiceUri",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "AZURE_CLIENT_ID", "AZURE_TOKEN_CREDENTIALS",
    "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID",
}  # fmt: skip
"""Settings of the host and of the Azure SDK."""
EXPECTED = {
    "modules/storage.bicep": {
        "Microsoft.Storage/storageAccounts": {
            "properties.allowSharedKeyAccess": "false",
            "properties.allowBlobPublicAccess": "false",
            "properties.allowCrossTenantReplication": "false",
            "properties.defaultToOAuthAuthentication": "true",
            "properties.supportsHttpsTrafficOnly": "true",
            "properties.minimumTlsVersion": "'TLS1_2'",
        },
        "blobServices": {
            "properties.isVersioningEnabled": "true",
            "properties.deleteRetentionPolicy.enabled": "true",
        },
    },
    "modules/key-vault.bicep": {
        "Microsoft.KeyVault/vaults": {
            "properties.enableRbacAuthorization": "true",
            "properties.enableSoftDelete": "true",
            "properties.enabledForTemplateDeployment": "false",
        },
    },
    "modules/monitoring.bicep": {
        "Microsoft.OperationalInsights/workspaces": {"properties.features.disableLocalAuth": "true"},
        "Microsoft.Insights/components": {"properties.DisableLocalAuth": "true"},
    },
    APP: {
        "Microsoft.Web/sites": {
            "properties.httpsOnly": "true",
            "properties.keyVaultReferenceIdentity": "identityId",
            "properties.functionAppConfig.runtime.name": "'python'",
            "properties.functionAppConfig.runtime.version": "'3.13'",
            "properties.functionAppConfig.deployment.storage.authentication.type": "'UserAssignedIdentity'",
            "properties.siteConfig.minTlsVersion": "'1.2'",
            "properties.siteConfig.ftpsState": "'Disabled'",
        },
        "Microsoft.Web/serverfarms": {"sku.name": "'FC1'", "sku.tier": "'FlexConsumption'"},
    },
}
"""File -> type -> path -> source of the value, where another value would be a hole or would not run."""


def law(judge: Law) -> Law:
    """Put a function among the laws, under its name."""
    LAWS[judge.__name__] = judge
    return judge


def app_settings(templates: Templates) -> dict[str, Node]:
    """Name -> value of every app setting that a deployment may make."""
    (config,) = [
        r
        for r in templates[APP].resources
        if r.kind == "config" and literal(properties(r.body)["name"]) == "appsettings"
    ]
    return properties(properties(config.body)["properties"])


def _parameters(templates: Templates) -> Iterator[tuple[Template, Declared]]:
    for template in templates.values():
        for parameter in template.parameters:
            yield template, parameter


def _default(templates: Templates, name: str) -> str:
    (parameter,) = [p for p in templates["main.bicep"].parameters if p.name == name]
    return literal(parameter.default) or ""


@law
def the_grammar_reads_everything(templates: Templates) -> list[str]:
    """Every template can be parsed."""
    return [f"{t.name}: {fault}" for t in templates.values() for fault in t.faults]


@law
def every_setting_is_set(templates: Templates) -> list[str]:
    """Every setting the app reads is set by the template or is one that it must not set; and it sets no other."""
    there, known = app_settings(templates).keys(), {s.name for s in SETTINGS}
    return [
        *(f"{name} is read and not set" for name in sorted(known - NOT_SET - there)),
        *(f"{name} must not be set" for name in sorted(NOT_SET & there)),
        *(f"{name} is set and nothing reads it" for name in sorted(there - known - HOSTS_OWN)),
        *(f"{name} of the host is missing" for name in sorted(HOSTS_OWN - there)),
    ]


@law
def every_setting_can_be_read(templates: Templates) -> list[str]:
    """A default of the template is one that the app accepts, and the same as its own."""
    problems = []
    own = {s.name: s for s in SETTINGS}
    for name, value in app_settings(templates).items():
        if name not in own or value.type != "identifier":
            continue
        found = [p for p in templates["main.bicep"].parameters if p.name == text_of(value)]
        given = literal(found[0].default) if found else None
        if given and given != own[name].default:
            problems.append(f"{name} would be {given!r} and the app's own default is {own[name].default!r}")
    return problems


@law
def every_schedule_resolves(templates: Templates) -> list[str]:
    """Every %NAME% in a trigger is an app setting, and its default is NCRONTAB with six fields."""
    problems = []
    tree = ast.parse((ROOT / "function_app.py").read_text(encoding="utf-8"))
    names = {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for name in re.findall(r"%(\w+)%", node.value)
    }
    there = app_settings(templates)
    for name in sorted(names):
        value = there.get(name)
        if value is None:
            problems.append(f"%{name}% resolves to nothing")
            continue
        schedule = _default(templates, text_of(value))
        try:
            CronSim(schedule, moment("2026-08-21T17:00:00"))
            if len(schedule.split()) != 6:
                problems.append(f"{name}: {schedule!r} has not six fields")
        except CronSimError as wrong:
            problems.append(f"{name}: {schedule!r}: {wrong}")
    return problems or ([] if names else ["function_app.py names no schedule"])


@law
def webhooks_come_from_the_vault(templates: Templates) -> list[str]:
    """The address of every channel is a vault reference, set only if the channel is told."""
    problems = []
    there = app_settings(templates)
    declared = text_of(templates["types.bicep"].root)
    for name, (setting, _) in CHANNELS.items():
        value = text_of(there[setting]) if setting in there else ""
        if value != f"'@Microsoft.KeyVault(VaultName=${{vaultName}};SecretName={name}-webhook-url)'":
            problems.append(f"{setting} is {value}")
        if f"'{name}'" not in declared.partition("type channelName")[2].partition("\n")[0]:
            problems.append(f"channelName does not know {name}")
        if f"contains(channels, '{name}')" not in templates[APP].source:
            problems.append(f"{setting} does not depend on the channel")
        if f"name: '{name}-webhook-url'" not in templates["modules/key-vault.bicep"].source:
            problems.append(f"nothing writes the secret {name}-webhook-url")
    named, vault = templates[APP].source, templates["modules/key-vault.bicep"].source
    if "channel => '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=${channel}-webhook-url)'" not in named:
        problems.append("a channel with a name has its address elsewhere")
    if "for channel in namedChannels: if (contains(namedWebhookUrls, channel))" not in vault:
        problems.append("nothing writes the secrets of channels with names, or it overwrites them")
    if "map(concat(channels, namedChannels)" not in text_of(templates["main.bicep"].variables["secretNames"].body):
        problems.append("the app may not read the secrets of channels with names in a vault that exists")
    signed = text_of(there["EVENTS_WEBHOOK_SECRET"]) if "EVENTS_WEBHOOK_SECRET" in there else ""
    if signed != "'@Microsoft.KeyVault(VaultName=${vaultName};SecretName=events-webhook-secret)'":
        problems.append(f"EVENTS_WEBHOOK_SECRET is {signed}")
    alive = text_of(there["HEARTBEAT_URL"]) if "HEARTBEAT_URL" in there else ""
    if alive != "'@Microsoft.KeyVault(VaultName=${vaultName};SecretName=heartbeat-url)'":
        problems.append(f"HEARTBEAT_URL is {alive}")
    return problems


@law
def roles_are_the_expected_list(templates: Templates) -> list[str]:
    """The roles are exactly the expected ones, each at its scope, and their ids stand in one place."""
    problems = []
    (listed,) = [v for n, v in templates["types.bicep"].variables.items() if n == "roles"]
    ids = {name: literal(value) for name, value in properties(listed.body).items()}
    if ids != ROLES:
        problems.append(f"types.bicep lists {sorted(set(ids.items()) ^ set(ROLES.items()))} otherwise")
    found = set()
    for template in templates.values():
        for assignment in template.of(ROLE):
            role = re.search(
                r"roles\.(\w+)", text_of(at(assignment.body, "properties.roleDefinitionId") or assignment.node)
            )
            scope = properties(assignment.body).get("scope")
            kind = literal(at(assignment.body, "properties.principalType"))
            found.add((template.name, role[1] if role else "?", text_of(scope) if scope else "", kind or "?"))
        guids = re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", template.source)
        if guids and template.name != "types.bicep":
            problems.append(f"{template.name} holds the id {guids[0]}")
    problems += [f"unexpected: {each}" for each in sorted(found - ASSIGNED)]
    problems += [f"missing: {each}" for each in sorted(ASSIGNED - found)]
    return problems


@law
def every_role_has_its_reason(templates: Templates) -> list[str]:
    """Each role assignment has its reason above it, a name that outlives upgrades, and a text for the portal."""
    problems = []
    for template in templates.values():
        for assignment in template.of(ROLE):
            where = f"{template.name}: {assignment.name}"
            role = re.search(r"roles\.\w+", text_of(assignment.node))
            name = text_of(properties(assignment.body)["name"])
            if not template.comment_before(assignment).startswith("// Reason: "):
                problems.append(f"{where} has no reason")
            if not name.startswith("guid(") or not role or role[0] not in name:
                problems.append(f"{where} is not named by scope, principal and role")
            if at(assignment.body, "properties.description") is None:
                problems.append(f"{where} has no description")
    return problems


@law
def roles_can_be_left_out(templates: Templates) -> list[str]:
    """With assignRoles off nothing is assigned, and every role stands among the commands for the owner."""
    main = templates["main.bicep"]
    switches = ("assignRoles", "assignRolesElsewhere", "assignOnWatched")
    problems = []
    for name, module in main.modules.items():
        target = templates[module.kind]
        passed = properties(properties(module.body)["params"])
        for assignment in target.of(ROLE):
            inside = {
                p for p in ("assignRole", "assignRoles") if re.search(rf"if \(.*\b{p}\b", text_of(assignment.node))
            }
            outside = any(s in text_of(module.node).partition("{")[0] for s in switches)
            handed = any(p in passed and text_of(passed[p]) in switches for p in inside)
            if not outside and not handed:
                problems.append(f"{name} assigns {assignment.name} whatever assignRoles says")
    commands = main.source.partition("var ownRoleCommands")[2]
    problems += [f"roleCommands leaves out {role}" for role in ROLES if f"roles.{role}" not in commands]
    return problems


@law
def queues_are_there_only_where_it_fans_out(templates: Templates) -> list[str]:
    """The queues, the role on them and their address for the host hang on the very sum by which the app decides."""
    main, problems = templates["main.bicep"], []
    if text_of(main.variables["fansOut"].body) != (
        "length(askFor == 'workspaces' ? watched : gatewayResourceGroupIds) > fanOutAbove || !empty(workspaceScopeIds)"
    ):
        problems.append("fansOut is not what the app decides by")
    for module, name in (("storage", "queues"), ("access", "queues"), ("functionApp", "fansOut")):
        passed = properties(properties(main.modules[module].body)["params"])
        if name not in passed or text_of(passed[name]) != "fansOut":
            problems.append(f"{module} does not hang on it")
    wanted = {
        "modules/storage.bicep": "queueService 'queueServices' = if (queues)",
        "modules/access.bicep": "queueContributor 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (queues)",
        APP: "\n      fansOut ? { AzureWebJobsStorage__queueServiceUri: queueEndpoint } : {}",
        "main.bicep": "fansOut\n        ? ['${assign} --role ${roles.storageQueueDataContributor}",
    }
    problems += [f"{file} lacks {text}" for file, text in wanted.items() if text not in templates[file].source]
    code = (ROOT / "function_app.py").read_text(encoding="utf-8")
    made = set(re.findall(r"name: '(polls[\w-]*)'", templates["modules/storage.bicep"].source))
    named = set(re.findall(r'queue_name="([\w-]+)"', code))
    return problems if made == named else [*problems, f"made are {sorted(made)}, named are {sorted(named)}"]


@law
def the_logs_right_names_its_table(templates: Templates) -> list[str]:
    """The right to read logs ends at the tables that the app's queries name."""
    asked = {
        table
        for file in (ROOT / "correlator" / "queries").glob("*.kql")
        for table in re.findall(r"^\s*\(?(Azure\w+|Operation)\s*$", file.read_text(encoding="utf-8"), re.M)
    }
    (listed,) = [v for n, v in templates["main.bicep"].variables.items() if n == "readTables"]
    granted = {literal(c) for c in listed.body.named_children}
    problems = (
        [] if asked == granted else [f"queries name {sorted(asked)}, the right names {sorted(map(str, granted))}"]
    )
    (assignment,) = templates["modules/workspace-access.bicep"].of(ROLE)
    if text_of(at(assignment.body, "properties.condition") or assignment.node) != "tableCondition":
        problems.append("the assignment has no condition")
    if literal(at(assignment.body, "properties.conditionVersion")) != "2.0":
        problems.append("the assignment has no condition version")
    condition = text_of(templates["main.bicep"].variables["tableCondition"].body).replace("\\'", "'")
    if "!(ActionMatches{'Microsoft.OperationalInsights/workspaces/tables/data/read'})" not in condition:
        problems.append("the condition does not guard the reading of rows")
    return problems


@law
def logs_are_asked_for_where_a_role_is(templates: Templates) -> list[str]:
    """By workspace with a role on each; or by resource group with Reader there, and no role on any workspace."""
    main = templates["main.bicep"]
    problems = []
    if text_of(main.variables["asked"].body) != "askFor == 'workspaces' ? watched : []":
        problems.append("workspaces are asked although resource groups are")
    if not text_of(main.variables["assignOnWatched"].body).startswith("askFor == 'workspaces' && ("):
        problems.append("a role is assigned on workspaces that are not asked")
    if "in asked: if (assignOnWatched" not in text_of(main.modules["workspaceAccess"].node):
        problems.append("the role does not go with what is asked")
    passed = properties(properties(main.modules["functionApp"].body)["params"])
    groups = text_of(passed["resourceGroupIds"]) if "resourceGroupIds" in passed else ""
    if groups != "askFor == 'resourceGroups' ? gatewayResourceGroupIds : []":
        problems.append("groups are asked that Reader is not given on")
    return problems


@law
def values_that_keep_it_shut(templates: Templates) -> list[str]:
    """Keys, public blobs, old TLS and publishing by password are off; the app runs where its code expects."""
    problems = []
    for file, types in EXPECTED.items():
        for kind, paths in types.items():
            (resource,) = templates[file].of(kind)
            for path, value in paths.items():
                found = at(resource.body, path)
                if found is None or text_of(found) != value:
                    problems.append(f"{file}: {path} is {text_of(found) if found else 'not set'}, not {value}")
    policies = [r for r in templates[APP].resources if r.kind == "basicPublishingCredentialsPolicies"]
    refused = {
        literal(properties(p.body)["name"])
        for p in policies
        if text_of(at(p.body, "properties.allow") or p.node) == "false"
    }
    return problems if refused == {"ftp", "scm"} else [*problems, "publishing by password is allowed"]


@law
def signed_in_addresses_stand_behind_authentication(templates: Templates) -> list[str]:
    """SIGN_IN is set only together with authentication, after it, and only addresses that ask for a key pass by it."""
    (auth,) = [r for r in templates[APP].resources if literal(properties(r.body).get("name")) == "authsettingsV2"]
    wanted = {
        "properties.platform.enabled": "true",
        "properties.globalValidation.requireAuthentication": "true",
        "properties.httpSettings.requireHttps": "true",
        "properties.identityProviders.azureActiveDirectory.registration.clientSecretSettingName": (
            "'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'"
        ),
    }
    found = {path: at(auth.body, path) for path in wanted}
    problems = [f"{path} is not {v}" for path, v in wanted.items() if (n := found[path]) is None or text_of(n) != v]
    excluded = at(auth.body, "properties.globalValidation.excludedPaths")
    passed = set(re.findall(r"'/api/([\w-]+)", text_of(excluded))) if excluded else set()
    keyed = re.findall(
        r'route="([\w-]+)[^"]*", .*AuthLevel.FUNCTION', (ROOT / "function_app.py").read_text(encoding="utf-8")
    )
    if passed != set(keyed):
        problems.append(f"pass by authentication: {sorted(passed)}, ask for a key: {sorted(set(keyed))}")
    settings, source = app_settings(templates), templates[APP].source
    if text_of(settings["SIGN_IN"]) != "signIn ? '1' : '0'" or "dependsOn: [authentication]" not in source:
        problems.append("SIGN_IN is set without authentication, or before it")
    if "resource authentication 'config' = if (signIn)" not in source or _default(templates, "signInClientId"):
        problems.append("sign-in is not off by default")
    return problems


@law
def no_key_is_asked_for(templates: Templates) -> list[str]:
    """No template reads a key, a SAS or a connection string with a credential in it."""
    words = re.compile(
        r"\blist(?:Keys|AccountSas|ServiceSas|Secrets|Credentials)?\(|AccountKey|SharedAccess|getSecret\(", re.I
    )
    return [f"{t.name}: {m[0]}" for t in templates.values() for m in words.finditer(t.source)]


@law
def every_parameter_is_described(templates: Templates) -> list[str]:
    """Every parameter, output and file says what it is."""
    silent = [f"{t.name}: {p.name}" for t, p in _parameters(templates) if not p.has("description")]
    silent += [f"{t.name}: {o.name}" for t in templates.values() for o in t.outputs if not o.has("description")]
    return silent + [t.name for t in templates.values() if "metadata description = '" not in t.source]


@law
def secrets_are_secure(templates: Templates) -> list[str]:
    """What may hold a secret is a secure parameter, whose default is empty, and never reaches an output."""
    problems = []
    secret = re.compile(r"webhookUrl|heartbeatUrl|packageUri|password|token$|secret$", re.I)
    for template, parameter in _parameters(templates):
        if bool(secret.search(parameter.name)) != parameter.has("secure"):
            problems.append(f"{template.name}: {parameter.name} is {'' if parameter.has('secure') else 'not '}secure")
        if parameter.has("secure") and literal(parameter.default) not in (None, ""):
            problems.append(f"{template.name}: {parameter.name} has a secret for its default")
    for template in templates.values():
        hidden = {p.name for p in template.parameters if p.has("secure")}
        problems += [
            f"{template.name}: the output {o.name} shows {word}"
            for o in template.outputs
            for word in re.findall(r"\w+", text_of(o.body))
            if word in hidden or re.search(r"connectionstring|instrumentationkey|primarykey", word, re.I)
        ]
    return problems


@law
def settings_come_after_roles(templates: Templates) -> list[str]:
    """App settings are set after every role: a vault reference that is read too early stays unresolved."""
    app = templates["main.bicep"].modules["functionApp"]
    waits = set(re.findall(r"\w+", text_of(properties(app.body).get("dependsOn") or app.node)))
    problems = [
        f"functionApp does not wait for {name}"
        for name in ("access", "secretAccess", "gatewayAccess")
        if name not in waits
    ]
    given = text_of(properties(app.body)["params"])
    used = [name for name in ("keyVault!.outputs", "workspaceAccess[i]!.outputs") if name not in given]
    return [*problems, *(f"functionApp does not wait for {name}" for name in used)]


@law
def names_survive_down_and_up(templates: Templates) -> list[str]:
    """Names are the same at every upgrade and no two installations share one; a vault made anew takes another name."""
    main = templates["main.bicep"]
    problems = [
        f"{t.name} calls {m[0]}" for t in templates.values() for m in re.finditer(r"\b(?:newGuid|utcNow)\(", t.source)
    ]
    if "subscription().id, resourceGroup().id, environmentName" not in text_of(main.variables["suffix"].body):
        problems.append("the suffix does not name the installation")
    vault = text_of(properties(properties(main.modules["keyVault"].body)["params"])["name"])
    if "identity.outputs.principalId" not in vault:
        problems.append("the vault's name would be taken after down and up")
    for name in ("storageName", "functionAppName", "ownWorkspaceName"):
        if "${suffix}" not in text_of(main.variables[name].body):
            problems.append(f"{name} is not unique")
    return problems


@law
def gateways_log_only_what_is_read(templates: Templates) -> list[str]:
    """No gateway is touched unless named; then it sends what the app reads, IKE on demand, and no metrics."""
    problems = []
    module = templates["modules/gateway-diagnostics.bicep"]
    named = re.findall(r"'(\w+DiagnosticLog)'", module.source)
    asked = set(re.findall(r"'(\w+DiagnosticLog)'", queries.poll(None, None)))
    if set(named) != asked | {"IKEDiagnosticLog"}:
        problems.append(f"sent are {sorted(set(named))}, read are {sorted(asked)}")
    if "ikeLogs ? ['IKEDiagnosticLog'] : []" not in module.source:
        problems.append("IKE is not a switch")
    made = module.of("Microsoft.Insights/diagnosticSettings")
    problems += [f"{s.name} sends metrics" for s in made if at(s.body, "properties.metrics") is not None]
    problems += [
        f"{s.name} is not ours by name" for s in made if text_of(properties(s.body)["name"]) != "diagnosticSettingName"
    ]
    defaults = {p.name: text_of(p.default) for p in templates["main.bicep"].parameters if p.default is not None}
    if defaults.get("loggedGatewayIds") != "[]" or defaults.get("ikeLogs") != "false":
        problems.append("gateways or IKE are on by default")
    return problems


@law
def our_own_alarm_needs_no_webhook(templates: Templates) -> list[str]:
    """Three health alerts every fifteen minutes and one page, by e-mail, text or voice; nothing leads back to us."""
    module = templates["modules/alerts.bicep"]
    problems = []
    for group in module.of("Microsoft.Insights/actionGroups"):
        receivers = {name for name in properties(properties(group.body)["properties"]) if name.endswith("Receivers")}
        if not receivers <= {"emailReceivers", "smsReceivers", "voiceReceivers"}:
            problems.append(f"{group.name} has {sorted(receivers)}")
    if literal(module.variables["every"].body) != "PT15M":
        problems.append("the health alerts are not evaluated every fifteen minutes")
    names = re.findall(r"name: '(\w+)'\n    title:", module.source)
    if names != ["silent", "failing", "untaken"]:
        problems.append(f"the health alerts are {names}")
    if "actionGroups: [mail.id]" not in module.source or "actionGroups: [page.id]" not in module.source:
        problems.append("an alert has no action group")
    emails = [p for p in templates["main.bicep"].parameters if p.name == "alertEmails"]
    if not emails or emails[0].default is not None or not emails[0].has("minLength"):
        problems.append("the app can be deployed with nobody to tell of its own trouble")
    if text_of(module.root).count("if (!empty(phones))") != 2:
        problems.append("the page is not optional")
    return problems


@law
def the_silence_is_three_periods(templates: Templates) -> list[str]:
    """By default the alarm of silence rings after three times the default poll period."""
    schedule = _default(templates, "pollSchedule")
    runs = CronSim(schedule, moment("2026-08-21T17:00:00"))
    first, second = next(runs), next(runs)
    (silence,) = [p for p in templates["main.bicep"].parameters if p.name == "silentAfterMinutes"]
    minutes = 3 * (second - first).total_seconds() / 60
    return [] if silence.default is not None and float(text_of(silence.default)) == minutes else [f"not {minutes}"]


@law
def modules_get_what_they_take(templates: Templates) -> list[str]:
    """Every module is there, is used, and gets every parameter it needs and no other."""
    problems, used = [], set()
    for template in templates.values():
        for name, module in template.modules.items():
            used.add(module.kind)
            target = templates.get(module.kind)
            if target is None:
                problems.append(f"{template.name}: no file {module.kind}")
                continue
            given = properties(properties(module.body)["params"]).keys()
            takes = {p.name: p.default is not None for p in target.parameters}
            problems += [
                f"{name} gives {each}, which {module.kind} does not take" for each in sorted(given - takes.keys())
            ]
            problems += [f"{name} leaves out {each}" for each, fine in takes.items() if not fine and each not in given]
    unused = {t for t in templates if t.startswith("modules/")} - used
    return problems + [f"{each} is used by nothing" for each in sorted(unused)]


@law
def the_parts_are_tagged(templates: Templates) -> list[str]:
    """Everything of ours that can carry tags does: by them the uninstall script tells it from what others put there."""
    tagless = ("Microsoft.Authorization/", "Microsoft.Insights/diagnosticSettings", "Microsoft.Web/sites/extensions")
    return [
        f"{t.name}: {r.name}"
        for t in templates.values()
        for r in t.resources
        if "/" in r.kind and not r.existing and not r.kind.startswith(tagless) and "tags" not in properties(r.body)
    ]
