"""One attack: what is under attack, what was tried, how it was taken."""

import re
import sys
import time

from attack.caller import Caller
from drill.gateway import MANY_NEW_RUNS, Gateway, merge
from drill.simulator import STREAM, SUITE, Simulator

# Limits of new runs are about something else than most attacks; `limits` has the defaults.
QUICK = {"polling": {**MANY_NEW_RUNS["polling"], "not_found_grace": "0s"}}


class Siege:
    """Counts what was tried and remembers the longest answer and the most memory of all gateways."""

    def __init__(self, name, goal, place):
        self.name, self.goal, self.place = name, goal, place
        self.checks = []  # (held, words)
        self.notes = []  # What could not be looked at here.
        self.inputs = 0
        self.longest = 0.0
        self.most_kib = 0
        self.seconds = 0
        self._open = []
        self._gateways = []
        # A sanitizer's build is several times as large and slow.
        cache = (place.build / "CMakeCache.txt").read_text()
        self.sanitized = "RUNCAST_SANITIZE:STRING=\n" not in cache
        self.patience = 8 if self.sanitized else 1

    @property
    def held(self):
        return bool(self.checks) and all(held for held, _ in self.checks)

    def expect(self, held, words):
        """`words` say what must be and what was seen."""
        self.checks.append((bool(held), words))
        if not held:
            print(f"  {self.name} BROKEN: {words}", file=sys.stderr, flush=True)

    def note(self, words):
        """For the table: what was not tried, and why."""
        self.notes.append(words)

    def tried(self, count=1, seconds=0.0):
        self.inputs += count
        self.longest = max(self.longest, seconds)

    def platform(self, flags=()):
        return self.keep(Simulator(self.place, flags))

    def gateway(self, platform, config=None, **options):
        """With a run `tr-1` that is known and running, unless the platform has another one."""
        gateway = self.keep(Gateway(self.place, platform if isinstance(platform, str)
                                    else platform.api, merge(merge({}, QUICK), config or {}), **options))
        self._gateways.append(gateway)
        return gateway

    def target(self, config=None, **options):
        """A platform with the run `tr-1`, and a gateway in front of it."""
        platform = self.platform()
        platform.start_runs("tr-", 2)
        return platform, self.gateway(platform, config, **options)

    def keep(self, part):
        self._open.append(part)
        return part

    def answered(self, answer, words, codes=None, reasons=None):
        """Counts an answer; it must have come, and be one of these when they are named."""
        self.tried(1, answer.seconds)
        if codes is not None:
            self.expect(answer.code in codes,
                        f"{words}: {answer.code} {answer.reason} {answer.text!r}, must be one of {codes}")
        if reasons is not None:
            self.expect(answer.reason in reasons, f"{words}: {answer.reason}, must be one of {reasons}")
        return answer

    def still_serves(self, gateway, words, caller=None, seconds=2.0):
        """A caller who did nothing wrong is answered as if nothing had happened."""
        own = caller or Caller(gateway.address)
        answer = own.read(run="tr-1")
        self.longest = max(self.longest, answer.seconds)
        self.expect(gateway.process.alive() and answer.code == "OK" and answer.seconds < seconds * self.patience,
                    f"{words}: others get {answer.code} in {answer.seconds:.2f} s")
        if caller is None:
            own.close()

    def memory_kib(self, gateway):
        """The most that it ever had."""
        with open(f"/proc/{gateway.process.pid}/status") as status:
            most = int(re.search(r"VmHWM:\s*(\d+)", status.read()).group(1))
        self.most_kib = max(self.most_kib, most)
        return most

    def memory_at_most(self, gateway, before_kib, mib, words):
        more = (self.memory_kib(gateway) - before_kib) / 1024
        self.expect(more <= mib or self.sanitized, f"{words}: {more:.1f} MiB more (<= {mib})")

    def settle(self, condition, seconds=20):
        """Whether it came true in time."""
        end = time.monotonic() + seconds * self.patience
        while not condition():
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True

    def close(self):
        for gateway in self._gateways:
            if gateway.process is not None and gateway.process.alive():
                self.memory_kib(gateway)
        for part in reversed(self._open):
            part.stop()
        self._open = []


def reference(run="tr-1", stream=STREAM, suite=SUITE):
    return {"run": run, "stream": stream, "suite": suite}
