metadata description = 'Types, role ids and names that the templates share.'

@export()
@sealed()
@description('A Log Analytics workspace that receives VPN gateway logs.')
type watchedWorkspace = {
  @description('Resource id of the workspace, in whatever subscription it lies.')
  resourceId: string

  @description('Its workspace (customer) id. Needed only where whoever deploys may not read the workspace.')
  customerId: string?
}

@export()
@description('Whose logs are asked for: those of workspaces, or those of the resources in resource groups, wherever they are kept.')
type logScope = 'workspaces' | 'resourceGroups'

@export()
@description('A channel: a chat, or events for a receiver of your own. Its webhook address is a secret of the vault, named <channel>-webhook-url.')
type channelName = 'teams' | 'slack' | 'events'

@export()
@description('Languages by the name of a further channel, as in { \'teams-jp\': \'ja\' }.')
type channelLanguages = {
  *: 'en' | 'ja'
}

@export()
@sealed()
@description('A telephone to be called or texted when a connection is down.')
type phone = {
  @description('Country code without +, as in 81.')
  countryCode: string

  @description('The number without the country code.')
  phoneNumber: string

  @description('text sends an SMS, voice calls.')
  by: 'text' | 'voice'
}

@export()
@description('Names for peers: an address or DNS name of a remote device, and how messages shall call it.')
type siteNames = {
  *: string
}

@export()
@sealed()
@description('A site: how messages shall call it, and whom to call when its tunnel is down.')
type siteContact = {
  @description('Name.')
  name: string

  @description('Number of the carrier circuit.')
  circuit: string?

  @description('Telephone number to call.')
  phone: string?

  @description('Person or team that looks after it.')
  owner: string?

  @description('What to do there: an address that begins with https://.')
  runbook: string?
}

@export()
@description('Sites by the address or DNS name of a remote device.')
type siteContacts = {
  *: siteContact
}

@export()
@description('Tags: a name and a value each.')
type tagSet = {
  *: string
}

@export()
@description('Whether data of ours can be reached over the public network (still only with a role) or through private endpoints alone.')
type networkAccess = 'Enabled' | 'Disabled'

@export()
@description('Built-in Azure roles by name. Nothing else is ever assigned; why and where stands beside each assignment.')
var roles = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  storageQueueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  storageTableDataReader: '76199698-9eea-4c19-bc75-cec21354c6b6'
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
  keyVaultSecretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
  logAnalyticsDataReader: '3b03c2da-16b3-4a49-8834-0f8130efdd3b'
  reader: 'acdd72a7-3385-48ef-bd42-f606fba81ae7'
}

@export()
@description('Name of the diagnostic setting on a gateway. The uninstall script finds ours by it.')
var diagnosticSettingName = 'vpn-correlator'
