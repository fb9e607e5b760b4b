"""Row 17."""

import time

from drill.load import Load
from drill.scene import Scene

FAULT = "100,000 distinct unknown run ids"
MUST = ("bounded memory; upstream calls bounded by a limiter and remembered NOT_FOUND; known runs "
        "unaffected")

# The defaults of polling.new_runs_per_second and …_per_caller.
NEW_RUNS = 10
# Seconds' worth that may come at once.
BURST = 10


def run(trial, place, size):
    with Scene(place, size, new_runs={}) as scene:
        scene.calm()
        count, rate = size.of(100000, 5000), size.of(2000, 500)
        before = scene.gateway.resident_kib()
        calls = scene.simulator.stats()["by_status"]
        scene.load.mark("fault")
        began = time.monotonic()
        unknown = scene.keep(Load(place, scene.gateway.address, "unknown-", watchers=0,
                                  runs=count, reads=rate))
        time.sleep(count / rate + 1)
        took = time.monotonic() - began
        reads = unknown.section("start")["reads"]
        unknown.stop()
        grown = (scene.gateway.resident_kib() - before) / 1024
        after = scene.simulator.stats()["by_status"]
        asked = sum(after.values()) - sum(calls.values()) - scene.calm_rate * took
        trial.at_most(asked, NEW_RUNS * (took + BURST) * 1.1 + size.runs,
                      f"upstream calls for them in {took:.0f} s")
        trial.at_most(grown, 64, "MiB more")
        trial.expect(sum(reads["errors"].values()) > count * 0.9,
                     f"{reads['errors']} and {reads['count']} answers")
        scene.others_unaffected(trial, factor=2)

        # One id again and again is asked for once in the 5 s that "not found" is remembered.
        same = scene.keep(Load(place, scene.gateway.address, "same-unknown-", watchers=0, runs=1,
                               reads=50))
        time.sleep(11)
        same.stop()
        asked = len(scene.simulator.log("same-unknown-0"))
        trial.at_most(asked, 4, "calls for one unknown id in 11 s of 50 reads a second:")
        scene.finish(trial)
