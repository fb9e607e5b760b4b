"""Row 7: very many readers of one run that nobody has asked for yet."""

from runner import gateway, load, varnish, wire
from runner.simulator import STREAM, SUITE, Simulator

UPSTREAM_MS = 200


def _burst(bench, simulator, port, path, message):
    connections, streams = bench.pick((100, 100), (100, 100), (10, 10))
    before = simulator.requests()
    seen = load.burst(bench.place, port, path, message, connections, streams)
    if seen["failed"] or seen["unanswered"]:
        bench.say(f"  failed {seen['failed']}, unanswered {seen['unanswered']}")
    wait = seen["latency_ms"]["p99"] if not seen["unanswered"] else float("inf")
    return {"wait_ms": wait - UPSTREAM_MS, "upstream_calls": simulator.requests() - before,
            "failed": seen["failed"] + seen["unanswered"]}


def _ours(bench):
    with Simulator(bench.place, flags=["--latency-ms", UPSTREAM_MS]) as simulator, \
            gateway.Gateway(bench.place, simulator.api) as server:
        # Another run, so that connection and token stand on both sides.
        first, second = simulator.start_runs(2, ran=10)
        load.burst(bench.place, server.port, gateway.GET, wire.run_request(STREAM, SUITE, first),
                   1, 1)
        return _burst(bench, simulator, server.port, gateway.GET,
                      wire.run_request(STREAM, SUITE, second))


def _varnish(bench):
    with Simulator(bench.place, flags=["--latency-ms", UPSTREAM_MS]) as simulator, \
            varnish.Varnish(bench.place, simulator) as server:
        first, second = simulator.start_runs(2, ran=10)
        load.burst(bench.place, server.port, simulator.status_path(first), None, 1, 1)
        return _burst(bench, simulator, server.port, simulator.status_path(second), None)


def run(bench):
    found = bench.measure({"ours": lambda: _ours(bench), "Varnish": lambda: _varnish(bench)})
    mine, other = found["ours"], found["Varnish"]
    bench.exact(7, "upstream calls for 10,000 cold reads", "calls", mine["upstream_calls"], 1,
                note=f"Varnish {other['upstream_calls'].median:.0f}; failed: ours "
                f"{mine['failed'].high:.0f}, Varnish {other['failed'].high:.0f}")
    bench.compare(7, "wait above the upstream time, p99", "Varnish", "ms", mine["wait_ms"],
                  other["wait_ms"], 1.5, 1.0)
