metadata description = 'A page in the portal over the lines that the app writes: whether it is well, and what it has said.'

import { tagSet } from '../types.bicep'

@description('Region.')
param location string

@description('Tags.')
param tags tagSet

@description('Title in the portal. Part of the workbook\'s id, so it stays the same over upgrades.')
param title string

@description('Workspace that holds the app\'s telemetry.')
param workspaceId string

var queries = [
  { name: 'polls', title: 'Polls of each workspace', look: 'table', query: loadTextContent('../queries/workbook/polls.kql') }
  { name: 'pace', title: 'Polls an hour', look: 'timechart', query: loadTextContent('../queries/workbook/pace.kql') }
  { name: 'trouble', title: 'What did not work or was not known', look: 'table', query: loadTextContent('../queries/workbook/trouble.kql') }
  { name: 'failing', title: 'Polls that failed', look: 'table', query: loadTextContent('../queries/failing.kql') }
  { name: 'verdicts', title: 'Incidents told, by verdict', look: 'table', query: loadTextContent('../queries/workbook/verdicts.kql') }
  { name: 'connection-down', title: 'Connections that went down', look: 'table', query: loadTextContent('../queries/connection-down.kql') }
  { name: 'told', title: 'The last messages', look: 'table', query: loadTextContent('../queries/workbook/told.kql') }
]

var time = {
  type: 9
  name: 'time'
  content: {
    version: 'KqlParameterItem/1.0'
    parameters: [
      {
        id: guid(title, 'time')
        version: 'KqlParameterItem/1.0'
        name: 'Time'
        type: 4
        isRequired: true
        value: { durationMs: 604800000 }
        typeSettings: {
          // A day, a week, thirty days.
          selectableValues: [{ durationMs: 86400000 }, { durationMs: 604800000 }, { durationMs: 2592000000 }]
          allowCustom: true
        }
      }
    ]
    style: 'pills'
    queryType: 0
    resourceType: 'microsoft.operationalinsights/workspaces'
  }
}

var content = {
  version: 'Notebook/1.0'
  items: concat(
    [time],
    map(queries, each => {
      type: 3
      name: each.name
      content: {
        version: 'KqlItem/1.0'
        query: each.query
        title: each.title
        size: 0
        queryType: 0
        resourceType: 'microsoft.operationalinsights/workspaces'
        crossComponentResources: [workspaceId]
        timeContextFromParameter: 'Time'
        visualization: each.look
        noDataMessage: 'None in this time.'
      }
    })
  )
  fallbackResourceIds: [workspaceId]
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, title)
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: title
    category: 'workbook'
    sourceId: workspaceId
    version: '1.0'
    serializedData: string(content)
  }
}
