"""Row 3."""

import time

from drill.scene import Scene

FAULT = "platform hangs: after accept, after headers, mid-body"
MUST = "each poll ends at its time-out (10 s); p99 update delay of other runs unchanged"


def run(trial, place, size):
    with Scene(place, size) as scene:
        scene.calm()
        for at in ("start", "headers", "body"):
            scene.special(at)
        for load in scene.specials.values():
            load.wait("known", 30)
        scene.load.mark("fault")
        for at in scene.specials:
            scene.simulator.fault("hang", at=at, run=scene.run_of(at))
        time.sleep(size.of(45, 15))
        for at, load in scene.specials.items():
            entries = [entry for entry in scene.simulator.log(scene.run_of(at))
                       if entry.get("fault")]
            gaps = [(b["monotonic_ms"] - a["monotonic_ms"]) / 1000
                    for a, b in zip(entries, entries[1:])]
            # The next scheduled poll follows the time-out at once or within its pace.
            trial.expect(gaps and all(9.9 <= gap <= 13 for gap in gaps),
                         f"hangs at {at}: polls every {', '.join(f'{gap:.1f}' for gap in gaps)} s")
            state = load.state()
            trial.expect(state["open"] == 1 and state["stale"] == 1, f"{at}: open and stale")
        scene.others_unaffected(trial)
        scene.finish(trial)
