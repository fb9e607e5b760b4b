#!/usr/bin/env bash
# Asks for a status with `buf curl`, which learns the service by reflection.
# Usage: get_status_with_buf.sh GATEWAY STREAM SUITE RUN, with `buf` and `jq` in PATH.
set -euo pipefail

request=$(jq -cn --arg stream "$2" --arg suite "$3" --arg run "$4" \
  '{run: {streamId: $stream, suiteName: $suite, runId: $run}}')
answer=$(buf curl --protocol grpc --http2-prior-knowledge --data "$request" \
  "http://$1/runcast.v1.RunStatusService/GetStatus")
echo "$answer"
[ "$(jq -r .status.run.runId <<<"$answer")" = "$4" ]
jq -e '.status.state | startswith("RUN_STATE_") and . != "RUN_STATE_UNKNOWN"' <<<"$answer" >/dev/null
