"""The program under test with its own defaults, but for what a row names."""

import json
import pathlib
import re
import urllib.request

from drill.child import Child
from drill.simulator import CLIENT_ID, SECRET

# The load is one caller with hundreds of runs at once, which is not what the limits of new runs
# are about; row 17 is.
MANY_NEW_RUNS = {"polling": {"new_runs_per_second": 1000, "new_runs_per_second_per_caller": 1000}}


def merge(base, patch):
    for key, value in patch.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            merge(base[key], value)
        else:
            base[key] = value
    return base


class Gateway:
    """`prefix` goes before the command, such as `prlimit`; `environment` on top of ours."""

    def __init__(self, place, base_url, config=None, credential=None, prefix=(), environment=None,
                 start=True):
        self.folder = place.folder("gateway")
        self.secret_file = self.folder / "secret"
        self.secret_file.write_text(SECRET + "\n")
        self.config = merge({
            "server": {"listen": "127.0.0.1:0"}, "admin": {"listen": "127.0.0.1:0"},
            "upstream": {"base_url": base_url, "allow_http": True},
            "credentials": [{"name": "faults", "client_id": CLIENT_ID,
                             "secret_file": str(self.secret_file), "stream_ids": ["*"],
                             **(credential or {})}],
            "log": {"format": "FORMAT_JSON"}}, config or {})
        self._program = place.program("runcast-gateway")
        self._prefix = [str(part) for part in prefix]
        self._environment = environment
        self.log_file = self.folder / "log"
        self.log_lines = []
        self.process = None
        if start:
            self.start()

    def start(self):
        """Also again, after it ended; it keeps its port."""
        (self.folder / "gateway.json").write_text(json.dumps(self.config, indent=1))
        self.process = Child([*self._prefix, self._program, "--config",
                              self.folder / "gateway.json"],
                             self.log_file, env=self._environment, stream="stderr")
        try:
            ready = json.loads(self.process.line_with("gateway.ready", 20))
        except BaseException:
            self.process.stop()
            raise
        self.address, self.admin = ready["grpc"], ready["admin"]
        self.config["server"]["listen"] = self.address

    @property
    def port(self):
        return int(self.address.rsplit(":", 1)[1])

    def page(self, path):
        with urllib.request.urlopen(f"http://{self.admin}{path}", timeout=10) as answer:
            return answer.read().decode()

    def metrics(self):
        """By name, with labels as written: `runcast_upstream_polls_total{outcome="protocol"}`."""
        found = re.findall(r"^([a-z_]+(?:\{[^}]*\})?) ([-+.e0-9]+)$", self.page("/metrics"), re.M)
        return {name: float(value) for name, value in found}

    def metric(self, name):
        return self.metrics().get(name, 0)

    def resident_kib(self):
        """Of the gateway itself, whatever was put before it."""
        return int(re.search(r"VmRSS:\s*(\d+)", pathlib.Path(
            f"/proc/{self.process.pid}/status").read_text()).group(1))

    def stop(self):
        if self.process is not None:
            # What is open is of no interest any more: no drain.
            if self.process.alive():
                self.process.kill()
            self.process.stop()
