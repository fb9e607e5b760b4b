"""Row 16."""

import time

from drill.scene import Scene

FAULT = "2,000 watchers reconnect at once"
MUST = "all have a snapshot within 2 s; 0 additional upstream calls"

# Base pace with its spread, less what a busy machine may shift one poll against the next. One poll
# more would be half a pace from one of its neighbours at least.
CLOSEST = 2.1 * 0.98 - 0.3


def _gaps(scene, began):
    """Seconds between two polls of one run, of which the second came since `began`."""
    last = {}
    for entry in scene.simulator.log():
        run, moment = entry["run"], entry["monotonic_ms"] / 1000
        if run in last and moment >= began:
            yield moment - last[run]
        last[run] = moment


def run(trial, place, size):
    with Scene(place, size) as scene:
        scene.calm()
        for word, command in (("with tokens", "reopen"), ("without", "reopen anew")):
            scene.load.mark(command.replace(" ", "-"))
            before, began = scene.simulator.requests(), time.monotonic()
            scene.load.ask(command)
            heard = scene.load.wait("heard", 10)
            took = time.monotonic() - began
            trial.expect(heard["done"] and took <= 2, f"{word}: all back after {took:.2f} s (<= 2)")
            time.sleep(size.of(10, 4))
            calls = scene.simulator.requests() - before
            expected = scene.calm_rate * (time.monotonic() - began)
            # One poll of each run may fall on either side of the borders.
            trial.expect(calls <= expected + size.runs,
                         f"{calls} upstream calls ({expected:.0f} expected)")
            gaps = list(_gaps(scene, began))
            trial.expect(len(gaps) >= size.runs and min(gaps) >= CLOSEST,
                         f"{len(gaps)} times between polls, the shortest {min(gaps):.2f} s "
                         f"(>= {CLOSEST:.2f})")
        scene.finish(trial)
