"""Row 13."""

import time

from drill.scene import Scene
from drill.simulator import CLIENT_ID, SECRET

FAULT = "gateway SIGKILL and restart, also while the secret is being rotated"
MUST = ("client library resumes all watchers, p99 <= 3 s after the port is back; nothing older; "
        "0 terminal states lost; both windows hold across the restart")

NEW = "another-secret-of-the-length-the-platform-gives"


def _restart(trial, scene, words):
    scene.gateway.process.kill()
    scene.gateway.process.stop()
    time.sleep(1)
    scene.gateway.start()
    missing = scene.size.watchers * 0.01
    heard = scene.load.wait("heard", 3)
    trial.expect(heard["missing"] <= missing,
                 f"{words}: {heard['missing']} of {scene.size.watchers} not back after "
                 f"{heard['seconds']:.1f} s")
    late = scene.load.wait("heard", 20)
    trial.expect(late["done"], f"{late['missing']} not back after 20 s more")


def run(trial, place, size):
    with Scene(place, size, library=True) as scene:
        scene.calm()
        scene.load.mark("fault")
        _restart(trial, scene, "killed")
        time.sleep(size.of(8, 3))
        scene.simulator.call("PATCH", f"/apps/{CLIENT_ID}", {"secrets": [NEW]})
        time.sleep(1)
        scene.gateway.secret_file.write_text(NEW + "\n")
        _restart(trial, scene, "killed while the secret changes")
        if not size.quick:
            # Runs end while nobody is there.
            scene.gateway.process.kill()
            scene.gateway.process.stop()
            scene.simulator.finish(scene.runs[:50])
            time.sleep(2)
            scene.gateway.start()
        trial.note(f"secret of {len(SECRET)} characters changed once")
        scene.finish(trial)
