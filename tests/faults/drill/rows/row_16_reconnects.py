"""Row 16."""

import time

from drill.scene import Scene

FAULT = "2,000 watchers reconnect at once"
MUST = "all have a snapshot within 2 s; 0 additional upstream calls"


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
        scene.finish(trial)
