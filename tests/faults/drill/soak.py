"""Random faults under load for as long as asked: nothing is lost, nothing piles up."""

import collections
import random
import sys
import time

from drill import random_faults
from drill.batches import Batches
from drill.child import until
from drill.memory_watch import MemoryWatch, slope
from drill.network import Network
from drill.scene import Scene

FAULT = "random faults, several at a time, seed {seed}, {minutes:g} minutes"
MUST = ("0 bad histories; every end arrives; resident memory flat; live calls return to 0")

# How many faults there may be at a time.
MOST = 3
# From a good answer of the platform to a watcher whose network was disturbed.
LATE_AFTER = random_faults.LONGEST_PAUSE + 12
# After the end of a run: the platform may have refused us by rate, which costs a minute, and may
# do so twice.
END_LIMIT = 150
# By how much the resident size may grow in a minute: what the gateway keeps for an hour of each
# run that it asked for, and what the machine's noise makes of a regression.
MOST_KIB_A_MINUTE = 256
# Minutes. In fewer, what one fault takes for its time looks like a slope.
JUDGED_FROM = 10


class Soak:
    """What faults may use, and the schedule of them. Chance comes from the seed alone, so that a
    seed means the same faults; when each begins depends on the machine."""

    def __init__(self, scene, network, seed):
        self.scene, self.network = scene, network
        self.random = random.Random(seed)
        self.counts = collections.Counter()
        self._open = []  # (when it ends, fault)
        self._began = time.monotonic()
        self._next = self._began

    def tick(self):
        now = time.monotonic()
        for end, fault in list(self._open):
            if now >= end:
                self._open.remove((end, fault))
                fault.end()
            elif hasattr(fault, "tick"):
                fault.tick()
        if now >= self._next and len(self._open) < MOST:
            self._next = now + self.random.uniform(0.5, 6)
            kind = self.random.choice(random_faults.ALL)
            if kind.group is not None and any(fault.group == kind.group for _, fault in self._open):
                return
            fault = kind(self)
            self._open.append((now + fault.seconds, fault))
            self.counts[fault.words.split(":")[0]] += 1
            print(f"  {now - self._began:7.1f} s  {fault.words} ({fault.seconds:.1f} s)",
                  file=sys.stderr, flush=True)

    def end(self):
        for _, fault in self._open:
            fault.end()
        self._open = []

    stop = end


def run(trial, place, size, minutes, seed):
    networks = []

    def through(gateway):
        networks.append(Network(place, gateway.port))
        return networks[0].address

    with Scene(place, size, library=True, load_address=through) as scene:
        network = scene.keep(networks[0])
        scene.calm()
        batches = scene.keep(Batches(scene, network.address, random.Random(seed + 1), every=15,
                                     limit=END_LIMIT, late_after=LATE_AFTER))
        memory = scene.keep(MemoryWatch(scene.gateway))
        soak = scene.keep(Soak(scene, network, seed))
        scene.load.mark("soak")
        over = time.monotonic() + minutes * 60
        while time.monotonic() < over and scene.gateway.process.alive():
            soak.tick()
            batches.tick()
            time.sleep(0.2)
        soak.end()
        trial.expect(scene.gateway.process.alive(), "alive")
        trial.note(", ".join(f"{count} x {words}" for words, count in sorted(soak.counts.items())))
        during = scene.load.section("soak")
        trial.note(f"{during['opened']} streams opened again, {during['statuses']} statuses")

        _judge_memory(trial, memory, minutes)
        memory.stop()
        batches.finish()
        trial.expect(not batches.wrong, f"{batches.started} batches of runs: every end arrived, no bad "
                     "history" if not batches.wrong else "; ".join(batches.wrong[:3]))
        fresh = scene.load.wait("fresh", END_LIMIT)
        trial.expect(fresh["done"], f"{fresh['missing']} watchers not fresh after the last fault")
        scene.finish(trial, late_after=LATE_AFTER)
        _judge_end(trial, scene)


def _judge_memory(trial, memory, minutes):
    # What caches, pools and the first of each fault take.
    settled = memory.after(min(minutes * 60 / 3, 300))
    growth = slope(settled) * 60
    tenth = max(1, len(settled) // 10)
    first, last = (sorted(kib for _, kib in part)[len(part) // 2] / 1024
                   for part in (settled[:tenth], settled[-tenth:]))
    words = f"resident {first:.1f} MiB at first, {last:.1f} at last, slope in KiB a minute"
    if minutes >= JUDGED_FROM:
        trial.at_most(growth, MOST_KIB_A_MINUTE, words)
    else:
        trial.note(f"{words} {growth:.4g} (judged from {JUDGED_FROM} minutes on)")


def _judge_end(trial, scene):
    scene.load.stop()
    gone = until(lambda: scene.gateway.metric("runcast_live_calls") == 0, 60, 0.5)
    metrics = scene.gateway.metrics()
    trial.expect(gone is not None and metrics["runcast_watchers"] == 0,
                 f"live calls at the end {metrics['runcast_live_calls']:.0f}, watchers "
                 f"{metrics['runcast_watchers']:.0f}")
