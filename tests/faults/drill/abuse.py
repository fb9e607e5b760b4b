"""One client that abuses HTTP/2."""

import threading
import time

from drill import http2
from drill.simulator import STREAM, SUITE


def resets(caller, message, stop, rate, counts):
    """Opens watches and cancels each at once, `rate` a second."""
    began = time.monotonic()
    sent = 0
    while not stop.is_set():
        due = min(int((time.monotonic() - began) * rate) - sent, max(1, rate // 50))
        if due > 0:
            caller.open_and_reset(message, due)
            sent += due
            counts.append(due)
        if caller.frames() is None:
            break
        time.sleep(0.002)


def _flood(piece):
    def flood(caller, message, stop, rate, counts):
        sent = 0
        began = time.monotonic()
        while not stop.is_set():
            caller.send(piece * 50)
            sent += 50
            counts.append(50)
            if caller.frames() is None:
                break
            time.sleep(max(0, began + sent / rate - time.monotonic()))
    return flood


def _odd_headers(caller, message, stop, rate, counts):
    while not stop.is_set():
        caller.open_watch(message, extra=[("x-large", "x" * 60000)])
        caller.open_watch(message, extra=[("x-bad-bin", "not base64 !!")])
        counts.append(2)
        if caller.frames() is None:
            break
        time.sleep(0.02)


def _tiny_windows(caller, message, stop, rate, counts):
    streams = [caller.open_watch(message) for _ in range(100)]
    counts.append(len(streams))
    while not stop.is_set() and caller.frames() is not None:
        for stream in streams:
            caller.grant(stream, 1)
        time.sleep(0.05)


# Each: what is done on one connection until it ends or `stop`; `counts` grows by what was sent.
KINDS = {
    "resets": resets,
    "pings": _flood(http2.frame(http2.PING, 0, 0, b"12345678")),
    "settings": _flood(http2.frame(http2.SETTINGS, 0, 0)),
    "odd headers": _odd_headers,
    "1-byte windows": _tiny_windows,
}


class Abuse:
    """Runs on a thread for `seconds`, and opens a new connection whenever the last was closed."""

    def __init__(self, port, run, kind, rate, seconds):
        self._port, self._kind, self._rate = port, kind, rate
        self._message = http2.watch_message(STREAM, SUITE, run)
        self._stop = threading.Event()
        self._timer = threading.Timer(seconds, self._stop.set)
        self._counts = []
        self._began = time.monotonic()
        self.connections = 0
        self.refused = 0
        self.took = 0
        self._thread = threading.Thread(target=self._run)
        self._timer.start()
        self._thread.start()

    @property
    def a_second(self):
        """What was really sent."""
        return sum(self._counts) / max(0.1, self.took or time.monotonic() - self._began)

    def _run(self):
        while not self._stop.is_set():
            try:
                caller = http2.Caller(self._port, initial_window=1 if self._kind == "1-byte windows"
                                      else 65535)
            except OSError:
                self.refused += 1
                time.sleep(0.05)
                continue
            self.connections += 1
            try:
                KINDS[self._kind](caller, self._message, self._stop, self._rate, self._counts)
            except OSError:
                pass
            finally:
                caller.close()
            time.sleep(0.01)
        self.took = time.monotonic() - self._began

    def wait(self):
        self._thread.join()
        self._timer.cancel()

    def stop(self):
        self._stop.set()
        self.wait()
