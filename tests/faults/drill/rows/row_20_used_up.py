"""Row 20."""

import os
import socket
import subprocess
import time

from drill import http2
from drill.child import until
from drill.scene import Scene
from drill.simulator import SECRET

FAULT = "file descriptors used up; full disk under the logs"
MUST = ("existing streams unaffected; new connections wait or are closed; accepting again within "
        "1 s after descriptors are free; logs dropped and counted")

LIMIT = 400


def _answers(port):
    """Whether the gateway answers SETTINGS on a new connection."""
    try:
        caller = http2.Caller(port)
    except OSError:
        return False
    try:
        return until(lambda: bool(caller.frames(answer=False)), 0.5, 0.02) is not None
    finally:
        caller.close()


def _descriptors(trial, place, size):
    with Scene(place, size, prefix=["prlimit", f"--nofile={LIMIT}:{LIMIT}"]) as scene:
        scene.calm()
        scene.load.mark("fault")
        crowd = []
        for _ in range(LIMIT + 100):
            connection = socket.socket()
            connection.settimeout(2)
            try:
                connection.connect(("127.0.0.1", scene.gateway.port))
                crowd.append(connection)
            except OSError:
                break
        time.sleep(3)
        trial.expect(not _answers(scene.gateway.port), f"full with {len(crowd)} connections more")
        pauses = until(lambda: _pauses(scene) > 0, 5)
        scene.others_unaffected(trial, factor=1.5)
        for connection in crowd:
            connection.close()
        took = until(lambda: _answers(scene.gateway.port), 10, 0.05)
        trial.expect(took is not None and took <= 1,
                     f"accepting again after {took or 10:.2f} s (<= 1)")
        pauses = scene.gateway.metric("runcast_accept_pauses_total")
        trial.expect(pauses > 0, f"{pauses:.0f} pauses counted")
        scene.finish(trial)


def _pauses(scene):
    try:
        return scene.gateway.metric("runcast_accept_pauses_total")
    except OSError:  # The admin port has no descriptor either.
        return 0


def _full_disk(trial, place, size):
    if os.geteuid() != 0:
        trial.expect(False, "a small file system needs root")
        return
    folder = place.folder("small-disk")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], check=True,
                   timeout=10)
    try:
        log = folder / "log"
        with Scene(place, size, config={"log": {"level": "LEVEL_DEBUG"}},
                   prefix=["/usr/bin/python3", "-c", _ONTO_DISK, log]) as scene:
            scene.calm()
            scene.load.mark("fault")
            # Into the log itself, so that its last page is full too.
            try:
                with open(log, "ab", buffering=0) as filler:
                    while filler.write(b"x" * 512):
                        pass
            except OSError:
                pass
            for turn in range(20):
                scene.gateway.secret_file.write_text(f"wrong-{turn}\n")
                time.sleep(0.3)
            scene.gateway.secret_file.write_text(SECRET + "\n")
            dropped = until(lambda: scene.gateway.metric("runcast_log_lines_dropped_total") > 0, 20)
            count = scene.gateway.metric("runcast_log_lines_dropped_total")
            trial.expect(dropped is not None, f"full disk: {count:.0f} lines dropped and counted")
            fresh = scene.load.wait("fresh", 20)
            ends = scene.load.section("fault")["ends"]
            trial.expect(fresh["done"] and not ends, f"{sum(ends.values())} streams ended")
            scene.finish(trial)
    finally:
        subprocess.run(["umount", "-l", folder], check=False, timeout=10)


# Starts the program with stderr on the disk, and shows the first lines to the runner. It stays
# as long as the program and passes its signals on; when it is killed, the program is too
# (PR_SET_PDEATHSIG).
_ONTO_DISK = """
import ctypes, os, signal, subprocess, sys, time
log = open(sys.argv[1], "ab", buffering=0)
child = subprocess.Popen(sys.argv[2:], stderr=log, preexec_fn=lambda: ctypes.CDLL(None).prctl(
    1, signal.SIGKILL, 0, 0, 0))
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda number, _: child.send_signal(number))
shown = False
while child.poll() is None:
    if not shown:
        text = open(sys.argv[1]).read()
        if "gateway.ready" in text:
            shown = True
            sys.stderr.write(text)
            sys.stderr.flush()
    time.sleep(0.05)
sys.exit(child.returncode)
"""


def run(trial, place, size):
    _descriptors(trial, place, size)
    _full_disk(trial, place, size)
