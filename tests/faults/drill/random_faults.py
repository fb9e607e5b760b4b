"""Faults that a soak picks from: of the platform, of the network and of other callers.

Each begins when it is made, lasts `seconds`, may have something to do now and then (`tick`), and
ends with `end`. All chance comes from the `random` of the soak.
"""

from drill.abuse import Abuse
from drill.crowd import Crowd
from drill.load import Load

# The longest that a disturbance of the network keeps a watcher from its news without ending its
# stream.
LONGEST_PAUSE = 8


def _errors(text, code):
    return {"errors": [{"msg": text, "code": code}]}


# kind and members for the simulator; README.md there.
PLATFORM = (
    *({"kind": "http", "status": status} for status in (408, 500, 502, 503, 504)),
    {"kind": "http", "status": 503, "retry_after": "4"},
    {"kind": "http", "status": 429, "retry_after": "6"},
    {"kind": "http", "status": 429},
    {"kind": "http", "status": 400, "body": _errors(
        "You've exceeded the per-minute rate limit. Please try again later", 400)},
    {"kind": "http", "status": 401, "body": _errors("Invalid SDK credentials", 4002)},
    {"kind": "http", "status": 401, "body": _errors("error verifying the jwt: possibly a replay",
                                                    401)},
    {"kind": "http", "status": 401, "body": _errors("Permission denied. Scope is incorrect!", 4002)},
    {"kind": "errors", "msg": "Internal Server Error", "code": 500},
    {"kind": "redirect", "location": "https://example.com/"},
    {"kind": "delay", "delay_ms": 700},
    {"kind": "delay", "delay_ms": 4000},
    {"kind": "slow", "bytes_per_second": 400},
    *({"kind": "hang", "at": at} for at in ("start", "headers", "body")),
    *({"kind": "cut", "at": at, "how": how} for at in ("start", "headers", "body")
      for how in ("reset", "close")),
    {"kind": "drop_reused", "how": "reset"},
    {"kind": "drop_reused", "how": "close"},
    *({"kind": kind} for kind in (
        "close_after", "close_silently", "wrong_id", "empty", "garbage", "html", "truncated",
        "not_an_object", "wrong_types", "invalid_utf8", "duplicate_keys", "deep", "oversized",
        "gzip_bomb", "gzip_broken")),
    {"kind": "older", "back_ms": 20000},
)


def _is_for_few(fault):
    """Answers of a megabyte and more for all runs at once would be about the machine; refusals by
    rate keep a run waiting for a minute, and a soak of waiting runs tries nothing else."""
    return (fault["kind"] in ("oversized", "gzip_bomb", "deep")
            or fault.get("status") in (400, 429))



class PlatformFault:
    group = None

    def __init__(self, soak):
        random = soak.random
        self._simulator = soak.scene.simulator
        fault = dict(random.choice(PLATFORM))
        where = random.choice(("all", "half", "some"))
        if where == "all" and not _is_for_few(fault):
            faults = [fault]
        elif where == "half" and not _is_for_few(fault):
            faults = [{**fault, "probability": 0.5}]
        else:
            where = "some"
            faults = [{**fault, "run": run} for run in random.sample(soak.scene.runs, 5)]
        self.seconds = random.uniform(3, 15)
        self.words = f"platform: {fault} for {where}"
        self._ids = self._simulator.call("POST", "/faults", faults)["ids"]

    def end(self):
        for number in self._ids:
            self._simulator.end_fault(number)


class ForgetfulPlatform:
    """Known runs are not found for a moment: shorter than what counts as deleted."""
    group = "forgetful"

    def __init__(self, soak):
        self._simulator = soak.scene.simulator
        self.seconds = 5
        runs = soak.random.sample(soak.scene.runs, 10)
        self.words = "platform: not found, for some"
        self._ids = self._simulator.call("POST", "/faults", [
            {"kind": "http", "status": 400, "body": _errors("Test Result not found.", 400),
             "run": run} for run in runs])["ids"]

    def end(self):
        for number in self._ids:
            self._simulator.end_fault(number)


class PlatformConnections:
    """All its connections end, or new ones are treated badly."""
    group = "platform connections"

    def __init__(self, soak):
        self._simulator = soak.scene.simulator
        self._mode = soak.random.choice(("cut", "ignore", "reset", "refuse"))
        self.seconds = soak.random.uniform(2, 10)
        self.words = f"platform: connections {self._mode}"
        how = soak.random.choice(("reset", "close"))
        if self._mode != "cut":
            self._simulator.call("PUT", "/listener", {"mode": self._mode})
        self._simulator.call("DELETE", f"/connections?which=all&how={how}")

    def end(self):
        self._simulator.call("PUT", "/listener", {"mode": "serve"})


class NetworkFault:
    """Between the watchers and the gateway."""
    group = "network"

    def __init__(self, soak):
        random = soak.random
        self._network = soak.network
        self._kind = random.choice(("delay", "pause", "hole", "slow", "cut", "refuse"))
        way = random.choice(("up", "down", "both"))
        self.seconds = random.uniform(2, LONGEST_PAUSE)
        self.words = f"network: {self._kind} {way}"
        if self._kind == "delay":
            self._network.do(f"delay {way} {random.uniform(0.05, 0.5):.2f}")
        elif self._kind == "slow":
            self._network.do(f"slow {way} 40000")
        elif self._kind in ("pause", "hole"):
            self._network.do(f"{self._kind} {way}")
        else:
            if self._kind == "refuse":
                self._network.do("refuse")
            self._network.do(random.choice(("cut", "cut reset")))

    def end(self):
        if self._kind == "hole":
            # What was thrown away cannot be made up for.
            self._network.do("cut reset")
        self._network.do("open both")
        self._network.do("accept")


class BadReaders:
    """Callers that read badly and then vanish."""
    group = "readers"

    def __init__(self, soak):
        random = soak.random
        options = random.choice(({"initial_window": 1}, {"initial_window": 700},
                                 {"receive_buffer": 2048}))
        self.seconds = random.uniform(10, 45)
        self.words = f"50 readers: {options}"
        self._vanishes = random.random() < 0.5
        self._answers = "receive_buffer" not in options
        self._crowd = Crowd(50, soak.scene.gateway.port, soak.scene.runs, **options)

    def tick(self):
        if self._answers:
            self._crowd.look()
            self._crowd.grant(1)

    def end(self):
        if self._vanishes:
            self._crowd.vanish()
        else:
            self._crowd.close()


class Resets:
    group = "resets"

    def __init__(self, soak):
        self.seconds = soak.random.uniform(1, 3)
        self.words = "1000 resets a second"
        self._abuse = Abuse(soak.scene.gateway.port, soak.random.choice(soak.scene.runs), "resets",
                            1000, self.seconds)

    def end(self):
        self._abuse.stop()


class UnknownRuns:
    """Reads of runs that nobody knows; the same ones each time, since a gateway remembers for an
    hour what it asked for."""
    group = "unknown runs"

    def __init__(self, soak):
        self.seconds = soak.random.uniform(3, 8)
        self.words = "200 reads a second of unknown runs"
        self._load = Load(soak.scene.place, soak.scene.gateway.address, "unknown-", watchers=0,
                          runs=400, reads=200)

    def end(self):
        self._load.stop()


# As often as they are in here.
ALL = (*[PlatformFault] * 8, ForgetfulPlatform, PlatformConnections, *[NetworkFault] * 4,
       *[BadReaders] * 2, Resets, UnknownRuns)
