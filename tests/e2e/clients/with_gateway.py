#!/usr/bin/env python3
"""Runs a client against a gateway and a simulated platform of its own.

Usage: with_gateway.py [--cut] SIMULATOR GATEWAY CLIENT…

Starts both programs on free loopback ports, starts a run of about 3 s, calls the client with
GATEWAY-ADDRESS STREAM SUITE RUN and passes its exit code on. The platform must have seen no more
calls than its limit allows.

With --cut the gateway is killed once the client has told a status of the running run, and another
one takes its port; the client must say that it opens the stream again.
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

import capture

STREAM = "st-clients"
SUITE = "Smoke tests / täglich"
READY_LIMIT_S = 30
CLIENT_LIMIT_S = 60
STOP_LIMIT_S = 15


class Program:
    """A started program whose lines of `stdout`, `stderr` or `both` can be waited for; stopped by
    process id. What it says there is captured."""

    def __init__(self, arguments, stream):
        self._name = Path(arguments[0]).name
        self._lines = queue.Queue()
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT} if stream == "both" else {
            stream: subprocess.PIPE}
        self._process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, text=True, **pipes)
        self._reader = threading.Thread(
            target=self._read, args=(self._process.stdout or self._process.stderr,), daemon=True)
        self._reader.start()

    def _read(self, stream):
        said = []
        for line in stream:
            said.append(line)
            self._lines.put(line)
        capture.keep("log", "".join(said))
        self._lines.put(None)

    def _end(self):
        """Waits until what it said has been read to its end."""
        code = self._process.wait(STOP_LIMIT_S)
        self._reader.join(STOP_LIMIT_S)
        return code

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

    def wait_for_line(self, words):
        """Until a line has these words; says whether one came."""
        deadline = time.monotonic() + READY_LIMIT_S
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return False
            if line is None:
                return False
            print(line, end="")
            if words in line:
                return True

    def kill(self):
        self._process.kill()
        self._end()

    def wait(self):
        """Its exit code, and what it said that nobody waited for."""
        try:
            code = self._process.wait(CLIENT_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            sys.exit(f"{self._name} did not end within {CLIENT_LIMIT_S} s")
        rest = []
        while (line := self._lines.get(timeout=READY_LIMIT_S)) is not None:
            rest.append(line)
        return code, "".join(rest)

    def stop(self):
        """SIGTERM, and the exit code; the rest of its lines goes to stderr when that is not 0."""
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._end()
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._end()
        if code != 0:
            while not self._lines.empty():
                sys.stderr.write(self._lines.get() or "")
            print(f"{self._name} ended with {code}", file=sys.stderr)
        return code


def call(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data), timeout=10) as answer:
        return json.load(answer)


def start_gateway(gateway_path, folder, listen):
    gateway = Program([gateway_path, "--config", str(folder / "gateway.json"),
                       "--server-listen", listen], "stderr")
    return gateway, gateway.wait_for_json(lambda line: line.get("event") == "gateway.ready")


def call_client(client, arguments):
    """Its exit code."""
    return subprocess.run([*client, *arguments], stdin=subprocess.DEVNULL,
                          timeout=CLIENT_LIMIT_S).returncode


def run_client(cut, simulator_path, gateway_path, client, folder):
    secret = secrets.token_hex(22)
    capture.keep("secret", secret)
    simulator = Program([simulator_path, "--default-app", f"cs-clients:{secret}"], "stdout")
    try:
        platform = simulator.wait_for_json(lambda line: "api" in line)

        (folder / "secret").write_text(secret)
        (folder / "gateway.json").write_text(json.dumps({
            "server": {"reflection": True},
            "admin": {"listen": "127.0.0.1:0"},
            "upstream": {"base_url": platform["api"], "allow_http": True},
            "credentials": [{"name": "clients", "client_id": "cs-clients",
                             "secret_file": str(folder / "secret"), "stream_ids": [STREAM]}],
            "drain": {"delay": "0s", "spread": "0s"},
            "log": {"level": "DEBUG"},
        }))
        gateway, ready = start_gateway(gateway_path, folder, "127.0.0.1:0")
        try:
            run_id = call(platform["control"] + "/runs", {
                "stream": STREAM, "suite": SUITE, "utterances": 10,
                "duration_ms": 6000 if cut else 3000,
            })["run_ids"][0]

            arguments = [ready["grpc"], STREAM, SUITE, run_id]
            if cut:
                program = Program(["env", "LC_ALL=C.UTF-8", *client, *arguments], "both")
                if not program.wait_for_line("RUN_STATE_RUNNING"):
                    sys.exit("the client told no status of the running run")
                gateway.kill()
                gateway, ready = start_gateway(gateway_path, folder, ready["grpc"])
                code, rest = program.wait()
                print(rest, end="")
                if "opening the stream again" not in rest:
                    sys.exit("the client did not notice that the gateway was killed")
            else:
                code = call_client(client, arguments)

            capture.keep_pages(ready["admin"])
            stats = call(f"{platform['control']}/stats?run={urllib.parse.quote(run_id)}")
        finally:
            gateway_code = gateway.stop()
    finally:
        simulator.stop()
    calls, violations = stats["runs"][run_id]["calls"], stats["violations"]
    print(f"client ended with {code}; the platform saw {calls} calls, {violations} over its limits")
    return 1 if code or violations or calls < 1 or gateway_code else 0


if __name__ == "__main__":
    cut_in_between = sys.argv[1] == "--cut"
    simulator_program, gateway_program, *client_command = sys.argv[2 if cut_in_between else 1:]
    with tempfile.TemporaryDirectory(prefix="runcast-clients-") as name:
        sys.exit(run_client(cut_in_between, simulator_program, gateway_program, client_command,
                            Path(name)))
