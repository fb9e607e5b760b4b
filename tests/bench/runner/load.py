"""The load program, in its ways of use."""

import json
import subprocess

from runner.process import Failure, Process


def _command(place, use, ports, path, messages, connections, streams, pids=(), extra=()):
    ports = [ports] if isinstance(ports, int) else ports
    command = [place.program("runcast-load"), use, "--path", path,
               "--connections", connections, "--streams", streams]
    for name, values in (("--port", ports), ("--server-pid", pids)):
        for value in values:
            command += [name, value]
    # Ten thousand of them would not fit onto a command line.
    file = place.folder("messages") / "hex"
    file.write_text("".join(message.hex() + "\n" for message in messages))
    command += ["--messages-from", file]
    return [str(part) for part in [*command, *extra]]


class Watchers:
    """Open streams that tell what they receive.

    `publisher` is (port, path, messages) for servers whose updates come from puts.
    """

    def __init__(self, place, server, path, messages, connections, streams, keep_open=False,
                 publisher=None, stall_every=0, open_limit=120):
        extra = ["--open-limit", open_limit]
        if keep_open:
            extra.append("--keep-open")
        if stall_every:
            extra += ["--stall-every", stall_every]
        if publisher:
            port, put_path, puts = publisher
            extra += ["--publish-port", port, "--publish-path", put_path]
            for put in puts:
                extra += ["--publish-message", put.hex()]
        self.process = Process(_command(place, "watch", server.port, path, messages, connections,
                                        streams, server.pids, extra), place.log("load"))
        try:
            self.opened = self.process.json(open_limit + 60)
            if not self.opened["open"]:
                raise Failure(f"not all streams opened: {self.opened}")
        except BaseException:
            self.process.stop()
            raise

    def measure(self, seconds, cut_off=2):
        self.process.say(f"measure {seconds} {cut_off}")
        return self.process.json(seconds + cut_off + 60)

    def publish(self, rate, message=0):
        self.process.say(f"publish {rate} {message}")
        self.process.json(30)

    def close(self):
        self.process.say("close")
        self.process.json(120)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stop()


class Readers:
    """Calls in a closed loop."""

    def __init__(self, place, server, path, message, connections, streams, authority="localhost"):
        extra = ["--authority", authority]
        if message is None:
            extra.append("--plain")
        self.process = Process(_command(place, "read", server.port, path,
                                        [] if message is None else [message], connections,
                                        streams, server.pids, extra), place.log("load"))
        try:
            if not self.process.json(120)["open"]:
                raise Failure("not all connections opened")
        except BaseException:
            self.process.stop()
            raise

    measure = Watchers.measure

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stop()


def _answer(command, seconds):
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    lines = done.stdout.splitlines()
    if not lines:
        raise Failure(f"the load program ended with {done.returncode}: {done.stderr.strip()}")
    return json.loads(lines[-1])


def burst(place, port, path, message, connections, streams, authority="localhost", limit=60):
    """All calls at once; message None makes plain GETs."""
    extra = ["--limit", limit, *([] if message is not None else ["--plain"]),
             "--authority", authority]
    return _answer(_command(place, "burst", port, path, [] if message is None else [message],
                            connections, streams, (), extra), limit + 120)


def lone(place, ports, path, message, open_path, open_message, calls, shortest, longest):
    extra = ["--calls", calls, "--open-path", open_path, "--open-message", open_message.hex(),
             "--shortest-pause", shortest, "--longest-pause", longest]
    return _answer(_command(place, "lone", ports, path, [message], 1, 1, (), extra),
                   120 + calls * longest)


def first(place, port, path, message, limit=20):
    """Started before the server; `json()` then tells when it first answered."""
    return Process(_command(place, "first", port, path, [message], 1, 1, (), ["--limit", limit]),
                   place.log("load"))
