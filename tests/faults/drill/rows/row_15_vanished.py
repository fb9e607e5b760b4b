"""Row 15."""

import os
import subprocess
import time

from drill.child import Child, until
from drill.scene import Scene
from drill.simulator import STREAM, SUITE

FAULT = "clients vanish without FIN (dropped packets in a network namespace)"
MUST = "reaped within 45 s; no leaked call: live calls return to what they were"

LINK, SPACE = "rcgone0", "rcgone"
NEAR, FAR = "10.199.77.1", "10.199.77.2"


def _run(command):
    subprocess.run(command.split(), check=True, timeout=10, capture_output=True)


def _connect():
    for command in (f"ip netns add {SPACE}",
                    f"ip link add {LINK} type veth peer name rcgone1",
                    f"ip link set rcgone1 netns {SPACE}",
                    f"ip addr add {NEAR}/24 dev {LINK}", f"ip link set {LINK} up",
                    f"ip -n {SPACE} addr add {FAR}/24 dev rcgone1",
                    f"ip -n {SPACE} link set rcgone1 up", f"ip -n {SPACE} link set lo up"):
        _run(command)


def _disconnect():
    for command in (f"ip netns del {SPACE}", f"ip link del {LINK}"):
        subprocess.run(command.split(), check=False, timeout=10, capture_output=True)


def _drop_all():
    _run(f"ip netns exec {SPACE} nft add table inet faults")
    for hook in ("input", "output"):
        _run(f"ip netns exec {SPACE} nft add chain inet faults {hook} "
             f"{{ type filter hook {hook} priority 0 ; policy drop ; }}")


def run(trial, place, size):
    if os.geteuid() != 0:
        trial.expect(False, "namespaces need root")
        return
    _disconnect()
    _connect()
    try:
        with Scene(place, size, config={"server": {"listen": "0.0.0.0:0",
                                                   "allow_plaintext": True}},
                   load_address=lambda gateway: f"127.0.0.1:{gateway.port}") as scene:
            scene.calm()
            before = scene.gateway.metrics()
            count = size.of(500, 50)
            gone = scene.keep(Child(
                ["ip", "netns", "exec", SPACE, place.program("fault-load"), "--address",
                 f"{NEAR}:{scene.gateway.port}", "--stream", STREAM, "--suite", SUITE,
                 "--run-prefix", "run-", "--watchers", count, "--runs", size.runs,
                 "--connections", size.of(50, 5), "--reads", 0], place.folder("gone") / "log"))
            there = until(lambda: scene.gateway.metric("runcast_watchers")
                          >= before["runcast_watchers"] + count, 20)
            trial.expect(there is not None, f"{count} watchers more")
            time.sleep(3)
            scene.load.mark("fault")
            _drop_all()
            gone.kill()  # Its FINs and RSTs are dropped too.
            reaped = until(lambda: scene.gateway.metric("runcast_watchers")
                           <= before["runcast_watchers"], 60, 0.5)
            trial.expect(reaped is not None and reaped <= 45,
                         f"reaped after {reaped or 60:.0f} s (<= 45)")
            # Reads of the background are open for moments.
            calm = until(lambda: scene.gateway.metric("runcast_live_calls")
                         <= size.watchers + 5, 5)
            trial.expect(calm is not None,
                         f"{scene.gateway.metric('runcast_live_calls'):.0f} live calls "
                         f"({size.watchers} watchers)")
            scene.others_unaffected(trial, factor=1.5)
            scene.finish(trial)
            scene.load.stop()  # Its reads too.
            idle = until(lambda: scene.gateway.metric("runcast_watchers") == 0
                         and scene.gateway.metric("runcast_live_calls") == 0, 10)
            trial.expect(idle is not None,
                         f"{scene.gateway.metric('runcast_live_calls'):.0f} live calls, "
                         f"{scene.gateway.metric('runcast_watchers'):.0f} watchers at the end")
    finally:
        _disconnect()
