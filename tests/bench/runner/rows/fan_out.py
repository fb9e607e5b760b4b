"""Rows 1 and 2: server CPU per delivered update."""

import time

from runner import subject
from runner.floor_goal import FLOOR_ABOVE_F2, goal_beside
from runner.series import middle_of, ratio

# At this rate no server compared merges updates, and none is near its limit.
RATE = 10


def _cost(bench, server, connections, streams):
    seconds, idle_seconds = bench.pick((2, 2), (2, 2), (0.6, 0.3))
    with server(bench.place, connections, streams, RATE) as standing:
        standing.publish(RATE)
        time.sleep(bench.pick(2, 1, 0.5))  # Warm up.
        windows = [standing.watchers.measure(seconds, bench.pick(0.7, 0.7, 0.3))
                   for _ in range(bench.pick(3, 3, 1))]
        standing.publish(0)
        time.sleep(0.3)
        idle = standing.watchers.measure(idle_seconds, 0)
    quiet = idle["server_cpu_seconds"] / idle["seconds"]

    def cost(seen):
        own = seen["server_cpu_seconds"] - quiet * seen["seconds"]
        return own * 1e6 / max(1, seen["units"])
    busy = middle_of(windows, cost)
    return {"us_per_update": cost(busy),
            "quiet_ms_per_s": quiet * 1000,
            **{count: sum(seen[count] for seen in windows)
               for count in ("published", "delivered", "conflated", "missing")},
            "bytes": busy["bytes_per_message"],
            "load_us": busy["load_cpu_seconds"] * 1e6 / max(1, busy["units"])}


def _measure(bench, connections, streams, peers):
    if bench.depth == "smoke":
        connections, streams = max(1, connections // 50), max(1, streams // 10)
    servers = {"ours": subject.ours, "F1": subject.f1, "F2": subject.f2,
               "etcd watch": subject.etcd_watch, "etcd grpc-proxy": subject.etcd_proxy}
    return bench.measure({name: (lambda server=servers[name]:
                                 _cost(bench, server, connections, streams)) for name in peers})


def _note(series):
    return (f"delivered {series['delivered'].median:.0f}, conflated "
            f"{series['conflated'].median:.0f}, {series['bytes'].median:.0f} B; quiet with polling "
            f"{series['quiet_ms_per_s'].median:.1f} ms/s, subtracted")


def own_connections(bench):
    found = _measure(bench, 1000, 1, ["ours", "F1", "F2", "etcd watch", "etcd grpc-proxy"])
    cost = {name: series["us_per_update"] for name, series in found.items()}
    bench.f1_above_sockets = ratio(cost["F1"], cost["F2"])["median"]
    what = "CPU per delivered update, 1000 × 1"
    bench.compare(1, what, "F1", "µs", cost["ours"], cost["F1"], 1.10, 1.03,
                  note=_note(found["ours"]))
    for peer, *goal in (("etcd watch", 0.42, 0.38), ("etcd grpc-proxy", 0.48, 0.43)):
        passing, proud, correction = goal_beside(bench, cost, peer, *goal)
        bench.compare(1, what, peer, "µs", cost["ours"], cost[peer], passing, proud,
                      note="; ".join(filter(None, (_note(found[peer]), correction))))
    bench.compare(1, "is F1 a floor?", "etcd watch", "µs", cost["F1"], cost["etcd watch"], 0.40,
                  is_check=True)
    bench.compare(1, "is F1 a floor?", "F2", "µs", cost["F1"], cost["F2"], FLOOR_ABOVE_F2,
                  is_check=True)


def shared_connections(bench):
    found = _measure(bench, 10, 100, ["ours", "F1", "etcd grpc-proxy"])
    cost = {name: series["us_per_update"] for name, series in found.items()}
    what = "CPU per delivered update, 10 × 100"
    bench.compare(2, what, "F1", "µs", cost["ours"], cost["F1"], 1.10, 1.0,
                  note=_note(found["ours"]))
    bench.compare(2, what, "etcd grpc-proxy", "µs", cost["ours"], cost["etcd grpc-proxy"],
                  0.95, 0.75, note=_note(found["etcd grpc-proxy"]))
