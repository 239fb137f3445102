metadata description = 'The app\'s right to read VPN logs in one workspace, and the id by which queries name that workspace.'

import { roles } from '../types.bicep'

@description('Name of the workspace, in the resource group that this module is deployed to.')
param workspaceName string

@description('The app\'s identity.')
param principalId string

@description('Whether this deployment may assign a role here. If not, only the id is read.')
param assignRole bool

@description('Role assignment condition that names the tables the app may read.')
param tableCondition string

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

// Reason: the app queries the gateways' logs. Without the condition this role reads every table of the workspace.
resource dataReader 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (assignRole) {
  name: guid(workspace.id, principalId, roles.logAnalyticsDataReader)
  scope: workspace
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.logAnalyticsDataReader)
    description: 'VPN drop messages: AzureDiagnostics, AzureActivity and Operation, and no other table'
    condition: tableCondition
    conditionVersion: '2.0'
  }
}

@description('Workspace (customer) id.')
output customerId string = workspace.properties.customerId
