"""A redis-server on loopback that keeps nothing on disk."""

import glob
import socket
import subprocess
import time

from drill.child import Child, until


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _with_clock(seconds):
    """The environment of a process whose wall clock is so many seconds ahead. With jemalloc
    libfaketime would wait for ever at the start, hence the allocator of libc."""
    library = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    if not library:
        raise RuntimeError("libfaketime is not installed")
    return {"LD_PRELOAD": f"{library[0]} libc.so.6", "FAKETIME": f"{seconds:+d}s",
            "DONT_FAKE_MONOTONIC": "1"}


class Redis:
    def __init__(self, place, clock_ahead=0):
        self._environment = _with_clock(clock_ahead) if clock_ahead else None
        self.folder = place.folder("redis")
        self.process = None
        # Somebody else may take the port in between.
        for _ in range(5):
            self.port = _free_port()
            if self.start():
                return
        raise RuntimeError("redis-server does not start; its log is " + str(self.folder / "log"))

    def start(self):
        """Also again, after it ended: empty, at the same port."""
        self.process = Child(["redis-server", "--port", self.port, "--bind", "127.0.0.1", "--save",
                              "", "--appendonly", "no", "--dir", self.folder],
                             self.folder / "log", env=self._environment)
        answers = until(lambda: not self.process.alive() or self.ask("PING") == "PONG", 10)
        return answers is not None and self.process.alive()

    def ask(self, *words):
        done = subprocess.run(["redis-cli", "-h", "127.0.0.1", "-p", str(self.port), *words],
                              capture_output=True, text=True, timeout=20)
        return done.stdout.strip()

    def kill(self):
        self.process.kill()
        self.process.stop()

    def copies(self, port):
        """Whether it has everything that the one at this port has, by now."""
        self.ask("REPLICAOF", "127.0.0.1", str(port))
        up = until(lambda: "master_link_status:up" in self.ask("INFO", "replication"), 20)
        time.sleep(0.5)
        return up is not None

    def stop(self):
        if self.process.alive():
            self.process.kill()
        self.process.stop()
