#!/usr/bin/env python3
"""deploy/quickstart.sh as its users call it, with programs that are built already.

Usage: quickstart_test.py QUICKSTART BUILD_DIR SIMULATOR
"""

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import capture
import with_gateway

QUICKSTART, BUILD_DIR, SIMULATOR = (os.path.abspath(path) for path in sys.argv[1:4])
LIMIT_S = 90
CLIENT_ID = "cs-clients"


class Quickstart:
    """The script on its way. What it starts carries a mark, by which what is left behind is found."""

    def __init__(self, *arguments, environment=None):
        self._mark = f"QUICKSTART_TEST={secrets.token_hex(16)}"
        name, value = self._mark.split("=")
        self._output = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [QUICKSTART, *arguments], cwd="/", stdin=subprocess.DEVNULL, stdout=self._output,
            stderr=subprocess.STDOUT,
            env={"PATH": os.environ["PATH"], "RUNCAST_BUILD_DIR": BUILD_DIR, name: value,
                 **(environment or {})})

    def text(self):
        return os.pread(self._output.fileno(), 1 << 20, 0).decode()

    def wait_for(self, pattern):
        """The first match in what it says."""
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            ended = self.process.poll() is not None
            found = re.search(pattern, self.text())
            if found:
                return found
            if ended:
                break
            time.sleep(0.05)
        raise AssertionError(f"no {pattern!r} in: {self.text()}")

    def end(self):
        """The exit code, once it has ended by itself."""
        return self.process.wait(LIMIT_S)

    def left_behind(self):
        """Names of processes that it started and that are alive."""
        names = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if self._mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                    names.append((folder / "comm").read_text().strip())
            except OSError:
                continue
        return names

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(LIMIT_S)
        capture.keep("log", self.text())
        self._output.close()


class WrongArguments(unittest.TestCase):
    def test_are_told_with_code_2_and_nothing_is_started(self):
        cases = [(["--sreve"], "unknown argument '--sreve'"),
                 (["--serve", "more"], "--serve takes no arguments"),
                 (["--config"], "--config needs FILE STREAM SUITE RUN, 0 given"),
                 (["--config", "/etc/hostname", "st", "Smoke", "tests", "tr"], "5 given; quote"),
                 (["--config", "/no/such/file", "st", "suite", "tr"], "/no/such/file"),
                 (["--config", "/etc/hostname", "st", "", "tr"], "must not be empty")]
        for arguments, words in cases:
            with self.subTest(arguments), Quickstart(*arguments) as quickstart:
                self.assertEqual(quickstart.end(), 2)
                self.assertIn(words, quickstart.text())
                self.assertEqual(quickstart.left_behind(), [])

    def test_a_configuration_with_faults_shows_them(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as config:
            config.write('{"upstream": {"base_url": "https://platform.example"}, "pollling": {}}')
            config.flush()
            with Quickstart("--config", config.name, "st", "suite", "tr") as quickstart:
                self.assertEqual(quickstart.end(), 1)
                self.assertIn("pollling", quickstart.text())


class Signals(unittest.TestCase):
    def test_end_everything_and_are_the_exit_code(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            with self.subTest(number), Quickstart() as quickstart:
                quickstart.wait_for(r" running, ")  # All watchers were started before.
                self.assertGreater(len(quickstart.left_behind()), 50)
                quickstart.process.send_signal(number)
                self.assertEqual(quickstart.end(), code, quickstart.text())
                self.assertEqual(quickstart.left_behind(), [])


class Serve(unittest.TestCase):
    def test_its_lines_can_be_pasted_in_any_directory(self):
        of_another_gateway = {"RUNCAST_UPSTREAM_BASE_URL": "https://platform.example",
                              "RUNCAST_SERVER_TLS_CERTIFICATE_FILE": "/no/such/file",
                              "RUNCAST_GATEWAY": "gateway.example:8443"}
        with Quickstart("--serve", environment=of_another_gateway) as quickstart:
            text = quickstart.wait_for(r"(?s)from any directory:\n(.*)Ctrl-C").group(1)
            lines = [line.strip() for line in text.splitlines() if line.strip()]
            commands = [line for line in lines if not line.startswith("#")]
            # The first one watches; it ends because a later one finishes the run.
            watch = subprocess.Popen(["sh", "-c", commands[0]], cwd="/", stdin=subprocess.DEVNULL,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            for command in commands[1:]:
                done = subprocess.run(["sh", "-c", command], cwd="/", stdin=subprocess.DEVNULL,
                                      capture_output=True, text=True, timeout=LIMIT_S)
                self.assertEqual((done.returncode, done.stderr), (0, ""), command)
                self.assertNotIn('"error"', done.stdout, command)
            out, _ = watch.communicate(timeout=LIMIT_S)
            self.assertEqual(watch.returncode, 0, out)
            self.assertGreaterEqual(len(commands), 7)

            self.keep_what_was_said(quickstart.text())
            quickstart.process.send_signal(signal.SIGTERM)
            self.assertEqual(quickstart.end(), 143)
            self.assertEqual(quickstart.left_behind(), [])

    def keep_what_was_said(self, text):
        """By the programs, in files and pages that are gone with the script."""
        work = Path(re.search(r"logs +(\S+)", text).group(1))
        for name in ("gateway.err", "simulator.out", "simulator.err"):
            capture.keep("log", (work / name).read_text())
        capture.keep("secret", (work / "client-secret").read_text().strip())
        capture.keep_pages(re.search(r"admin +http://(\S+)", text).group(1))


class Config(unittest.TestCase):
    def test_a_configuration_with_tls_and_access_rules_serves_the_local_watch(self):
        secret = secrets.token_hex(22)
        capture.keep("secret", secret)
        simulator = with_gateway.Program([SIMULATOR, "--default-app", f"{CLIENT_ID}:{secret}"], "stdout")
        self.addCleanup(simulator.stop)
        platform = simulator.wait_for_json(lambda line: "api" in line)
        run = with_gateway.call(platform["control"] + "/runs", {
            "stream": "st-1", "suite": "Smoke tests", "utterances": 4, "duration_ms": 2000,
        })["run_ids"][0]
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                            "-subj", "/CN=gateway.example", "-keyout", folder / "tls.key",
                            "-out", folder / "tls.crt"], check=True, capture_output=True)
            (folder / "secret").write_text(secret)
            (folder / "policy.json").write_text('{"rules": []}')
            (folder / "gateway.json").write_text(json.dumps({
                "server": {"listen": "0.0.0.0:8443", "tls_certificate_file": f"{folder}/tls.crt",
                           "tls_key_file": f"{folder}/tls.key",
                           "tls_client_ca_file": f"{folder}/tls.crt"},
                "admin": {"listen": "0.0.0.0:9443"},
                "upstream": {"base_url": platform["api"], "allow_http": True},
                "credentials": [{"name": "main", "client_id": CLIENT_ID,
                                 "secret_file": f"{folder}/secret", "stream_ids": ["*"]}],
                "log": {"level": "LEVEL_ERROR"},
                "access": {"require_identity": True, "policy_file": f"{folder}/policy.json"},
            }))

            with Quickstart("--config", str(folder / "gateway.json"), "st-1", "Smoke tests",
                            run) as quickstart:
                self.assertEqual(quickstart.end(), 0, quickstart.text())
                self.assertIn("state", quickstart.text())
                self.assertEqual(quickstart.left_behind(), [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
