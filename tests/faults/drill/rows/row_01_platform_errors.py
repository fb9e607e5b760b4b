"""Row 1."""

import time

from drill.scene import SLACK, TWO_INTERVALS, Scene

FAULT = "platform answers 500 / 502 / 503 / 504 for 60 s, and 404 of a proxy"
# Longer than it takes to believe that a run was deleted.
PART_OF_404 = 14
MUST = ("0 streams end; stale within 2 intervals; upstream attempts <= 1.1 x normal; fresh within "
        "2 intervals; a single 500 changes nothing visible")


def run(trial, place, size):
    with Scene(place, size) as scene:
        scene.calm()

        scene.load.mark("single")
        for run_id in scene.runs:
            scene.simulator.fault("http", status=500, run=run_id, count=1)
        time.sleep(TWO_INTERVALS + 1)
        single = scene.load.section("single")
        trial.expect(single["became_stale"] == 0 and not single["ends"],
                     f"a single 500 for each run: {single['became_stale']} stale")

        scene.load.mark("fault")
        before, began = scene.simulator.requests(), time.monotonic()
        part = size.of(15, 6)
        for status in (500, 502, 503, 504, 404):
            fault = scene.simulator.fault("http", status=status, body="<html>not here</html>")
            if status == 500:
                stale = scene.load.wait("stale", part)
                trial.expect(stale["done"] and stale["seconds"] <= TWO_INTERVALS + SLACK,
                             f"all stale after {stale['seconds']:.1f} s "
                             f"(<= {TWO_INTERVALS + SLACK:.1f})")
                time.sleep(max(0, part - stale["seconds"]))
            else:
                time.sleep(PART_OF_404 if status == 404 else part)
            if status != 404:
                scene.simulator.end_fault(fault)
        rate = (scene.simulator.requests() - before) / (time.monotonic() - began)
        trial.at_most(rate / scene.calm_rate, 1.1, "attempts x normal")
        scene.simulator.heal()
        fresh = scene.load.wait("fresh", 15)
        trial.expect(fresh["done"] and fresh["seconds"] <= TWO_INTERVALS + SLACK,
                     f"all fresh after {fresh['seconds']:.1f} s (<= {TWO_INTERVALS + SLACK:.1f})")
        ends = scene.load.section("fault")["ends"]
        trial.expect(not ends, f"{sum(ends.values())} streams ended {ends or ''}")
        scene.finish(trial)
