#!/bin/sh
# Takes everything down: exports the incidents, then removes role assignments and diagnostic settings outside the resource
# group, then the group. Shows what it would do; with --yes does it.
# Usage: sh infra/uninstall.sh --group RG [--export DIR] [--subscriptions "ID ID"] [--gateways "RESOURCE-ID ..."] [--skip-export] [--yes]
# --subscriptions: where else the app was given roles (default: the current one). --gateways: whose logging this made.
set -eu

usage() {
  sed -n '2,5s/^# //p' "$0" >&2
  exit 2
}

setting=vpn-correlator
group=
export_to=
subscriptions=
gateways=
skip=no
yes=no
while [ $# -gt 0 ]; do
  case $1 in
    --group) [ $# -gt 1 ] || usage; group=$2; shift 2 ;;
    --export) [ $# -gt 1 ] || usage; export_to=$2; shift 2 ;;
    --subscriptions) [ $# -gt 1 ] || usage; subscriptions=$2; shift 2 ;;
    --gateways) [ $# -gt 1 ] || usage; gateways=$2; shift 2 ;;
    --skip-export) skip=yes; shift ;;
    --yes) yes=yes; shift ;;
    *) usage ;;
  esac
done
[ -n "$group" ] || usage
if [ "$skip" = no ] && [ -z "$export_to" ]; then
  echo "Say where the history goes, --export DIR, or --skip-export" >&2
  exit 2
fi

# Prints a command that changes something, and runs it only with --yes.
change() {
  printf '+'
  printf ' %s' "$@"
  printf '\n'
  [ "$yes" != yes ] || "$@"
}

# One table into files of up to a thousand rows. A page names the keys that the next one begins with.
export_table() {
  table=$1
  page=0
  set --
  while :; do
    page=$((page + 1))
    file=$export_to/$table-$page.json
    az storage entity query --account-name "$storage" --auth-mode login --table-name "$table" \
      --num-results 1000 "$@" --output json >"$file"
    partition=$(sed -n 's/.*"next[Pp]artition[Kk]ey": *"\([^"]*\)".*/\1/p' "$file" | tail -n 1)
    row=$(sed -n 's/.*"next[Rr]ow[Kk]ey": *"\([^"]*\)".*/\1/p' "$file" | tail -n 1)
    [ -n "$partition" ] || break
    set -- --marker "nextpartitionkey=$partition" "nextrowkey=$row"
  done
  echo "Exported $table: $page file(s) in $export_to"
}

group_id=$(az group show --name "$group" --query id --output tsv)
principals=$(az identity list --resource-group "$group" \
  --query "[?starts_with(name, 'id-vpn-')].principalId" --output tsv)
storage=$(az storage account list --resource-group "$group" --query "[?starts_with(name, 'stvpn')].name" --output tsv)
if [ -z "$principals" ] || [ -z "$storage" ]; then
  echo "$group does not hold this app: no identity id-vpn-* or no storage account stvpn*" >&2
  exit 1
fi
if [ "$(printf '%s\n' "$storage" | wc -l)" -ne 1 ]; then
  echo "$group holds more than one installation: take them down by hand" >&2
  exit 1
fi
# Ours carry a tag; the two that Application Insights makes by itself do not.
others=$(az resource list --resource-group "$group" --output tsv --query "[?tags.\"azd-env-name\"==null \
  && !starts_with(name, 'Failure Anomalies') && name!='Application Insights Smart Detection'].id")
if [ -n "$others" ]; then
  echo "$group holds more than this app; move it or take the app down by hand:" >&2
  printf '%s\n' "$others" >&2
  exit 1
fi
[ -n "$subscriptions" ] || subscriptions=$(az account show --query id --output tsv)

echo "1. History"
if [ "$skip" = yes ]; then
  echo "Not exported, as asked. The tables go with the group and cannot be brought back."
elif [ "$yes" = yes ]; then
  mkdir -p "$export_to"
  # A list that fails must stop all of this, which it would not inside the loop's head.
  tables=$(az storage table list --account-name "$storage" --auth-mode login --query "[].name" --output tsv)
  for table in $tables; do
    case $table in
      incidents | outages | messages | remarks) export_table "$table" ;;
    esac
  done
else
  echo "+ (export the tables incidents, outages, messages and remarks of $storage to $export_to)"
fi

echo "2. Role assignments outside the group"
for subscription in $subscriptions; do
  for principal in $principals; do
    # Those inside go with the group; here only what would be left behind.
    ids=$(az role assignment list --all --subscription "$subscription" \
      --query "[?principalId=='$principal' && !starts_with(scope, '$group_id/')].id" --output tsv)
    for id in $ids; do
      change az role assignment delete --ids "$id"
    done
  done
done

echo "3. Diagnostic settings on gateways"
for gateway in $gateways; do
  found=$(az monitor diagnostic-settings list --resource "$gateway" --query "[?name=='$setting'].name" --output tsv)
  [ -z "$found" ] || change az monitor diagnostic-settings delete --resource "$gateway" --name "$setting"
done
[ -n "$gateways" ] || echo "None named (--gateways)."

echo "4. The group and everything in it"
change az group delete --name "$group" --yes
echo "A vault with purge protection stays recoverable for 90 days; a new deployment takes another name."
[ "$yes" = yes ] || echo "Nothing was changed. Run again with --yes to do it."
