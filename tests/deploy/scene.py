"""A gateway and a simulated platform for tests of what operators use.

    with Scene(simulator, gateway) as scene:
        scene.start_run(ran=10, duration_ms=60_000)
        scene.get("/metrics")
"""

import json
import queue
import secrets
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

STREAM = "st-operators"
SUITE = "Smoke tests / täglich"
READY_LIMIT_S = 30
STOP_LIMIT_S = 20


class Program:
    """A started program; the lines of its stderr and stdout together. Stopped by process id."""

    def __init__(self, arguments, **options):
        self.name = Path(arguments[0]).name
        self.lines = []
        self._new = queue.Queue()
        self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line)
            self._new.put(line)
        self._new.put(None)

    def wait_for_line(self, wanted, limit_s=READY_LIMIT_S):
        """The first line, not looked at by an earlier call, for which `wanted` gives something."""
        deadline = time.monotonic() + limit_s
        while True:
            try:
                line = self._new.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                raise AssertionError(f"{self.name} did not say it in {limit_s} s:\n"
                                     + "".join(self.lines[-50:]))
            found = wanted(line)
            if found:
                return found

    def wait_for_event(self, event, limit_s=READY_LIMIT_S):
        """The fields of the next log line with this event."""
        def wanted(line):
            try:
                fields = json.loads(line)
            except ValueError:
                return None
            return fields if isinstance(fields, dict) and fields.get("event") == event else None
        return self.wait_for_line(wanted, limit_s)

    def stop(self):
        """SIGTERM, and the exit code."""
        self.process.terminate()
        try:
            code = self.process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self._reader.join(5)
        self.process.stdout.close()
        return code


def until(condition, limit_s, what):
    """What `condition` gives, once that is something; fails after the limit."""
    deadline = time.monotonic() + limit_s
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {limit_s} s: {what}")
        time.sleep(0.05)


def free_port():
    """A port of loopback that was free a moment ago: for programs that cannot choose one."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Scene:
    """Both programs on free ports of loopback. `config` goes on top of the sections of the file."""

    def __init__(self, simulator, gateway, config=None, simulator_flags=(), gateway_flags=()):
        self._programs = (simulator, gateway)
        self._config = config or {}
        self._simulator_flags = list(simulator_flags)
        self._gateway_flags = list(gateway_flags)

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="runcast-operators-")
        self.folder = Path(self._folder.name)
        self.secret = secrets.token_hex(22)
        self.simulator = Program([self._programs[0], "--default-app", f"cs-operators:{self.secret}",
                                  *self._simulator_flags])
        platform = json.loads(self.simulator.wait_for_line(
            lambda line: line if '"api"' in line else None))
        self.platform = platform["api"]
        self.control_url = platform["control"]
        (self.folder / "secret").write_text(self.secret)
        self.write_config(self._config)
        self.gateway = Program([self._programs[1], "--config", str(self.folder / "gateway.json"),
                                "--log-format", "json", *self._gateway_flags])
        ready = self.gateway.wait_for_event("gateway.ready")
        self.grpc, self.admin = ready["grpc"], ready["admin"]
        return self

    def __exit__(self, *_):
        self.gateway.stop()
        self.simulator.stop()
        self._folder.cleanup()

    def write_config(self, config):
        """The gateway's file, with the members of each section of `config` on top."""
        base = {
            "server": {"listen": "127.0.0.1:0", "reflection": True},
            "admin": {"listen": "127.0.0.1:0"},
            "upstream": {"base_url": self.platform, "allow_http": True},
            "drain": {"delay": "0s", "spread": "0s"},
            "credentials": [{"name": "operators", "client_id": "cs-operators",
                             "secret_file": str(self.folder / "secret"), "stream_ids": ["*"]}],
        }
        for section, members in config.items():
            if isinstance(members, dict):
                base[section] = {**base.get(section, {}), **members}
            else:
                base[section] = members
        (self.folder / "gateway.json").write_text(json.dumps(base, indent=1))

    def control(self, path, body=None, method=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.control_url + path, data, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def start_run(self, **members):
        """The id of a new run of STREAM and SUITE."""
        body = {"stream": STREAM, "suite": SUITE, **members}
        return self.control("/runs", body)["run_ids"][0]

    def get(self, path):
        """The body of a page of the admin port."""
        with urllib.request.urlopen(f"http://{self.admin}{path}", timeout=10) as answer:
            return answer.read().decode()
