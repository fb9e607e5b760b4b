"""Row 14."""

import os
import time

from drill.child import until
from drill.crowd import Crowd
from drill.scene import Scene

FAULT = ("500 readers at 1 byte/s; 200 that stop granting HTTP/2 window; 200 whose TCP stops being "
         "read")
MUST = ("p99 of the others <= 1.1 x; <= 64 KiB + 2 KiB per slow stream; held-back writes end their "
        "stream after 30 s, shut TCP windows their connection within 45 s")


def _connections(gateway):
    return len(os.listdir(f"/proc/{gateway.process.pid}/fd"))


def run(trial, place, size):
    with Scene(place, size) as scene:
        scene.calm()
        before = scene.gateway.resident_kib()
        descriptors = _connections(scene.gateway)
        stalls = scene.gateway.metric("runcast_stalls_total")
        scene.load.mark("fault")
        slow, shut, unread = size.of(500, 50), size.of(200, 20), size.of(200, 20)

        crawling = scene.keep(Crowd(slow, scene.gateway.port, scene.runs, initial_window=1))
        # A window that holds the first status and little more.
        closed = scene.keep(Crowd(shut, scene.gateway.port, scene.runs, initial_window=700))
        silent = scene.keep(Crowd(unread, scene.gateway.port, scene.runs, receive_buffer=2048))
        largest = 0
        ticks = 0
        while time.monotonic() - closed.began < 50:
            closed.look()
            crawling.look()
            if ticks % 4 == 0:
                crawling.grant(1)
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
