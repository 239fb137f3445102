metadata description = 'Who watches the watcher: alerts that do not need the app, its webhook or its identity to reach you.'

import { phone, tagSet } from '../types.bicep'

@description('Region of the log alerts.')
param location string

@description('Tags.')
param tags tagSet

@description('Put in front of the names.')
param prefix string

@description('Who gets e-mail when the app itself is in trouble.')
@minLength(1)
param emails string[]

@description('Whom to call or text when a connection is down. None, and there is no such alert.')
param phones phone[]

@description('Workspace that holds the app\'s telemetry.')
param workspaceId string

@description('Three poll periods, in minutes: so long without a completed poll is an alarm.')
param silentAfterMinutes int

@description('Gateways that Azure\'s own signals shall watch too, all in this subscription.')
param baselineGatewayIds string[]

var texted = filter(phones, p => p.by == 'text')
var called = filter(phones, p => p.by == 'voice')

// Every fifteen minutes is a third of the price of every five, and soon enough for a watcher.
var every = 'PT15M'

var health = [
  {
    name: 'silent'
    title: 'VPN drop messages: no poll completed'
    description: 'The app has not completed a poll in three periods. Until it does, no drop is noticed.'
    severity: 1
    query: loadTextContent('../queries/silent.kql')
    measure: 'Polls'
    splitBy: []
    operator: 'LessThan'
    threshold: 1
    window: 'PT${silentAfterMinutes}M'
  }
  {
    name: 'failing'
    title: 'VPN drop messages: polls are failing'
    description: 'A workspace cannot be polled. What it holds is caught up with once it can; the error names the reason.'
    severity: 2
    query: loadTextContent('../queries/failing.kql')
    measure: 'Failures'
    splitBy: ['Workspace']
    operator: 'GreaterThanOrEqual'
    threshold: 3
    window: 'PT${silentAfterMinutes * 2}M'
  }
  {
    name: 'untaken'
    title: 'VPN drop messages: a channel takes none'
    description: 'Messages wait for a channel that does not take them. Its webhook may be gone.'
    severity: 2
    query: loadTextContent('../queries/untaken.kql')
    measure: 'Runs'
    splitBy: ['Channel']
    operator: 'GreaterThanOrEqual'
    threshold: 3
    window: 'PT6H'
  }
]

resource mail 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: '${prefix}-mail'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'vpnmail'
    enabled: true
    emailReceivers: [
      for (address, i) in emails: {
        name: 'mail-${i}'
        emailAddress: address
        useCommonAlertSchema: true
      }
    ]
  }
}

resource healthAlerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in health: {
    name: '${prefix}-${alert.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: alert.title
      description: alert.description
      severity: alert.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: every
      windowSize: alert.window
      autoMitigate: true
      // The tables are not there before the first telemetry.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: alert.query
            metricMeasureColumn: alert.measure
            timeAggregation: 'Total'
            operator: alert.operator
            threshold: alert.threshold
            dimensions: map(alert.splitBy, column => { name: column, operator: 'Include', values: ['*'] })
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [mail.id] }
    }
  }
]

// A page for those who sleep: a chat notification says too little to wake anyone.
resource page 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(phones)) {
  name: '${prefix}-page'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'vpnpage'
    enabled: true
    smsReceivers: [
      for (p, i) in texted: { name: 'text-${i}', countryCode: p.countryCode, phoneNumber: p.phoneNumber }
    ]
    voiceReceivers: [
      for (p, i) in called: { name: 'call-${i}', countryCode: p.countryCode, phoneNumber: p.phoneNumber }
    ]
  }
}

resource connectionDown 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = if (!empty(phones)) {
  name: '${prefix}-connection-down'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'VPN connection down'
    description: 'The app has told of a connection with no tunnel left.'
    severity: 1
    enabled: true
    scopes: [workspaceId]
    // Someone is waiting: every five minutes, over fifteen, since rows may be some minutes late. Told once an incident.
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: loadTextContent('../queries/connection-down.kql')
          metricMeasureColumn: 'Down'
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: [
            { name: 'Incident', operator: 'Include', values: ['*'] }
            { name: 'Gateway', operator: 'Include', values: ['*'] }
          ]
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: { actionGroups: [page.id] }
  }
}

// A baseline that needs neither our code nor our logs: what Azure itself says of the gateways.
resource gatewayHealth 'Microsoft.Insights/activityLogAlerts@2020-10-01' = if (!empty(baselineGatewayIds)) {
  name: '${prefix}-gateway-health'
  location: 'global'
  tags: tags
  properties: {
    description: 'Resource Health of a VPN gateway changed for the worse.'
    enabled: true
    scopes: baselineGatewayIds
    condition: {
      allOf: [
        { field: 'category', equals: 'ResourceHealth' }
        {
          anyOf: [
            { field: 'properties.currentHealthStatus', equals: 'Degraded' }
            { field: 'properties.currentHealthStatus', equals: 'Unavailable' }
          ]
        }
      ]
    }
    actions: { actionGroups: [{ actionGroupId: mail.id }] }
  }
}

resource noTraffic 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for gatewayId in baselineGatewayIds: {
    name: '${prefix}-no-traffic-${last(split(gatewayId, '/'))}-${uniqueString(toLower(gatewayId))}'
    location: 'global'
    tags: tags
    properties: {
      description: 'A connection of this gateway carried nothing for fifteen minutes. One that is idle by nature does so too.'
      severity: 2
      enabled: true
      scopes: [gatewayId]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      autoMitigate: true
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: 'bytes-per-second'
            metricName: 'TunnelAverageBandwidth'
            dimensions: [{ name: 'ConnectionName', operator: 'Include', values: ['*'] }]
            operator: 'LessThan'
            threshold: 1
            timeAggregation: 'Average'
          }
        ]
      }
      actions: [{ actionGroupId: mail.id }]
    }
  }
]
