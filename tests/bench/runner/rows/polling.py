"""Row 8: gateway CPU per poll, over TLS."""

import time

from runner import floors, gateway, load, subject, wire
from runner.process import cpu_seconds
from runner.series import middle_of
from runner.simulator import STREAM, SUITE, Simulator


def _window(simulator, pid, seconds):
    """CPU and polls of so many seconds."""
    cpu, polls, begin = cpu_seconds(pid), simulator.requests(), time.monotonic()
    time.sleep(seconds)
    return (cpu_seconds(pid) - cpu, simulator.requests() - polls, time.monotonic() - begin)


def _middle_window(bench, simulator, pid):
    windows = [_window(simulator, pid, bench.pick(2, 2.5, 2)) for _ in range(bench.pick(3, 3, 1))]
    return middle_of(windows, lambda seen: seen[0] / max(1, seen[1]))


def _paced(interval, runs):
    """All runs at this interval, and the limit of the platform as a whole a fifth above it."""
    return gateway.merge(gateway.polling(interval), {
        "upstream": {"max_requests_per_second": round(1.2 * runs / interval)}})


def _ours(bench, stamp):
    runs = bench.pick(1000, 1000, 50)
    with Simulator(bench.place, tls=True) as simulator, \
            gateway.Gateway(bench.place, simulator.api, _paced(1, runs),
                            ca_file=simulator.ca_file) as server:
        ids = simulator.start_runs(runs, ran=10, stamp=stamp)
        messages = [wire.run_request(STREAM, SUITE, run) for run in ids]
        with load.Watchers(bench.place, server, gateway.WATCH, messages,
                           max(1, runs // 100), min(100, runs)) as watchers:
            time.sleep(bench.pick(4, 4, 1))
            cpu, polls, took = _middle_window(bench, simulator, server.process.pid)
            connections = simulator.call("GET", "/connections")
            check = watchers.measure(1, 1)
    news = check["units"]
    return {"us_per_poll": cpu * 1e6 / max(1, polls), "polls_per_s": polls / took,
            "connections": connections["open"], "news_per_s": news}


def _f3(bench, connections):
    runs = bench.pick(1000, 1000, 50)
    with Simulator(bench.place, tls=True) as simulator:
        ids = simulator.start_runs(runs, ran=10)
        urls = [simulator.api + simulator.status_path(run) for run in ids]
        with floors.f3(bench.place, urls, runs, connections, simulator.token(),
                       simulator.ca_file) as poller:
            time.sleep(bench.pick(3, 2, 1))
            cpu, polls, took = _middle_window(bench, simulator, poller.pid)
            opened = simulator.call("GET", "/connections")["open"]
            poller.close_input()
            counted = poller.json(20)
    if counted["bad"]:
        raise RuntimeError(f"F3 had {counted['bad']} bad answers")
    return {"us_per_poll": cpu * 1e6 / max(1, polls), "polls_per_s": polls / took,
            "connections": opened}


def _ten_thousand(bench):
    runs = bench.pick(10000, 10000, 200)
    with Simulator(bench.place, tls=True) as simulator, \
            gateway.Gateway(bench.place, simulator.api, _paced(2.1, runs),
                            ca_file=simulator.ca_file) as server:
        ids = simulator.start_runs(runs, ran=10)
        messages = [wire.run_request(STREAM, SUITE, run) for run in ids]
        with load.Watchers(bench.place, server, gateway.WATCH, messages, max(1, runs // 100),
                           min(100, runs)):
            time.sleep(bench.pick(8, 6, 3))
            cpu, polls, took = _window(simulator, server.process.pid, bench.pick(12.6, 8.4, 2.1))
            gaps = _spread(simulator)
    return {"core_share": cpu / took, "polls_per_s": polls / took, "busiest_tenth": gaps}


def _spread(simulator):
    """The busiest 100 ms of two seconds against the mean: 1 is even."""
    counts = []
    before = simulator.requests()
    for _ in range(20):
        time.sleep(0.1)
        now = simulator.requests()
        counts.append(now - before)
        before = now
    return max(counts) * len(counts) / max(1, sum(counts))


def run(bench):
    # F3 may have as many connections as the gateway turned out to need.
    seen = {"connections": 4}

    def ours(stamp):
        values = _ours(bench, stamp)
        seen["connections"] = max(1, int(values["connections"]))
        return values

    found = bench.measure({"unchanged": lambda: ours(""), "changed": lambda: ours("every"),
                           "F3": lambda: _f3(bench, seen["connections"])})
    cost = {name: series["us_per_poll"] for name, series in found.items()}
    note = (f"{found['unchanged']['polls_per_s'].median:.0f} polls/s over "
            f"{found['unchanged']['connections'].median:.0f} connections; F3 "
            f"{found['F3']['polls_per_s'].median:.0f}/s over "
            f"{found['F3']['connections'].median:.0f}")
    bench.compare(8, "CPU per poll, unchanged answer", "F3", "µs", cost["unchanged"], cost["F3"],
                  1.6, 1.3, note=note)
    bench.compare(8, "CPU per poll, changed answer", "F3", "µs", cost["changed"], cost["F3"],
                  2.2, 1.8, note=f"{found['changed']['news_per_s'].median:.0f} deliveries/s")
    many = bench.measure({"ours": lambda: _ten_thousand(bench)}, runs=bench.pick(3, 1, 1))["ours"]
    bench.absolute(8, "10,000 followed runs at base pace", "of a core", many["core_share"], 0.60,
                   0.35, note=f"{many['polls_per_s'].median:.0f} polls/s, busiest 100 ms "
                   f"{many['busiest_tenth'].median:.2f} × the mean")
