"""Row 14: what it costs that replicas share their runs by Redis."""

import contextlib
import time

from runner import gateway, load, wire
from runner.process import cpu_seconds
from runner.redis import Redis
from runner.rows.latency import number
from runner.simulator import STREAM, SUITE, Simulator


@contextlib.contextmanager
def _replicas(bench, runs, redis, count):
    """So many gateways, all of whose watchers follow all runs; the first one polls them."""
    with contextlib.ExitStack() as stack:
        simulator = stack.enter_context(Simulator(bench.place))
        # Room for the budget's log to be as long as it is in life.
        config = gateway.merge(gateway.polling(1), {
            "polling": {"per_minute": 120, "per_hour": 7200},
            "coordination": {"address": redis.address if redis else ""}})
        ids = simulator.start_runs(runs, ran=10, stamp="every")
        messages = [wire.run_request(STREAM, SUITE, run) for run in ids]
        servers, watchers = [], []
        for _ in range(count):
            server = stack.enter_context(gateway.Gateway(bench.place, simulator.api, config))
            time.sleep(bench.pick(2, 2, 1.5))  # Until it has met the engine.
            servers.append(server)
            watchers.append(stack.enter_context(
                load.Watchers(bench.place, server, gateway.WATCH, messages, max(1, runs // 100),
                              min(100, runs))))
        time.sleep(bench.pick(5, 4, 1))
        yield simulator, servers, watchers


def _cost(bench, with_redis, count):
    """CPU of each program per poll; the second gateway's is per record that it follows."""
    runs = bench.pick(1000, 1000, 50)
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(Redis(bench.place)) if with_redis else None
        simulator, servers, _ = stack.enter_context(_replicas(bench, runs, redis, count))
        pids = [server.process.pid for server in servers] + (
            [redis.process.pid] if redis else [])
        before, polls = [cpu_seconds(pid) for pid in pids], simulator.requests()
        time.sleep(bench.pick(10, 8, 2))
        polls = max(1, simulator.requests() - polls)
        used = [(cpu_seconds(pid) - cpu) * 1e6 / polls for pid, cpu in zip(pids, before)]
    values = {"owner": used[0]}
    if count > 1:
        values["follower"] = used[1]
    if redis:
        values["redis"] = used[-1]
    return values


def _delay(bench):
    """From publication to receipt, where the run is polled and where it is followed, ms."""
    with Redis(bench.place) as redis, \
            _replicas(bench, bench.pick(200, 200, 20), redis, 2) as (_, _, watchers):
        seen = [one.measure(bench.pick(20, 8, 2), bench.cut_off)["latency_ms"]
                for one in watchers]
    return {f"{what} {place}": number(found[what])
            for place, found in zip(("owner", "follower"), seen) for what in ("p50", "p99")}


def run(bench):
    found = bench.measure({"alone": lambda: _cost(bench, False, 1),
                           "nobody follows": lambda: _cost(bench, True, 1),
                           "shared": lambda: _cost(bench, True, 2)}, runs=bench.pick(3, 1, 1))
    alone, single, shared = found["alone"], found["nobody follows"], found["shared"]
    bench.compare(14, "CPU per poll with an engine, nobody else follows", "without an engine",
                  "µs", single["owner"], alone["owner"],
                  note=f"Redis {single['redis'].median:.0f} µs a publish, so one core carries "
                  f"{1e6 / single['redis'].median:.0f} a second")
    bench.compare(14, "CPU per poll with an engine, one other replica follows",
                  "without an engine", "µs", shared["owner"], alone["owner"],
                  note=f"Redis {shared['redis'].median:.0f} µs a publish that one replica reads")
    bench.absolute(14, "CPU per news of a followed run, delivery to one watcher included", "µs",
                   shared["follower"])
    delay = bench.measure({"ours": lambda: _delay(bench)}, runs=bench.pick(3, 1, 1))["ours"]
    for what in ("p50", "p99"):
        bench.compare(14, f"publish → receipt at a follower, {what}", "at the owner", "ms",
                      delay[f"{what} follower"], delay[f"{what} owner"])
