metadata name = 'VPN drop messages'
metadata description = 'Everything the app needs in one resource group, and its narrow rights elsewhere.'

targetScope = 'resourceGroup'

import { channelLanguages, channelName, diagnosticSettingName, logScope, networkAccess, phone, roles, siteContacts, siteNames, tagSet, watchedWorkspace } from 'types.bicep'

@description('Short name of this installation, as in prod. Part of tags and of the names\' unique suffix.')
@minLength(2)
@maxLength(12)
param environmentName string

@description('Region. Flex Consumption must be offered there.')
param location string = resourceGroup().location

@description('Tags for everything that is made.')
param tags tagSet = {}

// What is watched

@description('Workspaces that receive the gateways\' logs. Empty: the workspace that this deployment makes is watched itself.')
param workspaces watchedWorkspace[] = []

@description('How logs are asked for. workspaces: each of the above, with a role there that ends at three tables. resourceGroups: those in gatewayResourceGroupIds, with Reader there and no role on any workspace.')
param askFor logScope = 'workspaces'

@description('Gateways to switch logging on for. Off by default, since a policy may send the logs already. The deployer needs Monitoring Contributor on each.')
param loggedGatewayIds string[] = []

@description('Where those gateways log to. Empty: the first of the workspaces above, else our own.')
param loggedGatewaysWorkspaceId string = ''

@description('Send IKE logs of those gateways too: the best evidence for a failed negotiation, and most of the bill.')
param ikeLogs bool = false

@description('Resource groups of the gateways, as ids: Reader there gives names of connections and sites. Empty: the app does without.')
param gatewayResourceGroupIds string[] = []

@description('Management groups and subscriptions in which gateways are found, as ids. Reader there is assigned by an owner: see the output roleCommands.')
param gatewayScopeIds string[] = []

@description('Management groups and subscriptions whose workspaces are watched, as ids. Reader and Log Analytics Data Reader there are assigned by an owner.')
param workspaceScopeIds string[] = []

// Who is told

@description('Channels to tell. The app needs at least one.')
@minLength(1)
param channels channelName[] = ['teams']

@description('Further channels for several teams: a kind, a hyphen and a name, as in teams-emea. Which gateways are theirs is said in routes.')
param namedChannels string[] = []

@description('Their addresses, as in { "teams-emea": "https://…" }. One that is missing leaves the vault\'s secret teams-emea-webhook-url as it is.')
@secure()
param namedWebhookUrls object = {}

@description('Languages of such channels, as in { "teams-jp": "ja" }. Without one: that of its kind.')
param namedLanguages channelLanguages = {}

@description('Address of the Teams Workflows webhook. Empty leaves the vault\'s secret teams-webhook-url as it is.')
@secure()
param teamsWebhookUrl string = ''

@description('Address of the Slack incoming webhook. Empty leaves the vault\'s secret slack-webhook-url as it is.')
@secure()
param slackWebhookUrl string = ''

@description('Address of your own receiver of events. Empty leaves the vault\'s secret events-webhook-url as it is.')
@secure()
param eventsWebhookUrl string = ''

@description('What events are signed with: whsec_ and base64, several with a space between. Empty leaves the secret events-webhook-secret as it is.')
@secure()
param eventsWebhookSecret string = ''

@description('After each poll in which every workspace succeeded, call the address in the vault\'s secret heartbeat-url: a watcher outside rings when it stays away.')
param heartbeat bool = false

@description('That address. Empty leaves the secret heartbeat-url as it is.')
@secure()
param heartbeatUrl string = ''

@description('Resource id of a vault that holds the secrets <channel>-webhook-url (and events-webhook-secret, heartbeat-url) already. Empty: a vault is made.')
param existingVaultId string = ''

@description('Purge protection of the vault that is made. It cannot be switched off again.')
param vaultPurgeProtection bool = true

@description('Who gets e-mail when the app itself is in trouble. Independent of the channels.')
@minLength(1)
param alertEmails string[]

@description('Whom to call or text when a connection is down.')
param pagePhones phone[] = []

@description('Gateways of this subscription that Azure\'s own alerts (Resource Health, traffic of each connection) shall watch too.')
param baselineGatewayIds string[] = []

@description('Client id of an Entra app registration: people sign in with it to the report page, and may acknowledge there. Empty: nobody can.')
param signInClientId string = ''

