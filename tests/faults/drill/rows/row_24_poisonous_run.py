"""Row 24."""

import time

from drill.scene import Scene

FAULT = "one poisonous run among 200"
MUST = "its own watchers see \"stale\" with the reason; nobody else notices"


def run(trial, place, size):
    with Scene(place, size) as scene:
        scene.calm()
        poisoned = scene.special("poisoned", watchers=10)
        poisoned.wait("known", 30)
        scene.load.mark("fault")
        began = time.monotonic()
        while time.monotonic() - began < size.of(40, 10):
            for kind in ("oversized", "gzip_bomb", "deep", "invalid_utf8", "garbage"):
                scene.simulator.fault(kind, run=scene.run_of("poisoned"), count=1)
            time.sleep(5)
        state = poisoned.state()
        trial.expect(state["stale"] == 10 and state["open"] == 10
                     and state["reasons"] == {"UPSTREAM_PROTOCOL": 10},
                     f"its 10 watchers: {state['stale']} stale {state['reasons']}, "
                     f"{state['open']} open")
        scene.others_unaffected(trial)
        scene.finish(trial)
