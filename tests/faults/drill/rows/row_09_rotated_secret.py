"""Row 9."""

import time

from drill.scene import Scene
from drill.simulator import CLIENT_ID

FAULT = "401 because the secret was rotated, and the new secret file arrives later"
MUST = ("file re-read at once on 401, then back-off; 0 streams end; recovery <= 10 s after the "
        "file changed")

NEW = "another-secret-of-the-length-the-platform-gives"


def run(trial, place, size):
    with Scene(place, size) as scene:
        scene.calm()
        scene.load.mark("fault")
        scene.simulator.call("PATCH", f"/apps/{CLIENT_ID}", {"secrets": [NEW]})
        stale = scene.load.wait("stale", 15)
        trial.expect(stale["done"], f"all stale after {stale['seconds']:.1f} s "
                     f"{scene.load.state()['reasons']}")
        time.sleep(size.of(15, 4))
        before = scene.simulator.requests()
        time.sleep(size.of(10, 3))
        rate = (scene.simulator.requests() - before) / size.of(10, 3)
        trial.at_most(rate / scene.calm_rate, 1, "attempts x normal while refused")
        scene.gateway.secret_file.write_text(NEW + "\n")
        fresh = scene.load.wait("fresh", 20)
        trial.expect(fresh["done"] and fresh["seconds"] <= 10,
                     f"all fresh {fresh['seconds']:.1f} s after the file changed (<= 10)")
        ends = scene.load.section("fault")["ends"]
        trial.expect(not ends, f"{sum(ends.values())} streams ended {ends or ''}")

        scene.load.mark("re-read")
        scene.gateway.secret_file.write_text("yet-" + NEW + "\n")
        scene.simulator.call("PATCH", f"/apps/{CLIENT_ID}", {"secrets": ["yet-" + NEW]})
        time.sleep(size.of(12, 5))
        became = scene.load.section("re-read")["became_stale"]
        trial.expect(became == 0, f"file changed just before: {became} stale")
        scene.finish(trial)
