#!/usr/bin/env python3
"""A watch of a run that does not move, through proxies with their default time-outs: nothing cuts it for
six minutes, and then the terminal state comes over the same stream.

Usage: quiet_stream_test.py ROOT SIMULATOR GATEWAY, with the generated Python code in PYTHONPATH. Takes a bit
more than six minutes, nearly all of it waiting.
"""

import sys
import tempfile
import threading
import time
import unittest

import grpc

from proxies import start_haproxy, start_nginx
from runcast.v1 import run_status_pb2, run_status_service_pb2, run_status_service_pb2_grpc
from scene import STREAM, SUITE, Scene, until

SIMULATOR, GATEWAY = sys.argv[2:4]
HOLD_S = 360
# Longer than every default time-out in front: one more heartbeat may be late.
SILENCE_LIMIT_S = 45


class HeldWatch:
    """One stream, opened once; what came over it and how it ended."""

    def __init__(self, address):
        self._channel = grpc.insecure_channel(address)
        run = run_status_pb2.RunReference(stream_id=STREAM, suite_name=SUITE, run_id="tr-1")
        self._call = run_status_service_pb2_grpc.RunStatusServiceStub(self._channel).WatchRun(
            run_status_service_pb2.WatchRunRequest(run=run), timeout=HOLD_S + 120)
        self.statuses, self.heartbeats, self.longest_silence = [], 0, 0
        self.end = None
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        last = time.monotonic()
        try:
            for message in self._call:
                now = time.monotonic()
                self.longest_silence, last = max(self.longest_silence, now - last), now
                if message.HasField("status"):
                    self.statuses.append(message.status)
                else:
                    self.heartbeats += 1
            self.end = "OK"
        except grpc.RpcError as error:
            self.end = f"{error.code()}: {error.details()}"

    def close(self):
        self._call.cancel()
        self._thread.join(10)
        self._channel.close()


class QuietStreamTest(unittest.TestCase):

    def test_default_time_outs_cut_nothing_for_six_minutes(self):
        with Scene(SIMULATOR, GATEWAY) as scene, tempfile.TemporaryDirectory() as folder:
            scene.start_run(run_id="tr-1", utterances=40, ran=10)
            nginx, nginx_address = start_nginx(folder, scene.grpc)
            self.addCleanup(nginx.stop)
            haproxy, haproxy_address = start_haproxy(folder, scene.grpc)
            self.addCleanup(haproxy.stop)
            watches = {name: HeldWatch(address)
                       for name, address in (("nginx", nginx_address), ("HAProxy", haproxy_address),
                                             ("nothing", scene.grpc))}
            try:
                until(lambda: all(watch.statuses for watch in watches.values()), 20, "all see the run")
                # Ends earlier only when a stream does.
                held = threading.Event()
                deadline = time.monotonic() + HOLD_S
                while time.monotonic() < deadline and not any(w.end for w in watches.values()):
                    held.wait(1)
                for name, watch in watches.items():
                    self.assertIsNone(watch.end, f"through {name}: {watch.end}")
                    self.assertGreaterEqual(watch.heartbeats, HOLD_S // 20 - 2, name)
                    self.assertLess(watch.longest_silence, SILENCE_LIMIT_S, name)

                scene.control("/runs/tr-1", {"finish_now": True}, method="PATCH")
                until(lambda: all(watch.end for watch in watches.values()), 30, "the terminal state")
            finally:
                for watch in watches.values():
                    watch.close()
        for name, watch in watches.items():
            self.assertEqual(watch.end, "OK", name)
            self.assertTrue(watch.statuses[-1].terminal, name)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
