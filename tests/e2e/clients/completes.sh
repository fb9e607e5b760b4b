#!/usr/bin/env bash
# Runs a client; good when it ends with 0 and its last line tells that the run completed.
# Usage: completes.sh CLIENT…
set -euo pipefail

said=$("$@")
echo "$said"
[[ ${said##*$'\n'} == *RUN_STATE_COMPLETED* ]]
