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
# Precompiled headers are cached too.
export CCACHE_SLOPPINESS=pch_defines,time_macros
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

# beside NAME COMMAND…: starts it; the stages go on meanwhile. In a process group of its own, so that
# nothing of it is left when a stage fails.
declare -A beside_pids=()
beside() {
  local name=$1
  shift
  echo "== $name, beside what follows"
  set -m
  timed "$logs/${name// /-}.seconds" "$@" >"$logs/${name// /-}.log" 2>&1 </dev/null &
  set +m
  beside_pids[$name]=$!
}

timed() {
  local file=$1 rc=0
  shift
  SECONDS=0
  "$@" || rc=$?
  echo "$SECONDS" >"$file"
  return "$rc"
}

# in_turn NAME COMMAND…: beside, after those that were put in turn before, and only when a processor
# has nothing else to do: a compiler can wait, a test that measures cannot.
last_in_turn=
in_turn() {
  local name=$1
  shift
  beside "$name" idly "$last_in_turn" "$@"
  last_in_turn=${beside_pids[$name]}
}

idly() {
  local predecessor=$1
  shift
  [ -z "$predecessor" ] || tail --pid="$predecessor" -f /dev/null
  SECONDS=0
  chrt --idle --pid 0 "$BASHPID"
  "$@"
}

wait_for() {
  local name=$1 log=$logs/${1// /-}.log pid=${beside_pids[$1]}
  unset "beside_pids[$name]"
  wait "$pid" || {
    tail -n 80 "$log" >&2
    echo "tests/run.sh: '$name' failed; all it said is in ${log#"$root"/}" >&2
    exit 1
  }
  times+=("$(printf '%5d s  %s, beside others' "$(cat "$logs/${name// /-}.seconds")" "$name")")
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

# ThreadSanitizer without suppress_equal_addresses: it would compare each race inside gRPC with all
# that came before, and a large message has a hundred thousand. With the longest history: a race
# whose other side has been forgotten cannot be known as gRPC's.
test_sanitized() {
  ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 \
    UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
    TSAN_OPTIONS=suppressions=$root/tests/tsan.supp:suppress_equal_addresses=0:halt_on_error=1:second_deadlock_stack=1:atexit_sleep_ms=200:history_size=7 \
    ctest --test-dir "build/$1" --parallel "$jobs" --no-tests=error --output-on-failure
}

test_release() {
  ctest --test-dir build/release --parallel "$jobs" --no-tests=error --output-on-failure "$@"
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

# The sources as the sanitized builds compile them, several to a file: the headers are read once for all
# of them.
lint_sources() {
  jq -r '.[].file' build/asan-ubsan/compile_commands.json |
    grep -E "^$root/(build/asan-ubsan/)?(gateway|client)/" | grep -v /runcast_probe_stubs.dir/ | sort -u |
    xargs -P "$jobs" -n 1 clang-tidy -p build/asan-ubsan --quiet --checks=-bugprone-suspicious-include \
      2> >(grep -v "warnings generated" >&2)
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
if [ "$full" = no ]; then
  printf '%s\n' "${times[@]}"
  test_release --label-exclude '^(install|operations|proxies|security|waiting)$'
  exit
fi

in_turn "asan-ubsan build" build asan-ubsan
in_turn "tsan build" build tsan
in_turn "clang-tidy" lint_sources
stage "faults" tests/faults/run.sh --quick --build build/release
stage "cluster" tests/cluster/run.sh --quick --build build/release
beside "waiting tests" test_waiting
beside "container root" try_container_root
stage "release tests" test_release --label-exclude '^waiting$'
wait_for "asan-ubsan build"
stage "asan-ubsan tests" test_sanitized asan-ubsan
wait_for "tsan build"
stage "tsan tests" test_sanitized tsan
wait_for "clang-tidy"
wait_for "waiting tests"
wait_for "container root"
printf '%s\n' "${times[@]}" "$(printf '%5d s  in all' $SECONDS)"
grep -A 1000 'tests passed' "$logs/release-tests.log"
