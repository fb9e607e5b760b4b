"""etcd, and its proxy that merges watches; both from Debian."""

import contextlib

from runner.place import free_port, wait_for_port
from runner.process import Failure, Process

WATCH = "/etcdserverpb.Watch/Watch"
PUT = "/etcdserverpb.KV/Put"
RANGE = "/etcdserverpb.KV/Range"


class Etcd:
    """One member, its data in memory. `with Etcd(place) as etcd`."""

    def __init__(self, place):
        self.process, self.port = _start(lambda port: Process(
            ["etcd", "--data-dir", place.folder("etcd"),
             "--listen-client-urls", f"http://127.0.0.1:{port}",
             "--advertise-client-urls", f"http://127.0.0.1:{port}",
             "--listen-peer-urls", f"http://127.0.0.1:{free_port()}",
             "--logger", "zap", "--log-level", "error"],
            place.log("etcd")))

    @property
    def pids(self):
        return [self.process.pid]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stop()


class EtcdProxy:
    """`etcd grpc-proxy` in front of an Etcd; only its own process is measured."""

    def __init__(self, place, etcd):
        self.etcd = etcd
        self.process, self.port = _start(lambda port: Process(
            ["etcd", "grpc-proxy", "start", f"--endpoints=127.0.0.1:{etcd.port}",
             f"--listen-addr=127.0.0.1:{port}", f"--data-dir={place.folder('etcd-proxy')}"],
            place.log("etcd-proxy")))

    @property
    def pids(self):
        return [self.process.pid]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stop()


@contextlib.contextmanager
def etcd_with_proxy(place):
    with Etcd(place) as etcd, EtcdProxy(place, etcd) as proxy:
        yield proxy


def _start(make):
    # Somebody else may take the port between its choice and its use.
    for _ in range(5):
        port = free_port()
        process = make(port)
        if wait_for_port(port, 20, process):
            return process, port
        process.stop()
    raise Failure("etcd did not start")
