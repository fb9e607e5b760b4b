"""Row 19."""

import glob
import time

from drill.scene import SLACK, TWO_INTERVALS, Scene

FAULT = "wall clock jumps +-1 h"
MUST = ("timers unaffected (monotonic); token validity judged with the clock difference seen in "
        "the platform's Date header")


# A jump makes the next poll of each run refused, or a token be used that is refused; the one after
# it, at base pace, must be good again. One failed poll makes nothing stale.
NEWS_WITHIN = TWO_INTERVALS + SLACK


def _jump(trial, scene, words, jump):
    """All watchers have news again in time, nobody is told of staleness and no stream ends."""
    section = words.replace(" ", "-")
    jump()
    scene.load.mark(section)
    before, began = scene.simulator.requests(), time.monotonic()
    fresh = scene.load.wait("renewed", 20)
    time.sleep(max(0, 8 - fresh["seconds"]))
    during = scene.load.section(section)
    ends = {**during["ends"], **during["refused"]}
    trial.expect(fresh["done"] and fresh["seconds"] <= NEWS_WITHIN and not ends
                 and during["became_stale"] == 0,
                 f"{words}: news for all within {fresh['seconds']:.1f} s (<= {NEWS_WITHIN:.1f}), "
                 f"{during['became_stale']} became stale, {sum(ends.values())} ends")
    return (scene.simulator.requests() - before) / (time.monotonic() - began)


def run(trial, place, size):
    # The platform's clock against ours: the same to tokens, and nothing to timers.
    with Scene(place, size) as scene:
        scene.calm()
        for hours in (1, -1):
            _jump(trial, scene, f"platform's clock {hours:+d} h", lambda: scene.simulator.call(
                "PUT", "/settings", {"clock_offset_ms": hours * 3600 * 1000}))
        scene.simulator.call("PUT", "/settings", {"clock_offset_ms": 0})
        time.sleep(6)
        scene.finish(trial)

    library = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    if not library:
        trial.expect(False, "libfaketime is not installed")
        return
    offset = place.folder("clock") / "offset"
    offset.write_text("+0\n")
    # jemalloc asks for the time while libfaketime asks for memory at its start, and both would wait
    # for ever. So malloc and `new` are the ones of libc and libstdc++ here.
    with Scene(place, size, environment={
            "LD_PRELOAD": f"{library[0]} libc.so.6 libstdc++.so.6",
            "FAKETIME_TIMESTAMP_FILE": str(offset),
            "DONT_FAKE_MONOTONIC": "1", "FAKETIME_NO_CACHE": "1"}) as scene:
        scene.calm()
        for hours in (1, -1):
            rate = _jump(trial, scene, f"own clock {hours:+d} h",
                         lambda: offset.write_text(f"{hours * 3600:+d}\n"))
            trial.at_most(rate / scene.calm_rate, 1.15, "polls x normal")
        offset.write_text("+0\n")
        time.sleep(6)
        scene.finish(trial)
