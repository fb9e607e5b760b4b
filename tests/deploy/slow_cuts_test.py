#!/usr/bin/env python3
"""`runcast doctor --for 6m` names cuts that a look of 70 s is too short for.

Usage: slow_cuts_test.py ROOT SIMULATOR GATEWAY CLIENT. Takes six minutes, nearly all of it waiting.
"""

import json
import subprocess
import sys
import tempfile
import unittest

from proxies import start_haproxy
from scene import STREAM, SUITE, Scene
from tcp_relay import TcpRelay

SIMULATOR, GATEWAY, CLIENT = sys.argv[2:5]


class SlowCutsTest(unittest.TestCase):

    def look(self, address):
        """The doctor, at work."""
        return subprocess.Popen(
            [CLIENT, "doctor", "--json", "--gateway", address, "--for", "6m", STREAM, SUITE, "tr-1"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)

    def assert_names(self, look, ending, setting, words):
        """`ending`: its exit code, and how bad it finds the streams."""
        out, _ = look.communicate(timeout=420)
        streams = [one for one in json.loads(out)["findings"] if one["check"] == "streams"]
        self.assertEqual((look.returncode, streams[0]["result"]), ending, out)
        self.assertIn(setting, streams[0]["setting"])
        self.assertIn(words, streams[0]["words"])

    def test_two_minutes_for_every_stream_and_five_for_silent_ones(self):
        with Scene(SIMULATOR, GATEWAY) as scene, tempfile.TemporaryDirectory() as folder:
            scene.start_run(run_id="tr-1", utterances=40, ran=10)
            relay = TcpRelay(scene.grpc, b"WatchRun", cut_after_s=120)
            self.addCleanup(relay.close)
            # In the place of Envoy, which is no Debian package: silence of its default length.
            haproxy, address = start_haproxy(folder, scene.grpc, silence_s=300)
            self.addCleanup(haproxy.stop)
            looks = [self.look(relay.address), self.look(address)]
            try:
                self.assert_names(looks[0], (1, "bad"), "max_stream_duration", "120 s")
                # A note: heartbeats come more often, so it does no harm.
                self.assert_names(looks[1], (0, "note"), "300 s is Envoy `stream_idle_timeout`",
                                  "the watch with heartbeats lives")
            finally:
                for look in looks:
                    look.poll() is not None or look.kill()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
