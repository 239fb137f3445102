metadata name = 'VPN drop messages, with their resource group'
metadata description = 'For azd: makes the resource group and hands over. Lists are texts with commas, as an azd environment holds them.'

targetScope = 'subscription'

import { logScope } from 'types.bicep'

@description('Short name of this installation; the resource group is rg-vpn-<name>.')
@minLength(2)
@maxLength(12)
param environmentName string

@description('Region. Flex Consumption must be offered there.')
param location string

@description('Resource ids of the workspaces that receive the gateways\' logs, with commas between them. Empty: a workspace is made.')
param workspaceResourceIds string = ''

@description('Resource ids of gateways to switch logging on for, with commas between them.')
param loggedGatewayIds string = ''

@description('Resource groups of the gateways, as ids with commas between them: Reader there gives names of connections and sites.')
param gatewayResourceGroupIds string = ''

@description('How logs are asked for: by workspaces, or by these resource groups with no role on any workspace.')
param askFor logScope = 'workspaces'

@description('Channel to tell; both is teams and slack.')
param channel 'teams' | 'slack' | 'both' = 'teams'

@description('Address of the Teams Workflows webhook. Empty leaves the secret as it is.')
@secure()
param teamsWebhookUrl string = ''

@description('Address of the Slack incoming webhook. Empty leaves the secret as it is.')
@secure()
param slackWebhookUrl string = ''

@description('yes: events go to a receiver of your own as well.')
param events 'yes' | 'no' = 'no'

@description('Address of that receiver. Empty leaves the secret as it is.')
@secure()
param eventsWebhookUrl string = ''

@description('What events are signed with: whsec_ and base64. Empty leaves the secret as it is.')
@secure()
param eventsWebhookSecret string = ''

@description('yes: after each poll in which every workspace succeeded, call the address in the vault\'s secret heartbeat-url.')
param heartbeat 'yes' | 'no' = 'no'

@description('That address. Empty leaves the secret as it is.')
@secure()
param heartbeatUrl string = ''

@description('Who gets e-mail when the app itself is in trouble, with commas between them.')
@minLength(3)
param alertEmails string

@description('Object id of the Entra group that may read the incident tables. Empty for none.')
param readersGroupId string = ''

@description('IANA time zone of messages, local columns and the week.')
param timezone string = 'UTC'

@description('Language of the messages.')
param messageLanguage 'en' | 'ja' = 'en'

var workspaceIds = empty(workspaceResourceIds) ? [] : split(workspaceResourceIds, ',')
var gatewayIds = empty(loggedGatewayIds) ? [] : split(loggedGatewayIds, ',')
var chats = channel == 'both' ? ['teams', 'slack'] : [channel]
var gatewayGroupIds = empty(gatewayResourceGroupIds) ? [] : split(gatewayResourceGroupIds, ',')

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-vpn-${environmentName}'
  location: location
  tags: { 'azd-env-name': environmentName }
}

module main 'main.bicep' = {
  name: 'vpn-main-${environmentName}'
  scope: group
  params: {
    environmentName: environmentName
    location: location
    workspaces: map(workspaceIds, id => { resourceId: trim(id) })
    loggedGatewayIds: map(gatewayIds, id => trim(id))
    askFor: askFor
    gatewayResourceGroupIds: map(gatewayGroupIds, id => trim(id))
    channels: concat(chats, events == 'yes' ? ['events'] : [])
    teamsWebhookUrl: teamsWebhookUrl
    slackWebhookUrl: slackWebhookUrl
    eventsWebhookUrl: eventsWebhookUrl
    eventsWebhookSecret: eventsWebhookSecret
    heartbeat: heartbeat == 'yes'
    heartbeatUrl: heartbeatUrl
    alertEmails: map(split(alertEmails, ','), address => trim(address))
    readersGroupId: readersGroupId
    timezone: timezone
    messageLanguage: messageLanguage
  }
}

@description('The resource group that holds everything.')
output AZURE_RESOURCE_GROUP string = group.name

@description('Name of the function app.')
output FUNCTION_APP_NAME string = main.outputs.functionAppName

@description('Name of the storage account with the incident tables.')
output STORAGE_NAME string = main.outputs.storageName

@description('Name of the vault that holds the webhook addresses.')
output VAULT_NAME string = main.outputs.vaultName
