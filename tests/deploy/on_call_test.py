#!/usr/bin/env python3
"""Three nights on call. Each cause is named within two minutes by the doctor, and by each of the others that can
know it: the page, the metrics with the alert and runbook they lead to, and the log.

Usage: on_call_test.py ROOT SIMULATOR GATEWAY CLIENT
"""

import json
import re
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import yaml

from scene import STREAM, SUITE, Scene, until
from tcp_relay import TcpRelay

ROOT = Path(sys.argv[1])
SIMULATOR, GATEWAY, CLIENT = sys.argv[2:5]
LIMIT_S = 120


def metric(text, name):
    """The value of a series, 0 where there is none."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)
    return float(found.group(1)) if found else 0.0


def runbook_for(series):
    """What to do, by the alert whose rule counts this series."""
    name, label, value = re.fullmatch(r'(\w+)\{(\w+)="(\w+)"\}', series).groups()
    rules = yaml.safe_load((ROOT / "deploy/monitoring/alerts.yaml").read_text())["groups"][0]["rules"]
    for rule in rules:
        for _, match in re.findall(rf'{name}\{{{label}(=~?)"([^"]+)"\}}', rule["expr"]):
            if re.fullmatch(match, value):
                pages = (ROOT / "deploy/runbooks.md").read_text().split("\n## ")
                page, = [one for one in pages if one.startswith(rule["alert"] + "\n")]
                return page[page.index("**Do:**"):]
    raise AssertionError(f"no alert counts {series}")


class OnCallTest(unittest.TestCase):

    def setUp(self):
        self.began = time.monotonic()

    def tearDown(self):
        self.assertLess(time.monotonic() - self.began, LIMIT_S)

    def scene(self, **options):
        scene = self.enterContext(Scene(SIMULATOR, GATEWAY, **options))
        scene.start_run(run_id="tr-1", utterances=40, ran=10)
        return scene

    def watch(self, address):
        """A caller, who makes the gateway ask the platform."""
        caller = subprocess.Popen([CLIENT, "watch", "--gateway", address, STREAM, SUITE, "tr-1"],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        self.addCleanup(caller.wait, 20)
        self.addCleanup(caller.terminate)

    def doctor_says(self, scene, words):
        result = subprocess.run([CLIENT, "doctor", "--gateway", scene.grpc, "--for", "1s", STREAM, SUITE,
                                 "tr-1"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                timeout=60)
        # A line BAD, and below it the setting.
        self.assertRegex(result.stdout, rf"BAD .*\n +.*{re.escape(words)}")
        self.assertEqual(result.returncode, 1)

    def page_says(self, scene, reason, words):
        def run():
            return next((run for run in json.loads(scene.get("/runs"))["runs"]
                         if run["reason"] == reason), None)
        self.assertRegex(until(run, 30, f"the page says {reason}")["message"], words)

    def metrics_lead_to(self, scene, series, words):
        until(lambda: metric(scene.get("/metrics"), series) > 0, 30, f"{series} counts")
        self.assertIn(words, runbook_for(series))

    def test_a_wrong_secret(self):
        with tempfile.TemporaryDirectory() as folder:
            secret = Path(folder) / "secret"
            secret.write_text("a secret that the platform has never heard of")
            scene = self.scene(config={"credentials": [
                {"name": "wrong", "client_id": "cs-operators", "secret_file": str(secret),
                 "stream_ids": ["*"]}]})
            self.watch(scene.grpc)

            self.page_says(scene, "UPSTREAM_CREDENTIALS", "401")
            self.metrics_lead_to(scene, 'runcast_upstream_polls_total{outcome="credentials"}',
                                 "compare client id and secret")
            line = scene.gateway.wait_for_event("credentials.refused")
            self.assertIn("compare client id, secret", line["message"])
            self.assertEqual((line["credential"], line["stream"]), ("wrong", STREAM))
            self.doctor_says(scene, "secret_file")

    def test_a_platform_that_throttles(self):
        scene = self.scene()
        scene.control("/faults", {"kind": "http", "status": 429, "call": "status"})
        self.watch(scene.grpc)

        self.page_says(scene, "RUN_BUDGET_SPENT", "429")
        self.metrics_lead_to(scene, 'runcast_upstream_polls_total{outcome="throttled"}',
                             "find the other poller")
        line = scene.gateway.wait_for_event("platform.throttled")
        self.assertIn("something else asks about the same runs", line["message"])
        self.doctor_says(scene, "window for this run is used up")

    def test_a_proxy_that_cuts_every_stream(self):
        """The doctor names the setting (doctor_test has 60 s); the gateway only sees callers go, all at
        the same age."""
        scene = self.scene()
        relay = TcpRelay(scene.grpc, b"WatchRun", cut_after_s=20)
        self.addCleanup(relay.close)
        self.watch(relay.address)

        gone = 'runcast_stream_ends_total{reason="CANCELLED"}'
        until(lambda: metric(scene.get("/metrics"), gone) >= 2, 70, "two cuts")

        labels = ('grpc_type="server_stream",grpc_service="runcast.v1.RunStatusService",'
                  'grpc_method="WatchRun"')
        text = scene.get("/metrics")
        total = metric(text, f"grpc_server_handling_seconds_sum{{{labels}}}")
        count = metric(text, f"grpc_server_handling_seconds_count{{{labels}}}")
        self.assertAlmostEqual(total / count, 20, delta=1)
        page, = [page for page in (ROOT / "deploy/runbooks.md").read_text().split("\n## ")
                 if page.startswith("Streams break")]
        self.assertIn(gone, page)
        self.assertIn("runcast doctor", page)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
