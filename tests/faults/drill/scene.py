"""A platform, a gateway and the background load, and how every row ends."""

import collections
import json
import time
from dataclasses import dataclass

from drill.gateway import MANY_NEW_RUNS, Gateway, merge
from drill.load import Load
from drill.simulator import Simulator

# From an answer of the platform to a watcher, on a machine of two cores that does all.
LATE_AFTER = 3
# Two polls at base pace: when a run counts as stale, and within which it is fresh again.
TWO_INTERVALS = 2 * 2.1
# Time of the poll, of the timers and of the machine.
SLACK = 0.6


@dataclass(frozen=True)
class _Judged:
    """A load whose histories count, and what its own fault makes right in them."""
    load: Load
    late_after: float | None = None  # None: as all others.
    right: tuple = ()  # Findings that are none here.

    @property
    def must_end(self):
        return "missing terminal" not in self.right


class Scene:
    """`with Scene(place, size) as scene`. `load_address` tells where the load connects, when that
    is not the gateway itself."""

    def __init__(self, place, size, config=None, credential=None, simulator_flags=(), prefix=(),
                 environment=None, library=False, load_address=None, run_members=None,
                 new_runs=MANY_NEW_RUNS, base_url=None):
        self.place, self.size = place, size
        self._open = []
        try:
            self.simulator = self._keep(Simulator(place, simulator_flags))
            self.runs = self.simulator.start_runs("run-", size.runs, **(run_members or {}))
            merged = merge(json.loads(json.dumps(new_runs)), config or {})
            self.gateway = self._keep(Gateway(
                place, base_url(self.simulator) if base_url else self.simulator.api, merged,
                credential, prefix, environment))
            address = load_address(self.gateway) if load_address else self.gateway.address
            self.load = self._keep(Load(place, address, watchers=size.watchers, runs=size.runs,
                                        connections=size.connections, reads=size.reads,
                                        library=library))
            known = self.load.wait("known", 90)
            if not known["done"]:
                raise RuntimeError(f"{known['missing']} watchers heard nothing: "
                                   f"{self.load.state()}")
            self.judge(self.load)
        except BaseException:
            self.close()
            raise

    def judge(self, load):
        """The background, whose histories count when the scene ends."""
        self.specials = {}
        self._judged = [_Judged(load)]
        self._own_runs = []  # Of specials that end with the others.

    def _keep(self, part):
        self._open.append(part)
        return part

    def keep(self, part):
        """Stopped when the scene ends, before what was there earlier."""
        return self._keep(part)

    def calm(self):
        """Normal life; its figures are those that the fault is compared with."""
        time.sleep(2.5)  # What opening left behind.
        self.load.mark("calm")
        began = self.simulator.requests()
        time.sleep(self.size.calm)
        # Polls come in waves, so a short look may see too few of them.
        self.calm_rate = max((self.simulator.requests() - began) / self.size.calm,
                             self.size.runs * 2 / TWO_INTERVALS)

    def special(self, name, watchers=1, once=False, late_after=None, right=(), **members):
        """One more run with watchers of its own; its load. It ends with the others and is judged
        as they are, but for what the row itself makes `right`: findings of tests/history by name.
        Without an end ("missing terminal") the row ends it."""
        self.simulator.start_runs(f"{name}-", 1, **members)
        load = self._keep(Load(self.place, self.gateway.address, f"{name}-", watchers=watchers,
                               once=once))
        self.specials[name] = load
        judged = _Judged(load, late_after, right)
        self._judged.append(judged)
        if judged.must_end:
            self._own_runs.append(self.run_of(name))
        return load

    def watch_also(self, address, watchers):
        """Further services on the same runs, by another way; judged at the end as the others."""
        load = self._keep(Load(self.place, address, watchers=watchers, runs=self.size.runs,
                               library=True))
        self._judged.append(_Judged(load))
        return load

    def run_of(self, name):
        return f"{name}-0"

    def others_unaffected(self, trial, section="fault", factor=1.1):
        """The background goes on as before: nobody stale, nobody ended, no read failed, updates and
        reads as quick as in calm."""
        self.load.mark("judged")
        sections = self.load.report()["sections"]
        calm, during = sections["calm"], sections[section]
        reads = during["reads"]
        ends = {**during["ends"], **during["refused"]}
        trial.expect(not ends and during["became_stale"] == 0,
                     f"others: {sum(ends.values())} ends, {during['became_stale']} stale"
                     + (f" {ends}" if ends else ""))
        trial.expect(reads["count"] > 0 and not reads["errors"],
                     f"{sum(reads['errors'].values())} of their {reads['count']:.0f} reads failed"
                     + (f" {reads['errors']}" if reads["errors"] else ""))
        # Differences below 5 ms are noise; a short look sees few updates.
        normal, seen = self._delays(calm), self._delays(during)
        if any(seen[what] > self._bound(normal[what], factor) for what in seen):
            # Others use this machine too: was it slower, or were we?
            self.simulator.heal()
            time.sleep(TWO_INTERVALS)
            self.load.mark("calm-again")
            time.sleep(self.size.calm)
            again = self._delays(self.load.section("calm-again"))
            normal = {what: max(value, again[what]) for what, value in normal.items()}
        for what, value in seen.items():
            bound = self._bound(normal[what], factor)
            trial.expect(value <= bound, f"others' {what} {value:.1f} ms "
                         f"(calm {normal[what]:.1f}, <= {bound:.1f})")

    def _delays(self, section):
        # A hundredth of the few reads of a quick look is one or two of them.
        part = self.size.of("p99", "p50")
        return {"p99": section["p99_ms"], f"reads' {part}": section["reads"][f"{part}_ms"]}

    def _bound(self, normal, factor):
        return max(factor * normal, normal + self.size.of(5, 25))

    def finish(self, trial, late_after=LATE_AFTER, limit=40, violations=True):
        """Ends all runs; every watcher must hear of it, and no history may be bad: neither of the
        background nor of those who watched what the fault was done to."""
        self.simulator.heal()
        for judged in self._judged:
            judged.load.mark("end")
        self.simulator.finish(self.runs + self._own_runs)
        missing = sum(judged.load.wait("terminal", limit)["missing"]
                      for judged in self._judged if judged.must_end)
        log = self.load.folder / "served.json"
        log.write_text(json.dumps({"requests": [
            {key: entry[key] for key in ("run", "status", "state", "ran", "monotonic_ms",
                                         "answered_monotonic_ms", "fault") if key in entry}
            for entry in self.simulator.log()]}))
        findings, watchers, bad, examples = collections.Counter(), 0, 0, []
        for judged in self._judged:
            report = judged.load.report(log, judged.late_after or late_after)["histories"]
            watchers += report["watchers"]
            wrong = {name: count for name, count in report["findings"].items()
                     if count and name not in judged.right}
            if wrong:
                findings.update(wrong)
                bad += report["bad"]
                examples += report["examples"]
        trial.expect(bad == 0,
                     f"{watchers} histories lost/duplicated/reordered/backward/late/no end "
                     + "/".join(str(findings[name])
                                for name in ("lost", "duplicated", "reordered", "backward", "late",
                                             "missing terminal"))
                     + ("" if bad == 0 else f" of {bad} watchers: " + "; ".join(examples[:2])))
        trial.expect(missing == 0, f"{missing} ends missing")
        if violations:
            trial.expect(self.simulator.stats()["violations"] == 0,
                         f"{self.simulator.stats()['violations']} calls over a limit")

    def close(self):
        for part in reversed(self._open):
            part.stop()
        self._open = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