@description('Tenant of that registration.')
param signInTenantId string = tenant().tenantId

@description('A workbook in the portal over the app\'s own lines: its health, and what it has said.')
param deployWorkbook bool = true

// Who may what

@description('False: no role is assigned; the output roleCommands says what an owner has to run.')
param assignRoles bool = true

@description('The same for roles outside this resource group: workspaces, gateways, an existing vault.')
param assignRolesElsewhere bool = assignRoles

@description('Object id of the Entra group that may read the incident tables. Empty for none.')
param readersGroupId string = ''

// How the app behaves: see the settings in the README

@description('When to poll: NCRONTAB with six fields (second first), UTC.')
param pollSchedule string = '0 */5 * * * *'

@description('Three poll periods in minutes: so long without a completed poll is an alarm.')
@allowed([15, 30, 60, 120, 180])
param silentAfterMinutes int = 15

@description('When the weekly summary is due, in the time zone below.')
param weeklyAt string = 'MON 09:00'

@description('When the monthly report is due on the first of the month, in the time zone below, or off.')
param monthlyAt string = '09:00'

@description('Percent that reports measure each connection against.')
param availabilityTarget string = '99.95'

@description('Hours whose lost minutes reports name.')
param businessHours string = 'MON-FRI 09:00-18:00'

@description('IANA time zone of messages, local columns and the week.')
param timezone string = 'UTC'

@description('Language of the messages.')
param messageLanguage 'en' | 'ja' = 'en'

@description('Language in Teams. Empty: that of the messages.')
param teamsLanguage '' | 'en' | 'ja' = ''

@description('Language in Slack. Empty: that of the messages.')
param slackLanguage '' | 'en' | 'ja' = ''

@description('Language of the sentences in events. Empty: that of the messages.')
param eventsLanguage '' | 'en' | 'ja' = ''

@description('How old an open outage must be before it is told.')
param downAfter string = '10m'

@description('Which channel hears of which incidents, as in "teams: azure,unknown; slack: remote". Empty: all of all.')
param routes string = ''

@description('Names for peers, as in { "203.0.113.10": "osaka-dc1" }.')
param sites siteNames = {}

@description('Sites and whom to call, as in { "203.0.113.10": { "name": "osaka-dc1", "phone": "+81 6 0000 0000" } }.')
param contacts siteContacts = {}

@description('What reasons of disconnects mean, before the list of the app: keyword=meaning; keyword=meaning.')
param reasons string = ''

@description('From when to when around its log row maintenance may cut; the command calibrate proposes one.')
param maintenanceWindow string = '-60s..12m'

@description('How many months incidents, outages, messages and remarks are kept.')
@minValue(4)
@maxValue(120)
param keepMonths int = 13

@description('With more workspaces or groups than this, they are polled by several runs at once, over a queue: docs/scale.md.')
@minValue(0)
param fanOutAbove int = 20

@description('How many log queries such runs send at once, all of them together.')
@minValue(1)
param queriesAtOnce int = 5

@description('Log query endpoint. Empty: that of the cloud deployed to.')
param logsEndpoint string = ''

@description('Token audience that belongs to the endpoint. Empty: that of the cloud deployed to.')
param logsAudience string = ''

// Size, network, bill

