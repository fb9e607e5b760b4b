#!/usr/bin/env bash
# Installs the packages of package.json into build/npm; does nothing when they are there.
# Usage: install_npm_packages.sh
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
npm_root=$(cd "$here/../../.." && pwd)/build/npm
mkdir -p "$npm_root"
exec 9>"$npm_root/.lock"
flock 9
cmp -s "$here/package.json" "$npm_root/installed.json" && exit 0

rm -rf "$npm_root/node_modules" "$npm_root/installed.json"
cp "$here/package.json" "$npm_root/package.json"
npm install --prefix "$npm_root" --no-package-lock --no-audit --no-fund --no-update-notifier \
  --loglevel=error </dev/null
# Last, so that a broken attempt is repeated.
cp "$npm_root/package.json" "$npm_root/installed.json"
