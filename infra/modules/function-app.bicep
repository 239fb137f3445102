metadata description = 'The function app on Flex Consumption and every setting it reads.'

import { channelLanguages, channelName, siteContacts, siteNames, tagSet } from '../types.bicep'

@description('Name of the app, unique in the world.')
param name string

@description('Name of its plan.')
param planName string

@description('Region.')
param location string

@description('Tags. azd finds the app by azd-service-name.')
param tags tagSet

@description('Resource id of the app\'s identity.')
param identityId string

@description('Client id of the app\'s identity.')
param identityClientId string

@description('Name of the Application Insights component.')
param appInsightsName string

@description('Blob service address of the storage account.')
param blobEndpoint string

@description('Table service address of the storage account.')
param tableEndpoint string

@description('Queue service address of the storage account.')
param queueEndpoint string

@description('Whether workspaces are polled by several runs, which a queue asks for.')
param fansOut bool

@description('Address of the container that holds the code package.')
param packageContainer string

@description('Resource id of a subnet delegated to Microsoft.App/environments. Empty for no virtual network.')
param subnetId string

@description('Memory of an instance.')
param instanceMemoryMB int

@description('Most instances at once. Timers run on one of them at a time.')
param maximumInstanceCount int

@description('Workspace (customer) ids to watch.')
param workspaceIds string[]

@description('Resource groups whose logs to ask for instead, as ids.')
param resourceGroupIds string[]

@description('Channels to tell. Each has its webhook address as a secret of the vault.')
param channels channelName[]

@description('Further channels: a kind, a hyphen and a name. Each has its webhook address as a secret of the vault too.')
param namedChannels string[]

@description('Languages of such channels, by name.')
param namedLanguages channelLanguages

@description('Name of the vault.')
param vaultName string

@description('Log query endpoint of this cloud.')
param logsEndpoint string

@description('Token audience that belongs to it.')
param logsAudience string

@description('Resource groups of the gateways, as ids. Empty: the app does without names of connections.')
param gatewayResourceGroupIds string[]

@description('Management groups and subscriptions in which gateways are found, as ids.')
param gatewayScopeIds string[]

@description('Management groups and subscriptions in which workspaces are found, as ids.')
param workspaceScopeIds string[]

@description('Azure Resource Manager of this cloud, without a slash at the end.')
param armEndpoint string

@description('When to poll: NCRONTAB with six fields, UTC.')
param pollSchedule string

@description('When the weekly summary is due, in the time zone below.')
param weeklyAt string

@description('When the monthly report is due on the first of the month, in the time zone below, or off.')
param monthlyAt string

@description('Percent that reports measure each connection against.')
param availabilityTarget string

@description('Hours whose lost minutes reports name.')
param businessHours string

@description('IANA time zone of messages and of the week.')
param timezone string

@description('Language of the messages.')
param messageLanguage string

@description('Language in Teams. Empty: that of the messages.')
param teamsLanguage string

@description('Language in Slack. Empty: that of the messages.')
param slackLanguage string

@description('Language of the sentences in events. Empty: that of the messages.')
param eventsLanguage string

@description('Which channel hears of which incidents. Empty: all of all.')
param routes string

@description('How old an open outage must be before it is told.')
param downAfter string

@description('Names for peers.')
param sites siteNames

@description('Sites and whom to call, by peer.')
param contacts siteContacts

@description('What reasons of disconnects mean, before the list of the app.')
param reasons string

@description('From when to when around its log row maintenance may cut.')
param maintenanceWindow string

@description('How many months the tables are kept.')
param keepMonths int

@description('With more workspaces than this, they are polled by several runs at once, over a queue.')
param fanOutAbove int

@description('How many log queries such runs send at once.')
param queriesAtOnce int

@description('Whether to call the address in the secret heartbeat-url after good polls.')
param heartbeat bool

@description('Client id of the app registration that people sign in with. Empty: nobody signs in.')
param signInClientId string

@description('Tenant of that registration.')
param signInTenantId string

var signIn = !empty(signInClientId)
// teams-emea has TEAMS_WEBHOOK_URL_EMEA and TEAMS_LANGUAGE_EMEA.
var namedAddresses = toObject(
  namedChannels,
  channel =>
    '${toUpper(split(channel, '-')[0])}_WEBHOOK_URL_${toUpper(replace(substring(channel, indexOf(channel, '-') + 1), '-', '_'))}',
  channel => '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=${channel}-webhook-url)'
)
var namedTongues = toObject(
  items(namedLanguages),
  item =>
    '${toUpper(split(item.key, '-')[0])}_LANGUAGE_${toUpper(replace(substring(item.key, indexOf(item.key, '-') + 1), '-', '_'))}',
  item => item.value
)

