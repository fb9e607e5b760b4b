#!/usr/bin/env python3
"""The live page in headless Chromium: what it shows, the keyboard, dark and light.

Usage: live_page_test.py ROOT SIMULATOR GATEWAY CLIENT NODE-MODULES SCREENSHOTS

Screenshots are left in the folder SCREENSHOTS, for people to look at.
"""

import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

from scene import STREAM, SUITE, Scene, until

SIMULATOR, GATEWAY, CLIENT, NODE_MODULES = sys.argv[2:6]
SCREENSHOTS = Path(sys.argv[6])
EVIL = "tr-<img src=x onerror=alert(1)>"


class LivePageTest(unittest.TestCase):

    def setUp(self):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.clients = []

    def tearDown(self):
        for client in self.clients:
            client.terminate()
            client.wait(20)

    def watch(self, scene, run):
        self.clients.append(subprocess.Popen(
            [CLIENT, "watch", "--gateway", scene.grpc, STREAM, SUITE, run],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def test_the_page_shows_what_is_and_can_be_used_by_keyboard(self):
        with Scene(SIMULATOR, GATEWAY) as scene:
            scene.start_run(run_id="tr-half", utterances=40, ran=20, duration_ms=600_000)
            scene.start_run(run_id="tr-done", utterances=40, duration_ms=10)
            scene.start_run(run_id="tr-sick", utterances=40, ran=4, duration_ms=600_000)
            scene.start_run(run_id=EVIL, utterances=40, ran=1, duration_ms=600_000)
            for run in ("tr-half", "tr-half", "tr-done", "tr-sick", EVIL):
                self.watch(scene, run)
            until(lambda: len(json.loads(scene.get("/runs"))["runs"]) == 4, 20, "four runs")
            until(lambda: all(run["state"] != "unknown"
                              for run in json.loads(scene.get("/runs"))["runs"]), 20, "all seen")
            scene.control("/faults", {"kind": "http", "status": 503, "run": "tr-sick"})

            browser = subprocess.Popen(
                ["node", str(Path(__file__).parent / "live_page.cjs"), scene.admin,
                 str(SCREENSHOTS)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                env={**os.environ, "NODE_PATH": NODE_MODULES})
            try:
                said = browser.stdout.readline()
                if said == "stop\n":
                    scene.gateway.stop()
                _, errors = browser.communicate("stopped\n", timeout=60)
            except subprocess.TimeoutExpired:
                browser.kill()
                _, errors = browser.communicate()
            self.assertEqual((browser.returncode, errors), (0, ""))

    def test_the_configuration_is_shown_without_secrets(self):
        with Scene(SIMULATOR, GATEWAY) as scene:
            shown = scene.get("/configz")

        self.assertEqual(json.loads(shown)["polling"]["linger"], "30s")
        self.assertNotIn(scene.secret, shown)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
