metadata description = 'What the app and its readers may do in our own resource group.'

import { roles } from '../types.bicep'

@description('The app\'s identity.')
param principalId string

@description('Object id of the Entra group that may read the incident tables. Empty for none.')
param readersGroupId string

@description('Whether polls are asked for over queues.')
param queues bool

@description('Name of the storage account.')
param storageName string

@description('Name of the Application Insights component.')
param appInsightsName string

resource storage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageName
}

resource appInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: appInsightsName
}

// Reason: the Functions host reads the code package and keeps its timer leases and status in blobs; it makes its own
// containers and takes leases, for which Contributor is documented as too little.
resource blobOwner 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, principalId, roles.storageBlobDataOwner)
  scope: storage
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataOwner)
    description: 'Functions host: code package, timer leases and status'
  }
}

// Reason: the app keeps its state, the outbox and the incidents in tables, which it makes at the first poll; the host
// writes its diagnostic events there.
resource tableContributor 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, principalId, roles.storageTableDataContributor)
  scope: storage
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageTableDataContributor
    )
    description: 'VPN drop messages: state, outbox and incident tables'
  }
}

// Reason: with many workspaces the poll timer puts messages on a queue that ask for polls, and the host reads and removes them; a run puts back what it has no time for.
resource queueContributor 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (queues) {
  name: guid(storage.id, principalId, roles.storageQueueDataContributor)
  scope: storage
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageQueueDataContributor
    )
    description: 'VPN drop messages: messages that ask for polls'
  }
}

// Reason: the component takes telemetry by token alone, and our own health alerts read that telemetry.
resource metricsPublisher 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(appInsights.id, principalId, roles.monitoringMetricsPublisher)
  scope: appInsights
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.monitoringMetricsPublisher
    )
    description: 'Telemetry of the VPN drop messages'
  }
}

// Reason: people ask the incident tables, for which being Owner is not enough.
resource tableReader 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(readersGroupId)) {
  name: guid(storage.id, readersGroupId, roles.storageTableDataReader)
  scope: storage
  properties: {
    principalId: readersGroupId
    principalType: 'Group'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageTableDataReader)
    description: 'People who query the VPN incidents'
  }
}
