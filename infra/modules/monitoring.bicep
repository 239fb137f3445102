metadata description = 'Where the app itself is watched: a workspace of its own and Application Insights, both without keys.'

import { tagSet } from '../types.bicep'

@description('Name of the workspace.')
param workspaceName string

@description('Name of the Application Insights component.')
param appInsightsName string

@description('Region.')
param location string

@description('Tags.')
param tags tagSet

@description('How long the workspace keeps rows. The first 31 days cost nothing.')
@minValue(30)
@maxValue(730)
param retentionInDays int

@description('The workspace takes no more than this a day: a bound on the bill, and a hole in the logs once reached.')
@minValue(1)
param dailyQuotaGb int

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionInDays
    workspaceCapping: { dailyQuotaGb: dailyQuotaGb }
    features: {
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

resource appInsights 'Microsoft.Insights/components@2020-02-02' = {
  name: appInsightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    // The instrumentation key alone writes nothing: telemetry needs a token of the identity.
    DisableLocalAuth: true
  }
}

@description('Resource id of the workspace.')
output workspaceId string = workspace.id

@description('Name of the Application Insights component.')
output appInsightsName string = appInsights.name
