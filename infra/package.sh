#!/bin/sh
# Makes the zip that the app runs: what is committed, and of that only what Azure needs.
# Usage: sh infra/package.sh FILE.zip
set -eu
[ $# -eq 1 ] || { sed -n '2,3s/^# //p' "$0" >&2; exit 2; }
case $1 in
  /*) target=$1 ;;
  *) target=$PWD/$1 ;;
esac
cd "$(dirname "$0")/.."
git archive --format=zip --output="$target" HEAD host.json function_app.py requirements.txt correlator
