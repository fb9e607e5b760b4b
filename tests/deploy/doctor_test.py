#!/usr/bin/env python3
"""`runcast doctor` against real programs, each with one thing wrong: it must name it.

Usage: doctor_test.py ROOT SIMULATOR GATEWAY CLIENT
"""

import http.server
import json
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

from proxies import start_haproxy, start_nginx
from scene import STREAM, SUITE, Scene, free_port, until
from tcp_relay import TcpRelay

SIMULATOR, GATEWAY, CLIENT = sys.argv[2:5]


def doctor(gateway, *more, run="tr-1", stream=STREAM, hold="2s", limit_s=120):
    """Exit code and the findings by check."""
    result = subprocess.run(
        [CLIENT, "doctor", "--json", "--gateway", gateway, "--for", hold, *more, stream, SUITE, run],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=limit_s)
    report = json.loads(result.stdout)
    findings = {}
    for finding in report["findings"]:
        findings.setdefault(finding["check"], []).append(finding)
    return result.returncode, findings


def certificate(folder):
    """Key and certificate for `localhost`, and the flags that serve and trust them."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost", "-keyout", f"{folder}/key", "-out",
                    f"{folder}/certificate"], check=True, capture_output=True, timeout=20)
    return {"tls_certificate_file": f"{folder}/certificate", "tls_key_file": f"{folder}/key"}


class QuietHandler(http.server.BaseHTTPRequestHandler):
    """Another program on the port."""

    def log_message(self, *_):
        pass


class DoctorTest(unittest.TestCase):

    def scene(self, **options):
        scene = self.enterContext(Scene(SIMULATOR, GATEWAY, **options))
        scene.start_run(run_id="tr-1", utterances=40, ran=10, duration_ms=600_000)
        return scene

    def assert_bad(self, findings, check, setting):
        bad = [f for f in findings[check] if f["result"] == "bad"]
        self.assertTrue(bad, findings)
        self.assertIn(setting, bad[0]["setting"])

    def test_a_gateway_that_is_well(self):
        code, findings = doctor(self.scene().grpc)

        self.assertEqual(code, 0, findings)
        for check in ("connection", "health", "reflection", "read", "clock", "streams"):
            self.assertEqual([f["result"] for f in findings[check]], ["ok"], findings[check])

    def test_people_are_told_line_by_line(self):
        scene = self.scene()
        result = subprocess.run([CLIENT, "doctor", "--gateway", scene.grpc, "--for", "1s", STREAM,
                                 SUITE, "tr-1"], capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        lines = result.stdout.splitlines()
        self.assertEqual([line.split()[1] for line in lines],
                         ["connection", "health", "reflection", "read", "clock", "streams"])

    def test_a_wrong_secret(self):
        with tempfile.TemporaryDirectory() as folder:
            secret = Path(folder) / "secret"
            secret.write_text("not the secret that the platform knows of us")
            scene = self.scene(config={"credentials": [
                {"name": "wrong", "client_id": "cs-operators", "secret_file": str(secret),
                 "stream_ids": ["*"]}]})
            _, findings = doctor(scene.grpc)
        self.assert_bad(findings, "read", "secret_file")

    def test_a_platform_that_throttles(self):
        scene = self.scene()
        scene.control("/faults", {"kind": "http", "status": 429, "run": "tr-1"})
        code, findings = doctor(scene.grpc)
        self.assertEqual(code, 1)
        self.assertRegex(findings["read"][0]["setting"], "throttles|window")

    def test_an_unknown_run_and_an_unserved_stream(self):
        with tempfile.TemporaryDirectory() as folder:
            scene = self.scene()
            _, findings = doctor(scene.grpc, run="tr-none")
            self.assert_bad(findings, "read", "unknown run")
            credentials = [{"name": "one", "client_id": "cs-1", "stream_ids": ["st-other"],
                            "secret_file": str(Path(folder, "s"))}]
            Path(folder, "s").write_text("any secret will do")
            _, findings = doctor(self.scene(config={"credentials": credentials}).grpc)
        self.assert_bad(findings, "read", "credentials[].stream_ids")

    def test_access_that_is_denied(self):
        with tempfile.TemporaryDirectory() as folder:
            policy = Path(folder) / "policy.json"
            policy.write_text(json.dumps({
                "name": "nobody",
                "allow_rules": [{"name": "one", "source": {"principals": ["spiffe://x/y"]}}]}))
            scene = self.scene(config={"access": {"policy_file": str(policy)}})
            _, findings = doctor(scene.grpc)
        self.assert_bad(findings, "read", "access.policy_file")

    def test_plaintext_against_tls_and_the_other_way_round(self):
        plain = self.scene()
        code, findings = doctor(plain.grpc, "--tls")
        self.assertEqual(code, 3)
        self.assert_bad(findings, "connection", "TLS against plaintext")
        with tempfile.TemporaryDirectory() as folder:
            secure = self.scene(config={"server": certificate(folder)})
            _, findings = doctor(secure.grpc)
            self.assert_bad(findings, "connection", "plaintext against TLS")
            _, findings = doctor(secure.grpc, "--tls")
            self.assert_bad(findings, "connection", "--tls-ca")
            trusting = ["--tls-ca", f"{folder}/certificate"]
            _, findings = doctor(secure.grpc, *trusting, "--tls-server-name", "elsewhere")
            self.assert_bad(findings, "connection", "--tls-server-name")
            code, findings = doctor(secure.grpc, *trusting, "--tls-server-name", "localhost")
            self.assertEqual(code, 0, findings)

    def test_a_client_certificate_that_is_missing_or_not_taken(self):
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as elsewhere:
            files = certificate(folder)
            other = certificate(elsewhere)
            scene = self.scene(config={"server": {
                **files, "tls_client_ca_file": files["tls_certificate_file"]}})
            trusting = ["--tls-ca", f"{folder}/certificate", "--tls-server-name", "localhost"]

            def showing(pair):
                return ["--tls-cert", pair["tls_certificate_file"], "--tls-key", pair["tls_key_file"]]

            code, findings = doctor(scene.grpc, *trusting)
            self.assertEqual(code, 3)
            self.assert_bad(findings, "connection", "give one with --tls-cert and --tls-key")
            self.assert_bad(findings, "connection", "server.tls_client_ca_file")
            _, findings = doctor(scene.grpc, *trusting, *showing(other))
            self.assert_bad(findings, "connection", "does not take your client certificate")
            code, findings = doctor(scene.grpc, *trusting, *showing(files))
            self.assertEqual(code, 0, findings)
            read = subprocess.run([CLIENT, "get", "--gateway", scene.grpc, "--timeout", "3s", *trusting, STREAM,
                                   SUITE, "tr-1"], capture_output=True, text=True, timeout=60)
        self.assertEqual(read.returncode, 3)
        self.assertIn("--tls-cert", read.stderr)

    def test_nothing_there_and_something_else_there(self):
        code, findings = doctor(f"127.0.0.1:{free_port()}")
        self.assertEqual(code, 3)
        self.assert_bad(findings, "connection", "nothing listens")
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), QuietHandler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            _, findings = doctor(f"127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
            server.server_close()
        self.assert_bad(findings, "connection", "does not speak gRPC")


class CutTest(unittest.TestCase):
    """Proxies that cut. All look at once, because they take their time."""

    def look(self, name, address, hold):
        started = time.monotonic()
        self.reports[name] = (*doctor(address, hold=hold), time.monotonic() - started)

    def test_what_cuts_streams_is_named(self):
        self.reports = {}
        with Scene(SIMULATOR, GATEWAY) as scene, tempfile.TemporaryDirectory() as folder:
            scene.start_run(run_id="tr-1", utterances=40, ran=10, duration_ms=600_000)
            # nginx' default of 60 s for silence cuts nothing here: the gateway's pings each 20 s count as
            # something read from it. So one of 10 s.
            nginx, nginx_address = start_nginx(folder, scene.grpc, location="grpc_read_timeout 10s;")
            haproxy, haproxy_address = start_haproxy(folder, scene.grpc)
            relays = {limit: TcpRelay(scene.grpc, b"WatchRun", cut_after_s=limit) for limit in (15, 60)}
            try:
                for address in (nginx_address, haproxy_address):
                    self.passes_calls_on(address)
                looks = [threading.Thread(target=self.look, args=(name, address, hold))
                         for name, address, hold in (("nginx", nginx_address, "40s"),
                                                     ("haproxy", haproxy_address, "70s"),
                                                     ("15 s", relays[15].address, "40s"),
                                                     ("60 s", relays[60].address, "70s"))]
                for look in looks:
                    look.start()
                for look in looks:
                    look.join()
            finally:
                for relay in relays.values():
                    relay.close()
                nginx.stop()
                haproxy.stop()

        for name, setting in (("nginx", "grpc_read_timeout"), ("haproxy", "50 s")):
            _, findings, took = self.reports[name]
            self.assertIn(setting, findings["streams"][0]["setting"])
            self.assertIn("the watch with heartbeats lives", findings["streams"][0]["words"])
            self.assertLess(took, 115, "the cause must be found within two minutes")
        self.assertIn("nginx", self.reports["nginx"][1]["connection"][0]["words"])
        for limit, setting in (("15 s", "Envoy's default route time-out"), ("60 s", "60 s")):
            code, findings, took = self.reports[limit]
            self.assertEqual(code, 1)
            self.assertIn(setting, findings["streams"][0]["setting"])
            self.assertLess(took, 115)

    @staticmethod
    def passes_calls_on(address):
        def answers():
            return subprocess.run([CLIENT, "get", "--gateway", address, "--timeout", "2s", STREAM,
                                   SUITE, "tr-1"], capture_output=True, timeout=20).returncode == 0
        until(answers, 20, f"{address} passes calls on")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
