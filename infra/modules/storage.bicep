metadata description = 'The storage account: the code package, the timer leases of the Functions host, the tables with state and incidents, exports of them, and queues where there are many workspaces.'

import { networkAccess, tagSet } from '../types.bicep'

@description('Name of the account: 3 to 24 lower-case letters and digits, unique in the world.')
@minLength(3)
@maxLength(24)
param name string

@description('Region.')
param location string

@description('Tags.')
param tags tagSet

@description('Whether the account answers on the public network. Access always needs a role: there are no keys.')
param publicNetworkAccess networkAccess

@description('Whether polls are asked for over queues.')
param queues bool

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    // Neither account keys nor SAS tokens signed with them work, not even for an Owner.
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    publicNetworkAccess: publicNetworkAccess
    supportsHttpsTrafficOnly: true
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: publicNetworkAccess == 'Enabled' ? 'Allow' : 'Deny'
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      containerDeleteRetentionPolicy: { enabled: true, days: 7 }
      deleteRetentionPolicy: { enabled: true, days: 7 }
      // Tables cannot be backed up; what is exported from them can neither be overwritten nor deleted without a trace.
      isVersioningEnabled: true
    }

    resource package 'containers' = {
      name: 'app-package'
      properties: { publicAccess: 'None' }
    }

    resource exports 'containers' = {
      name: 'exports'
      properties: { publicAccess: 'None' }
    }
  }

  // Versions are for exports. The host writes its timers' status anew with every poll, which would pile up.
  resource oldVersions 'managementPolicies' = {
    name: 'default'
    properties: {
      policy: {
        rules: [
          {
            name: 'old-versions-of-the-host'
            type: 'Lifecycle'
            definition: {
              actions: { version: { delete: { daysAfterCreationGreaterThan: 7 } } }
              filters: { blobTypes: ['blockBlob'], prefixMatch: ['azure-webjobs-hosts/', 'azure-webjobs-secrets/', 'app-package/'] }
            }
          }
        ]
      }
    }
    dependsOn: [blobs]
  }

  resource queueService 'queueServices' = if (queues) {
    name: 'default'

    resource polls 'queues' = {
      name: 'polls'
    }

    resource givenUp 'queues' = {
      name: 'polls-poison'
    }
  }
}

@description('Name of the account.')
output name string = account.name

@description('Blob service address.')
output blobEndpoint string = account.properties.primaryEndpoints.blob

@description('Table service address.')
output tableEndpoint string = account.properties.primaryEndpoints.table

@description('Queue service address.')
output queueEndpoint string = account.properties.primaryEndpoints.queue

@description('Address of the container that holds the code package.')
output packageContainer string = '${account.properties.primaryEndpoints.blob}${account::blobs::package.name}'
