"""Row 14."""

import time

from drill.child import until
from drill.crowd import Crowd
from drill.scene import Scene

FAULT = ("500 readers at 1 byte/s; 200 that stop granting HTTP/2 window (64 KiB, one update a "
         "second); 200 whose TCP stops being read")
MUST = ("p99 of the others <= 1.1 x; <= 64 KiB + 2 KiB per slow stream; held-back writes end their "
        "stream after 30 s, shut TCP windows their connection within 45 s")

WINDOW = 65535
# Statuses of about 2 KiB, as large as they get, fill a window in half a minute. A young run without
# progress is polled each second.
LARGE = {"started_ago_ms": 0, "progress": "none", "patch": {
    "testSuiteId": "s" * 512,
    "result": {"botLanguage": "l" * 512, "runType": "t" * 512, "fileId": "f" * 512}}}
LARGEST_STATUS = 3 * 1024


def run(trial, place, size):
    with Scene(place, size) as scene:
        scene.calm()
        before = scene.gateway.resident_kib()
        stalls = scene.gateway.metric("runcast_stalls_total")
        large = scene.simulator.start_runs("large-", 20, **LARGE)
        scene.load.mark("fault")
        slow, shut, unread = size.of(500, 50), size.of(200, 20), size.of(200, 20)

        crawling = scene.keep(Crowd(slow, scene.gateway.port, scene.runs, initial_window=1))
        closed = scene.keep(Crowd(shut, scene.gateway.port, large, initial_window=WINDOW))
        silent = scene.keep(Crowd(unread, scene.gateway.port, large, receive_buffer=2048))
        largest = ticks = 0
        fell = []  # When each connection that is not read was closed, since all were opened.
        while (time.monotonic() - closed.began < 120
               and (len(closed.ended) < shut or len(fell) < unread)):
            closed.look()
            crawling.look()
            if ticks % 4 == 0:
                crawling.grant(1)
            largest = max(largest, scene.gateway.resident_kib())
            gone = unread - silent.kept(scene.gateway.port)
            fell += [time.monotonic() - silent.began] * (gone - len(fell))
            ticks += 1
            time.sleep(0.25)
        count = slow + shut + unread
        # 33 KiB: the idle cost of a stream with a connection of its own (architecture, 3).
        trial.at_most((largest - before) / count, 33 + 64 + 2, "KiB a slow stream")
        least = min(closed.received)
        trial.expect(least > WINDOW - LARGEST_STATUS,
                     f"windows filled: {least} to {max(closed.received)} bytes of {WINDOW}")
        times = sorted(ended - closed.last_received[index]
                       for index, ended in closed.ended.items())
        trial.expect(len(times) == shut and 28 <= times[0] and times[-1] <= 45,
                     f"window shut: {len(times)} of {shut} ended {times[0] if times else 0:.0f} "
                     f"to {times[-1] if times else 0:.0f} s after their last message (28 to 45)")
        trial.expect(len(fell) == unread and fell[-1] <= 45,
                     f"TCP not read: {len(fell)} of {unread} connections closed after "
                     f"{fell[0] if fell else 0:.0f} to {fell[-1] if fell else 0:.0f} s (<= 45)")
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
