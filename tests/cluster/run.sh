#!/usr/bin/env bash
# Three gateways, a Redis and a platform on loopback, under load; does to them what README.md lists,
# and judges what came of it.
#
# Usage: tests/cluster/run.sh [--quick] [--build DIR] [SCENARIO…]
#   --quick      a smaller load and the faults that happen every week, in under 3 minutes
#   --build      the release build to use (default build/release, built first)
#   SCENARIO…    only these
#
# Prints a table and ends with 0 when every scenario holds. A full run takes about 20 minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."

build=
for argument in "$@"; do
  case $argument in
    --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    --build | --build=*) build=given ;;
  esac
done

deploy/install-packages.sh build run cluster
if [ -z "$build" ]; then
  {
    cmake --preset release
    cmake --build build/release --target runcast-gateway runcast-simulator fault-load
  } >&2
  set -- --build build/release "$@"
fi
exec env PYTHONPATH=tests/cluster:tests/faults:tests/bench PYTHONDONTWRITEBYTECODE=1 \
  /usr/bin/python3 -m cluster "$@"
