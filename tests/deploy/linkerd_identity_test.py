#!/usr/bin/env python3
"""Calls that come as those of Linkerd's proxy do: from the pod's address to the pod's address, with the header that
says who the caller is, to a gateway with the configuration of the overlay.

Usage: linkerd_identity_test.py ROOT SIMULATOR GATEWAY, with the generated Python code in PYTHONPATH.
"""

import json
import re
import socket
import sys
import unittest
from pathlib import Path

import grpc

from runcast.v1 import run_status_pb2, run_status_service_pb2, run_status_service_pb2_grpc
from scene import STREAM, SUITE, Scene

ROOT = Path(sys.argv[1])
SIMULATOR, GATEWAY = sys.argv[2:4]
OVERLAY = ROOT / "deploy/kubernetes/overlays/linkerd/gateway.json"
CALLER = ("l5d-client-id", "ci.callers.serviceaccount.identity.linkerd.cluster.local")


def own_address():
    """One of this machine that is not loopback, or nothing. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address = probe.getsockname()[0]
    return None if address.startswith("127.") else address


@unittest.skipUnless(own_address(), "this machine has no address but loopback")
class LinkerdIdentityTest(unittest.TestCase):

    def code_of_a_read(self, metadata, **access):
        """Over the machine's own address."""
        overlay = json.loads(re.sub(r"^\s*//.*$", "", OVERLAY.read_text(), flags=re.M))
        overlay["server"]["listen"] = "0.0.0.0:0"
        config = {"server": overlay["server"], "access": {**overlay["access"], **access}}
        with Scene(SIMULATOR, GATEWAY, config=config) as scene:
            run_id = scene.start_run(utterances=4, duration_ms=60_000)
            port = scene.grpc.rsplit(":", 1)[1]
            with grpc.insecure_channel(f"{own_address()}:{port}") as channel:
                run = run_status_pb2.RunReference(stream_id=STREAM, suite_name=SUITE, run_id=run_id)
                try:
                    run_status_service_pb2_grpc.RunStatusServiceStub(channel).GetStatus(
                        run_status_service_pb2.GetStatusRequest(run=run), metadata=metadata, timeout=15)
                    return "OK"
                except grpc.RpcError as error:
                    return error.code().name

    def test_the_proxy_of_the_same_pod_is_believed(self):
        self.assertEqual(self.code_of_a_read([CALLER]), "OK")

    def test_without_its_word_nobody_is_let_in(self):
        self.assertEqual(self.code_of_a_read([]), "UNAUTHENTICATED")

    def test_where_proxies_are_named_it_is_not_believed(self):
        self.assertEqual(self.code_of_a_read([CALLER], trusted_proxies=["203.0.113.9"]), "UNAUTHENTICATED")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
