"""Row 8."""

import time

from drill.scene import Scene

FAULT = "platform answers an older state than before"
MUST = "watchers never see it; 30 s of it mark the run stale, UPSTREAM_WENT_BACK"


def run(trial, place, size):
    with Scene(place, size) as scene:
        scene.calm()
        lasting = scene.special("lasting")
        lasting.wait("known", 30)
        scene.load.mark("fault")
        scene.simulator.fault("older", back_ms=120000, run=scene.run_of("lasting"))
        scene.simulator.fault("older", back_ms=60000, probability=0.4)
        began = time.monotonic()
        if size.quick:
            time.sleep(8)
        else:
            stale = lasting.wait("stale", 45)
            reasons = lasting.state()["reasons"]
            trial.expect(stale["done"] and 28 <= stale["seconds"] <= 36
                         and reasons == {"UPSTREAM_WENT_BACK": 1},
                         f"went back for ever: stale after {stale['seconds']:.0f} s {reasons}")
            time.sleep(max(0, 45 - (time.monotonic() - began)))
        dropped = scene.gateway.metric('runcast_upstream_polls_total{outcome="went_back"}')
        trial.expect(dropped > 0, f"{dropped:.0f} older answers dropped")
        ends = scene.load.section("fault")["ends"]
        trial.expect(not ends, f"{sum(ends.values())} streams ended")
        scene.finish(trial)
