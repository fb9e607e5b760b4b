#!/usr/bin/env python3
"""A Python client as anybody would write it: watches one run to its end.

Usage: watch_run.py GATEWAY STREAM SUITE RUN, with the generated code in PYTHONPATH.
Prints one line a status and ends with 0 when the stream ended OK after a terminal status.
"""

import sys

import grpc

from runcast.v1 import run_status_pb2
from runcast.v1 import run_status_service_pb2
from runcast.v1 import run_status_service_pb2_grpc


def main():
    gateway, stream_id, suite_name, run_id = sys.argv[1:]
    run = run_status_pb2.RunReference(stream_id=stream_id, suite_name=suite_name, run_id=run_id)
    last = None
    with grpc.insecure_channel(gateway) as channel:
        stub = run_status_service_pb2_grpc.RunStatusServiceStub(channel)
        request = run_status_service_pb2.WatchRunRequest(run=run)
        for response in stub.WatchRun(request, timeout=60):
            if response.WhichOneof("event") != "status":
                continue
            status = response.status
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
