#!/usr/bin/env bash
# From a fresh machine to a watched run: installs what is missing, builds, starts a simulated
# platform and the gateway on free ports, starts a run of 40 utterances (about 20 s), and watches
# it with 50 watchers and one progress bar. Ends with the results and one line of proof.
#
# Usage: deploy/quickstart.sh
#        deploy/quickstart.sh --serve
#        deploy/quickstart.sh --config FILE STREAM SUITE RUN
#   --serve    keeps all running and prints addresses and lines to paste; Ctrl-C ends it
#   --config   no simulator: a gateway with this configuration watches that run of the platform;
#              it listens on loopback only, without TLS and access rules, whatever FILE says
#
# Environment: RUNCAST_BUILD_DIR names a build directory whose programs are taken as they are;
# nothing is installed or built then.
#
# Exit code: 0 when every watcher saw the end of the run; with --config that of `runcast watch`;
# 2 for wrong arguments; 130 after Ctrl-C, 143 after SIGTERM. Whatever it started has ended then.
set -euo pipefail

watchers=50

say() { printf '%s\n' "$*" >&2; }

help() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"; }

usage() {
  say "quickstart.sh: $1"
  say "Usage: deploy/quickstart.sh [--serve | --config FILE STREAM SUITE RUN]; --help tells more."
  exit 2
}

