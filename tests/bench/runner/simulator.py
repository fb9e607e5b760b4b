"""The simulated platform."""

import base64
import hashlib
import hmac
import json
import time
import urllib.parse
import urllib.request

from runner.process import Process

CLIENT_ID = "cs-bench"
SECRET = "bench-secret-of-the-length-the-platform-gives"
# As long as the platform's own, since an update carries them.
STREAM = "st-0a1b2c3d-0000-5000-8000-00000000beef"
SUITE = "Developer defined utterances, nightly check of production"
RUN_PREFIX = "tr-0a1b2c3d-0000-5000-8000-"


class Simulator:
    """`with Simulator(place) as simulator`: no limits, no log, as quick as it can be.

    `limited` puts the documented limits in force, `log` keeps the requests.
    """

    def __init__(self, place, tls=False, log=False, limited=False, flags=()):
        self.ca_file = ""
        self._next_run = 0
        command = [place.program("runcast-simulator"), "--default-app", f"{CLIENT_ID}:{SECRET}",
                   *flags]
        if not limited:
            command += ["--minute-limit", "0", "--hour-limit", "0"]
        if not log:
            command.append("--no-log")
        if tls:
            folder = place.folder("tls")
            self.ca_file = str(folder / "ca.pem")
            command += ["--tls-self-signed", folder]
        self.process = Process(command, place.log("simulator"))
        try:
            addresses = self.process.json(20)
        except BaseException:
            self.process.stop()
            raise
        self.api, self.control = addresses["api"], addresses["control"]

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            self.control + path, method=method,
            data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def start_runs(self, count, **members):
        """Runs that go on for ever, unless `members` say otherwise."""
        members = {"stream": STREAM, "suite": SUITE, "outcome": "never", **members}
        ids = []
        for first in range(0, count, 1000):
            part = [{**members, "run_id": f"{RUN_PREFIX}{self._next_run + i:012}"}
                    for i in range(first, min(count, first + 1000))]
            ids += self.call("POST", "/runs", part)["run_ids"]
        self._next_run += count
        return ids

    def change_run(self, run, **members):
        self.call("PATCH", f"/runs/{run}", members)

    def requests(self):
        return self.call("GET", "/stats?runs=0")["requests"]

    def stats(self):
        return self.call("GET", "/stats?runs=0")

    def seconds_until_seen(self, run):
        """From the run's end to the poll that was told of it, or None. Needs the log."""
        for entry in self.call("GET", f"/requests?run={run}&limit=100000")["requests"]:
            if entry.get("state") == "completed":
                shown = self.call("GET", f"/runs/{run}")
                ended = shown["started_monotonic_ms"] + shown["script"]["duration_ms"]
                return (entry["monotonic_ms"] - ended) / 1000
        return None

    def status_path(self, run):
        return f"/api/public/stream/{STREAM}/testsuite/{urllib.parse.quote(SUITE)}/{run}/status"

    @staticmethod
    def token(seconds=86400):
        """A token of the app that lives long, for peers that cannot sign."""
        def part(value):
            raw = value if isinstance(value, bytes) else json.dumps(value).encode()
            return base64.urlsafe_b64encode(raw).rstrip(b"=")
        now = int(time.time())
        signed = part({"alg": "HS256", "typ": "JWT"}) + b"." + part(
            {"iss": CLIENT_ID, "appId": CLIENT_ID, "sub": "bench", "iat": now - 5,
             "exp": now + seconds})
        mac = hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()
        return (signed + b"." + part(mac)).decode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stop()
