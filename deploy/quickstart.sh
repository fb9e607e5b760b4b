#!/usr/bin/env bash
# From a fresh machine to a watched run: installs what is missing, builds, starts a simulated
# platform and the gateway on free ports, starts a run of 40 utterances (about 20 s), and watches
# it with 50 watchers and one progress bar. Ends with the results and one line of proof.
#
# Usage: deploy/quickstart.sh
#        deploy/quickstart.sh --serve
#        deploy/quickstart.sh --config FILE STREAM SUITE RUN
#   --serve    keeps all running and prints addresses and lines to paste; Ctrl-C ends it
#   --config   no simulator: a gateway with this configuration watches that run of the platform
#
# Exit code: 0 when every watcher saw the end of the run; with --config that of `runcast watch`.
set -euo pipefail

watchers=50
mode=demo
case "${1-}" in
  '') ;;
  --serve) mode=serve ;;
  --config) [ $# -eq 5 ] && mode=platform || mode=usage ;;
  *) mode=usage ;;
esac
if [ "$mode" = usage ]; then
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"
  [ "$1" = --help ] && exit 0 || exit 2
fi

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build/release
export LC_ALL=C.UTF-8 CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
gateway_program=$build/gateway/runcast-gateway
simulator_program=$build/tests/simulator/runcast-simulator
client_program=$build/client/cli/runcast
work=$(mktemp -d "${TMPDIR:-/tmp}/runcast-quickstart-XXXXXX")
declare -A children=()  # Process id → name, of what runs.

say() { printf '%s\n' "$*" >&2; }