mode=demo
case "${1-}" in
  --help | -h)
    help
    exit 0
    ;;
  --serve)
    mode=serve
    [ $# -eq 1 ] || usage "--serve takes no arguments"
    ;;
  --config)
    mode=platform
    [ $# -eq 5 ] ||
      usage "--config needs FILE STREAM SUITE RUN, $(($# - 1)) given; quote a suite name that has blanks"
    [ -f "$2" ] && [ -r "$2" ] || usage "cannot read the configuration file $2"
    for argument in "${@:3}"; do [ -n "$argument" ] || usage "STREAM, SUITE and RUN must not be empty"; done
    ;;
  *) [ $# -eq 0 ] || usage "unknown argument '$1'" ;;
esac

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build/release
if [ -n "${RUNCAST_BUILD_DIR-}" ]; then
  build=$(cd "$RUNCAST_BUILD_DIR" && pwd) || usage "RUNCAST_BUILD_DIR is no directory: $RUNCAST_BUILD_DIR"
fi
# Settings of the caller's shell, made for another gateway, have no place in the demo.
if [ "$mode" != platform ]; then
  for variable in "${!RUNCAST_@}"; do
    [ "$variable" = RUNCAST_BUILD_DIR ] || unset "$variable"
  done
fi
export LC_ALL=C.UTF-8 CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
gateway_program=$build/gateway/runcast-gateway
simulator_program=$build/tests/simulator/runcast-simulator
client_program=$build/client/cli/runcast
work=$(mktemp -d "${TMPDIR:-/tmp}/runcast-quickstart-XXXXXX")
declare -A children=()  # Process id → name, of what runs.

# The processes below this one, such as the compilers of a build.
descendants() {
  local pid
  for pid in $(cat "/proc/$1/task/"*/children 2>/dev/null); do
    echo "$pid"
    descendants "$pid"
  done
}

# Ends what this script started, by process id, and nothing else.
clean_up() {
  local code=$? pid
  trap - EXIT
  trap '' INT TERM HUP
  local pids=("${!children[@]}")
  for pid in "${!children[@]}"; do mapfile -t -O "${#pids[@]}" pids < <(descendants "$pid"); done
  for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do
    for _ in {1..50}; do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -KILL "$pid" 2>/dev/null || true
  done
  for pid in "${!children[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
  exit "$code"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

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

# attended COMMAND…: runs it to its end and returns its code. In the background, because bash
# hears no signal while it waits for a command in front.
attended() {
  local pid code=0
  "$@" &
  pid=$!
  children[$pid]=$1
  wait "$pid" || code=$?
  unset "children[$pid]"
  return "$code"
}

# await FILE PID FILTER: sets `found` to the first JSON line of the file that the jq filter takes,
# as jq prints it. False when the process ends before, or after 30 s.
await() {
  local file=$1 pid=$2 filter=$3
  for _ in {1..300}; do
    found=$(jq -Rr "fromjson? | $filter" "$file" 2>/dev/null | head -n 1)
    [ -z "$found" ] || return 0
    kill -0 "$pid" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}

compile() {
  cd "$root" && cmake --preset release &&
    cmake --build build/release --parallel "$(nproc)" --target runcast-gateway runcast runcast-simulator
}

# Says every half a minute how far the build is, by its log.
tell_progress() {
  local steps
  while sleep 30; do
    steps=$(grep -o '^\[[0-9]*/[0-9]*\]' "$1" | tail -n 1) || continue
    say "building: step $steps"
  done
}

build_programs() {
  if [ -n "${RUNCAST_BUILD_DIR-}" ]; then
    local program
    for program in "$gateway_program" "$simulator_program" "$client_program"; do
      [ -x "$program" ] || fail "RUNCAST_BUILD_DIR has no program $program"
    done
    return
  fi
  local log=$root/build/logs/quickstart.log teller code=0
  [ -x "$gateway_program" ] ||
    say "The first time takes about 5 minutes on two cores: packages, a build. Then it is half a minute."
  attended "$root/deploy/install-packages.sh" build run || fail "packages are missing"
  mkdir -p "$root/build/logs"
  say "building; the log is $log"
  tell_progress "$log" &
  teller=$!
  children[$teller]=tell_progress
  attended compile >"$log" 2>&1 </dev/null || code=$?
  kill -TERM "$(descendants "$teller")" "$teller" 2>/dev/null || true
  unset "children[$teller]"
  [ "$code" -eq 0 ] || fail "the build failed; the end of $log:" "$log"
}

# Sets `grpc` and `admin` to the addresses of a gateway with this configuration file and, after
# it, flags.
start_gateway() {
  start gateway "$gateway_program" --config "$1" --server-listen 127.0.0.1:0 \
    --admin-listen 127.0.0.1:0 --log-format json --log-level info --drain-delay 0s --drain-spread 0s "${@:2}"
  await "$work/gateway.err" $! 'select(.event == "gateway.ready") | "\(.grpc) \(.admin)"' ||
    fail "the gateway did not start with $1:" "$work/gateway.err"
  read -r grpc admin <<<"$found"
}

# Sets `api` and `control` to the addresses of a simulated platform.
start_simulator() {
  start simulator "$simulator_program" --default-app "cs-quickstart:$1" --file-url-base ""
  await "$work/simulator.out" $! '"\(.api) \(.control)"' ||
    fail "the simulator did not start:" "$work/simulator.err"
  read -r api control <<<"$found"
}

# start_run UTTERANCES MILLISECONDS: prints the id of a new run on the simulated platform.
start_run() {
  jq -cn --arg stream "$stream" --arg suite "$suite" --argjson utterances "$1" --argjson duration "$2" \
    '{$stream, $suite, $utterances, duration_ms: $duration}' |
    curl -sS --fail-with-body --max-time 10 --data-binary @- "$control/runs" | jq -er '.run_ids[0]' ||
    fail "the simulator started no run" "$work/simulator.err"
}

watch_with_all() {
  local run=$1 pid n code=0
  declare -A watching=()
  for ((n = 1; n <= watchers; n++)); do
    start "watcher-$n" "$client_program" watch --json --gateway "$grpc" "$stream" "$suite" "$run"
    watching[$!]=$n
  done

  attended "$client_program" watch --gateway "$grpc" "$stream" "$suite" "$run" </dev/null || code=$?
  [ "$code" -eq 0 ] || fail "runcast watch ended with $code; the end of the gateway's log:" "$work/gateway.err"

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
  local run names
  run=$(start_run 600 600000)
  names=$(printf '%q %q %q' "$stream" "$suite" "$run")
  cat <<TEXT

gateway    $grpc   (plaintext, with reflection)
admin      http://$admin
simulator  $api   control: $control
logs       $work

A run of 10 minutes is on its way. In another terminal, from any directory:

  # watch it, read it once, see the metrics and what the platform was asked
  $(printf '%q' "$client_program") watch --gateway $grpc $names
  $(printf '%q' "$client_program") get --json --gateway $grpc $names
  curl -s http://$admin/metrics
  curl -s '$control/stats?run=$run'

  # let the platform fail for 20 s; end the run
  curl -s -d '{"kind":"http","status":503,"for_ms":20000}' $control/faults
  curl -s -X PATCH -d '{"finish_now":true}' $control/runs/$run

  # another run of a minute; it prints the id
  curl -s -d '{"stream":"$stream","suite":"$suite","utterances":60,"duration_ms":60000}' $control/runs; echo

Ctrl-C ends all of it.
TEXT
  local code=0
  wait -n "${!children[@]}" || code=$?
  fail "a program ended by itself with $code" "$work/gateway.err"
}

# A local gateway for one local watcher: what the file says about callers does not concern it.
watch_platform() {
  start_gateway "$1" --server-tls-certificate-file= --server-tls-key-file= --server-tls-client-ca-file= \
    --access-require-identity=false --access-policy-file=
  say "gateway on $grpc with $1 (loopback only, without TLS and access rules)"
  attended "$client_program" watch --gateway "$grpc" "$2" "$3" "$4" </dev/null
}

build_programs
case $mode in
  demo) demonstrate ;;
  serve)
    demonstrate
    serve
    ;;
  platform) watch_platform "${@:2}" ;;
esac
