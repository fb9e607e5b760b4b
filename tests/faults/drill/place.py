"""Where programs and files are."""

import pathlib
import shutil
import sys
import tempfile


class Place:
    """The build folder, and a folder that goes when all rows hold."""

    def __init__(self, build):
        self.build = pathlib.Path(build).resolve()
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="runcast-faults-"))
        self.scratch.chmod(0o755)  # Proxies drop their rights.
        self._count = 0

    def program(self, name):
        folders = {"runcast-gateway": "gateway", "runcast-simulator": "tests/simulator",
                   "fault-load": "tests/faults"}
        return self.build / folders[name] / name

    def folder(self, name):
        """A fresh folder."""
        self._count += 1
        folder = self.scratch / f"{self._count:03}-{name}"
        folder.mkdir()
        folder.chmod(0o755)
        return folder

    def close(self, keep):
        if keep:
            print(f"logs and bad histories are in {self.scratch}", file=sys.stderr)
        else:
            shutil.rmtree(self.scratch, ignore_errors=True)
