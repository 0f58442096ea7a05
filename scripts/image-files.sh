#!/bin/sh
# The files of the image, made from a checkout: built programs, their production packages, nothing else. The Dockerfile
# runs this, and so can anybody who installs without Docker.
#
#   scripts/image-files.sh DESTINATION
set -eu
[ $# -eq 1 ] || { echo "usage: $0 DESTINATION" >&2; exit 2; }
cd "$(dirname "$0")/.."
mkdir -p "$1"
destination="$(cd "$1" && pwd)"
[ -z "$(ls -A "$destination")" ] || { echo "$destination is not empty" >&2; exit 2; }
programs="protocol hq-collector store-agent simulator"

[ -x node_modules/.bin/tsc ] || npm ci --ignore-scripts --no-audit --no-fund
node_modules/.bin/tsc -b hq-collector simulator
node grafana/app/build.mjs

cp package.json package-lock.json "$destination/"
for program in $programs; do
  mkdir -p "$destination/$program"
  cp "$program/package.json" "$destination/$program/"
  cp -R "$program/dist" "$destination/$program/"
  rm -f "$destination/$program/dist/"*.tsbuildinfo
done
cp -R hq-collector/migrations hq-collector/assets "$destination/hq-collector/"
# For Grafana, which takes them from here at its start.
cp -R grafana/app/dist "$destination/grafana-plugins"
cp scripts/make-grafana-tokens.mjs "$destination/"

cd "$destination"
npm pkg set --json "workspaces=$(printf '%s' "$programs" | sed 's/ /","/g; s/^/["/; s/$/"]/')"
npm pkg delete devDependencies scripts
# --omit=optional would leave out the native part of the store's database.
npm ci --omit=dev --ignore-scripts --no-audit --no-fund
