"""Row 6."""

import time

from drill.gateway import Gateway
from drill.load import Load
from drill.scene import Scene
from drill.simulator import Simulator

FAULT = "TLS certificate expired, wrong host, unknown CA"
MUST = "refused, never downgraded; visible in metrics at the first poll"


class _Side:
    """A platform with a certificate of its own and a gateway in front of it."""

    def __init__(self, scene, place, name, flags, trusted):
        folder = place.folder(f"tls-{name}")
        self.simulator = scene.keep(Simulator(place, ["--tls-self-signed", str(folder), *flags]))
        self.simulator.start_runs("run-", 1)
        self.gateway = scene.keep(Gateway(
            place, self.simulator.api,
            {"upstream": {"allow_http": False,
                          "allowed_private_addresses": ["127.0.0.0/8", "::1"],
                          **({"ca_file": str(folder / "ca.pem")} if trusted else {})}}))
        self.load = scene.keep(Load(place, self.gateway.address))


def run(trial, place, size):
    with Scene(place, size) as scene:
        scene.calm()
        scene.load.mark("fault")
        cases = {"expired": (["--tls-expired"], True),
                 "wrong host": (["--tls-names", "elsewhere.example"], True),
                 "unknown CA": ([], False)}
        for name, (flags, trusted) in cases.items():
            side = _Side(scene, place, name.replace(" ", "-"), flags, trusted)
            time.sleep(3)
            metrics = side.gateway.metrics()
            counted = sum(value for key, value in metrics.items()
                          if key.startswith("runcast_upstream_polls_total") and "unavailable" in key)
            state = side.load.state()
            asked = side.simulator.requests()
            trial.expect(counted > 0 and asked == 0 and state["open"] == 1,
                         f"{name}: {counted:.0f} polls counted as unavailable, {asked} requests "
                         f"arrived, watcher open and told {state['reasons']}")
        good = _Side(scene, place, "good", [], True)
        known = good.load.wait("known", 10)
        trial.expect(known["done"], "a good certificate is taken")
        scene.others_unaffected(trial, factor=1.5)
        scene.finish(trial)