resource appInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: appInsightsName
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    // Vault references are read as this identity; without the line the app would try one it does not have.
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainer
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'python'
        version: '3.13'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
      }
    }
    siteConfig: {
      ftpsState: 'Disabled'
      http20Enabled: true
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
    }
  }

  // Publishing by user name and password is off; az, azd and func publish with a token.
  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }

  // Authentication stands before the app; what takes a function key, and checks it itself, is let through. No client
  // secret: the app's identity is a federated credential of the registration, and this setting name says so.
  resource authentication 'config' = if (signIn) {
    name: 'authsettingsV2'
    properties: {
      platform: { enabled: true }
      globalValidation: {
        requireAuthentication: true
        unauthenticatedClientAction: 'RedirectToLoginPage'
        redirectToProvider: 'azureActiveDirectory'
        excludedPaths: ['/api/health', '/api/incidents', '/api/incidents/*', '/api/report', '/api/stats']
      }
      httpSettings: { requireHttps: true }
      identityProviders: {
        azureActiveDirectory: {
          enabled: true
          registration: {
            clientId: signInClientId
            clientSecretSettingName: 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'
            openIdIssuer: '${environment().authentication.loginEndpoint}${signInTenantId}/v2.0'
          }
        }
      }
      login: { tokenStore: { enabled: false } }
    }
  }

  // The caller deploys this module after the roles: a vault reference that is resolved too early stays unresolved.
  resource settings 'config' = {
    name: 'appsettings'
    // SIGN_IN opens addresses that trust what authentication says: never before it stands.
    dependsOn: [authentication]
    properties: union(
      {
        // The Functions host: blobs for package, leases and timer status; tables for its diagnostic events.
        AzureWebJobsStorage__credential: 'managedidentity'
        AzureWebJobsStorage__clientId: identityClientId
        AzureWebJobsStorage__blobServiceUri: blobEndpoint
        AzureWebJobsStorage__tableServiceUri: tableEndpoint

        // Says where telemetry goes. It opens nothing: the component takes tokens only.
        APPLICATIONINSIGHTS_CONNECTION_STRING: appInsights.properties.ConnectionString
        APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'

        // Which credential the app's clients use, without trying others first.
        AZURE_CLIENT_ID: identityClientId
        AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential'

        WORKSPACE_IDS: join(concat(workspaceIds, resourceGroupIds, workspaceScopeIds), ',')
        TABLES_ENDPOINT: tableEndpoint
        LOGS_ENDPOINT: logsEndpoint
        LOGS_AUDIENCE: logsAudience
        GATEWAY_SCOPES: join(concat(gatewayResourceGroupIds, gatewayScopeIds), ',')
        ARM_ENDPOINT: armEndpoint
        POLL_SCHEDULE: pollSchedule
        WEEKLY_AT: weeklyAt
        MONTHLY_AT: monthlyAt
        AVAILABILITY_TARGET: availabilityTarget
        BUSINESS_HOURS: businessHours
        TIMEZONE: timezone
        MESSAGE_LANGUAGE: messageLanguage
        TEAMS_LANGUAGE: teamsLanguage
        SLACK_LANGUAGE: slackLanguage
        EVENTS_LANGUAGE: eventsLanguage
        DOWN_AFTER: downAfter
        ROUTES: routes
        SITES: empty(sites) && empty(contacts) ? '' : string(union(sites, contacts))
        REASONS: reasons
        MAINTENANCE_WINDOW: maintenanceWindow
        KEEP_MONTHS: string(keepMonths)
        FAN_OUT_ABOVE: string(fanOutAbove)
        QUERIES_AT_ONCE: string(queriesAtOnce)
        SIGN_IN: signIn ? '1' : '0'
        REPORT_URL: signIn ? 'https://${app.properties.defaultHostName}/api/signed-in/report' : ''
      },
      fansOut ? { AzureWebJobsStorage__queueServiceUri: queueEndpoint } : {},
      signIn ? { OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: identityClientId } : {},
      contains(channels, 'teams')
        ? { TEAMS_WEBHOOK_URL: '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=teams-webhook-url)' }
        : {},
      contains(channels, 'slack')
        ? { SLACK_WEBHOOK_URL: '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=slack-webhook-url)' }
        : {},
      contains(channels, 'events')
        ? { EVENTS_WEBHOOK_URL: '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=events-webhook-url)' }
        : {},
      contains(channels, 'events') || !empty(filter(namedChannels, channel => startsWith(channel, 'events-')))
        ? { EVENTS_WEBHOOK_SECRET: '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=events-webhook-secret)' }
        : {},
      namedAddresses,
      namedTongues,
      heartbeat
        ? { HEARTBEAT_URL: '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=heartbeat-url)' }
        : {}
    )
  }
}

@description('Name of the app.')
output name string = app.name

@description('Resource id of the app.')
output id string = app.id
