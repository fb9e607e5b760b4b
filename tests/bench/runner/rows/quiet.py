"""Row 5: a quiet gateway answers at once."""

import contextlib

from runner import floors, gateway, load, subject, wire
from runner.series import Series
from runner.simulator import STREAM, SUITE, Simulator


def _servers(bench):
    return range(bench.pick(20, 20, 3))


@contextlib.contextmanager
def _gateways(bench):
    with contextlib.ExitStack() as stack:
        simulator = stack.enter_context(Simulator(bench.place))
        # One that has ended: memory answers without a poll, so nothing wakes the gateway.
        run = simulator.start_runs(1, outcome="completed", duration_ms=1000,
                                   started_ago_ms=5000)[0]
        ports = [stack.enter_context(gateway.Gateway(bench.place, simulator.api)).port
                 for _ in _servers(bench)]
        read = (gateway.GET, wire.run_request(STREAM, SUITE, run))
        yield ports, read, (gateway.HEALTH_WATCH, b"")


@contextlib.contextmanager
def _floors(bench):
    with contextlib.ExitStack() as stack:
        ports = [stack.enter_context(floors.f1(bench.place, subject.BYTES)).port
                 for _ in _servers(bench)]
        yield ports, (floors.F1_GET, b"w"), (floors.F1_WATCH, b"w")


def _largest(bench, servers):
    calls, shortest, longest = bench.pick((500, 0.5, 5), (500, 0.5, 5), (12, 0.1, 0.5))
    with servers(bench) as (ports, read, watch):
        for port in ports:
            load.burst(bench.place, port, *read, 1, 1)
        seen = load.lone(bench.place, ports, *read, *watch, calls, shortest, longest)
    if seen["failed"]:
        bench.say(f"  {seen['failed']} calls failed")
    return {"max": float(seen["latency_ms"]["max"]), "p50": seen["latency_ms"]["p50"],
            "p99": seen["latency_ms"]["p99"]}


def run(bench):
    ours = bench.measure({"ours": lambda: _largest(bench, _gateways)},
                         runs=bench.pick(3, 1, 1))["ours"]
    note = f"p50 {ours['p50'].median:.2f} ms, p99 {ours['p99'].median:.2f} ms"
    if bench.depth == "full":
        # What the machine itself holds up now and then.
        floor = _largest(bench, _floors)
        note += f"; F1, one run: {floor['max']:.2f} ms, p99 {floor['p99']:.2f} ms"
    bench.absolute(5, "slowest of 500 lone reads, 20 idle gateways", "ms",
                   Series(ours["max"].values), 5, 2, note=note)
