"""Row 7."""

import time

from drill.scene import Scene
from drill.simulator import CLIENT_ID, SECRET

FAULT = "platform closes idle kept connections"
MUST = ("no visible error: one silent resend on a fresh connection, charged to the budget; with "
        "jti no token is ever seen twice")


def run(trial, place, size):
    with Scene(place, size, credential={"use_jti": True}) as scene:
        scene.simulator.call("PATCH", f"/apps/{CLIENT_ID}",
                             {"secrets": [SECRET], "enforce_jti": True})
        scene.calm()
        scene.load.mark("fault")
        repeats = scene.gateway.metric("runcast_upstream_repeats_total")
        for turn in range(size.of(20, 5)):
            how = "reset" if turn % 2 else "close"
            scene.simulator.call("DELETE", f"/connections?which=idle&how={how}")
            scene.simulator.fault("drop_reused", count=5)
            scene.simulator.fault("close_silently", count=5)
            time.sleep(1)
        scene.simulator.call("PUT", "/settings", {"idle_timeout_ms": 5})
        time.sleep(size.of(10, 4))
        scene.simulator.call("PUT", "/settings", {"idle_timeout_ms": 0})
        repeats = scene.gateway.metric("runcast_upstream_repeats_total") - repeats
        trial.expect(repeats > 0, f"{repeats:.0f} silent resends")
        stats = scene.simulator.stats()
        trial.expect(stats["token_replays"] == 0, f"{stats['token_replays']} tokens seen twice")
        scene.others_unaffected(trial, factor=1.5)
        scene.finish(trial)
