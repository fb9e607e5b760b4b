"""Row 12: tokens are signed as often as they must be, and no more.

An hour is scaled down to 90 s: a token lives 10 s, renewed 1 s before its end.
"""

import math
import time

from runner import gateway, load, wire
from runner.simulator import STREAM, SUITE, Simulator

LIFE = 10
SLACK = 1


def _signed(bench):
    span = bench.pick(90, 45, 18)
    runs = bench.pick(1000, 1000, 20)
    life = {"lifetime": f"{LIFE}s", "renewal_slack": f"{SLACK}s", "backdate": "0s"}
    with Simulator(bench.place) as simulator, \
            gateway.Gateway(bench.place, simulator.api, gateway.polling(0.5),
                            credential=life) as server:
        ids = simulator.start_runs(runs, ran=10)
        messages = [wire.run_request(STREAM, SUITE, run) for run in ids]
        with load.Watchers(bench.place, server, gateway.WATCH, messages, max(1, runs // 100),
                           min(100, runs)):
            # From the first token on, to half a life before the one that is too many.
            time.sleep(span - (LIFE - SLACK) / 2)
            tokens = simulator.stats()["distinct_tokens"]
    return {"tokens": tokens, "wanted": math.ceil(span / (LIFE - SLACK))}


def run(bench):
    found = bench.measure({"ours": lambda: _signed(bench)}, runs=1)["ours"]
    bench.exact(12, "tokens signed for 1000 runs in a scaled hour", "tokens", found["tokens"],
                found["wanted"].median)
