metadata description = 'The app\'s right to read one secret of a vault that was there before. The secret must be there too.'

import { roles } from '../types.bicep'

@description('Name of the vault, in the resource group that this module is deployed to.')
param vaultName string

@description('Name of the secret.')
param secretName string

@description('The app\'s identity.')
param principalId string

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName

  resource secret 'secrets' existing = {
    name: secretName
  }
}

// Reason: the app's Key Vault reference reads this secret. The vault is shared, so the right ends at the secret.
resource secretsUser 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault::secret.id, principalId, roles.keyVaultSecretsUser)
  scope: vault::secret
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsUser)
    description: 'Reads one secret of the VPN drop messages'
  }
}
