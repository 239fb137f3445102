#!/bin/sh
# Shows what a deployment would change; with --yes makes it so and brings the code.
# Usage: sh infra/deploy.sh --group RG [--parameters FILE] [--yes]
# Webhook addresses are taken from TEAMS_WEBHOOK_URL, SLACK_WEBHOOK_URL, EVENTS_WEBHOOK_URL and HEARTBEAT_URL where set,
# and what signs events from EVENTS_WEBHOOK_SECRET; unset leaves the vault as it is.
set -eu

usage() {
  sed -n '2,5s/^# //p' "$0" >&2
  exit 2
}

here=$(cd "$(dirname "$0")" && pwd)
group=
parameters=$here/main.parameters.json
yes=no
while [ $# -gt 0 ]; do
  case $1 in
    --group) [ $# -gt 1 ] || usage; group=$2; shift 2 ;;
    --parameters) [ $# -gt 1 ] || usage; parameters=$2; shift 2 ;;
    --yes) yes=yes; shift ;;
    *) usage ;;
  esac
done
[ -n "$group" ] || usage
[ -f "$parameters" ] || { echo "no such file: $parameters" >&2; exit 2; }
if [ "$(az group exists --name "$group")" != true ]; then
  echo "The resource group $group does not exist yet: az group create --name $group --location REGION" >&2
  exit 1
fi

case "${TEAMS_WEBHOOK_URL:-}${SLACK_WEBHOOK_URL:-}${EVENTS_WEBHOOK_URL:-}${EVENTS_WEBHOOK_SECRET:-}${HEARTBEAT_URL:-}" in
  *[\"\\[:space:]]*) echo "a webhook address or secret holds a quote, a backslash or a space" >&2; exit 2 ;;
esac

# Secrets travel in a file that only we can read, never on a command line.
umask 077
secrets=$(mktemp -d)
trap 'rm -rf "$secrets"' EXIT
trap 'exit 1' HUP INT TERM
{
  printf '{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",\n'
  printf ' "contentVersion": "1.0.0.0", "parameters": {\n'
  printf '  "teamsWebhookUrl": {"value": "%s"},\n' "${TEAMS_WEBHOOK_URL:-}"
  printf '  "slackWebhookUrl": {"value": "%s"},\n' "${SLACK_WEBHOOK_URL:-}"
  printf '  "eventsWebhookUrl": {"value": "%s"},\n' "${EVENTS_WEBHOOK_URL:-}"
  printf '  "eventsWebhookSecret": {"value": "%s"},\n' "${EVENTS_WEBHOOK_SECRET:-}"
  printf '  "heartbeatUrl": {"value": "%s"}}}\n' "${HEARTBEAT_URL:-}"
} >"$secrets/secrets.json"

set -- --resource-group "$group" --template-file "$here/main.bicep" \
  --parameters "@$parameters" --parameters "@$secrets/secrets.json"
echo "What would change in $group and where roles and diagnostic settings are made:"
az deployment group what-if "$@"
if [ "$yes" != yes ]; then
  echo "Nothing was changed. Run again with --yes to deploy."
  exit 0
fi

name=vpn-$(date -u +%Y%m%d%H%M%S)
az deployment group create --name "$name" "$@" --output none
app=$(az deployment group show --resource-group "$group" --name "$name" \
  --query properties.outputs.functionAppName.value --output tsv)
sh "$here/package.sh" "$secrets/release.zip"
az functionapp deployment source config-zip --resource-group "$group" --name "$app" \
  --src "$secrets/release.zip" --build-remote true --output none
echo "Deployed $app."
commands=$(az deployment group show --resource-group "$group" --name "$name" \
  --query 'properties.outputs.roleCommands.value[]' --output tsv)
if [ -n "$commands" ]; then
  echo "No roles were assigned. An owner has to run, in bash:"
  printf '%s\n' "$commands"
fi
