#!/usr/bin/env python3
"""What Prometheus and its tools think of our metrics and alert rules.

Usage: prometheus_test.py ROOT SIMULATOR GATEWAY CLIENT
"""

import json
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from scene import STREAM, SUITE, Program, Scene, until

ROOT = Path(sys.argv[1])
SIMULATOR, GATEWAY, CLIENT = sys.argv[2:5]
ALERTS = ROOT / "deploy/monitoring/alerts.yaml"


def promtool(*arguments, given=None, folder=None):
    return subprocess.run(["promtool", *arguments], input=given, capture_output=True, text=True,
                          timeout=60, cwd=folder)


class PrometheusTest(unittest.TestCase):

    def test_promtool_finds_no_fault_in_metrics_that_count_something(self):
        with Scene(SIMULATOR, GATEWAY) as scene:
            run = scene.start_run(utterances=4, duration_ms=1500)
            subprocess.run([CLIENT, "watch", "--gateway", scene.grpc, STREAM, SUITE, run],
                           check=True, capture_output=True, timeout=60)
            metrics = scene.get("/metrics")

        self.assertRegex(metrics, r"\nruncast_delivery_seconds_count [1-9]")
        self.assertRegex(metrics, r"\nruncast_upstream_poll_seconds_count [1-9]")
        self.assertRegex(metrics, r'\nruncast_token_expiry_seconds\{credential="operators"\} [1-9]')
        self.assertNotIn(run, metrics, "a run id is a label")
        checked = promtool("check", "metrics", given=metrics)
        self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))

    def test_promtool_finds_no_fault_in_the_alert_rules(self):
        checked = promtool("check", "rules", str(ALERTS))
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_each_alert_fires_when_it_should_and_planned_ends_fire_none(self):
        checked = promtool("test", "rules", str(ROOT / "tests/deploy/alerts_test.yaml"),
                           folder=ROOT / "tests/deploy")
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        tried = set(re.findall(r"alertname: (\w+)",
                               (ROOT / "tests/deploy/alerts_test.yaml").read_text()))
        self.assertEqual(tried, set(re.findall(r"alert: (\w+)", ALERTS.read_text())))

    def test_a_real_prometheus_scrapes_and_answers_queries(self):
        with Scene(SIMULATOR, GATEWAY) as scene, tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "prometheus.yml").write_text(json.dumps({
                "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                "rule_files": [str(ALERTS)],
                "scrape_configs": [{"job_name": "runcast-gateway",
                                    "static_configs": [{"targets": [scene.admin]}]}],
            }))
            prometheus = Program(["prometheus", f"--config.file={folder}/prometheus.yml",
                                  f"--storage.tsdb.path={folder}/data", "--log.format=json",
                                  "--web.listen-address=127.0.0.1:0"])
            try:
                address = prometheus.wait_for_line(listening)

                def query(expression):
                    url = f"http://{address}/api/v1/query?" + urllib.parse.urlencode(
                        {"query": expression})
                    try:
                        with urllib.request.urlopen(url, timeout=10) as answer:
                            return json.load(answer)["data"]["result"]
                    except urllib.error.HTTPError:  # It is not ready yet.
                        return None

                until(lambda: query('up{job="runcast-gateway"} == 1'), 30, "a good scrape")
                for expression in ("runcast_build_info", "process_resident_memory_bytes > 0",
                                   "grpc_server_handling_seconds_bucket"):
                    self.assertTrue(until(lambda e=expression: query(e), 10, expression))
                self.assertEqual(query('ALERTS{alertstate="firing"}'), [])
            finally:
                prometheus.stop()


def listening(line):
    """host:port out of the line that says where it listens."""
    try:
        fields = json.loads(line)
    except ValueError:
        return None
    if fields.get("msg") != "Listening on":
        return None
    return fields["address"]


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
