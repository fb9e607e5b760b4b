"""Row 21."""

import time

from drill.child import until
from drill.load import Load
from drill.scene import Scene

FAULT = "memory limit near"
MUST = "new streams refused with OVERLOADED before the kernel kills the process"

# Of the limit; from here on new calls are refused.
FULL_AT = 0.85


def run(trial, place, size):
    with Scene(place, size) as scene:
        needed = scene.gateway.resident_kib() * 1024
    # Room for the background and a part of what will come.
    limit = int((needed + size.of(60, 30) * 1024 * 1024) / FULL_AT)
    with Scene(place, size, config={"limits": {"max_memory_bytes": limit}}) as scene:
        scene.calm()
        scene.load.mark("fault")
        more = scene.keep(Load(place, scene.gateway.address, watchers=size.of(10000, 2500),
                               runs=size.runs, connections=size.of(50, 25)))
        full = until(lambda: scene.gateway.metric("runcast_memory_full") == 1, 40, 0.2)
        trial.expect(full is not None, f"full after {full or 0:.1f} s")
        time.sleep(2)
        late = scene.keep(Load(place, scene.gateway.address, watchers=50, runs=size.runs,
                               connections=5, once=True))
        late.wait("ended", 5)
        ends = late.section("start")["refused"]
        trial.expect(ends == {"14 OVERLOADED": 50}, f"50 streams more: {ends}")
        ended = more.section("start")["ends"]
        trial.expect(not ended, f"open ones go on: {sum(ended.values())} ended")
        ends = more.section("start")["refused"]
        trial.expect(not set(ends) - {"14 OVERLOADED"}, f"of those that filled it: {ends or 'none'}"
                     " refused")
        trial.at_most(scene.gateway.resident_kib() * 1024 / limit, 1, "memory / limit")
        trial.expect(scene.gateway.process.alive(), "alive")
        during = scene.load.section("fault")
        trial.expect(not during["ends"] and during["became_stale"] == 0,
                     f"others: {sum(during['ends'].values())} ends, {during['became_stale']} stale, "
                     f"p99 {during['p99_ms']:.1f} ms")
        more.stop()
        scene.finish(trial)
