#!/usr/bin/env bash
# Builds the programs that run in production, stripped, into PREFIX/bin.
#
# Usage: deploy/container/build-programs.sh PREFIX
set -euo pipefail

[ $# -eq 1 ] || { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2; }
prefix=$1
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
cmake --preset release -B build/container -DRUNCAST_TESTS=OFF -DCMAKE_INSTALL_PREFIX="$prefix"
cmake --build build/container --parallel "$(nproc)" --target runcast-gateway runcast
mkdir -p "$prefix/bin"
install --strip build/container/gateway/runcast-gateway build/container/client/cli/runcast "$prefix/bin/"
