"""Row 5: a quiet gateway answers at once."""

import contextlib
from concurrent import futures

from runner import floors, gateway, load, subject, wire
from runner.floor_goal import longest_beside
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


def _latencies(bench, servers):
    calls, shortest, longest = bench.pick((500, 0.5, 5), (500, 0.5, 5), (12, 0.1, 0.5))
    with servers(bench) as (ports, read, watch):
        for port in ports:
            load.burst(bench.place, port, *read, 1, 1)
        seen = load.lone(bench.place, ports, *read, *watch, calls, shortest, longest)
    if seen["failed"]:
        bench.say(f"  {seen['failed']} calls failed")
    return {key: float(seen["latency_ms"][key]) for key in ("max", "p50", "p99")}


def _side_by_side(bench):
    """Ours and F1 at the same time: what the machine holds up, it holds up for both."""
    with futures.ThreadPoolExecutor() as threads:
        ours = threads.submit(_latencies, bench, _gateways)
        floor = threads.submit(_latencies, bench, _floors)
        return ours.result() | {f"F1 {key}": value for key, value in floor.result().items()}


def run(bench):
    seen = bench.measure({"both": lambda: _side_by_side(bench)},
                         runs=bench.pick(3, 1, 1))["both"]
    passing, proud, corrected = longest_beside(seen["F1 max"], 5, 2)
    note = (f"p50 {seen['p50'].median:.2f} ms, p99 {seen['p99'].median:.2f} ms; "
            f"F1 at the same time: {seen['F1 max'].median:.2f} ms "
            f"({seen['F1 max'].low:.2f} to {seen['F1 max'].high:.2f}), "
            f"p50 {seen['F1 p50'].median:.2f} ms, p99 {seen['F1 p99'].median:.2f} ms")
    bench.absolute(5, "slowest of 500 lone reads, 20 idle gateways", "ms", seen["max"], passing,
                   proud, note="; ".join(filter(None, (note, corrected))))
