"""Row 19."""

import glob
import time

from drill.scene import Scene

FAULT = "wall clock jumps +-1 h"
MUST = ("timers unaffected (monotonic); token validity judged with the clock difference seen in "
        "the platform's Date header")


def run(trial, place, size):
    # The platform's clock against ours: the same to tokens, and nothing to timers.
    with Scene(place, size) as scene:
        scene.calm()
        for hours in (1, -1):
            scene.load.mark(f"platform{hours}")
            scene.simulator.call("PUT", "/settings", {"clock_offset_ms": hours * 3600 * 1000})
            # Tokens made before are used up to a minute before their end.
            time.sleep(6)
            ends = scene.load.section(f"platform{hours}")["ends"]
            scene.load.mark(f"then{hours}")
            fresh = scene.load.wait("renewed", 20)
            trial.expect(fresh["done"] and not ends,
                         f"platform's clock {hours:+d} h: news again within "
                         f"{6 + fresh['seconds']:.0f} s, {sum(ends.values())} ends")
        scene.simulator.call("PUT", "/settings", {"clock_offset_ms": 0})
        time.sleep(6)
        scene.finish(trial)

    library = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    if not library:
        trial.expect(False, "libfaketime is not installed")
        return
    offset = place.folder("clock") / "offset"
    offset.write_text("+0\n")
    with Scene(place, size, environment={
            "LD_PRELOAD": library[0], "FAKETIME_TIMESTAMP_FILE": str(offset),
            "DONT_FAKE_MONOTONIC": "1", "FAKETIME_NO_CACHE": "1"}) as scene:
        scene.calm()
        for hours in (1, -1):
            scene.load.mark(f"own{hours}")
            before, began = scene.simulator.requests(), time.monotonic()
            offset.write_text(f"{hours * 3600:+d}\n")
            time.sleep(6)
            rate = (scene.simulator.requests() - before) / (time.monotonic() - began)
            ends = scene.load.section(f"own{hours}")["ends"]
            scene.load.mark(f"then{hours}")
            fresh = scene.load.wait("renewed", 20)
            trial.expect(fresh["done"] and not ends,
                         f"own clock {hours:+d} h: news again within {6 + fresh['seconds']:.0f} s, "
                         f"{sum(ends.values())} ends")
            trial.at_most(rate / scene.calm_rate, 1.15, "polls x normal")
        offset.write_text("+0\n")
        time.sleep(6)
        scene.finish(trial)
