#!/usr/bin/env bash
# Builds the fuzz targets with clang and runs each.
#
# Usage: tests/fuzz/run.sh [SECONDS [TARGET…]]
#   SECONDS   how long each target runs (default 60)
#   TARGET…   only these, such as status_decoder
#
# New inputs are collected in build/fuzz/found/TARGET, which a later run starts from. The first
# crash, or an input that takes longer than 10 s or more than 1 GiB, ends the run with 1 and stays
# in build/fuzz/crashes. Prints a table of what each target covered.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

[ "${1-}" != --help ] || { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 0; }
seconds=${1:-60}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(configuration error_table rate_budget request_validation resume_token status_decoder)

deploy/install-packages.sh build fuzz
{
  cmake --preset fuzz
  cmake --build build/fuzz --target fuzzers
} >&2

# Debian's libraries are not instrumented, so their containers look overflown.
export ASAN_OPTIONS=detect_container_overflow=0
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
mkdir -p build/fuzz/crashes build/fuzz/logs
echo "| target | executions | a second | edges | features | inputs kept |"
echo "|---|---|---|---|---|---|"
for target in "${targets[@]}"; do
  found=build/fuzz/found/$target
  log=build/fuzz/logs/$target.log
  mkdir -p "$found"
  options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1
    -artifact_prefix=build/fuzz/crashes/"$target"-)
  [ ! -f "tests/fuzz/$target.dict" ] || options+=(-dict="tests/fuzz/$target.dict")
  if ! "build/fuzz/tests/fuzz/${target}_fuzzer" "${options[@]}" "$found" "tests/fuzz/corpus/$target" \
    "tests/fuzz/found/$target" >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    echo "tests/fuzz/run.sh: $target found something; its input is in build/fuzz/crashes" >&2
    exit 1
  fi
  # #1234 DONE cov: 567 ft: 890 corp: 12/345b …
  awk -v target="$target" '
    /DONE +cov/{for (i = 1; i < NF; ++i) { if ($i == "cov:") edges = $(i + 1); if ($i == "ft:") features = $(i + 1); if ($i == "corp:") kept = $(i + 1) } }
    /number_of_executed_units/{executions = $2}
    /average_exec_per_sec/{rate = $2}
    END {sub("/.*", "", kept); printf "| %s | %d | %d | %d | %d | %d |\n", target, executions, rate, edges, features, kept}' "$log"
done
