#!/usr/bin/env python3
"""Runs a client against a gateway and a simulated platform of its own.

Usage: with_gateway.py SIMULATOR GATEWAY CLIENT…

Starts both programs on free loopback ports, starts a run of about 3 s, calls the client with
GATEWAY-ADDRESS STREAM SUITE RUN and passes its exit code on. The platform must have seen no more
calls than its limit allows.
"""

import json
import queue
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

STREAM = "st-clients"
SUITE = "Smoke tests / täglich"
READY_LIMIT_S = 30
CLIENT_LIMIT_S = 60
STOP_LIMIT_S = 15


class Program:
    """A started program whose lines of one stream can be waited for; stopped by process id."""

    def __init__(self, arguments, stream):
        self._name = Path(arguments[0]).name
        self._lines = queue.Queue()
        self._process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, text=True,
                                         **{stream: subprocess.PIPE})
        threading.Thread(target=self._read, args=(getattr(self._process, stream),),
                         daemon=True).start()

    def _read(self, stream):
        for line in stream:
            self._lines.put(line)
        self._lines.put(None)

    def wait_for_json(self, wanted):
        """The first line that is a JSON object for which `wanted` is true."""
        deadline = time.monotonic() + READY_LIMIT_S
        seen = []
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                sys.exit(f"{self._name} did not get ready within {READY_LIMIT_S} s: {''.join(seen)}")
            seen.append(line)
            try:
                value = json.loads(line)
            except ValueError:
                continue
            if wanted(value):
                return value

    def stop(self):
        """SIGTERM, and the exit code; the rest of its lines goes to stderr when that is not 0."""
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        if code != 0:
            while not self._lines.empty():
                sys.stderr.write(self._lines.get() or "")
            print(f"{self._name} ended with {code}", file=sys.stderr)
        return code


def call(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data), timeout=10) as answer:
        return json.load(answer)


def run_client(simulator_path, gateway_path, client, folder):
    secret = secrets.token_hex(22)
    simulator = Program([simulator_path, "--default-app", f"cs-clients:{secret}"], "stdout")
    try:
        platform = simulator.wait_for_json(lambda line: "api" in line)

        (folder / "secret").write_text(secret)
        (folder / "gateway.json").write_text(json.dumps({
            "server": {"listen": "127.0.0.1:0", "reflection": True},
            "admin": {"listen": "127.0.0.1:0"},
            "upstream": {"base_url": platform["api"], "allow_http": True},
            "credentials": [{"name": "clients", "client_id": "cs-clients",
                             "secret_file": str(folder / "secret"), "stream_ids": [STREAM]}],
            "drain": {"delay": "0s", "spread": "0s"},
        }))
        gateway = Program([gateway_path, "--config", str(folder / "gateway.json")], "stderr")
        try:
            address = gateway.wait_for_json(lambda line: line.get("event") == "gateway.ready")["grpc"]
            run_id = call(platform["control"] + "/runs", {
                "stream": STREAM, "suite": SUITE, "utterances": 10, "duration_ms": 3000,
            })["run_ids"][0]

            code = subprocess.run([*client, address, STREAM, SUITE, run_id],
                                  stdin=subprocess.DEVNULL, timeout=CLIENT_LIMIT_S).returncode

            stats = call(f"{platform['control']}/stats?run={urllib.parse.quote(run_id)}")
        finally:
            gateway_code = gateway.stop()
    finally:
        simulator.stop()
    calls, violations = stats["runs"][run_id]["calls"], stats["violations"]
    print(f"client ended with {code}; the platform saw {calls} calls, {violations} over its limits")
    return 1 if code or violations or calls < 1 or gateway_code else 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="runcast-clients-") as name:
        sys.exit(run_client(sys.argv[1], sys.argv[2], sys.argv[3:], Path(name)))
