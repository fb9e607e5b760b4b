"""Row 6: server CPU per read that needs no poll."""

import time

from runner import etcd, floors, gateway, load, nginx, subject, wire
from runner.floor_goal import goal_beside
from runner.series import middle_of
from runner.simulator import RUN_PREFIX, STREAM, SUITE, Simulator


def _cost(bench, server, path, message, authority="localhost"):
    connections, streams = bench.pick((20, 20), (20, 20), (2, 5))
    with load.Readers(bench.place, server, path, message, connections, streams,
                      authority) as readers:
        time.sleep(bench.pick(2, 1, 0.3))
        windows = [readers.measure(bench.pick(2, 1.5, 0.5), 0)
                   for _ in range(bench.pick(3, 3, 1))]
    for seen in windows:
        if seen["failed"] or not seen["calls"]:
            raise RuntimeError(f"{seen['failed']} of {seen['calls']} reads failed")

    def cost(seen):
        return seen["server_cpu_seconds"] * 1e6 / max(1, seen["units"])
    seen = middle_of(windows, cost)
    return {"us_per_read": cost(seen), "reads_per_s": seen["units"] / seen["seconds"]}


def _ended_run(simulator):
    return simulator.start_runs(1, outcome="completed", duration_ms=1000, started_ago_ms=5000)[0]


def _ours(bench):
    with Simulator(bench.place) as simulator, \
            gateway.Gateway(bench.place, simulator.api) as server:
        message = wire.run_request(STREAM, SUITE, _ended_run(simulator))
        load.burst(bench.place, server.port, gateway.GET, message, 1, 1)
        return _cost(bench, server, gateway.GET, message)


def _f1(bench):
    # About the size of the status of a run that has ended, for a request as long as ours.
    request = b"w" * len(wire.run_request(STREAM, SUITE, f"{RUN_PREFIX}{0:012}"))
    with floors.f1(bench.place, subject.BYTES + 80) as server:
        return _cost(bench, server, floors.F1_GET, request)


def _nginx(bench):
    with Simulator(bench.place) as simulator, nginx.Nginx(bench.place, simulator) as server:
        path = simulator.status_path(_ended_run(simulator))
        load.burst(bench.place, server.port, path, None, 1, 1)
        return _cost(bench, server, path, None)


def _etcd(bench):
    with etcd.Etcd(bench.place) as server:
        load.burst(bench.place, server.port, etcd.PUT,
                   wire.etcd_put("runs/1", subject.BYTES + 100), 1, 1)
        return _cost(bench, server, etcd.RANGE, wire.etcd_range("runs/1"))


def run(bench):
    subjects = {"ours": _ours, "F1": _f1, "nginx": _nginx, "etcd": _etcd}
    found = bench.measure({name: (lambda one=one: one(bench)) for name, one in subjects.items()})
    cost = {name: series["us_per_read"] for name, series in found.items()}
    what = "CPU per warm GetStatus, 20 × 20"
    bench.compare(6, what, "F1 unary", "µs", cost["ours"], cost["F1"], 1.10, 1.03)
    passing, proud, correction = goal_beside(bench, cost, "nginx", 1.2, 0.9)
    bench.compare(6, what, "nginx, cached JSON", "µs", cost["ours"], cost["nginx"], passing, proud,
                  note=correction)
    bench.compare(6, what, "etcd range", "µs", cost["ours"], cost["etcd"], 0.8, 0.6)
