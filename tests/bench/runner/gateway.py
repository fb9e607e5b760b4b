"""The program under test, with ordinary configuration."""

import json

from runner.process import Process
from runner.simulator import CLIENT_ID, SECRET

WATCH = "/runcast.v1.RunStatusService/WatchRun"
GET = "/runcast.v1.RunStatusService/GetStatus"
HEALTH_CHECK = "/grpc.health.v1.Health/Check"
HEALTH_WATCH = "/grpc.health.v1.Health/Watch"


def merge(base, patch):
    for key, value in patch.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            merge(base[key], value)
        else:
            base[key] = value
    return base


def polling(seconds):
    """A pace of one poll of a run every so many seconds, without limits that could bite."""
    pace = f"{round(seconds * 1000)}ms"
    return {"polling": {"base_interval": pace, "early_interval": pace, "min_gap": "10ms",
                        "per_minute": 100000, "per_hour": 3000000,
                        "new_runs_per_second": 1000000, "new_runs_per_second_per_caller": 1000000,
                        "max_kept_runs": 1000000, "max_kept_bytes": 10 ** 9},
            "upstream": {"max_requests_per_second": 1000000}}


class Gateway:
    """`with Gateway(place, simulator.api, polling(0.1)) as gateway`."""

    def __init__(self, place, base_url, config=None, ca_file="", listen="127.0.0.1:0", wait=True,
                 credential=None):
        folder = place.folder("gateway")
        (folder / "secret").write_text(SECRET + "\n")
        upstream = {"base_url": base_url, "allow_http": True}
        if ca_file:
            upstream["ca_file"] = ca_file
        full = {"server": {"listen": listen}, "admin": {"listen": ""}, "upstream": upstream,
                "credentials": [{"name": "bench", "client_id": CLIENT_ID,
                                 "secret_file": str(folder / "secret"), "stream_ids": ["*"],
                                 **(credential or {})}],
                "limits": {"max_watches": 10000000, "max_watches_per_caller": 10000000,
                           "max_watches_per_run": 0},
                "drain": {"delay": "0s", "spread": "0s"},
                "log": {"level": "LEVEL_INFO", "format": "FORMAT_JSON"}}
        merge(full, config or {})
        (folder / "gateway.json").write_text(json.dumps(full, indent=1))
        self.process = Process([place.program("runcast-gateway"), "--config",
                                folder / "gateway.json"], place.log("gateway"), stream="stderr")
        self.port = 0
        if not wait:
            return
        try:
            ready = json.loads(self.process.line_with("gateway.ready", 20))
        except BaseException:
            self.process.stop()
            raise
        self.port = int(ready["grpc"].rsplit(":", 1)[1])

    @property
    def pids(self):
        return [self.process.pid]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stop()
