#!/usr/bin/env bash
# Attacks runcast in every way that tests/security/README.md lists, and judges how it took it.
#
# Usage: tests/security/run.sh [--build DIR] [ATTACK…]
#   --build   the build to attack (default build/release, built first)
#   ATTACK…   only these, by name, such as `frames`
#
# Prints a table and ends with 0 when every defence held. Takes about two minutes. Needs no root,
# and as root looks at more: what other users see of the process.
set -euo pipefail
cd "$(dirname "$0")/../.."

build=
for argument in "$@"; do
  case $argument in
    --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    --build | --build=*) build=given ;;
  esac
done

deploy/install-packages.sh build run test
if [ -z "$build" ]; then
  {
    cmake --preset release
    cmake --build build/release --target runcast-gateway runcast runcast-simulator
  } >&2
  set -- --build build/release "$@"
fi
exec env PYTHONPATH=tests/security:tests/faults:tests/bench PYTHONDONTWRITEBYTECODE=1 \
  /usr/bin/python3 -m attack "$@"
