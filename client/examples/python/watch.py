"""Watches a run to its end. Usage: watch.py GATEWAY STREAM SUITE RUN"""
import sys
from pathlib import Path

import grpc
from runcast.v1 import run_status_pb2, run_status_service_pb2, run_status_service_pb2_grpc

gateway, stream_id, suite_name, run_id = sys.argv[1:]
config = Path(__file__).parents[2].joinpath("service_config.json").read_text()
run = run_status_pb2.RunReference(stream_id=stream_id, suite_name=suite_name, run_id=run_id)
with grpc.insecure_channel(gateway, [("grpc.service_config", config)]) as channel:
    service = run_status_service_pb2_grpc.RunStatusServiceStub(channel)
    request = run_status_service_pb2.WatchRunRequest(run=run)
    for message in service.WatchRun(request, timeout=1800):
        if message.HasField("status"):  # Else a heartbeat: the stream lives.
            print(run_status_pb2.RunState.Name(message.status.state), message.status.progress.percent)
