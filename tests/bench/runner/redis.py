"""A redis-server that keeps nothing on disk, on a Unix socket."""

import time

from runner.process import Failure, Process


class Redis:
    """`with Redis(place) as redis`."""

    def __init__(self, place):
        folder = place.folder("redis")
        socket = folder / "socket"
        self.process = Process(["redis-server", "--port", "0", "--unixsocket", socket, "--save", "",
                                "--appendonly", "no", "--dir", folder], place.log("redis"))
        self.address = f"unix:{socket}"
        end = time.monotonic() + 10
        while not socket.exists():
            if time.monotonic() > end:
                self.process.stop()
                raise Failure("redis-server does not answer")
            time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stop()
