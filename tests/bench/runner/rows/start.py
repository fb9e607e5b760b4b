"""Row 13: from start to the first served call, no platform reachable."""

import time

from runner import gateway, load
from runner.place import free_port


def _start(bench):
    port = free_port()
    nowhere = free_port()  # Nobody listens.
    with load.first(bench.place, port, gateway.HEALTH_CHECK, b"") as asker:
        time.sleep(0.3)  # It is asking by now.
        begin = time.monotonic()
        with gateway.Gateway(bench.place, f"http://127.0.0.1:{nowhere}",
                             listen=f"127.0.0.1:{port}", wait=False):
            answered = asker.json(30)["monotonic_seconds"]
    return {"ms": (answered - begin) * 1000}


def run(bench):
    _start(bench)  # The program's pages are in memory from here on.
    found = bench.measure({"ours": lambda: _start(bench)}, runs=bench.pick(9, 5, 2))["ours"]
    bench.absolute(13, "start → first served call", "ms", found["ms"], 300, 100)
