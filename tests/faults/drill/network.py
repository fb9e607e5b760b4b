"""The TCP proxy as a child process."""

import pathlib
import sys

from drill.child import Child


class Network:
    """What is between two programs: connect to `address` to get to `port`."""

    def __init__(self, place, port, listen="127.0.0.1", own_port=0):
        self._listen = listen
        self.process = Child([sys.executable, pathlib.Path(__file__).with_name("tcp_proxy.py"),
                              port, listen, own_port], place.folder("network") / "log")
        self.port = int(self.process.line(20))

    @property
    def address(self):
        return f"{self._listen}:{self.port}"

    def do(self, command):
        self.process.say(command)
        answer = self.process.line(20)
        if answer != "ok":
            raise RuntimeError(f"tcp proxy: {answer}")

    def stop(self):
        self.process.stop()
