"""What a process keeps resident, second by second, and whether it piles up."""

import statistics
import threading
import time


def slope(points):
    """Of the straight line that fits the points (x, y) best."""
    if len(points) < 2:
        return 0.0
    return statistics.linear_regression([x for x, _ in points], [y for _, y in points]).slope


class MemoryWatch:
    """Looks once a second from its making until `stop`."""

    def __init__(self, gateway):
        self._gateway, self._over = gateway, threading.Event()
        self._began = time.monotonic()
        self.samples = []  # (seconds since the beginning, KiB)
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self):
        while not self._over.wait(1):
            try:
                self.samples.append((time.monotonic() - self._began,
                                     self._gateway.resident_kib()))
            except OSError:  # The process has ended, which others notice.
                return

    def after(self, seconds):
        return [sample for sample in self.samples if sample[0] >= seconds]

    def stop(self):
        self._over.set()
        self._thread.join()
