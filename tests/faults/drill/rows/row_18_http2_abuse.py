"""Row 18."""

import struct
import threading
import time

from drill import http2
from drill.scene import Scene
from drill.simulator import STREAM, SUITE

FAULT = ("HTTP/2 abuse from one client: rapid resets, PING and SETTINGS floods, 1-byte windows, huge "
         "headers, bad -bin header")
MUST = ("no crash, bounded memory; other connections keep p99 <= 2 x; CPU back to baseline within "
        "5 s; the rate at which this breaks is measured")

# Resets a second of the row; more is tried to find where others notice.
RESETS = 5000


def _resets(caller, message, stop, rate, counts):
    began = time.monotonic()
    sent = 0
    while not stop.is_set():
        due = int((time.monotonic() - began) * rate)
        for _ in range(min(due - sent, 200)):
            stream = caller.open_watch(message)
            caller.send(http2.frame(http2.RST_STREAM, 0, stream, struct.pack(">I", 8)))
            sent += 1
        if caller.frames() is None:
            break
        time.sleep(0.002)
    counts.append(sent / max(0.1, time.monotonic() - began))


def _flood(piece):
    def flood(caller, message, stop, rate, counts):
        sent = 0
        began = time.monotonic()
        while not stop.is_set():
            caller.send(piece * 50)
            sent += 50
            if caller.frames() is None:
                break
            time.sleep(max(0, began + sent / rate - time.monotonic()))
        counts.append(sent / max(0.1, time.monotonic() - began))
    return flood


def _odd_headers(caller, message, stop, rate, counts):
    sent = 0
    while not stop.is_set():
        caller.open_watch(message, extra=[("x-large", "x" * 60000)])
        caller.open_watch(message, extra=[("x-bad-bin", "not base64 !!")])
        sent += 2
        if caller.frames() is None:
            break
        time.sleep(0.02)
    counts.append(sent)


ABUSES = {
    "resets": _resets,
    "pings": _flood(http2.frame(http2.PING, 0, 0, b"12345678")),
    "settings": _flood(http2.frame(http2.SETTINGS, 0, 0)),
    "odd headers": _odd_headers,
    "1-byte windows": None,
}


def _abuse(scene, name, rate, seconds, counts):
    """Opens a new connection whenever the gateway has closed the last."""
    message = http2.watch_message(STREAM, SUITE, scene.runs[0])
    stop = threading.Event()
    timer = threading.Timer(seconds, stop.set)
    timer.start()
    connections = 0
    try:
        while not stop.is_set():
            connections += 1
            caller = http2.Caller(scene.gateway.port,
                                  initial_window=1 if name == "1-byte windows" else 65535)
            try:
                if name == "1-byte windows":
                    streams = [caller.open_watch(message) for _ in range(100)]
                    while not stop.is_set() and caller.frames() is not None:
                        for stream in streams:
                            caller.grant(stream, 1)
                        time.sleep(0.05)
                    counts.append(len(streams))
                else:
                    ABUSES[name](caller, message, stop, rate, counts)
            except OSError:
                pass
            finally:
                caller.close()
            time.sleep(0.01)
    finally:
        timer.cancel()
    return connections


def run(trial, place, size):
    seconds = size.of(10, 3)
    with Scene(place, size) as scene:
        scene.calm()
        cpu = scene.gateway.process.cpu()
        time.sleep(3)
        normal = (scene.gateway.process.cpu() - cpu) / 3
        calm = scene.load.section("calm")
        before = scene.gateway.resident_kib()
        for name in ABUSES:
            mark = name.replace(" ", "-")
            scene.load.mark(mark)
            counts = []
            connections = _abuse(scene, name, RESETS, seconds, counts)
            during = scene.load.section(mark)
            trial.expect(scene.gateway.process.alive(), f"{name}: alive")
            bound = max(2 * calm["p99_ms"], calm["p99_ms"] + 5)
            trial.expect(during["p99_ms"] <= bound and not during["ends"],
                         f"{name} ({sum(counts) / max(1, len(counts)):.0f} on {connections} "
                         f"connections): p99 {during['p99_ms']:.1f} ms (<= {bound:.1f}), "
                         f"{sum(during['ends'].values())} ends")
        time.sleep(5)
        cpu = scene.gateway.process.cpu()
        time.sleep(3)
        after = (scene.gateway.process.cpu() - cpu) / 3
        trial.at_most(after, normal * 1.3 + 0.02, "cores used 5 s later")
        trial.at_most((scene.gateway.resident_kib() - before) / 1024, 64, "MiB more")
        scene.finish(trial)
