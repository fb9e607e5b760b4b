#!/usr/bin/env python3
"""Two replicas behind nginx are replaced one after the other, by SIGTERM under load, as a rolling update
does: no read fails, and no terminal state is lost.

Usage: rolling_update_test.py ROOT SIMULATOR GATEWAY CLIENT, with the generated Python code in PYTHONPATH.
"""

import collections
import json
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

import grpc

from proxies import start_nginx
from runcast.v1 import run_status_pb2, run_status_service_pb2, run_status_service_pb2_grpc
from scene import STREAM, SUITE, Program, Scene, until

ROOT = Path(sys.argv[1])
SIMULATOR, GATEWAY, CLIENT = sys.argv[2:5]
CONFIG = (ROOT / "client/service_config.json").read_text()
READERS, PAUSE_S = 4, 0.005
# Shorter than the defaults, so that the test is; in the same order.
DRAIN = {"delay": "2s", "spread": "3s", "hard_deadline": "20s"}


class Reader:
    """Reads a run again and again over one channel, with the service config that callers are given."""

    def __init__(self, address, run_id):
        self.codes = collections.Counter()
        self.errors = []
        run = run_status_pb2.RunReference(stream_id=STREAM, suite_name=SUITE, run_id=run_id)
        self._request = run_status_service_pb2.GetStatusRequest(run=run)
        self._channel = grpc.insecure_channel(address, [("grpc.service_config", CONFIG)])
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        stub = run_status_service_pb2_grpc.RunStatusServiceStub(self._channel)
        while not self._stop.wait(PAUSE_S):
            try:
                stub.GetStatus(self._request, timeout=15)
                self.codes["OK"] += 1
            except grpc.RpcError as error:
                self.codes[error.code().name] += 1
                self.errors.append(error.details())

    def stop(self):
        self._stop.set()
        self._thread.join(30)
        self._channel.close()


class RollingUpdateTest(unittest.TestCase):

    def start_replica(self, scene, listen="127.0.0.1:0"):
        replica = Program([GATEWAY, "--config", str(scene.folder / "gateway.json"), "--log-format", "json",
                           "--server-listen", listen])
        self.addCleanup(lambda: replica.process.poll() is not None or replica.stop())
        return replica, replica.wait_for_event("gateway.ready")["grpc"]

    def watch(self, address, run_id):
        """The program, as a script would call it. Its exit code is 0 when the run completed."""
        return subprocess.Popen([CLIENT, "watch", "--json", "--gateway", address, STREAM, SUITE, run_id],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def replace(self, scene, replica, address, ending_runs):
        """SIGTERM, runs that end while it drains, and a new one at the same address."""
        replica.process.terminate()
        replica.wait_for_event("gateway.draining")
        for run_id in ending_runs:
            scene.control(f"/runs/{run_id}", {"finish_now": True}, method="PATCH")
        self.assertEqual(replica.process.wait(30), 0)
        replica.stop()
        return self.start_replica(scene, address)

    def test_no_read_fails_and_no_terminal_state_is_lost(self):
        config = {"drain": DRAIN, "polling": {"expected_pollers": 3}}
        with Scene(SIMULATOR, GATEWAY, config=config) as scene, tempfile.TemporaryDirectory() as folder:
            runs = [scene.start_run(run_id=f"tr-{i}", utterances=40, ran=10) for i in range(6)]
            replicas = [self.start_replica(scene) for _ in range(2)]
            nginx, address = start_nginx(folder, *(grpc_address for _, grpc_address in replicas))
            self.addCleanup(nginx.stop)
            watches = {run: [self.watch(address, run) for _ in range(3)] for run in runs}
            readers = [Reader(address, run) for run in runs[:READERS]]
            try:
                until(lambda: all(reader.codes["OK"] > 50 for reader in readers), 30, "load")
                before = sum(reader.codes["OK"] for reader in readers)
                for (replica, grpc_address), ending in zip(replicas, (runs[0::2], runs[1::2])):
                    self.replace(scene, replica, grpc_address, ending)
                ends = {run: [(*watch.communicate(timeout=40), watch.returncode) for watch in of_run]
                        for run, of_run in watches.items()}
            finally:
                for reader in readers:
                    reader.stop()
                for watch in sum(watches.values(), []):
                    watch.poll() is not None or watch.kill()

        codes = sum((reader.codes for reader in readers), collections.Counter())
        print(f"reads: {dict(codes)}, {codes['OK'] - before} of them while replicas were replaced")
        self.assertEqual(set(codes), {"OK"}, [reader.errors[:3] for reader in readers])
        self.assertGreater(codes["OK"] - before, 500)
        for run, of_run in ends.items():
            for out, err, code in of_run:
                self.assertEqual(code, 0, f"{run}: {err}")
                last = json.loads(out.splitlines()[-1])
                self.assertEqual(last["status"]["state"], "RUN_STATE_COMPLETED", run)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
