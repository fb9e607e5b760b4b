"""Row 5: a quiet gateway answers at once."""

import contextlib

from runner import gateway, load, wire
from runner.series import Series
from runner.simulator import STREAM, SUITE, Simulator


def _largest(bench):
    gateways, calls, shortest, longest = bench.pick((20, 500, 0.5, 5), (20, 500, 0.5, 5),
                                                    (3, 12, 0.1, 0.5))
    with contextlib.ExitStack() as stack:
        simulator = stack.enter_context(Simulator(bench.place))
        # One that has ended: memory answers without a poll, so nothing wakes the gateway.
        run = simulator.start_runs(1, outcome="completed", duration_ms=1000,
                                   started_ago_ms=5000)[0]
        ports = [stack.enter_context(gateway.Gateway(bench.place, simulator.api)).port
                 for _ in range(gateways)]
        message = wire.run_request(STREAM, SUITE, run)
        for port in ports:
            load.burst(bench.place, port, gateway.GET, message, 1, 1)
        seen = load.lone(bench.place, ports, gateway.GET, message, gateway.HEALTH_WATCH, b"",
                         calls, shortest, longest)
    if seen["failed"]:
        bench.say(f"  {seen['failed']} calls failed")
    return {"max": float(seen["latency_ms"]["max"]), "p50": seen["latency_ms"]["p50"],
            "p99": seen["latency_ms"]["p99"]}


def run(bench):
    found = bench.measure({"ours": lambda: _largest(bench)}, runs=bench.pick(3, 1, 1))["ours"]
    bench.absolute(5, "slowest of 500 lone reads, 20 idle gateways", "ms",
                   Series(found["max"].values), 5, 2,
                   note=f"p50 {found['p50'].median:.2f} ms, p99 {found['p99'].median:.2f} ms")