# Ends what this script started, by process id, and nothing else.
clean_up() {
  local code=$? pid
  trap - EXIT INT TERM HUP
  for pid in "${!children[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${!children[@]}"; do
    for _ in {1..50}; do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$work"
  exit "$code"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

fail() {
  say "quickstart.sh: $1"
  [ -z "${2-}" ] || tail -n 30 "$2" >&2
  exit 1
}

# start NAME COMMAND…: a program in the background; what it says goes to $work/NAME.out and .err.
start() {
  local name=$1
  shift
  "$@" >"$work/$name.out" 2>"$work/$name.err" </dev/null &
  children[$!]=$name
}

# ready FILE PID FILTER: the first JSON line of the file that the jq filter takes, as jq prints it.
ready() {
  local file=$1 pid=$2 filter=$3 found
  for _ in {1..300}; do
    found=$(jq -Rr "fromjson? | $filter" "$file" 2>/dev/null | head -n 1)
    [ -z "$found" ] || { echo "$found"; return; }
    kill -0 "$pid" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}

build_programs() {
  "$root/deploy/install-packages.sh" build run
  say "building (the log is build/logs/quickstart.log)"
  mkdir -p "$root/build/logs"
  (cd "$root" && cmake --preset release &&
    cmake --build build/release --parallel "$(nproc)" --target runcast-gateway runcast runcast-simulator) \
    >"$root/build/logs/quickstart.log" 2>&1 </dev/null ||
    fail "the build failed" "$root/build/logs/quickstart.log"
}

# Sets `grpc` and `admin` to the addresses of a gateway with this configuration file.
start_gateway() {
  start gateway "$gateway_program" --config "$1" --server-listen 127.0.0.1:0 \
    --admin-listen 127.0.0.1:0 --log-format json --drain-delay 0s --drain-spread 0s
  local addresses
  addresses=$(ready "$work/gateway.err" $! 'select(.event == "gateway.ready") | "\(.grpc) \(.admin)"') ||
    fail "the gateway did not start:" "$work/gateway.err"
  read -r grpc admin <<<"$addresses"
}

# Sets `api` and `control` to the addresses of a simulated platform.
start_simulator() {
  start simulator "$simulator_program" --default-app "cs-quickstart:$1" --file-url-base ""
  local addresses
  addresses=$(ready "$work/simulator.out" $! '"\(.api) \(.control)"') ||
    fail "the simulator did not start:" "$work/simulator.err"
  read -r api control <<<"$addresses"
}

# start_run UTTERANCES MILLISECONDS: prints the id of a new run on the simulated platform.
start_run() {
  jq -cn --arg stream "$stream" --arg suite "$suite" --argjson utterances "$1" --argjson duration "$2" \
    '{$stream, $suite, $utterances, duration_ms: $duration}' |
    curl -sS --fail-with-body --max-time 10 --data-binary @- "$control/runs" | jq -er '.run_ids[0]' ||
    fail "the simulator started no run" "$work/simulator.err"
}

watch_with_all() {
  local run=$1 pid n code
  declare -A watching=()
  for ((n = 1; n <= watchers; n++)); do
    start "watcher-$n" "$client_program" watch --json --gateway "$grpc" "$stream" "$suite" "$run"
    watching[$!]=$n
  done

  "$client_program" watch --gateway "$grpc" "$stream" "$suite" "$run" </dev/null ||
    fail "runcast watch ended with $?" "$work/gateway.err"

  # All were told at the same moment; what is not done 10 s later hangs.
  local good=0 updates=0 deadline=$((SECONDS + 10))
  for pid in "${!watching[@]}"; do
    while kill -0 "$pid" 2>/dev/null && [ "$SECONDS" -lt "$deadline" ]; do sleep 0.1; done
    kill -0 "$pid" 2>/dev/null && continue
    wait "$pid" && code=0 || code=$?
    unset "children[$pid]"
    n=${watching[$pid]}
    if [ "$code" -eq 0 ] && tail -n 1 "$work/watcher-$n.out" | jq -e .status.terminal >/dev/null; then
      good=$((good + 1))
    fi
    updates=$((updates + $(wc -l <"$work/watcher-$n.out")))
  done

  local calls peak
  read -r calls peak < <(curl -sS --max-time 10 "$control/stats?run=$run" |
    jq -r --arg run "$run" '.runs[$run] | "\(.calls) \(.peak_minute)"')
  echo
  echo "proof: $good of $watchers watchers saw the end, $updates updates delivered to them," \
    "$calls calls to the platform, at most $peak in any minute (60 are allowed)"
  [ "$good" -eq "$watchers" ] || fail "some watchers did not see the end of the run" "$work/gateway.err"
  [ "$peak" -le 60 ] || fail "the platform's limit was exceeded"
}

demonstrate() {
  stream=st-quickstart
  suite="Smoke tests"
  local secret run
  secret=$(od -An -N22 -tx1 /dev/urandom | tr -d ' \n')
  start_simulator "$secret"
  printf '%s\n' "$secret" >"$work/client-secret"
  jq -n --arg api "$api" --arg secret_file "$work/client-secret" '{
    server: {reflection: true},
    upstream: {base_url: $api, allow_http: true},
    credentials: [{name: "quickstart", client_id: "cs-quickstart", $secret_file, stream_ids: ["*"]}]
  }' >"$work/gateway.json"
  start_gateway "$work/gateway.json"

  run=$(start_run 40 20000)
  say "run $run: 40 utterances, about 20 s, watched by $watchers watchers and this one:"
  watch_with_all "$run"
}

serve() {
  local run
  run=$(start_run 600 600000)
  cat <<TEXT

gateway    $grpc   (plaintext, with reflection)
admin      http://$admin
simulator  $api   control: $control

A run of 10 minutes is on its way. In another terminal:

  $client_program watch --gateway $grpc $stream "$suite" $run
  $client_program get --json --gateway $grpc $stream "$suite" $run
  curl -s http://$admin/metrics
  curl -s "$control/stats?run=$run"
  curl -s -d '{"kind":"http","status":503,"for_ms":20000}' $control/faults
  curl -s -X PATCH -d '{"finish_now":true}' $control/runs/$run

Ctrl-C ends all of it.
TEXT
  trap 'exit 0' INT
  local code=0
  wait -n "${!children[@]}" || code=$?
  fail "a program ended by itself with $code" "$work/gateway.err"
}

build_programs
case $mode in
  demo) demonstrate ;;
  serve)
    demonstrate
    serve
    ;;
  platform)
    start_gateway "$2"
    "$client_program" watch --gateway "$grpc" "$3" "$4" "$5" </dev/null
    ;;
esac
