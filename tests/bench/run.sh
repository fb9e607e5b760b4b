#!/usr/bin/env bash
# Measures runcast beside its floors and peers, and prints one table.
#
# Usage: tests/bench/run.sh [--quick|--smoke] [--build DIR] [ROW…]
#   --quick   a rough table in under 10 minutes: one run a point
#   --smoke   a minute, tiny numbers: does every program still work?
#   --build   the release build to measure (default build/bench, built first)
#   ROW…      only these rows of the table, 1 to 14
#
# Installs the peers from Debian when they are missing. A full run of all rows writes results.json,
# results.svg and the tables of the READMEs.
set -euo pipefail
cd "$(dirname "$0")/../.."

build=
for argument in "$@"; do
  case $argument in
    --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    --build | --build=*) build=given ;;
  esac
done

deploy/install-packages.sh build run bench
if [ -z "$build" ]; then
  {
    cmake --preset release -B build/bench -DRUNCAST_BENCH=ON
    cmake --build build/bench --target runcast-gateway runcast-simulator runcast-bench
  } >&2
  set -- --build build/bench "$@"
fi
exec env PYTHONPATH=tests/bench PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m runner "$@"
