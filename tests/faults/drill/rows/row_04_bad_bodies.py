"""Row 4."""

import threading
import time

from drill.scene import Scene

FAULT = ("answer is reset mid-body, cut short, HTML, empty, wrong types, duplicate keys, invalid "
         "UTF-8, 10 MB, gzip bomb, nested 10,000 deep")
MUST = ("no crash; memory <= body cap + 1 MB; counted by kind; the run is stale, others "
        "unaffected")

KINDS = {
    "reset": {"kind": "cut", "at": "body"}, "truncated": {"kind": "truncated"},
    "html": {"kind": "html"}, "empty": {"kind": "empty"}, "list": {"kind": "not_an_object"},
    "garbage": {"kind": "garbage"}, "broken-utf8": {"kind": "invalid_utf8"},
    "large": {"kind": "oversized"}, "bomb": {"kind": "gzip_bomb"}, "deep": {"kind": "deep"},
    # Read as far as they can be: no reason to be stale.
    "types": {"kind": "wrong_types"}, "twice": {"kind": "duplicate_keys"},
}
# What each counts as.
COUNTED = {"reset": "connection", "truncated": "syntax", "html": "markup", "empty": "empty",
           "list": "shape", "garbage": "syntax", "large": "too_large", "bomb": "too_large",
           "deep": "nesting"}
TOLERATED = {"types", "twice", "broken-utf8"}
QUICK = ("reset", "html", "large", "bomb", "deep")
# The default of upstream.max_answer_bytes, and the row's own 1 MB.
MEMORY_KIB = 1024 + 1024


class _Peak:
    """The largest resident size while it is open."""

    def __init__(self, gateway):
        self._gateway, self._over = gateway, threading.Event()
        self.kib = 0
        self._thread = threading.Thread(target=self._look)

    def _look(self):
        while not self._over.wait(0.02):
            self.kib = max(self.kib, self._gateway.resident_kib())

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()


def run(trial, place, size):
    names = QUICK if size.quick else list(KINDS)
    with Scene(place, size) as scene:
        scene.calm()
        for name in names:
            scene.special(name)
        for load in scene.specials.values():
            load.wait("known", 30)
        time.sleep(3)
        scene.load.mark("fault")
        not_stale, largest = [], (0, "")
        for name in names:
            failed = scene.gateway.metrics()
            # What the background does by itself is not the fault's.
            with _Peak(scene.gateway) as before:
                time.sleep(2.2)
            with _Peak(scene.gateway) as peak:
                fault = scene.simulator.fault(run=scene.run_of(name), **KINDS[name])
                stale = scene.specials[name].wait("stale", 6.5)
            scene.simulator.end_fault(fault)
            largest = max(largest, (peak.kib - before.kib, name))
            if not stale["done"] and name not in TOLERATED:
                not_stale.append(name)
            if name not in TOLERATED:
                series = f'runcast_upstream_failures_total{{kind="{COUNTED[name]}"}}'
                counted = scene.gateway.metric(series) - failed.get(series, 0)
                trial.expect(counted > 0, f"{name} counted as {COUNTED[name]}")
        trial.expect(not not_stale, f"not stale: {', '.join(not_stale) or 'none'}")
        trial.at_most(largest[0], MEMORY_KIB, f"KiB more at most ({largest[1]})")
        trial.expect(scene.gateway.process.alive(), "no crash")
        scene.others_unaffected(trial)
        scene.finish(trial)
