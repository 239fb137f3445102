metadata description = 'Sends the logs of one gateway to a workspace. Off unless the gateway is named: a policy may do it already.'

import { diagnosticSettingName } from '../types.bicep'

@description('Resource id of the gateway: virtualNetworkGateways, or vpnGateways of a Virtual WAN.')
param gatewayId string

@description('Resource id of the workspace that receives the logs.')
param workspaceId string

@description('Also send IKE logs: the best evidence for a negotiation that failed, and by far the most rows.')
param ikeLogs bool

// No AllMetrics: that is billed as log data and never read.
var categories = concat(['GatewayDiagnosticLog', 'TunnelDiagnosticLog', 'RouteDiagnosticLog'], ikeLogs ? ['IKEDiagnosticLog'] : [])
var name = last(split(gatewayId, '/'))
var isVirtualWan = contains(toLower(gatewayId), '/vpngateways/')
var logs = [for category in categories: { category: category, enabled: true }]

resource gateway 'Microsoft.Network/virtualNetworkGateways@2025-05-01' existing = if (!isVirtualWan) {
  name: name
}

resource virtualWanGateway 'Microsoft.Network/vpnGateways@2025-05-01' existing = if (isVirtualWan) {
  name: name
}

resource setting 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (!isVirtualWan) {
  name: diagnosticSettingName
  scope: gateway
  properties: {
    workspaceId: workspaceId
    logs: logs
  }
}

resource virtualWanSetting 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (isVirtualWan) {
  name: diagnosticSettingName
  scope: virtualWanGateway
  properties: {
    workspaceId: workspaceId
    logs: logs
  }
}
