"""The servers of the fan-out rows behind one face: open watchers, publish, be quiet."""

import contextlib

from runner import etcd, floors, gateway, load, wire
from runner.simulator import STREAM, SUITE, Simulator

# What one update weighs, about; that of a running run of the simulator.
BYTES = 360


class OursStanding:
    def __init__(self, simulator, watchers, runs):
        self.simulator, self.watchers, self.runs = simulator, watchers, runs

    def publish(self, rate):
        """The pace of polling stays as it is; each answer is news, or none is."""
        for run in self.runs:
            self.simulator.change_run(run, stamp="every" if rate else "")


@contextlib.contextmanager
def ours(place, connections, streams, rate, runs=1, **more):
    """Our gateway polls each run `rate` times a second."""
    with Simulator(place) as simulator, \
            gateway.Gateway(place, simulator.api, gateway.polling(1 / rate)) as server:
        ids = simulator.start_runs(runs, ran=10)
        messages = [wire.run_request(STREAM, SUITE, run) for run in ids]
        with load.Watchers(place, server, gateway.WATCH, messages, connections, streams,
                           **more) as watchers:
            yield OursStanding(simulator, watchers, ids)


class FloorStanding:
    def __init__(self, floor, watchers):
        self.floor, self.watchers = floor, watchers

    def publish(self, rate):
        self.floor.rate(rate)


@contextlib.contextmanager
def f1(place, connections, streams, _rate, **more):
    with floors.f1(place, BYTES) as server, \
            load.Watchers(place, server, floors.F1_WATCH, [b"w"], connections, streams,
                          **more) as watchers:
        yield FloorStanding(server, watchers)


@contextlib.contextmanager
def f2(place, connections, streams, _rate, **more):
    with floors.f2(place, streams, BYTES) as server, \
            load.Watchers(place, server, floors.F1_WATCH, [b"w"], connections, streams,
                          **more) as watchers:
        yield FloorStanding(server, watchers)


class EtcdStanding:
    """Quiet is as many puts of a key that nobody watches: what a put costs is not what its
    delivery costs."""

    def __init__(self, watchers):
        self.watchers = watchers
        self.rate = 0

    def publish(self, rate):
        self.rate = rate or self.rate
        self.watchers.publish(self.rate, 0 if rate else 1)


@contextlib.contextmanager
def _etcd(place, server, puts_port, connections, streams, rate, **more):
    puts = (puts_port, etcd.PUT, [wire.etcd_put("runs/1", BYTES), wire.etcd_put("other", BYTES)])
    with load.Watchers(place, server, etcd.WATCH, [wire.etcd_watch("runs/1")], connections,
                       streams, keep_open=True, publisher=puts, **more) as watchers:
        standing = EtcdStanding(watchers)
        standing.rate = rate
        yield standing


@contextlib.contextmanager
def etcd_watch(place, connections, streams, rate, **more):
    with etcd.Etcd(place) as server, \
            _etcd(place, server, server.port, connections, streams, rate, **more) as standing:
        yield standing


@contextlib.contextmanager
def etcd_proxy(place, connections, streams, rate, **more):
    with etcd.etcd_with_proxy(place) as proxy, \
            _etcd(place, proxy, proxy.etcd.port, connections, streams, rate, **more) as standing:
        yield standing
