"""Child processes: started, waited for with a limit, measured, and ended by their id."""

import json
import os
import queue
import subprocess
import threading
import time


class Failure(Exception):
    """Something did not start, answer or end as it must."""


def cpu_seconds(pid):
    """User and system time of all threads, ended ones included, in nanosecond steps."""
    return time.clock_gettime((~pid << 3) | 2)


def resident_kib(pid):
    with open(f"/proc/{pid}/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 1024


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


class Process:
    """One child, whose lines are read by a thread of their own.

    Use it in a `with`: its end is SIGTERM, after ten seconds SIGKILL.
    """

    def __init__(self, command, log, env=None, stream="stdout", cwd=None):
        self.command = [str(part) for part in command]
        self._log = open(log, "a")
        kinds = {"stdout": self._log, "stderr": self._log, stream: subprocess.PIPE}
        self._child = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, text=True, cwd=cwd,
            env={**os.environ, **(env or {})}, **kinds)
        self.pid = self._child.pid
        self._lines = queue.Queue()
        self._said = []
        self._reader = threading.Thread(
            target=self._read, args=(getattr(self._child, stream),), daemon=True)
        self._reader.start()

    def _read(self, pipe):
        for line in pipe:
            self._said.append(line.rstrip("\n"))
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def line(self, seconds):
        """The next line; fails when none comes."""
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            raise Failure(f"{self.command[0]} said nothing for {seconds} s") from None
        if line is None:
            raise Failure(f"{self.command[0]} ended with {self._child.wait()}; its log is "
                          f"{self._log.name}")
        return line

    def line_with(self, part, seconds):
        end = time.monotonic() + seconds
        while True:
            line = self.line(max(0.01, end - time.monotonic()))
            if part in line:
                return line

    def said(self):
        """All lines so far, also those that were taken."""
        return list(self._said)

    def json(self, seconds):
        return json.loads(self.line(seconds))

    def say(self, line):
        self._child.stdin.write(line + "\n")
        self._child.stdin.flush()

    def close_input(self):
        self._child.stdin.close()

    def alive(self):
        return self._child.poll() is None

    def cpu(self):
        return cpu_seconds(self.pid)

    def resident(self):
        return resident_kib(self.pid)

    def stop(self):
        if self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(10)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout, self._child.stderr):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # What it had not read yet.
                    pass
        self._log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
