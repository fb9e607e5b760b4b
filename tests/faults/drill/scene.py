"""A platform, a gateway and the background load, and how every row ends."""

import json
import time

from drill.gateway import MANY_NEW_RUNS, Gateway, merge
from drill.load import Load
from drill.simulator import Simulator

# From an answer of the platform to a watcher, on a machine of two cores that does all.
LATE_AFTER = 3
# Two polls at base pace: when a run counts as stale, and within which it is fresh again.
TWO_INTERVALS = 2 * 2.1
# Time of the poll, of the timers and of the machine.
SLACK = 0.6


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
            self.specials = {}
            self._further = []  # Loads that are judged like the first one.
        except BaseException:
            self.close()
            raise

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

    def special(self, name, watchers=1, once=False, **members):
        """One more run with watchers of its own; its load."""
        self.simulator.start_runs(f"{name}-", 1, **members)
        load = self._keep(Load(self.place, self.gateway.address, f"{name}-", watchers=watchers,
                               once=once))
        self.specials[name] = load
        return load

    def watch_also(self, address, watchers):
        """Further services on the same runs, by another way; judged at the end as the others."""
        load = self._keep(Load(self.place, address, watchers=watchers, runs=self.size.runs,
                               library=True))
        self._further.append(load)
        return load

    def run_of(self, name):
        return f"{name}-0"

    def others_unaffected(self, trial, section="fault", factor=1.1):
        """The background watched as before: nobody stale, nobody ended, as quick as in calm."""
        self.load.mark("judged")
        sections = self.load.report()["sections"]
        calm, during = sections["calm"], sections[section]
        ends = {**during["ends"], **during["refused"]}
        trial.expect(not ends and during["became_stale"] == 0,
                     f"others: {sum(ends.values())} ends, {during['became_stale']} stale"
                     + (f" {ends}" if ends else ""))
        # Differences below 5 ms are noise; a short look sees few updates.
        normal = calm["p99_ms"]
        if during["p99_ms"] > self._bound(normal, factor):
            # Others use this machine too: was it slower, or were we?
            self.simulator.heal()
            time.sleep(TWO_INTERVALS)
            self.load.mark("calm-again")
            time.sleep(self.size.calm)
            normal = max(normal, self.load.section("calm-again")["p99_ms"])
        bound = self._bound(normal, factor)
        trial.expect(during["p99_ms"] <= bound,
                     f"others' p99 {during['p99_ms']:.1f} ms (calm {normal:.1f}, "
                     f"<= {bound:.1f})")

    def _bound(self, normal, factor):
        return max(factor * normal, normal + self.size.of(5, 25))

    def finish(self, trial, late_after=LATE_AFTER, limit=40, violations=True):
        """Ends all runs; every watcher must hear of it, and no history may be bad."""
        self.simulator.heal()
        loads = [self.load, *self._further]
        for load in loads:
            load.mark("end")
        self.simulator.finish(self.runs)
        missing = sum(load.wait("terminal", limit)["missing"] for load in loads)
        log = self.load.folder / "served.json"
        log.write_text(json.dumps({"requests": [
            {key: entry[key] for key in ("run", "status", "state", "ran", "monotonic_ms",
                                         "answered_monotonic_ms", "fault") if key in entry}
            for entry in self.simulator.log()]}))
        reports = [load.report(log, late_after)["histories"] for load in loads]
        bad = sum(report["bad"] for report in reports)
        examples = [example for report in reports for example in report["examples"]]
        trial.expect(bad == 0,
                     "histories lost/duplicated/reordered/backward/late/no end "
                     + "/".join(str(sum(report["findings"][name] for report in reports))
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
