metadata description = 'The one identity of the app. User-assigned, so that it outlives the app and can be given roles beforehand.'

import { tagSet } from '../types.bicep'

@description('Name of the identity.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags tagSet

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('Resource id of the identity.')
output id string = identity.id

@description('What the app names itself by when it asks for a token.')
output clientId string = identity.properties.clientId

@description('What roles are assigned to.')
output principalId string = identity.properties.principalId
