"""Row 12."""

import signal
import time

from drill.scene import Scene

FAULT = "gateway SIGTERM with 1,000 readers that never read"
MUST = "exits within the drain time, code 0; every reading watcher got its reason and token"

# Defaults of drain.delay, drain.spread and drain.hard_deadline.
DRAIN = 30


def run(trial, place, size):
    config = {"drain": {"delay": "1s", "spread": "3s"}} if size.quick else {}
    with Scene(place, size, config=config) as scene:
        scene.calm()
        scene.load.ask(f"silent {size.of(1000, 100)}")
        time.sleep(size.of(8, 3))
        scene.load.mark("fault")
        began = time.monotonic()
        scene.gateway.process.signal(signal.SIGTERM)
        code = scene.gateway.process.wait(DRAIN + 10)
        took = time.monotonic() - began
        trial.expect(code == 0 and took <= DRAIN, f"exit {code} after {took:.1f} s (<= {DRAIN})")
        time.sleep(0.3)
        ends = scene.load.section("fault")["ends"]
        trial.expect(ends == {"14 DRAINING": size.watchers},
                     f"{size.watchers} watchers told {ends}")
        refused = scene.load.section("fault")["refused"]
        trial.note(f"{refused.get('14 DRAINING', 0)} tries to come back refused with DRAINING")
        scene.gateway.process.stop()
        scene.gateway.start()
        heard = scene.load.wait("heard", 20)
        trial.expect(heard["done"], f"back {heard['seconds']:.1f} s after the new one is ready")
        scene.finish(trial)
