"""F1, F2 and F3: what the transport alone costs."""

import os

from runner.process import Process


class Floor:
    """`rate` says how many updates a second it publishes by itself."""

    def __init__(self, place, command, name):
        self.process = Process(command, place.log(name))
        try:
            self.port = int(self.process.line(20))
        except BaseException:
            self.process.stop()
            raise

    @property
    def pids(self):
        return [self.process.pid]

    def rate(self, updates_per_second):
        self.process.say(str(updates_per_second))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stop()


def f1(place, size):
    """As many loops as the gateway: one a core, at least 4."""
    return Floor(place, [place.program("f1-server"), max(4, os.cpu_count()), size], "f1")


def f2(place, streams, size):
    return Floor(place, [place.program("f2-server"), streams, size], "f2")


def f3(place, urls, rate, connections, token, ca_file):
    """Counts when its input ends."""
    file = place.folder("f3") / "urls"
    file.write_text("\n".join(urls) + "\n")
    return Process([place.program("f3-poller"), file, rate, connections, ca_file],
                   place.log("f3"), env={"TOKEN": token})


F1_WATCH = "/floors.v1.FloorStatsService/WatchRun"
F1_GET = "/floors.v1.FloorStatsService/GetStatus"
