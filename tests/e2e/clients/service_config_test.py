#!/usr/bin/env python3
"""client/service_config.json in the hands of gRPC: what is asked again, and what is not.

Usage: service_config_test.py SERVICE-CONFIG, with the generated code in PYTHONPATH.
"""

import json
import sys
import time
import unittest
from concurrent import futures
from pathlib import Path

import grpc

from runcast.v1 import run_status_service_pb2
from runcast.v1 import run_status_service_pb2_grpc

CONFIG = Path(sys.argv[1]).read_text()


class Refusing(run_status_service_pb2_grpc.RunStatusServiceServicer):
    """Refuses the first calls as a gateway that drains does; `headers` as one whose platform fails."""

    def __init__(self, refusals, headers=False, pushback_ms=None):
        self.times = []
        self._refusals = refusals
        self._headers = headers
        self._pushback_ms = pushback_ms

    def _refuse(self, context):
        self.times.append(time.monotonic())
        if len(self.times) > self._refusals:
            return
        if self._headers:
            context.send_initial_metadata(())
        if self._pushback_ms is not None:
            context.set_trailing_metadata((("grpc-retry-pushback-ms", str(self._pushback_ms)),))
        context.abort(grpc.StatusCode.UNAVAILABLE, "refused")

    def GetStatus(self, request, context):
        self._refuse(context)
        return run_status_service_pb2.GetStatusResponse()

    def WatchRun(self, request, context):
        self._refuse(context)
        yield run_status_service_pb2.WatchRunResponse()


class ServiceConfigTest(unittest.TestCase):

    def service(self, refusing):
        server = grpc.server(futures.ThreadPoolExecutor(2))
        run_status_service_pb2_grpc.add_RunStatusServiceServicer_to_server(refusing, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        self.addCleanup(lambda: server.stop(None).wait(10))
        channel = self.enterContext(grpc.insecure_channel(
            f"127.0.0.1:{port}", [("grpc.service_config", CONFIG)]))
        return run_status_service_pb2_grpc.RunStatusServiceStub(channel)

    def get(self, refusing):
        """The code it ended with."""
        try:
            self.service(refusing).GetStatus(run_status_service_pb2.GetStatusRequest(), timeout=20)
        except grpc.RpcError as error:
            return error.code()
        return grpc.StatusCode.OK

    def test_a_read_that_a_draining_gateway_refuses_is_asked_again(self):
        refusing = Refusing(2)
        self.assertEqual(self.get(refusing), grpc.StatusCode.OK)
        self.assertEqual(len(refusing.times), 3)

    def test_not_more_than_three_times(self):
        refusing = Refusing(9)
        self.assertEqual(self.get(refusing), grpc.StatusCode.UNAVAILABLE)
        self.assertEqual(len(refusing.times), 3)

    def test_when_the_gateway_says(self):
        refusing = Refusing(1, pushback_ms=700)
        self.assertEqual(self.get(refusing), grpc.StatusCode.OK)
        self.assertGreaterEqual(refusing.times[1] - refusing.times[0], 0.69)

    def test_what_the_platform_caused_is_not_repeated(self):
        refusing = Refusing(9, headers=True)
        self.assertEqual(self.get(refusing), grpc.StatusCode.UNAVAILABLE)
        self.assertEqual(len(refusing.times), 1)

    def test_a_watch_is_not_repeated_because_it_has_a_token_to_go_on_with(self):
        refusing = Refusing(9)
        with self.assertRaises(grpc.RpcError):
            list(self.service(refusing).WatchRun(run_status_service_pb2.WatchRunRequest(), timeout=20))
        self.assertEqual(len(refusing.times), 1)

    def test_the_methods_exist(self):
        names = [name for config in json.loads(CONFIG)["methodConfig"] for name in config["name"]]
        service = run_status_service_pb2.DESCRIPTOR.services_by_name["RunStatusService"]
        for name in names:
            self.assertEqual(name["service"], service.full_name)
            self.assertIn(name["method"], service.methods_by_name)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
