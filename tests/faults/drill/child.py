"""A child process that faults can be done to: signals, exit codes, limits."""

import signal
import subprocess
import time

from runner.process import Failure, Process


class Child(Process):
    """As `Process`, and it can be killed, waited for and paused."""

    def signal(self, number):
        self._child.send_signal(number)

    def kill(self):
        self.signal(signal.SIGKILL)
        return self.wait(10)

    def wait(self, seconds):
        """The exit code; fails when it does not come in time."""
        try:
            return self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.command[0]} did not end within {seconds} s") from None


def until(condition, seconds, every=0.1):
    """The time it took until `condition` said yes; None when it did not."""
    began = time.monotonic()
    while True:
        if condition():
            return time.monotonic() - began
        if time.monotonic() - began > seconds:
            return None
        time.sleep(every)
