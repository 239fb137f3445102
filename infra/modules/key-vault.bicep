metadata description = 'A vault of our own for the webhook addresses, and the app\'s right to read them.'

import { networkAccess, roles, tagSet } from '../types.bicep'

@description('Name of the vault: 3 to 24 letters, digits and hyphens, unique in the world.')
@minLength(3)
@maxLength(24)
param name string

@description('Region.')
param location string

@description('Tags.')
param tags tagSet

@description('The app\'s identity.')
param principalId string

@description('Whether this deployment may assign roles.')
param assignRoles bool

@description('Keeps deleted secrets and the deleted vault for 90 days, whoever asks. Cannot be switched off again.')
param purgeProtection bool

@description('Whether the vault answers on the public network. Access always needs a role.')
param publicNetworkAccess networkAccess

@description('Address of the Teams webhook. Empty leaves the secret as it is.')
@secure()
param teamsWebhookUrl string

@description('Address of the Slack webhook. Empty leaves the secret as it is.')
@secure()
param slackWebhookUrl string

@description('Address of the receiver of events. Empty leaves the secret as it is.')
@secure()
param eventsWebhookUrl string

@description('Further channels: a kind, a hyphen and a name.')
param namedChannels string[]

@description('Their addresses by name. One that is missing leaves its secret as it is.')
@secure()
param namedWebhookUrls object

@description('What events are signed with. Empty leaves the secret as it is.')
@secure()
param eventsWebhookSecret string

@description('Address that is called after good polls. Empty leaves the secret as it is.')
@secure()
param heartbeatUrl string

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    // The service takes true or nothing.
    enablePurgeProtection: purgeProtection ? true : null
    enabledForDeployment: false
    enabledForDiskEncryption: false
    enabledForTemplateDeployment: false
    publicNetworkAccess: publicNetworkAccess
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: publicNetworkAccess == 'Enabled' ? 'Allow' : 'Deny'
    }
  }

  // Written only when given, so that an upgrade needs no secret at hand and overwrites none.
  resource teams 'secrets' = if (!empty(teamsWebhookUrl)) {
    name: 'teams-webhook-url'
    properties: {
      contentType: 'Teams Workflows webhook'
      value: teamsWebhookUrl
    }
  }

  resource slack 'secrets' = if (!empty(slackWebhookUrl)) {
    name: 'slack-webhook-url'
    properties: {
      contentType: 'Slack incoming webhook'
      value: slackWebhookUrl
    }
  }

  resource events 'secrets' = if (!empty(eventsWebhookUrl)) {
    name: 'events-webhook-url'
    properties: {
      contentType: 'Receiver of events'
      value: eventsWebhookUrl
    }
  }

  resource named 'secrets' = [
    for channel in namedChannels: if (contains(namedWebhookUrls, channel)) {
      name: '${channel}-webhook-url'
      properties: {
        contentType: 'Webhook of a channel with a name'
        value: namedWebhookUrls[channel]
      }
    }
  ]

  resource eventsSecret 'secrets' = if (!empty(eventsWebhookSecret)) {
    name: 'events-webhook-secret'
    properties: {
      contentType: 'What events are signed with'
      value: eventsWebhookSecret
    }
  }

  resource heartbeat 'secrets' = if (!empty(heartbeatUrl)) {
    name: 'heartbeat-url'
    properties: {
      contentType: 'Called after good polls'
      value: heartbeatUrl
    }
  }
}

// Reason: the app's Key Vault references read the webhook addresses. The vault holds nothing else.
resource secretsUser 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (assignRoles) {
  name: guid(vault.id, principalId, roles.keyVaultSecretsUser)
  scope: vault
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsUser)
    description: 'Reads the webhook addresses of the VPN drop messages'
  }
}

@description('Name of the vault.')
output name string = vault.name

@description('Resource id of the vault.')
output id string = vault.id
