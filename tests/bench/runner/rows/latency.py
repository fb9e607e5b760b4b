"""Row 4: from publication to receipt, 1000 watchers, 20 updates a second."""

import math
import time

from runner import subject

RATE = 20


def number(value):
    return math.inf if value == "infinite" else value


def latencies(bench, server, connections, streams, **more):
    """Who has not received by the cut-off counts as infinitely late."""
    with server(bench.place, connections, streams, RATE, **more) as standing:
        standing.publish(RATE)
        time.sleep(bench.pick(3, 1, 0.5))
        seen = standing.watchers.measure(bench.pick(10, 6, 0.6), bench.cut_off)
    return {"p50": number(seen["latency_ms"]["p50"]), "p99": number(seen["latency_ms"]["p99"]),
            "last": number(seen["last_receiver_ms"]["p50"]), "published": seen["published"],
            "conflated": seen["conflated"], "missing": seen["missing"], "ended": seen["ended"],
            "server_share": seen["server_cpu_seconds"] / seen["seconds"]}


def run(bench):
    # Shared connections, because etcd with a thousand of its own is past half of its maximum at
    # this rate on two cores.
    connections, streams = bench.pick((10, 100), (10, 100), (2, 10))
    found = bench.measure({
        "ours": lambda: latencies(bench, subject.ours, connections, streams),
        "etcd watch": lambda: latencies(bench, subject.etcd_watch, connections, streams)})
    mine, other = found["ours"], found["etcd watch"]
    for key, what in (("p50", "p50"), ("p99", "p99"), ("last", "last receiver, median")):
        bench.compare(4, f"publish → receipt, {what}", "etcd watch", "ms", mine[key], other[key],
                      0.8, 0.5, note=f"ours published {mine['published'].median:.0f}, conflated "
                      f"{mine['conflated'].median:.0f}; etcd {other['published'].median:.0f}, "
                      f"{other['conflated'].median:.0f}")
