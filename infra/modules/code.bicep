metadata description = 'Puts a release package on the app. For those who deploy without azd, func or a pipeline.'

@description('Name of the function app.')
param functionAppName string

@description('Where the deployment service fetches the zip from. May hold a short-lived SAS, hence secure.')
@secure()
param packageUri string

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: functionAppName
}

// The published types do not know this extension's properties, so they cannot be checked before Azure sees them.
var extension = 'onedeploy'

resource release 'Microsoft.Web/sites/extensions@2025-03-01' = {
  parent: app
  name: extension
  #disable-next-line BCP187
  properties: {
    packageUri: packageUri
    // The packages of requirements.txt are installed in Azure, for its Linux and its Python.
    remoteBuild: true
  }
}
