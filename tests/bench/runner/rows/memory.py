"""Row 3: memory of idle watchers, and what is left when they are gone."""

import time

from runner import etcd, floors, gateway, load, subject, wire
from runner.simulator import STREAM, SUITE, Simulator


class _Server:
    """A server with what it takes to watch it."""

    def __init__(self, server, path, message, keep_open=False):
        self.server, self.path, self.message, self.keep_open = server, path, message, keep_open

    def watchers(self, place, connections, streams):
        return load.Watchers(place, self.server, self.path, [self.message], connections, streams,
                             keep_open=self.keep_open)

    def resident(self):
        return self.server.process.resident()


def _with_ours(place, use):
    # At the default pace, answers that never change.
    with Simulator(place) as simulator, gateway.Gateway(place, simulator.api) as server:
        run = simulator.start_runs(1, ran=10)[0]
        return use(_Server(server, gateway.WATCH, wire.run_request(STREAM, SUITE, run)))


def _with_f1(place, use):
    with floors.f1(place, subject.BYTES) as server:
        return use(_Server(server, floors.F1_WATCH, b"w"))


def _with_etcd(place, use):
    with etcd.Etcd(place) as server:
        return use(_Server(server, etcd.WATCH, wire.etcd_watch("runs/1"), keep_open=True))


_SERVERS = {"ours": _with_ours, "F1": _with_f1, "etcd watch": _with_etcd}


def _resident_with(bench, server, connections, streams):
    with server.watchers(bench.place, connections, streams):
        time.sleep(bench.pick(3, 3, 0.5))
        return server.resident()


def _own_connection(bench, with_server):
    count = bench.pick(10000, 10000, 100)

    def use(server):
        with server.watchers(bench.place, 1, 1):  # Sizes what one of anything sizes.
            time.sleep(0.5)
        before = server.resident()
        return {"kb_per_watcher": (_resident_with(bench, server, count, 1) - before) / count}
    return with_server(bench.place, use)


def _extra_stream(bench, with_server):
    connections, streams = bench.pick((100, 100), (100, 100), (10, 10))

    def use(server):
        with server.watchers(bench.place, connections, 1):
            time.sleep(1)
            before = server.resident()
        full = _resident_with(bench, server, connections, streams)
        return {"kb_per_stream": (full - before) / (connections * (streams - 1))}
    return with_server(bench.place, use)


def _left_behind(bench):
    count = bench.pick(10000, 10000, 100)

    def use(server):
        before = server.resident()
        with server.watchers(bench.place, count, 1) as watchers:
            time.sleep(3)
            peak = server.resident()
            watchers.close()
            time.sleep(bench.pick(60, 60, 1))
            after = server.resident()
        return {"share": (after - before) / (peak - before)}
    return _with_ours(bench.place, use)


def run(bench):
    own = bench.measure({name: (lambda one=one: _own_connection(bench, one))
                         for name, one in _SERVERS.items()})
    extra = bench.measure({name: (lambda one=one: _extra_stream(bench, one))
                           for name, one in _SERVERS.items()})
    own = {name: series["kb_per_watcher"] for name, series in own.items()}
    extra = {name: series["kb_per_stream"] for name, series in extra.items()}
    bench.compare(3, "memory per idle watcher, own connection", "etcd watch", "kB", own["ours"],
                  own["etcd watch"], 0.30, 0.25)
    bench.compare(3, "memory per extra stream", "etcd watch", "kB", extra["ours"],
                  extra["etcd watch"], 0.38, 0.33)
    for what, series in (("own connection", own), ("extra stream", extra)):
        above = [a - b for a, b in zip(series["ours"].values, series["F1"].values)]
        bench.absolute(3, f"memory above F1, {what}", "kB", type(series["ours"])(above), 1.0, 0.5,
                       note=f"ours {series['ours'].median:.1f}, F1 {series['F1'].median:.1f}")
    left = bench.measure({"ours": lambda: _left_behind(bench)}, runs=bench.pick(3, 1, 1))
    bench.absolute(3, "memory 60 s after 10,000 watchers left", "of peak growth",
                   left["ours"]["share"], 0.15, 0.05)
