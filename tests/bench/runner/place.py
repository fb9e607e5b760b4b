"""Where programs and files of one measurement are."""

import pathlib
import socket
import tempfile
import time


class Place:
    """The build folder, and a folder in memory that goes when the run is over."""

    def __init__(self, build):
        self.build = pathlib.Path(build)
        in_memory = pathlib.Path("/dev/shm")
        self._temporary = tempfile.TemporaryDirectory(
            prefix="runcast-bench-", dir=in_memory if in_memory.is_dir() else None)
        self.scratch = pathlib.Path(self._temporary.name)
        self.scratch.chmod(0o755)  # nginx and Varnish drop their rights.
        self._count = 0

    def program(self, name):
        folders = {"runcast-gateway": "gateway", "runcast-simulator": "tests/simulator"}
        return self.build / folders.get(name, "tests/bench") / name

    def folder(self, name):
        """A fresh folder."""
        self._count += 1
        folder = self.scratch / f"{self._count:03}-{name}"
        folder.mkdir()
        folder.chmod(0o755)
        return folder

    def log(self, name):
        return self.scratch / f"{name}.log"

    def close(self):
        self._temporary.cleanup()


def free_port():
    """A port that nobody has just now; whoever takes it first wins, so callers try again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, seconds, process):
    """False when nobody listens in time, or when `process` ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.alive():
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.02)
    return False
