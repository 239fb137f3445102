metadata description = 'The app\'s right to list the gateways and connections of one resource group.'

import { roles } from '../types.bicep'

@description('The app\'s identity.')
param principalId string

// Reason: names of connections and sites, the peers that should be there, and a second witness for a long drop. Where logs
// are asked for by resource group, also the logs of what lies in it.
resource reader 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, principalId, roles.reader)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.reader)
    description: 'VPN drop messages: gateways and connections of this group'
  }
}