@description('Memory of an instance.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 512

@description('Most instances at once. The timers need one.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Resource id of a subnet delegated to Microsoft.App/environments, for private networks. Empty for none.')
param subnetId string = ''

@description('Whether storage and vault answer on the public network. Disabled needs private endpoints that others make.')
param publicNetworkAccess networkAccess = 'Enabled'

@description('How long our own workspace keeps rows, in days. The first 31 cost nothing.')
param logRetentionDays int = 31

@description('Our own workspace takes no more than this a day, in GB. Raise it if gateways log there with IKE.')
param dailyQuotaGb int = 1

@description('Where the deployment service fetches a release zip from. Empty: the code is brought by azd, func or a pipeline.')
@secure()
param packageUri string = ''

var suffix = uniqueString(subscription().id, resourceGroup().id, environmentName)
var allTags = union(tags, { 'azd-env-name': environmentName })
var storageName = 'stvpn${suffix}'
var functionAppName = 'func-vpn-${suffix}'
var secretNames = concat(
  map(concat(channels, namedChannels), channel => '${channel}-webhook-url'),
  contains(channels, 'events') || !empty(filter(namedChannels, channel => startsWith(channel, 'events-')))
    ? ['events-webhook-secret']
    : [],
  heartbeat ? ['heartbeat-url'] : []
)
var ownVault = empty(existingVaultId)
var vaultSubscription = ownVault ? subscription().subscriptionId : split(existingVaultId, '/')[2]
var vaultGroup = ownVault ? resourceGroup().name : split(existingVaultId, '/')[4]
var ownWorkspaceName = 'log-vpn-${suffix}'
var ownWorkspaceId = resourceId('Microsoft.OperationalInsights/workspaces', ownWorkspaceName)
var appInsightsName = 'appi-vpn-${suffix}'
var watched = empty(workspaces) ? [{ resourceId: ownWorkspaceId, customerId: null }] : workspaces
var asked = askFor == 'workspaces' ? watched : []
var assignOnWatched = askFor == 'workspaces' && (empty(workspaces) ? assignRoles : assignRolesElsewhere)

// The app decides by the same sum. The queues, the role on them and their address for the host go with it.
var fansOut = length(askFor == 'workspaces' ? watched : gatewayResourceGroupIds) > fanOutAbove || !empty(workspaceScopeIds)

// The tables that the app's queries name. A role assignment condition keeps the identity out of every other.
var readTables = ['AzureDiagnostics', 'AzureActivity', 'Operation']
var tableTests = map(
  readTables,
  table => '@Resource[Microsoft.OperationalInsights/workspaces/tables:name] StringEquals \'${table}\''
)
var tableCondition = '((!(ActionMatches{\'Microsoft.OperationalInsights/workspaces/tables/data/read\'})) OR (${join(tableTests, ' OR ')}))'

// The one place that lists clouds.
var logsByCloud = {
  #disable-next-line no-hardcoded-env-urls
  AzureCloud: 'https://api.loganalytics.io'
  #disable-next-line no-hardcoded-env-urls
  AzureUSGovernment: 'https://api.loganalytics.us'
  #disable-next-line no-hardcoded-env-urls
  AzureChinaCloud: 'https://api.loganalytics.azure.cn'
}

module identity 'modules/identity.bicep' = {
  name: 'vpn-identity'
  params: {
    name: 'id-vpn-${suffix}'
    location: location
    tags: allTags
  }
}

module storage 'modules/storage.bicep' = {
  name: 'vpn-storage'
  params: {
    name: storageName
    location: location
    tags: allTags
    publicNetworkAccess: publicNetworkAccess
    queues: fansOut
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'vpn-monitoring'
  params: {
    workspaceName: ownWorkspaceName
    appInsightsName: appInsightsName
    location: location
    tags: allTags
    retentionInDays: logRetentionDays
    dailyQuotaGb: dailyQuotaGb
  }
}

// A deleted vault keeps its name for 90 days. The identity is new after down and up and the same over upgrades, so a name
// made from it survives both.
module keyVault 'modules/key-vault.bicep' = if (ownVault) {
  name: 'vpn-key-vault'
  params: {
    name: 'kv-vpn-${uniqueString(resourceGroup().id, identity.outputs.principalId)}'
    location: location
    tags: allTags
    principalId: identity.outputs.principalId
    assignRoles: assignRoles
    purgeProtection: vaultPurgeProtection
    publicNetworkAccess: publicNetworkAccess
    teamsWebhookUrl: teamsWebhookUrl
    slackWebhookUrl: slackWebhookUrl
    eventsWebhookUrl: eventsWebhookUrl
    namedChannels: namedChannels
    namedWebhookUrls: namedWebhookUrls
    eventsWebhookSecret: eventsWebhookSecret
    heartbeatUrl: heartbeatUrl
  }
}

module secretAccess 'modules/secret-access.bicep' = [
  for secretName in secretNames: if (!ownVault && assignRolesElsewhere) {
    name: 'vpn-secret-${secretName}-${suffix}'
    scope: resourceGroup(vaultSubscription, vaultGroup)
    params: {
      vaultName: last(split(existingVaultId, '/'))
      secretName: secretName
      principalId: identity.outputs.principalId
    }
  }
]

module access 'modules/access.bicep' = if (assignRoles) {
  name: 'vpn-access'
  params: {
    principalId: identity.outputs.principalId
    readersGroupId: readersGroupId
    queues: fansOut
    storageName: storage.outputs.name
    appInsightsName: monitoring.outputs.appInsightsName
  }
}

module workspaceAccess 'modules/workspace-access.bicep' = [
  for (workspace, i) in asked: if (assignOnWatched || empty(workspace.?customerId)) {
    name: 'vpn-workspace-${i}-${suffix}'
    scope: resourceGroup(split(workspace.resourceId, '/')[2], split(workspace.resourceId, '/')[4])
    dependsOn: [monitoring]
    params: {
      workspaceName: last(split(workspace.resourceId, '/'))
      principalId: identity.outputs.principalId
      assignRole: assignOnWatched
      tableCondition: tableCondition
    }
  }
]

module gatewayAccess 'modules/gateway-access.bicep' = [
  for (groupId, i) in gatewayResourceGroupIds: if (assignRolesElsewhere) {
    name: 'vpn-gateways-${i}-${suffix}'
    scope: resourceGroup(split(groupId, '/')[2], split(groupId, '/')[4])
    params: {
      principalId: identity.outputs.principalId
    }
  }
]

module gatewayDiagnostics 'modules/gateway-diagnostics.bicep' = [
  for (gatewayId, i) in loggedGatewayIds: {
    name: 'vpn-diagnostics-${i}-${suffix}'
    scope: resourceGroup(split(gatewayId, '/')[2], split(gatewayId, '/')[4])
    dependsOn: [monitoring]
    params: {
      gatewayId: gatewayId
      workspaceId: empty(loggedGatewaysWorkspaceId) ? watched[0].resourceId : loggedGatewaysWorkspaceId
      ikeLogs: ikeLogs
    }
  }
]

module functionApp 'modules/function-app.bicep' = {
  name: 'vpn-function-app'
  // Settings after roles: a vault reference that cannot be read when it is set stays unread, and a gateway list that was
  // refused is kept for an hour. The other roles are waited for through what their modules give.
  dependsOn: [access, secretAccess, gatewayAccess]
  params: {
    name: functionAppName
    planName: 'plan-vpn-${suffix}'
    location: location
    tags: union(allTags, { 'azd-service-name': 'app' })
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    appInsightsName: monitoring.outputs.appInsightsName
    blobEndpoint: storage.outputs.blobEndpoint
    tableEndpoint: storage.outputs.tableEndpoint
    queueEndpoint: storage.outputs.queueEndpoint
    fansOut: fansOut
    packageContainer: storage.outputs.packageContainer
    subnetId: subnetId
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    workspaceIds: [
      for (workspace, i) in asked: empty(workspace.?customerId)
        ? workspaceAccess[i]!.outputs.customerId
        : (workspace.?customerId ?? '')
    ]
    resourceGroupIds: askFor == 'resourceGroups' ? gatewayResourceGroupIds : []
    channels: channels
    namedChannels: namedChannels
    namedLanguages: namedLanguages
    vaultName: ownVault ? keyVault!.outputs.name : last(split(existingVaultId, '/'))
    logsEndpoint: empty(logsEndpoint) ? logsByCloud[environment().name] : logsEndpoint
    logsAudience: empty(logsAudience) ? logsByCloud[environment().name] : logsAudience
    gatewayResourceGroupIds: gatewayResourceGroupIds
    gatewayScopeIds: gatewayScopeIds
    workspaceScopeIds: workspaceScopeIds
    armEndpoint: take(environment().resourceManager, length(environment().resourceManager) - 1)
    pollSchedule: pollSchedule
    weeklyAt: weeklyAt
    monthlyAt: monthlyAt
    availabilityTarget: availabilityTarget
    businessHours: businessHours
    timezone: timezone
    messageLanguage: messageLanguage
    teamsLanguage: teamsLanguage
    slackLanguage: slackLanguage
    eventsLanguage: eventsLanguage
    routes: routes
    downAfter: downAfter
    sites: sites
    contacts: contacts
    reasons: reasons
    maintenanceWindow: maintenanceWindow
    keepMonths: keepMonths
    fanOutAbove: fanOutAbove
    queriesAtOnce: queriesAtOnce
    heartbeat: heartbeat
    signInClientId: signInClientId
    signInTenantId: signInTenantId
  }
}

module code 'modules/code.bicep' = if (!empty(packageUri)) {
  name: 'vpn-code'
  params: {
    functionAppName: functionApp.outputs.name
    packageUri: packageUri
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'vpn-alerts'
  params: {
    location: location
    tags: allTags
    prefix: 'vpn-${environmentName}'
    emails: alertEmails
    phones: pagePhones
    workspaceId: monitoring.outputs.workspaceId
    silentAfterMinutes: silentAfterMinutes
    baselineGatewayIds: baselineGatewayIds
  }
}

module workbook 'modules/workbook.bicep' = if (deployWorkbook) {
  name: 'vpn-workbook'
  params: {
    location: location
    tags: allTags
    title: 'VPN drop messages (${environmentName})'
    workspaceId: monitoring.outputs.workspaceId
  }
}

// What comes out holds no secret.

@description('Name of the function app: what func and az publish to.')
output functionAppName string = functionApp.outputs.name

@description('Name of the storage account with the incident tables.')
output storageName string = storage.outputs.name

@description('Name of the Application Insights component: where the app\'s own lines are.')
output appInsightsName string = monitoring.outputs.appInsightsName

@description('Name of the vault that holds the webhook addresses.')
output vaultName string = ownVault ? keyVault!.outputs.name : last(split(existingVaultId, '/'))

@description('Object id of the app\'s identity.')
output principalId string = identity.outputs.principalId

@description('Name of the diagnostic setting on the gateways that this deployment logs.')
output diagnosticSettingName string = diagnosticSettingName

var assign = 'az role assignment create --assignee-object-id ${identity.outputs.principalId} --assignee-principal-type ServicePrincipal'
var ownRoleCommands = assignRoles
  ? []
  : concat(
      [
        '${assign} --role ${roles.storageBlobDataOwner} --scope ${resourceId('Microsoft.Storage/storageAccounts', storageName)}'
        '${assign} --role ${roles.storageTableDataContributor} --scope ${resourceId('Microsoft.Storage/storageAccounts', storageName)}'
        '${assign} --role ${roles.monitoringMetricsPublisher} --scope ${resourceId('Microsoft.Insights/components', appInsightsName)}'
      ],
      fansOut
        ? ['${assign} --role ${roles.storageQueueDataContributor} --scope ${resourceId('Microsoft.Storage/storageAccounts', storageName)}']
        : [],
      ownVault ? ['${assign} --role ${roles.keyVaultSecretsUser} --scope ${keyVault!.outputs.id}'] : [],
      empty(readersGroupId)
        ? []
        : [
            'az role assignment create --assignee-object-id ${readersGroupId} --assignee-principal-type Group --role ${roles.storageTableDataReader} --scope ${resourceId('Microsoft.Storage/storageAccounts', storageName)}'
          ]
    )
var elsewhereRoleCommands = assignRolesElsewhere
  ? []
  : concat(
      map(gatewayResourceGroupIds, groupId => '${assign} --role ${roles.reader} --scope ${groupId}'),
      ownVault
        ? []
        : map(
            secretNames,
            secretName => '${assign} --role ${roles.keyVaultSecretsUser} --scope ${existingVaultId}/secrets/${secretName}'
          )
    )
var workspaceRoleCommands = assignOnWatched
  ? []
  : map(
      asked,
      workspace => '${assign} --role ${roles.logAnalyticsDataReader} --scope ${workspace.resourceId} --condition "${tableCondition}" --condition-version 2.0'
    )

// These scopes lie above what is deployed here, so an owner of theirs assigns the roles, whatever assignRoles says.
var scopeRoleCommands = concat(
  map(union(gatewayScopeIds, workspaceScopeIds), scopeId => '${assign} --role ${roles.reader} --scope ${scopeId}'),
  map(
    workspaceScopeIds,
    scopeId => '${assign} --role ${roles.logAnalyticsDataReader} --scope ${scopeId} --condition "${tableCondition}" --condition-version 2.0'
  )
)

@description('What an owner has to run, in bash, where this deployment assigned no role. Last: read the vault references again.')
output roleCommands string[] = assignRoles && assignRolesElsewhere && empty(scopeRoleCommands)
  ? []
  : concat(
      ['set +H'],
      ownRoleCommands,
      workspaceRoleCommands,
      elsewhereRoleCommands,
      scopeRoleCommands,
      [
        'az rest --method post --url "${environment().resourceManager}${substring(functionApp.outputs.id, 1)}/config/configreferences/appsettings/refresh?api-version=2022-03-01"'
      ]
    )
