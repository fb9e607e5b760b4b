"""The simulated platform, with the documented limits and a log of all requests."""

import json
import urllib.parse
import urllib.request

from drill.child import Child

CLIENT_ID = "cs-faults"
SECRET = "faults-secret-of-the-length-the-platform-gives"
STREAM = "st-faults"
SUITE = "Smoke tests"


class Simulator:
    def __init__(self, place, flags=()):
        self.folder = place.folder("simulator")
        self.process = Child(
            [place.program("runcast-simulator"), "--default-app", f"{CLIENT_ID}:{SECRET}",
             "--log-capacity", "1000000", *flags], self.folder / "log")
        try:
            addresses = self.process.json(20)
        except BaseException:
            self.process.stop()
            raise
        self.api, self.control = addresses["api"], addresses["control"]

    def call(self, method, path, body=None, seconds=60):
        request = urllib.request.Request(
            self.control + path, method=method,
            data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            return json.load(answer)

    def start_runs(self, prefix, count, **members):
        """Runs that bring news at every poll and were on for a while, so that they are polled at
        base pace; `members` may say otherwise."""
        members = {"stream": STREAM, "suite": SUITE, "utterances": 100000,
                   "duration_ms": 4 * 3600 * 1000, "started_ago_ms": 900000, "stamp": "every",
                   **members}
        return self.call("POST", "/runs", [{**members, "run_id": f"{prefix}{i}"}
                                           for i in range(count)])["run_ids"]

    def change_run(self, run, **members):
        self.call("PATCH", f"/runs/{run}", members)

    def finish(self, runs):
        for run in runs:
            self.change_run(run, finish_now=True)

    def fault(self, kind, **members):
        return self.call("POST", "/faults", {"kind": kind, **members})["ids"][0]

    def end_fault(self, number):
        self.call("DELETE", f"/faults/{number}")

    def heal(self):
        self.call("DELETE", "/faults")

    def stats(self):
        return self.call("GET", "/stats?runs=0")

    def requests(self):
        return self.stats()["requests"]

    def log(self, run=None):
        query = f"&run={urllib.parse.quote(run)}" if run else ""
        # Half an hour's are some hundred MB.
        return self.call("GET", f"/requests?limit=1000000{query}", seconds=300)["requests"]

    def stop(self):
        self.process.stop()
