"""Row 6."""

from drill.child import until
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
            counted = until(lambda: side.gateway.metric('runcast_upstream_failures_total{kind="tls"}'), 3)
            # By the first heartbeat at the latest.
            told = until(lambda: side.load.state()["reasons"] == {"UPSTREAM_UNAVAILABLE": 1}, 25)
            state, asked = side.load.state(), side.simulator.requests()
            trial.expect(counted is not None and asked == 0, f"{name}: counted as tls, {asked} requests arrived")
            trial.expect(told is not None and state["open"] == 1,
                         f"{name}: {state['open']} watcher open and told {state['reasons']}")
        good = _Side(scene, place, "good", [], True)
        known = good.load.wait("known", 10)
        trial.expect(known["done"], "a good certificate is taken")
        scene.others_unaffected(trial, factor=1.5)
        scene.finish(trial)
