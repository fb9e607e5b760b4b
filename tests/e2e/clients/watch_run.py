#!/usr/bin/env python3
"""A Python client as anybody would write it: watches one run to its end.

Usage: watch_run.py GATEWAY STREAM SUITE RUN, with the generated code in PYTHONPATH (README.md here
tells how to make it). Prints one line a status and ends with 0 when the run completed.
"""

import random
import sys
import time

import grpc

from runcast.v1 import run_status_pb2
from runcast.v1 import run_status_service_pb2
from runcast.v1 import run_status_service_pb2_grpc

LIMIT_S = 60  # For the whole watch: how long this caller cares.
# A break of the connection, a gateway that drains, a stream that reached its age; a caller over its
# limit. All else says something of the request or the run, and asking again would not change it.
WORTH_ANOTHER_TRY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)
# So that a peer that is gone without a word is noticed.
CHANNEL_OPTIONS = (("grpc.keepalive_time_ms", 20000), ("grpc.keepalive_timeout_ms", 10000))


def watch(stub, run, deadline):
    """Yields the newest status and every one after it, until the run has ended.

    After a break the stream is opened again with the last resume token, so that nothing comes twice
    and nothing goes back, on whichever replica. `deadline` is a time of time.monotonic().
    """
    token = b""
    while True:
        request = run_status_service_pb2.WatchRunRequest(run=run, resume_token=token)
        try:
            for response in stub.WatchRun(request, timeout=deadline - time.monotonic()):
                token = response.resume_token or token
                # The other event is a heartbeat: the stream lives, and whether the platform answers.
                if response.WhichOneof("event") == "status":
                    yield response.status
            return  # OK comes after the terminal status, and only then.
        except grpc.RpcError as error:
            if error.code() not in WORTH_ANOTHER_TRY:
                raise
            print(f"opening the stream again: {error.details()}", file=sys.stderr)
        # Spread, so that not all callers of a gateway come back at the same moment.
        time.sleep(random.uniform(0.1, 1))


def main():
    gateway, stream_id, suite_name, run_id = sys.argv[1:]
    run = run_status_pb2.RunReference(stream_id=stream_id, suite_name=suite_name, run_id=run_id)
    last = None
    with grpc.insecure_channel(gateway, CHANNEL_OPTIONS) as channel:
        stub = run_status_service_pb2_grpc.RunStatusServiceStub(channel)
        for status in watch(stub, run, time.monotonic() + LIMIT_S):
            if last and last.epoch == status.epoch and last.sequence >= status.sequence:
                sys.exit(f"sequence {status.sequence} after {last.sequence}")
            last = status
            print(status.sequence, run_status_pb2.RunState.Name(status.state),
                  status.progress.percent, flush=True)

        read = stub.GetStatus(run_status_service_pb2.GetStatusRequest(run=run), timeout=10).status
    if last is None or not last.terminal or last.state != run_status_pb2.RUN_STATE_COMPLETED:
        sys.exit(f"the stream ended OK, but the last status is {last}")
    if read.result != last.result or not last.result.HasField("f1_score"):
        sys.exit(f"GetStatus tells {read.result}, the watch told {last.result}")


if __name__ == "__main__":
    main()
