"""Row 11: one watcher in a hundred stops reading; do the others feel it?"""

from runner import subject
from runner.rows.latency import latencies


def run(bench):
    connections = bench.pick(1000, 1000, 100)
    found = bench.measure({
        "one in 100 stalled": lambda: latencies(bench, subject.ours, connections, 1,
                                                stall_every=100),
        "none stalled": lambda: latencies(bench, subject.ours, connections, 1)})
    bench.compare(11, "p99 of the others, one in 100 stalled", "none stalled", "ms",
                  found["one in 100 stalled"]["p99"], found["none stalled"]["p99"], 1.10, 1.02)
