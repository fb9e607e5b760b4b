#!/usr/bin/env bash
# Does to runcast what tests/faults/README.md lists, under load, and judges what came of it.
#
# Usage: tests/faults/run.sh [--quick] [--build DIR] [ROW…]
#        tests/faults/run.sh [--quick] [--build DIR] --soak [MINUTES] [--seed SEED]
#   --quick   a smaller load, shorter faults and fewer rows, in under 3 minutes
#   --soak    instead of rows, random faults of all kinds for so long (default 30 minutes); the seed
#             is printed, and the same one means the same faults
#   --build   the release build to use (default build/release, built first)
#   ROW…      only these rows of the table
#
# Prints a table and ends with 0 when every row holds. A full run takes under 45 minutes. Rows that
# need root or a package that cannot be installed say so and count as not held.
set -euo pipefail
cd "$(dirname "$0")/../.."

build=
for argument in "$@"; do
  case $argument in
    --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    --build | --build=*) build=given ;;
  esac
done

deploy/install-packages.sh build run faults
if [ -z "$build" ]; then
  {
    cmake --preset release
    cmake --build build/release --target runcast-gateway runcast-simulator fault-load
  } >&2
  set -- --build build/release "$@"
fi
exec env PYTHONPATH=tests/faults:tests/bench PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m drill "$@"
