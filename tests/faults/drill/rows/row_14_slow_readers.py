"""Row 14."""

import os
import random
import time

from drill import http2
from drill.child import until
from drill.scene import Scene
from drill.simulator import STREAM, SUITE

FAULT = ("500 readers at 1 byte/s; 200 that stop granting HTTP/2 window; 200 whose TCP stops being "
         "read")
MUST = ("p99 of the others <= 1.1 x; <= 64 KiB + 2 KiB per slow stream; held-back writes end their "
        "stream after 30 s, shut TCP windows their connection within 45 s")


def _connections(gateway):
    return len(os.listdir(f"/proc/{gateway.process.pid}/fd"))


class _Crowd:
    """Connections with one watch each."""

    def __init__(self, count, port, runs, **options):
        self.callers = []
        for _ in range(count):
            caller = http2.Caller(port, **options)
            stream = caller.open_watch(http2.watch_message(STREAM, SUITE, random.choice(runs)))
            self.callers.append((caller, stream))
        self.ended = {}  # Index: seconds since `began`.
        self.began = time.monotonic()

    def look(self):
        """Answers what a live peer answers; notes streams and connections that end."""
        for index, (caller, stream) in enumerate(self.callers):
            if index in self.ended:
                continue
            frames = caller.frames()
            if frames is None or any(
                    kind in (http2.HEADERS, http2.RST_STREAM) and number == stream
                    and (kind == http2.RST_STREAM or flags & http2.END_STREAM)
                    for kind, flags, number, _ in frames):
                self.ended[index] = time.monotonic() - self.began

    def close(self):
        for caller, _ in self.callers:
            caller.close()

    stop = close


def run(trial, place, size):
    with Scene(place, size) as scene:
        scene.calm()
        before = scene.gateway.resident_kib()
        descriptors = _connections(scene.gateway)
        stalls = scene.gateway.metric("runcast_stalls_total")
        scene.load.mark("fault")
        slow, shut, unread = size.of(500, 50), size.of(200, 20), size.of(200, 20)

        crawling = scene.keep(_Crowd(slow, scene.gateway.port, scene.runs, initial_window=1))
        # A window that holds the first status and little more.
        closed = scene.keep(_Crowd(shut, scene.gateway.port, scene.runs, initial_window=700))
        silent = scene.keep(_Crowd(unread, scene.gateway.port, scene.runs, receive_buffer=2048))
        largest = 0
        ticks = 0
        while time.monotonic() - closed.began < 50:
            closed.look()
            crawling.look()
            if ticks % 4 == 0:
                for index, (caller, stream) in enumerate(crawling.callers):
                    if index not in crawling.ended:
                        try:
                            caller.grant(stream, 1)
                        except OSError:
                            crawling.ended[index] = time.monotonic() - crawling.began
            largest = max(largest, scene.gateway.resident_kib())
            ticks += 1
            time.sleep(0.25)
        count = slow + shut + unread
        # 33 KiB: the idle cost of a stream with a connection of its own (architecture, 3).
        trial.at_most((largest - before) / count, 33 + 64 + 2, "KiB a slow stream")
        times = sorted(closed.ended.values())
        trial.expect(len(times) == shut and 28 <= times[0] and times[-1] <= 45,
                     f"window shut: {len(times)} of {shut} ended after "
                     f"{times[0] if times else 0:.0f} to {times[-1] if times else 0:.0f} s")
        # The peer cannot see it: a FIN does not get past a window that is shut.
        kept = _connections(scene.gateway) - descriptors - slow - shut
        watchers = scene.gateway.metric("runcast_watchers") - size.watchers
        trial.expect(kept <= 5 and watchers <= 0,
                     f"TCP not read: of {unread} connections {max(0, kept)} are open after "
                     f"{time.monotonic() - silent.began:.0f} s, {watchers:.0f} streams")
        stalls = scene.gateway.metric("runcast_stalls_total") - stalls
        trial.note(f"{stalls:.0f} stalls, {len(crawling.ended)} of {slow} crawling ended")
        scene.load.mark("after")
        crawling.close()
        closed.close()
        silent.close()
        scene.others_unaffected(trial)
        gone = until(lambda: scene.gateway.metric("runcast_watchers") <= size.watchers, 45, 1)
        trial.expect(gone is not None, "no stream is left of them")
        scene.finish(trial)
