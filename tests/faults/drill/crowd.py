"""Many callers by hand with one watch each, who read as badly as they are told to."""

import random
import socket
import struct
import time

from drill import http2
from drill.simulator import STREAM, SUITE


class Crowd:
    """Connections with one watch each; `options` are those of http2.Caller."""

    def __init__(self, count, port, runs, **options):
        self.callers = []
        for _ in range(count):
            caller = http2.Caller(port, **options)
            stream = caller.open_watch(http2.watch_message(STREAM, SUITE, random.choice(runs)))
            self.callers.append((caller, stream))
        self.ended = {}  # Index: seconds since `began`.
        self.received = [0] * count  # Bytes of messages.
        self.last_received = [0.0] * count  # Seconds since `began`.
        self.began = time.monotonic()

    def look(self):
        """Answers what a live peer answers; notes streams and connections that end."""
        for index, (caller, stream) in enumerate(self.callers):
            if index in self.ended:
                continue
            frames = caller.frames()
            data = sum(len(payload) for kind, _, _, payload in frames or () if kind == http2.DATA)
            if data:
                self.received[index] += data
                self.last_received[index] = time.monotonic() - self.began
            if frames is None or any(
                    kind in (http2.HEADERS, http2.RST_STREAM) and number == stream
                    and (kind == http2.RST_STREAM or flags & http2.END_STREAM)
                    for kind, flags, number, _ in frames):
                self.ended[index] = time.monotonic() - self.began

    def grant(self, count):
        """So many bytes more to each."""
        for index, (caller, stream) in enumerate(self.callers):
            if index not in self.ended:
                try:
                    caller.grant(stream, count)
                except OSError:
                    self.ended[index] = time.monotonic() - self.began

    def kept(self, port):
        """How many connections the gateway still holds, as the kernel knows it: the peer cannot
        see it, since a FIN does not get past a window that is shut."""
        ours = {caller.socket.getsockname()[1] for caller, _ in self.callers}
        with open("/proc/net/tcp") as table:
            rows = [line.split()[1:4] for line in table.readlines()[1:]]
        return sum(state == "01" and int(local.split(":")[1], 16) == port
                   and int(remote.split(":")[1], 16) in ours for local, remote, state in rows)

    def vanish(self):
        """All connections end with RST."""
        for caller, _ in self.callers:
            caller.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self):
        for caller, _ in self.callers:
            caller.close()

    stop = close
