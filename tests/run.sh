#!/usr/bin/env bash
# Installs what is missing, builds, and runs the tests. The last lines are ctest's own.
#
# Usage: tests/run.sh [--full]
#   --full   also: format, buf and clang-tidy checks, all tests with ASan+UBSan and with TSan,
#            the install test, the most common faults under load and in a cluster, the attacks, what operators use,
#            and, as root or with sudo, the container's root without a container engine
#
# Works from any directory, without a terminal and again and again. Stops at the first stage that
# fails and shows the end of its log; all logs are in build/logs.
set -euo pipefail

full=no
case "${1-}" in
  '') ;;
  --full) full=yes ;;
  *) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; [ "$1" = --help ] && exit 0 || exit 2 ;;
esac

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
export LC_ALL=C.UTF-8 CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
jobs=$(nproc)
logs=$root/build/logs
mkdir -p "$logs"
times=()

# stage NAME COMMAND…: runs it quietly and takes its time.
stage() {
  local name=$1 log=$logs/${1// /-}.log started=$SECONDS
  shift
  echo "== $name"
  if ! "$@" >"$log" 2>&1 </dev/null; then
    tail -n 80 "$log" >&2
    echo "tests/run.sh: '$name' failed; all it said is in ${log#"$root"/}" >&2
    exit 1
  fi
  times+=("$(printf '%5d s  %s' $((SECONDS - started)) "$name")")
}

# beside NAME COMMAND…: starts what waits more than it computes; the stages go on meanwhile. In a
# process group of its own, so that nothing of it is left when a stage fails.
beside_pids=()
beside_names=()
beside() {
  local name=$1
  shift
  echo "== $name, beside what follows"
  set -m
  "$@" >"$logs/${name// /-}.log" 2>&1 </dev/null &
  set +m
  beside_pids+=($!)
  beside_names+=("$name")
}

wait_for_beside() {
  local i started=$SECONDS
  for i in "${!beside_pids[@]}"; do
    local name=${beside_names[i]} pid=${beside_pids[i]}
    unset "beside_pids[i]"
    wait "$pid" || {
      tail -n 80 "$logs/${name// /-}.log" >&2
      echo "tests/run.sh: '$name' failed; all it said is in build/logs/${name// /-}.log" >&2
      exit 1
    }
  done
  times+=("$(printf '%5d s  %s' $((SECONDS - started)) "waiting for what ran beside")")
}

stop_beside() {
  local pid
  for pid in "${beside_pids[@]}"; do kill -TERM -- "-$pid" 2>/dev/null || true; done
}
trap stop_beside EXIT

install_packages() {
  if [ "$full" = yes ]; then
    deploy/install-packages.sh build run test full faults bare cluster
  else
    deploy/install-packages.sh build run test
  fi
}

build() {
  cmake --preset "$1" && cmake --build "build/$1" --parallel "$jobs"
}

# What a sanitizer cannot see is left out: Python, Node and the checks of the source text.
# ThreadSanitizer without suppress_equal_addresses: it would compare each race inside gRPC with all
# that came before, and a large message has a hundred thousand. With a longer history: a race whose
# other side has been forgotten cannot be known as gRPC's.
test_sanitized() {
  ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 \
    UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
    TSAN_OPTIONS=suppressions=$root/tests/tsan.supp:suppress_equal_addresses=0:halt_on_error=1:second_deadlock_stack=1:atexit_sleep_ms=200:history_size=4 \
    ctest --test-dir "build/$1" --parallel "$jobs" --no-tests=error --output-on-failure \
    --label-exclude '^(clients|deploy|install|layering|operations|security|waiting)$'
}

check_format() {
  find gateway client tests '(' -name '*.cc' -o -name '*.h' ')' -print0 |
    xargs -0 clang-format --dry-run --Werror
}

lint_protos() {
  local buf=build/npm/node_modules/.bin/buf last_tag
  "$buf" lint proto || return 1
  last_tag=$(git -c safe.directory="$root" describe --tags --abbrev=0 2>/dev/null) || return 0
  rm -rf build/last-tag && mkdir -p build/last-tag || return 1
  git -c safe.directory="$root" archive "$last_tag" proto | tar -x -C build/last-tag || return 1
  "$buf" breaking proto --against build/last-tag/proto
}

lint_sources() {
  jq -r '.[].file' build/release/compile_commands.json | grep -E "^$root/(gateway|client)/" |
    sort -u | xargs -P "$jobs" -n 4 clang-tidy -p build/release --quiet 2> >(grep -v "warnings generated" >&2)
}

# Tests that take minutes and hardly any time of a processor.
test_waiting() {
  ctest --test-dir build/release --parallel 8 --no-tests=error --output-on-failure \
    --label-regex '^waiting$'
}

try_container_root() {
  local programs=build/container-programs
  mkdir -p "$programs"
  install build/release/gateway/runcast-gateway build/release/client/cli/runcast "$programs/"
  if [ "$(id -u)" -eq 0 ]; then
    deploy/container/try-root.sh --programs "$programs"
  elif command -v sudo >/dev/null; then
    sudo -n deploy/container/try-root.sh --programs "$programs"
  else
    echo "neither root nor sudo: the container's root is not tried"
  fi
}

stage packages install_packages
stage "npm packages" tests/e2e/clients/install_npm_packages.sh
if [ "$full" = yes ]; then
  stage "format check" check_format
  stage "proto check" lint_protos
fi
stage "release build" build release
if [ "$full" = yes ]; then
  stage "clang-tidy" lint_sources
  stage "faults" tests/faults/run.sh --quick --build build/release
  stage "cluster" tests/cluster/run.sh --quick --build build/release
  # After the faults, which measure; the builds do not mind.
  beside "waiting tests" test_waiting
  beside "container root" try_container_root
  stage "asan-ubsan build" build asan-ubsan
  stage "asan-ubsan tests" test_sanitized asan-ubsan
  stage "tsan build" build tsan
  stage "tsan tests" test_sanitized tsan
  wait_for_beside
fi

printf '%s\n' "${times[@]}"
exclude=(--label-exclude '^waiting$')
[ "$full" = yes ] || exclude=(--label-exclude '^(install|operations|security|waiting)$')
exec ctest --test-dir build/release --parallel "$jobs" --no-tests=error --output-on-failure "${exclude[@]}"
